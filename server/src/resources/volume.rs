//! How much the program logs: what whoever may do everything changes for a while, without a way to the machine.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::journal::By;

/// How much is logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Logged {
    /// As much as this level says.
    pub level: &'static str,
    /// As much as this level says otherwise.
    pub configured: &'static str,
    /// Until when it is so; without an end where as much is logged as is configured.
    pub until: Option<SystemTime>,
}

impl Logged {
    /// The same for clients.
    pub(crate) fn as_json(&self) -> Value {
        let until = self.until.map(|until| humantime::format_rfc3339_seconds(until).to_string());
        json!({ "level": self.level, "configured": self.configured, "until": until })
    }
}

/// What says how much a program logs. Whoever implements it puts each change on the record, with on whose word it was.
pub trait Volume: fmt::Debug + Send + Sync {
    /// The levels that there are, from nothing to everything.
    fn levels(&self) -> &'static [&'static str];

    /// How much is logged now.
    fn now(&self) -> Logged;

    /// Logs as much as this level says for so long, and then as much as is configured; nothing changes where there is no such level.
    fn set(&self, level: &str, time: Duration, by: By) -> Option<Logged>;

    /// Logs as much as is configured from now on.
    fn reset(&self, by: By) -> Logged;
}
