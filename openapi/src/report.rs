//! Problems of a document, all of them, each with its place.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// Where something stands: a JSON pointer and the position in the file that holds it.
///
/// Serialised as `POINTER` only, so that golden files do not change with every line of the document.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Place {
    /// RFC 6901 pointer from the document's root.
    pub pointer: String,
    /// The file as it was named by the caller; every place in it shares the name.
    pub file: Arc<str>,
    /// Line, from 1; 0 when unknown.
    pub line: u32,
    /// Column in characters, from 1; 0 when unknown.
    pub column: u32,
}

impl Serialize for Place {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.pointer)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// How bad a problem is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub enum Severity {
    /// Worth knowing; meaning is kept.
    Note,
    /// Something was carried in a weaker form, or is doubtful.
    Warning,
    /// Meaning would be lost: strict mode, the default, refuses the document.
    Error,
}

impl Severity {
    /// Its word in a report.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Problem {
    /// Stable identifier of the rule, kebab-case, e.g. `dangling-reference`.
    pub rule: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Where it is.
    pub place: Place,
    /// What is wrong, and what would be accepted.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {} [{}] at {}", self.place, self.message, self.rule, self.place.pointer)
    }
}

/// All problems of a document, in the order found.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The problems.
    pub problems: Vec<Problem>,
}

impl Report {
    /// Whether a strict reader refuses the document.
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many problems of a severity there are.
    pub fn count(&self, severity: Severity) -> usize {
        self.problems.iter().filter(|problem| problem.severity == severity).count()
    }
}
