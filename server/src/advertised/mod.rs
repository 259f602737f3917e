//! What clients are told of a tool: the schemas of its arguments and its answer as this deployment has them, and hints at what it
//! does to the world. The list of tools tells it, and so does the tool that describes one.

mod schema;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::catalog::{Effect, Tool, Work};
use crate::decode::Deployment;
use crate::start_error::StartError;

/// How much clients are told of what tools answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OutputSchemas {
    /// All of it.
    #[default]
    Full,
    /// Names, types and bounds; what the document says of them in words is on the tool's page.
    Brief,
    /// Nothing.
    Off,
}

impl OutputSchemas {
    /// All of them, in the order of [`Self::WORDS`].
    pub const ALL: [Self; 3] = [Self::Full, Self::Brief, Self::Off];
    /// Their names.
    pub const WORDS: [&str; 3] = ["full", "brief", "off"];
}

/// How tools are told of.
#[derive(Clone, Debug)]
pub(crate) struct Advertising {
    /// What the deployment allows.
    pub(crate) deployment: Arc<Deployment>,
    /// Whether an answer may be a part, marked as such.
    pub(crate) cuts: bool,
    /// How much is told of what tools answer.
    pub(crate) answers: OutputSchemas,
}

/// The schemas of a tool.
#[derive(Debug)]
pub(crate) struct Advertised {
    /// Of its arguments.
    pub(crate) input: Map<String, Value>,
    /// Of its structured answer, if it has any and that is told.
    pub(crate) output: Option<Map<String, Value>>,
}

impl Advertising {
    /// What is told of a tool; an error names the tool and the schema that cannot be told.
    pub(crate) fn of(&self, tool: &Tool) -> Result<Advertised, StartError> {
        let wrong = |which: &str, what: String| {
            StartError::new(format!("tool {}: its {which} schema: {what}", tool.name))
        };
        let input = schema::advertised(tool.input_schema, tool.gated, &self.deployment)
            .map_err(|what| wrong("input", what))?;
        // One that is not told must be sound all the same: the same program starts with it told.
        let output = tool.output_schema.map(|text| schema::advertised(text, &[], &self.deployment));
        let mut output = output
            .transpose()
            .map_err(|what| wrong("output", what))?
            .filter(|_| self.answers != OutputSchemas::Off);
        if let Some(output) = output.as_mut().filter(|_| self.cuts) {
            schema::may_be_a_part(output);
        }
        if let Some(output) = output.as_mut().filter(|_| self.answers == OutputSchemas::Brief) {
            schema::without_words(output);
        }
        Ok(Advertised { input, output })
    }
}

/// Hints at what a call does to the world. All are stated: what is left out has defaults that are wrong for most tools.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Hints {
    /// It changes nothing.
    pub(crate) read_only_hint: bool,
    /// It may lose or undo something.
    pub(crate) destructive_hint: bool,
    /// Repeating it changes nothing more.
    pub(crate) idempotent_hint: bool,
    /// It deals with what others write.
    pub(crate) open_world_hint: bool,
}

impl Hints {
    /// Those of a tool.
    pub(crate) fn of(tool: &Tool) -> Self {
        Self {
            read_only_hint: tool.effect == Effect::Read,
            destructive_hint: tool.effect == Effect::Destroy,
            idempotent_hint: tool.idempotent,
            // Behind every generated tool is an API whose data others write.
            open_world_hint: match tool.work {
                Work::Request(_) | Work::Rest => true,
                Work::Own(worker) => worker.open_world(),
            },
        }
    }

    /// Those of a tool of which nothing is known: whatever may be, may be.
    pub(crate) const ANYTHING: Self =
        Self { read_only_hint: false, destructive_hint: true, idempotent_hint: false, open_world_hint: true };
}
