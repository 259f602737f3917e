//! The report for people.

use std::fmt::Write as _;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use codegen::size::{self, Size};

use super::findings::{self, Outcome};
use super::{Told, by_size, output};

/// How many of the largest tools are named.
const LARGEST: usize = 5;

/// The whole report as text.
pub(super) fn text(told: &Told) -> String {
    let mut out = output::coloured(&openapi::text::render(&told.report), io::stdout().is_terminal());
    if told.reading.api.is_none() {
        return out;
    }
    let outcomes = findings::outcomes(told);
    out.push('\n');
    outcomes.iter().for_each(|outcome| line(outcome, &mut out));
    let skipped = outcomes.iter().filter(|outcome| outcome.tools.is_empty()).count();
    let _ = writeln!(
        out,
        "\n{} operations, {} tools, {skipped} operations without a tool",
        outcomes.len(),
        told.plan.tools.len()
    );
    sizes(told, &mut out);
    let seconds = |time: Duration| format!("{:.2} s", time.as_secs_f64());
    let times = &told.times;
    let _ = writeln!(
        out,
        "read in {}, planned in {}, written in {}",
        seconds(times.read),
        seconds(times.plan),
        seconds(times.write)
    );
    out
}

fn line(outcome: &Outcome<'_>, out: &mut String) {
    let Outcome { name, at, tools, reason } = outcome;
    let _ = match reason {
        Some(reason) => writeln!(out, "no tool: {name} ({at}): {reason}"),
        None => {
            let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            writeln!(out, "tool: {name} ({at}): {}", names.join(", "))
        }
    };
}

fn sizes(told: &Told, out: &mut String) {
    let Size { input_schema, output_schema, description, entry } = Size::of_all(&told.plan.tools);
    let _ = writeln!(
        out,
        "the list of tools: {entry} bytes, about {} tokens ({}); {input_schema} bytes are input schemas, \
         {output_schema} output schemas, {description} descriptions",
        size::tokens(entry),
        size::COUNTED_AS
    );
    let sizes = by_size(&told.plan);
    let largest: Vec<String> =
        sizes.iter().take(LARGEST).map(|(name, size)| format!("{name} {}", size.entry)).collect();
    if !largest.is_empty() {
        let _ = writeln!(out, "the largest, in bytes: {}", largest.join(", "));
    }
}
