//! Where rules come from, and how a change of them is noticed.

use std::fs::File;
use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use super::Policies;
use crate::start_error::StartError;

/// No file of rules is larger, in bytes.
const LARGEST: u64 = 1024 * 1024;
/// How often the file is looked at.
const LOOK: Duration = Duration::from_secs(1);

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

impl Policies {
    /// Reads the rules again if their file changed, or `always`, and says in the log what came of it.
    pub fn look_again(&self, always: bool) {
        match self.reload(always) {
            Ok(true) => tracing::info!(rules = self.len(), "the rules of access were read again"),
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, "the rules of access cannot be read again; those from before are still in force");
            }
        }
    }

    /// Looks every second whether the rules changed; ends never. What is read is checked on a thread of its own, since that takes
    /// its time.
    pub(crate) async fn watch(&self) {
        if !self.0.settings.source.is_file() {
            return std::future::pending().await;
        }
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let policies = self.clone();
            // A panic there is told by whoever panics, and leaves the rules as they were.
            let _ = tokio::task::spawn_blocking(move || policies.look_again(false)).await;
        }
    }
}
