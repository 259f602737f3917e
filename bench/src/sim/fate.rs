//! What becomes of one exchange with the simulated API.

use std::ops::Range;
use std::time::Duration;

use crate::faults;

/// How one exchange goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// As it should.
    Good,
    /// No connection is made: refused, or not within its time.
    Refused,
    Unconnected,
    /// The connection breaks: before the request arrived, or with the answer on its way.
    Lost,
    Broken,
    /// Nothing comes back: the request was lost, or done.
    Silent,
    SilentlyDone,
    /// An error status: without effect, or after it.
    Unavailable,
    DoneUnavailable,
    TooMany,
    /// The API says no, and does nothing.
    Conflict,
}

const SHARES: &[(f64, Fate)] = &[
    (0.06, Fate::Refused),
    (0.03, Fate::Unconnected),
    (0.06, Fate::Lost),
    (0.08, Fate::Broken),
    (0.05, Fate::Silent),
    (0.06, Fate::SilentlyDone),
    (0.05, Fate::Unavailable),
    (0.03, Fate::DoneUnavailable),
    (0.03, Fate::TooMany),
    (0.03, Fate::Conflict),
];

/// An outage: of its own kind, for as long as it lasts.
#[derive(Clone, Debug)]
pub(super) struct Outage {
    during: Range<Duration>,
    fate: Fate,
}

impl Outage {
    /// The outage of a seed, if it has one.
    pub(super) fn of(seed: u64) -> Option<Self> {
        let mut random = fastrand::Rng::with_seed(!seed);
        let from = Duration::from_secs_f64(random.f64() * 20.0);
        let until = from + Duration::from_secs_f64(2.0 + random.f64() * 12.0);
        let fate = [Fate::Refused, Fate::Unavailable, Fate::Silent, Fate::SilentlyDone][random.usize(0..4)];
        (random.f64() < 0.5).then_some(Self { during: from..until, fate })
    }
}

/// The fate of this attempt, and the two halves of the time that it takes: until the API acts, and until its answer is there.
pub(super) fn of(
    seed: u64,
    marker: &str,
    attempt: usize,
    outage: Option<&Outage>,
    now: Duration,
) -> (Fate, [Duration; 2]) {
    let fate = match outage.filter(|outage| outage.during.contains(&now)) {
        Some(outage) => outage.fate,
        None => faults::pick(faults::draw(seed, marker, attempt), SHARES).unwrap_or(Fate::Good),
    };
    let part = |what: &str| {
        let draw = faults::draw(seed, &format!("{marker} {what}"), attempt);
        // Mostly quick, now and then longer than an attempt may take.
        Duration::from_secs_f64(draw.powi(4) * 3.0)
    };
    (fate, [part("until it acts"), part("until it answers")])
}
