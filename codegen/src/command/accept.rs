//! `accept`: the lock becomes what the generator makes now. What breaks clients needs a reason, which is recorded.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use codegen::contract;
use codegen::drift::{self, Drift, Format, Severity};

use super::changelog;
use super::check::DOCUMENT;
use super::replace::replace_all;
use super::side::{Files, NOT_WRITTEN, lock};

/// What `accept` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 accepted or nothing to accept, 3 breaking and not accepted, 64 wrong usage, 65 a document or lock with errors, 74 a file cannot be written"
)]
pub(super) struct Options {
    /// The OpenAPI document.
    #[arg(value_name = "DOCUMENT", default_value = DOCUMENT)]
    document: PathBuf,
    /// The overlay [default: overlay.yaml beside the document, if it is there].
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
    /// The lock [default: tools.lock.json beside the document].
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Accept also what breaks clients.
    #[arg(long, requires = "reason")]
    breaking: bool,
    /// Why, for those who read the changelog.
    #[arg(long, value_name = "TEXT", requires = "breaking", value_parser = reason)]
    reason: Option<String>,
    /// Where accepted changes are recorded.
    #[arg(long, value_name = "FILE", default_value = changelog::FILE)]
    changelog: PathBuf,
}

/// A reason says something.
pub(super) fn reason(text: &str) -> Result<String, String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { Err("a reason has at least a word".to_owned()) } else { Ok(text) }
}

/// Writes the lock, unless that would break clients and nobody said why.
pub(super) fn run(options: &Options) -> ExitCode {
    let files = Files::of(&options.document, options.overlay.clone(), options.lock.clone());
    let judged = files.contract().and_then(|new| Ok((lock(&files.lock)?, new)));
    let (old, new) = match judged {
        Ok(both) => both,
        Err(status) => return status,
    };
    let text = contract::write(&new);
    let Some(old) = old else {
        return written(
            &[(files.lock.clone(), text)],
            &format!("locked {} tools: {}", new.tools.len(), new.hash()),
        );
    };
    let drift = drift::compare(&old, &new, drift::Options::default());
    if drift.findings.is_empty() {
        return super::output::print("nothing to accept: the tools are as the lock says\n");
    }
    let told = super::output::print(&drift::render(&drift, Format::Text));
    if told != ExitCode::SUCCESS {
        return told;
    }
    if is_refused(&drift, options.breaking) {
        eprintln!(
            "mcp-codegen: not accepted, since it breaks clients; to accept it: accept --breaking --reason TEXT"
        );
        return ExitCode::from(drift.status());
    }
    let log = match changelog::with(&options.changelog, &drift, options.reason.as_deref()) {
        Ok(log) => log,
        Err(status) => return status,
    };
    written(
        &[(files.lock.clone(), text), (options.changelog.clone(), log)],
        &format!("accepted: {}", new.hash()),
    )
}

/// Whether this drift needs a reason that was not given.
pub(super) fn is_refused(drift: &Drift, may_break: bool) -> bool {
    drift.worst() == Some(Severity::Breaking) && !may_break
}

/// Writes all files or none, and says so.
pub(super) fn written(files: &[(PathBuf, String)], message: &str) -> ExitCode {
    match replace_all(files) {
        Ok(()) => super::output::print(&format!("{message}\n")),
        Err(message) => {
            eprintln!("mcp-codegen: {message}; nothing was changed");
            ExitCode::from(NOT_WRITTEN)
        }
    }
}
