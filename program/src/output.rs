//! Standard output: answers and nothing else.

use std::io::{self, ErrorKind, Write};

use serde_json::Value;

use crate::refusal::Refusal;

/// Prints text, with a line end, and flushes it. A reader that has seen enough and went away is no failure.
pub(crate) fn print(text: &str) -> Result<(), Refusal> {
    let mut output = io::stdout().lock();
    let line_end = if text.ends_with('\n') { "" } else { "\n" };
    match write!(output, "{text}{line_end}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Refusal::failure(format!("standard output cannot be written: {error}")))
        }
        _ => Ok(()),
    }
}

/// Prints JSON for people and programs.
pub(crate) fn print_json(value: &Value) -> Result<(), Refusal> {
    print(&format!("{value:#}"))
}
