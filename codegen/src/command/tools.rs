//! The table of tools, for people.

use std::fmt::Write as _;
use std::process::ExitCode;

use codegen::plan::model::{Effect, Tool};

use super::progress::Progress;
use super::{Input, exit, joined, output};

/// Prints one line per tool and a sum.
pub(super) fn run(input: &Input, progress: &Progress) -> ExitCode {
    let reading = match input.read(progress) {
        Ok(reading) => reading,
        Err(status) => return status,
    };
    let Some(api) = &reading.api else { return output::refused(&reading.report) };
    let planned = progress.during("planning the tools", || codegen::plan::plan(api));
    let status = output::print(&table(&planned.plan.tools));
    let report = joined(&reading, &planned.report);
    if report.has_errors() {
        output::complain(&report);
        return exit::of(&report);
    }
    status
}

fn table(tools: &[Tool]) -> String {
    let head = ["TOOL", "OPERATION", "EFFECT", "INPUT", "OUTPUT"].map(str::to_owned);
    let rows: Vec<[String; 5]> = std::iter::once(head).chain(tools.iter().map(row)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2), width(3), width(4)];
    let mut out = String::new();
    for row in &rows {
        let _ = writeln!(
            out,
            "{:a$}  {:b$}  {:c$}  {:>d$}  {:>e$}",
            row[0],
            row[1],
            row[2],
            row[3],
            row[4],
            a = widths[0],
            b = widths[1],
            c = widths[2],
            d = widths[3],
            e = widths[4],
        );
    }
    let bytes: usize = tools.iter().map(|tool| tool.input_schema.len() + output_bytes(tool)).sum();
    let _ = writeln!(out, "{} tools, {bytes} bytes of schemas", tools.len());
    out
}

fn row(tool: &Tool) -> [String; 5] {
    let effect = match tool.effect {
        Effect::Read => "read",
        Effect::Write => "write",
        Effect::Destroy => "destroy",
    };
    [
        tool.name.clone(),
        tool.operation.clone(),
        effect.to_owned(),
        tool.input_schema.len().to_string(),
        output_bytes(tool).to_string(),
    ]
}

fn output_bytes(tool: &Tool) -> usize {
    tool.output_schema.as_ref().map_or(0, String::len)
}
