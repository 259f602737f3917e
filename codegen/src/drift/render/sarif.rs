//! SARIF 2.1.0: one run, the rules that were met, a result for each finding.

use openapi::report::Place;
use serde_json::{Value, json};

use super::super::{Drift, Finding, Rule, Severity};

pub(super) fn render(drift: &Drift) -> String {
    let mut rules: Vec<&'static Rule> = Vec::new();
    for finding in &drift.findings {
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
        }
    }
    let value = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "mcp-codegen",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(|rule| described(rule)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": drift.findings.iter().map(|finding| result(finding, &rules)).collect::<Vec<_>>(),
        }],
    });
    format!("{value:#}\n")
}

fn described(rule: &Rule) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.explanation },
        "defaultConfiguration": { "level": level(rule.severity) },
        "properties": { "severity": rule.severity.word() },
    })
}

fn result(finding: &Finding, rules: &[&Rule]) -> Value {
    let subject =
        [finding.tool.as_deref(), finding.path.as_deref()].into_iter().flatten().collect::<Vec<_>>();
    let subject = if subject.is_empty() { "the API".to_owned() } else { subject.join(" ") };
    let mut result = json!({
        "ruleId": finding.rule.id,
        "ruleIndex": rules.iter().position(|rule| *rule == finding.rule),
        "level": level(finding.severity()),
        "message": { "text": format!("{subject}: {}. {}", finding.message, finding.rule.explanation) },
    });
    // Where it is now comes first: that is what the author of a change can mend.
    let mut places = [&finding.new, &finding.old].into_iter().flatten();
    if let Some(place) = places.next() {
        result["locations"] = json!([location(place, None)]);
    }
    if let Some(place) = places.next() {
        result["relatedLocations"] = json!([location(place, Some("as it was"))]);
    }
    result
}

fn location(place: &Place, words: Option<&str>) -> Value {
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri(&place.file) } } });
    if place.line > 0 {
        let mut region = json!({ "startLine": place.line });
        if place.column > 0 {
            region["startColumn"] = place.column.into();
        }
        location["physicalLocation"]["region"] = region;
    }
    if let Some(words) = words {
        location["message"] = json!({ "text": words });
    }
    location
}

/// A path as a URI reference: what has a meaning in URIs is percent-encoded.
fn uri(file: &str) -> String {
    let mut out = String::new();
    for byte in file.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b'~' => {
                out.push(byte.into())
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Breaking => "error",
        Severity::Risky => "warning",
        Severity::Compatible | Severity::Text => "note",
    }
}
