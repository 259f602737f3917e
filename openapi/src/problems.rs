//! Collects problems while a document is read: each once, in the order found, and never more than the limit.

use std::collections::HashSet;

use crate::limits;
use crate::report::{Place, Problem, Report, Severity};

/// The problems found so far.
#[derive(Debug, Default)]
pub(crate) struct Problems {
    report: Report,
    seen: HashSet<(&'static str, Place, String)>,
    overflow: bool,
}

impl Problems {
    /// Records something that loses meaning.
    pub(crate) fn error(&mut self, rule: &'static str, place: Place, message: impl Into<String>) {
        self.add(rule, Severity::Error, place, message.into());
    }

    /// Records something that is doubtful or was carried in a weaker form.
    pub(crate) fn warning(&mut self, rule: &'static str, place: Place, message: impl Into<String>) {
        self.add(rule, Severity::Warning, place, message.into());
    }

    /// Records something worth knowing.
    pub(crate) fn note(&mut self, rule: &'static str, place: Place, message: impl Into<String>) {
        self.add(rule, Severity::Note, place, message.into());
    }

    /// Records what another has found, after what is here.
    pub(crate) fn append(&mut self, other: Problems) {
        for Problem { rule, severity, place, message } in other.report.problems {
            self.add(rule, severity, place, message);
        }
    }

    /// The report; what was found is given away.
    pub(crate) fn finish(self) -> Report {
        self.report
    }

    fn add(&mut self, rule: &'static str, severity: Severity, place: Place, message: String) {
        if self.overflow {
            return;
        }
        // A part that is used in many places is read in each of them, and its problem told once.
        if !self.seen.insert((rule, place.clone(), message.clone())) {
            return;
        }
        if self.report.problems.len() >= limits::PROBLEMS {
            self.overflow = true;
            let message = format!("more than {} problems: the rest is not listed", limits::PROBLEMS);
            self.report.problems.push(Problem {
                rule: "limit-problems",
                severity: Severity::Error,
                place,
                message,
            });
            return;
        }
        self.report.problems.push(Problem { rule, severity, place, message });
    }
}
