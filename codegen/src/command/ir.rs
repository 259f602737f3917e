//! `ir`: what the generator sees of a document.

use std::process::ExitCode;

use super::progress::Progress;
use super::{Input, output};

/// Prints the description as JSON.
pub(super) fn run(input: &Input, progress: &Progress) -> ExitCode {
    let reading = match input.read(progress) {
        Ok(reading) => reading,
        Err(status) => return status,
    };
    let Some(api) = &reading.api else { return output::refused(&reading.report) };
    let mut text = serde_json::to_string_pretty(api).expect("the description of an API is plain data");
    text.push('\n');
    output::print(&text)
}
