//! Reading the journal back: whole records, in order. What is no record is passed over; [`super::verify`] says where.

use std::io;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::{chain, folder};

/// A record as it stands in its file.
#[derive(Clone, Debug)]
pub struct Record {
    /// The file.
    pub file: PathBuf,
    /// The line in it, from 1.
    pub line: usize,
    /// The members.
    pub members: Map<String, Value>,
}

impl Record {
    /// The text of a member; empty where there is none.
    pub fn text(&self, member: &str) -> &str {
        self.members.get(member).and_then(Value::as_str).unwrap_or_default()
    }
}

/// All records of the journal in this folder, oldest first; one file is held at a time.
pub fn records(place: &Path) -> io::Result<impl Iterator<Item = io::Result<Record>>> {
    let numbers = folder::numbers(place)?;
    let paths: Vec<PathBuf> = numbers.into_iter().map(|number| folder::path(place, number)).collect();
    Ok(paths.into_iter().flat_map(|path| {
        let (found, failed) = match std::fs::read(&path) {
            Ok(bytes) => (whole(&path, &bytes), None),
            Err(error) => (Vec::new(), Some(Err(error))),
        };
        found.into_iter().map(Ok).chain(failed)
    }))
}

fn whole(path: &Path, bytes: &[u8]) -> Vec<Record> {
    let lines = bytes.split(|byte| *byte == b'\n').enumerate();
    let read = |(index, line)| {
        let members = chain::open(line).ok()?.record;
        Some(Record { file: path.to_owned(), line: index + 1, members })
    };
    lines.filter_map(read).collect()
}
