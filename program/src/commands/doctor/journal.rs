//! The journal: whether its folder can be written and has room, and whether a server can go on where it ends.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use server::journal::{SigningKey, verify_end};

use super::finding::Finding;
use crate::settings::Journaling;

const CHECK: &str = "journal";
/// What is written to see whether anything can be: a record's size.
const SAMPLE: [u8; 1024] = [b'\n'; 1024];

/// What is wanted of the journal.
pub(super) struct Wanted {
    /// Nothing where none is kept.
    folder: Option<PathBuf>,
    signing_key: Option<PathBuf>,
    /// How large a file of it becomes.
    file_bytes: u64,
}

impl Wanted {
    pub(super) fn of(journaling: &Journaling) -> Self {
        let set = |path: &Path| Some(path.to_owned()).filter(|path| !path.as_os_str().is_empty());
        Self {
            folder: set(&journaling.options.folder).filter(|_| journaling.enabled),
            signing_key: set(&journaling.signing_key),
            file_bytes: journaling.options.file_bytes,
        }
    }
}

/// Looks at the folder and writes into it.
pub(super) fn look(wanted: &Wanted) -> Vec<Finding> {
    let Some(folder) = &wanted.folder else {
        let found = "none is kept (AUDIT_FOLDER): changes are made without being recorded";
        return vec![Finding::not_configured(CHECK, found)];
    };
    let mut findings = vec![written(folder, wanted.file_bytes)];
    findings.extend(end(folder));
    if let Some(Err(error)) = wanted.signing_key.as_deref().map(SigningKey::read) {
        findings.push(Finding::failed(CHECK, error.to_string(), "make a key with `audit key FILE`"));
    }
    findings
}

/// Whether the folder, or what it will be made in, can be written, and for how long.
fn written(folder: &Path, file_bytes: u64) -> Finding {
    let shown = folder.display();
    let place = folder.ancestors().find(|place| place.exists()).unwrap_or(Path::new("."));
    // The last of a path without a folder before it is nothing.
    let place = if place.as_os_str().is_empty() { Path::new(".") } else { place };
    if let Err(error) = try_to_write(place) {
        return Finding::failed(
            CHECK,
            format!("AUDIT_FOLDER: {} cannot be written: {error}", place.display()),
            "make room, or let the user of this program write there: until then changes are refused",
        );
    }
    let state = if folder.exists() { "can be written" } else { "can be made" };
    match room(place) {
        Some(left) if left < file_bytes => Finding::warning(
            CHECK,
            format!("{shown} {state}, and has room for {} MiB, less than one file of it", left >> 20),
            "make room before it is full: then changes are refused",
        ),
        Some(left) => Finding::fine(CHECK, format!("{shown} {state}, with room for {} MiB", left >> 20)),
        None => Finding::fine(CHECK, format!("{shown} {state}")),
    }
}

/// Writes a file to the disk, and removes it whatever came of it.
fn try_to_write(place: &Path) -> io::Result<()> {
    let path = place.join(format!(".examined-{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
    let outcome = file.write_all(&SAMPLE).and_then(|()| file.sync_all());
    fs::remove_file(&path)?;
    outcome
}

/// How many bytes have room there; nothing where the system does not say it.
#[cfg(unix)]
fn room(place: &Path) -> Option<u64> {
    let known = rustix::fs::statvfs(place).ok()?;
    Some(known.f_bavail.saturating_mul(known.f_frsize))
}

/// It is not asked here.
#[cfg(not(unix))]
fn room(_: &Path) -> Option<u64> {
    None
}

/// Whether the last file is whole.
fn end(folder: &Path) -> Option<Finding> {
    if !folder.exists() {
        return None;
    }
    Some(match verify_end(folder) {
        Ok(Ok(found)) if found.records == 0 => Finding::fine(CHECK, "there is no record yet"),
        Ok(Ok(found)) => Finding::fine(CHECK, format!("its last file is whole, up to record {}", found.last)),
        Ok(Err(damage)) => Finding::failed(
            CHECK,
            format!("{}:{}: {}", damage.file.display(), damage.line, damage.what),
            "`audit verify` reads all of it; keep this folder, and name a new one in AUDIT_FOLDER",
        ),
        Err(error) => Finding::failed(
            CHECK,
            format!("it cannot be read: {error}"),
            "let the user of this program read what is in the folder",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::State;

    #[test]
    fn less_room_than_one_file_is_a_warning() {
        let folder = std::env::temp_dir();
        let left = room(&folder).expect("the system says it");
        // Others write there too, so that the bounds are wide.
        assert_eq!(written(&folder, left / 2).state, State::Fine);
        assert_eq!(written(&folder, left.saturating_mul(2)).state, State::Warning);
    }
}
