//! The overlay of a new package: it changes nothing yet, and lists what could be said.

use std::fmt::Write as _;

use super::package::Package;
use super::suggestions::{self, Section};
use crate::size::{Size, tokens};

/// The whole file.
pub(super) fn text(package: &Package<'_>) -> String {
    let mut out = head(package);
    budget(package, &mut out);
    accepted(package, &mut out);
    for section in suggestions::all(package) {
        write(&section, &mut out);
    }
    out
}

fn head(package: &Package<'_>) -> String {
    let title = suggestions::line(&package.api.title);
    format!(
        "# What the document does not say and its MCP server needs: tool names, effects, limits, and what a caller must\n\
         # not choose. OpenAPI Overlay 1.0.0; targets are JSONPath (RFC 9535). The document stays as its owner wrote it.\n\
         #\n\
         # Each suggestion below is commented out. Go through them, keep what is true, delete the rest.\n\
         overlay: 1.0.0\n\
         info:\n  title: {}\n  version: 1.0.0\n\
         actions:\n  \
         - target: $\n    update:\n      x-mcp:\n        \
         # The clients that the tools must suit: mcp, anthropic, openai, gemini, strict-ts.\n        profiles: [mcp]\n",
        suggestions::yaml(&format!("{title} as MCP tools"))
    )
}

/// Limits a little above what is there now, so that growth is noticed.
fn budget(package: &Package<'_>, out: &mut String) {
    let tools = &package.plan.tools;
    let largest = tools.iter().map(|tool| Size::of(tool).entry).max().unwrap_or_default();
    let all = tokens(Size::of_all(tools).entry);
    let roomy = |number: usize, step: usize| (number + number / 10).div_ceil(step).max(1) * step;
    let _ = writeln!(
        out,
        "        # Limits that the build holds. Now the largest tool takes {largest} bytes, and all take about {all} \
         tokens.\n        # budget: {{tool-bytes: {}, total-tokens: {}}}",
        roomy(largest, 1000),
        roomy(all, 1000)
    );
}

fn accepted(package: &Package<'_>, out: &mut String) {
    let Section { entries, .. } = suggestions::accepts(package);
    if entries.is_empty() {
        return;
    }
    out.push_str(
        "        # What a build refuses because it would lose meaning. Repair it with an action below, or accept it:\n        \
         # take the comment signs away and write why that is right.\n        # accept:\n",
    );
    for line in entries.iter().flatten() {
        let _ = writeln!(out, "        #   {line}");
    }
}

fn write(section: &Section, out: &mut String) {
    out.push('\n');
    for line in wrapped(&section.words) {
        let _ = writeln!(out, "  # {line}");
    }
    for line in section.entries.iter().flatten() {
        let _ = writeln!(out, "  # {line}");
    }
    if section.further > 0 {
        let _ = writeln!(out, "  # And {} more.", section.further);
    }
}

/// Lines of at most a hundred characters.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= 100 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
