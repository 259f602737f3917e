//! From typed arguments to the parts of a request, and from parts to a target that is verified against its
//! template.
//!
//! Nothing here joins strings that a caller chose: every value is encoded for its place before it is put
//! anywhere, and the finished target is read back and compared with the template before it leaves.

mod body;
mod encoding;
mod header;
mod parts;
mod style;
mod target;

pub use body::{Body, BodyKind, BodyRule, Lists, MultipartRule, PartKind, PartRule};
pub(crate) use encoding::query_text;
pub(crate) use header::refusal as header_refusal;
pub use parts::Parts;
pub use target::{Part, Target, Violation};

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::decode::{Decode, Decoder, Deployment, Problems};

/// The arguments of one tool; generated.
pub trait Arguments: Decode + Serialize + JsonSchema + Send + Sync + 'static {
    /// Writes them into the parts of the request.
    fn write(&self, request: &mut Parts);
}

/// How a parameter is written.
#[derive(Clone, Copy, Debug)]
pub struct ParameterRule {
    /// Its name on the wire.
    pub name: &'static str,
    /// Its style.
    pub style: Style,
    /// Whether lists and objects become several parameters or pairs.
    pub explode: bool,
    /// Whether reserved characters of a query value stay as they are.
    pub allow_reserved: bool,
    /// Whether an empty list is sent as an empty value instead of nothing.
    pub allow_empty: bool,
}

/// The styles of OpenAPI parameters, and the other ways to write one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `;name=value`, in paths.
    Matrix,
    /// `.value`, in paths.
    Label,
    /// `name=value`, in queries and cookies.
    Form,
    /// `value`, in paths and headers.
    Simple,
    /// `name=one%20two`.
    SpaceDelimited,
    /// `name=one%7Ctwo`.
    PipeDelimited,
    /// `name=one%09two`, of Swagger 2.0, in queries.
    TabDelimited,
    /// `name[member]=value`, in queries and forms; lists by index, `name[0]=value`.
    DeepObject,
    /// The same with single values of a list as `name[]=value`.
    DeepBrackets,
    /// The same with single values of a list as `name=value`.
    DeepRepeated,
    /// `name=value` in cookies, nothing encoded.
    Cookie,
    /// The value as JSON text.
    Json,
    /// The members of the value as the text of a form.
    FormText,
    /// The value is the whole query, as JSON text.
    WholeJson,
    /// The value is the whole query, as a form.
    WholeForm,
    /// The value is the whole query, as text.
    WholeText,
}

/// Arguments that were accepted, and the request they make.
#[derive(Debug)]
pub struct Prepared {
    /// The arguments in canonical form: the typed struct written back as JSON, members in the document's order.
    pub arguments: Value,
    /// The request's parts before they are put together.
    pub parts: Parts,
}

/// Checks the arguments of a tool and writes the request that they make; all problems come back together.
pub fn prepare<A: Arguments>(
    arguments: Map<String, Value>,
    deployment: &Deployment,
) -> Result<Prepared, Problems> {
    let mut decoder = Decoder::arguments(deployment);
    let decoded = A::decode(Value::Object(arguments), &mut decoder);
    if decoded.is_none() && decoder.problems().is_empty() {
        decoder.push("arguments", "were refused without a reason, which is a fault of this server");
    }
    let mut problems = decoder.into_problems();
    let Some(arguments) = decoded.filter(|_| problems.is_empty()) else { return Err(problems) };
    let mut parts = Parts::default();
    arguments.write(&mut parts);
    parts.finish(deployment.max_body_bytes);
    let canonical = match serde_json::to_value(&arguments) {
        Ok(value) => value,
        Err(error) => {
            problems.push(crate::decode::Problem {
                path: String::new(),
                rule: "arguments",
                message: format!("cannot be written back as JSON: {error}"),
            });
            return Err(problems);
        }
    };
    let problems = parts.take_problems();
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(Prepared { arguments: canonical, parts })
}
