//! Judges values by a schema, in the words that generated tools have for their arguments.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::paths::LocationSegment;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::decode::{self, Problem, Problems, Step};

/// How long a message of the judge may be, in characters.
const LONGEST: usize = 400;

/// A schema. It is compiled when it first judges: compiled, those of the server's own tools take a megabyte.
pub(super) struct Judge {
    schema: &'static str,
    /// None if it cannot be compiled.
    validator: OnceLock<Option<Arc<Validator>>>,
    /// The names of the declared members of the root.
    members: Vec<String>,
}

impl Judge {
    /// One that judges by this schema, which is the text of `document`.
    pub(super) fn new(document: &Value, schema: &'static str) -> Self {
        let members = document.get("properties").and_then(Value::as_object);
        let members = members.map(|members| members.keys().cloned().collect()).unwrap_or_default();
        Self { schema, validator: OnceLock::new(), members }
    }

    /// Whether the schema can be compiled; the log says why it cannot.
    pub(super) fn is_sound(&self) -> bool {
        self.validator().is_some()
    }

    /// Whether the value conforms.
    pub(super) fn accepts(&self, value: &Value) -> bool {
        self.validator().is_some_and(|validator| validator.is_valid(value))
    }

    /// Pushes everything that is wrong with the value.
    pub(super) fn judge(&self, value: &Value, problems: &mut Problems) {
        let Some(validator) = self.validator() else {
            let message =
                "the schema of the arguments cannot be judged; the server's log says why".to_owned();
            return problems.push(Problem { path: String::new(), rule: "schema", message });
        };
        for error in validator.iter_errors(value) {
            self.tell(&error, problems);
        }
    }

    fn validator(&self) -> Option<&Validator> {
        self.validator.get_or_init(|| decode::compile(self.schema)).as_deref()
    }

    fn tell(&self, error: &ValidationError<'_>, problems: &mut Problems) {
        let mut push = |member: Option<&str>, rule, message| {
            problems.push(Problem { path: place(error, member), rule, message });
        };
        match error.kind() {
            Kind::Required { property: Value::String(name) } => {
                push(Some(name), "required", "required and missing".to_owned());
            }
            Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
                let at_root = error.instance_path().as_str().is_empty();
                for name in unexpected {
                    push(Some(name), "additionalProperties", self.unknown(name, at_root));
                }
            }
            // Masked, because the plain text repeats the value.
            _ => push(None, "schema", bounded(&error.masked().to_string())),
        }
    }

    /// What is said of a member that nobody declared.
    fn unknown(&self, name: &str, at_root: bool) -> String {
        let declared: Vec<&str> = self.members.iter().map(String::as_str).collect();
        match decode::nearest(name, declared.iter().copied()) {
            _ if !at_root => "unknown name".to_owned(),
            Some(near) => format!("unknown name; did you mean `{near}`?"),
            None if declared.is_empty() => "unknown name; no names are accepted here".to_owned(),
            None => format!("unknown name; accepted are {}", decode::list(&declared)),
        }
    }
}

impl fmt::Debug for Judge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Judge({})", self.members.join(", "))
    }
}

/// One line of text, no longer than what is worth reading.
pub(super) fn bounded(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push_str("...");
    }
    line
}

/// The steps to the value that an error is about, and from there to one of its members.
fn place(error: &ValidationError<'_>, member: Option<&str>) -> String {
    let mut steps: Vec<Step> = error
        .instance_path()
        .into_iter()
        .map(|segment| match segment {
            LocationSegment::Property(name) => Step::Key(name.into_owned()),
            LocationSegment::Index(index) => Step::Index(index),
        })
        .collect();
    steps.extend(member.map(|name| Step::Key(name.to_owned())));
    decode::path(steps.iter())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_taken_by_a_schema_that_cannot_be_compiled() {
        let schema = r#"{"type":"object","properties":{"in":{"type":"no such type"}}}"#;
        let judge = Judge::new(&serde_json::from_str(schema).expect("JSON"), schema);
        let (value, mut problems) = (serde_json::json!({}), Problems::default());
        judge.judge(&value, &mut problems);
        assert_eq!((judge.is_sound(), judge.accepts(&value), problems.len()), (false, false, 1));
    }
}
