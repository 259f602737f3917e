//! The whole way for a build script: one document in, one file out, every problem as a line that cargo shows.

use std::fs;
use std::io;
use std::path::Path;

use openapi::Source;
use openapi::report::{Report, Severity};

/// The build cannot go on; cargo has been told why.
#[derive(Debug)]
pub struct Failed;

/// Reads the document and its overlay and writes the program to `out`, if it changed.
///
/// Prints what cargo reads: the inputs to watch, errors and warnings with their places. On failure the build script
/// has only to exit with status 1.
pub fn build(document: &Path, overlay: Option<&Path>, out: &Path) -> Result<(), Failed> {
    println!("cargo::rerun-if-changed={}", document.display());
    if let Some(overlay) = overlay {
        println!("cargo::rerun-if-changed={}", overlay.display());
    }
    let source = Source { document: document.to_owned(), overlay: overlay.map(Path::to_owned) };
    let reading = openapi::read(&source);
    for input in &reading.inputs {
        println!("cargo::rerun-if-changed={}", input.display());
    }
    tell(&reading.report);
    let api = reading.api.ok_or(Failed)?;
    let written = crate::write(&api);
    tell(&written.report);
    if reading.report.has_errors() || written.report.has_errors() {
        return Err(Failed);
    }
    replace(out, &written.source).map_err(|cause| {
        println!("cargo::error=cannot write {}: {cause}", out.display());
        Failed
    })
}

/// One line for each error and warning; notes are silent, the report of the CLI has them.
fn tell(report: &Report) {
    for problem in &report.problems {
        let line = problem.to_string().replace(['\n', '\r'], " ");
        match problem.severity {
            Severity::Error => println!("cargo::error={line}"),
            Severity::Warning => println!("cargo::warning={line}"),
            Severity::Note => {}
        }
    }
}

/// Writes beside the file and renames, so that nobody ever reads half of it; an unchanged file keeps its time.
pub(crate) fn replace(out: &Path, text: &str) -> io::Result<()> {
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
