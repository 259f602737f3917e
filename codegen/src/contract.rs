//! The tool contract: everything that a client of the tools may have learnt, as plain data, and as the lock file that
//! is committed. It says nothing of the generator, so a new generator that makes the same tools changes nothing here.
//!
//! A lock is written by a command (`accept`, `regenerate`), never by a build.

mod canonical;
mod lines;
mod of_plan;
mod places;
mod read;
mod write;

use std::collections::BTreeMap;

use openapi::report::{Place, Report};
use openapi::{Reading, Source};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub use crate::plan::model::Effect;
pub use of_plan::of_plan;
pub use openapi::ir::Confirm;
pub use places::Places;
pub use read::{BadLock, read};
pub use write::{hash, write};

pub(crate) use canonical::compact;

/// The version of the lock's format.
pub const FORMAT: u64 = 1;

/// What all tools of an API promise.
#[derive(Clone, Debug)]
pub struct Contract {
    /// The API's title.
    pub title: String,
    /// The API's version.
    pub version: String,
    /// The tools by name.
    pub tools: BTreeMap<String, Tool>,
}

/// What one tool promises.
#[derive(Clone, Debug)]
pub struct Tool {
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// The operation behind it.
    pub operation: String,
    /// The HTTP method, upper-case.
    pub method: String,
    /// The path template.
    pub path: String,
    /// Whether it is deprecated.
    pub deprecated: bool,
    /// What a call does to the world; the hints `readOnly` and `destructive` follow from it.
    pub effect: Effect,
    /// Whether a repeated call changes nothing more.
    pub idempotent: bool,
    /// For how many seconds an answer may be kept.
    pub cache_seconds: Option<u64>,
    /// For how many seconds more it may be given while the API is down.
    pub stale_seconds: Option<u64>,
    /// Statuses after which a call is repeated, since they say that nothing was done.
    pub busy: Vec<u16>,
    /// How many seconds one attempt may take.
    pub timeout_seconds: Option<u64>,
    /// The answer's member without which nothing was done.
    pub proof: Option<String>,
    /// Whether a person is asked before a call, and how; by effect where nothing is said.
    pub confirm: Option<Confirm>,
    /// How many calls a call counts as; by effect where nothing is said.
    pub weight: Option<u64>,
    /// How the work is followed that goes on after the answer.
    pub long: Option<Long>,
    /// Alternative sets of security schemes, each with its scopes.
    pub security: Vec<BTreeMap<String, Vec<String>>>,
    /// The scopes that a call needs of whoever makes it; by effect where nothing is said.
    pub scopes: Option<Vec<String>>,
    /// JSON pointers of arguments that are offered only behind the callback gate.
    pub gated: Vec<String>,
    /// JSON pointers of arguments that are redacted.
    pub secrets: Vec<String>,
    /// What answers carry, by status: `200` to `json`.
    pub answers: BTreeMap<String, String>,
    /// JSON Schema of the arguments, canonical.
    pub arguments: Value,
    /// JSON Schema of the structured answer, canonical.
    pub answer: Option<Value>,
    /// Where it stands in the file that it was read from.
    pub places: Places,
}

/// How the work is followed that goes on after the answer to a tool. Pointers are JSON pointers into answers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Long {
    /// The pointer to what names the work.
    pub id: String,
    /// The tool that reads how far it is.
    pub tool: String,
    /// That tool's arguments: each by an argument's name, or a pointer into the answer.
    pub with: BTreeMap<String, String>,
    /// The pointer to the state in that tool's answer.
    pub state: String,
    /// States that mean done.
    pub done: Vec<String>,
    /// States that mean failed.
    pub failed: Vec<String>,
    /// States in which a person must act.
    pub waiting: Vec<String>,
}

impl Contract {
    /// The hash that names this contract: `sha256:` and hexadecimal digits.
    pub fn hash(&self) -> String {
        hash(self)
    }

    /// The contract that a document's tools make, read from files. An error is the report that says what is wrong.
    pub fn of_source(source: &Source) -> Result<Self, Report> {
        Self::of_reading(&openapi::read(source))
    }

    /// The contract that a reading's tools make. An error is the report that says what is wrong.
    pub fn of_reading(reading: &Reading) -> Result<Self, Report> {
        let (contract, report) = Self::of_what_is_carried(reading);
        contract.filter(|_| !report.has_errors()).ok_or(report)
    }

    /// The contract of what can be carried of a document, whatever its errors; the report says what they are. There is
    /// none of what is no OpenAPI document at all.
    pub fn of_what_is_carried(reading: &Reading) -> (Option<Self>, Report) {
        let Some(api) = &reading.api else { return (None, reading.report.clone()) };
        let planned = crate::plan::plan(api);
        let problems = reading.report.problems.iter().chain(&planned.report.problems).cloned().collect();
        let mut contract = of_plan(&planned.plan);
        places::take_from(api, &mut contract);
        (Some(contract), Report { problems })
    }
}

impl Tool {
    /// What a model pays for the tool, in bytes: its words and its schemas.
    pub fn bytes(&self, name: &str) -> usize {
        let answer = self.answer.as_ref().map_or(0, |answer| compact(answer).len());
        name.len() + self.title.len() + self.description.len() + compact(&self.arguments).len() + answer
    }

    /// The same in tokens, estimated at four bytes each. Tokenizers differ; a budget needs no more.
    pub fn tokens(&self, name: &str) -> usize {
        crate::size::tokens(self.bytes(name))
    }

    /// Where it stands.
    pub fn place(&self) -> Option<&Place> {
        self.places.tool.as_ref()
    }
}

/// The word of an effect, as overlays and locks write it.
pub fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Destroy => "destroy",
    }
}
