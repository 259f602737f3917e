//! The report: every problem with its place, and what became of each operation.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::process::ExitCode;

use codegen::plan::model::Tool;
use openapi::Reading;
use openapi::ir::{Api, Operation};
use openapi::report::{Problem, Report, Severity};
use serde_json::{Value, json};

use super::{BAD_DOCUMENT, Format};

/// Prints the report of a reading and of the planning that follows it.
pub(super) fn show(reading: &Reading, format: Format) -> ExitCode {
    let (tools, planning) = match &reading.api {
        Some(api) => {
            let planned = codegen::plan::plan(api);
            (planned.plan.tools, planned.report)
        }
        None => (Vec::new(), Report::default()),
    };
    let report = super::joined(reading, &planning);
    let text = match format {
        Format::Text => text(reading, &tools, &report),
        Format::Json => format!("{:#}\n", machine_readable(reading, &tools, &report)),
    };
    let status = super::print(&text);
    if reading.api.is_none() || report.has_errors() { ExitCode::from(BAD_DOCUMENT) } else { status }
}

/// Prints the errors and warnings of a report where mistakes belong.
pub(super) fn complain(report: &Report) {
    let loud = report.problems.iter().filter(|problem| problem.severity > Severity::Note);
    let problems = loud.cloned().collect();
    eprint!("{}", coloured(&openapi::text::render(&Report { problems }), io::stderr().is_terminal()));
}

fn text(reading: &Reading, tools: &[Tool], report: &Report) -> String {
    let mut out = coloured(&openapi::text::render(report), io::stdout().is_terminal());
    if let Some(api) = &reading.api {
        let _ = writeln!(out, "{} operations, {} tools", api.operations.len(), tools.len());
        for operation in skipped(api, tools) {
            let _ =
                writeln!(out, "no tool: {} ({}): {}", operation.id, operation.at, reason(operation, report));
        }
    }
    out
}

fn machine_readable(reading: &Reading, tools: &[Tool], report: &Report) -> Value {
    let skipped: Vec<Value> = reading
        .api
        .iter()
        .flat_map(|api| skipped(api, tools))
        .map(|operation| {
            json!({
                "operation": operation.id,
                "pointer": operation.at.pointer,
                "reason": reason(operation, report),
            })
        })
        .collect();
    json!({
        "operations": reading.api.as_ref().map_or(0, |api| api.operations.len()),
        "tools": tools.len(),
        "skipped": skipped,
        "diagnostics": report.problems.iter().map(diagnostic).collect::<Vec<_>>(),
    })
}

fn diagnostic(problem: &Problem) -> Value {
    json!({
        "id": problem.rule,
        "severity": problem.severity,
        "pointer": problem.place.pointer,
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "message": problem.message,
    })
}

/// The operations that became no tool.
fn skipped<'a>(api: &'a Api, tools: &'a [Tool]) -> impl Iterator<Item = &'a Operation> {
    let carried: std::collections::HashSet<&str> = tools.iter().map(|tool| tool.operation.as_str()).collect();
    api.operations.iter().filter(move |operation| !carried.contains(operation.id.as_str()))
}

/// The first error at or below the operation.
fn reason(operation: &Operation, report: &Report) -> String {
    let below = format!("{}/", operation.at.pointer);
    let errors = report.problems.iter().filter(|problem| problem.severity == Severity::Error);
    errors
        .into_iter()
        .find(|problem| {
            problem.place.pointer == operation.at.pointer || problem.place.pointer.starts_with(&below)
        })
        .map_or_else(|| "see the errors above".to_owned(), |problem| problem.message.clone())
}

/// Severity words in colour, on terminals only.
fn coloured(text: &str, is_terminal: bool) -> String {
    if !is_terminal || std::env::var_os("NO_COLOR").is_some() {
        return text.to_owned();
    }
    text.replace(": error[", ": \u{1b}[1;31merror\u{1b}[0m[")
        .replace(": warning[", ": \u{1b}[1;33mwarning\u{1b}[0m[")
}
