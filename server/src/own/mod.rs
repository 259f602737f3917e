//! Tools written by hand, beside the generated ones: listed, checked, staged and logged like these.
//!
//! A tool is a static [`OwnTool`], which says all that the generator says of the others, and an async function from
//! typed arguments and a [`Context`] to a [`Reply`]. It reaches the API only through the generated tools, so that no
//! request leaves without the stages that every call goes through.
//!
//! ```
//! use server::call::{CallError, Reply};
//! use server::catalog::{Confirm, Effect};
//! use server::own::{AsTask, Context, OwnTool};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! #[serde(deny_unknown_fields)]
//! struct Greeting {
//!     /// Who is greeted.
//!     name: String,
//! }
//!
//! static GREET: OwnTool<Greeting> = OwnTool {
//!     name: "greet",
//!     title: "Greet somebody",
//!     description: "Greets whoever is named.",
//!     effect: Effect::Read,
//!     confirm: Confirm::ByEffect,
//!     idempotent: true,
//!     open_world: false,
//!     talks: false,
//!     as_task: AsTask::Never,
//!     timeout: None,
//!     scopes: None,
//!     output_schema: None,
//!     secrets: &[],
//!     handler: |arguments, context| Box::pin(greet(arguments, context)),
//! };
//!
//! async fn greet(arguments: Greeting, _: Context) -> Result<Reply, CallError> {
//!     Ok(Reply::text(format!("Good day, {}.", arguments.name)))
//! }
//! ```

mod joining;
mod schema;
mod worker;
mod judge;
mod context;
pub(crate) mod about;
pub(crate) mod finding;

pub use context::Context;
pub use schema::schema_of;
pub use worker::Worker;

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::call::{CallError, Reply};
use crate::catalog::{Confirm, Effect, Tool, Work};

/// A handler at work.
pub type Working = BoxFuture<'static, Result<Reply, CallError>>;

/// A tool written by hand. Its arguments are a struct that refuses what it does not declare
/// (`#[serde(deny_unknown_fields)]`), since callers are told of every member that means nothing.
pub struct OwnTool<A> {
    /// Its name: `^[a-z][a-z0-9_]{0,63}$`, and no other tool's.
    pub name: &'static str,
    /// Its title for people.
    pub title: &'static str,
    /// Its description for models.
    pub description: &'static str,
    /// What a call does to the world. It can call generated tools of this effect or a weaker one.
    pub effect: Effect,
    /// Whether a person is asked before a call is made. The generated tools that it calls ask nobody then; where it does not
    /// ask, it cannot call those that do.
    pub confirm: Confirm,
    /// Whether a repeated call changes nothing more.
    pub idempotent: bool,
    /// Whether it deals with what others write, such as the API's data.
    pub open_world: bool,
    /// Whether it asks its client something on the way, or tells it something: see [`Context::client`].
    pub talks: bool,
    /// Whether its answer may come later: see [`Context::answer_later`].
    pub as_task: AsTask,
    /// What a whole call may take, where that is more than the configured time.
    pub timeout: Option<Duration>,
    /// The scopes that a call needs of whoever makes it; by effect where nothing is said. The generated tools that it calls
    /// need theirs besides.
    pub scopes: Option<&'static [&'static str]>,
    /// The schema of its structured answers, mostly [`schema_of`] their type; absent when there are none.
    pub output_schema: Option<fn() -> Value>,
    /// JSON pointers of arguments to redact, `*` standing for any item.
    pub secrets: &'static [&'static str],
    /// What it does.
    pub handler: fn(A, Context) -> Working,
}

/// Whether clients that follow tasks come back for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsTask {
    /// Every client waits for it.
    Never,
    /// Those that can come back are told to once the tool says that it takes a while; the others wait.
    Possibly,
    /// The same, and clients that cannot are refused, where this server offers tasks at all. Programs and people at the command
    /// line wait.
    Always,
}

impl<A> fmt::Debug for OwnTool<A> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "OwnTool({})", self.name)
    }
}

/// Any tool written by hand, whatever its arguments; [`Api::with`](crate::catalog::Api::with) takes it. Every [`OwnTool`] is one.
pub trait Own: fmt::Debug + Send + Sync {
    /// Its name.
    fn name(&self) -> &'static str;

    /// The schemas of its arguments and of its structured answers, as its types give them.
    fn schemas(&self) -> (Value, Option<Value>);

    /// Its entry in the catalog, with the texts of its schemas and what does the work.
    fn entry(&self, input: &'static str, output: Option<&'static str>, worker: &'static Worker) -> Tool;

    /// Whether it deals with what others write.
    fn open_world(&self) -> bool;

    /// Whether it asks its client something on the way, or tells it something.
    fn talks(&self) -> bool;

    /// Whether its answer may come later.
    fn as_task(&self) -> AsTask;

    /// Whether these are its arguments.
    fn decodes(&self, arguments: &Value) -> Result<(), serde_json::Error>;

    /// Starts the handler.
    fn start(&self, arguments: Value, context: Context) -> Result<Working, serde_json::Error>;
}

impl<A> Own for OwnTool<A>
where
    A: DeserializeOwned + JsonSchema + 'static,
{
    fn name(&self) -> &'static str {
        self.name
    }

    fn schemas(&self) -> (Value, Option<Value>) {
        (schema::of_arguments::<A>(), self.output_schema.map(|output| output()))
    }

    fn entry(&self, input: &'static str, output: Option<&'static str>, worker: &'static Worker) -> Tool {
        Tool {
            name: self.name,
            title: self.title,
            description: self.description,
            idempotent: self.idempotent,
            confirm: self.confirm,
            timeout: self.timeout,
            scopes: self.scopes,
            input_schema: input,
            output_schema: output,
            secrets: self.secrets,
            ..Tool::bare(self.effect, Work::Own(worker))
        }
    }

    fn open_world(&self) -> bool {
        self.open_world
    }

    fn talks(&self) -> bool {
        self.talks
    }

    fn as_task(&self) -> AsTask {
        self.as_task
    }

    fn decodes(&self, arguments: &Value) -> Result<(), serde_json::Error> {
        A::deserialize(arguments).map(|_| ())
    }

    fn start(&self, arguments: Value, context: Context) -> Result<Working, serde_json::Error> {
        Ok((self.handler)(serde_json::from_value(arguments)?, context))
    }
}
