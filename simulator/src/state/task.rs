//! Tasks: one component in one assignment, on its way through the levels.

use super::container::Container;
use super::level;
use crate::clock::Moment;

/// One component in one assignment.
#[derive(Clone, Debug)]
pub(crate) struct Task {
    pub(crate) id: String,
    pub(crate) stream: String,
    pub(crate) application: String,
    pub(crate) sub_application: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    pub(crate) user: String,
    pub(crate) level: String,
    pub(crate) starting_level: String,
    /// The code of the last operation, for example `G`.
    pub(crate) operation: &'static str,
    pub(crate) action: String,
    pub(crate) changed: Moment,
    pub(crate) status: String,
    pub(crate) message: String,
    pub(crate) set: String,
    pub(crate) release: String,
    pub(crate) assignment: String,
    pub(crate) version: u32,
    pub(crate) sequence: String,
    pub(crate) sql: bool,
    pub(crate) ims: bool,
    pub(crate) cics: bool,
    pub(crate) program: bool,
    pub(crate) listing: Option<String>,
}

impl Task {
    /// Whether the task belongs to this container.
    pub(crate) fn is_in(&self, container: &Container) -> bool {
        match container {
            Container::Assignment(id) => self.assignment == *id,
            Container::Release(id) => self.release == *id,
        }
    }

    /// Whether generating or deploying it goes wrong: components whose name begins with `BAD`, and `TPROG25`.
    pub(crate) fn is_broken(&self) -> bool {
        self.name.starts_with("BAD") || self.name == "TPROG25"
    }

    /// Whether a build has anything to do for it: programs, and what programs include.
    pub(crate) fn is_buildable(&self) -> bool {
        matches!(self.kind.as_str(), "COB" | "ASM" | "PLI" | "COPY")
    }

    /// The version environment of the level it is at.
    pub(crate) fn environment(&self) -> &'static str {
        level::environment(&self.level)
    }

    /// Notes what was done last, and when.
    pub(crate) fn mark(&mut self, operation: &'static str, status: &str, at: Moment) {
        self.operation = operation;
        status.clone_into(&mut self.status);
        self.changed = at;
    }
}

/// The word that the work list uses for an operation code.
pub(crate) fn operation_word(code: &str) -> &'static str {
    match code {
        "B" => "Browse",
        "C" => "Checkout",
        "D" => "Delete",
        "S" => "Edit",
        "F" | "FB" => "Fallback",
        "G" | "GP" => "Generate",
        "I" => "Implement",
        "P" => "Promote",
        "X" => "Regress",
        "T" => "Transfer",
        "TL" => "Loaded",
        "UV" => "Update Replace Version",
        _ => " ",
    }
}
