//! Headers of an answer that a tool returns, as a member of the structured answer and as notes for whoever reads text.

use serde_json::{Map, Value, json};

use super::neutral;
use crate::call::Reply;
use crate::catalog::Tool;

/// The member of the structured answer that holds them, as output schemas name it.
const MEMBER: &str = "responseHeaders";

/// The reply with the headers that the API sent. What an API itself answers under that name gives way: the output
/// schema says that headers stand there.
pub(super) fn added(tool: &Tool, mut reply: Reply, headers: Vec<(&'static str, String)>) -> Reply {
    if !tool.answer_headers.is_empty()
        && let Some(Value::Object(members)) = reply.structured.as_deref_mut()
    {
        members.shift_remove(MEMBER);
    }
    if headers.is_empty() {
        return reply;
    }
    let each: Map<String, Value> =
        headers.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let mut headers = Value::Object(each);
    reply.notes.extend(neutral::neutralise(&mut headers));
    for (name, value) in headers.as_object().into_iter().flatten() {
        reply.notes.push(format!("header {name}: {}", value.as_str().unwrap_or_default()));
    }
    if let Some(Value::Object(members)) = reply.structured.as_deref_mut() {
        members.insert(MEMBER.to_owned(), headers);
    }
    reply
}
