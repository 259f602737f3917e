//! `regenerate`: a new document takes the place of the old one, together with its lock, or nothing happens.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use codegen::contract::{self, Contract};
use codegen::drift::{self, Drift, Format};
use openapi::Reading;
use openapi::report::Severity;

use super::accept::{is_refused, reason};
use super::check::DOCUMENT;
use super::side::{Files, NOT_WRITTEN, lock, refused};
use super::{changelog, fetch};

/// What `regenerate` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 taken over, or nothing new; 3 breaking and not accepted, 64 wrong usage, 65 a document, overlay or lock with errors, 74 a file cannot be written. Unless it is 0, every file is as it was."
)]
pub(super) struct Options {
    /// The new document: a file or an http(s) address. It must be whole in itself.
    #[arg(value_name = "SOURCE")]
    source: String,
    /// The document that it takes the place of.
    #[arg(long, value_name = "FILE", default_value = DOCUMENT)]
    document: PathBuf,
    /// The overlay [default: overlay.yaml beside the document, if it is there].
    #[arg(long, value_name = "FILE")]
    overlay: Option<PathBuf>,
    /// The lock [default: tools.lock.json beside the document].
    #[arg(long, value_name = "FILE")]
    lock: Option<PathBuf>,
    /// Take it over also if that breaks clients.
    #[arg(long, requires = "reason")]
    accept_breaking: bool,
    /// Why, for those who read the changelog.
    #[arg(long, value_name = "TEXT", requires = "accept_breaking", value_parser = reason)]
    reason: Option<String>,
    /// Where accepted changes are recorded.
    #[arg(long, value_name = "FILE", default_value = changelog::FILE)]
    changelog: PathBuf,
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Show what it would change, and change nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Fetches, judges, shows, and takes over.
pub(super) fn run(options: &Options) -> ExitCode {
    match judge(options) {
        Ok(Judged { text, new, drift }) => take_over(options, text, &new, drift.as_ref()),
        Err(status) => status,
    }
}

struct Judged {
    text: String,
    new: Contract,
    /// Nothing, when there was neither a lock nor a document to compare with.
    drift: Option<Drift>,
}

fn files(options: &Options) -> Files {
    Files::of(&options.document, options.overlay.clone(), options.lock.clone())
}

fn judge(options: &Options) -> Result<Judged, ExitCode> {
    let files = files(options);
    let text = source(&options.source)?;
    let new = read(&text, &files)?;
    let old = match lock(&files.lock)? {
        Some(old) => Some(old),
        None if files.document.is_file() => Some(files.contract()?),
        None => None,
    };
    let drift = old.map(|old| drift::compare(&old, &new, drift::Options::default()));
    Ok(Judged { text, new, drift })
}

fn source(source: &str) -> Result<String, ExitCode> {
    let bytes = if fetch::is_address(source) {
        fetch::get(source).map_err(|message| refused(&message))?
    } else {
        std::fs::read(source).map_err(|cause| refused(&format!("cannot read {source}: {cause}")))?
    };
    String::from_utf8(bytes).map_err(|_| refused(&format!("{source} is not UTF-8 text")))
}

/// The contract of the new document under the overlay of the old one.
fn read(text: &str, files: &Files) -> Result<Contract, ExitCode> {
    // By the name of its place to be: the name's ending says whether it is JSON.
    let name = files.document.display().to_string();
    let overlay = match &files.overlay {
        None => None,
        Some(path) => Some((path.display().to_string(), overlay(path)?)),
    };
    let reading = openapi::read_texts(vec![(name, text.as_bytes().to_vec())], overlay);
    Contract::of_reading(&reading).map_err(|report| {
        eprint!("{}", openapi::text::render(&report));
        explain(&reading);
        eprintln!("mcp-codegen: nothing was changed");
        ExitCode::from(super::side::BAD_INPUT)
    })
}

fn overlay(path: &Path) -> Result<Vec<u8>, ExitCode> {
    std::fs::read(path).map_err(|cause| refused(&format!("cannot read {}: {cause}", path.display())))
}

/// Overlay targets that the new document no longer has are the usual reason, so they are told together.
fn explain(reading: &Reading) {
    let lost = reading
        .report
        .problems
        .iter()
        .filter(|problem| problem.severity == Severity::Error && problem.rule == "overlay-target");
    let lost: Vec<String> = lost.map(|problem| format!("  {}: {}", problem.place, problem.message)).collect();
    if !lost.is_empty() {
        eprintln!("mcp-codegen: these targets of the overlay must follow the new document, or go:");
        eprintln!("{}", lost.join("\n"));
    }
}

fn take_over(options: &Options, text: String, new: &Contract, drift: Option<&Drift>) -> ExitCode {
    let files = files(options);
    if let Some(drift) = drift {
        let told = super::output::print(&drift::render(drift, options.format));
        if told != ExitCode::SUCCESS {
            return told;
        }
        if is_refused(drift, options.accept_breaking) {
            eprintln!(
                "mcp-codegen: not taken over, since it breaks clients; nothing was changed. To take it over: --accept-breaking --reason TEXT"
            );
            return ExitCode::from(drift.status());
        }
    }
    if options.dry_run {
        return ExitCode::SUCCESS;
    }
    let mut writes = vec![(files.document, text), (files.lock, contract::write(new))];
    if let Some(drift) = drift.filter(|drift| !drift.findings.is_empty()) {
        match changelog::with(&options.changelog, drift, options.reason.as_deref()) {
            Ok(log) => writes.push((options.changelog.clone(), log)),
            Err(status) => return status,
        }
    }
    writes.retain(|(path, text)| std::fs::read_to_string(path).ok().as_ref() != Some(text));
    let names: Vec<String> = writes.iter().map(|(path, _)| path.display().to_string()).collect();
    // Standard output holds the findings in the form asked for, and nothing else.
    let message = match names.as_slice() {
        [] => "nothing new: every file is as it was".to_owned(),
        names => format!("written: {}", names.join(", ")),
    };
    match super::replace::replace_all(&writes) {
        Ok(()) => {
            eprintln!("mcp-codegen: {message}");
            ExitCode::SUCCESS
        }
        Err(cause) => {
            eprintln!("mcp-codegen: {cause}; nothing was changed");
            ExitCode::from(NOT_WRITTEN)
        }
    }
}
