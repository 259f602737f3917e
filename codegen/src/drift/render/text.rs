//! For people: grouped by tool, the worst first, both places under each finding.

use std::fmt::Write as _;

use super::super::{Drift, Finding, Severity};
use super::{counts, short};

/// The whole drift; a last line counts.
pub(super) fn render(drift: &Drift) -> String {
    if drift.findings.is_empty() {
        return format!("no drift: the contract is {}\n", drift.new);
    }
    let mut out = String::new();
    let mut tool: Option<&Option<String>> = None;
    for finding in &drift.findings {
        if tool != Some(&finding.tool) {
            if tool.is_some() {
                out.push('\n');
            }
            let _ = writeln!(out, "{}", finding.tool.as_deref().unwrap_or("the API"));
            tool = Some(&finding.tool);
        }
        one(finding, &mut out);
    }
    let _ = writeln!(out, "\n{}", counts(drift));
    out
}

fn one(finding: &Finding, out: &mut String) {
    let path = finding.path.as_ref().map(|path| format!("{path}: ")).unwrap_or_default();
    let message = finding.message.replace(['\n', '\r'], " ");
    let _ = writeln!(out, "  {:<8}  {}  {path}{message}", finding.severity().word(), finding.rule.id);
    let places: Vec<String> = [&finding.old, &finding.new].into_iter().flatten().map(short).collect();
    if !places.is_empty() {
        let _ = writeln!(out, "            {}", places.join(" -> "));
    }
    if finding.severity() >= Severity::Risky {
        let _ = writeln!(out, "            {}", finding.rule.explanation);
    }
}
