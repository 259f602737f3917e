//! How a command ends, as a number that scripts can act on; after `sysexits.h` where that has a word for it.

use std::process::ExitCode;

use codegen::size::{CATALOG_BUDGET, TOOL_BUDGET};
use openapi::report::{Report, Severity};

/// The tools are over the budget, and nothing else is wrong.
pub(crate) const OVER_BUDGET: u8 = 3;
/// The command line was wrong.
pub(crate) const USAGE: u8 = 64;
/// The document has errors.
pub(crate) const BAD_DOCUMENT: u8 = 65;
/// There is no such document or overlay.
pub(crate) const NO_INPUT: u8 = 66;
/// A file could not be written.
pub(crate) const NOT_WRITTEN: u8 = 74;

/// The statuses, for the help.
pub(crate) const HELP: &str = "\
Examples:
  mcp-codegen new petstore.yaml petstore-mcp            a server, as a package that builds
  mcp-codegen report openapi.json --overlay o.yaml      what becomes of each operation, and why
  mcp-codegen report openapi.json --max-tool-bytes 8000 a limit for CI

Exit status:
   0  done
   3  the tools are over the budget, and nothing else is wrong
  64  wrong usage, or no such tool
  65  the document or its overlay has errors
  66  the document or its overlay cannot be opened
  74  a file cannot be written";

/// The status that a report asks for.
pub(crate) fn of(report: &Report) -> ExitCode {
    let errors = || report.problems.iter().filter(|problem| problem.severity == Severity::Error);
    if errors().next().is_none() {
        ExitCode::SUCCESS
    } else if errors().all(|problem| [TOOL_BUDGET, CATALOG_BUDGET].contains(&problem.rule)) {
        ExitCode::from(OVER_BUDGET)
    } else {
        ExitCode::from(BAD_DOCUMENT)
    }
}
