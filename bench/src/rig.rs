//! What every check is given.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

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
    /// How long the check that goes on for long does, where that was said.
    pub long: Option<Duration>,
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

/// The folder of the workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace is around this crate")
}

/// Builds the program as this one was built, and says where it is.
pub fn build_program() -> io::Result<PathBuf> {
    Build { manifest: root().join("Cargo.toml"), package: "code-pipeline-mcp", target: None, profile: None }
        .run()
}

/// The build folder that this program lies in.
pub fn build_folder() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().ok_or_else(|| io::Error::other("this program lies in no folder"))?;
    // A test lies one deeper.
    let folder = if folder.ends_with("deps") { folder.parent().unwrap_or(folder) } else { folder };
    let target = folder.parent().ok_or_else(|| io::Error::other("this program lies in no build folder"))?;
    Ok(target.to_owned())
}

/// A package whose program of the same name is built.
#[derive(Debug)]
pub struct Build {
    /// The manifest of its workspace.
    pub manifest: PathBuf,
    /// The package.
    pub package: &'static str,
    /// A build folder of its own within that of this program, where it has nothing in common with it.
    pub target: Option<&'static str>,
    /// The profile; that of this program where none is named.
    pub profile: Option<&'static str>,
}

impl Build {
    /// Builds it as it is locked, and says where the program is.
    pub fn run(&self) -> io::Result<PathBuf> {
        self.cargo(&["--locked"])
    }

    /// Builds one whose lock is made from another, which may lock more than it needs.
    pub fn run_unlocked(&self) -> io::Result<PathBuf> {
        self.cargo(&[])
    }

    fn cargo(&self, more: &[&str]) -> io::Result<PathBuf> {
        let target = build_folder()?;
        let target = self.target.map_or_else(|| target.clone(), |own| target.join(own));
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--package", self.package, "--bin", self.package, "--manifest-path"]);
        build.arg(&self.manifest).arg("--target-dir").arg(&target).args(more);
        let profile = self.profile.unwrap_or(if cfg!(debug_assertions) { "dev" } else { "release" });
        build.args(["--profile", profile]);
        eprintln!("building {}", self.package);
        if !build.status()?.success() {
            return Err(io::Error::other(format!("{} was not built", self.package)));
        }
        let folder = if profile == "dev" { "debug" } else { profile };
        Ok(target.join(folder).join(self.package))
    }
}
