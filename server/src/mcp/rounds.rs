//! Several rounds for one request: what was asked and answered so far goes out as a state and comes back with the next round.
//!
//! A state is good for one caller, one method, one name and one set of arguments, and not for long. It holds what the client
//! itself said, so it is sealed and not hidden; a person's yes has a state of its own inside, which is taken once.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::model::{ErrorData, InputRequests, InputRequiredResult, InputResponses};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::talking::input_request;
use crate::call::Caller;
use crate::client::Named;
use crate::digest;
use crate::replicas::Replicas;
use crate::stages::seal::Seal;

/// What a state begins with, so that one of a question to a person alone is none of these.
const FORM: &str = "r.";
const KIND: &str = "rounds 1";
/// How long a round may take.
const LASTING: Duration = Duration::from_secs(600);

const FOREIGN: &str = "Invalid params: `requestState` was not given out for this request, was changed, or has expired; send the \
    request again without it";

/// What a state is made with.
pub(super) struct Rounds(Seal);

/// What a state is for.
#[derive(Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) caller: &'a Caller,
    pub(super) method: &'static str,
    /// The name or the address.
    pub(super) name: &'a str,
    pub(super) arguments: &'a Value,
}

/// What came back.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    /// What was answered so far, by name.
    pub(super) given: Map<String, Value>,
    /// The state of a question to a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) consent: Option<String>,
}

impl Rounds {
    pub(super) fn new(replicas: Option<&Replicas>) -> Self {
        Self(replicas.map_or_else(|| Seal::new(KIND), |all| Seal::of(&all.key(KIND), KIND)))
    }

    /// What came with a request. A state of another kind is that of a question to a person, for whom judges those.
    pub(super) fn resume(
        &self,
        subject: Subject<'_>,
        state: Option<&str>,
        responses: Option<InputResponses>,
    ) -> Result<Kept, ErrorData> {
        let mut kept = match state {
            None => Kept::default(),
            Some(state) if state.starts_with(FORM) => {
                self.open(subject, state).ok_or_else(|| ErrorData::invalid_params(FOREIGN, None))?
            }
            Some(state) => Kept { consent: Some(state.to_owned()), ..Kept::default() },
        };
        for (name, response) in responses.unwrap_or_default() {
            kept.given.insert(name, response);
        }
        Ok(kept)
    }

    /// The state that goes out.
    pub(super) fn close(&self, subject: Subject<'_>, kept: &Kept) -> String {
        let text = serde_json::to_string(kept).expect("answers are JSON");
        let ends = now().saturating_add(LASTING.as_secs());
        let sealed = self.0.close(&name(subject, &text), ends.to_be_bytes());
        format!("{FORM}{}.{sealed}", URL_SAFE_NO_PAD.encode(text))
    }

    fn open(&self, subject: Subject<'_>, state: &str) -> Option<Kept> {
        let (text, sealed) = state.strip_prefix(FORM)?.split_once('.')?;
        let text = String::from_utf8(URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        let ends = u64::from_be_bytes(self.0.open(sealed, &name(subject, &text))?);
        if now() >= ends {
            return None;
        }
        serde_json::from_str(&text).ok()
    }

    /// The result that asks for more.
    pub(super) fn ask(&self, subject: Subject<'_>, kept: &Kept, asks: Vec<Named>) -> InputRequiredResult {
        let requests: InputRequests =
            asks.into_iter().filter_map(|(name, ask)| Some((name, input_request(&ask)?))).collect();
        InputRequiredResult::new(Some(requests), Some(self.close(subject, kept)))
    }
}

/// A state is no refusal of a request that nobody needs one for, but one that was made up is.
pub(super) fn refuse_unknown(state: Option<&str>) -> Result<(), ErrorData> {
    match state {
        Some(_) => Err(ErrorData::invalid_params(FOREIGN, None)),
        None => Ok(()),
    }
}

fn name(subject: Subject<'_>, text: &str) -> [u8; 32] {
    let mut arguments = subject.arguments.clone();
    arguments.sort_all_objects();
    digest::of(&[subject.caller.key(), subject.method, subject.name, &arguments.to_string(), text])
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn subject<'a>(method: &'static str, name: &'a str, arguments: &'a Value) -> Subject<'a> {
        Subject { caller: &Caller::LocalOwner, method, name, arguments }
    }

    #[test]
    fn a_state_is_good_for_its_request_and_no_other() {
        let rounds = Rounds::new(None);
        let arguments = json!({ "a": 1, "b": { "c": 2, "d": 3 } });
        let kept =
            Kept { given: json!({ "who": 1 }).as_object().unwrap().clone(), consent: Some("x".into()) };
        let state = rounds.close(subject("tools/call", "t", &arguments), &kept);
        let open = |subject: Subject<'_>, state: &str| rounds.open(subject, state);
        assert_eq!(open(subject("tools/call", "t", &arguments), &state), Some(kept));
        let reordered = json!({ "b": { "d": 3, "c": 2 }, "a": 1 });
        assert!(open(subject("tools/call", "t", &reordered), &state).is_some(), "the same arguments");
        for other in [
            subject("prompts/get", "t", &arguments),
            subject("tools/call", "u", &arguments),
            subject("tools/call", "t", &json!({})),
            Subject { caller: &Caller::Anonymous, ..subject("tools/call", "t", &arguments) },
        ] {
            assert_eq!(open(other, &state), None);
        }
        assert_eq!(
            Rounds::new(None).open(subject("tools/call", "t", &arguments), &state),
            None,
            "another process"
        );
        for end in 0..state.len() {
            assert_eq!(open(subject("tools/call", "t", &arguments), &state[..end]), None, "cut at {end}");
        }
    }

    #[test]
    fn answers_of_all_rounds_come_together_and_a_forged_state_is_refused() {
        let rounds = Rounds::new(None);
        let arguments = json!({});
        let about = subject("tools/call", "t", &arguments);
        let responses = |name: &str| Some(InputResponses::from([(name.to_owned(), json!(1))]));
        let first = rounds.resume(about, None, responses("one")).unwrap();
        let state = rounds.close(about, &first);
        let second = rounds.resume(about, Some(&state), responses("two")).unwrap();
        assert_eq!(second.given.keys().collect::<Vec<_>>(), ["one", "two"]);
        let forged = rounds.resume(about, Some(&format!("{state}-TAMPERED")), None).unwrap_err();
        assert_eq!(forged.code.0, -32602);
        let of_a_person = rounds.resume(about, Some("abc"), None).unwrap();
        assert_eq!(of_a_person.consent.as_deref(), Some("abc"));
    }
}
