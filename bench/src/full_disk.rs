//! A folder whose disk is full when it is told to be: a small disk in memory where this process may mount one, else a bound on
//! how large the program's files may become.

use std::ffi::OsString;
use std::fs;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::Command;

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

use crate::scratch::Scratch;

const FILLER: &str = "filler";

/// The folder.
#[derive(Debug)]
pub struct FullDisk {
    folder: Scratch,
    is_mounted: bool,
}

impl FullDisk {
    /// A folder with a few mebibytes of room, which what is kept while it is full finds again, or with a bound that can be set.
    pub fn new() -> io::Result<Self> {
        let folder = Scratch::new()?;
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"]).arg(folder.path());
        let is_mounted =
            rustix::process::geteuid().is_root() && mount.status().is_ok_and(|status| status.success());
        Ok(Self { folder, is_mounted })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// What makes it full.
    pub fn kind(&self) -> &'static str {
        if self.is_mounted { "a disk of 4 MiB" } else { "a bound on file sizes" }
    }

    /// The command that starts the program. A file that would become too large is to be an error, not the program's end.
    pub fn command(&self, program: &Path) -> Vec<OsString> {
        if self.is_mounted {
            return vec![program.into()];
        }
        vec!["sh".into(), "-c".into(), "trap '' XFSZ; exec \"$0\" \"$@\"".into(), program.into()]
    }

    /// Leaves no room for what this process writes.
    pub fn fill(&self, process: Pid) -> io::Result<()> {
        if !self.is_mounted {
            return bound(process, Some(1));
        }
        let mut filler = fs::File::create(self.path().join(FILLER))?;
        loop {
            match filler.write_all(&[0; 4096]) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::StorageFull => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    /// Gives the room back.
    pub fn free(&self, process: Pid) -> io::Result<()> {
        if self.is_mounted { fs::remove_file(self.path().join(FILLER)) } else { bound(process, None) }
    }
}

fn bound(process: Pid, bytes: Option<u64>) -> io::Result<()> {
    let own = getrlimit(Resource::Fsize);
    prlimit(Some(process), Resource::Fsize, Rlimit { current: bytes.or(own.current), maximum: own.maximum })?;
    Ok(())
}

impl Drop for FullDisk {
    fn drop(&mut self) {
        if self.is_mounted {
            let _ = Command::new("umount").arg("-l").arg(self.path()).status();
        }
    }
}
