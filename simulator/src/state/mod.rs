//! Everything the simulated shop holds, behind one lock, changed only by whole requests and by the clock.

mod container;
mod deployment;
pub(crate) mod level;
mod run;
mod set;
mod task;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::answer::Refusal;
use crate::clock::{Clock, Moment};

pub(crate) use container::{Assignment, Container, Release};
pub(crate) use deployment::{Deployment, Item, Status};
pub(crate) use run::Order;
pub(crate) use set::{Approval, Move, Next, Options, Set, State, Work};
pub(crate) use task::{Task, operation_word};

/// The user that the accepted token stands for.
pub(crate) const TOKEN_USER: &str = "PMISVZ0";

/// How long a set stays in its passing states.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    pub(crate) dispatched: Duration,
    pub(crate) executing: Duration,
}

/// The state of the simulated API.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) clock: Clock,
    pub(crate) pace: Pace,
    /// What the API believes its own address is; every `url` in an answer begins with it.
    pub(crate) origin: String,
    /// The applications by stream.
    pub(crate) applications: Vec<(&'static str, &'static str)>,
    pub(crate) assignments: BTreeMap<String, Assignment>,
    pub(crate) releases: BTreeMap<String, Release>,
    pub(crate) sets: BTreeMap<String, Set>,
    pub(crate) tasks: BTreeMap<String, Task>,
    pub(crate) deployments: BTreeMap<u64, Deployment>,
    due: BTreeSet<(Moment, Due)>,
    last_number: u64,
}

/// What the clock carries on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Set(String),
    Deployment(u64),
}

impl Shop {
    /// A shop with applications and nothing in them.
    pub(crate) fn empty(clock: Clock, pace: Pace, origin: String) -> Self {
        Self {
            clock,
            pace,
            origin,
            applications: Vec::new(),
            assignments: BTreeMap::new(),
            releases: BTreeMap::new(),
            sets: BTreeMap::new(),
            tasks: BTreeMap::new(),
            deployments: BTreeMap::new(),
            due: BTreeSet::new(),
            last_number: 500_000,
        }
    }

    /// A number that no id has had before.
    pub(crate) fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// A new task id: twelve hex characters.
    pub(crate) fn next_task_id(&mut self) -> String {
        format!("7F{:010X}", self.next_number())
    }

    /// The absolute address of something, under the API's own idea of its name.
    pub(crate) fn url(&self, rest: &str) -> String {
        format!("{}/ispw/cw09-47623/{rest}", self.origin)
    }

    /// The assignment of this id.
    pub(crate) fn assignment(&self, id: &str) -> Result<&Assignment, Refusal> {
        self.assignments.get(id).ok_or_else(|| Refusal::unknown("Assignment", id))
    }

    /// The release of this id.
    pub(crate) fn release(&self, id: &str) -> Result<&Release, Refusal> {
        self.releases.get(id).ok_or_else(|| Refusal::unknown("Release", id))
    }

    /// The set of this id.
    pub(crate) fn set(&self, id: &str) -> Result<&Set, Refusal> {
        self.sets.get(id).ok_or_else(|| Refusal::unknown("Set", id))
    }

    /// Refuses a container that does not exist.
    pub(crate) fn expect_container(&self, container: &Container) -> Result<(), Refusal> {
        match container {
            Container::Assignment(id) => self.assignment(id).map(|_| ()),
            Container::Release(id) => self.release(id).map(|_| ()),
        }
    }

    /// Refuses a container that does not exist, is closed, or has a set running.
    pub(crate) fn expect_idle(&self, container: &Container) -> Result<(), Refusal> {
        let closed = match container {
            Container::Assignment(id) => self.assignment(id)?.closed,
            Container::Release(id) => self.release(id)?.closed,
        };
        if closed {
            let (kind, id) = (container.kind(), container.id());
            return Err(Refusal::impossible(format!("{kind} {id}   is closed.")));
        }
        let busy = self.due.iter().find_map(|(_, due)| match due {
            Due::Set(id) => self.sets.get(id).filter(|set| set.container == *container),
            Due::Deployment(_) => None,
        });
        busy.map_or(Ok(()), |set| {
            Err(Refusal::in_progress(format!(
                "{} {}   conflict: set {} is   {}.",
                container.kind(),
                container.id(),
                set.id,
                set.state.word()
            )))
        })
    }

    /// The task of this id in the container.
    pub(crate) fn task_in(&self, container: &Container, id: &str) -> Result<&Task, Refusal> {
        self.expect_container(container)?;
        self.tasks.get(id).filter(|task| task.is_in(container)).ok_or_else(|| Refusal::unknown("Task ID", id))
    }

    /// The tasks of a container, in the order of their ids.
    pub(crate) fn tasks_in<'a>(&'a self, container: &'a Container) -> impl Iterator<Item = &'a Task> {
        self.tasks.values().filter(move |task| task.is_in(container))
    }

    /// The set that may still run with this task in it.
    pub(crate) fn claim_on(&self, task: &str) -> Option<&Set> {
        let set = self.sets.get(&self.tasks.get(task)?.set)?;
        set.state.claims_tasks().then_some(set)
    }

    /// Refuses a stream and application that the shop does not have.
    pub(crate) fn expect_application(&self, stream: &str, application: &str) -> Result<(), Refusal> {
        if !self.applications.iter().any(|(known, _)| *known == stream) {
            return Err(Refusal::unknown("Stream", stream));
        }
        if !self.applications.contains(&(stream, application)) {
            return Err(Refusal::unknown("Application", application));
        }
        Ok(())
    }
}
