//! How much memory an answer takes, near enough to bound the sum of many.

use serde_json::Value;

use crate::call::Reply;
use crate::structured::Structured;

/// What an allocation and an entry of the shelf cost besides what they hold.
const OVERHEAD: usize = 64;

/// How many times its text an answer takes as it goes to clients: as a string of JSON, and as the structured answer.
const WRITTEN: usize = 3;

/// Bytes that the reply takes.
pub(super) fn of(reply: &Reply) -> usize {
    let attachment = reply.attachment.as_ref();
    let attached = attachment.map_or(0, |attachment| attachment.bytes.len() + attachment.media_type.len());
    let notes: usize = reply.notes.iter().map(|note| OVERHEAD + note.len()).sum();
    let structured = reply.structured.as_ref().map_or(0, structure);
    size_of::<Reply>() + OVERHEAD + (1 + WRITTEN) * reply.text.len() + attached + notes + structured
}

/// What is kept of a structured answer: its text, its tree or both.
fn structure(structured: &Structured) -> usize {
    let (text, tree) = structured.held();
    text + tree.map_or(0, value)
}

/// Answers have a bounded depth, since they were parsed, so this ends.
fn value(value: &Value) -> usize {
    let held = match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(self::value).sum(),
        Value::Object(members) => {
            members.iter().map(|(name, member)| OVERHEAD + name.len() + self::value(member)).sum()
        }
    };
    size_of::<Value>() + held
}
