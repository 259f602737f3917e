//! `generate`: the program of a document.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::progress::Progress;
use super::{Input, exit, joined, output};

/// What to write, and where.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mcp-codegen generate openapi.json --overlay overlay.yaml --out src/api.rs\n\n\
                        A build script does the same with `codegen::build`, and tells cargo what to watch."
)]
pub(super) struct Options {
    #[command(flatten)]
    input: Input,
    /// Where to; standard output if not given.
    #[arg(long, short, visible_alias = "output", value_name = "FILE")]
    out: Option<PathBuf>,
    /// Write what can be carried even if the document has errors.
    #[arg(long)]
    lenient: bool,
}

/// Writes the program, or says why not.
pub(super) fn run(options: &Options, progress: &Progress) -> ExitCode {
    let reading = match options.input.read(progress) {
        Ok(reading) => reading,
        Err(status) => return status,
    };
    let Some(api) = &reading.api else { return output::refused(&reading.report) };
    let written = progress.during("writing the program", || codegen::write(api));
    let report = joined(&reading, &written.report);
    if report.has_errors() {
        output::complain(&report);
        if !options.lenient {
            return exit::of(&report);
        }
    }
    let status = output::write(&written.source, options.out.as_deref());
    // The program ends here: taking the tree of a large document apart node by node first would only cost time.
    std::mem::forget(reading);
    status
}
