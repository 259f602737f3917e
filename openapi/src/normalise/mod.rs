//! From a version's dialect to the one shape that the rest reads: which version it is, and its schemas as JSON Schema
//! 2020-12. The overlay has been applied; nothing has been lowered.

mod bounds;
mod format;
mod references;
mod schema;
mod schema_2_0;
mod schema_3_0;
mod schema_3_1;
mod schemas;
mod sound;

use serde_json::Value;

use crate::problems::Problems;
use crate::shape;
use crate::store::At;
use crate::version::Version;

pub(crate) use schemas::Schemas;

const ACCEPTED: &str = "OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0 are accepted";

/// Which version the document says that it is.
pub(crate) fn version(root: &At<'_>, problems: &mut Problems) -> Option<Version> {
    if !root.value.is_object() {
        let message = format!(
            "the document must be an object with a member `openapi`, this is {}",
            shape::kind_of(root.value)
        );
        problems.error("wrong-form", root.place(), message);
        return None;
    }
    let Some(at) = root.member("openapi").or_else(|| root.member("swagger")) else {
        let message = format!("the member `openapi` is missing: {ACCEPTED}");
        problems.error("unsupported-version", root.place(), message);
        return None;
    };
    let is_swagger = root.member("openapi").is_none();
    let text = match at.value {
        Value::String(text) => text.clone(),
        Value::Number(number) => {
            let message = format!("the version {number} is read as text: put it in quotes, as 3.0.3");
            problems.warning("wrong-form", at.place(), message);
            number.to_string()
        }
        _ => {
            shape::wrong_form(&at, shape::Form::Text, problems);
            return None;
        }
    };
    let known = if is_swagger {
        &[("2.0", Version::V2_0)][..]
    } else {
        &[("3.0", Version::V3_0), ("3.1", Version::V3_1), ("3.2", Version::V3_2)]
    };
    let is =
        |name: &str| text.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    if let Some((_, version)) = known.iter().find(|(name, _)| is(name)) {
        return Some(*version);
    }
    problems.error("unsupported-version", at.place(), format!("version {text:?}: {ACCEPTED}"));
    None
}

/// Whether the schemas of a document that names this as its `jsonSchemaDialect` can be read.
pub(crate) fn knows_dialect(address: &str) -> bool {
    schema_3_1::knows_dialect(address)
}
