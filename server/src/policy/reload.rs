//! Reads rules again while a server runs, and puts on the record what came of it: whoever changes who may do what changes more
//! than any call.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use super::Policies;
use crate::digest;
use crate::journal::{By, Entry, Event, Journal};
use crate::metrics::{Count, Metrics};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// Reads rules again. Copies are handles of the same.
#[derive(Clone, Debug)]
pub struct Reload {
    policies: Policies,
    journal: Option<Journal>,
    metrics: Metrics,
    /// Held by whoever looks: what is on the record last is in force.
    turn: Arc<Mutex<()>>,
}

impl Reload {
    /// Reads these rules again.
    pub(crate) fn new(policies: Policies, journal: Option<Journal>, metrics: Metrics) -> Self {
        Self { policies, journal, metrics, turn: Arc::default() }
    }

    /// Reads the rules again if their file changed, or `always`, since a signal wants it, and says on the record and in the log what came
    /// of it: on the record first, so that whoever has read it in the log finds it there.
    pub fn look(&self, always: bool) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let by = if always { By::Signal } else { By::File };
        match self.policies.reload(always) {
            Ok(true) => {
                let (rules, text) = (self.policies.len(), self.policies.text());
                let sha256 = digest::hex(&Sha256::digest(text));
                self.record(Event::RulesAccepted { by, rules, sha256 });
                self.metrics.count(Count::RulesAccepted);
                tracing::info!(rules, "the rules of access were read again");
            }
            Ok(false) => {}
            Err(error) => {
                self.record(Event::RulesRefused { by, cause: error.to_string() });
                self.metrics.count(Count::RulesRefused);
                tracing::error!(%error, "the rules of access cannot be read again; those from before are still in force");
            }
        }
    }

    /// Looks every second whether the rules changed; ends never. What is read is checked on a thread of its own, since that takes
    /// its time.
    pub(crate) async fn watch(&self) {
        if !self.policies.0.settings.source.is_file() {
            return std::future::pending().await;
        }
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let reload = self.clone();
            // A panic there is told by whoever panics, and leaves the rules as they were.
            let _ = tokio::task::spawn_blocking(move || reload.look(false)).await;
        }
    }

    fn record(&self, event: Event) {
        if let Some(journal) = &self.journal {
            journal.note(Entry { event, subject: None });
        }
    }
}
