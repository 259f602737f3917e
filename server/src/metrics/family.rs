//! What is counted at one moment, whoever it is written for.

use std::time::{Duration, SystemTime};

/// All that has one name.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) help: &'static str,
    pub(crate) points: Vec<Point>,
}

/// What a number means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It only grows.
    Counter,
    /// It is so now.
    Gauge,
    /// How many took how long.
    Histogram,
}

impl Kind {
    /// Its name.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// One of the family.
#[derive(Clone, Debug)]
pub(crate) struct Point {
    pub(crate) labels: Vec<(&'static str, &'static str)>,
    pub(crate) measure: Measure,
}

/// What was measured.
#[derive(Clone, Debug)]
pub(crate) enum Measure {
    /// A number.
    Number(u64),
    /// Times, counted in ranges, the shortest first.
    Times {
        /// Each without those below it.
        ranges: Vec<Range>,
        /// All of them together.
        sum: Duration,
    },
}

/// Times between the end of the range before and this one's.
#[derive(Clone, Debug)]
pub(crate) struct Range {
    /// The longest time in seconds; the last range has none.
    pub(crate) end: Option<f64>,
    /// The same as it is written.
    pub(crate) written: &'static str,
    pub(crate) count: u64,
    pub(crate) exemplar: Option<Exemplar>,
}

/// A call that took such a time and was traced.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exemplar {
    pub(crate) trace: u128,
    pub(crate) span: u64,
    pub(crate) took: Duration,
    pub(crate) at: SystemTime,
}

impl Family {
    /// A family of this name, yet without points.
    pub(super) fn new(name: &'static str, kind: Kind, help: &'static str) -> Self {
        Self { name, kind, help, points: Vec::new() }
    }

    /// The same with one more number.
    pub(super) fn with(mut self, labels: &[(&'static str, &'static str)], number: u64) -> Self {
        self.add(labels, Measure::Number(number));
        self
    }

    /// Adds a point.
    pub(super) fn add(&mut self, labels: &[(&'static str, &'static str)], measure: Measure) {
        self.points.push(Point { labels: labels.to_vec(), measure });
    }
}
