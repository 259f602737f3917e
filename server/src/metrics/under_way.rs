//! Calls that are under way, and how long those took that have ended.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::{Exemplar, Family, Kind, Measure, Metrics, Range};
use crate::catalog::Effect;
use crate::telemetry::Trace;

/// Upper ends of the ranges in which times are counted, as they are written; what is longer is in none but the last.
const UPPER: [(Duration, &str); 10] = [
    (Duration::from_millis(5), "0.005"),
    (Duration::from_millis(25), "0.025"),
    (Duration::from_millis(100), "0.1"),
    (Duration::from_millis(250), "0.25"),
    (Duration::from_secs(1), "1"),
    (Duration::from_millis(2500), "2.5"),
    (Duration::from_secs(5), "5"),
    (Duration::from_secs(10), "10"),
    (Duration::from_secs(30), "30"),
    (Duration::from_secs(60), "60"),
];

const EFFECTS: [Effect; 3] = [Effect::Read, Effect::Write, Effect::Destroy];

/// What is known of all calls.
#[derive(Debug, Default)]
pub(super) struct Calls {
    now: AtomicUsize,
    took: [Times; EFFECTS.len()],
}

/// The times of calls of one effect.
#[derive(Debug, Default)]
struct Times {
    /// How many took no longer than this upper end and longer than the one before; the last took longer than all.
    ranges: [AtomicU64; UPPER.len() + 1],
    microseconds: AtomicU64,
    /// Of each range the last call that was traced.
    examples: [Mutex<Option<Exemplar>>; UPPER.len() + 1],
}

/// A call that is under way for as long as this lives.
#[derive(Debug)]
pub(crate) struct UnderWay<'m> {
    /// Nothing where nothing is counted.
    calls: Option<&'m Calls>,
    effect: Effect,
    trace: Option<Trace>,
    begun: Instant,
}

impl<'m> UnderWay<'m> {
    /// One that begins now.
    pub(super) fn begin(metrics: &'m Metrics, effect: Effect, trace: Option<Trace>) -> Self {
        let calls = metrics.0.as_ref().map(|shared| &shared.under_way);
        if let Some(calls) = calls {
            calls.now.fetch_add(1, Ordering::Relaxed);
        }
        Self { calls, effect, trace, begun: Instant::now() }
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        let Some(calls) = self.calls else { return };
        calls.took[self.effect as usize].add(self.begun.elapsed(), self.trace);
        calls.now.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Times {
    fn add(&self, took: Duration, trace: Option<Trace>) {
        let range = UPPER.iter().position(|(end, _)| took <= *end).unwrap_or(UPPER.len());
        self.ranges[range].fetch_add(1, Ordering::Relaxed);
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
        if let Some(trace) = trace {
            let ((trace, span), at) = (trace.numbers(), SystemTime::now());
            let mut example = self.examples[range].lock().unwrap_or_else(PoisonError::into_inner);
            *example = Some(Exemplar { trace, span, took, at });
        }
    }

    /// What was counted so far.
    fn measure(&self) -> Measure {
        let ends =
            UPPER.iter().map(|(end, written)| (Some(end.as_secs_f64()), *written)).chain([(None, "+Inf")]);
        let ranges =
            ends.zip(self.ranges.iter().zip(&self.examples)).map(|((end, written), (count, example))| {
                let exemplar = *example.lock().unwrap_or_else(PoisonError::into_inner);
                Range { end, written, count: count.load(Ordering::Relaxed), exemplar }
            });
        let sum = Duration::from_micros(self.microseconds.load(Ordering::Relaxed));
        Measure::Times { ranges: ranges.collect(), sum }
    }
}

impl Calls {
    /// Both families.
    pub(super) fn families(&self) -> [Family; 2] {
        let now = self.now.load(Ordering::Relaxed) as u64;
        let help = "How long calls took, of those that have ended or were given up.";
        let mut times = Family::new("mcp_call_duration_seconds", Kind::Histogram, help);
        for (effect, took) in EFFECTS.into_iter().zip(&self.took) {
            times.add(&[("effect", effect.word())], took.measure());
        }
        [
            Family::new("mcp_calls_in_flight", Kind::Gauge, "Calls that are under way now.").with(&[], now),
            times,
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Format;

    fn lines(calls: &Calls, start: &str) -> Vec<String> {
        let text = Format::Prometheus.write(&calls.families());
        text.lines().filter(|line| line.starts_with(start)).map(str::to_owned).collect()
    }

    #[test]
    fn effects_are_in_the_order_of_their_numbers() {
        for (place, effect) in EFFECTS.into_iter().enumerate() {
            assert_eq!(effect as usize, place);
        }
    }

    #[test]
    fn a_time_is_counted_in_its_range_and_in_all_above() {
        let calls = Calls::default();
        for milliseconds in [5, 6, 60_001] {
            calls.took[1].add(Duration::from_millis(milliseconds), None);
        }
        let counts: Vec<String> = lines(&calls, "mcp_call_duration_seconds_bucket{effect=\"write\"")
            .iter()
            .map(|line| line.rsplit(' ').next().expect("a value").to_owned())
            .collect();
        assert_eq!(counts, ["1", "2", "2", "2", "2", "2", "2", "2", "2", "2", "3"]);
        let rest = lines(&calls, "mcp_call_duration_seconds_sum{effect=\"write\"");
        assert_eq!(rest, ["mcp_call_duration_seconds_sum{effect=\"write\"} 60.012"]);
        let rest = lines(&calls, "mcp_call_duration_seconds_count{effect=\"write\"");
        assert_eq!(rest, ["mcp_call_duration_seconds_count{effect=\"write\"} 3"]);
    }

    #[test]
    fn a_call_is_under_way_until_it_is_dropped() {
        let metrics = Metrics::default();
        let now = |metrics: &Metrics| {
            lines(&metrics.0.as_ref().expect("it counts").under_way, "mcp_calls_in_flight")
        };
        let (one, other) = (metrics.under_way(Effect::Read, None), metrics.under_way(Effect::Read, None));
        assert_eq!(now(&metrics), ["mcp_calls_in_flight 2"]);
        drop((one, other));
        assert_eq!(now(&metrics), ["mcp_calls_in_flight 0"]);
        let count = lines(
            &metrics.0.as_ref().expect("it counts").under_way,
            "mcp_call_duration_seconds_count{effect=\"read\"",
        );
        assert_eq!(count, ["mcp_call_duration_seconds_count{effect=\"read\"} 2"]);
    }
}
