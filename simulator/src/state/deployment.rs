//! Deploy requests: what a deploy set asks of the deploy environments.

use crate::clock::Moment;

/// One request to deploy to one environment.
#[derive(Clone, Debug)]
pub(crate) struct Deployment {
    pub(crate) request: u64,
    pub(crate) set: String,
    pub(crate) environment: String,
    pub(crate) system: String,
    pub(crate) status: Status,
    pub(crate) description: String,
    pub(crate) created: Moment,
    pub(crate) application: String,
    pub(crate) items: Vec<Item>,
    /// When a restarted request completes on its own; sets drive the others.
    pub(crate) due: Option<Moment>,
}

/// A component inside a deploy request.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) name: String,
    pub(crate) kind: String,
}

/// Where a deploy request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// Asked for, not begun.
    Planned,
    /// On its way to the environment.
    Staged,
    /// Started again after it had stopped.
    Pending,
    /// Done.
    Completed,
    /// Went wrong.
    Failed,
    /// Stopped by a person.
    Terminated,
}

impl Status {
    /// The capitalised word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Planned => "Planned",
            Self::Staged => "Staged",
            Self::Pending => "Pending",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Terminated => "Terminated",
        }
    }

    /// Whether there is still something to stop.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Planned | Self::Staged | Self::Pending)
    }
}
