//! The tool that gives the rest of an answer: one for all tools, and it only reads, so that no change has to be called again
//! for more of its answer.

use serde_json::{Map, Value};

use super::Settings;
use crate::call::CallError;
use crate::catalog::{Api, Effect, Tool, Work};
use crate::decode::{Decoder, Deployment, ObjectRule, Problem, Problems, Text};
use crate::request::{Aside, Parts, Prepared};
use crate::start_error::StartError;

/// The tool's entry in the catalog.
pub static REST: Tool = Tool {
    name: "get_rest_of_answer",
    title: "Rest of an answer",
    description: "Gives the next part of an answer that was too large to be given at once. Takes the cursor that came with the part before.",
    idempotent: true,
    // Whoever has the cursor was given the part before.
    scopes: Some(&[]),
    input_schema: r#"{"type":"object","properties":{"cursor":{"type":"string","description":"The cursor of the part before."}},"required":["cursor"],"additionalProperties":false}"#,
    ..Tool::bare(Effect::Read, Work::Rest)
};

/// The API with this tool, where answers are cut. What is made here lives as long as the program, as all of a catalog does.
pub(crate) fn joined(api: &'static Api, settings: Settings) -> Result<&'static Api, StartError> {
    if !settings.cuts() {
        return Ok(api);
    }
    let mut tools = api.tools.to_vec();
    match tools.binary_search_by(|tool| tool.name.cmp(REST.name)) {
        Ok(_) => Err(StartError::new(format!(
            "a tool is named {}, as is the one that gives the rest of large answers: name it otherwise, or set MCP_MAX_ANSWER_SIZE to 0",
            REST.name
        ))),
        Err(place) => {
            tools.insert(place, &REST);
            Ok(Box::leak(Box::new(Api { tools: Box::leak(tools.into_boxed_slice()), ..*api })))
        }
    }
}

/// Checks its arguments; there is no request.
pub(crate) fn prepare(arguments: Map<String, Value>, deployment: &Deployment) -> Result<Prepared, Problems> {
    static RULE: ObjectRule = ObjectRule::closed(&["cursor"]);
    let mut decoder = Decoder::arguments(deployment);
    let cursor = decoder.object(Value::Object(arguments), &RULE).and_then(|mut members| {
        let cursor = members.required(&mut decoder, "cursor", &Text::ANY);
        members.finish(&mut decoder)?;
        cursor
    });
    let problems = decoder.into_problems();
    match cursor.filter(|_| problems.is_empty()) {
        Some(cursor) => {
            let arguments = Value::Object(Map::from_iter([("cursor".to_owned(), cursor.into())]));
            Ok(Prepared { arguments, parts: Parts::default(), aside: Aside::default() })
        }
        None => Err(problems),
    }
}

/// The cursor is none of ours, or somebody else's.
pub(super) fn unknown() -> CallError {
    refused("is not one that this server gave out; take it from the part before, as it is".to_owned())
}

/// The answer was too long ago.
pub(super) fn gone() -> CallError {
    refused(
        "the answer that it belongs to is not kept any more; if a read gave it, make that call again"
            .to_owned(),
    )
}

fn refused(message: String) -> CallError {
    let mut problems = Problems::default();
    problems.push(Problem { path: "cursor".to_owned(), rule: "cursor", message });
    CallError::Arguments(problems)
}
