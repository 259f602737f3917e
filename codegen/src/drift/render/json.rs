//! For programs. `drift` is the version of this form: a member that changes its meaning, or goes, makes it 2.

use openapi::report::Place;
use serde_json::{Value, json};

use super::super::{Drift, Finding, Severity};

pub(super) fn render(drift: &Drift) -> String {
    let counts: serde_json::Map<String, Value> = Severity::ALL
        .iter()
        .map(|severity| (severity.word().to_owned(), drift.count(*severity).into()))
        .collect();
    let value = json!({
        "drift": 1,
        "contract": { "old": drift.old, "new": drift.new },
        "status": drift.status(),
        "worst": drift.worst().map(Severity::word),
        "counts": counts,
        "findings": drift.findings.iter().map(finding).collect::<Vec<_>>(),
    });
    format!("{value:#}\n")
}

fn finding(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule.id,
        "severity": finding.severity().word(),
        "tool": finding.tool,
        "path": finding.path,
        "message": finding.message,
        "explanation": finding.rule.explanation,
        "example": finding.example,
        "old": finding.old.as_ref().map(place),
        "new": finding.new.as_ref().map(place),
    })
}

fn place(place: &Place) -> Value {
    json!({ "file": &*place.file, "line": place.line, "column": place.column, "pointer": place.pointer })
}
