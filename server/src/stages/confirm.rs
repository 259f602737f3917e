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
use super::{Next, Outcome, digest};
use crate::call::{Answer, Call, CallError, Consent};
use crate::catalog::{Confirm, Effect, Tool};
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
}

impl Options {
    /// A seal of this process, and no state used yet. `target` is the API's address.
    pub fn new(settings: Settings, target: String) -> Self {
        Self { settings, target, seal: Seal::new("confirm 1"), used: Mutex::default() }
    }

    fn question(&self, call: &Call, prepared: &Prepared) -> CallError {
        let expires = now() + self.settings.patience.as_secs();
        CallError::Unconfirmed {
            question: question::of(call.tool, &prepared.arguments, &self.target),
            state: state::close(&self.seal, &self.subject(call, prepared), Nonce::new(), expires),
        }
    }

    /// What a yes is for.
    fn subject(&self, call: &Call, prepared: &Prepared) -> [u8; 32] {
        let arguments = prepared.arguments.to_string();
        let key = call.idempotency_key.as_deref().unwrap_or_default();
        digest::of(&[call.caller.key(), call.tool.name, &arguments, key, &self.target])
    }

    /// Takes a state back, once.
    fn redeem(&self, state: &str, call: &Call, prepared: &Prepared) -> Result<(), CallError> {
        let now = now();
        let opened = state::open(&self.seal, state, &self.subject(call, prepared), now);
        let opened = opened.map_err(|why| CallError::Unsealed { why })?;
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        used.take(opened.nonce, opened.expires, now).map_err(|why| CallError::Unsealed { why })
    }
}

/// Asks, or goes on with a person's yes.
pub async fn confirm(options: Arc<Options>, mut call: Call, next: Next) -> Outcome {
    let Some(prepared) = call.prepared.clone().filter(|_| options.settings.asks(call.tool)) else {
        return next.run(call).await;
    };
    match std::mem::take(&mut call.consent) {
        Consent::Unable if options.settings.mode == Mode::Required => return Err(CallError::Unasked),
        Consent::Unable => {}
        Consent::Confirmed => call.consent = Consent::Confirmed,
        Consent::Possible => return Err(options.question(&call, &prepared)),
        Consent::Answered { state, answer } => {
            options.redeem(&state, &call, &prepared)?;
            match answer {
                Answer::Yes => call.consent = Consent::Confirmed,
                Answer::No => return Err(CallError::Unwanted),
                Answer::Missing => return Err(CallError::Unanswered),
                Answer::Unclear => return Err(options.question(&call, &prepared)),
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
