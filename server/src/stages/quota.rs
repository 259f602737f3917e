//! Bounds how often calls are made: by each caller, and by all of them together. What is over is refused at once with the
//! time after which a call is admitted again.

use std::time::{Duration, Instant};

use super::{Going, Next, Outcome, confirm};
use crate::call::{Call, CallError, Caller, Consent};
use crate::catalog::{Effect, Tool};
use crate::changing::Changing;
use crate::quota::{Local, Rate, Rates, Shared};
use crate::replicas::{Away, Replicas};

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
    /// Calls per minute of one API key, in the place of one caller's; zero is as any other caller's.
    pub key_per_minute: usize,
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
            key_per_minute: 0,
            burst: 10,
            change_weight: 1,
        }
    }
}

/// What is charged, as settings say it.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    rates: Rates,
    change_weight: usize,
}

impl Bounds {
    /// Those of settings.
    pub fn of(settings: Settings) -> Self {
        let rate = |enabled: bool, per_minute: usize| {
            (enabled && per_minute > 0).then(|| Rate::per_minute(per_minute, settings.burst))
        };
        let rates = Rates {
            common: rate(settings.enabled, settings.per_minute),
            caller: rate(settings.caller_enabled, settings.caller_per_minute),
            key: rate(settings.caller_enabled, settings.key_per_minute),
        };
        Self { rates, change_weight: settings.change_weight }
    }

    fn weight(&self, tool: &Tool) -> usize {
        tool.weight.unwrap_or(if tool.effect == Effect::Read { 1 } else { self.change_weight })
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    bounds: Changing<Bounds>,
    confirm: confirm::Settings,
    began: Instant,
    local: Local,
    /// The quotas that count for all processes, where there are several.
    shared: Option<Shared>,
}

impl Options {
    /// Quotas of which nothing is used, where these calls are asked about; those of all processes together where there are
    /// several.
    pub fn new(bounds: Changing<Bounds>, confirm: confirm::Settings, replicas: Option<Replicas>) -> Self {
        let (began, local) = (Instant::now(), Local::default());
        Self { bounds, confirm, began, local, shared: replicas.map(Shared::new) }
    }

    /// Charges a call, or says when to come again. While Redis is away each process counts for itself, so that callers may make
    /// as many times more calls as there are processes, and none fails.
    async fn charge(&self, caller: &Caller, tool: &Tool) -> Result<(), CallError> {
        let shared = match &self.shared {
            // In a box of its own: without Redis a call carries no room for it.
            Some(shared) => Box::pin(self.charge_all(shared, caller, tool)).await.ok(),
            None => None,
        };
        let charged = shared.unwrap_or_else(|| {
            let bounds = self.bounds.now();
            self.local.charge(&bounds.rates, caller, bounds.weight(tool), self.began.elapsed())
        });
        charged.map_err(|retry_after| CallError::Limited { retry_after })
    }

    async fn charge_all(
        &self,
        shared: &Shared,
        caller: &Caller,
        tool: &Tool,
    ) -> Result<Result<(), Duration>, Away> {
        let bounds = self.bounds.now();
        shared.charge(&bounds.rates, caller, bounds.weight(tool)).await
    }
}

/// Lets the call pass if it is within the quotas. A person's answer is charged only when it turns out to answer nothing: the
/// question was charged, and whoever said yes is not to be told to come again.
pub fn quota<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    if options.bounds.now().rates.are_none() {
        next.run(call)
    } else {
        Box::pin(charged(options, call, next))
    }
}

async fn charged(options: &Options, call: Call, next: &Next) -> Outcome {
    let (caller, tool) = (call.caller.clone(), call.tool);
    let is_answer = matches!(call.consent, Consent::Answered { .. }) && options.confirm.asks(call.tool);
    if !is_answer {
        options.charge(&caller, tool).await?;
        return next.run(call).await;
    }
    let outcome = next.run(call).await;
    if let Err(CallError::Unsealed { .. } | CallError::Arguments(_)) = outcome {
        options.charge(&caller, tool).await?;
    }
    outcome
}
