//! Tasks of several processes that serve one API. Each keeps a copy of what is known of its own where all can read it, and hears there
//! what their clients said to other processes. A copy is gone soon after the process that works on it is, unless the work had ended.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::task::{Now, Seen, Task};
use super::words::{COPY, LEASE, Unsaid, Word, Words};
use crate::replicas::{Away, Replicas, Store};

/// How often it gives one, and hears what was said.
const LOOK: Duration = Duration::from_secs(1);
/// Changes that come sooner after another are told with the next.
const PAUSE: Duration = Duration::from_millis(100);
/// How much is told at once, of all tasks: what changes and reads share must not wait for a hundred answers.
const MOST_AT_ONCE: usize = 16;
/// For so long after something could not be told, no further call becomes a task.
const UNTOLD: Duration = Duration::from_secs(5);

/// What is known of a task, for whoever does not work on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    tool: String,
    seen: Seen,
}

/// The place that all processes know.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere {
    replicas: Replicas,
    copies: Store,
    words: Words,
    room: Arc<Semaphore>,
    /// When something could not be told.
    untold: Arc<Mutex<Option<Instant>>>,
}

/// A task that another process works on, or has worked on.
#[derive(Debug)]
pub(crate) struct Distant {
    words: Words,
    name: Vec<u8>,
    known: Known,
}

/// A task of this process, with how much of it the others know.
#[derive(Debug)]
pub(super) struct Shown {
    elsewhere: Elsewhere,
    task: Task,
    name: Vec<u8>,
    /// Its number of changes when it was told last.
    told: Option<usize>,
    /// The last word that was heard.
    heard: String,
}

impl Elsewhere {
    /// The place that these processes share.
    pub(crate) fn new(replicas: Replicas) -> Self {
        let (copies, words) = (Store::new(replicas.clone(), COPY), Words::new(replicas.clone()));
        let (room, untold) = (Arc::new(Semaphore::new(MOST_AT_ONCE)), Arc::default());
        Self { replicas, copies, words, room, untold }
    }

    /// Whether what is told now would probably reach nobody.
    pub(super) fn is_away(&self) -> bool {
        let untold = *self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        self.replicas.link().is_away() || untold.is_some_and(|untold| untold.elapsed() < UNTOLD)
    }

    /// The task of this name and this caller, if a process works on it or has. An error also while processes may not have told yet
    /// what Redis has forgotten.
    pub(super) async fn find(&self, owner: &str, id: &str) -> Result<Option<Distant>, Away> {
        let name = name(owner, id);
        let Some(bytes) = self.copies.get(&name).await? else {
            let (link, patience) = (self.replicas.link(), self.replicas.patience());
            let may_know_all = link.lasts(patience).await? && !link.is_new(self.replicas.settle());
            return if may_know_all { Ok(None) } else { Err(Away::new("it may not know all tasks yet")) };
        };
        // Another version of the server may write other copies.
        let known = serde_json::from_slice(&bytes).ok();
        Ok(known.map(|known| Distant { words: self.words.clone(), name, known }))
    }

    /// A task of this process, of which others know nothing so far.
    pub(super) fn show(&self, task: Task) -> Shown {
        let name = name(task.owner(), task.id());
        Shown { elsewhere: self.clone(), task, name, told: None, heard: Words::NONE.to_owned() }
    }
}

impl Shown {
    /// Tells what is known of the task.
    pub(super) async fn tell(&mut self) {
        let changes = self.task.changes();
        self.told = self.put().await.then_some(changes);
        if self.told.is_none() {
            *self.elsewhere.untold.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Puts what is known of the task where others look. Whether that could be done.
    async fn put(&self) -> bool {
        let Self { elsewhere, task, name, .. } = self;
        let _room = elsewhere.room.acquire().await.expect("it is never closed");
        let seen = task.seen();
        let is_over = seen.now.is_over();
        let lasting = if is_over { task.rest() } else { task.rest().min(LEASE) };
        if lasting.is_zero() {
            return true;
        }
        let put = async |seen: Seen| {
            let known = Known { tool: task.tool().name.to_owned(), seen };
            let bytes = serde_json::to_vec(&known).expect("its keys are text");
            elsewhere.copies.put(name, &bytes, lasting).await
        };
        let is_put = match put(seen.clone()).await {
            Ok(false) => {
                let now = if is_over { Now::TooLarge } else { Now::Working };
                put(Seen { now, message: None, ..seen }).await
            }
            is_put => is_put,
        };
        is_put == Ok(true)
    }

    /// Tells of each change and hears what is said, for as long as it is waited for.
    pub(super) async fn keep(&mut self) {
        let mut joined = self.elsewhere.replicas.link().joined();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_over = self.task.seen().now.is_over();
            let is_told = self.is_told();
            tokio::select! {
                () = self.task.news() => {
                    self.tell().await;
                    sleep(PAUSE).await;
                }
                _ = looks.tick(), if !is_over || !is_told => {
                    let is_there = !is_over && self.look().await;
                    if !is_there || !self.is_told() {
                        self.tell().await;
                    }
                }
                // Redis came back, perhaps with nothing in it, and with another clock.
                Ok(()) = joined.changed() => {
                    self.told = None;
                    Words::NONE.clone_into(&mut self.heard);
                    self.tell().await;
                }
            }
        }
    }

    /// The last that this process says: what it came to, where that was not told, or that nobody works on it any more.
    pub(super) async fn part(&mut self) {
        if !self.task.seen().now.is_over() {
            let _room = self.elsewhere.room.acquire().await.expect("it is never closed");
            self.elsewhere.copies.remove(&self.name).await;
        } else if !self.is_told() {
            self.tell().await;
        }
    }

    fn is_told(&self) -> bool {
        self.told == Some(self.task.changes())
    }

    /// Gives a sign of life, and has the task hear what was said. Whether its copy was there.
    async fn look(&mut self) -> bool {
        let Self { elsewhere, task, name, heard, .. } = self;
        let _room = elsewhere.room.acquire().await.expect("it is never closed");
        let Ok((is_there, words)) = elsewhere.words.take(name, task.rest().min(LEASE), heard).await else {
            return false;
        };
        for (number, word) in words {
            *heard = number;
            word.into_iter().for_each(|word| task.hear_elsewhere(word));
        }
        is_there
    }
}

impl Distant {
    /// The name of the tool that was called.
    pub(super) fn tool(&self) -> &str {
        &self.known.tool
    }

    /// How it stood when its process last told.
    pub(super) fn seen(&self) -> &Seen {
        &self.known.seen
    }

    /// Leaves a word for whoever works on it. What is over by then hears nothing.
    pub(super) async fn say(&self, word: &Word) -> Result<(), Unsaid> {
        if self.known.seen.now.is_over() {
            return Ok(());
        }
        self.words.leave(&self.name, word).await
    }
}

/// Under what a task is kept: whose it is stands in it, so that nobody finds another's.
fn name(owner: &str, id: &str) -> Vec<u8> {
    let length = (owner.len() as u64).to_be_bytes();
    [&length, owner.as_bytes(), id.as_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use futures_util::poll;

    use super::super::task::Plan;
    use super::*;
    use crate::catalog::{Effect, Tool, Work};
    use crate::replicas::Settings;

    #[tokio::test]
    async fn no_more_is_told_at_once_than_may_and_what_could_not_be_is_known() {
        static TOOL: Tool = Tool::bare(Effect::Read, Work::Rest);
        let minute = Duration::from_secs(60);
        // Nothing listens there, so that nothing can be told.
        let settings = Settings::new("redis://127.0.0.1:1".into(), "0123456789abcdef0123456789abcdef".into());
        let elsewhere = Elsewhere::new(Replicas::new(settings, String::new()).expect("sound settings"));
        assert!(!elsewhere.is_away());
        let plan = Plan { longest: minute, after_cancel: String::new() };
        let mut shown = elsewhere.show(Task::new("owner".to_owned(), &TOOL, plan, minute));
        let all = u32::try_from(MOST_AT_ONCE).expect("it is small");
        let others = Arc::clone(&elsewhere.room).acquire_many_owned(all).await.expect("it is never closed");
        assert_eq!(elsewhere.room.available_permits(), 0);
        let mut telling = Box::pin(shown.tell());
        assert!(poll!(pin!(&mut telling)).is_pending());
        drop(others);
        assert_eq!(
            elsewhere.room.available_permits(),
            MOST_AT_ONCE - 1,
            "it waited for its turn, and has it"
        );
        telling.await;
        assert!(elsewhere.is_away() && !shown.is_told());
    }
}
