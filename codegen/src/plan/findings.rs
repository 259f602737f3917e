//! Problems that the planning finds, written in one form.

use openapi::report::{Place, Problem, Report, Severity};

/// What planning adds to a report.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    problems: Vec<Problem>,
}

impl Findings {
    /// Meaning would be lost: strict mode refuses the document.
    pub(crate) fn error(&mut self, rule: &'static str, place: &Place, message: String) {
        self.push(Severity::Error, rule, place, message);
    }

    /// Something is carried in a weaker form, or doubtful.
    pub(crate) fn warning(&mut self, rule: &'static str, place: &Place, message: String) {
        self.push(Severity::Warning, rule, place, message);
    }

    /// Worth knowing; nothing is lost.
    pub(crate) fn note(&mut self, rule: &'static str, place: &Place, message: String) {
        self.push(Severity::Note, rule, place, message);
    }

    /// Adds what was found by others.
    pub(crate) fn append(&mut self, mut more: Findings) {
        self.problems.append(&mut more.problems);
    }

    /// All of it, each finding once.
    pub(crate) fn into_report(self) -> Report {
        let mut seen = std::collections::HashSet::new();
        let mut report = Report::default();
        for problem in self.problems {
            if seen.insert((problem.rule, problem.place.clone(), problem.message.clone())) {
                report.problems.push(problem);
            }
        }
        report
    }

    fn push(&mut self, severity: Severity, rule: &'static str, place: &Place, message: String) {
        self.problems.push(Problem { rule, severity, place: place.clone(), message });
    }
}
