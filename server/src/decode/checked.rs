//! Any JSON, and JSON judged by a schema that the type system cannot express.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::number::EXACT;
use super::place::Step;
use super::suggestion::quote;
use super::{Decoder, Rule, characters};

/// How many compiled schemas are kept; a program has as many as its document.
const KEPT: usize = 1024;
/// How many problems of one value are told.
const TOLD: usize = 10;

/// Any JSON that can be carried exactly.
#[derive(Clone, Copy, Debug)]
pub struct Any;

impl Rule for Any {
    type Output = Value;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<Value> {
        scan(&value, at).then_some(value)
    }
}

/// JSON judged by this JSON Schema text.
#[derive(Clone, Copy, Debug)]
pub struct Checked {
    /// The schema, JSON Schema 2020-12.
    pub schema: &'static str,
}

/// Validators by schema text; a schema that cannot be compiled is remembered as none.
type Compiled = HashMap<&'static str, Option<Arc<Validator>>>;

static COMPILED: LazyLock<RwLock<Compiled>> = LazyLock::new(RwLock::default);

impl Rule for Checked {
    type Output = Value;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<Value> {
        if !scan(&value, at) {
            return None;
        }
        let Some(validator) = validator(self.schema) else {
            at.push("schema", "the schema of this argument cannot be judged; leave it out");
            return None;
        };
        let mut errors = validator.iter_errors(&value).take(TOLD).peekable();
        if errors.peek().is_none() {
            drop(errors);
            return Some(value);
        }
        for error in errors {
            // Masked, because the plain text repeats the value.
            let mut message = error.masked().to_string().split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some((end, _)) = message.char_indices().nth(400) {
                message.truncate(end);
                message.push_str("...");
            }
            let place = error.instance_path().to_string();
            if place.is_empty() {
                at.push("schema", message);
            } else {
                at.push("schema", format!("at {}: {message}", quote(&place)));
            }
        }
        None
    }
}

fn validator(schema: &'static str) -> Option<Arc<Validator>> {
    if let Some(validator) = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(schema) {
        return validator.clone();
    }
    let validator = compile(schema);
    let mut compiled = COMPILED.write().unwrap_or_else(PoisonError::into_inner);
    if compiled.len() < KEPT {
        compiled.insert(schema, validator.clone());
    }
    validator
}

/// Patterns run on the linear engine, and formats are asserted as they are elsewhere.
pub(crate) fn compile(schema: &'static str) -> Option<Arc<Validator>> {
    let document: Value = serde_json::from_str(schema)
        .inspect_err(|error| tracing::error!(%error, "a schema is not JSON"))
        .ok()?;
    jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .with_pattern_options(PatternOptions::regex())
        .should_validate_formats(true)
        .build(&document)
        .inspect_err(|error| tracing::error!(%error, "a schema cannot be compiled"))
        .ok()
        .map(Arc::new)
}

/// Whether every text, name and number of the value can be carried: no refused characters, no inexact
/// integers, not too deep. Problems are pushed.
pub(crate) fn scan(value: &Value, at: &mut Decoder<'_>) -> bool {
    match value {
        Value::String(text) => match characters::refused(text, true) {
            Some(refused) => {
                at.push("characters", format!("holds a {refused}, which is not accepted"));
                false
            }
            None => true,
        },
        Value::Number(number) if number.as_f64().is_some_and(|float| float.abs() > EXACT as f64) => {
            at.push(
                "range",
                format!("numbers from -{EXACT} to {EXACT} are accepted (kept exactly by JSON readers)"),
            );
            false
        }
        Value::Array(_) | Value::Object(_) if at.levels_left() == 0 => {
            at.push("depth", "is nested too deep");
            false
        }
        Value::Array(items) => {
            let mut fine = true;
            for (index, item) in items.iter().enumerate() {
                fine &= at.enter(Step::Index(index), |at| scan(item, at).then_some(())).is_some();
            }
            fine
        }
        Value::Object(members) => {
            let mut fine = true;
            for (key, member) in members {
                if let Some(refused) = characters::refused(key, false) {
                    at.push(
                        "characters",
                        format!("the name {} holds a {refused}, which is not accepted", quote(key)),
                    );
                    fine = false;
                }
                fine &= at.enter(Step::Key(key.clone()), |at| scan(member, at).then_some(())).is_some();
            }
            fine
        }
        _ => true,
    }
}
