//! `diff`: any two documents, locks or addresses.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use codegen::drift::{self, Format};

use super::side::{self, Side};

/// Exit status: they differ, and only that is known.
const UNKNOWN: u8 = 2;

/// What `diff` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "A side is a document, a lock, or an http(s) address that gives one of them; the address of a running server is compared by the hash that its /health names.\n\nExit status: as of check; 2 where only hashes could be compared and they differ"
)]
pub(super) struct Options {
    /// What clients learnt.
    #[arg(value_name = "OLD")]
    old: String,
    /// What they meet.
    #[arg(value_name = "NEW")]
    new: String,
    /// An overlay for OLD, if that is a document.
    #[arg(long, value_name = "FILE")]
    old_overlay: Option<PathBuf>,
    /// An overlay for NEW, if that is a document.
    #[arg(long, value_name = "FILE")]
    new_overlay: Option<PathBuf>,
    /// Compare what can be carried of documents that have errors, which are printed.
    #[arg(long)]
    lenient: bool,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Tokens that one tool may cost; a tool that crosses the line is reported.
    #[arg(long, value_name = "TOKENS")]
    tool_budget: Option<usize>,
}

/// Compares, prints, and tells by the status.
pub(super) fn run(options: &Options) -> ExitCode {
    let old = match side::read(&options.old, options.old_overlay.as_deref(), options.lenient) {
        Ok(side) => side,
        Err(status) => return status,
    };
    let new = match side::read(&options.new, options.new_overlay.as_deref(), options.lenient) {
        Ok(side) => side,
        Err(status) => return status,
    };
    match (old, new) {
        (Side::Contract(old), Side::Contract(new)) => {
            let drift = drift::compare(&old, &new, drift::Options { tool_budget: options.tool_budget });
            super::tell(&drift, options.format)
        }
        (old, new) => hashes(&hash(&old), &hash(&new)),
    }
}

fn hash(side: &Side) -> String {
    match side {
        Side::Contract(contract) => contract.hash(),
        Side::Hash(hash) => hash.clone(),
    }
}

fn hashes(old: &str, new: &str) -> ExitCode {
    if old == new {
        return super::output::print(&format!("no drift: the contract is {new}\n"));
    }
    let told = super::output::print(&format!(
        "the contracts differ: {old} and {new}\nA server tells only the hash. Its program prints the whole contract with the command `contract`; compare that.\n"
    ));
    if told == ExitCode::SUCCESS { ExitCode::from(UNKNOWN) } else { told }
}
