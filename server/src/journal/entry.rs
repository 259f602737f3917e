//! What is recorded.

use std::net::IpAddr;
use std::time::SystemTime;

use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Map, Value};

use super::By;
use crate::call::{Call, CallError, Caller, Reply};
use crate::catalog::Effect;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// What.
    pub event: Event,
    /// In which call; `None` for what the process does of itself.
    pub subject: Option<Subject>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// A process begins to write.
    Start {
        /// The program and its version.
        program: String,
    },
    /// A change is about to be asked of the API.
    Intent {
        /// The arguments in canonical form, redacted.
        arguments: Value,
        /// Names the change: identical changes have the same.
        key: String,
        /// Whether a person said yes to it.
        confirmed: bool,
    },
    /// A call has ended.
    Outcome {
        /// In a word: `answered`, `cancelled`, or the kind of the error.
        outcome: &'static str,
        /// The API's status, if it answered.
        status: Option<u16>,
        /// Whether a request may have reached the API.
        sent: bool,
        /// How long the call took.
        milliseconds: u64,
        /// The arguments as given, redacted, where no intent has them.
        arguments: Option<Value>,
    },
    /// Somebody was not let in.
    Denied {
        /// Why, in a word.
        outcome: &'static str,
        /// The request's id, as answers and logs have it.
        request_id: String,
        /// Where the request came from, if that is known.
        address: Option<IpAddr>,
    },
    /// Calls were refused, besides those that are recorded each.
    Refusals {
        /// Who called.
        caller: Caller,
        /// The kind of the error.
        outcome: &'static str,
        /// How many.
        count: u64,
        /// When the first was.
        since: SystemTime,
    },
    /// Rules of access were read again while the server runs, and are in force from now on.
    RulesAccepted {
        /// On whose word.
        by: By,
        /// How many they are.
        rules: usize,
        /// Names their text: its SHA-256 in hexadecimal digits.
        sha256: String,
    },
    /// They were read again and are wrong: those from before stay in force.
    RulesRefused {
        /// On whose word they were read.
        by: By,
        /// What is wrong, and where.
        cause: String,
    },
    /// The settings were read again while the server runs.
    SettingsAccepted {
        /// On whose word.
        by: By,
        /// Those that have changed and are in force from now on, by key: what they are now.
        taken: Vec<(String, String)>,
        /// The keys of those that have changed as well and need a restart.
        restart: Vec<String>,
    },
    /// They were read again and are wrong: those from before stay in force.
    SettingsRefused {
        /// On whose word they were read.
        by: By,
        /// What is wrong, and where.
        cause: String,
    },
    /// From now on as much is logged as this level says.
    LogLevel {
        /// On whose word.
        by: By,
        /// The level.
        level: &'static str,
        /// When as much is logged again as is configured, if that is less or more.
        until: Option<SystemTime>,
    },
    /// Records were lost, since they could not be written for too long.
    Gap {
        /// How many.
        lost: u64,
    },
    /// Everything before is signed.
    Checkpoint {
        /// The signature of the record before, in base64.
        signature: String,
    },
    /// The process ends.
    Stop,
}

impl Event {
    /// Its kind in a word, as records have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Start { .. } => "start",
            Self::Intent { .. } => "intent",
            Self::Outcome { .. } => "outcome",
            Self::Denied { .. } => "denied",
            Self::Refusals { .. } => "refusals",
            Self::RulesAccepted { .. } | Self::RulesRefused { .. } => "rules",
            Self::SettingsAccepted { .. } | Self::SettingsRefused { .. } => "settings",
            Self::LogLevel { .. } => "log_level",
            Self::Gap { .. } => "gap",
            Self::Checkpoint { .. } => "checkpoint",
            Self::Stop => "stop",
        }
    }
}

/// The call that something happened in.
#[derive(Clone, Debug, PartialEq)]
pub struct Subject {
    /// The tool.
    pub tool: &'static str,
    /// What it does to the world.
    pub effect: Effect,
    /// Who called.
    pub caller: Caller,
    /// The request's id, as answers and logs have it.
    pub request_id: String,
    /// The trace that it is part of, in 32 digits, where it is traced or the caller named one.
    pub trace_id: Option<Box<str>>,
}

impl Subject {
    /// The subject that a call is.
    pub fn of(call: &Call) -> Self {
        let (caller, request_id) = (call.caller.clone(), call.request_id.to_string());
        let trace_id = call.trace_id().map(String::into_boxed_str);
        Self { tool: call.tool.name, effect: call.tool.effect, caller, request_id, trace_id }
    }
}

/// The word for how a call ended, and the API's status.
pub(crate) fn ending(outcome: &Result<Reply, CallError>) -> (&'static str, Option<u16>) {
    match outcome {
        Ok(reply) => ("answered", Some(reply.status)),
        Err(error) => (error.kind(), error.status()),
    }
}

impl Entry {
    /// Whether it is written at once although nobody waits for it: a crash must not take away what became of a change, while
    /// how a read ended may take a moment.
    pub(super) fn presses(&self) -> bool {
        self.subject.as_ref().is_some_and(|subject| subject.effect != Effect::Read)
    }
}

/// As the members of its record, in their order; nothing is copied for it.
impl Serialize for Entry {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("kind", self.event.kind())?;
        if let Some(Subject { tool, effect, caller, request_id, trace_id }) = &self.subject {
            members.serialize_entry("tool", tool)?;
            members.serialize_entry("effect", effect.word())?;
            members.serialize_entry("caller", &caller.word())?;
            members.serialize_entry("request_id", request_id)?;
            trace_id.iter().try_for_each(|trace_id| members.serialize_entry("trace_id", trace_id))?;
        }
        self.event.write(&mut members)?;
        members.end()
    }
}

impl Event {
    /// Writes what happened into the record's members.
    fn write<M: SerializeMap>(&self, members: &mut M) -> Result<(), M::Error> {
        match self {
            Self::Start { program } => members.serialize_entry("program", program),
            Self::Intent { arguments, key, confirmed } => {
                members.serialize_entry("key", key)?;
                members.serialize_entry("confirmed", confirmed)?;
                members.serialize_entry("arguments", arguments)
            }
            Self::Outcome { outcome, status, sent, milliseconds, arguments } => {
                members.serialize_entry("outcome", outcome)?;
                members.serialize_entry("sent", sent)?;
                members.serialize_entry("milliseconds", milliseconds)?;
                status.iter().try_for_each(|status| members.serialize_entry("status", status))?;
                arguments.iter().try_for_each(|arguments| members.serialize_entry("arguments", arguments))
            }
            Self::Denied { outcome, request_id, address } => {
                members.serialize_entry("request_id", request_id)?;
                members.serialize_entry("outcome", outcome)?;
                members.serialize_entry("address", address)
            }
            Self::Refusals { caller, outcome, count, since } => {
                members.serialize_entry("caller", &caller.word())?;
                members.serialize_entry("outcome", outcome)?;
                members.serialize_entry("count", count)?;
                let since = humantime::format_rfc3339_millis(*since).to_string();
                members.serialize_entry("since", &since)
            }
            Self::RulesAccepted { by, rules, sha256 } => {
                by.write(members)?;
                members.serialize_entry("outcome", "accepted")?;
                members.serialize_entry("rules", rules)?;
                members.serialize_entry("sha256", sha256)
            }
            Self::SettingsAccepted { by, taken, restart } => {
                by.write(members)?;
                members.serialize_entry("outcome", "accepted")?;
                let taken: Map<String, Value> =
                    taken.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect();
                members.serialize_entry("taken", &taken)?;
                members.serialize_entry("restart", restart)
            }
            Self::LogLevel { by, level, until } => {
                by.write(members)?;
                members.serialize_entry("outcome", level)?;
                until.iter().try_for_each(|until| {
                    members.serialize_entry("until", &humantime::format_rfc3339_seconds(*until).to_string())
                })
            }
            Self::RulesRefused { by, cause } | Self::SettingsRefused { by, cause } => {
                by.write(members)?;
                members.serialize_entry("outcome", "refused")?;
                members.serialize_entry("cause", cause)
            }
            Self::Gap { lost } => members.serialize_entry("lost", lost),
            Self::Checkpoint { signature } => members.serialize_entry("signature", signature),
            Self::Stop => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::journal::Asker;

    fn outcome(effect: Effect) -> Entry {
        let (caller, request_id) = (Caller::LocalOwner, "r1".to_owned());
        let subject = Subject { tool: "t", effect, caller, request_id, trace_id: Some("0af7".into()) };
        let arguments = Some(json!({ "b": 1, "a": [null] }));
        let event =
            Event::Outcome { outcome: "answered", status: Some(200), sent: true, milliseconds: 7, arguments };
        Entry { event, subject: Some(subject) }
    }

    #[test]
    fn members_stand_in_their_order_and_what_is_absent_is_not_written() {
        let text = |entry: &Entry| serde_json::to_string(entry).unwrap();
        assert_eq!(
            text(&outcome(Effect::Read)),
            r#"{"kind":"outcome","tool":"t","effect":"read","caller":"local_owner","request_id":"r1","trace_id":"0af7","outcome":"answered","sent":true,"milliseconds":7,"status":200,"arguments":{"b":1,"a":[null]}}"#
        );
        assert_eq!(text(&Entry { event: Event::Stop, subject: None }), r#"{"kind":"stop"}"#);
        let event = Event::Outcome {
            outcome: "cancelled",
            status: None,
            sent: false,
            milliseconds: 0,
            arguments: None,
        };
        assert_eq!(
            text(&Entry { event, subject: None }),
            r#"{"kind":"outcome","outcome":"cancelled","sent":false,"milliseconds":0}"#
        );
    }

    #[test]
    fn what_changes_in_the_server_itself_names_on_whose_word_it_was() {
        let text = |event| serde_json::to_string(&Entry { event, subject: None }).unwrap();
        let (caller, request_id) = (Caller::LocalOwner, "r1".to_owned());
        let by = By::Call(Box::new(Asker { caller, request_id, address: Some([127, 0, 0, 1].into()) }));
        let until = Some(SystemTime::UNIX_EPOCH);
        assert_eq!(
            text(Event::LogLevel { by, level: "debug", until }),
            r#"{"kind":"log_level","caller":"local_owner","request_id":"r1","address":"127.0.0.1","by":"call","outcome":"debug","until":"1970-01-01T00:00:00Z"}"#
        );
        assert_eq!(
            text(Event::LogLevel { by: By::Time, level: "info", until: None }),
            r#"{"kind":"log_level","by":"time","outcome":"info"}"#
        );
        let taken = vec![("quota.burst".to_owned(), "7".to_owned())];
        assert_eq!(
            text(Event::SettingsAccepted { by: By::Signal, taken, restart: vec!["listen.port".to_owned()] }),
            r#"{"kind":"settings","by":"signal","outcome":"accepted","taken":{"quota.burst":"7"},"restart":["listen.port"]}"#
        );
        assert_eq!(
            text(Event::RulesRefused { by: By::File, cause: "x".to_owned() }),
            r#"{"kind":"rules","by":"file","outcome":"refused","cause":"x"}"#
        );
    }

    #[test]
    fn what_became_of_a_change_presses_and_how_a_read_ended_does_not() {
        assert!(outcome(Effect::Write).presses() && outcome(Effect::Destroy).presses());
        assert!(!outcome(Effect::Read).presses());
        assert!(!Entry { event: Event::Gap { lost: 1 }, subject: None }.presses());
    }
}
