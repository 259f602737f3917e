//! What all turns of a subject say together: the middle of each figure.

use serde_json::{Value, json};

use super::session::Listed;
use super::turn::{Beside, Turn};
use crate::cost::median;

/// The figures of a subject.
#[derive(Clone, Debug, Default)]
pub struct Figures {
    /// Its name.
    pub name: &'static str,
    /// Calls a second: the middle, the least and the most.
    pub rate: [f64; 3],
    /// Half of the calls, and 99 of 100, took no longer, in milliseconds, while all connections were kept busy.
    pub p50_ms: f64,
    /// See above.
    pub p99_ms: f64,
    /// Microseconds of its processor time for a call.
    pub micros: f64,
    /// Milliseconds from its start to its first answer.
    pub start_ms: f64,
    /// Memory before any call, in MiB.
    pub idle_mib: f64,
    /// Memory after the load, in MiB.
    pub loaded_mib: f64,
    /// Bytes of an answer.
    pub answer_bytes: f64,
    /// Its list of tools.
    pub listed: Listed,
    /// How much of the machine others took, at most, in percent.
    pub foreign: f64,
    /// 99 of 100 calls took no longer when there were a tenth as many as the hop can do, in milliseconds.
    pub calm_p99_ms: Option<f64>,
    /// What it did beside whom it is held to, in the same seconds.
    pub beside: Option<Beside>,
}

impl Figures {
    /// What these turns of a subject say together.
    pub fn of(name: &'static str, turns: &[Turn]) -> Self {
        let all = |figure: &dyn Fn(&Turn) -> f64| turns.iter().map(figure).collect::<Vec<f64>>();
        let middle = |figure: &dyn Fn(&Turn) -> f64| median(all(figure));
        let rates = all(&|turn| turn.driven.rate());
        let most = |figures: &[f64]| figures.iter().copied().fold(0.0, f64::max);
        let least = rates.iter().copied().fold(f64::INFINITY, f64::min);
        Self {
            name,
            rate: [median(rates.clone()), least, most(&rates)],
            p50_ms: middle(&|turn| turn.driven.millis(50.0)),
            p99_ms: middle(&|turn| turn.driven.millis(99.0)),
            micros: middle(&|turn| turn.micros),
            start_ms: middle(&|turn| turn.start_ms),
            idle_mib: middle(&|turn| turn.idle_mib),
            loaded_mib: middle(&|turn| turn.loaded_mib),
            answer_bytes: middle(&|turn| turn.driven.bytes as f64 / turn.driven.times.len().max(1) as f64),
            listed: turns.first().map(|turn| turn.listed).unwrap_or_default(),
            foreign: most(&all(&|turn| turn.foreign)),
            calm_p99_ms: None,
            beside: Self::beside(turns),
        }
    }

    fn beside(turns: &[Turn]) -> Option<Beside> {
        let all: Vec<Beside> = turns.iter().filter_map(|turn| turn.beside).collect();
        let middle = |figure: &dyn Fn(&Beside) -> f64| median(all.iter().map(figure).collect());
        (!all.is_empty())
            .then(|| Beside { calls: middle(&|beside| beside.calls), time: middle(&|beside| beside.time) })
    }

    /// Calls a second.
    pub fn calls(&self) -> f64 {
        self.rate[0]
    }

    /// About how many tokens the list of tools is for a model: a quarter of its bytes.
    pub fn list_tokens(&self) -> usize {
        self.listed.bytes / 4
    }

    /// The figures as JSON.
    pub fn json(&self) -> Value {
        let [rate, least, most] = self.rate;
        json!({
            "name": self.name,
            "calls_per_second": rate, "calls_per_second_least": least, "calls_per_second_most": most,
            "p50_ms": self.p50_ms, "p99_ms": self.p99_ms, "calm_p99_ms": self.calm_p99_ms,
            "cpu_us_per_call": self.micros,
            "times_the_calls_of_whom_it_is_held_to": self.beside.map(|beside| beside.calls),
            "times_the_cpu_of_whom_it_is_held_to": self.beside.map(|beside| beside.time),
            "start_ms": self.start_ms,
            "idle_mib": self.idle_mib, "loaded_mib": self.loaded_mib,
            "answer_bytes": self.answer_bytes,
            "tools": self.listed.tools, "list_bytes": self.listed.bytes, "list_tokens": self.list_tokens(),
            "foreign_cpu_percent": self.foreign,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::drive::Driven;
    use std::time::Duration;

    #[test]
    fn the_middle_of_each_figure_counts_and_the_worst_of_what_disturbs() {
        let turn = |calls: usize, micros: f64, foreign: f64| Turn {
            beside: Some(Beside { calls: micros / 10.0, time: micros / 100.0 }),
            start_ms: micros,
            idle_mib: 1.0,
            listed: Listed { tools: 15, bytes: 4000 },
            driven: Driven {
                times: vec![Duration::from_millis(calls as u64); calls],
                lasted: Duration::from_secs(2),
                bytes: calls * 10,
                failed: None,
            },
            loaded_mib: 2.0,
            micros,
            foreign,
        };
        let figures = Figures::of("x", &[turn(20, 7.0, 1.0), turn(10, 90.0, 8.0), turn(40, 8.0, 2.0)]);
        assert_eq!(figures.rate.map(f64::to_bits), [10.0, 5.0, 20.0_f64].map(f64::to_bits));
        assert_eq!(figures.micros.to_bits(), 8.0_f64.to_bits());
        assert_eq!(figures.foreign.to_bits(), 8.0_f64.to_bits());
        assert_eq!(figures.answer_bytes.to_bits(), 10.0_f64.to_bits());
        assert!((figures.p99_ms - 20.0).abs() < 0.1, "{figures:?}");
        assert_eq!(figures.list_tokens(), 1000);
        let beside = figures.beside.expect("it was beside another");
        assert_eq!([beside.calls, beside.time].map(f64::to_bits), [0.8, 0.08_f64].map(f64::to_bits));
    }
}
