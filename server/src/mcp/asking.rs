//! Asking a person through the client: what a question looks like on the wire, and what counts as an answer.
//!
//! In the stateless era the question is the result and the answer comes with the next request; on a connection with a
//! handshake the question is a request of ours, where the connection can carry one.

use rmcp::model::{
    BooleanSchema, ClientCapabilities, ElicitRequest, ElicitRequestParams, ElicitationSchema, InputRequest,
    InputRequests, InputRequiredResult, ServerRequest,
};
use rmcp::{Peer, RoleServer};
use serde_json::Value;

use super::rounds::Kept;
use crate::call::{Answer, Consent};

/// The name of the question, and of the one field of its form.
pub(super) const CONFIRM: &str = "confirm";

/// A question that must be answered before a call is made.
pub(super) struct Question {
    /// What to ask.
    pub(super) text: String,
    /// What must come back with the answer.
    pub(super) state: String,
}

impl Question {
    /// The question as the result of the call.
    pub(super) fn into_result(self) -> InputRequiredResult {
        let request = InputRequest::Elicitation(ElicitRequest::new(form(self.text)));
        let requests = InputRequests::from([(CONFIRM.to_owned(), request)]);
        InputRequiredResult::new(Some(requests), Some(self.state))
    }

    /// Asks over the connection.
    pub(super) async fn ask(self, peer: &Peer<RoleServer>) -> Consent {
        let request = ServerRequest::ElicitRequest(ElicitRequest::new(form(self.text)));
        let answer = match peer.send_request(request).await {
            Ok(result) => answer(serde_json::to_value(result).ok().as_ref()),
            Err(error) => {
                tracing::warn!(%error, "the client did not bring a person's answer");
                Answer::Missing
            }
        };
        Consent::Answered { state: self.state, answer }
    }
}

/// What came with a request says of a person's consent. `capable` tells whether its client can ask one.
pub(super) fn consent(kept: &Kept, capable: bool) -> Consent {
    match &kept.consent {
        Some(state) => Consent::Answered { state: state.clone(), answer: answer(kept.given.get(CONFIRM)) },
        None if capable => Consent::Possible,
        None => Consent::Unable,
    }
}

/// Whether a client shows forms to people. An empty capability means that it does.
pub(super) fn shows_forms(capabilities: Option<&ClientCapabilities>) -> bool {
    let elicitation = capabilities.and_then(|capabilities| capabilities.elicitation.as_ref());
    elicitation.is_some_and(|elicitation| elicitation.form.is_some() || elicitation.url.is_none())
}

/// A form with one box to tick: accepting it unread is no yes.
fn form(message: String) -> ElicitRequestParams {
    let tick = |field: BooleanSchema| {
        field.title("Make this call").description("Tick to have exactly this done, once.").with_default(false)
    };
    let requested_schema = ElicitationSchema::builder()
        .required_bool_property(CONFIRM, tick)
        .build()
        .expect("the one required field is there");
    ElicitRequestParams::FormElicitationParams { meta: None, message, requested_schema }
}

/// What a client's result of the question means.
fn answer(result: Option<&Value>) -> Answer {
    let action = result.and_then(|result| result.get("action")).and_then(Value::as_str);
    let ticked = result.and_then(|result| result.pointer("/content/confirm")).and_then(Value::as_bool);
    match (action, ticked) {
        (Some("accept"), Some(true)) => Answer::Yes,
        (Some("accept"), Some(false)) | (Some("decline" | "cancel"), _) => Answer::No,
        _ => Answer::Unclear,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_an_accepted_form_with_its_box_ticked_is_a_yes() {
        for (result, expected) in [
            (json!({ "action": "accept", "content": { "confirm": true } }), Answer::Yes),
            (json!({ "action": "accept", "content": { "confirm": true, "more": 1 } }), Answer::Yes),
            (json!({ "action": "accept", "content": { "confirm": false } }), Answer::No),
            (json!({ "action": "decline" }), Answer::No),
            (json!({ "action": "cancel", "content": { "confirm": true } }), Answer::No),
            (json!({ "action": "accept", "content": { "confirm": "true" } }), Answer::Unclear),
            (json!({ "action": "accept", "content": {} }), Answer::Unclear),
            (json!({ "action": "accept" }), Answer::Unclear),
            (json!({ "action": "Accept", "content": { "confirm": true } }), Answer::Unclear),
            (json!({ "content": { "confirm": true } }), Answer::Unclear),
            (json!(true), Answer::Unclear),
        ] {
            assert_eq!(answer(Some(&result)), expected, "{result}");
        }
        assert_eq!(answer(None), Answer::Unclear);
    }

    #[test]
    fn a_client_shows_forms_unless_it_says_that_it_shows_something_else_only() {
        for (capabilities, expected) in [
            (json!({}), false),
            (json!({ "elicitation": {} }), true),
            (json!({ "elicitation": { "form": {} } }), true),
            (json!({ "elicitation": { "form": {}, "url": {} } }), true),
            (json!({ "elicitation": { "url": {} } }), false),
            (json!({ "sampling": {} }), false),
        ] {
            let declared: ClientCapabilities =
                serde_json::from_value(capabilities.clone()).expect("capabilities");
            assert_eq!(shows_forms(Some(&declared)), expected, "{capabilities}");
        }
        assert!(!shows_forms(None));
    }
}
