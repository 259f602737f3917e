//! `schema`: one tool's schema as clients see it.

use std::process::ExitCode;

use clap::Args;
use codegen::plan::model::Tool;
use serde_json::Value;

use super::progress::Progress;
use super::{Input, exit, output};

/// Which schema.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mcp-codegen schema openapi.json get_pet\n  \
                        mcp-codegen schema openapi.json get_pet --output-schema\n\n\
                        Arguments that a deployment opens or closes are shown as if open.")]
pub(super) struct Options {
    #[command(flatten)]
    input: Input,
    /// The tool's name.
    #[arg(value_name = "TOOL")]
    tool: String,
    /// Print the schema of its answer instead of that of its arguments.
    #[arg(long)]
    output_schema: bool,
}

/// Prints the schema, or which tools there are that may have been meant.
pub(super) fn run(options: &Options, progress: &Progress) -> ExitCode {
    let reading = match options.input.read(progress) {
        Ok(reading) => reading,
        Err(status) => return status,
    };
    let Some(api) = &reading.api else { return output::refused(&reading.report) };
    let tools = progress.during("planning the tools", || codegen::plan::plan(api)).plan.tools;
    let Some(tool) = tools.iter().find(|tool| tool.name == options.tool) else {
        eprintln!("mcp-codegen: there is no tool {:?}{}", options.tool, near(&options.tool, &tools));
        return ExitCode::from(exit::USAGE);
    };
    let text = if options.output_schema { tool.output_schema.as_ref() } else { Some(&tool.input_schema) };
    let Some(text) = text else {
        eprintln!(
            "mcp-codegen: {} has no output schema: its answers may have any form, or are no JSON",
            tool.name
        );
        return ExitCode::from(exit::USAGE);
    };
    let schema: Value = serde_json::from_str(text).expect("schemas are written as JSON");
    output::print(&format!("{schema:#}\n"))
}

/// The names that are most like the one given, and the tool of an operation that is called so.
fn near(name: &str, tools: &[Tool]) -> String {
    const MOST: usize = 3;
    let mut likely: Vec<(usize, &str)> = tools
        .iter()
        .filter_map(|tool| {
            let distance = strsim::damerau_levenshtein(name, &tool.name);
            let holds = !name.is_empty() && tool.name.contains(name);
            let is_operation = tool.operation == name;
            match (is_operation, holds) {
                (true, _) => Some((0, tool.name.as_str())),
                (_, true) => Some((1, tool.name.as_str())),
                _ => (distance <= 1 + name.len() / 3).then_some((1 + distance, tool.name.as_str())),
            }
        })
        .collect();
    likely.sort_unstable();
    let names: Vec<&str> = likely.into_iter().take(MOST).map(|(_, name)| name).collect();
    if names.is_empty() {
        "; `mcp-codegen tools` lists them".to_owned()
    } else {
        format!("; did you mean {}?", names.join(" or "))
    }
}
