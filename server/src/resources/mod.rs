//! What clients read by its address: the API's document, a page about each tool, what the tools that read give for one thing,
//! the server's own figures, how it stands and the end of its log, the caller's recent records; and what a program adds.
//!
//! What it promises: whoever may not use a tool does not learn from a resource that there is one, and what is read from the API
//! comes through the stages of its tool, with the same decision, the same limits and the same record.

mod template;
mod page;
mod records;
mod log;
mod shelf;
mod status;
mod volume;

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::call::{CallError, Caller};
use crate::client::Client;
use crate::content::Located;

pub use log::Log;
pub(crate) use shelf::{Entry, OURS, Shelf, Source, arguments};
pub use status::Shown;
pub(crate) use template::Template;
pub use template::Values;
pub use volume::{Logged, Volume};

/// What is offered to be read.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether the server offers what it has itself: pages, entities, figures and records.
    pub offered: bool,
    /// The document that the tools were generated from.
    pub document: Option<Document>,
    /// The last lines of the program's log, where it keeps them.
    pub log: Option<Log>,
    /// What the program shows of its settings, to whoever may do everything.
    pub status: Option<Shown>,
    /// How much the program logs, which whoever may do everything may change for a while.
    pub volume: Option<Arc<dyn Volume>>,
    /// What the program adds.
    pub own: &'static [OwnResource],
}

/// The text of the API's document.
#[derive(Clone, Copy, Debug)]
pub struct Document {
    /// Its media type.
    pub media_type: &'static str,
    /// The text.
    pub text: &'static str,
}

/// A read at work.
pub type Working = BoxFuture<'static, Result<Vec<Located>, CallError>>;

/// A resource written by hand.
pub struct OwnResource {
    /// Its address; with `{variables}` in it, the template of many.
    pub uri: &'static str,
    /// Its name for programs.
    pub name: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Its description for models.
    pub description: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// The tool that a caller must be able to use to read it; where there is none, whoever is let in may.
    pub tool: Option<&'static str>,
    /// For variables: what they may be, as a client completes them.
    pub choices: &'static [(&'static str, &'static [&'static str])],
    /// What is there.
    pub read: fn(Reading) -> Working,
}

impl fmt::Debug for OwnResource {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "OwnResource({})", self.uri)
    }
}

/// A read of a hand-written resource.
#[derive(Clone, Debug)]
pub struct Reading {
    /// The address.
    pub uri: String,
    /// What the variables of its template stand for.
    pub values: Values,
    /// Who reads.
    pub caller: Caller,
    /// The client, which may be asked.
    pub client: Client,
}
