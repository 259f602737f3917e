//! A call by its tool's place: the body holds the arguments, and the answer is the result.

use ::http::header::{CONTENT_TYPE, HeaderMap};
use bytes::Bytes;
use serde_json::{Map, Value};

use super::problem::Problem;
use super::{Asked, in_json};
use crate::call::{Call, CallError, Permission, Reply};
use crate::catalog::Tool;
use crate::http::{RequestBody, Response, unread_body, whole};
use crate::mcp::answer;
use crate::mcp::arrived;
use crate::mcp::calling::is_sound_key;
use crate::mcp::front::is_json;
use crate::mcp::json;

const IDEMPOTENCY_KEY: &str = "idempotency-key";

impl Asked<'_> {
    /// Calls the tool of this name.
    pub(super) async fn call(&self, name: &str, body: RequestBody) -> Result<Response, Problem> {
        let arguments = self.object(body).await?;
        let called = self.shared.called(&self.caller, &self.view, name.into(), arguments);
        let tool = called.tool.ok_or_else(Problem::no_such_tool)?;
        let mut call = self.call_of(tool, called.arguments);
        call.idempotency_key = key(&self.head.headers)?;
        let reply = self.made(call).await?;
        let mut result = answer::reply(reply);
        // What only the stateless era of the protocol has.
        result.result_type = None;
        Ok(in_json(&serde_json::to_string(&result).expect("a tool's result is JSON")))
    }

    /// The object that a body is.
    pub(super) async fn object(&self, body: RequestBody) -> Result<Map<String, Value>, Problem> {
        let types = self.head.headers.get_all(CONTENT_TYPE);
        let mut types = types.iter().map(|value| value.to_str().unwrap_or_default());
        if !types.next().is_some_and(is_json) || types.next().is_some() {
            return Err(Problem::not_json());
        }
        let body = whole(body).await.map_err(|error| Problem::Refused(unread_body(&error)))?;
        arguments(&body)
    }

    pub(super) fn call_of(&self, tool: &'static Tool, arguments: Map<String, Value>) -> Call {
        let of_whom = (self.caller.clone(), self.view.clone());
        arrived::call(tool, arguments, of_whom, Some(&self.head.extensions), None)
    }

    /// Makes a call as any other. One of a tool that the caller may not use is recorded, and reads as if there were none.
    pub(super) async fn made(&self, mut call: Call) -> Result<Reply, Problem> {
        let (tool, shared) = (call.tool, self.shared);
        if !shared.may_use(&self.caller, tool) {
            call.permission = Permission::Hidden;
        } else if let Some(lacking) = shared.lacking_of(&self.head.extensions, tool) {
            return Err(Problem::Lacking(lacking));
        }
        let (progress, request_id) = (call.progress.clone(), call.request_id.clone());
        shared.outcome(call).await.map_err(|error| match error {
            CallError::Denied { hidden: true } => Problem::no_such_tool(),
            error => {
                let words = answer::text(&answer::error(tool, &error, progress.sent(), &request_id));
                Problem::of_call(&error, words, &request_id)
            }
        })
    }
}

/// The arguments of a body. None at all are none.
fn arguments(body: &Bytes) -> Result<Map<String, Value>, Problem> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    match json::read(body) {
        Ok(_) => {}
        Err(json::Fault::Unreadable(what)) => {
            return Err(Problem::malformed(format!("The body is not JSON: {what}.")));
        }
        Err(json::Fault::Duplicate(at)) => {
            let detail = format!("In the body an object has the name at byte {at} twice.");
            return Err(Problem::malformed(detail));
        }
    }
    serde_json::from_slice(body)
        .map_err(|_| Problem::malformed("The body must be an object with the arguments."))
}

fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let sound = value.to_str().ok().filter(|key| values.next().is_none() && is_sound_key(key));
    sound.map(|key| Some(key.to_owned())).ok_or_else(|| {
        Problem::malformed("`Idempotency-Key` must be given once, with 1 to 128 visible characters of ASCII.")
    })
}
