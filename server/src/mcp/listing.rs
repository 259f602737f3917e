//! The tools as clients see them, prepared once at start.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};
use serde_json::{Map, Value};

use crate::advertised::Hints;
use crate::catalog::{Api, Tool as GeneratedTool};
use crate::digest;
use crate::engine::Engine;
use crate::own::finding::Finders;
use crate::start_error::StartError;

/// A tool as clients see it. It is kept as text, which is what nearly all of them are sent: a schema in pieces takes ten times the memory.
#[derive(Debug)]
pub(super) struct Listed {
    pub(super) name: &'static str,
    /// Whether clients mirror an argument of it in a header.
    pub(super) is_mirrored: bool,
    text: Box<str>,
}

impl Listed {
    fn new(name: &'static str, tool: &Tool) -> Self {
        let text = serde_json::to_string(tool).expect("a tool is JSON");
        Self { name, is_mirrored: is_mirrored(&tool.input_schema), text: text.into() }
    }

    /// Its JSON text.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// It in pieces, for the library.
    pub(super) fn tool(&self) -> Tool {
        serde_json::from_str(self.text()).expect("what was written of a tool reads back as one")
    }
}

/// Whether clients mirror an argument of this schema in a header.
fn is_mirrored(schema: &Map<String, Value>) -> bool {
    let properties = schema.get("properties").and_then(Value::as_object);
    properties.into_iter().flat_map(Map::values).any(|property| {
        let within = property.as_object();
        within.is_some_and(|property| property.contains_key("x-mcp-header") || is_mirrored(property))
    })
}

/// Every tool of the API in the catalog's order; an error names the tool whose schema cannot be served.
pub(super) fn tools(engine: &Engine) -> Result<Vec<Listed>, StartError> {
    engine.api().tools.iter().map(|tool| Ok(Listed::new(tool.name, &described(tool, engine)?))).collect()
}

/// The tools that find the others. A call by one of them may do anything.
pub(super) fn finders(engine: &Engine, finders: Finders) -> Result<Vec<Listed>, StartError> {
    let hinted = |tool: &'static GeneratedTool| {
        let described = described(tool, engine)?;
        let calls = std::ptr::eq(tool, finders.call);
        let hinted = if calls { described.with_annotations(annotations(Hints::ANYTHING)) } else { described };
        Ok(Listed::new(tool.name, &hinted))
    };
    finders.all().into_iter().map(hinted).collect()
}

/// Names a list of some of the tools of an API, so that the cursor of one list is none of another.
pub(super) fn name(api: &Api, listed: &[&Listed]) -> String {
    let is_all = listed.len() == api.tools.len()
        && listed.iter().zip(api.tools).all(|(listed, tool)| listed.name == tool.name);
    if is_all {
        return api.digest.to_owned();
    }
    let names: Vec<&str> = listed.iter().map(|tool| tool.name).collect();
    format!("{}-{}", api.digest, self::digest(&names))
}

/// Names a list by what its items are named.
pub(super) fn digest(names: &[&str]) -> String {
    digest::hex(&digest::of(names)[..8])
}

fn described(tool: &'static GeneratedTool, engine: &Engine) -> Result<Tool, StartError> {
    let told = engine.advertising().of(tool)?;
    let described = Tool::new(tool.name, tool.description, Arc::new(told.input)).with_title(tool.title);
    let described = described.with_annotations(annotations(Hints::of(tool)));
    Ok(match told.output {
        None => described,
        Some(output) => described.with_raw_output_schema(Arc::new(output)),
    })
}

fn annotations(hints: Hints) -> ToolAnnotations {
    let Hints { read_only_hint, destructive_hint, idempotent_hint, open_world_hint } = hints;
    ToolAnnotations::from_raw(
        None,
        Some(read_only_hint),
        Some(destructive_hint),
        Some(idempotent_hint),
        Some(open_world_hint),
    )
}
