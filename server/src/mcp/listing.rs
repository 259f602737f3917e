//! The tools as clients see them, prepared once at start.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};

use crate::advertised::Hints;
use crate::catalog::{Api, Tool as GeneratedTool};
use crate::digest;
use crate::engine::Engine;
use crate::own::finding::Finders;
use crate::start_error::StartError;

/// Every tool of the API in the catalog's order; an error names the tool whose schema cannot be served.
pub(super) fn tools(engine: &Engine) -> Result<Vec<Tool>, StartError> {
    engine.api().tools.iter().map(|tool| listed(tool, engine)).collect()
}

/// The tools that find the others. A call by one of them may do anything.
pub(super) fn finders(engine: &Engine, finders: Finders) -> Result<Vec<Tool>, StartError> {
    let hinted = |tool: &'static GeneratedTool| {
        let listed = listed(tool, engine)?;
        let calls = std::ptr::eq(tool, finders.call);
        Ok(if calls { listed.with_annotations(annotations(Hints::ANYTHING)) } else { listed })
    };
    finders.all().into_iter().map(hinted).collect()
}

/// Names a list of some of the tools of an API, so that the cursor of one list is none of another.
pub(super) fn name(api: &Api, listed: &[&Tool]) -> String {
    let is_all = listed.len() == api.tools.len()
        && listed.iter().zip(api.tools).all(|(listed, tool)| listed.name == tool.name);
    if is_all {
        return api.digest.to_owned();
    }
    let names: Vec<&str> = listed.iter().map(|tool| &*tool.name).collect();
    format!("{}-{}", api.digest, self::digest(&names))
}

/// Names a list by what its items are named.
pub(super) fn digest(names: &[&str]) -> String {
    digest::hex(&digest::of(names)[..8])
}

fn listed(tool: &'static GeneratedTool, engine: &Engine) -> Result<Tool, StartError> {
    let told = engine.advertising().of(tool)?;
    let listed = Tool::new(tool.name, tool.description, Arc::new(told.input)).with_title(tool.title);
    let listed = listed.with_annotations(annotations(Hints::of(tool)));
    Ok(match told.output {
        None => listed,
        Some(output) => listed.with_raw_output_schema(Arc::new(output)),
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
