//! From typed arguments to the parts of a request, and from parts to a target that is verified against its
//! template.
//!
//! Nothing here joins strings that a caller chose: every value is encoded for its place before it is put
//! anywhere, and the finished target is read back and compared with the template before it leaves.

pub(crate) mod aside;
mod body;
mod encoding;
mod header;
mod parts;
mod style;
mod target;

pub use aside::Aside;
pub use body::{Body, BodyKind, BodyRule, Lists, MultipartRule, PartKind, PartRule};
pub(crate) use encoding::query_text;
pub(crate) use header::refusal as header_refusal;
pub use parts::Parts;
pub use target::{Part, Target, Violation};

use schemars::JsonSchema;
use serde_json::{Map, Value};

use crate::decode::{Decode, Decoder, Deployment, Problems};
use crate::encode::Encode;

/// The arguments of one tool; generated.
pub trait Arguments: Decode + Encode + JsonSchema + Send + Sync + 'static {
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

impl ParameterRule {
    /// A parameter in the style that paths and headers have unless the document says otherwise.
    pub const fn simple(name: &'static str) -> Self {
        Self { name, style: Style::Simple, explode: false, allow_reserved: false, allow_empty: false }
    }

    /// A parameter in the style that queries and cookies have unless the document says otherwise.
    pub const fn form(name: &'static str) -> Self {
        Self { name, style: Style::Form, explode: true, allow_reserved: false, allow_empty: false }
    }
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
    /// What was said to this server alone.
    pub aside: Aside,
}

/// Checks the arguments of a tool and writes the request that they make; all problems come back together.
pub fn prepare<A: Arguments>(
    arguments: Map<String, Value>,
    deployment: &Deployment,
) -> Result<Prepared, Problems> {
    prepare_by(arguments, deployment, |value, at, parts| {
        let decoded = A::decode(value, at)?;
        if !at.problems().is_empty() {
            return None;
        }
        decoded.write(parts);
        Some(decoded.encode())
    })
}

/// What there is to do for every tool alike, compiled once: `work` decodes, writes and gives the canonical arguments.
fn prepare_by(
    arguments: Map<String, Value>,
    deployment: &Deployment,
    work: fn(Value, &mut Decoder<'_>, &mut Parts) -> Option<Value>,
) -> Result<Prepared, Problems> {
    let mut decoder = Decoder::arguments(deployment);
    let mut parts = Parts::default();
    let canonical = work(Value::Object(arguments), &mut decoder, &mut parts);
    if canonical.is_none() && decoder.problems().is_empty() {
        decoder.push("arguments", "were refused without a reason, which is a fault of this server");
    }
    let problems = decoder.into_problems();
    let Some(arguments) = canonical.filter(|_| problems.is_empty()) else { return Err(problems) };
    parts.finish(deployment.max_body_bytes);
    let problems = parts.take_problems();
    if problems.is_empty() {
        Ok(Prepared { arguments, parts, aside: Aside::default() })
    } else {
        Err(problems)
    }
}
