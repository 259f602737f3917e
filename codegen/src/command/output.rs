//! What is printed, and where: results on standard output, complaints on standard error.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use openapi::report::{Report, Severity};

use super::exit;

/// Writes to standard output; a reader that went away (`| head`) is no failure.
pub(super) fn print(text: &str) -> ExitCode {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) if cause.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("mcp-codegen: cannot write to standard output: {cause}");
            ExitCode::from(exit::NOT_WRITTEN)
        }
    }
}

/// Writes to a file, or to standard output if there is none.
pub(super) fn write(text: &str, out: Option<&Path>) -> ExitCode {
    let Some(path) = out else { return print(text) };
    match std::fs::write(path, text) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("mcp-codegen: cannot write {}: {cause}", path.display());
            ExitCode::from(exit::NOT_WRITTEN)
        }
    }
}

/// Prints the errors and warnings of a report where mistakes belong.
pub(super) fn complain(report: &Report) {
    let loud = report.problems.iter().filter(|problem| problem.severity > Severity::Note);
    let problems = loud.cloned().collect();
    eprint!("{}", coloured(&openapi::text::render(&Report { problems }), io::stderr().is_terminal()));
}

/// Nothing usable could be read: the problems say why.
pub(super) fn refused(report: &Report) -> ExitCode {
    complain(report);
    ExitCode::from(exit::BAD_DOCUMENT)
}

/// Severity words in colour, on terminals only.
pub(super) fn coloured(text: &str, is_terminal: bool) -> String {
    if !is_terminal || std::env::var_os("NO_COLOR").is_some() {
        return text.to_owned();
    }
    text.replace(": error[", ": \u{1b}[1;31merror\u{1b}[0m[")
        .replace(": warning[", ": \u{1b}[1;33mwarning\u{1b}[0m[")
}
