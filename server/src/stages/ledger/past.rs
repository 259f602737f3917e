//! What the journal knows of changes that a process before has made: those that have an outcome, and those that have none
//! because the process ended between sending and answer.

use std::collections::HashMap;
use std::io;
use std::time::{Duration, SystemTime};

use super::Settings;
use crate::journal::{Journal, Line};

/// A change that a process before has made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    /// The name that the journal has for it.
    pub(super) key: String,
    /// How long ago it began.
    pub(super) age: Duration,
    /// The request's id.
    pub(super) request_id: String,
    /// The API's status, if it is known that the change was made.
    pub(super) status: Option<u16>,
}

/// The changes that still count.
pub(super) fn changes(journal: &Journal, settings: Settings) -> io::Result<Vec<Change>> {
    let now = SystemTime::now();
    let longest = settings.window.max(settings.unknown);
    let since = now.checked_sub(longest).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut past = Past::new(now);
    journal.each_since(since, &mut |line| past.see(line))?;
    Ok(past.changes())
}

/// What the records that were seen so far say.
struct Past {
    now: SystemTime,
    /// Changes that were sent, or were about to be, by process, request and tool.
    open: HashMap<[String; 3], Change>,
    ended: Vec<Change>,
}

impl Past {
    fn new(now: SystemTime) -> Self {
        Self { now, open: HashMap::new(), ended: Vec::new() }
    }

    fn see(&mut self, line: &Line<'_>) {
        let call = || [&line.epoch, &line.request_id, &line.tool].map(ToString::to_string);
        match &*line.kind {
            "intent" => {
                let time = humantime::parse_rfc3339(&line.time).unwrap_or(self.now);
                let change = Change {
                    key: line.key.to_string(),
                    age: self.now.duration_since(time).unwrap_or_default(),
                    request_id: line.request_id.to_string(),
                    status: None,
                };
                // One caller's id may name several calls: what is not known of one stays not known.
                self.ended.extend(self.open.insert(call(), change));
            }
            "outcome" => {
                let change = self.open.remove(&call());
                self.ended.extend(change.and_then(|change| ended(change, line)));
            }
            _ => {}
        }
    }

    fn changes(mut self) -> Vec<Change> {
        self.ended.extend(self.open.into_values());
        self.ended
    }
}

/// The change with its outcome; `None` when it was certainly not made: what `CallError::says_unchanged` says while running.
fn ended(change: Change, outcome: &Line<'_>) -> Option<Change> {
    let status = outcome.status;
    match &*outcome.outcome {
        // Too large for its caller is an answer all the same.
        "answered" | "oversized" => Some(Change { status: status.or(Some(200)), ..change }),
        _ if outcome.sent == Some(false) => None,
        "nothing_done" | "declined" | "arguments" => None,
        "no_credential" | "no_account" | "credential_unavailable" => None,
        "refused" if status.is_some_and(|status| (400..500).contains(&status) && status != 408) => None,
        _ => Some(change),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::call::{CallError, NoAccount};
    use crate::client::Ability;
    use crate::decode::Problems;

    /// A record's text, and what it says.
    fn record(kind: &str, request: &str, more: Value) -> String {
        let mut members = json!({
            "time": "2026-11-25T00:00:00.000Z", "epoch": "e", "kind": kind, "tool": "deploy",
            "request_id": request, "key": format!("key of {request}"), "arguments": {"level": "DEV"},
        });
        for (key, value) in more.as_object().unwrap() {
            members[key] = value.clone();
        }
        members.to_string()
    }

    /// The error after this one, the first after none. Each names the next, so that a new one cannot be left out.
    fn after(error: Option<CallError>, status: u16) -> Option<CallError> {
        let (cause, time) = (String::new(), Duration::from_secs(1));
        let Some(error) = error else { return Some(CallError::Arguments(Problems::default())) };
        Some(match error {
            CallError::Arguments(_) => CallError::TimedOut { after: time, sent: true },
            CallError::TimedOut { .. } => CallError::Unreachable { cause },
            CallError::Unreachable { .. } => CallError::Unavailable { retry_after: time },
            CallError::Unavailable { .. } => {
                CallError::Repeated { age: time, request_id: cause, status: Some(status) }
            }
            CallError::Repeated { .. } => CallError::KeyTaken,
            CallError::KeyTaken => CallError::Denied { hidden: false },
            CallError::Denied { .. } => CallError::Limited { retry_after: time },
            CallError::Limited { .. } => CallError::Busy { retry_after: time },
            CallError::Busy { .. } => CallError::Unconfirmed { question: cause.clone(), state: cause },
            CallError::Unconfirmed { .. } => CallError::Unasked,
            CallError::Unasked => CallError::Unwanted,
            CallError::Unwanted => CallError::Unanswered,
            CallError::Unanswered => CallError::Unsealed { why: "" },
            CallError::Unsealed { .. } => CallError::InputRequired { asks: Vec::new() },
            CallError::InputRequired { .. } => CallError::Incapable { ability: Ability::Forms },
            CallError::Incapable { .. } => CallError::Unrecorded { cause },
            CallError::Unrecorded { .. } => CallError::Unshared { cause },
            CallError::Unshared { .. } => CallError::Interrupted { cause },
            CallError::Interrupted { .. } => CallError::Refused { status, message: cause, retry_after: None },
            CallError::Refused { .. } => CallError::NothingDone { message: cause },
            CallError::NothingDone { .. } => CallError::Redirected { status },
            CallError::Redirected { .. } => CallError::TooLarge { limit: 1, status },
            CallError::TooLarge { .. } => CallError::Oversized { size: 2, limit: 1, status },
            CallError::Oversized { .. } => CallError::Crowded { after: time },
            CallError::Crowded { .. } => CallError::Unexpected { status, what: cause },
            CallError::Unexpected { .. } => CallError::NoCredential { schemes: cause },
            CallError::NoCredential { .. } => CallError::NoAccount(NoAccount::Unknown),
            CallError::NoAccount(_) => CallError::CredentialUnavailable { cause },
            CallError::CredentialUnavailable { .. } => CallError::Declined { message: cause },
            CallError::Declined { .. } => CallError::Internal { cause },
            CallError::Internal { .. } => return None,
        })
    }

    #[test]
    fn t36_the_journal_says_of_a_change_what_its_error_said() {
        for status in [200, 307, 400, 404, 407, 408, 409, 429, 499, 500, 503] {
            let mut error = after(None, status);
            while let Some(one) = error {
                for sent in [false, true] {
                    let mut said = json!({ "outcome": one.kind(), "sent": sent });
                    if let Some(status) = one.status() {
                        said["status"] = status.into();
                    }
                    let (key, age, request_id) = (String::new(), Duration::ZERO, String::new());
                    let open = Change { key, age, request_id, status: None };
                    let text = record("outcome", "", said);
                    let kept = ended(open, &serde_json::from_str(&text).unwrap());
                    let known = kept.as_ref().map(|change| change.status);
                    let expected = match one {
                        CallError::Oversized { status, .. } => Some(Some(status)),
                        _ => (sent && !one.says_unchanged()).then_some(None),
                    };
                    assert_eq!(known, expected, "{one:?}, sent: {sent}");
                }
                error = after(Some(one), status);
            }
        }
    }

    #[test]
    fn t36_a_change_without_an_outcome_is_not_known_and_one_that_was_not_made_is_none() {
        let now = humantime::parse_rfc3339("2026-11-25T00:01:00Z").unwrap();
        let outcomes = [
            ("answered", json!({ "outcome": "answered", "status": 202, "sent": true }), Some(Some(202))),
            ("refused", json!({ "outcome": "refused", "status": 404, "sent": true }), None),
            ("failed", json!({ "outcome": "refused", "status": 502, "sent": true }), Some(None)),
            ("broken", json!({ "outcome": "interrupted", "sent": true }), Some(None)),
            ("unsent", json!({ "outcome": "unreachable", "sent": false }), None),
            ("nothing", json!({ "outcome": "nothing_done", "status": 200, "sent": true }), None),
        ];
        let mut records = vec![record("intent", "crashed", json!({}))];
        for (request, outcome, _) in &outcomes {
            records.push(record("intent", request, json!({})));
            records.push(record("outcome", request, outcome.clone()));
        }
        let mut past = Past::new(now);
        records.iter().for_each(|text| past.see(&serde_json::from_str(text).unwrap()));
        let found = past.changes();
        let status_of = |request: &str| {
            let key = format!("key of {request}");
            found.iter().find(|change| change.key == key).map(|change| change.status)
        };
        assert_eq!(status_of("crashed"), Some(None));
        assert!(found.iter().all(|change| change.age == Duration::from_secs(60)));
        for (request, _, expected) in outcomes {
            assert_eq!(status_of(request), expected, "{request}");
        }
    }
}
