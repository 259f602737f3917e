//! What is counted while calls are made, and the text of it for Prometheus. Every label is a word of this program or a tool's
//! name, so that no caller can make a series.

mod count;
mod family;
mod text;
mod under_way;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::catalog::Effect;
use crate::journal::Journal;
use crate::replicas::Replicas;
use crate::telemetry::{Telemetry, Trace};

pub use count::Count;
pub(crate) use family::{Exemplar, Family, Kind, Measure, Point, Range};
pub use text::Format;
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

/// One number for each that is counted.
#[derive(Debug)]
struct Counts([AtomicU64; Count::ALL.len()]);

impl Default for Counts {
    fn default() -> Self {
        Self(std::array::from_fn(|_| AtomicU64::default()))
    }
}

/// What was counted, shared by all who count.
#[derive(Clone, Debug)]
pub struct Metrics(Option<Arc<Shared>>);

impl Default for Metrics {
    fn default() -> Self {
        Self(Some(Arc::default()))
    }
}

#[derive(Debug, Default)]
struct Shared {
    counts: Counts,
    /// Calls by tool and by the word for how they ended.
    calls: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    breaker: AtomicU64,
    under_way: under_way::Calls,
    /// Calls that wait for room at the API.
    waiting: AtomicUsize,
    /// Tasks that are kept.
    tasks: AtomicUsize,
    /// Attempts to be let in by the provider that vouched for somebody, and whether one did.
    attempts: Mutex<BTreeMap<(&'static str, bool), u64>>,
}

impl Metrics {
    /// Where nothing is counted: what a call has until somebody makes it.
    pub(crate) fn nowhere() -> Self {
        Self(None)
    }

    /// Counts one.
    pub fn count(&self, what: Count) {
        let Some(shared) = &self.0 else { return };
        shared.counts.0[what as usize].fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a call that has ended.
    pub fn called(&self, tool: &'static str, outcome: &'static str) {
        let Some(shared) = &self.0 else { return };
        *shared.calls.lock().unwrap_or_else(PoisonError::into_inner).entry((tool, outcome)).or_default() += 1;
    }

    /// Counts an attempt to be let in.
    pub fn authenticated(&self, provider: &'static str, is_let_in: bool) {
        let Some(shared) = &self.0 else { return };
        let mut attempts = shared.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        *attempts.entry((provider, is_let_in)).or_default() += 1;
    }

    /// Notes that a call waits for room at the API, for as long as the answer lives.
    pub(crate) fn waiting(&self) -> Waiting {
        if let Some(shared) = &self.0 {
            shared.waiting.fetch_add(1, Ordering::Relaxed);
        }
        Waiting(self.clone())
    }

    /// Notes that a call is under way, for as long as the answer lives, and then how long that was, and in which trace.
    pub(crate) fn under_way(&self, effect: Effect, trace: Option<Trace>) -> UnderWay<'_> {
        UnderWay::begin(self, effect, trace)
    }

    /// Notes that there is one more task.
    pub(crate) fn task_kept(&self) {
        if let Some(shared) = &self.0 {
            shared.tasks.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Notes that there is one less.
    pub(crate) fn task_gone(&self) {
        if let Some(shared) = &self.0 {
            shared.tasks.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// Notes the state of the circuit.
    pub fn breaker(&self, state: Breaker) {
        if let Some(shared) = &self.0 {
            shared.breaker.store(state as u64, Ordering::Relaxed);
        }
    }

    /// The state of the circuit.
    pub fn current_breaker(&self) -> Breaker {
        let state = self.0.as_ref().map_or(0, |shared| shared.breaker.load(Ordering::Relaxed));
        Breaker::ALL
            .into_iter()
            .map(|(known, _)| known)
            .find(|known| *known as u64 == state)
            .unwrap_or(Breaker::Closed)
    }

    /// Everything as text, with the state of the journal, of what is shared and of what is sent to a collector.
    pub fn render(&self, format: Format, beside: Beside<'_>) -> String {
        format.write(&self.families(beside))
    }

    /// Everything, in the order in which it is told.
    pub(crate) fn families(&self, beside: Beside<'_>) -> Vec<Family> {
        let mut families = self.0.as_ref().map_or_else(Vec::new, |shared| shared.families());
        families.extend(beside.replicas.into_iter().flat_map(of_replicas));
        families.extend(beside.journal.into_iter().flat_map(of_journal));
        families.extend(beside.telemetry.into_iter().flat_map(of_telemetry));
        families
    }
}

impl Shared {
    fn families(&self) -> Vec<Family> {
        let mut families = vec![self.ended()];
        families.extend(self.attempts());
        families.extend(self.counts());
        families.extend(self.under_way.families());
        let gauge = |name, help, count: &AtomicUsize| {
            Family::new(name, Kind::Gauge, help).with(&[], count.load(Ordering::Relaxed) as u64)
        };
        let help = "Calls that wait for room at the API now.";
        families.push(gauge("mcp_bulkhead_waiting", help, &self.waiting));
        let help = "Calls that are answered later and are kept now.";
        families.push(gauge("mcp_tasks_kept", help, &self.tasks));
        families.push(self.circuit());
        families
    }

    fn ended(&self) -> Family {
        let mut family =
            Family::new("fastmcp_tool_executions_total", Kind::Counter, "Calls that have ended.");
        for ((tool, outcome), count) in &*self.calls.lock().unwrap_or_else(PoisonError::into_inner) {
            let success = if *outcome == "answered" { "true" } else { "false" };
            let labels = [("tool_name", *tool), ("success", success), ("outcome", *outcome)];
            family.add(&labels, Measure::Number(*count));
        }
        family
    }

    fn attempts(&self) -> Option<Family> {
        let help = "Requests by whether their caller was let in.";
        let mut family = Family::new("fastmcp_auth_attempts_total", Kind::Counter, help);
        for ((provider, success), count) in &*self.attempts.lock().unwrap_or_else(PoisonError::into_inner) {
            let success = if *success { "true" } else { "false" };
            family.add(&[("provider", *provider), ("success", success)], Measure::Number(*count));
        }
        (!family.points.is_empty()).then_some(family)
    }

    /// Series of one name stand together in the table, and are one family.
    fn counts(&self) -> Vec<Family> {
        let mut families: Vec<Family> = Vec::new();
        for (what, count) in Count::ALL.into_iter().zip(&self.counts.0) {
            let series = what.series();
            if families.last().is_none_or(|family| family.name != series.name) {
                families.push(Family::new(series.name, Kind::Counter, series.help));
            }
            let family = families.last_mut().expect("one was added");
            let label = series.result.map(|result| ("result", result));
            family.add(label.as_slice(), Measure::Number(count.load(Ordering::Relaxed)));
        }
        families
    }

    fn circuit(&self) -> Family {
        let help = "1 for the state that the API's circuit is in.";
        let mut family = Family::new("mcp_breaker_state", Kind::Gauge, help);
        let now = self.breaker.load(Ordering::Relaxed);
        for (state, word) in Breaker::ALL {
            family.add(&[("state", word)], Measure::Number(u64::from(state as u64 == now)));
        }
        family
    }
}

/// What is told beside what is counted here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Beside<'a> {
    /// Where calls are put on the record.
    pub journal: Option<&'a Journal>,
    /// What is shared with other processes.
    pub replicas: Option<&'a Replicas>,
    /// What is sent to a collector.
    pub telemetry: Option<&'a Telemetry>,
}

fn of_replicas(replicas: &Replicas) -> [Family; 2] {
    let link = replicas.link();
    let (up, help) = (u64::from(link.is_here()), "1 while the Redis that servers share can be asked.");
    let failures = "Questions to Redis that got no answer in time, or an error.";
    [
        Family::new("mcp_redis_up", Kind::Gauge, help).with(&[], up),
        Family::new("mcp_redis_failures_total", Kind::Counter, failures).with(&[], link.failures()),
    ]
}

fn of_journal(journal: &Journal) -> Vec<Family> {
    let single = |name, kind, help, number| Family::new(name, kind, help).with(&[], number);
    let failing = u64::from(journal.is_failing());
    let mut families = vec![
        single("mcp_journal_failing", Kind::Gauge, "1 while the journal cannot be written.", failing),
        single(
            "mcp_journal_records_total",
            Kind::Counter,
            "Records that are on the disk or soon will be.",
            journal.written(),
        ),
        single(
            "mcp_journal_lost",
            Kind::Gauge,
            "Records that were lost and are not yet told of in the journal.",
            journal.lost(),
        ),
    ];
    if let Some((taken, lost)) = journal.collected() {
        let help = "Records that the collector of logs has taken.";
        families.push(single("mcp_journal_collected_total", Kind::Counter, help, taken));
        let help = "Records that the collector of logs did not take; the journal has them.";
        families.push(single("mcp_journal_uncollected_total", Kind::Counter, help, lost));
    }
    families
}

fn of_telemetry(telemetry: &Telemetry) -> [Family; 2] {
    let help = "Spans, measurements and log lines that the collector has taken.";
    let mut sent = Family::new("mcp_telemetry_sent_total", Kind::Counter, help);
    let help = "Spans, measurements and log lines that the collector did not take.";
    let mut lost = Family::new("mcp_telemetry_lost_total", Kind::Counter, help);
    for (signal, arrived, missing) in telemetry.sent() {
        sent.add(&[("signal", signal)], Measure::Number(arrived));
        lost.add(&[("signal", signal)], Measure::Number(missing));
    }
    [sent, lost]
}

/// A call that waits.
#[derive(Debug)]
pub(crate) struct Waiting(Metrics);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(shared) = &self.0.0 {
            shared.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
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
        let waiting = |text: &str| metrics.render(Format::Prometheus, Beside::default()).contains(text);
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
        let text = metrics.render(Format::Prometheus, Beside::default());
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
