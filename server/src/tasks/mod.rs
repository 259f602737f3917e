//! Calls that are answered later. What a client waits for can become a task on the way: the client gets a name for it, and comes
//! back under that name for its state and in the end for its answer. What the protocol makes of it is not known here.
//!
//! A task is its caller's alone, lives in the process that works on it, and ends by itself: none is there longer than its client was
//! told. Where several processes serve one API, each knows of the others' tasks as much as a client may.

mod elsewhere;
mod found;
mod later;
mod task;
mod words;

use std::collections::HashMap;
use std::fmt;
use std::future::pending;
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
use crate::replicas::Away;

pub(crate) use elsewhere::Elsewhere;
pub(crate) use found::Found;
pub(crate) use later::Later;
pub(crate) use task::{Ended, Now, Seen, Task};
pub(crate) use words::Unsaid;

use elsewhere::Shown;
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
    /// Where other processes look for the tasks of this one.
    elsewhere: Option<Elsewhere>,
}

impl Tasks {
    /// None so far.
    pub(crate) fn new(
        settings: Settings,
        leaving: CancellationToken,
        metrics: Metrics,
        elsewhere: Option<Elsewhere>,
    ) -> Self {
        let running = TaskTracker::new();
        Self(Arc::new(All { settings, held: Mutex::default(), running, leaving, metrics, elsewhere }))
    }

    /// What a call becomes a task by, and where whoever holds its client hears that it has.
    pub(crate) fn offer(&self, caller: &Caller, tool: &'static Tool) -> (Later, oneshot::Receiver<Begun>) {
        let (sender, begun) = oneshot::channel();
        (Later::new(self.clone(), caller.key().to_owned(), tool, sender), begun)
    }

    /// The task of this name, if it is this caller's; an error where another process may have it and nobody can be asked.
    pub(crate) async fn find(&self, caller: &Caller, id: &str) -> Result<Option<Found>, Away> {
        let here = self.held().get(id).filter(|task| task.is_of(caller.key())).cloned();
        match (here, &self.0.elsewhere) {
            (Some(task), _) => Ok(Some(Found::Here(task))),
            (None, Some(elsewhere)) => {
                let distant = elsewhere.find(caller.key(), id).await?;
                Ok(distant.map(|distant| Found::Elsewhere(Box::new(distant))))
            }
            (None, None) => Ok(None),
        }
    }

    /// Ends all that is waited for, and waits until nothing is done any more.
    pub(crate) async fn drain(&self) {
        self.0.leaving.cancel();
        self.0.running.close();
        self.0.running.wait().await;
    }

    /// A place for one more; nothing where there is none, where its client would come back to a process that hears nothing of it, or
    /// nobody shall wait any more.
    fn admit(&self, owner: &str, tool: &'static Tool, plan: Plan) -> Option<Begun> {
        let Settings { most, most_each, kept } = self.0.settings;
        let is_away = self.0.elsewhere.as_ref().is_some_and(Elsewhere::is_away);
        if is_away || self.0.leaving.is_cancelled() {
            return None;
        }
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
    /// it came to is kept for as long as the client was told. When this returns, its client may come back to any process.
    pub(crate) async fn go_on(
        self,
        work: impl Future<Output = Ended> + Send + 'static,
        said: mpsc::Receiver<Said>,
    ) -> Task {
        let Self { task, place } = self;
        let tasks = place.tasks.clone();
        let living = task.clone();
        let (tell, told) = oneshot::channel();
        let life = async move {
            let Place { tasks, .. } = &place;
            let over = |how| tasks.0.metrics.count(how);
            let mut shown = tasks.0.elsewhere.as_ref().map(|elsewhere| elsewhere.show(living.clone()));
            if let Some(shown) = &mut shown {
                shown.tell().await;
            }
            // Its client may have left.
            let _ = tell.send(());
            tokio::select! {
                biased; // What a server that stops says of its tasks is not a matter of chance.
                () = tasks.0.leaving.cancelled() => living.leave(over),
                () = living.live(work, said, over) => {}
                () = kept(shown.as_mut()) => {}
            }
            if let Some(shown) = &mut shown {
                shown.part().await;
            }
            drop(place);
        };
        tasks.0.running.spawn(life.in_current_span());
        // Nothing is told where everything stops.
        let _ = told.await;
        task
    }
}

/// Keeps others told of a task, where there are others.
async fn kept(shown: Option<&mut Shown>) {
    match shown {
        Some(shown) => shown.keep().await,
        None => pending().await,
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
