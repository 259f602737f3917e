//! Workflows for people to begin with: those that were generated, checked against the tools that they name, and those that a
//! program adds.
//!
//! What it promises: a prompt that names a tool which its caller may not use does not exist for that caller.

mod text;
mod book;

use std::collections::BTreeMap;
use std::fmt;

use futures_util::future::BoxFuture;

use crate::call::{CallError, Caller};
use crate::catalog::PromptArgument;
use crate::client::Client;
use crate::content::Block;

pub(crate) use book::{Book, Entry, Source};

/// What a program adds.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Prompts written by hand.
    pub own: &'static [OwnPrompt],
}

/// What is said to a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    /// Who is taken to say it.
    pub role: Role,
    /// What.
    pub block: Block,
}

/// Who says something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A person.
    User,
    /// A model.
    Assistant,
}

/// A prompt being made.
pub type Working = BoxFuture<'static, Result<Vec<Message>, CallError>>;

/// A prompt written by hand.
pub struct OwnPrompt {
    /// Its name; unique.
    pub name: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Its description for people.
    pub description: &'static str,
    /// What a person fills in.
    pub arguments: &'static [PromptArgument],
    /// For arguments: what they may be, as a client completes them.
    pub choices: &'static [(&'static str, &'static [&'static str])],
    /// The tools that it speaks of.
    pub tools: &'static [&'static str],
    /// Makes it.
    pub get: fn(Getting) -> Working,
}

impl fmt::Debug for OwnPrompt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "OwnPrompt({})", self.name)
    }
}

/// A hand-written prompt that somebody wants.
#[derive(Clone, Debug)]
pub struct Getting {
    /// What was filled in.
    pub arguments: BTreeMap<String, String>,
    /// Who wants it.
    pub caller: Caller,
    /// The client, which may be asked.
    pub client: Client,
}
