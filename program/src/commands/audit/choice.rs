//! Which records are meant: each condition that is given must hold.

use std::time::SystemTime;

use server::journal::Record;

use crate::arguments::AuditFilter;
use crate::refusal::Refusal;

/// The records that are meant; all of them by default.
#[derive(Debug, Default)]
pub(super) struct Choice {
    /// Members and the text that each must hold.
    texts: Vec<(&'static str, String)>,
    since: Option<SystemTime>,
    until: Option<SystemTime>,
}

impl Choice {
    /// What the command line asks for.
    pub(super) fn of(filter: &AuditFilter) -> Result<Self, Refusal> {
        let AuditFilter { tool, caller, outcome, kind, request_id, since, until } = filter;
        let texts = [
            ("tool", tool),
            ("caller", caller),
            ("outcome", outcome),
            ("kind", kind),
            ("request_id", request_id),
        ];
        let given = |(member, text): (&'static str, &Option<String>)| Some((member, text.clone()?));
        let now = SystemTime::now();
        let time =
            |flag: &str, text: &Option<String>| text.as_deref().map(|text| time(flag, text, now)).transpose();
        Ok(Self {
            texts: texts.into_iter().filter_map(given).collect(),
            since: time("--since", since)?,
            until: time("--until", until)?,
        })
    }

    /// Whether a record is meant.
    pub(super) fn takes(&self, record: &Record) -> bool {
        let at = humantime::parse_rfc3339(record.text("time")).ok();
        self.texts.iter().all(|(member, text)| record.text(member) == text)
            && self.since.is_none_or(|since| at.is_some_and(|at| at >= since))
            && self.until.is_none_or(|until| at.is_some_and(|at| at <= until))
    }
}

/// A date, a time, or how long ago.
fn time(flag: &str, text: &str, now: SystemTime) -> Result<SystemTime, Refusal> {
    let day = || humantime::parse_rfc3339_weak(&format!("{text}T00:00:00Z")).ok();
    let ago = || humantime::parse_duration(text).ok().and_then(|ago| now.checked_sub(ago));
    humantime::parse_rfc3339_weak(text).ok().or_else(day).or_else(ago).ok_or_else(|| {
        Refusal::usage(format!(
            "{flag}: expected a time such as 2026-11-25T16:00:00Z, a day such as 2026-11-25, or how long ago such as 2h, got {text:?}"
        ))
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_is_a_moment_a_day_or_how_long_ago() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(10 * 86_400);
        let seconds = |text: &str| {
            let at = time("--since", text, now).unwrap();
            at.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs()
        };
        assert_eq!(seconds("1970-01-02T00:00:01Z"), 86_401);
        assert_eq!(seconds("1970-01-02"), 86_400);
        assert_eq!(seconds("2h"), 10 * 86_400 - 7200);
        let refusal = time("--since", "yesterday", now).unwrap_err().to_string();
        assert!(refusal.starts_with("--since: expected a time such as"), "{refusal}");
    }
}
