//! How sets begin, run and end: the clock's part and what each operation does to its tasks.

use super::{
    Approval, Container, Deployment, Due, Item, Move, Next, Options, Set, Shop, State, Status, TOKEN_USER,
    Task, Work, level,
};
use crate::answer::Refusal;
use crate::clock::Moment;

/// What a new set is to do.
pub(crate) struct Order {
    pub(crate) container: Container,
    pub(crate) work: Work,
    pub(crate) level: String,
    pub(crate) tasks: Vec<String>,
    pub(crate) new_task: Option<Task>,
    pub(crate) options: Options,
}

impl Shop {
    /// Carries on everything that was due by now.
    pub(crate) fn settle(&mut self) {
        let now = self.clock.now();
        while self.due.first().is_some_and(|(at, _)| *at <= now) {
            let Some((at, due)) = self.due.pop_first() else { return };
            match due {
                Due::Set(id) => self.carry_on(&id, at),
                Due::Deployment(request) => self.finish_deployment(request, at),
            }
        }
    }

    /// Opens a set and gives its id. The container must be idle.
    pub(crate) fn open_set(&mut self, order: Order) -> Result<String, Refusal> {
        self.expect_idle(&order.container)?;
        if order.work == Work::Promote && !order.options.override_newer {
            self.expect_no_newer_version(&order.tasks)?;
        }
        let now = self.clock.now();
        let id = format!("S{:09}", self.next_number());
        let production = match order.work {
            Work::Promote => level::next(&order.level) == Some(level::PRODUCTION),
            Work::Deploy => order.level == level::PRODUCTION,
            _ => false,
        };
        let approval = if production { Approval::Pending } else { Approval::NotRequired };
        let state = match (order.options.held, production) {
            (true, _) => State::Held,
            (false, true) => State::WaitingApproval,
            (false, false) => State::Dispatched,
        };
        for task in &order.tasks {
            if let Some(task) = self.tasks.get_mut(task) {
                task.set.clone_from(&id);
            }
        }
        let set = Set {
            id: id.clone(),
            container: order.container,
            work: order.work,
            level: order.level,
            tasks: order.tasks,
            new_task: order.new_task,
            options: order.options,
            state,
            created: now,
            due: None,
            locked: false,
            approval,
            approver: String::new(),
            message: String::new(),
            owner: TOKEN_USER.to_owned(),
        };
        self.sets.insert(id.clone(), set);
        if order.work == Work::Deploy {
            self.plan_deployments(&id, now);
        }
        if state == State::Dispatched {
            self.enter(&id, Next::Run(state), now);
        }
        Ok(id)
    }

    /// Runs a set to its end at once, as the blocking calls do; a set that rests stays as it is.
    pub(crate) fn run_to_end(&mut self, id: &str) {
        let now = self.clock.now();
        while let Some(at) = self.sets.get(id).and_then(|set| set.due) {
            self.due.remove(&(at, Due::Set(id.to_owned())));
            self.carry_on(id, now);
        }
    }

    /// Makes a person's move on a set.
    pub(crate) fn apply(&mut self, id: &str, step: Move, approver: &str) -> Result<(), Refusal> {
        let next = self.set(id)?.after(step)?;
        if matches!(next, Next::Run(_)) {
            self.expect_idle(&self.set(id)?.container)?;
        }
        let now = self.clock.now();
        let set = self.sets.get_mut(id).expect("the set was just looked up");
        match step {
            Move::Lock => set.locked = true,
            Move::Unlock => set.locked = false,
            Move::Approve => set.approval = Approval::Approved,
            Move::Deny => set.approval = Approval::Denied,
            Move::Reset => set.approval = Approval::Pending,
            _ => {}
        }
        if matches!(step, Move::Approve | Move::Deny | Move::Reset) {
            approver.clone_into(&mut set.approver);
        }
        if step == Move::Restart {
            for deployment in self.deployments.values_mut().filter(|deployment| deployment.set == id) {
                deployment.status = Status::Planned;
            }
        }
        self.enter(id, next, now);
        Ok(())
    }

    /// Ends every set of a container that has not run yet, as when the container is cancelled.
    pub(crate) fn abandon_sets(&mut self, container: &Container) {
        let now = self.clock.now();
        let waiting =
            self.sets.values().filter(|set| set.container == *container && set.state.claims_tasks());
        for id in waiting.map(|set| set.id.clone()).collect::<Vec<_>>() {
            self.enter(&id, Next::Rest(State::Terminated), now);
        }
    }

    /// Starts a stopped deploy request again; the clock completes it.
    pub(crate) fn restart_deployment(&mut self, request: u64) {
        let at = self.clock.now().after(self.pace.executing);
        if let Some(deployment) = self.deployments.get_mut(&request) {
            deployment.status = Status::Pending;
            deployment.due = Some(at);
            self.due.insert((at, Due::Deployment(request)));
        }
    }

    fn enter(&mut self, id: &str, next: Next, at: Moment) {
        let Some(set) = self.sets.get_mut(id) else { return };
        if let Some(due) = set.due.take() {
            self.due.remove(&(due, Due::Set(id.to_owned())));
        }
        match next {
            Next::Gone => {
                self.set_deployments(id, Status::Terminated);
                self.sets.remove(id);
            }
            Next::Rest(state) => {
                set.state = state;
                if state == State::Terminated {
                    self.set_deployments(id, Status::Terminated);
                }
            }
            Next::Run(state) => {
                set.state = state;
                let wait = if state == State::Executing { self.pace.executing } else { self.pace.dispatched };
                let due = at.after(wait);
                set.due = Some(due);
                self.due.insert((due, Due::Set(id.to_owned())));
            }
        }
    }

    fn carry_on(&mut self, id: &str, at: Moment) {
        let Some(set) = self.sets.get_mut(id) else { return };
        set.due = None;
        if set.state == State::Executing {
            let end = self.finish(id, at);
            self.enter(id, Next::Rest(end), at);
        } else {
            if set.work == Work::Deploy {
                self.set_deployments(id, Status::Staged);
            }
            self.enter(id, Next::Run(State::Executing), at);
        }
    }

    /// Does the work of a set and gives the state that it ends in.
    fn finish(&mut self, id: &str, at: Moment) -> State {
        let Some(mut set) = self.sets.get(id).cloned() else { return State::Failed };
        if let (Some(mut task), Work::AddTask { .. }) = (set.new_task.take(), set.work) {
            task.changed = at;
            set.tasks = vec![task.id.clone()];
            self.tasks.insert(task.id.clone(), task);
        }
        let mut failures = 0;
        let mut messages = Vec::new();
        for task in &set.tasks {
            let (well, message) = self.work_on(task, &set, at);
            failures += usize::from(!well);
            messages.push(message);
        }
        let failed = failures > 0;
        if set.work == Work::Deploy {
            self.set_deployments(id, if failed { Status::Failed } else { Status::Completed });
        } else if set.options.auto_deploy && !failed {
            self.plan_deployments(id, at);
            self.set_deployments(id, Status::Completed);
        }
        if let Some(kept) = self.sets.get_mut(id) {
            kept.message = messages.join("\n");
            kept.tasks = set.tasks;
            kept.new_task = None;
        }
        match (failed, set.work) {
            (false, _) => State::Complete,
            (true, Work::Deploy) => State::DeployFailed,
            (true, _) => State::Failed,
        }
    }

    /// Does the work of a set to one task: whether it went well, and what CES says about it.
    fn work_on(&mut self, id: &str, set: &Set, at: Moment) -> (bool, String) {
        let number = self.next_number() % 1_000_000;
        let Some(task) = self.tasks.get_mut(id) else {
            return (false, format!("ISPW: Set {} - Task ID {id} is invalid.", set.id));
        };
        let job = format!("Job ID and name: J0{number:06} {TOKEN_USER}G");
        let said = |outcome: &str, task: &Task| {
            let (verb, place) = (set.work.verb(), set.container.id());
            format!("ISPW: Set {} - The {verb} request {outcome} for {} in {place}. {job}", set.id, task.name)
        };
        let moved = !matches!(set.work, Work::AddTask { .. }) && !set.level.is_empty();
        if moved && task.level != set.level {
            return (false, said("failed: the task has left the level", task));
        }
        match set.work {
            Work::Generate | Work::GenerateWithParms | Work::Build | Work::Deploy if task.is_broken() => {
                task.mark(set.work.code(), "Failed", at);
                return (false, said("failed", task));
            }
            Work::Generate | Work::GenerateWithParms | Work::Build => {
                task.mark(set.work.code(), "Generated", at);
                task.listing = Some(listing(task, at));
            }
            Work::Deploy => task.mark("I", "Implemented", at),
            Work::Promote => {
                if let Some(higher) = level::next(&task.level) {
                    higher.clone_into(&mut task.level);
                }
                task.version += 1;
                task.mark("P", "Promoted", at);
            }
            Work::Regress | Work::Fallback => {
                if let Some(lower) = level::back(&task.level, &task.starting_level) {
                    lower.clone_into(&mut task.level);
                }
                let status = if set.work == Work::Regress { "Regressed" } else { "Fallen back" };
                task.mark(set.work.code(), status, at);
            }
            Work::AddTask { .. } => task.set.clone_from(&set.id),
        }
        (true, said("completed successfully", task))
    }

    /// Refuses to promote over the same component that another assignment already has at the next level.
    fn expect_no_newer_version(&self, tasks: &[String]) -> Result<(), Refusal> {
        for task in tasks.iter().filter_map(|id| self.tasks.get(id)) {
            let newer = self.tasks.values().find(|other| {
                other.assignment != task.assignment
                    && (&other.application, &other.name, &other.kind)
                        == (&task.application, &task.name, &task.kind)
                    && level::next(&task.level) == Some(other.level.as_str())
            });
            if let Some(newer) = newer {
                return Err(Refusal::impossible(format!(
                    "Component {} {}   conflict: assignment {} has a newer version at   {}.",
                    task.name, task.kind, newer.assignment, newer.level
                )));
            }
        }
        Ok(())
    }

    fn plan_deployments(&mut self, id: &str, at: Moment) {
        let Some(set) = self.sets.get(id).cloned() else { return };
        let tasks: Vec<&Task> = set.tasks.iter().filter_map(|task| self.tasks.get(task)).collect();
        let items = tasks.iter().map(|task| Item { name: task.name.clone(), kind: task.kind.clone() });
        let items: Vec<Item> = items.collect();
        let application = tasks.first().map_or_else(String::new, |task| task.application.clone());
        let mut environments = set.options.environments.clone();
        if environments.is_empty() {
            environments.push(format!("CW01{}", set.level));
        }
        for environment in environments {
            let request = self.next_number();
            let deployment = Deployment {
                request,
                set: set.id.clone(),
                environment,
                system: set.options.system.clone(),
                status: Status::Planned,
                description: format!("Deploy of {} at {}", set.container.id(), set.level),
                created: at,
                application: application.clone(),
                items: items.clone(),
                due: None,
            };
            self.deployments.insert(request, deployment);
        }
    }

    /// Gives every open deploy request of a set this status.
    fn set_deployments(&mut self, set: &str, status: Status) {
        for deployment in self.deployments.values_mut() {
            if deployment.set == set && deployment.status.is_open() {
                deployment.status = status;
            }
        }
    }

    fn finish_deployment(&mut self, request: u64, at: Moment) {
        if let Some(deployment) = self.deployments.get_mut(&request)
            && deployment.status == Status::Pending
            && deployment.due == Some(at)
        {
            deployment.status = Status::Completed;
            deployment.due = None;
        }
    }
}

/// A compiler listing of a plausible look.
fn listing(task: &Task, at: Moment) -> String {
    format!(
        "PP 5655-EC6 IBM Enterprise COBOL   {name}   {at}\n\
         LineID  Source\n\
         000001         IDENTIFICATION DIVISION.\n\
         000002         PROGRAM-ID. {name}.\n\
         000003         PROCEDURE DIVISION.\n\
         000004             GOBACK.\n\
         End of compilation 1, program {name}, no statements flagged.\n\
         Return code 0\n",
        name = task.name,
        at = at.date_time(),
    )
}
