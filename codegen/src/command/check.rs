//! `check`: what the generator makes now, against the lock.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use codegen::drift::{self, Format};

use super::side::{Files, lock, refused};

/// The document of this repository, unless another is named.
pub(super) const DOCUMENT: &str = "config/openapi.json";

/// What `check` takes.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit status: 0 same, 1 compatible drift or words only, 2 risky, 3 breaking, 64 wrong usage, 65 a document or lock with errors"
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
    /// How findings are written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Tokens that one tool may cost; a tool that crosses the line is reported.
    #[arg(long, value_name = "TOKENS")]
    tool_budget: Option<usize>,
}

/// Compares, prints, and tells by the status.
pub(super) fn run(options: Options) -> ExitCode {
    let files = Files::of(&options.document, options.overlay, options.lock);
    let judged = files.contract().and_then(|new| Ok((lock(&files.lock)?, new)));
    let (old, new) = match judged {
        Ok((Some(old), new)) => (old, new),
        Ok((None, _)) => {
            let document = files.document.display();
            return refused(&format!(
                "there is no lock {}: write it with `mcp-codegen accept {document}`",
                files.lock.display()
            ));
        }
        Err(status) => return status,
    };
    let drift = drift::compare(&old, &new, drift::Options { tool_budget: options.tool_budget });
    super::tell(&drift, options.format)
}
