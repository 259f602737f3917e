//! Calls that are answered later. What a client waits for can become a task on the way: the client gets a name for it, and comes
//! back under that name for its state and in the end for its answer. What the protocol makes of it is not known here.
//!
//! A task is its caller's alone, lives in this process, and ends by itself: none is there longer than its client was told.

mod later;
mod task;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::call::Caller;
use crate::catalog::Tool;
use crate::client::Said;
use crate::metrics::Metrics;

pub(crate) use later::Later;
pub(crate) use task::{Ended, Now, Seen, Task};

use task::Plan;

/// How many tasks there may be, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many there may be of all callers together; zero for none.
    pub most: usize,
    /// How many there may be of one caller.
    pub most_each: usize,
    /// For how long an answer is kept after the longest time that the work for it may take.
    pub kept: Duration,
}

/// So many that nobody who waits is turned down, and five minutes for whoever comes back late.
impl Default for Settings {
    fn default() -> Self {
        Self { most: 512, most_each: 64, kept: Duration::from_secs(300) }
    }
}

impl Settings {
    /// Whether they fit together.
    pub(crate) fn are_sound(&self) -> bool {
        self.most == 0 || self.most_each > 0 && !self.kept.is_zero()
    }
}

/// All tasks of a server.
#[derive(Clone)]
pub(crate) struct Tasks(Arc<All>);

struct All {
    settings: Settings,
    held: Mutex<HashMap<String, Task>>,
    /// The work for them.
    running: TaskTracker,
    /// Cancelled when nobody shall wait any more.
    leaving: CancellationToken,
    metrics: Metrics,
}

impl Tasks {
    /// None so far.
    pub(crate) fn new(settings: Settings, leaving: CancellationToken, metrics: Metrics) -> Self {
        let running = TaskTracker::new();
        Self(Arc::new(All { settings, held: Mutex::default(), running, leaving, metrics }))
    }

    /// What a call becomes a task by, and where whoever holds its client hears that it has.
    pub(crate) fn offer(&self, caller: &Caller, tool: &'static Tool) -> (Later, oneshot::Receiver<Begun>) {
        let (sender, begun) = oneshot::channel();
        (Later::new(self.clone(), caller.key().to_owned(), tool, sender), begun)
    }

    /// The task of this name, if it is this caller's.
    pub(crate) fn find(&self, caller: &Caller, id: &str) -> Option<Task> {
        self.held().get(id).filter(|task| task.is_of(caller.key())).cloned()
    }

    /// Ends all that is waited for, and waits until nothing is done any more.
    pub(crate) async fn drain(&self) {
        self.0.leaving.cancel();
        self.0.running.close();
        self.0.running.wait().await;
    }

    /// A place for one more; nothing where there is none.
    fn admit(&self, owner: &str, tool: &'static Tool, plan: Plan) -> Option<Begun> {
        let Settings { most, most_each, kept } = self.0.settings;
        let mut held = self.held();
        let of_owner = held.values().filter(|task| task.is_of(owner)).count();
        if held.len() >= most || of_owner >= most_each {
            return None;
        }
        let task = Task::new(owner.to_owned(), tool, plan, kept);
        held.insert(task.id().to_owned(), task.clone());
        self.0.metrics.task_kept();
        Some(Begun { place: Place { tasks: self.clone(), id: task.id().to_owned() }, task })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Task>> {
        self.0.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Tasks {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tasks({})", self.held().len())
    }
}

/// A task that has begun, and whose work is yet to be taken over from whoever was waited by. Dropped before, it never was.
#[derive(Debug)]
pub(crate) struct Begun {
    task: Task,
    place: Place,
}

impl Begun {
    /// Goes on with the work, and hears what is said on the way, until it ends, is not waited for any more, or its time is up. What
    /// it came to is kept for as long as the client was told.
    pub(crate) fn go_on(
        self,
        work: impl Future<Output = Ended> + Send + 'static,
        said: mpsc::Receiver<Said>,
    ) -> Task {
        let Self { task, place } = self;
        let tasks = place.tasks.clone();
        let living = task.clone();
        let life = async move {
            let Place { tasks, .. } = &place;
            let over = |how| tasks.0.metrics.count(how);
            tokio::select! {
                () = living.live(work, said, over) => {}
                () = tasks.0.leaving.cancelled() => living.leave(over),
            }
            drop(place);
        };
        tasks.0.running.spawn(life.in_current_span());
        task
    }
}

/// A task's place among all; dropped, the place is free and nobody finds the task any more.
#[derive(Debug)]
struct Place {
    tasks: Tasks,
    id: String,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.tasks.held().remove(&self.id);
        self.tasks.0.metrics.task_gone();
    }
}

#[cfg(test)]
mod tests;
