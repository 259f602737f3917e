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
    /// The same with a proof that it was checked.
    Own(OwnRules),
    /// A file, which is read again when it changes.
    File(PathBuf),
}

/// Rules that are part of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnRules {
    /// The rules.
    pub text: &'static str,
    /// What [`super::Policies::check`] gave for them and the tools of the program, so that a start need not check them again. Where it
    /// is of others, or empty, they are checked.
    pub proof: &'static str,
}

impl Source {
    /// How messages name it.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Text(_) | Self::Own(_) => "the rules of the program".to_owned(),
            Self::File(path) => format!("POLICY_FILE: {}", path.display()),
        }
    }

    /// The proof that it was checked; empty where there is none.
    pub(super) fn proof(&self) -> &'static str {
        match self {
            Self::Own(own) => own.proof,
            Self::Text(_) | Self::File(_) => "",
        }
    }

    pub(super) fn is_file(&self) -> bool {
        matches!(self, Self::File(_))
    }

    /// The text.
    pub(super) fn read(&self) -> Result<String, StartError> {
        let path = match self {
            Self::Text(text) | Self::Own(OwnRules { text, .. }) => return Ok((*text).to_owned()),
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
