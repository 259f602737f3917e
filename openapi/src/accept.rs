//! Problems that the overlay accepts, each by its rule and pointer and with a reason: they become notes.

use crate::ir::{Accepted, ApiHints};
use crate::problems::Problems;
use crate::report::{Problem, Report, Severity};
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

const ACCEPT: &[Field] = &[
    Field("rule", Form::Text, Need::Required),
    Field("at", Form::Text, Need::Required),
    Field("reason", Form::Text, Need::Required),
];

/// What the list at `at` accepts; what it says wrongly is a problem of its own.
pub(crate) fn read(at: &At<'_>, problems: &mut Problems) -> Vec<Accepted> {
    if !at.value.is_array() {
        shape::wrong_form(at, Form::List, problems);
    }
    at.items().filter_map(|item| read_one(&item, problems)).collect()
}

fn read_one(at: &At<'_>, problems: &mut Problems) -> Option<Accepted> {
    let sound = shape::check(at, ACCEPT, problems);
    let text = |key: &str| sound.get(key).and_then(|value| value.as_str()).map(|text| text.trim().to_owned());
    let (rule, pointer, reason) = (text("rule")?, text("at")?, text("reason")?);
    if reason.is_empty() {
        problems.error("hint", at.place(), "an accepted problem needs a reason");
        return None;
    }
    Some(Accepted { at: at.place(), rule, pointer, reason, is_met: false })
}

impl Accepted {
    /// Makes notes of the problems of a report that this accepts; tells whether there is one.
    pub fn apply(&self, report: &mut Report) -> bool {
        let mut is_met = false;
        for problem in &mut report.problems {
            if problem.rule == self.rule && problem.place.pointer == self.pointer {
                is_met = true;
                self.lower(problem);
            }
        }
        is_met
    }

    fn lower(&self, problem: &mut Problem) {
        if problem.severity != Severity::Note {
            problem.severity = Severity::Note;
            problem.message = format!("{} (accepted: {})", problem.message, self.reason);
        }
    }
}

impl ApiHints {
    /// Makes notes of the accepted problems of a later step, and warns of what was accepted and never met.
    pub fn accept(&self, report: &mut Report) {
        let mut idle = Vec::new();
        for accepted in &self.accepted {
            if !accepted.apply(report) && !accepted.is_met {
                idle.push(Problem {
                    rule: "unused-accept",
                    severity: Severity::Warning,
                    place: accepted.at.clone(),
                    message: format!(
                        "there is no problem {} at {:?} to accept: remove this",
                        accepted.rule, accepted.pointer
                    ),
                });
            }
        }
        report.problems.extend(idle);
    }
}
