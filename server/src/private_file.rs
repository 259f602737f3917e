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

/// A list that such a file holds.
pub(crate) trait Listed: Serialize + DeserializeOwned {
    /// The setting that names the file.
    const SETTING: &'static str;
    /// The command that writes it.
    const COMMAND: &'static str;
    /// The form of the file that is read and written.
    const VERSION: u32;

    /// A list of nothing yet.
    fn empty() -> Self;

    /// The form of the file that it was read from.
    fn version(&self) -> u32;

    /// What is wrong with it otherwise, in words that follow "cannot be used".
    fn fault(&self) -> Option<String> {
        None
    }
}

/// Reads a file that nobody but its owner can read.
pub(crate) fn read<L: Listed>(path: &Path) -> Result<(L, Stamp), StartError> {
    let stamp = Stamp::of(path);
    let unreadable = |error: io::Error| cannot::<L>(path, &format!("be read: {error}"));
    let known = fs::metadata(path).map_err(unreadable)?;
    if others_may_read(&known) {
        return Err(cannot::<L>(path, "be used: others may read it; its mode must be 0600"));
    }
    if known.len() > LARGEST {
        return Err(cannot::<L>(path, "be used: it is too large"));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    // What is wrong is told by its place: the text is not for everybody.
    let list: L = serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = format!("be used: line {line}, column {column} is not as `{}` writes it", L::COMMAND);
        cannot::<L>(path, &what)
    })?;
    let (expected, got) = (L::VERSION, list.version());
    if got != expected {
        return Err(cannot::<L>(path, &format!("be used: expected version {expected}, got {got}")));
    }
    match list.fault() {
        Some(fault) => Err(cannot::<L>(path, &format!("be used: {fault}"))),
        None => Ok((list, stamp)),
    }
}

/// Whether others than its owner may read or write a file.
#[cfg(unix)]
pub(crate) fn others_may_read(known: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&known.permissions()) & 0o077 != 0
}

/// There are no such permissions here.
#[cfg(not(unix))]
pub(crate) fn others_may_read(_: &fs::Metadata) -> bool {
    false
}

/// What a file holds; nothing where there is no file yet.
pub(crate) fn load<L: Listed>(path: &Path) -> Result<L, StartError> {
    match fs::exists(path) {
        Ok(false) => Ok(L::empty()),
        _ => read(path).map(|(list, _)| list),
    }
}

/// Changes what a file holds, one change after the other however many programs make some.
pub(crate) fn change<L: Listed, T>(
    path: &Path,
    change: impl FnOnce(&mut L) -> Result<T, StartError>,
) -> Result<T, StartError> {
    let failed = |error: io::Error| cannot::<L>(path, &format!("be written: {error}"));
    let _turn = turn(path).map_err(failed)?;
    let mut list = load(path)?;
    let changed = change(&mut list)?;
    let text = serde_json::to_string_pretty(&list).expect("lists are JSON") + "\n";
    replace(path, text.as_bytes()).map_err(failed)?;
    Ok(changed)
}

/// What cannot be done with a file.
pub(crate) fn cannot<L: Listed>(path: &Path, what: &str) -> StartError {
    StartError::new(format!("{}: {} cannot {what}", L::SETTING, path.display()))
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

/// Waits until no other one changes a file, and keeps others from it until what is given is dropped.
pub(crate) fn turn(path: &Path) -> io::Result<File> {
    let lock = lock(path)?;
    lock.lock()?;
    Ok(lock)
}

/// Takes a file for this process until what is given is dropped; nothing where another one has it.
pub(crate) fn hold(path: &Path) -> io::Result<Option<File>> {
    let lock = lock(path)?;
    match lock.try_lock() {
        Ok(()) => Ok(Some(lock)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

fn lock(path: &Path) -> io::Result<File> {
    private().create(true).truncate(false).open(beside(path, "lock"))
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
