//! Answers that processes keep for each other in Redis, and what they tell each other of changes.
//!
//! Changes have a clock. Each sets the marks of the places that it touches to the next tick of it, before it is sent and after it
//! has ended; an answer bears the tick at which it was asked for, and is true if no mark of its places is newer. Names hold the
//! epoch, so that nothing of a Redis that may have lost something is believed. Redis away is a miss.

mod flight;
mod hearing;
mod message;
mod script;
mod value;

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::time::Instant;

use super::kept::LARGEST_PART;
use super::place::{self, Mark};
use super::shelf::Shelf;
use super::{Backend, Kept, Key, Lifetime, Settings, Stamp, UNSETTLED};
use crate::metrics::{Count, Metrics};
use crate::replicas::{Away, Epoch, Proof, Replicas};
use hearing::Beat;
use message::Message;
use value::Value;

pub(super) use flight::{Asking, Found};
pub(super) use message::Phase;

/// No answer is kept in Redis for longer.
const LONGEST: Duration = Duration::from_secs(60 * 60);
/// For how much longer marks are remembered: an answer that takes more time than this is not kept.
const SLACK: Duration = Duration::from_secs(5 * 60);
/// Changes that the others could not be told of; with more, everything is one.
const MOST_OWED: usize = 256;

/// The answers that processes keep for each other.
pub(super) struct Tier {
    replicas: Replicas,
    proof: Proof,
    /// Whether answers are kept in Redis; else only changes are told of.
    keeps: bool,
    /// The largest value that is written or read, in bytes.
    largest: usize,
    /// Where changes are told of.
    channel: String,
    /// Names this process.
    process: u64,
    beat: Mutex<Beat>,
    owed: Mutex<Vec<Change>>,
    hearing: Once,
}

/// A change of which others are to be told.
#[derive(Clone, Debug)]
pub(super) struct Change {
    number: u64,
    marks: Vec<Mark>,
    phase: Phase,
}

/// What Redis knows of an answer.
struct Look {
    /// The names that it has there.
    names: Names,
    clock: u64,
    time: u64,
    is_asked_for: bool,
    kept: Option<Kept>,
}

/// The names of one answer and its places, in one epoch.
#[derive(Clone)]
struct Names {
    clock: String,
    answer: String,
    flight: String,
    marks: Vec<String>,
}

/// What Redis gives for a look.
type Seen = (u64, u64, u64, u8, usize, Vec<u8>);

impl Tier {
    /// The answers kept in this Redis.
    pub(super) fn new(replicas: Replicas, settings: &Settings) -> Self {
        Self {
            proof: replicas.proof("answer"),
            keeps: settings.backend != Backend::Memory,
            largest: settings.bytes / LARGEST_PART,
            channel: replicas.name("changes", b""),
            process: u64::from_be_bytes(*uuid::Uuid::new_v4().as_bytes().first_chunk().expect("16 bytes")),
            beat: Mutex::new(Beat::new()),
            owed: Mutex::default(),
            hearing: Once::new(),
            replicas,
        }
    }

    /// Begins to hear of others' changes, where that has not begun. The task lives as long as both.
    pub(super) fn hear(self: &Arc<Self>, shelf: &Arc<Shelf>) {
        if let Ok(runtime) = Handle::try_current() {
            let both = (Arc::downgrade(self), Arc::downgrade(shelf));
            self.hearing.call_once(|| drop(runtime.spawn(hearing::hear(both))));
        }
    }

    /// A change of these places.
    pub(super) fn change(&self, marks: &[Mark]) -> Change {
        Change { number: fastrand::u64(..), marks: marks.to_vec(), phase: Phase::Begun }
    }

    /// Tells of a change, or will tell once Redis is back.
    pub(super) async fn tell(&self, change: &Change) {
        if self.try_tell(change).await.is_err() {
            self.owe(change.clone());
        }
    }

    /// Tells of a change once Redis can be asked.
    pub(super) fn owe(&self, change: Change) {
        let mut owed = self.owed.lock().unwrap_or_else(PoisonError::into_inner);
        if owed.len() >= MOST_OWED {
            owed.clear();
            owed.push(Change { marks: vec![place::everywhere()], phase: Phase::Unsettled, ..change });
        } else {
            owed.push(change);
        }
    }

    /// Tells of changes that could not be told of. Until that is done nothing in Redis is believed.
    async fn tell_owed(&self) -> bool {
        let owed = std::mem::take(&mut *self.owed.lock().unwrap_or_else(PoisonError::into_inner));
        let mut is_told = true;
        for change in owed {
            is_told = is_told && self.try_tell(&change).await.is_ok();
            if !is_told {
                self.owe(change);
            }
        }
        is_told
    }

    fn owes(&self) -> bool {
        !self.owed.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    async fn try_tell(&self, change: &Change) -> Result<(), Away> {
        let within = self.replicas.patience();
        let epoch = self.replicas.link().epoch(within).await?;
        let keys = [self.clock(&epoch)].into_iter().chain(self.marks(&epoch, &change.marks));
        let keys: Vec<String> = keys.collect();
        let rest = if change.phase == Phase::Settled { Duration::ZERO } else { UNSETTLED };
        let message = Message::Change {
            process: self.process,
            change: change.number,
            phase: change.phase,
            marks: change.marks.clone(),
        };
        let arguments = [
            format!("{:x}-{:x}", self.process, change.number).into_bytes(),
            number(rest),
            number(LONGEST + SLACK),
            self.channel.clone().into_bytes(),
            self.proof.close(&self.channel, &message.encoded()),
        ];
        let _: u64 = self.replicas.link().run(&script::TELL, &keys, &arguments, within).await?;
        Ok(())
    }

    async fn publish(&self, message: &Message) {
        let message = self.proof.close(&self.channel, &message.encoded());
        let within = self.replicas.timeout();
        // Not heard, it is missed; that is all there is to do.
        let _: Result<u64, Away> = self
            .replicas
            .link()
            .ask(within, |mut connection, _| async move {
                redis::cmd("PUBLISH").arg(&self.channel).arg(message).query_async(&mut connection).await
            })
            .await;
    }

    /// What is known of an answer now.
    async fn look(&self, key: Key, marks: &[Mark], stamp: Stamp, metrics: &Metrics) -> Result<Look, Away> {
        if self.owes() && !self.tell_owed().await {
            return Err(Away::new("others were not told of a change yet"));
        }
        let within = self.replicas.timeout();
        let epoch = self.replicas.link().epoch(within).await?;
        let names = self.names(&epoch, key, marks);
        let keys: Vec<&str> = names.all().collect();
        let asked = Instant::now();
        let cap = [self.largest];
        let (clock, time, newest, flown, size, bytes): Seen =
            self.replicas.link().run(&script::LOOK, &keys, &cap, within).await?;
        let value = self.proof.open(&names.answer, &bytes).and_then(Value::decoded);
        if size > 0 && value.is_none() {
            metrics.count(Count::Distrusted);
        }
        let is_true = |value: &Value| newest <= value.stamp && value.stamp <= clock;
        let kept = value.filter(is_true).and_then(|value| {
            let age = Duration::from_millis(time.saturating_sub(value.since));
            Some(Kept::new(value.reply, asked.checked_sub(age)?, value.lifetime, stamp))
        });
        let kept = kept.filter(|kept| kept.is_of_use(asked));
        Ok(Look { names, clock, time, is_asked_for: flown > 0, kept })
    }

    /// Keeps an answer that was asked for after this look.
    async fn keep(&self, look: &Look, kept: &Kept) {
        let now = Instant::now();
        if !kept.is_of_use(now) || now.saturating_duration_since(kept.since()) >= SLACK {
            return;
        }
        let lifetime = kept.lifetime().clone();
        let lasting = if lifetime.validator.is_some() { LONGEST } else { lifetime.fresh + lifetime.stale };
        let value = Value { stamp: look.clock, since: look.time, lifetime, reply: kept.confirmed() };
        let value = self.proof.close(&look.names.answer, &value.encoded());
        if value.len() > self.largest {
            return;
        }
        let keys: Vec<&str> =
            [&look.names.answer].into_iter().chain(&look.names.marks).map(String::as_str).collect();
        let arguments = [look.clock.to_string().into_bytes(), number(lasting.min(LONGEST)), value];
        let within = self.replicas.timeout();
        // Not kept, the next one asks the API again.
        let _: Result<u64, Away> = self.replicas.link().run(&script::KEEP, &keys, &arguments, within).await;
    }

    fn names(&self, epoch: &Epoch, key: Key, marks: &[Mark]) -> Names {
        Names {
            clock: self.clock(epoch),
            answer: self.name("answer", epoch, &key.bytes()),
            flight: self.name("asking", epoch, &key.bytes()),
            marks: self.marks(epoch, marks).collect(),
        }
    }

    fn clock(&self, epoch: &Epoch) -> String {
        self.name("clock", epoch, b"")
    }

    fn marks(&self, epoch: &Epoch, marks: &[Mark]) -> impl Iterator<Item = String> {
        marks.iter().map(|mark| self.name("mark", epoch, &mark.to_be_bytes()))
    }

    /// Epochs have names of one length, so that no name runs into another.
    fn name(&self, label: &str, epoch: &Epoch, name: &[u8]) -> String {
        self.replicas.name(label, &[epoch.0.as_bytes(), name].concat())
    }
}

impl Names {
    fn all(&self) -> impl Iterator<Item = &str> {
        [&self.clock, &self.answer, &self.flight].into_iter().chain(&self.marks).map(String::as_str)
    }
}

impl Change {
    /// The same at its end.
    pub(super) fn ended(self, is_settled: bool) -> Self {
        Self { phase: if is_settled { Phase::Settled } else { Phase::Unsettled }, ..self }
    }
}

fn number(time: Duration) -> Vec<u8> {
    u64::try_from(time.as_millis())
        .unwrap_or(u64::MAX)
        .max(u64::from(!time.is_zero()))
        .to_string()
        .into_bytes()
}

/// Answers are not for printing: they may hold secrets.
impl fmt::Debug for Tier {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Tier")
    }
}

/// For how long of what is left an answer is given from memory, before Redis is asked again.
pub(super) fn shortened(kept: &Kept, share: f64) -> Kept {
    let now = Instant::now();
    let lifetime = kept.lifetime();
    let age = now.saturating_duration_since(kept.since());
    let left = lifetime.fresh.saturating_sub(age);
    kept.with(Lifetime { fresh: lifetime.fresh.min(age + left.mul_f64(share)), ..lifetime.clone() })
}
