//! Why the program stops before it does anything: an exit code and one line that says what to change.

use std::fmt;

/// Command lines that say nothing this program understands (`EX_USAGE`).
pub(crate) const USAGE: u8 = 64;
/// Settings with which the program must not start (`EX_CONFIG`).
pub(crate) const CONFIGURATION: u8 = 78;

/// The program does not go on; the reason is one line, and no secret stands in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// The exit code.
    pub(crate) code: u8,
    line: String,
}

impl Refusal {
    /// A command line that cannot be followed.
    pub(crate) fn usage(line: impl Into<String>) -> Self {
        Self { code: USAGE, line: line.into() }
    }

    /// A setting that is wrong, unknown or missing.
    pub(crate) fn configuration(line: impl Into<String>) -> Self {
        Self { code: CONFIGURATION, line: line.into() }
    }

    /// Something outside failed: a port is taken, a file cannot be read.
    pub(crate) fn failure(line: impl Into<String>) -> Self {
        Self { code: 1, line: line.into() }
    }
}

impl fmt::Display for Refusal {
    /// One line, whatever the names in it hold: they come from outside.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.line.split(|letter: char| letter.is_control()).try_for_each(|piece| formatter.write_str(piece))
    }
}
