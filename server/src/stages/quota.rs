//! Bounds how often calls are made: by each caller, and by all of them together. What is over is refused at once with the
//! time after which a call is admitted again.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Next, Outcome, confirm};
use crate::call::{Call, CallError, Consent};
use crate::catalog::{Effect, Tool};
use crate::quota::{Rate, Table};

/// How often calls may be made.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// Whether there is a bound for all callers together.
    pub enabled: bool,
    /// Whether there is one for each.
    pub caller_enabled: bool,
    /// Calls per minute of all callers together; zero is no bound.
    pub per_minute: usize,
    /// Calls per minute of one caller; zero is no bound.
    pub caller_per_minute: usize,
    /// How many calls may come at once, of one caller or of all.
    pub burst: usize,
    /// How many calls one change counts as, where its tool does not say.
    pub change_weight: usize,
}

/// No bound until one is named; ten calls at once then.
impl Default for Settings {
    fn default() -> Self {
        Self {
            enabled: true,
            caller_enabled: true,
            per_minute: 0,
            caller_per_minute: 0,
            burst: 10,
            change_weight: 1,
        }
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    common: Option<Rate>,
    caller: Option<Rate>,
    change_weight: usize,
    confirm: confirm::Settings,
    began: Instant,
    used: Mutex<Used>,
}

/// How much of the quotas is used.
#[derive(Debug, Default)]
struct Used {
    common: Duration,
    callers: Table,
}

impl Options {
    /// Quotas of which nothing is used, where these calls are asked about.
    pub fn new(settings: Settings, confirm: confirm::Settings) -> Self {
        let rate = |enabled: bool, per_minute: usize| {
            (enabled && per_minute > 0).then(|| Rate::per_minute(per_minute, settings.burst))
        };
        Self {
            common: rate(settings.enabled, settings.per_minute),
            caller: rate(settings.caller_enabled, settings.caller_per_minute),
            change_weight: settings.change_weight,
            confirm,
            began: Instant::now(),
            used: Mutex::default(),
        }
    }

    fn weight(&self, tool: &Tool) -> usize {
        tool.weight.unwrap_or(if tool.effect == Effect::Read { 1 } else { self.change_weight })
    }

    /// Charges a call to both quotas, or to none and says when to come again. One caller's comes first, so that what is over
    /// for one takes nothing from the others.
    fn charge(&self, caller: &str, weight: usize, now: Duration) -> Result<(), Duration> {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let Used { common, callers } = &mut *used;
        let own = match &self.caller {
            Some(rate) => {
                let whole = callers.of(caller, now);
                Some((rate.charge(*whole, weight, now)?, whole))
            }
            None => None,
        };
        if let Some(rate) = &self.common {
            *common = rate.charge(*common, weight, now)?;
        }
        // Only now, so that a call that the common quota refuses costs its caller nothing.
        if let Some((after, whole)) = own {
            *whole = after;
        }
        Ok(())
    }
}

/// Lets the call pass if it is within the quotas. A person's answer is charged only when it turns out to answer nothing: the
/// question was charged, and whoever said yes is not to be told to come again.
pub async fn quota(options: Arc<Options>, call: Call, next: Next) -> Outcome {
    if options.common.is_none() && options.caller.is_none() {
        return next.run(call).await;
    }
    let (caller, weight) = (call.caller.clone(), options.weight(call.tool));
    let charge = || {
        let charged = options.charge(caller.key(), weight, options.began.elapsed());
        charged.map_err(|retry_after| CallError::Limited { retry_after })
    };
    let is_answer = matches!(call.consent, Consent::Answered { .. }) && options.confirm.asks(call.tool);
    if !is_answer {
        charge()?;
        return next.run(call).await;
    }
    let outcome = next.run(call).await;
    if let Err(CallError::Unsealed { .. } | CallError::Arguments(_)) = outcome {
        charge()?;
    }
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: f64) -> Duration {
        Duration::from_secs_f64(seconds)
    }

    fn of(settings: Settings) -> Options {
        Options::new(settings, confirm::Settings::default())
    }

    /// Sixty calls a minute for each, ninety for all, five at once.
    fn quotas() -> Options {
        of(Settings { per_minute: 90, caller_per_minute: 60, burst: 5, ..Settings::default() })
    }

    /// How many calls of a caller pass who tries ten times a second from `from` to `to`.
    fn admitted(options: &Options, caller: &str, from: u32, to: u32) -> usize {
        let tries = (from * 10..to * 10).map(|tenth| second(f64::from(tenth) / 10.0));
        tries.filter(|now| options.charge(caller, 1, *now).is_ok()).count()
    }

    #[test]
    fn r18_ten_times_too_much_gets_the_burst_and_the_rate() {
        let options = of(Settings { caller_per_minute: 60, burst: 5, ..Settings::default() });
        assert_eq!(admitted(&options, "a", 0, 60), 5 + 59);
        let common = of(Settings { per_minute: 60, burst: 5, ..Settings::default() });
        let pairs = (0..600).map(|tenth| second(f64::from(tenth) / 10.0));
        let passed: usize =
            pairs.map(|now| ["a", "b"].iter().filter(|who| common.charge(who, 1, now).is_ok()).count()).sum();
        assert_eq!(passed, 5 + 59, "together");
    }

    #[test]
    fn t_3a_one_who_floods_takes_nothing_from_another() {
        // Room for both together; what the one is refused must not be taken from it.
        let settings = Settings { per_minute: 180, caller_per_minute: 60, burst: 5, ..Settings::default() };
        let options = of(settings);
        for tenth in 0..600u32 {
            let now = second(f64::from(tenth) / 10.0);
            let _ = options.charge("flood", 1, now);
            if tenth % 20 == 0 {
                assert_eq!(options.charge("calm", 1, now), Ok(()), "{now:?}");
            }
        }
    }

    #[test]
    fn t_3b_the_time_that_is_named_is_enough_and_a_moment_less_is_not() {
        let options = quotas();
        let now = second(100.0);
        assert!((0..5).all(|_| options.charge("a", 1, now).is_ok()), "the burst");
        let wait = options.charge("a", 1, now).expect_err("one above the burst");
        assert_eq!(wait, second(1.0));
        assert!(options.charge("a", 1, now + wait - Duration::from_nanos(1)).is_err());
        assert_eq!(options.charge("a", 1, now + wait), Ok(()));
    }

    #[test]
    fn a_call_that_all_together_refuse_costs_its_caller_nothing() {
        let options = of(Settings { per_minute: 1, caller_per_minute: 60, burst: 2, ..Settings::default() });
        let now = second(1.0);
        assert!(options.charge("a", 1, now).is_ok() && options.charge("a", 1, now).is_ok());
        // The caller's own quota is whole again, the common one is not.
        let later = second(4.0);
        assert!((0..9).all(|_| options.charge("a", 1, later).is_err()));
        let used = options.used.lock().expect("not poisoned").callers.of("a", later).saturating_sub(later);
        assert_eq!(used, Duration::ZERO);
    }

    #[test]
    fn a_change_counts_as_many_and_no_more_than_the_burst() {
        let options = quotas();
        assert_eq!(options.charge("a", 4, second(1.0)), Ok(()));
        assert_eq!(options.charge("a", 1, second(1.0)), Ok(()));
        assert_eq!(options.charge("a", 1, second(1.0)), Err(second(1.0)));
        assert_eq!(options.charge("b", 99, second(60.0)), Ok(()), "it could never be made else");
    }
}
