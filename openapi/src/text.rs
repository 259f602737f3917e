//! Text for people: a report, grouped by file, one problem after another, and a last line that counts; and whether a
//! text speaks to a model.

use std::fmt::Write as _;

use crate::report::{Report, Severity};

/// The first words of a text that steer the model that reads it, if there are any.
pub fn steering(text: &str) -> Option<&str> {
    crate::words::steering(text)
}

/// The whole report as text; each problem names file, line and column the way compilers do, and its JSON pointer.
pub fn render(report: &Report) -> String {
    let mut files: Vec<&str> = Vec::new();
    for problem in &report.problems {
        if !files.contains(&&*problem.place.file) {
            files.push(&problem.place.file);
        }
    }
    let mut out = String::new();
    for file in files {
        let mut problems: Vec<_> =
            report.problems.iter().filter(|problem| &*problem.place.file == file).collect();
        problems.sort_by_key(|problem| (problem.place.line, problem.place.column));
        for problem in problems {
            let word = problem.severity.word();
            let _ = writeln!(out, "{}: {word}[{}]: {}", problem.place, problem.rule, problem.message);
            if !problem.place.pointer.is_empty() {
                let _ = writeln!(out, "    at {}", problem.place.pointer);
            }
        }
    }
    let count = |severity, word: &str| {
        let count = report.count(severity);
        format!("{count} {word}{}", if count == 1 { "" } else { "s" })
    };
    let (errors, warnings) = (count(Severity::Error, "error"), count(Severity::Warning, "warning"));
    let _ = writeln!(out, "{errors}, {warnings}, {}", count(Severity::Note, "note"));
    out
}
