//! Files that only their owner reads. One is written whole beside itself and put in its place at once, by one who holds its
//! lock, so that whoever reads it reads all of one state.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::start_error::StartError;

/// The largest file that is read, in bytes.
pub(crate) const LARGEST: u64 = 16 << 20;

/// A kind of file: what messages call it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PrivateFile {
    /// The setting that names the file.
    pub(crate) setting: &'static str,
    /// The command that writes it.
    pub(crate) command: &'static str,
}

impl PrivateFile {
    /// Reads a file that nobody but its owner can read.
    pub(crate) fn read<L: DeserializeOwned>(&self, path: &Path) -> Result<(L, Stamp), StartError> {
        let stamp = Stamp::of(path);
        let known = fs::metadata(path).map_err(|error| self.cannot(path, &format!("be read: {error}")))?;
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&known.permissions()) & 0o077 != 0 {
            return Err(self.cannot(path, "be used: others may read it; its mode must be 0600"));
        }
        if known.len() > LARGEST {
            return Err(self.cannot(path, "be used: it is too large"));
        }
        let bytes = fs::read(path).map_err(|error| self.cannot(path, &format!("be read: {error}")))?;
        // What is wrong is told by its place: the text is not for everybody.
        let list = serde_json::from_slice(&bytes).map_err(|error| {
            let (line, column, command) = (error.line(), error.column(), self.command);
            self.cannot(
                path,
                &format!("be used: line {line}, column {column} is not as `{command}` writes it"),
            )
        })?;
        Ok((list, stamp))
    }

    /// Changes what a file holds, one change after the other however many programs make some.
    pub(crate) fn change<L: Serialize, T>(
        &self,
        path: &Path,
        load: impl FnOnce() -> Result<L, StartError>,
        change: impl FnOnce(&mut L) -> Result<T, StartError>,
    ) -> Result<T, StartError> {
        let failed = |error: io::Error| self.cannot(path, &format!("be written: {error}"));
        let lock = private().create(true).truncate(false).open(beside(path, "lock")).map_err(failed)?;
        lock.lock().map_err(failed)?;
        let mut list = load()?;
        let changed = change(&mut list)?;
        let text = serde_json::to_string_pretty(&list).expect("lists are JSON") + "\n";
        replace(path, text.as_bytes()).map_err(failed)?;
        Ok(changed)
    }

    /// What cannot be done with a file.
    pub(crate) fn cannot(&self, path: &Path, what: &str) -> StartError {
        StartError::new(format!("{}: {} cannot {what}", self.setting, path.display()))
    }
}

/// By what a file is known to be another than before.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Stamp(Option<(SystemTime, u64, u64)>);

impl Stamp {
    pub(crate) fn of(path: &Path) -> Self {
        let known = fs::metadata(path).ok();
        Self(known.and_then(|known| Some((known.modified().ok()?, known.len(), number(&known)))))
    }
}

#[cfg(unix)]
fn number(known: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(known)
}

#[cfg(not(unix))]
fn number(_: &fs::Metadata) -> u64 {
    0
}

/// Writes a file whole, for its owner only, and puts it in the place of the one before.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = beside(path, &format!("new-{}", std::process::id()));
    let mut file = private().create(true).truncate(true).open(&written)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(&written, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// Takes a file for this process until what is given is dropped; nothing where another one has it.
pub(crate) fn hold(path: &Path) -> io::Result<Option<File>> {
    let lock = private().create(true).truncate(false).open(beside(path, "lock"))?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A file with more at the end of its name.
pub(crate) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(more);
    PathBuf::from(name)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
