//! From a version's dialect to the one shape that the rest reads: which version it is, and its schemas as JSON Schema
//! 2020-12. The overlay has been applied; nothing has been lowered.
//!
//! 3.0 is read today. Another version joins as a module beside `schema_3_0` and a variant of [`Version`].

mod references;
mod schema_3_0;

use serde_json::Value;

use crate::problems::Problems;
use crate::shape;
use crate::store::At;

pub(crate) use references::Schemas;

/// A version of OpenAPI that is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// 3.0.x.
    V3_0,
}

const ACCEPTED: &str = "OpenAPI 3.0.x is accepted";

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
    let Some(at) = root.member("openapi") else {
        let (at, found) = match root.member("swagger") {
            Some(at) => (at, "this is Swagger 2.0"),
            None => (root.clone(), "the member `openapi` is missing"),
        };
        problems.error("unsupported-version", at.place(), format!("{found}: {ACCEPTED}"));
        return None;
    };
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
    if text == "3.0" || text.starts_with("3.0.") {
        return Some(Version::V3_0);
    }
    problems.error("unsupported-version", at.place(), format!("version {text:?}: {ACCEPTED}"));
    None
}
