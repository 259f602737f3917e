//! Compiles the document of every feature to a module of its own, and writes the table of all of them.
//!
//! A document with errors is compiled too: what remains of it, and what is said of the rest, is what its file is about.

mod fixture;
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use fixture::Fixture;

/// The folders of features, in the order of their table.
const AREAS: [&str; 6] = ["styles", "bodies", "schemas", "reading", "names", "answers"];

fn main() -> ExitCode {
    match compile() {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            println!("cargo::error={}", reason.replace('\n', " "));
            ExitCode::FAILURE
        }
    }
}

fn compile() -> Result<(), String> {
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo gives build scripts OUT_DIR")?);
    println!("cargo::rerun-if-changed=build");
    let (mut modules, mut table) = (String::new(), String::new());
    for area in AREAS {
        println!("cargo::rerun-if-changed={area}");
        for file in files(Path::new(area))? {
            let fixture = Fixture::read(&file)?;
            let compiled = program::compile(&fixture, &out)?;
            modules.push_str(&compiled.module);
            table.push_str(&compiled.row);
        }
    }
    let text = format!(
        "{modules}\n/// Every feature, by area and name.\npub static FEATURES: &[Feature] = &[\n{table}];\n"
    );
    fs::write(out.join("features.rs"), text).map_err(|cause| format!("features.rs: {cause}"))
}

/// The files of an area, sorted by name.
fn files(area: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(area).map_err(|cause| format!("{}: {cause}", area.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut files: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "yaml")).collect();
    files.sort();
    Ok(files)
}
