//! Calls that are under way, and how long those took that have ended.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::{Metrics, family, single};
use crate::catalog::Effect;

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
}

/// A call that is under way for as long as this lives.
#[derive(Debug)]
pub(crate) struct UnderWay {
    metrics: Metrics,
    effect: Effect,
    begun: Instant,
}

impl UnderWay {
    /// One that begins now.
    pub(super) fn begin(metrics: Metrics, effect: Effect) -> Self {
        metrics.0.under_way.now.fetch_add(1, Ordering::Relaxed);
        Self { metrics, effect, begun: Instant::now() }
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let calls = &self.metrics.0.under_way;
        calls.took[self.effect as usize].add(self.begun.elapsed());
        calls.now.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Times {
    fn add(&self, took: Duration) {
        let range = UPPER.iter().position(|(end, _)| took <= *end).unwrap_or(UPPER.len());
        self.ranges[range].fetch_add(1, Ordering::Relaxed);
        let microseconds = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.microseconds.fetch_add(microseconds, Ordering::Relaxed);
    }
}

impl Calls {
    /// Both series in the text format of Prometheus.
    pub(super) fn render(&self, text: &mut String) {
        let now = self.now.load(Ordering::Relaxed);
        single(text, "mcp_calls_in_flight", "gauge", "Calls that are under way now.", now as u64);
        let name = "mcp_call_duration_seconds";
        family(text, name, "histogram", "How long calls took, of those that have ended or were given up.");
        for (effect, times) in EFFECTS.into_iter().zip(&self.took) {
            let effect = effect.word();
            let mut count = 0;
            // Each range of a histogram counts what is in those below it too.
            for (range, (_, end)) in times.ranges.iter().zip(UPPER.iter().chain(&[(Duration::MAX, "+Inf")])) {
                count += range.load(Ordering::Relaxed);
                let _ = writeln!(text, "{name}_bucket{{effect=\"{effect}\",le=\"{end}\"}} {count}");
            }
            let microseconds = times.microseconds.load(Ordering::Relaxed);
            let sum = Duration::from_micros(microseconds).as_secs_f64();
            let _ = writeln!(text, "{name}_sum{{effect=\"{effect}\"}} {sum}");
            let _ = writeln!(text, "{name}_count{{effect=\"{effect}\"}} {count}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(calls: &Calls, start: &str) -> Vec<String> {
        let mut text = String::new();
        calls.render(&mut text);
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
            calls.took[1].add(Duration::from_millis(milliseconds));
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
        let now = |metrics: &Metrics| lines(&metrics.0.under_way, "mcp_calls_in_flight");
        let (one, other) = (metrics.under_way(Effect::Read), metrics.under_way(Effect::Read));
        assert_eq!(now(&metrics), ["mcp_calls_in_flight 2"]);
        drop((one, other));
        assert_eq!(now(&metrics), ["mcp_calls_in_flight 0"]);
        let count = lines(&metrics.0.under_way, "mcp_call_duration_seconds_count{effect=\"read\"");
        assert_eq!(count, ["mcp_call_duration_seconds_count{effect=\"read\"} 2"]);
    }
}
