//! GitHub workflow commands: one line each, shown beside the line of the file that it names.

use std::fmt::Write as _;

use super::super::{Drift, Severity};

pub(super) fn render(drift: &Drift) -> String {
    let mut out = String::new();
    for finding in &drift.findings {
        let command = match finding.severity() {
            Severity::Breaking => "error",
            Severity::Risky => "warning",
            Severity::Compatible | Severity::Text => "notice",
        };
        let mut properties = Vec::new();
        if let Some(place) = finding.new.as_ref().or(finding.old.as_ref()) {
            properties.push(format!("file={}", property(&place.file)));
            if place.line > 0 {
                properties.push(format!("line={}", place.line));
            }
        }
        properties.push(format!("title={}", property(finding.rule.id)));
        let subject =
            [finding.tool.as_deref(), finding.path.as_deref()].into_iter().flatten().collect::<Vec<_>>();
        let subject = if subject.is_empty() { "the API".to_owned() } else { subject.join(" ") };
        let message = message(&format!("{subject}: {}. {}", finding.message, finding.rule.explanation));
        let _ = writeln!(out, "::{command} {}::{message}", properties.join(","));
    }
    out
}

/// What would end the line or begin an escape, as the runner reads it.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// In a property, what separates properties too.
fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}
