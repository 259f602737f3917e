//! How large tools are as clients see them, and whether that is within a budget.
//!
//! Bytes are those of compact JSON in UTF-8. Tokens are an estimate that needs no model's vocabulary and is the same
//! for everybody: a quarter of the bytes, rounded up. Vocabularies of today take JSON at about three to five bytes a
//! token, so it ranks tools and holds a budget, and is no bill.

use std::collections::HashMap;

use openapi::ir::{Api, Budget};
use openapi::report::{Place, Problem, Severity};
use serde_json::json;

use crate::plan::model::{Effect, Tool};

/// How a token is counted, in words.
pub const COUNTED_AS: &str = "bytes / 4, rounded up";

/// The rule that one tool is too large.
pub const TOOL_BUDGET: &str = "tool-budget";
/// The rule that all tools together are too large.
pub const CATALOG_BUDGET: &str = "catalog-budget";

/// The bytes of one tool, or the sum of many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Of the schema of its arguments.
    pub input_schema: usize,
    /// Of the schema of its answer.
    pub output_schema: usize,
    /// Of its description.
    pub description: usize,
    /// Of its whole entry in what `tools/list` answers, the above included.
    pub entry: usize,
}

impl Size {
    /// The size of a tool.
    pub fn of(tool: &Tool) -> Size {
        Size {
            input_schema: tool.input_schema.len(),
            output_schema: tool.output_schema.as_ref().map_or(0, String::len),
            description: tool.description.len(),
            entry: entry(tool),
        }
    }

    /// The size of all tools together.
    pub fn of_all(tools: &[Tool]) -> Size {
        tools.iter().map(Size::of).fold(Size::default(), |sum, size| Size {
            input_schema: sum.input_schema + size.input_schema,
            output_schema: sum.output_schema + size.output_schema,
            description: sum.description + size.description,
            entry: sum.entry + size.entry,
        })
    }
}

/// The tokens of so many bytes.
pub fn tokens(bytes: usize) -> usize {
    bytes.div_ceil(4)
}

/// The bytes of a tool's entry in the list: the schemas are text already and are not read for this.
fn entry(tool: &Tool) -> usize {
    let rest = json!({
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "inputSchema": 0,
        "annotations": {
            "readOnlyHint": tool.effect == Effect::Read,
            "destructiveHint": tool.effect == Effect::Destroy,
            "idempotentHint": tool.idempotent,
            "openWorldHint": true,
        },
    });
    let output = tool.output_schema.as_ref().map_or(0, |schema| r#","outputSchema":"#.len() + schema.len());
    // The zero stands where the schema goes.
    rest.to_string().len() - 1 + tool.input_schema.len() + output
}

/// The places of operations by their identifiers.
pub(crate) fn places(api: &Api) -> HashMap<&str, &Place> {
    api.operations.iter().map(|operation| (operation.id.as_str(), &operation.at)).collect()
}

/// What is over the budget: each tool, and all of them together.
pub fn over(tools: &[Tool], api: &Api, budget: &Budget) -> Vec<Problem> {
    let places = places(api);
    let mut found = Vec::new();
    if let Some(most) = budget.tool_bytes {
        for tool in tools {
            let Size { entry, input_schema, output_schema, description } = Size::of(tool);
            if entry as u64 > most {
                let message = format!(
                    "the tool `{}` takes {entry} bytes of the list of tools, and {most} are allowed for one: \
                     {input_schema} are its input schema, {output_schema} its output schema, {description} its \
                     description; hide arguments or shorten texts in the overlay, or accept it",
                    tool.name
                );
                let place = places.get(tool.operation.as_str()).map_or(&budget.at, |place| *place);
                found.push(problem(TOOL_BUDGET, place, message));
            }
        }
    }
    if let Some(most) = budget.total_tokens {
        let bytes = Size::of_all(tools).entry;
        if tokens(bytes) as u64 > most {
            let message = format!(
                "{} tools take about {} tokens ({bytes} bytes) of a client's context, and {most} are allowed: exclude \
                 operations in the overlay",
                tools.len(),
                tokens(bytes)
            );
            found.push(problem(CATALOG_BUDGET, &budget.at, message));
        }
    }
    found
}

fn problem(rule: &'static str, place: &Place, message: String) -> Problem {
    Problem { rule, severity: Severity::Error, place: place.clone(), message }
}
