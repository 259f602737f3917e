//! What the file of a feature says must be true.

use std::collections::BTreeMap;

use features::Feature;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Cases {
    /// The feature in a sentence.
    pub(crate) feature: String,
    #[serde(rename = "document")]
    _document: String,
    #[serde(rename = "overlay")]
    _overlay: Option<String>,
    #[serde(rename = "files", default)]
    _files: BTreeMap<String, String>,
    /// All that is reported, as `severity rule at pointer`; notes may be left out.
    #[serde(default)]
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The names of all tools.
    pub(crate) tools: Option<Vec<String>>,
    /// Advertised input schemas by tool.
    #[serde(default)]
    pub(crate) inputs: BTreeMap<String, Value>,
    /// Advertised output schemas by tool; null where there is none.
    #[serde(default)]
    pub(crate) outputs: BTreeMap<String, Value>,
    /// Calls and what they send.
    #[serde(default)]
    pub(crate) requests: Vec<RequestCase>,
    /// Calls, what is answered to them, and what comes of it.
    #[serde(default)]
    pub(crate) answers: Vec<AnswerCase>,
}

/// A diagnostic, alone or with words that its message must hold.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub(crate) enum Diagnostic {
    Plain(String),
    Said { diagnostic: String, says: String },
}

/// A call and what it sends, or why it is refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RequestCase {
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
    /// The request: `METHOD target`, then headers that not every request has, then an empty line and the body.
    pub(crate) sends: Option<String>,
    /// The problems told, as `path: rule`.
    pub(crate) refuses: Option<Vec<String>>,
    /// The refusal is of a rule that JSON Schema cannot state, so the advertised schema accepts the arguments.
    #[serde(default)]
    pub(crate) beyond_schema: bool,
}

/// A call, the answer to it, and what comes of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnswerCase {
    pub(crate) tool: String,
    #[serde(default)]
    pub(crate) arguments: Map<String, Value>,
    #[serde(default = "success")]
    pub(crate) status: u16,
    #[serde(rename = "type")]
    pub(crate) content_type: Option<String>,
    #[serde(default)]
    pub(crate) headers: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) body: String,
    /// The structured content.
    pub(crate) structured: Option<Value>,
    /// The text.
    pub(crate) text: Option<String>,
    /// Pieces of the notes, in order.
    #[serde(default)]
    pub(crate) notes: Vec<String>,
    /// The kind of failure, such as `refused` or `unexpected`.
    pub(crate) fails: Option<String>,
}

impl Cases {
    pub(crate) fn of(feature: &Feature) -> Self {
        serde_json::from_str(feature.cases).unwrap_or_else(|error| panic!("{}: {error}", feature.file))
    }

    /// How many things are held to be true.
    pub(crate) fn count(&self) -> usize {
        self.requests.len()
            + self.answers.len()
            + self.diagnostics.len()
            + self.inputs.len()
            + self.outputs.len()
            + usize::from(self.tools.is_some())
    }
}

fn success() -> u16 {
    200
}
