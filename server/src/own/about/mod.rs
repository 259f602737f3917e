//! Tools about the server and whoever calls it, beside those of the API: `whoami`, `ping`, `echo`, `health_check`. They ask
//! nothing of the API.

mod health;
mod signs;
mod whoami;

use std::sync::OnceLock;

use serde::Deserialize;

use super::{Own, finding, joining};
use crate::catalog::{Api, Tool};
use crate::start_error::StartError;

/// What a tool takes that takes nothing.
#[derive(Debug, Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Nothing {}

/// Those that tell of whoever calls and of nobody and nothing else.
const OF_THE_CALLER: [&str; 3] = ["echo", "ping", "whoami"];

static ALL: [&dyn Own; 4] = [&signs::ECHO, &health::HEALTH_CHECK, &signs::PING, &whoami::WHOAMI];

/// The API with these tools, where they are wanted. A tool of the API keeps its name: whoever knows the API's document means
/// that one, and then ours of this name is not offered.
pub(crate) fn joined(api: &'static Api, is_wanted: bool) -> Result<&'static Api, StartError> {
    if !is_wanted {
        return Ok(api);
    }
    let mut tools = api.tools.to_vec();
    for tool in entries()?.iter().copied() {
        if api.find(tool.name).is_some() {
            tracing::warn!(
                tool = tool.name,
                "the API has a tool of this name, so that the server's own is not offered"
            );
        } else {
            tools.push(tool);
        }
    }
    tools.sort_unstable_by_key(|tool| tool.name);
    Ok(Box::leak(Box::new(Api { tools: Box::leak(tools.into_boxed_slice()), ..*api })))
}

/// Whether a tool is one of the server's own, and tells of whoever calls only, or of what it may call. A tool of the API, or of the program, is none, whatever it is
/// called.
pub(crate) fn tells_of_the_caller(tool: &Tool) -> bool {
    let is_this = |known: &&Tool| std::ptr::eq(*known, tool);
    let is_one = || entries().is_ok_and(|entries| entries.iter().any(is_this));
    OF_THE_CALLER.contains(&tool.name) && is_one() || finding::is_one(tool)
}

/// Their entries, made once for all servers of the process.
fn entries() -> Result<&'static [&'static Tool], StartError> {
    static ENTRIES: OnceLock<Result<Vec<&'static Tool>, StartError>> = OnceLock::new();
    let made = ENTRIES.get_or_init(|| ALL.iter().copied().map(joining::entry).collect());
    made.as_deref().map_err(Clone::clone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Effect, Work};

    static PING: Tool =
        Tool { name: "ping", operation: "systemPing", ..Tool::bare(Effect::Read, Work::Rest) };
    static API: Api = Api::bare(&[&PING]);

    #[test]
    fn a_tool_of_the_api_keeps_its_name() {
        let api = joined(&API, true).unwrap();
        let names: Vec<_> = api.tools.iter().map(|tool| tool.name).collect();
        assert_eq!(names, ["echo", "health_check", "ping", "whoami"]);
        assert_eq!(api.find("ping").unwrap().operation, "systemPing");
        // What is given to everybody who is known must not be a tool that does something else.
        let told: Vec<_> =
            api.tools.iter().filter(|tool| tells_of_the_caller(tool)).map(|tool| tool.name).collect();
        assert_eq!(told, ["echo", "whoami"]);
        assert_eq!(joined(&API, false).unwrap().tools.len(), 1);
    }

    #[test]
    fn what_they_are_judged_by_can_be_compiled() {
        for tool in entries().unwrap() {
            let Work::Own(worker) = tool.work else { panic!("{} is no tool of ours", tool.name) };
            assert_eq!(worker.unsound(), None, "{}", tool.name);
        }
    }
}
