//! What a program is to the runtime: static tables of tools, and nothing that acts.

use std::time::Duration;

use serde_json::{Map, Value};

use crate::decode::{Deployment, Gate, Problems};
use crate::own;
use crate::request::{Part, Prepared, aside};
use crate::shape::Shape;
use crate::stages::portion;

/// A whole generated API.
#[derive(Debug)]
pub struct Api {
    /// The document's title.
    pub title: &'static str,
    /// The document's version.
    pub version: &'static str,
    /// The document's description.
    pub description: &'static str,
    /// SHA-256 of document and overlay, lower-case hex.
    pub digest: &'static str,
    /// Names the tool contract: `sha256:` and hexadecimal digits, as the lock file has it.
    pub contract: &'static str,
    /// The tools, sorted by name so that a lookup is a binary search.
    pub tools: &'static [&'static Tool],
    /// How credentials are sent, by scheme name.
    pub security_schemes: &'static [SecurityScheme],
    /// The scopes that calls need of whoever makes them, by effect.
    pub effect_scopes: EffectScopes,
    /// Workflows for people to begin with, sorted by name.
    pub prompts: &'static [Prompt],
}

impl Api {
    /// The scopes that a call of this tool needs of whoever makes it.
    pub fn scopes(&self, tool: &Tool) -> &'static [&'static str] {
        tool.scopes.unwrap_or(match tool.effect {
            Effect::Read => self.effect_scopes.read,
            Effect::Write => self.effect_scopes.write,
            Effect::Destroy => self.effect_scopes.destroy,
        })
    }

    /// The tool of this name.
    pub fn find(&self, name: &str) -> Option<&'static Tool> {
        self.tools.binary_search_by(|tool| tool.name.cmp(name)).ok().map(|index| self.tools[index])
    }
}

#[cfg(test)]
impl Api {
    /// An API of which nothing is known but its tools.
    pub(crate) const fn bare(tools: &'static [&'static Tool]) -> Self {
        Self {
            title: "",
            version: "",
            description: "",
            digest: "",
            contract: "",
            tools,
            security_schemes: &[],
            effect_scopes: EffectScopes::BY_WORD,
            prompts: &[],
        }
    }
}

/// One tool: an operation of the API, a variant of it with some arguments pinned, or a tool written by hand. What says
/// "the operation" is empty for a tool written by hand.
#[derive(Debug)]
pub struct Tool {
    /// Its name; unique, at most 64 characters of `[a-z0-9_]`.
    pub name: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Its description for models.
    pub description: &'static str,
    /// The operation's identifier in the document.
    pub operation: &'static str,
    /// The operation's tags.
    pub tags: &'static [&'static str],
    /// Whether the document calls the operation deprecated.
    pub deprecated: bool,
    /// The HTTP method, upper-case.
    pub method: &'static str,
    /// The path template as written.
    pub template: &'static str,
    /// The template's segments between slashes, each of parts in turn.
    pub segments: &'static [&'static [Part]],
    /// What a call does to the world.
    pub effect: Effect,
    /// Whether a repeated call changes nothing more.
    pub idempotent: bool,
    /// For how long an answer may be kept; zero for not at all, absent where the deployment decides.
    pub cache: Option<Duration>,
    /// For how long after that it may still be given while the API is down.
    pub stale: Option<Duration>,
    /// Statuses by which the API says that it did nothing, since something else is going on.
    pub busy: &'static [u16],
    /// What one attempt may take, where it differs from the configured time.
    pub timeout: Option<Duration>,
    /// The member of a successful answer without which nothing was done.
    pub proof: Option<&'static str>,
    /// Whether a person is asked before a call is made.
    pub confirm: Confirm,
    /// How many calls a call counts as; by effect where nothing is said.
    pub weight: Option<usize>,
    /// The scopes that a call needs of whoever makes it; by effect where nothing is said.
    pub scopes: Option<&'static [&'static str]>,
    /// JSON Schema 2020-12 of the arguments, an object.
    pub input_schema: &'static str,
    /// JSON Schema 2020-12 of the structured answer, an object; absent when the API answers nothing of known shape.
    pub output_schema: Option<&'static str>,
    /// Arguments that are offered only where the deployment allows them.
    pub gated: &'static [Gated],
    /// JSON pointers of arguments to redact, `*` standing for any item.
    pub secrets: &'static [&'static str],
    /// Alternatives, each a set of scheme names needed together; an empty alternative means that none is needed, an
    /// empty list that the document does not say.
    pub security: &'static [&'static [Need]],
    /// How answers are read, most specific first.
    pub answers: &'static [AnswerRule],
    /// The headers of answers that are returned, by name, as the member `responseHeaders` of the structured answer.
    pub answer_headers: &'static [&'static str],
    /// What a caller may choose of the answer by the argument `fields`; absent where there is no such argument.
    pub fields: Option<Fields>,
    /// How the work is followed that goes on after the answer; absent where there is none.
    pub long: Option<Long>,
    /// The template of addresses under which its answer is read as a resource, with arguments as variables.
    pub resource: Option<&'static str>,
    /// How it works.
    pub work: Work,
}

impl Tool {
    /// A tool of which nothing is known but what it does and how: what entries, generated or not, leave out.
    pub const fn bare(effect: Effect, work: Work) -> Self {
        Self {
            name: "",
            title: "",
            description: "",
            operation: "",
            tags: &[],
            deprecated: false,
            method: "",
            template: "",
            segments: &[],
            effect,
            idempotent: false,
            cache: None,
            stale: None,
            busy: &[],
            timeout: None,
            proof: None,
            confirm: Confirm::ByEffect,
            weight: None,
            scopes: None,
            input_schema: "{}",
            output_schema: None,
            gated: &[],
            secrets: &[],
            security: &[],
            answers: &[],
            answer_headers: &[],
            fields: None,
            long: None,
            resource: None,
            work,
        }
    }

    /// Whether it asks its client something on the way, or tells it something.
    pub(crate) fn talks(&self) -> bool {
        matches!(self.work, Work::Own(worker) if worker.talks())
    }

    /// Whether a call of it may take so long that its client had better come back for the answer.
    pub(crate) fn may_be_task(&self) -> bool {
        self.long.is_some()
            || matches!(self.work, Work::Own(worker) if worker.as_task() != own::AsTask::Never)
    }

    /// The names of the arguments that its schema requires.
    pub(crate) fn required(&self) -> Vec<String> {
        let schema: Value = serde_json::from_str(self.input_schema).unwrap_or_default();
        let names = schema["required"].as_array().into_iter().flatten();
        names.filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// Checks the arguments and writes what comes of them; all problems come back together.
    pub fn prepare(
        &self,
        arguments: Map<String, Value>,
        deployment: &Deployment,
    ) -> Result<Prepared, Problems> {
        aside::take(self, arguments, deployment, |arguments| match self.work {
            Work::Request(prepare) => prepare(arguments, deployment),
            Work::Own(worker) => worker.prepare(arguments, deployment),
            Work::Rest => portion::prepare(arguments, deployment),
        })
    }

    /// The arguments that may be left out, and that this deployment need not open first: what narrows a read.
    pub(crate) fn optional_arguments(&self) -> Vec<String> {
        let schema: Value = serde_json::from_str(self.input_schema).unwrap_or_default();
        let is_required = |name: &str| {
            let required = schema.get("required").and_then(Value::as_array);
            required.is_some_and(|required| required.iter().any(|one| one == name))
        };
        let is_gated = |name: &str| {
            self.gated.iter().any(|gated| gated.pointer.strip_prefix("/properties/") == Some(name))
        };
        let names = schema.get("properties").and_then(Value::as_object).into_iter().flat_map(Map::keys);
        names.filter(|name| !is_required(name) && !is_gated(name)).cloned().collect()
    }

    /// Whether the structured answer has a member of this name, as its schema says.
    pub(crate) fn answers_with(&self, member: &str) -> bool {
        let schema: Option<Value> = self.output_schema.and_then(|schema| serde_json::from_str(schema).ok());
        schema.is_some_and(|schema| schema["properties"].get(member).is_some())
    }
}

/// A workflow for people to begin with: what a model is told to do, step by step.
#[derive(Clone, Copy, Debug)]
pub struct Prompt {
    /// Its name; unique.
    pub name: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Its description for people.
    pub description: &'static str,
    /// What a person fills in.
    pub arguments: &'static [PromptArgument],
    /// What is said first; parameters stand for the values of arguments.
    pub opening: &'static [Part],
    /// The steps, in their order.
    pub steps: &'static [Step],
}

/// What a person fills in of a prompt.
#[derive(Clone, Copy, Debug)]
pub struct PromptArgument {
    /// Its name.
    pub name: &'static str,
    /// Its description.
    pub description: &'static str,
    /// Whether it must be filled in.
    pub required: bool,
}

/// A step of a workflow.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// The argument without which the step is left out.
    pub when: Option<&'static str>,
    /// The tool that it calls.
    pub tool: Option<&'static str>,
    /// The arguments of that tool; parameters stand for the values of the prompt's.
    pub with: &'static [(&'static str, &'static [Part])],
    /// What is to be done, or to be looked at in the answer.
    pub text: &'static [Part],
}

/// How a tool works.
#[derive(Clone, Copy, Debug)]
pub enum Work {
    /// It makes one request, which this writes from checked arguments: `generated::prepare::<Arguments>`.
    Request(fn(Map<String, Value>, &Deployment) -> Result<Prepared, Problems>),
    /// Code written by hand does it.
    Own(&'static own::Worker),
    /// It gives the next part of an answer that was too large to be given at once; the `portion` stage has it.
    Rest,
}

/// What a caller may choose of an answer. Paths are the names of members with dots between them; a list stands for each
/// of its items.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The paths that may be chosen.
    pub offered: &'static [&'static str],
    /// The paths of members that stay whatever is chosen, as the answer would be none without them.
    pub kept: &'static [&'static str],
}

/// How the work is followed that goes on after the answer to a change. Pointers are JSON pointers into structured answers.
#[derive(Clone, Copy, Debug)]
pub struct Long {
    /// The pointer to what names the work; an answer without it has started none.
    pub id: &'static str,
    /// The tool that reads how far it is.
    pub tool: &'static str,
    /// The arguments of that tool, and what each is taken from.
    pub with: &'static [(&'static str, Source)],
    /// The pointer to the state in the answer of that tool.
    pub state: &'static str,
    /// States that mean that the work is done.
    pub done: &'static [&'static str],
    /// States that mean that it failed.
    pub failed: &'static [&'static str],
    /// States in which a person must act before it goes on.
    pub waiting: &'static [&'static str],
}

/// What an argument of the read is taken from.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// The value at this pointer in the answer to the change.
    Answer(&'static str),
    /// The argument of the change of this name, if it was given.
    Argument(&'static str),
}

/// What a call does to the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing.
    Read,
    /// Changes something, loses nothing.
    Write,
    /// Loses or undoes something.
    Destroy,
}

impl Effect {
    /// The effect in a word, as overlays write it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Destroy => "destroy",
        }
    }
}

/// The scopes that calls need of whoever makes them, by what they do to the world.
#[derive(Clone, Copy, Debug)]
pub struct EffectScopes {
    /// For reads.
    pub read: &'static [&'static str],
    /// For what changes something.
    pub write: &'static [&'static str],
    /// For what loses or undoes something.
    pub destroy: &'static [&'static str],
}

impl EffectScopes {
    /// The words of the effects, where nobody names others.
    pub const BY_WORD: Self = Self { read: &["read"], write: &["write"], destroy: &["destroy"] };
}

/// Whether a person is asked before a call is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Where the deployment asks about calls of this effect.
    ByEffect,
    /// No.
    Never,
    /// Yes.
    Always,
    /// Yes, in these words; parameters stand for the values of arguments.
    Question(&'static [Part]),
}

/// An argument that is offered only where the deployment allows it.
#[derive(Clone, Copy, Debug)]
pub struct Gated {
    /// JSON pointer to its property in [`Tool::input_schema`], e.g. `/properties/events`.
    pub pointer: &'static str,
    /// What must be open.
    pub gate: Gate,
}

/// One security scheme that is needed, with scopes.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// The scheme's name.
    pub scheme: &'static str,
    /// Scopes or roles.
    pub scopes: &'static [&'static str],
}

/// How a credential is sent.
#[derive(Clone, Copy, Debug)]
pub struct SecurityScheme {
    /// The scheme's name in the document.
    pub name: &'static str,
    /// Where it goes.
    pub carrier: Carrier,
}

impl SecurityScheme {
    /// Whether its credential travels in this header.
    pub(crate) fn is_in(&self, header: &http::HeaderName) -> bool {
        match self.carrier {
            Carrier::Header(name) => name.eq_ignore_ascii_case(header.as_str()),
            Carrier::Authorization(_) => *header == http::header::AUTHORIZATION,
            Carrier::Query(_) | Carrier::Cookie(_) => false,
        }
    }
}

/// Where a credential goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carrier {
    /// The bare credential in this header.
    Header(&'static str),
    /// The bare credential in this query parameter.
    Query(&'static str),
    /// The bare credential in this cookie.
    Cookie(&'static str),
    /// `Authorization` with this scheme word before the credential.
    Authorization(&'static str),
}

/// How an answer is read.
#[derive(Clone, Copy, Debug)]
pub struct AnswerRule {
    /// First status code it is for.
    pub from: u16,
    /// Last status code it is for.
    pub to: u16,
    /// The media type that is asked for, lower-case, maybe with parameters; empty when there is no content.
    pub media_type: &'static str,
    /// What the body is.
    pub content: Content,
}

/// What an answer's body is.
#[derive(Clone, Copy, Debug)]
pub enum Content {
    /// No body is described.
    Empty,
    /// JSON of this shape. The output schema has an object at its root: what is none becomes the member `wrap` of one.
    Json {
        /// What it is.
        shape: Shape,
        /// The member that holds it, when it is no object itself.
        wrap: Option<&'static str>,
    },
    /// JSON of any shape; wrapped as `{"value": ...}` unless it is an object.
    AnyJson,
    /// Text, given as `{"text": ...}`.
    Text,
    /// Bytes, given as an attachment.
    Binary,
}
