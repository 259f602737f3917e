//! A call that may do harm is made only after a person has said yes to exactly this call.
//!
//! The question goes out with a sealed state and the call ends; the answer comes back beside the arguments, through the
//! protocol, so that a model cannot give it. A state is good for one call: for this caller, this tool, these arguments,
//! once, and not for long.

mod question;
mod state;
mod used;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::seal::Seal;
use super::{Going, Next, Outcome, digest};
use crate::call::{Answer, Call, CallError, Consent};
use crate::catalog::{Confirm, Effect, Tool};
use crate::replicas::Replicas;
use crate::request::Prepared;
use state::Nonce;
use used::Used;

/// Which calls a person is asked about, and what happens where nobody can be asked.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// What happens where nobody can be asked.
    pub mode: Mode,
    /// The tools that ask although their entry does not say so.
    pub asking: Asking,
    /// How long an answer is taken after the question.
    pub patience: Duration,
}

/// What happens to a call that asks where nobody can be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// It is refused.
    Required,
    /// It is made.
    Possible,
    /// Nobody is ever asked.
    Off,
}

/// The tools that ask by what they do to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Those that lose or undo something.
    Destroying,
    /// All that change something.
    Changing,
    /// None but those whose entry says so.
    Marked,
}

/// What loses something needs a yes within five minutes.
impl Default for Settings {
    fn default() -> Self {
        Self { mode: Mode::Required, asking: Asking::Destroying, patience: Duration::from_secs(300) }
    }
}

impl Settings {
    /// Whether a person is asked before a call of this tool.
    pub fn asks(&self, tool: &Tool) -> bool {
        let by_effect = match self.asking {
            Asking::Destroying => tool.effect == Effect::Destroy,
            Asking::Changing => tool.effect != Effect::Read,
            Asking::Marked => false,
        };
        let asks = match tool.confirm {
            Confirm::ByEffect => by_effect,
            Confirm::Never => false,
            Confirm::Always | Confirm::Question(_) => true,
        };
        asks && self.mode != Mode::Off
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    settings: Settings,
    /// Where the API is, as people know it.
    target: String,
    seal: Seal,
    used: Mutex<Used>,
    /// Those who may be given the answer in the place of this process.
    replicas: Option<Replicas>,
}

impl Options {
    /// No state used yet, and the seal of this process, or of all replicas where there are some. `target` is the API's address.
    pub fn new(settings: Settings, target: String, replicas: Option<Replicas>) -> Self {
        let kind = "confirm 1";
        let seal = replicas.as_ref().map_or_else(|| Seal::new(kind), |all| Seal::of(&all.key(kind), kind));
        Self { settings, target, seal, used: Mutex::default(), replicas }
    }

    async fn question(&self, call: &Call, prepared: &Prepared) -> CallError {
        let epoch = match self.epoch().await {
            Ok(epoch) => epoch,
            Err(error) => return error,
        };
        let expires = now() + self.settings.patience.as_secs();
        CallError::Unconfirmed {
            question: question::of(call.tool, &prepared.arguments, &self.target),
            state: state::close(&self.seal, &self.subject(call, prepared, &epoch), Nonce::new(), expires),
        }
    }

    /// What a yes is for. Where replicas share what was used, it is good for as long as that is certainly remembered.
    fn subject(&self, call: &Call, prepared: &Prepared, epoch: &str) -> [u8; 32] {
        let arguments = prepared.arguments.to_string();
        let key = call.idempotency_key.as_deref().unwrap_or_default();
        digest::of(&[call.caller.key(), call.tool.name, &arguments, key, &self.target, epoch])
    }

    async fn epoch(&self) -> Result<Arc<str>, CallError> {
        let Some(replicas) = &self.replicas else { return Ok("".into()) };
        match replicas.link().epoch(replicas.patience()).await {
            Ok(epoch) => Ok(epoch.0),
            Err(_) if replicas.may_be_alone() => Ok("".into()),
            Err(away) => Err(CallError::Unshared { cause: away.to_string() }),
        }
    }

    /// Takes a state back, once.
    async fn redeem(&self, state: &str, call: &Call, prepared: &Prepared) -> Result<(), CallError> {
        let (now, epoch) = (now(), self.epoch().await?);
        let opened = state::open(&self.seal, state, &self.subject(call, prepared, &epoch), now);
        let opened = opened.map_err(|why| CallError::Unsealed { why })?;
        let taken = {
            let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
            used.take(opened.nonce, opened.expires, now)
        };
        taken.map_err(|why| CallError::Unsealed { why })?;
        let Some(replicas) = self.replicas.as_ref().filter(|_| !epoch.is_empty()) else { return Ok(()) };
        let lasting = Duration::from_secs(opened.expires.saturating_sub(now) + 1);
        match replicas.take("answer", &opened.nonce.0, lasting).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(CallError::Unsealed { why: used::BEFORE }),
            Err(_) if replicas.may_be_alone() => Ok(()),
            Err(away) => Err(CallError::Unshared { cause: away.to_string() }),
        }
    }
}

/// Asks, or goes on with a person's yes.
pub fn confirm<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    match &call.prepared {
        Some(prepared) if options.settings.asks(call.tool) => {
            Box::pin(asked(options, Arc::clone(prepared), call, next))
        }
        _ => next.run(call),
    }
}

async fn asked(options: &Options, prepared: Arc<Prepared>, mut call: Call, next: &Next) -> Outcome {
    match std::mem::take(&mut call.consent) {
        Consent::Unable if options.settings.mode == Mode::Required => return Err(CallError::Unasked),
        Consent::Unable => {}
        Consent::Confirmed => call.consent = Consent::Confirmed,
        Consent::Possible => return Err(options.question(&call, &prepared).await),
        Consent::Answered { state, answer } => {
            options.redeem(&state, &call, &prepared).await?;
            match answer {
                Answer::Yes => call.consent = Consent::Confirmed,
                Answer::No => return Err(CallError::Unwanted),
                Answer::Missing => return Err(CallError::Unanswered),
                Answer::Unclear => return Err(options.question(&call, &prepared).await),
            }
        }
    }
    // What comes after takes the arguments for itself where nobody else holds them.
    drop(prepared);
    next.run(call).await
}

/// Seconds since 1970.
fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
