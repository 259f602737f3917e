//! Hears what other processes change. A process that cannot be sure to hear it gives nothing from its memory that was asked for
//! more than a few seconds ago.
//!
//! Every second a process tells itself something by the same way as changes come. Once it hears that, it has heard every change
//! that was told before, since Redis passes messages on in their order. A way that is lost is found again, and then everything
//! is forgotten, since nobody knows what was missed.

use std::sync::{Arc, Weak};
use std::time::Duration;

use futures_util::StreamExt as _;
use redis::aio::PubSub;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::Tier;
use super::message::Message;
use crate::stages::cache::shelf::{Shelf, UNHEARD};

/// How often a process tells itself something.
const EVERY: Duration = Duration::from_secs(1);
/// The pauses between attempts to find the way again.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// Both as long as there is anybody who needs them.
pub(super) type Both = (Weak<Tier>, Weak<Shelf>);

fn both((tier, shelf): &Both) -> Option<(Arc<Tier>, Arc<Shelf>)> {
    Some((tier.upgrade()?, shelf.upgrade()?))
}

/// Hears until nobody is left to hear for.
pub(super) async fn hear(weak: Both) {
    let mut pause = FIRST_PAUSE;
    while let Some((tier, shelf)) = both(&weak) {
        let subscribed = tier.replicas.link().subscribed(&tier.channel).await;
        if let Ok(way) = subscribed {
            shelf.forget_all();
            drop((tier, shelf));
            pause = FIRST_PAUSE;
            listen(&weak, way).await;
        } else {
            drop((tier, shelf));
        }
        sleep(pause).await;
        pause = (2 * pause).min(LONGEST_PAUSE);
    }
}

/// Hears what comes by this way, until it is lost.
async fn listen(weak: &Both, way: PubSub) {
    let mut messages = way.into_on_message();
    let mut beat = interval(EVERY);
    beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let message = tokio::select! {
            message = messages.next() => match message {
                Some(message) => Some(message),
                None => return,
            },
            _ = beat.tick() => None,
        };
        let Some((tier, shelf)) = both(weak) else { return };
        match message {
            Some(message) => tier.heard(&shelf, message.get_payload_bytes()),
            None => tier.beat().await,
        }
    }
}

/// The last thing that a process told itself, and when.
#[derive(Debug)]
pub(super) struct Beat {
    number: u64,
    sent: Instant,
}

impl Beat {
    /// Before the first.
    pub(super) fn new() -> Self {
        Self { number: 0, sent: Instant::now() }
    }

    /// The number of the next one, which is told now.
    pub(super) fn next(&mut self, now: Instant) -> u64 {
        *self = Self { number: self.number + 1, sent: now };
        self.number
    }

    /// Until when it is certain that every change was heard, now that this one was.
    pub(super) fn heard(&self, number: u64) -> Option<Instant> {
        (number == self.number).then(|| self.sent + UNHEARD)
    }
}

impl Tier {
    /// Tells itself something, and the others what they were not told yet.
    async fn beat(&self) {
        self.tell_owed().await;
        let number = self.beat.lock().unwrap_or_else(std::sync::PoisonError::into_inner).next(Instant::now());
        self.publish(&Message::Beat { process: self.process, number }).await;
    }

    /// Does what a message says. One that no process with the secret sent says nothing.
    pub(super) fn heard(&self, shelf: &Shelf, message: &[u8]) {
        let message = self.proof.open(&self.channel, message).and_then(Message::decoded);
        match message {
            Some(Message::Beat { process, number }) if process == self.process => {
                let beat = self.beat.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if let Some(until) = beat.heard(number) {
                    shelf.heard_until(until);
                }
            }
            Some(Message::Change { process, change, phase, marks }) if process != self.process => {
                shelf.changed_elsewhere((process, change), phase, &marks, Instant::now());
            }
            _ => {}
        }
    }
}
