//! The tools as clients see them, prepared once at start.

use std::sync::Arc;

use rmcp::model::{Tool, ToolAnnotations};

use super::schema;
use crate::catalog::{Api, Effect, Tool as GeneratedTool, Work};
use crate::digest;
use crate::engine::Engine;
use crate::start_error::StartError;

/// Every tool of the API in the catalog's order; an error names the tool whose schema cannot be served.
pub(super) fn tools(engine: &Engine) -> Result<Vec<Tool>, StartError> {
    engine.api().tools.iter().map(|tool| listed(tool, engine)).collect()
}

/// Names a list of some of the tools of an API, so that the cursor of one list is none of another.
pub(super) fn name(api: &Api, listed: &[&Tool]) -> String {
    if listed.len() == api.tools.len() {
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
    let deployment = engine.deployment();
    let wrong = |which: &str, what: String| {
        StartError::new(format!("tool {}: its {which} schema: {what}", tool.name))
    };
    let input =
        schema::advertised(tool.input_schema, tool.gated, deployment).map_err(|what| wrong("input", what))?;
    let listed = Tool::new(tool.name, tool.description, Arc::new(input)).with_title(tool.title);
    let listed = listed.with_annotations(annotations(tool));
    match tool.output_schema {
        None => Ok(listed),
        Some(text) => {
            let mut output =
                schema::advertised(text, &[], deployment).map_err(|what| wrong("output", what))?;
            if engine.cuts() {
                schema::may_be_a_part(&mut output);
            }
            Ok(listed.with_raw_output_schema(Arc::new(output)))
        }
    }
}

/// All hints stated: what is left out has defaults that are wrong for most tools.
fn annotations(tool: &GeneratedTool) -> ToolAnnotations {
    ToolAnnotations::from_raw(
        None,
        Some(tool.effect == Effect::Read),
        Some(tool.effect == Effect::Destroy),
        Some(tool.idempotent),
        // Behind every generated tool is an API whose data others write.
        Some(match tool.work {
            Work::Request(_) | Work::Rest => true,
            Work::Own(worker) => worker.open_world(),
        }),
    )
}
