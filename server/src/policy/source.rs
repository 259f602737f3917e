//! Where rules come from.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;

use crate::start_error::StartError;

/// No file of rules is larger, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// Where rules come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// This text, which is part of the program.
    Text(&'static str),
    /// A file, which is read again when it changes.
    File(PathBuf),
}

impl Source {
    /// How messages name it.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Text(_) => "the rules of the program".to_owned(),
            Self::File(path) => format!("POLICY_FILE: {}", path.display()),
        }
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The text.
    pub(super) fn read(&self) -> Result<String, StartError> {
        let path = match self {
            Self::Text(text) => return Ok((*text).to_owned()),
            Self::File(path) => path,
        };
        let wrong = |what: &str| StartError::new(format!("POLICY_FILE: {}: {what}", path.display()));
        let mut bytes = Vec::new();
        File::open(path)
            .and_then(|file| file.take(LARGEST + 1).read_to_end(&mut bytes))
            .map_err(|error| wrong(&format!("cannot be read: {error}")))?;
        if bytes.len() as u64 > LARGEST {
            return Err(wrong("is too large for rules"));
        }
        String::from_utf8(bytes).map_err(|_| wrong("is no text in UTF-8"))
    }
}
