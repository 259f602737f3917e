//! The report for programs. The form is versioned: a change that could break a reader raises `version`. The README of
//! this crate describes every member.

use codegen::plan::model::{Effect, Tool};
use codegen::size::{self, Size};
use openapi::ir::Profile;
use openapi::report::Problem;
use serde_json::{Value, json};

use super::findings::{self, Outcome};
use super::{Options, Told};

/// The version of the form.
const VERSION: u32 = 1;

/// The whole report.
pub(super) fn value(told: &Told, options: &Options) -> Value {
    let outcomes = findings::outcomes(told);
    let (skipped, carried): (Vec<_>, Vec<_>) = outcomes.iter().partition(|outcome| outcome.reason.is_some());
    let sum = Size::of_all(&told.plan.tools);
    let api = told.reading.api.as_ref();
    let budget = api.and_then(|api| api.mcp.budget.as_ref());
    let milliseconds = |time: std::time::Duration| (time.as_secs_f64() * 1_000_000.0).round() / 1000.0;
    let times = &told.times;
    json!({
        "version": VERSION,
        "document": options.input.document.display().to_string(),
        "overlay": options.input.overlay.as_ref().map(|path| path.display().to_string()),
        "title": api.map(|api| &api.title),
        "digest": api.map(|api| &api.digest),
        "operations": outcomes.len(),
        "tools": told.plan.tools.len(),
        "carried": carried.into_iter().map(carried_as).collect::<Vec<_>>(),
        "skipped": skipped.into_iter().map(skipped_as).collect::<Vec<_>>(),
        "diagnostics": told.report.problems.iter().map(diagnostic).collect::<Vec<_>>(),
        "tools_list": told.plan.tools.iter().map(listed).collect::<Vec<_>>(),
        "bytes": bytes(sum),
        "tokens": tokens(sum),
        "tokens_are": size::COUNTED_AS,
        "budget": budget.map(|budget| json!({
            "tool_bytes": budget.tool_bytes,
            "total_tokens": budget.total_tokens,
        })),
        "profiles": told.profiles.iter().copied().map(Profile::word).collect::<Vec<_>>(),
        "milliseconds": {
            "read": milliseconds(times.read),
            "plan": milliseconds(times.plan),
            "write": milliseconds(times.write),
        },
    })
}

fn carried_as(outcome: &Outcome<'_>) -> Value {
    json!({
        "operation": outcome.name,
        "pointer": outcome.at.pointer,
        "tools": outcome.tools.iter().map(|tool| &tool.name).collect::<Vec<_>>(),
    })
}

fn skipped_as(outcome: &Outcome<'_>) -> Value {
    json!({
        "operation": outcome.name,
        "reason": outcome.reason,
        "pointer": outcome.at.pointer,
        "file": &*outcome.at.file,
        "line": outcome.at.line,
    })
}

fn listed(tool: &Tool) -> Value {
    let size = Size::of(tool);
    json!({
        "name": tool.name,
        "operation": tool.operation,
        "method": tool.method,
        "path": tool.template,
        "effect": match tool.effect {
            Effect::Read => "read",
            Effect::Write => "write",
            Effect::Destroy => "destroy",
        },
        "bytes": bytes(size),
        "tokens": tokens(size),
    })
}

fn bytes(size: Size) -> Value {
    json!({
        "input_schema": size.input_schema,
        "output_schema": size.output_schema,
        "description": size.description,
        "total": size.entry,
    })
}

fn tokens(size: Size) -> Value {
    json!({
        "input_schema": size::tokens(size.input_schema),
        "output_schema": size::tokens(size.output_schema),
        "description": size::tokens(size.description),
        "total": size::tokens(size.entry),
    })
}

fn diagnostic(problem: &Problem) -> Value {
    json!({
        "id": problem.rule,
        "severity": problem.severity.word(),
        "pointer": problem.place.pointer,
        "file": &*problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "message": problem.message,
    })
}
