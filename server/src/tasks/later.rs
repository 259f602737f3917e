//! What a call becomes a task by.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::oneshot;

use super::task::Plan;
use super::{Begun, Task, Tasks};
use crate::catalog::Tool;

/// The chance of a call to be answered later, for whoever works on it and finds that it takes a while.
#[derive(Clone, Debug)]
pub(crate) struct Later(Arc<Chance>);

#[derive(Debug)]
struct Chance {
    tasks: Tasks,
    owner: String,
    tool: &'static Tool,
    task: OnceLock<Task>,
    /// Taken by the first who tries.
    tell: Mutex<Option<oneshot::Sender<Begun>>>,
}

impl Later {
    pub(super) fn new(
        tasks: Tasks,
        owner: String,
        tool: &'static Tool,
        tell: oneshot::Sender<Begun>,
    ) -> Self {
        Self(Arc::new(Chance { tasks, owner, tool, task: OnceLock::new(), tell: Mutex::new(Some(tell)) }))
    }

    /// Makes the call a task, whose work takes no longer than this; `after_cancel` is what its client reads once it has cancelled it.
    /// `false` where there is no room for one, or the client has left: then it is answered as any call is.
    pub(crate) fn begin(&self, longest: Duration, after_cancel: String) -> bool {
        let chance = &self.0;
        let Some(tell) = chance.tell.lock().unwrap_or_else(PoisonError::into_inner).take() else {
            return self.task().is_some();
        };
        let plan = Plan { longest, after_cancel };
        let Some(begun) = chance.tasks.admit(&chance.owner, chance.tool, plan) else { return false };
        let task = begun.task.clone();
        tell.send(begun).is_ok() && chance.task.set(task).is_ok()
    }

    /// The task that the call has become.
    pub(crate) fn task(&self) -> Option<&Task> {
        self.0.task.get()
    }
}
