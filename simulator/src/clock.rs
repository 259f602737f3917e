//! The simulator's time: what drives sets from one state to the next, and the dates in answers.
//!
//! Nothing here sleeps or waits. A manual clock stands still until a test advances it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where a manual clock starts: 2024-05-06 08:00:00.
const MANUAL_START_MILLIS: u64 = 1_714_982_400_000;

/// The time that the simulated sets live by; clones share it.
#[derive(Clone, Debug)]
pub struct Clock {
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Manual(Arc<AtomicU64>),
    Real { began: Instant, at: u64 },
}

impl Clock {
    /// A clock that stands still until it is advanced.
    pub fn manual() -> Self {
        Self { source: Source::Manual(Arc::new(AtomicU64::new(MANUAL_START_MILLIS))) }
    }

    /// A clock that follows the machine's, and never goes back.
    pub fn real() -> Self {
        let at = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        Self { source: Source::Real { began: Instant::now(), at: u64::try_from(at).unwrap_or(u64::MAX) } }
    }

    /// Moves a manual clock forward; a real clock goes its own way and ignores this.
    pub fn advance(&self, by: Duration) {
        if let Source::Manual(millis) = &self.source {
            millis.fetch_add(whole_millis(by), Ordering::SeqCst);
        }
    }

    /// The moment it is now.
    pub(crate) fn now(&self) -> Moment {
        match &self.source {
            Source::Manual(millis) => Moment(millis.load(Ordering::SeqCst)),
            Source::Real { began, at } => Moment(at.saturating_add(whole_millis(began.elapsed()))),
        }
    }
}

fn whole_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// A point in time, in milliseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

impl Moment {
    /// The moment this much later.
    pub(crate) fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(whole_millis(wait)))
    }

    /// The moment this many days earlier.
    pub(crate) fn days_before(self, days: u64) -> Self {
        Self(self.0.saturating_sub(days * 86_400_000))
    }

    /// The date as `yyyy-mm-dd`.
    pub(crate) fn date(self) -> String {
        let (year, month, day) = civil(self.0 / 86_400_000);
        format!("{year:04}-{month:02}-{day:02}")
    }

    /// The time of day as `hh:mm:ss`.
    pub(crate) fn time(self) -> String {
        let seconds = self.0 / 1000 % 86_400;
        format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    }

    /// Date and time without a zone, the way the API writes them.
    pub(crate) fn date_time(self) -> String {
        format!("{} {}", self.date(), self.time())
    }
}

/// Year, month and day of a count of days since 1970-01-01, by walking the years and months.
fn civil(mut days: u64) -> (u64, u64, u64) {
    let leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    // Whole cycles of 400 years are cut off first, so that the walk below is short for any input.
    let mut year = 1970 + days / 146_097 * 400;
    days %= 146_097;
    while days >= if leap(year) { 366 } else { 365 } {
        days -= if leap(year) { 366 } else { 365 };
        year += 1;
    }
    let february = if leap(year) { 29 } else { 28 };
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    (year, month, days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_follow_the_calendar() {
        assert_eq!(Moment(0).date_time(), "1970-01-01 00:00:00");
        assert_eq!(Moment(MANUAL_START_MILLIS).date_time(), "2024-05-06 08:00:00");
        assert_eq!(Moment(951_782_400_000).date(), "2000-02-29");
        assert_eq!(Moment(4_107_542_399_000).date_time(), "2100-02-28 23:59:59");
        assert_eq!(Moment(4_107_542_400_000).date(), "2100-03-01");
    }

    #[test]
    fn a_manual_clock_moves_only_when_advanced() {
        let clock = Clock::manual();
        let before = clock.now();
        assert_eq!(clock.now(), before);
        clock.clone().advance(Duration::from_secs(61));
        assert_eq!(clock.now().time(), "08:01:01");
        assert_eq!(clock.now(), before.after(Duration::from_secs(61)));
    }
}
