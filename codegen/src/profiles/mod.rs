//! What kinds of clients take of a tool, as rules: each names the tool and what the client rejects. Where the same set
//! of values can be said in a way that suits the client, the build says it so when the overlay asks for the profile.

pub mod names;

mod anthropic;
mod gemini;
mod mcp;
mod openai;
mod strict_ts;
mod walk;

use openapi::ir::{Api, Profile};
use openapi::report::{Problem, Severity};
use serde_json::Value;

use crate::plan::model::Tool;
use crate::size;

/// Most characters of a tool's name, the client's prefix included, that the APIs of models take.
///
/// Anthropic answers "String should have at most 64 characters" to a longer one (anthropics/claude-code#19882), OpenAI
/// "Expected a string with maximum length 64" (microsoft/vscode#243602), Gemini's reference says 64 for a function.
pub const LONGEST_NAME: usize = 64;

/// A tool as a client sees it.
struct View<'t> {
    name: &'t str,
    /// How many characters the client puts before the name.
    prefix: usize,
    input: Value,
    output: Option<Value>,
}

/// What a client would reject.
#[derive(Debug)]
struct Finding {
    rule: &'static str,
    message: String,
}

/// Holds tools against profiles: a warning for each rule that a tool breaks, at its operation.
pub fn check(tools: &[Tool], api: &Api, profiles: &[Profile], client_prefix: usize) -> Vec<Problem> {
    let places = size::places(api);
    let mut problems = Vec::new();
    if profiles.is_empty() {
        return problems;
    }
    for tool in tools {
        let Some(place) = places.get(tool.operation.as_str()) else { continue };
        let view = View::of(tool, client_prefix);
        for Finding { rule, message } in profiles.iter().flat_map(|profile| view.findings(*profile)) {
            let message = format!("the tool `{}`: {message}", tool.name);
            let place = (*place).clone();
            problems.push(Problem { rule, severity: Severity::Warning, place, message });
        }
    }
    problems
}

impl View<'_> {
    fn of(tool: &Tool, prefix: usize) -> View<'_> {
        let schema = |text: &str| serde_json::from_str(text).expect("schemas are written as JSON");
        View {
            name: &tool.name,
            prefix,
            input: schema(&tool.input_schema),
            output: tool.output_schema.as_deref().map(schema),
        }
    }

    fn findings(&self, profile: Profile) -> Vec<Finding> {
        let mut found = Vec::new();
        match profile {
            Profile::Mcp => mcp::check(self, &mut found),
            Profile::Anthropic => anthropic::check(self, &mut found),
            Profile::OpenAi => openai::check(self, &mut found),
            Profile::Gemini => gemini::check(self, &mut found),
            Profile::StrictTs => strict_ts::check(self, &mut found),
        }
        found
    }

    /// The rule of all models' APIs that a name must not be too long with what the client puts before it.
    fn check_name_length(&self, rule: &'static str, client: &str, found: &mut Vec<Finding>) {
        let length = self.name.len() + self.prefix;
        if length > LONGEST_NAME {
            let message = format!(
                "its name has {length} characters with the client's {} before it, and {client} takes {LONGEST_NAME}: \
                 name it in the overlay",
                self.prefix
            );
            found.push(Finding { rule, message });
        }
    }
}

/// The first few of many places, in words.
fn listed(places: &[String]) -> String {
    const MOST: usize = 3;
    let first = places.iter().take(MOST).map(|place| if place.is_empty() { "the root" } else { place });
    let words = first.collect::<Vec<_>>().join(", ");
    if places.len() > MOST { format!("{words} and {} more", places.len() - MOST) } else { words }
}

#[cfg(test)]
mod tests;
