//! What is counted while calls are made, and the text of it for Prometheus. Every label is a word of this program or a tool's
//! name, so that no caller can make a series.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::journal::Journal;
use crate::replicas::Replicas;

/// Something that is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// A request was repeated.
    Repeated,
    /// One was not, since too many had been.
    OverBudget,
    /// The API was left alone.
    BreakerOpened,
    /// A call waited until there was room at the API.
    Waited,
    /// A change joined an identical one that was being made.
    Joined,
    /// A change got the answer of an identical one.
    Replayed,
    /// A read was answered from what is kept.
    Kept,
    /// A read was answered with what somebody else asked for.
    Shared,
    /// A read was asked of the API, for one caller or several.
    Asked,
    /// The API said that what is kept is still right.
    Renewed,
    /// The API was down, and an old answer was given.
    Stale,
    /// A read was answered from what another process keeps.
    Borrowed,
    /// A value in Redis was none that a process of this API wrote.
    Distrusted,
    /// A call was made without the protocol library.
    Direct,
}

impl Count {
    const ALL: [Self; 14] = [
        Self::Repeated,
        Self::OverBudget,
        Self::BreakerOpened,
        Self::Waited,
        Self::Joined,
        Self::Replayed,
        Self::Kept,
        Self::Shared,
        Self::Asked,
        Self::Renewed,
        Self::Stale,
        Self::Borrowed,
        Self::Distrusted,
        Self::Direct,
    ];

    /// The name of its series, and what it means.
    fn named(self) -> (&'static str, &'static str) {
        match self {
            Self::Repeated => ("mcp_retries_total", "Requests to the API that were repetitions."),
            Self::OverBudget => (
                "mcp_retry_budget_refusals_total",
                "Repetitions that were not made, since too many had been.",
            ),
            Self::BreakerOpened => ("mcp_breaker_openings_total", "How often the API was left alone."),
            Self::Waited => ("mcp_bulkhead_waits_total", "Calls that waited for room at the API."),
            Self::Joined => {
                ("mcp_ledger_joins_total", "Changes that joined an identical one that was being made.")
            }
            Self::Replayed => {
                ("mcp_ledger_replays_total", "Changes that got the answer of an identical one.")
            }
            Self::Kept => ("mcp_cache_hits_total", "Reads that were answered from what is kept."),
            Self::Shared => {
                ("mcp_cache_joins_total", "Reads that were answered with what another caller asked for.")
            }
            Self::Asked => {
                ("mcp_cache_misses_total", "Reads of what may be kept that were asked of the API.")
            }
            Self::Renewed => {
                ("mcp_cache_renewals_total", "Answers that the API called unchanged when it was asked.")
            }
            Self::Stale => ("mcp_cache_stale_total", "Old answers that were given since the API was down."),
            Self::Borrowed => {
                ("mcp_cache_redis_hits_total", "Reads that were answered from what is kept in Redis.")
            }
            Self::Distrusted => (
                "mcp_cache_redis_refused_total",
                "Values in Redis that were not used, since no server of this API wrote them so.",
            ),
            Self::Direct => ("mcp_direct_calls_total", "Calls that were made on the direct lane."),
        }
    }
}

/// The state of the API's circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Breaker {
    /// Calls are let through.
    Closed,
    /// The API is left alone.
    Open,
    /// One call finds out whether it is back.
    HalfOpen,
}

impl Breaker {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Closed, "closed"), (Self::Open, "open"), (Self::HalfOpen, "half_open")];
}

/// What was counted, shared by all who count.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    counts: [AtomicU64; Count::ALL.len()],
    /// Calls by tool and by the word for how they ended.
    calls: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    breaker: AtomicU64,
    /// Attempts to be let in by the provider that vouched for somebody, and whether one did.
    attempts: Mutex<BTreeMap<(&'static str, bool), u64>>,
}

impl Metrics {
    /// Counts one.
    pub fn count(&self, what: Count) {
        self.0.counts[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a call that has ended.
    pub fn called(&self, tool: &'static str, outcome: &'static str) {
        *self.0.calls.lock().unwrap_or_else(PoisonError::into_inner).entry((tool, outcome)).or_default() += 1;
    }

    /// Counts an attempt to be let in.
    pub fn authenticated(&self, provider: &'static str, is_let_in: bool) {
        let mut attempts = self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        *attempts.entry((provider, is_let_in)).or_default() += 1;
    }

    /// Notes the state of the circuit.
    pub fn breaker(&self, state: Breaker) {
        self.0.breaker.store(state as u64, Ordering::Relaxed);
    }

    /// The state of the circuit.
    pub fn current_breaker(&self) -> Breaker {
        let state = self.0.breaker.load(Ordering::Relaxed);
        Breaker::ALL
            .into_iter()
            .map(|(known, _)| known)
            .find(|known| *known as u64 == state)
            .unwrap_or(Breaker::Closed)
    }

    /// Everything in the text format of Prometheus, with the state of the journal and of what is shared.
    pub fn render(&self, journal: Option<&Journal>, replicas: Option<&Replicas>) -> String {
        let mut text = String::new();
        family(&mut text, "fastmcp_tool_executions_total", "counter", "Calls that have ended.");
        for ((tool, outcome), count) in &*self.0.calls.lock().unwrap_or_else(PoisonError::into_inner) {
            let success = *outcome == "answered";
            let _ = writeln!(
                text,
                "fastmcp_tool_executions_total{{tool_name=\"{tool}\",success=\"{success}\",outcome=\"{outcome}\"}} {count}"
            );
        }
        self.render_attempts(&mut text);
        for (what, count) in Count::ALL.into_iter().zip(&self.0.counts) {
            let (name, help) = what.named();
            single(&mut text, name, "counter", help, count.load(Ordering::Relaxed));
        }
        family(&mut text, "mcp_breaker_state", "gauge", "1 for the state that the API's circuit is in.");
        let now = self.0.breaker.load(Ordering::Relaxed);
        for (state, word) in Breaker::ALL {
            let _ = writeln!(text, "mcp_breaker_state{{state=\"{word}\"}} {}", u8::from(state as u64 == now));
        }
        if let Some(link) = replicas.map(Replicas::link) {
            let (up, help) =
                (u64::from(link.is_here()), "1 while the Redis that servers share can be asked.");
            single(&mut text, "mcp_redis_up", "gauge", help, up);
            let help = "Questions to Redis that got no answer in time, or an error.";
            single(&mut text, "mcp_redis_failures_total", "counter", help, link.failures());
        }
        if let Some(journal) = journal {
            let failing = u64::from(journal.is_failing());
            single(
                &mut text,
                "mcp_journal_failing",
                "gauge",
                "1 while the journal cannot be written.",
                failing,
            );
            let help = "Records that are on the disk or soon will be.";
            single(&mut text, "mcp_journal_records_total", "counter", help, journal.written());
            let help = "Records that were lost and are not yet told of in the journal.";
            single(&mut text, "mcp_journal_lost", "gauge", help, journal.lost());
            if let Some((taken, lost)) = journal.collected() {
                let help = "Records that the collector of logs has taken.";
                single(&mut text, "mcp_journal_collected_total", "counter", help, taken);
                let help = "Records that the collector of logs did not take; the journal has them.";
                single(&mut text, "mcp_journal_uncollected_total", "counter", help, lost);
            }
        }
        text
    }

    fn render_attempts(&self, text: &mut String) {
        let attempts = self.0.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.is_empty() {
            return;
        }
        family(
            text,
            "fastmcp_auth_attempts_total",
            "counter",
            "Requests by whether their caller was let in.",
        );
        for ((provider, success), count) in &*attempts {
            let _ = writeln!(
                text,
                "fastmcp_auth_attempts_total{{provider=\"{provider}\",success=\"{success}\"}} {count}"
            );
        }
    }
}

fn single(text: &mut String, name: &str, kind: &str, help: &str, value: u64) {
    family(text, name, kind, help);
    let _ = writeln!(text, "{name} {value}");
}

fn family(text: &mut String, name: &str, kind: &str, help: &str) {
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_a_series_of_its_own() {
        let metrics = Metrics::default();
        for (times, what) in Count::ALL.into_iter().enumerate() {
            assert_eq!(what as usize, times);
            (0..=times).for_each(|_| metrics.count(what));
        }
        metrics.breaker(Breaker::HalfOpen);
        metrics.called("deploy", "limited");
        let text = metrics.render(None, None);
        for (times, what) in Count::ALL.into_iter().enumerate() {
            assert!(text.contains(&format!("\n{} {}\n", what.named().0, times + 1)), "{what:?}: {text}");
        }
        for line in [
            "mcp_breaker_state{state=\"half_open\"} 1",
            "mcp_breaker_state{state=\"closed\"} 0",
            "fastmcp_tool_executions_total{tool_name=\"deploy\",success=\"false\",outcome=\"limited\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "{line}: {text}");
        }
    }
}
