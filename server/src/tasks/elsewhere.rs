//! Tasks of several processes that serve one API. Each keeps a copy of what is known of its own where all can read it, and hears there
//! what their clients said to other processes. A copy is gone soon after the process that works on it is, unless the work had ended.

use std::sync::LazyLock;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::task::{Now, Seen, Task};
use crate::replicas::{Away, LARGEST, Proof, Replicas, Script, Store};

/// What copies and words are kept under.
const COPY: &str = "task";
const WORDS: &str = "task-words";

/// For how long a process that works on a task is believed to be alive without a sign of it.
const LEASE: Duration = Duration::from_secs(10);
/// How often it gives one, and hears what was said.
const LOOK: Duration = Duration::from_secs(1);
/// Changes that come sooner after another are told with the next.
const PAUSE: Duration = Duration::from_millis(100);
/// Words that wait to be heard; more are refused.
const MOST_WORDS: usize = 16;

/// Gives a sign of life and takes the words. `KEYS`: the copy, the words. `ARGV`: the lease. Gives 1 and the words, or 0 and them where there
/// is no copy any more.
static LOOK_IN: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        local words = redis.call('LRANGE', KEYS[2], 0, -1)
        redis.call('DEL', KEYS[2])
        return {redis.call('PEXPIRE', KEYS[1], ARGV[1]), words}",
    )
});

/// Leaves a word. `KEYS`: the copy, the words. `ARGV`: the lease, the most words, the word. Gives 1 where it was left, 0 where there are
/// as many as may be, and nothing where there is no task any more.
static SAY: LazyLock<Script> = LazyLock::new(|| {
    Script::new(
        r"
        if redis.call('EXISTS', KEYS[1]) == 0 then return nil end
        if redis.call('LLEN', KEYS[2]) >= tonumber(ARGV[2]) then return 0 end
        redis.call('RPUSH', KEYS[2], ARGV[3])
        redis.call('PEXPIRE', KEYS[2], ARGV[1])
        return 1",
    )
});

/// What is known of a task, for whoever does not work on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    tool: String,
    seen: Seen,
}

/// What a client says of its task.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Word {
    /// It does not wait any more.
    Cancel,
    /// Answers to what was asked, by the names of the questions.
    Answers(Vec<(String, Value)>),
}

/// The place that all processes know.
#[derive(Clone, Debug)]
pub(crate) struct Elsewhere {
    replicas: Replicas,
    copies: Store,
    words: Proof,
}

/// A task that another process works on, or has worked on.
#[derive(Debug)]
pub(crate) struct Distant {
    elsewhere: Elsewhere,
    name: Vec<u8>,
    known: Known,
}

impl Elsewhere {
    /// The place that these processes share.
    pub(crate) fn new(replicas: Replicas) -> Self {
        let (copies, words) = (Store::new(replicas.clone(), COPY), replicas.proof(WORDS));
        Self { replicas, copies, words }
    }

    /// Whether what is told now is known to reach nobody.
    pub(super) fn is_away(&self) -> bool {
        self.replicas.link().is_away()
    }

    /// The task of this name and this caller, if a process works on it or has.
    pub(super) async fn find(&self, owner: &str, id: &str) -> Result<Option<Distant>, Away> {
        let name = name(owner, id);
        let Some(bytes) = self.copies.get(&name).await? else { return Ok(None) };
        // Another version of the server may write other copies.
        let known = serde_json::from_slice(&bytes).ok();
        Ok(known.map(|known| Distant { elsewhere: self.clone(), name, known }))
    }

    /// Tells what is known of this task. Whether it was told.
    pub(super) async fn tell(&self, task: &Task) -> bool {
        let seen = task.seen();
        let lasting = if seen.now.is_over() { task.rest() } else { task.rest().min(LEASE) };
        if lasting.is_zero() {
            return true;
        }
        let name = name(task.owner(), task.id());
        let put = async |seen: Seen| {
            let known = Known { tool: task.tool().name.to_owned(), seen };
            let bytes = serde_json::to_vec(&known).expect("its keys are text");
            self.copies.put(&name, &bytes, lasting).await
        };
        match put(seen.clone()).await {
            Ok(true) => true,
            Ok(false) => put(Seen { now: Now::TooLarge, message: None, ..seen }).await == Ok(true),
            Err(_) => false,
        }
    }

    /// Tells of each change of this task and hears what is said of it, for as long as it is waited for.
    pub(super) async fn keep(&self, task: &Task) {
        let mut joined = self.replicas.link().joined();
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut is_told = true;
        loop {
            let is_over = task.seen().now.is_over();
            tokio::select! {
                () = task.news() => {
                    is_told = self.tell(task).await;
                    sleep(PAUSE).await;
                }
                _ = looks.tick(), if !is_over || !is_told => {
                    is_told = !is_over && self.look_in(task).await || self.tell(task).await;
                }
                // Redis came back, perhaps with nothing in it.
                Ok(()) = joined.changed() => is_told = self.tell(task).await,
            }
        }
    }

    /// The last that this process says of a task: what it came to, or that nobody works on it any more.
    pub(super) async fn part(&self, task: &Task) {
        if task.seen().now.is_over() {
            self.tell(task).await;
        } else {
            self.copies.remove(&name(task.owner(), task.id())).await;
        }
    }

    /// Gives a sign of life, and has the task hear what was said. Whether its copy was there.
    async fn look_in(&self, task: &Task) -> bool {
        let keys = self.keys(&name(task.owner(), task.id()));
        let lease = [millis(task.rest().min(LEASE))];
        let looking = self.replicas.link().run(&LOOK_IN, &keys, &lease, self.replicas.patience());
        let Ok((is_there, words)): Result<(bool, Vec<Vec<u8>>), Away> = looking.await else { return false };
        for word in words {
            let word = self.words.open(&keys[1], &word).and_then(|bytes| serde_json::from_slice(bytes).ok());
            word.into_iter().for_each(|word| task.hear_elsewhere(word));
        }
        is_there
    }

    fn keys(&self, name: &[u8]) -> [String; 2] {
        [COPY, WORDS].map(|label| self.replicas.name(label, name))
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

    /// Leaves a word for whoever works on it, who hears it within a second. What is over by then hears nothing.
    pub(super) async fn say(&self, word: &Word) -> Result<(), Away> {
        let Self { elsewhere: Elsewhere { replicas, words, .. }, name, known } = self;
        if known.seen.now.is_over() {
            return Ok(());
        }
        let keys = self.elsewhere.keys(name);
        let word = serde_json::to_vec(word).expect("its keys are text");
        if word.len() > LARGEST {
            return Err(Away::new(format!(
                "{} bytes are more than may be told to another server",
                word.len()
            )));
        }
        let word = words.close(&keys[1], &word);
        let (lease, most) = (millis(LEASE).to_string(), MOST_WORDS.to_string());
        let arguments = [lease.as_bytes(), most.as_bytes(), &word];
        let (patience, link) = (replicas.patience(), replicas.link());
        match link.run(&SAY, &keys, &arguments, patience).await? {
            Some(true) | None => Ok(()),
            Some(false) => Err(Away::new("too much was said that is not heard yet")),
        }
    }
}

/// Under what a task is kept: whose it is stands in it, so that nobody finds another's.
fn name(owner: &str, id: &str) -> Vec<u8> {
    let length = (owner.len() as u64).to_be_bytes();
    [&length, owner.as_bytes(), id.as_bytes()].concat()
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).max(1)
}
