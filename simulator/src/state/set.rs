//! Sets: the passing container that runs one operation, its states, and the moves a person may make.
//!
//! The state machine is a plain function from a set and a move to what comes next; it changes nothing itself.

use super::container::Container;
use super::task::Task;
use crate::answer::Refusal;
use crate::clock::Moment;

/// One run of one operation.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) id: String,
    pub(crate) container: Container,
    pub(crate) work: Work,
    pub(crate) level: String,
    pub(crate) tasks: Vec<String>,
    /// The task that an add-task set brings into its assignment when it completes.
    pub(crate) new_task: Option<Task>,
    pub(crate) options: Options,
    pub(crate) state: State,
    pub(crate) created: Moment,
    /// When the clock takes it to its next state; nothing while it rests.
    pub(crate) due: Option<Moment>,
    pub(crate) locked: bool,
    pub(crate) approval: Approval,
    pub(crate) approver: String,
    pub(crate) message: String,
    pub(crate) owner: String,
}

/// What the caller asked of a set beside the operation itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Options {
    pub(crate) held: bool,
    pub(crate) auto_deploy: bool,
    pub(crate) override_newer: bool,
    pub(crate) environments: Vec<String>,
    pub(crate) system: String,
    pub(crate) implementation_date: String,
    pub(crate) implementation_time: String,
    pub(crate) active_date: String,
    pub(crate) active_time: String,
}

/// The operation that a set runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    AddTask { checkout: bool },
    Build,
    Deploy,
    Fallback,
    Generate,
    GenerateWithParms,
    Promote,
    Regress,
}

impl Work {
    /// The code that a task's last operation shows.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::AddTask { checkout: true } => "C",
            Self::AddTask { checkout: false } => "TL",
            Self::Build | Self::Generate => "G",
            Self::Deploy => "I",
            Self::Fallback => "F",
            Self::GenerateWithParms => "GP",
            Self::Promote => "P",
            Self::Regress => "X",
        }
    }

    /// The verb in messages.
    pub(crate) fn verb(self) -> &'static str {
        match self {
            Self::AddTask { .. } => "add",
            Self::Build => "build",
            Self::Deploy => "deploy",
            Self::Fallback => "fallback",
            Self::Generate | Self::GenerateWithParms => "generate",
            Self::Promote => "promote",
            Self::Regress => "regress",
        }
    }
}

/// The state of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    Dispatched,
    Executing,
    Complete,
    Closed,
    Failed,
    DeployFailed,
    Held,
    Released,
    Terminated,
    WaitingApproval,
    WaitingLock,
}

impl State {
    /// The spelling on the wire.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Dispatched => "Dispatched",
            Self::Executing => "Executing",
            Self::Complete => "Complete",
            Self::Closed => "Closed",
            Self::Failed => "Failed",
            Self::DeployFailed => "Deploy-Failed",
            Self::Held => "Held",
            Self::Released => "Released",
            Self::Terminated => "Terminated",
            Self::WaitingApproval => "Waiting-Approval",
            Self::WaitingLock => "Waiting-Lock",
        }
    }

    /// Whether the mainframe works on it, so that nothing else may begin on the same container.
    pub(crate) fn is_running(self) -> bool {
        matches!(self, Self::Dispatched | Self::Executing | Self::Released)
    }

    /// Whether it may still run, so that its tasks stay where they are.
    pub(crate) fn claims_tasks(self) -> bool {
        self.is_running() || matches!(self, Self::Held | Self::WaitingApproval | Self::WaitingLock)
    }
}

/// Where the approval of a set stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Approval {
    NotRequired,
    Pending,
    Approved,
    Denied,
}

/// What a person may ask of a set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Move {
    Hold,
    Release,
    Lock,
    Unlock,
    Delete,
    Restart,
    Terminate,
    Close,
    Approve,
    Deny,
    Reset,
}

impl Move {
    /// The last segment of its path.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Hold => "hold",
            Self::Release => "release",
            Self::Lock => "lock",
            Self::Unlock => "unlock",
            Self::Delete => "delete",
            Self::Restart => "restart",
            Self::Terminate => "terminate",
            Self::Close => "close",
            Self::Approve => "approve",
            Self::Deny => "deny",
            Self::Reset => "reset",
        }
    }
}

/// What a move leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The set takes this state and stays there.
    Rest(State),
    /// The set takes this state and the clock carries it on.
    Run(State),
    /// The set ceases to exist.
    Gone,
}

impl Set {
    /// What the move leads to, or why it cannot be made now.
    pub(crate) fn after(&self, step: Move) -> Result<Next, Refusal> {
        use State::{
            Closed, Complete, DeployFailed, Dispatched, Executing, Failed, Held, Released, Terminated,
            WaitingApproval, WaitingLock,
        };
        let next = match (step, self.state) {
            (Move::Hold, Dispatched | Released | WaitingApproval | WaitingLock) => Next::Rest(Held),
            (Move::Release, Held) if self.approval == Approval::Denied => return Err(self.refuse(step)),
            (Move::Release, Held) if self.locked => Next::Rest(WaitingLock),
            (Move::Release, Held) if self.approval == Approval::Pending => Next::Rest(WaitingApproval),
            (Move::Release, Held) => Next::Run(Released),
            (Move::Lock, Held) if !self.locked => Next::Rest(Held),
            (Move::Unlock, Held | WaitingLock) if self.locked => Next::Rest(Held),
            (
                Move::Delete,
                Held | WaitingApproval | WaitingLock | Failed | DeployFailed | Terminated | Closed,
            ) => Next::Gone,
            (Move::Restart, Failed | DeployFailed | Terminated) => Next::Run(Dispatched),
            (Move::Terminate, Dispatched | Executing | Released | Held | WaitingApproval | WaitingLock) => {
                Next::Rest(Terminated)
            }
            (Move::Close, Complete | Failed | DeployFailed | Terminated) => Next::Rest(Closed),
            (Move::Approve, WaitingApproval) => Next::Run(Dispatched),
            (Move::Deny, WaitingApproval) => Next::Rest(Held),
            (Move::Reset, Held | Dispatched | WaitingApproval) if self.is_decided() => {
                Next::Rest(WaitingApproval)
            }
            _ => return Err(self.refuse(step)),
        };
        Ok(next)
    }

    fn is_decided(&self) -> bool {
        matches!(self.approval, Approval::Approved | Approval::Denied)
    }

    /// A running set is in the way of the move, hence 409; any other state makes it impossible.
    fn refuse(&self, step: Move) -> Refusal {
        let message = format!(
            "Set {}   cannot be processed for {}:   it is in state   {}{}.",
            self.id,
            step.word(),
            self.state.word(),
            if self.approval == Approval::Denied { "   and its approval was denied" } else { "" },
        );
        if self.state.is_running() { Refusal::in_progress(message) } else { Refusal::impossible(message) }
    }
}
