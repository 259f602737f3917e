//! All prompts of a server: which there are, which a caller may have, and one with its arguments filled in.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{Getting, Message, OwnPrompt, Role, Settings, text};
use crate::call::{CallError, Caller};
use crate::catalog::{Prompt, PromptArgument, Tool};
use crate::content::Block;
use crate::engine::Engine;
use crate::start_error::StartError;
use crate::view::View;

/// The longest value of an argument, in characters.
const LONGEST: usize = 4096;

/// A prompt.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its title for people.
    pub(crate) title: &'static str,
    /// Its description for people.
    pub(crate) description: &'static str,
    /// What a person fills in.
    pub(crate) arguments: &'static [PromptArgument],
    /// The tools that it speaks of.
    tools: Vec<&'static Tool>,
    /// What it is made of.
    pub(crate) source: Source,
}

/// What a prompt is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// What the generator checked.
    Generated(&'static Prompt),
    /// Code written by hand.
    Own(&'static OwnPrompt),
}

/// The prompts of a server.
pub(crate) struct Book {
    engine: Arc<Engine>,
    entries: Vec<Entry>,
}

impl Book {
    /// Prepares all of them; an error names the one that cannot be offered.
    pub(crate) fn new(engine: &Arc<Engine>, settings: &Settings) -> Result<Self, StartError> {
        let mut entries = Vec::new();
        for prompt in engine.api().prompts {
            let tools = prompt.steps.iter().filter_map(|step| step.tool);
            entries.push(Entry {
                name: prompt.name,
                title: prompt.title,
                description: prompt.description,
                arguments: prompt.arguments,
                tools: found(engine, prompt.name, tools)?,
                source: Source::Generated(prompt),
            });
        }
        for own in settings.own {
            entries.push(Entry {
                name: own.name,
                title: own.title,
                description: own.description,
                arguments: own.arguments,
                tools: found(engine, own.name, own.tools.iter().copied())?,
                source: Source::Own(own),
            });
        }
        entries.sort_by_key(|entry| entry.name);
        if let Some(pair) = entries.windows(2).find(|pair| pair[0].name == pair[1].name) {
            return Err(StartError::new(format!("two prompts are named {}", pair[0].name)));
        }
        Ok(Self { engine: Arc::clone(engine), entries })
    }

    /// Whether there are none for anybody.
    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Those that this caller may have, by name.
    pub(crate) fn listed(&self, caller: &Caller, view: &View) -> Vec<&Entry> {
        self.entries.iter().filter(|entry| self.may_have(caller, view, entry)).collect()
    }

    /// The prompt of this name, if this caller may have it.
    pub(crate) fn find(&self, caller: &Caller, view: &View, name: &str) -> Option<&Entry> {
        let index = self.entries.binary_search_by(|entry| entry.name.cmp(name)).ok()?;
        Some(&self.entries[index]).filter(|entry| self.may_have(caller, view, entry))
    }

    fn may_have(&self, caller: &Caller, view: &View, entry: &Entry) -> bool {
        entry.tools.iter().all(|tool| view.has(tool) && self.engine.may_use(caller, tool))
    }

    /// The prompt with what was filled in.
    pub(crate) async fn get(&self, entry: &Entry, getting: Getting) -> Result<Vec<Message>, CallError> {
        match entry.source {
            Source::Own(own) => (own.get)(getting).await,
            Source::Generated(prompt) => {
                let block = Block::Text(text::of(prompt, &getting.arguments));
                Ok(vec![Message { role: Role::User, block }])
            }
        }
    }
}

impl Entry {
    /// What was filled in, checked; an error says which argument, which rule, and what would be accepted. A text of nothing is
    /// nothing filled in.
    pub(crate) fn filled(
        &self,
        given: Option<Map<String, Value>>,
    ) -> Result<BTreeMap<String, String>, String> {
        let mut values = BTreeMap::new();
        for (name, value) in given.unwrap_or_default() {
            if !self.arguments.iter().any(|argument| argument.name == name) {
                let names: Vec<&str> = self.arguments.iter().map(|argument| argument.name).collect();
                let accepted = if names.is_empty() { "it takes none".to_owned() } else { names.join(", ") };
                return Err(format!(
                    "`arguments` has a name that the prompt does not take; accepted: {accepted}"
                ));
            }
            match value {
                Value::String(text) if text.chars().count() <= LONGEST => {
                    if !text.trim().is_empty() {
                        values.insert(name, text);
                    }
                }
                _ => {
                    return Err(format!(
                        "the argument `{name}` must be a text of at most {LONGEST} characters"
                    ));
                }
            }
        }
        let missing =
            self.arguments.iter().find(|argument| argument.required && !values.contains_key(argument.name));
        match missing {
            Some(argument) => {
                Err(format!("the argument `{}` is required: {}", argument.name, argument.description))
            }
            None => Ok(values),
        }
    }
}

/// The tools of these names.
fn found(
    engine: &Engine,
    prompt: &str,
    names: impl Iterator<Item = &'static str>,
) -> Result<Vec<&'static Tool>, StartError> {
    names
        .map(|name| {
            engine.api().find(name).ok_or_else(|| {
                StartError::new(format!(
                    "the prompt {prompt} speaks of the tool {name}, and there is none of that name"
                ))
            })
        })
        .collect()
}
