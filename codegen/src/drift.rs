//! Drift: what changed between two tool contracts, in terms of a client that learnt the old one.
//!
//! `compare` finds the changes, `rules` is the list of all kinds of change with their severities, `schema` compares
//! schemas by the values that they accept, `render` writes findings for people and programs.

pub mod rules;

mod change;
mod compare;
mod members;
mod pairs;
mod render;
mod safety;
mod schema;
mod texts;

use std::fmt;

use openapi::report::Place;
use serde_json::Value;

pub use compare::{Options, compare};
pub use render::{Format, render};
pub use rules::Rule;

/// How bad a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Only words changed.
    Text,
    /// Whatever worked goes on working.
    Compatible,
    /// It may work otherwise than before, or it could not be decided whether something breaks.
    Risky,
    /// A call that was right is refused now, or an answer is no longer what was promised.
    Breaking,
}

impl Severity {
    /// From the worst to the least.
    pub const ALL: [Self; 4] = [Self::Breaking, Self::Risky, Self::Compatible, Self::Text];

    /// Its word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Compatible => "compatible",
            Self::Risky => "risky",
            Self::Breaking => "breaking",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.word())
    }
}

/// One change.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule that it falls under.
    pub rule: &'static Rule,
    /// The tool by its new name, or its old one if it is gone; `None` for the API as a whole.
    pub tool: Option<String>,
    /// Where in the tool, as in `arguments.level` or `answer.items[].setId`.
    pub path: Option<String>,
    /// What changed: a sentence without its period.
    pub message: String,
    /// A value that was fine before and is not now, or the other way round in answers.
    pub example: Option<Value>,
    /// Where the old contract says it.
    pub old: Option<Place>,
    /// Where the new contract says it.
    pub new: Option<Place>,
}

impl Finding {
    /// How bad it is.
    pub fn severity(&self) -> Severity {
        self.rule.severity
    }
}

/// All changes between two contracts.
#[derive(Clone, Debug, Default)]
pub struct Drift {
    /// Sorted by tool, and within a tool from the worst to the least.
    pub findings: Vec<Finding>,
    /// The hash of the old contract.
    pub old: String,
    /// The hash of the new contract.
    pub new: String,
}

impl Drift {
    /// The worst severity, if there is any change at all.
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(Finding::severity).max()
    }

    /// The exit status that tells it: 0 same, 1 compatible or text only, 2 risky, 3 breaking.
    pub fn status(&self) -> u8 {
        match self.worst() {
            None => 0,
            Some(Severity::Text | Severity::Compatible) => 1,
            Some(Severity::Risky) => 2,
            Some(Severity::Breaking) => 3,
        }
    }

    /// How many findings have a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|finding| finding.severity() == severity).count()
    }
}
