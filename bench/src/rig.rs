//! What every check is given.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program under test, and how much of it is asked.
#[derive(Clone, Debug)]
pub struct Rig {
    /// The compiled program.
    pub program: PathBuf,
    /// Fewer calls and shorter times with the same rules, as on every change; else the figures of the goals.
    pub short: bool,
    /// What faults and interleavings are drawn from.
    pub seed: u64,
    /// Whether only this seed is run of checks that run many.
    pub is_replay: bool,
}

impl Rig {
    /// The first value in a full run, the second in a short one.
    pub fn choose<T>(&self, full: T, short: T) -> T {
        if self.short { short } else { full }
    }

    /// How many times as long as its goal something may take: a short run is made with programs that are compiled for tests, on
    /// machines that have other work to do.
    pub fn patience(&self) -> u32 {
        self.choose(1, 3)
    }
}

/// Builds the program as this one was built, and says where it is: beside it.
pub fn build_program() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or_else(|| io::Error::other("this program lies in no folder"))?;
    let target = folder.parent().ok_or_else(|| io::Error::other("this program lies in no build folder"))?;
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is around this crate");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut build = Command::new(cargo);
    build
        .args(["build", "--locked", "--bin", "code-pipeline-mcp", "--manifest-path"])
        .arg(root.join("Cargo.toml"));
    build.arg("--target-dir").arg(target);
    if !cfg!(debug_assertions) {
        build.arg("--release");
    }
    eprintln!("building code-pipeline-mcp");
    if !build.status()?.success() {
        return Err(io::Error::other("code-pipeline-mcp was not built"));
    }
    Ok(folder.join("code-pipeline-mcp"))
}
