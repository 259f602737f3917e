//! The whole way for a build script: one document in, one file out, every problem as a line that cargo shows.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use openapi::Source;
use openapi::report::{Report, Severity};

/// The build cannot go on; cargo has been told why.
#[derive(Debug)]
pub struct Failed;

impl From<io::Error> for Failed {
    /// Nobody reads what cargo is told, so there is nobody to tell that either.
    fn from(_: io::Error) -> Self {
        Self
    }
}

/// Reads the document and its overlay and writes the program to `out`, if it changed.
///
/// Prints what cargo reads: the inputs to watch, errors and warnings with their places. On failure the build script
/// has only to exit with status 1.
pub fn build(document: &Path, overlay: Option<&Path>, out: &Path) -> Result<(), Failed> {
    build_with(Inputs { document, overlay, prompts: None }, out)
}

/// What a program is written from.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a> {
    /// The document.
    pub document: &'a Path,
    /// Its overlay, if any.
    pub overlay: Option<&'a Path>,
    /// Workflows, held against the tools; if any.
    pub prompts: Option<&'a Path>,
}

/// As [`build`], from all that a program may be written from.
pub fn build_with(inputs: Inputs<'_>, out: &Path) -> Result<(), Failed> {
    build_telling(inputs, out, &mut io::stdout().lock())
}

/// As [`build_with`], with the lines for cargo written to `cargo`.
pub fn build_telling(inputs: Inputs<'_>, out: &Path, cargo: &mut dyn Write) -> Result<(), Failed> {
    let Inputs { document, overlay, prompts } = inputs;
    let reading =
        openapi::read(&Source { document: document.to_owned(), overlay: overlay.map(Path::to_owned) });
    // Also what could not be read is watched: it may be there the next time.
    let mut watched: Vec<PathBuf> =
        [Some(document), overlay, prompts].into_iter().flatten().map(Path::to_owned).collect();
    watched.extend(reading.inputs);
    watched.sort();
    watched.dedup();
    for input in &watched {
        writeln!(cargo, "cargo::rerun-if-changed={}", input.display())?;
    }
    tell(&reading.report, cargo)?;
    let (prompts, told) = prompts.map(openapi::prompts::read).unwrap_or_default();
    tell(&told, cargo)?;
    let api = reading.api.ok_or(Failed)?;
    let written = crate::write_with(&api, &prompts);
    tell(&written.report, cargo)?;
    if reading.report.has_errors() || told.has_errors() || written.report.has_errors() {
        return Err(Failed);
    }
    if let Err(cause) = replace(out, &written.source) {
        writeln!(cargo, "cargo::error=cannot write {}: {cause}", out.display())?;
        return Err(Failed);
    }
    Ok(())
}

/// One line for each error and warning; notes are silent, the report of the CLI has them.
fn tell(report: &Report, cargo: &mut dyn Write) -> io::Result<()> {
    for problem in &report.problems {
        let line = problem.to_string().replace(['\n', '\r'], " ");
        match problem.severity {
            Severity::Error => writeln!(cargo, "cargo::error={line}")?,
            Severity::Warning => writeln!(cargo, "cargo::warning={line}")?,
            Severity::Note => {}
        }
    }
    Ok(())
}

/// Writes beside the file and renames, so that nobody ever reads half of it; an unchanged file keeps its time.
fn replace(out: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(out).is_ok_and(|known| known == text) {
        return Ok(());
    }
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    let beside = out.with_file_name(name);
    fs::write(&beside, text)?;
    fs::rename(&beside, out).inspect_err(|_| {
        // The rename failed and says so; a leftover beside it would only confuse.
        let _ = fs::remove_file(&beside);
    })
}
