//! `search_tools`: the tools that fit what somebody wants to do, of those that the caller may use.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::call::Reply;
use crate::catalog::{Confirm, Effect, Tool};
use crate::own::{AsTask, Context, OwnTool, schema_of};

/// How many tools are given where nothing is said.
const USUAL: usize = 5;
/// How much of a description is given, in characters.
const LONGEST: usize = 240;

/// The tool.
pub(super) static SEARCH: OwnTool<Search> = OwnTool {
    name: "search_tools",
    title: "Search tools",
    description: "Finds the tools with which something can be done, best first. Ask in a few plain words, with the words of the matter, such as \"cancel a deployment\". Then describe_tool tells the arguments of one, and call_tool calls it.",
    effect: Effect::Read,
    confirm: Confirm::Never,
    idempotent: true,
    open_world: false,
    talks: false,
    as_task: AsTask::Never,
    timeout: None,
    scopes: Some(&[]),
    output_schema: Some(schema_of::<Found>),
    secrets: &[],
    handler: |arguments, context| Box::pin(async move { Reply::of(&found(&arguments, &context)) }),
};

/// What the tool takes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Search {
    /// What is to be done.
    #[schemars(length(min = 1, max = 500))]
    query: String,
    /// How many tools are wanted.
    #[serde(default = "usual")]
    #[schemars(range(min = 1, max = 20))]
    limit: usize,
}

fn usual() -> usize {
    USUAL
}

/// What the tool answers.
#[derive(Debug, Serialize, JsonSchema)]
struct Found {
    /// The tools, best first.
    tools: Vec<Match>,
    /// What to do where there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<&'static str>,
}

/// A tool that was found.
#[derive(Debug, Serialize, JsonSchema)]
struct Match {
    /// Its name.
    name: &'static str,
    /// Its title.
    title: &'static str,
    /// What it does.
    description: String,
    /// What it does to the world: `read`, `write` or `destroy`.
    effect: &'static str,
    /// The arguments that it requires.
    required: Vec<String>,
}

fn found(search: &Search, context: &Context) -> Found {
    let (calls, caller, view) = (context.calls(), context.caller(), context.view());
    let fitting = calls.index().search(&search.query);
    let usable = fitting.filter(|tool| view.has(tool) && calls.may_use(caller, tool));
    let tools: Vec<Match> = usable.take(search.limit).map(matching).collect();
    let hint = tools.is_empty().then_some(
        "No tool that you may use has any of these words. Ask in other words, or in those of the API.",
    );
    Found { tools, hint }
}

fn matching(tool: &'static Tool) -> Match {
    Match {
        name: tool.name,
        title: tool.title,
        description: shortened(tool.description),
        effect: tool.effect.word(),
        required: tool.required(),
    }
}

/// As many whole words of a text as have room.
fn shortened(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match text.char_indices().nth(LONGEST) {
        None => text,
        Some((end, _)) => {
            let end = text[..end].rfind(' ').unwrap_or(end);
            format!("{}...", &text[..end])
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_description_ends_with_a_word() {
        assert_eq!(shortened("Reads\n  it. "), "Reads it.");
        let long = "word ".repeat(60);
        let short = shortened(&long);
        assert!(short.ends_with("word...") && short.chars().count() <= LONGEST + 3, "{short}");
        assert_eq!(shortened(&"é".repeat(LONGEST + 1)), format!("{}...", "é".repeat(LONGEST)));
        assert_eq!(shortened(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
    }
}
