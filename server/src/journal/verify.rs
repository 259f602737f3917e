//! Whether a journal is whole: every record numbered on from the one before, linked to it by its hash, and unchanged.
//!
//! A line that is no record is what a crash leaves: it is accepted where a process began next, or at the very end, and
//! nowhere else. Files that were kept long enough may be gone from the beginning, never from the middle.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::chain::{self, Broken, Link, Sealed};
use super::folder;
use super::signature::PublicKey;

/// A journal that is whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many files it has.
    pub files: usize,
    /// How many records.
    pub records: u64,
    /// The number of the first record; above 1 where older files were removed.
    pub first: u64,
    /// How many processes wrote it.
    pub starts: usize,
    /// Records that a crash tore.
    pub torn: usize,
    /// Records that were lost while the disk failed, and said to be.
    pub lost: u64,
    /// Checkpoints; their signatures are checked only by [`verify_signed`].
    pub checkpoints: usize,
    /// The number of the last record that a checkpoint signs; 0 where none does.
    pub signed: u64,
    /// The number of the last record.
    pub last: u64,
}

/// Where a journal is not whole, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damage {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// Reads every record. The error of the outer result is that of reading, that of the inner one the first damage.
pub fn verify(place: &Path) -> io::Result<Result<Verified, Damage>> {
    run(place, Check::default())
}

/// The same, and every signature must be one of this key.
pub fn verify_signed(place: &Path, key: &PublicKey) -> io::Result<Result<Verified, Damage>> {
    run(place, Check { key: Some(key), ..Check::default() })
}

/// The same of the last file only, which is where a server goes on: what stands before it is taken as it is.
pub fn verify_end(place: &Path) -> io::Result<Result<Verified, Damage>> {
    let last = folder::numbers(place)?.into_iter().last();
    run_through(place, last, Check::default())
}

fn run(place: &Path, check: Check<'_>) -> io::Result<Result<Verified, Damage>> {
    run_through(place, folder::numbers(place)?, check)
}

fn run_through(
    place: &Path,
    numbers: impl IntoIterator<Item = u64>,
    mut check: Check<'_>,
) -> io::Result<Result<Verified, Damage>> {
    for number in numbers {
        let file = folder::path(place, number);
        let bytes = std::fs::read(&file)?;
        check.found.files += 1;
        for (index, line) in bytes.split(|byte| *byte == b'\n').enumerate() {
            // A line feed ends each record, so what follows the last one is empty, or torn.
            if line.is_empty() {
                continue;
            }
            if let Err(what) = check.line(line) {
                return Ok(Err(Damage { file, line: index + 1, what }));
            }
        }
    }
    Ok(Ok(check.found))
}

#[derive(Default)]
struct Check<'k> {
    key: Option<&'k PublicKey>,
    found: Verified,
    last: Option<Link>,
    /// Whether the line before was torn.
    is_torn: bool,
}

impl Check<'_> {
    fn line(&mut self, line: &[u8]) -> Result<(), String> {
        let sealed = match chain::open(line) {
            Ok(sealed) => sealed,
            Err(Broken::Torn) if !self.is_torn => {
                self.is_torn = true;
                self.found.torn += 1;
                return Ok(());
            }
            Err(Broken::Torn) => return Err("two lines in a row are no records".to_owned()),
            Err(Broken::Changed) => return Err("the record was changed: its hash is another".to_owned()),
        };
        let kind = sealed.record.get("kind").and_then(Value::as_str).unwrap_or_default();
        if std::mem::take(&mut self.is_torn) && kind != "start" {
            return Err("the line before is no record, and no process began here".to_owned());
        }
        if let Some(last) = &self.last {
            follows(last, &sealed.link, &sealed.before)?;
        } else {
            self.found.first = sealed.link.sequence;
            if sealed.link.sequence == 1 {
                follows(&Link::default(), &sealed.link, &sealed.before)?;
            }
        }
        if kind == "checkpoint" {
            self.checkpoint(&sealed)?;
        }
        self.found.records += 1;
        self.found.last = sealed.link.sequence;
        self.found.starts += usize::from(kind == "start");
        self.found.lost += sealed.record.get("lost").and_then(Value::as_u64).unwrap_or(0);
        self.last = Some(sealed.link);
        Ok(())
    }

    /// A checkpoint signs what it follows.
    fn checkpoint(&mut self, sealed: &Sealed) -> Result<(), String> {
        let text = |member: &str| sealed.record.get(member).and_then(Value::as_str).unwrap_or_default();
        let before = Link { sequence: sealed.link.sequence.saturating_sub(1), hash: sealed.before.clone() };
        if self.key.is_some_and(|key| !key.accepts(text("signature"), text("epoch"), &before)) {
            return Err("the signature is not one of this key for the records before".to_owned());
        }
        self.found.checkpoints += 1;
        self.found.signed = before.sequence;
        Ok(())
    }
}

fn follows(last: &Link, next: &Link, before: &str) -> Result<(), String> {
    if next.sequence != last.sequence + 1 {
        return Err(format!("record {} follows record {}", next.sequence, last.sequence));
    }
    if before != last.hash {
        return Err(format!("record {} is not linked to the one before", next.sequence));
    }
    Ok(())
}
