//! `report`: what became of each operation, every problem, and what the tools cost.

mod findings;
mod machine;
mod people;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use codegen::plan::model::Plan;
use codegen::{profiles, size};
use openapi::Reading;
use openapi::ir::{Budget, Profile};
use openapi::report::{Place, Problem, Report};

use super::progress::Progress;
use super::{Input, exit, joined, output};

/// What to report, in which form, and against which limits.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mcp-codegen report openapi.json --overlay overlay.yaml\n  \
                        mcp-codegen report openapi.json --format json | jq '.skipped'\n  \
                        mcp-codegen report openapi.json --profile anthropic,openai --client-prefix 20\n  \
                        mcp-codegen report openapi.json --max-tool-bytes 8000 --max-total-tokens 40000\n\n\
                        Exit status 3 says that a limit is crossed, 65 that the document has errors.")]
pub(super) struct Options {
    #[command(flatten)]
    input: Input,
    /// How the report is written.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Kinds of clients that the tools are held against, besides those that the overlay names: mcp, anthropic, openai,
    /// gemini, strict-ts [default: mcp].
    #[arg(long = "profile", value_name = "PROFILE", value_delimiter = ',', value_parser = profile)]
    profiles: Vec<Profile>,
    /// How many characters clients put before each tool name, as in `mcp__SERVER__`; else the overlay's.
    #[arg(long, value_name = "N")]
    client_prefix: Option<usize>,
    /// Most bytes that one tool may take in the list of tools; else the overlay's.
    #[arg(long, value_name = "N")]
    max_tool_bytes: Option<u64>,
    /// Most tokens (bytes / 4) that all tools may take together; else the overlay's.
    #[arg(long, value_name = "N")]
    max_total_tokens: Option<u64>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// For people.
    Text,
    /// For programs.
    Json,
}

fn profile(word: &str) -> Result<Profile, String> {
    let words = Profile::ALL.map(Profile::word).join(", ");
    Profile::ALL
        .into_iter()
        .find(|profile| profile.word() == word)
        .ok_or_else(|| format!("there is no such profile; known are {words}"))
}

/// Everything that a report tells.
struct Told {
    reading: Reading,
    plan: Plan,
    report: Report,
    profiles: Vec<Profile>,
    times: Times,
}

/// How long each phase took.
struct Times {
    read: Duration,
    plan: Duration,
    write: Duration,
}

/// Prints the report of a reading and of the planning that follows it.
pub(super) fn run(options: Options, progress: &Progress) -> ExitCode {
    let started = Instant::now();
    let mut reading = match options.input.read(progress) {
        Ok(reading) => reading,
        Err(status) => return status,
    };
    let read = started.elapsed();
    options.set_limits(&mut reading);
    let told = tell(reading, &options, read, progress);
    let text = match options.format {
        Format::Text => people::text(&told),
        Format::Json => format!("{:#}\n", machine::value(&told, &options)),
    };
    let printed = output::print(&text);
    if told.reading.api.is_none() {
        return ExitCode::from(exit::BAD_DOCUMENT);
    }
    if told.report.has_errors() { exit::of(&told.report) } else { printed }
}

fn tell(reading: Reading, options: &Options, read: Duration, progress: &Progress) -> Told {
    let Some(api) = &reading.api else {
        let times = Times { read, plan: Duration::ZERO, write: Duration::ZERO };
        let report = reading.report.clone();
        return Told { reading, plan: Plan::default(), report, profiles: Vec::new(), times };
    };
    let (mut planned, plan) = progress.timed("planning the tools", || codegen::plan::plan(api));
    // What the overlay asks for is held against the tools as they are planned; flags ask for more, and change nothing.
    let mut profiles = api.mcp.profiles.clone();
    let asked = if options.profiles.is_empty() { &[Profile::Mcp][..] } else { &options.profiles };
    profiles.extend(asked.iter().filter(|profile| !api.mcp.profiles.contains(profile)));
    let prefix = options.client_prefix.unwrap_or(api.mcp.client_prefix);
    for problem in profiles::check(&planned.plan.tools, api, &profiles, prefix) {
        let is_known = |known: &Problem| {
            (known.rule, &known.place) == (problem.rule, &problem.place)
                && known.message.starts_with(&problem.message)
        };
        if !planned.report.problems.iter().any(is_known) {
            planned.report.problems.push(problem);
        }
    }
    let written = planned.plan.clone();
    let (_, write) = progress.timed("writing the program", || codegen::source(written));
    let report = joined(&reading, &planned.report);
    Told { plan: planned.plan, report, profiles, times: Times { read, plan, write }, reading }
}

impl Options {
    /// Limits of the command line hold instead of the overlay's.
    fn set_limits(&self, reading: &mut Reading) {
        let Some(api) = &mut reading.api else { return };
        if self.max_tool_bytes.is_none() && self.max_total_tokens.is_none() {
            return;
        }
        let file = self.input.document.display().to_string().into();
        let at = Place { pointer: String::new(), file, line: 1, column: 1 };
        let budget = api.mcp.budget.get_or_insert(Budget { at, tool_bytes: None, total_tokens: None });
        budget.tool_bytes = self.max_tool_bytes.or(budget.tool_bytes);
        budget.total_tokens = self.max_total_tokens.or(budget.total_tokens);
    }
}

/// The sizes of the tools, largest first.
fn by_size(plan: &Plan) -> Vec<(&str, size::Size)> {
    let mut sizes: Vec<(&str, size::Size)> =
        plan.tools.iter().map(|tool| (tool.name.as_str(), size::Size::of(tool))).collect();
    sizes.sort_by(|one, other| other.1.entry.cmp(&one.1.entry).then(one.0.cmp(other.0)));
    sizes
}
