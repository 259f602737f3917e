//! This machine's clock, beside those of others, as their answers have them.

use std::time::{Duration, SystemTime};

use super::finding::Finding;

const CHECK: &str = "clock";
/// Clocks that are this far apart are wrong for everybody.
const FAR: Duration = Duration::from_secs(300);
/// Answers say whole seconds, and were on the way.
const UNSURE: Duration = Duration::from_secs(2);

/// How far somebody's clock is from this machine's.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    whose: String,
    apart: Duration,
    is_ahead: bool,
}

impl Clock {
    /// A clock that said this just now.
    pub(super) fn of(whose: impl Into<String>, date: Option<SystemTime>) -> Option<Self> {
        Self::beside(whose, date?, SystemTime::now())
    }

    fn beside(whose: impl Into<String>, date: SystemTime, now: SystemTime) -> Option<Self> {
        let (apart, is_ahead) = match date.duration_since(now) {
            Ok(ahead) => (ahead, true),
            Err(behind) => (behind.duration(), false),
        };
        Some(Self { whose: whose.into(), apart, is_ahead })
    }

    fn told(&self) -> String {
        let way = if self.is_ahead { "ahead of" } else { "behind" };
        format!("the clock of {} is {} s {way} this machine's", self.whose, self.apart.as_secs())
    }
}

/// The clock that is farthest away, judged; `leeway` is by how much tokens are good for longer.
pub(super) fn look(clocks: &[Clock], leeway: Duration, takes_tokens: bool) -> Vec<Finding> {
    const SYNCHRONISE: &str = "synchronise both with NTP";
    let Some(farthest) = clocks.iter().max_by_key(|clock| clock.apart) else {
        return vec![Finding::not_configured(CHECK, "nobody who was asked says what time it is")];
    };
    let found = farthest.told();
    let is_beyond = farthest.apart > leeway + UNSURE;
    vec![if farthest.apart > FAR {
        Finding::failed(CHECK, found, format!("set the one that is wrong, and {SYNCHRONISE}"))
    } else if is_beyond && takes_tokens {
        let more = format!("tokens are refused for more than {} s (AUTH_CLOCK_SKEW)", leeway.as_secs());
        Finding::failed(CHECK, found, format!("{SYNCHRONISE}: {more}"))
    } else if is_beyond {
        Finding::warning(CHECK, found, format!("{SYNCHRONISE}: records and logs have this machine's time"))
    } else {
        Finding::fine(CHECK, format!("as others have it, within {} s", farthest.apart.as_secs().max(1)))
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::State;

    #[test]
    fn clocks_are_judged_by_what_depends_on_them() {
        let now = SystemTime::now();
        let state = |seconds: u64, takes_tokens| {
            let clocks = [("b", 0), ("a", seconds)]
                .map(|(whose, seconds)| Clock::beside(whose, now - Duration::from_secs(seconds), now));
            let clocks: Vec<Clock> = clocks.into_iter().flatten().collect();
            let [finding] = &look(&clocks, Duration::from_secs(30), takes_tokens)[..] else {
                panic!("one finding")
            };
            finding.state
        };
        for (seconds, takes_tokens, expected) in [
            (32, true, State::Fine),
            (33, true, State::Failed),
            (33, false, State::Warning),
            (300, false, State::Warning),
            (301, false, State::Failed),
        ] {
            assert_eq!(state(seconds, takes_tokens), expected, "{seconds} {takes_tokens}");
        }
        let ahead = Clock::beside("x", now + Duration::from_secs(400), now).expect("a clock");
        assert_eq!(ahead.told(), "the clock of x is 400 s ahead of this machine's");
        assert_eq!(look(&[], Duration::ZERO, false)[0].state, State::NotConfigured);
    }
}
