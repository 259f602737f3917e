//! The files of a journal: `audit-000001.jsonl` and on, and the lock that keeps a second writer out.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use crate::start_error::StartError;

const PREFIX: &str = "audit-";
const SUFFIX: &str = ".jsonl";
const LOCK: &str = "audit.lock";

/// The path of the file with this number.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{PREFIX}{number:06}{SUFFIX}"))
}

/// The numbers of the files that are there, in order.
pub(super) fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(PREFIX)?.strip_suffix(SUFFIX));
        numbers.extend(number.and_then(|number| number.parse::<u64>().ok()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Makes the folder if it is not there, readable by its owner only.
pub(super) fn make(folder: &Path) -> Result<(), StartError> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| cannot(folder, "be made", &error))
}

/// Takes the folder for this process; it is free again when what is given back is dropped, or the process ends.
pub(super) fn lock(folder: &Path) -> Result<File, StartError> {
    let path = folder.join(LOCK);
    let file = appended(&path).map_err(|error| cannot(&path, "be opened", &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StartError::new(format!(
            "another process writes to the journal in {}: give each a folder of its own",
            folder.display()
        ))),
        Err(TryLockError::Error(error)) => Err(cannot(&path, "be locked", &error)),
    }
}

/// Opens a file to add to it; a new one is readable by its owner only.
pub(super) fn appended(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Makes sure that a new file is found again after a crash.
pub(super) fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

/// Removes the files before `current` that were last written to longer ago than this.
pub(super) fn remove_older(folder: &Path, current: u64, keep: Duration, now: SystemTime) -> io::Result<()> {
    for number in numbers(folder)?.into_iter().filter(|number| *number < current) {
        let path = path(folder, number);
        let age = now.duration_since(fs::metadata(&path)?.modified()?).unwrap_or_default();
        if age > keep {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// Why the journal does not start.
pub(super) fn cannot(path: &Path, what: &str, error: &io::Error) -> StartError {
    StartError::new(format!("the journal: {} cannot {what}: {error}", path.display()))
}
