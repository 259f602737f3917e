//! What is counted while calls are made, and the text of it for Prometheus. Every label is a word of this program or a tool's
//! name, so that no caller can make a series.

mod count;
mod under_way;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::catalog::Effect;
use crate::journal::Journal;
use crate::replicas::Replicas;

pub use count::Count;
pub(crate) use under_way::UnderWay;

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
    under_way: under_way::Calls,
    /// Calls that wait for room at the API.
    waiting: AtomicUsize,
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

    /// Notes that a call waits for room at the API, for as long as the answer lives.
    pub(crate) fn waiting(&self) -> Waiting {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
        Waiting(self.clone())
    }

    /// Notes that a call is under way, for as long as the answer lives, and then how long that was.
    pub(crate) fn under_way(&self, effect: Effect) -> UnderWay {
        UnderWay::begin(self.clone(), effect)
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
        self.render_counts(&mut text);
        self.0.under_way.render(&mut text);
        let help = "Calls that wait for room at the API now.";
        let waiting = self.0.waiting.load(Ordering::Relaxed);
        single(&mut text, "mcp_bulkhead_waiting", "gauge", help, waiting as u64);
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

    /// Series of one name stand together in the table, and have their head once.
    fn render_counts(&self, text: &mut String) {
        let mut before = "";
        for (what, count) in Count::ALL.into_iter().zip(&self.0.counts) {
            let series = what.series();
            if series.name != before {
                family(text, series.name, "counter", series.help);
                before = series.name;
            }
            let label = series.result.map(|result| format!("{{result=\"{result}\"}}")).unwrap_or_default();
            let _ = writeln!(text, "{}{label} {}", series.name, count.load(Ordering::Relaxed));
        }
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

/// A call that waits.
#[derive(Debug)]
pub(crate) struct Waiting(Metrics);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.0.waiting.fetch_sub(1, Ordering::Relaxed);
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
    fn every_series_stands_in_the_document_and_no_other() {
        let program = include_str!("mod.rs").split("#[cfg(test)]").next().unwrap().to_owned();
        let under_way = include_str!("under_way.rs").split("#[cfg(test)]").next().unwrap();
        let program = program + include_str!("count.rs") + under_way;
        let document = include_str!("../../../docs/metrics.md");
        let names = |text: &str, quote: char| -> std::collections::BTreeSet<String> {
            let words = text.split(quote).map(|word| word.split('{').next().unwrap_or(word));
            let is_name = |word: &&str| word.starts_with("mcp_") || word.starts_with("fastmcp_");
            words.filter(is_name).filter(|word| !word.contains(' ')).map(str::to_owned).collect()
        };
        assert_eq!(names(document, '`'), names(&program, '"'));
    }

    #[test]
    fn who_waits_is_counted_for_as_long_as_it_waits() {
        let metrics = Metrics::default();
        let waiting = |text: &str| metrics.render(None, None).contains(text);
        let (one, other) = (metrics.waiting(), metrics.waiting());
        assert!(waiting("\nmcp_bulkhead_waiting 2\n"));
        drop((one, other));
        assert!(waiting("\nmcp_bulkhead_waiting 0\n"));
    }

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
            let series = what.series();
            let label = series.result.map(|result| format!("{{result=\"{result}\"}}")).unwrap_or_default();
            let line = format!("\n{}{label} {}\n", series.name, times + 1);
            assert!(text.contains(&line), "{what:?}: {text}");
            let head = format!("# TYPE {} counter\n", series.name);
            assert_eq!(text.matches(&head).count(), 1, "the head stands once: {text}");
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
