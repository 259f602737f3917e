//! A task that a client asked for by its name, wherever it is worked on.

use serde_json::Value;

use super::elsewhere::Distant;
use super::words::{Unsaid, Word};
use super::{Seen, Task};

/// A task that was found.
#[derive(Debug)]
pub(crate) enum Found {
    /// This process works on it, or has.
    Here(Task),
    /// Another does, or has.
    Elsewhere(Box<Distant>),
}

impl Found {
    /// The name of the tool that was called.
    pub(crate) fn tool(&self) -> &str {
        match self {
            Self::Here(task) => task.tool().name,
            Self::Elsewhere(distant) => distant.tool(),
        }
    }

    /// How it stands.
    pub(crate) fn seen(&self) -> Seen {
        match self {
            Self::Here(task) => task.seen(),
            Self::Elsewhere(distant) => distant.seen().clone(),
        }
    }

    /// Takes answers to what was asked; see [`Task::answer`].
    pub(crate) async fn answer(&self, answers: Vec<(String, Value)>) -> Result<(), Unsaid> {
        match self {
            Self::Here(task) => task.answer(answers),
            Self::Elsewhere(distant) => distant.say(&Word::Answers(answers)).await?,
        }
        Ok(())
    }

    /// Waits no longer for the work; see [`Task::cancel`].
    pub(crate) async fn cancel(&self) -> Result<(), Unsaid> {
        match self {
            Self::Here(task) => task.cancel(),
            Self::Elsewhere(distant) => distant.say(&Word::Cancel).await?,
        }
        Ok(())
    }
}
