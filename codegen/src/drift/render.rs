//! Findings for people and for programs. All renderings tell the same findings in the same order.

mod github;
mod json;
mod markdown;
mod sarif;
mod text;

use clap::ValueEnum;
use openapi::report::Place;

use super::{Drift, Severity};

/// How findings are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, grouped by tool.
    Text,
    /// For programs; docs/drift.md says what each member means.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands that GitHub shows beside the lines.
    Github,
    /// For a pull request.
    Markdown,
}

/// All findings, written.
pub fn render(drift: &Drift, format: Format) -> String {
    match format {
        Format::Text => text::render(drift),
        Format::Json => json::render(drift),
        Format::Sarif => sarif::render(drift),
        Format::Github => github::render(drift),
        Format::Markdown => markdown::render(drift),
    }
}

/// `1 breaking, 2 risky, 0 compatible, 3 text`.
fn counts(drift: &Drift) -> String {
    let count = |severity: Severity| format!("{} {severity}", drift.count(severity));
    Severity::ALL.map(count).join(", ")
}

/// File and line, as far as they are known.
fn short(place: &Place) -> String {
    if place.line == 0 { place.file.to_string() } else { format!("{}:{}", place.file, place.line) }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::rules::{arguments, tools};
    use super::super::{Drift, Finding};
    use super::*;

    /// Two findings with everything that has to be escaped somewhere.
    pub(crate) fn drift() -> Drift {
        let place =
            |file: &str, line| Place { pointer: "/a/b".to_owned(), file: file.into(), line, column: 3 };
        let made_required = Finding {
            rule: &arguments::MADE_REQUIRED,
            tool: Some("make".to_owned()),
            path: Some("arguments.a|b".to_owned()),
            message: "it must\nbe there: 100%, <now>".to_owned(),
            example: Some(serde_json::json!({"x": 1})),
            old: Some(place("old,1.lock", 7)),
            new: Some(place("new:1.yaml", 8)),
        };
        let removed = Finding {
            rule: &tools::REMOVED,
            tool: Some("take".to_owned()),
            path: None,
            message: "Take is gone".to_owned(),
            example: None,
            old: Some(place("old,1.lock", 9)),
            new: None,
        };
        Drift {
            findings: vec![made_required, removed],
            old: "sha256:00".to_owned(),
            new: "sha256:11".to_owned(),
        }
    }

    #[test]
    fn text_names_rule_and_both_places() {
        let text = render(&drift(), Format::Text);
        assert!(
            text.contains("make\n  breaking  argument-made-required  arguments.a|b: it must be there"),
            "{text}"
        );
        assert!(text.contains("old,1.lock:7 -> new:1.yaml:8"), "{text}");
        assert!(text.ends_with("2 breaking, 0 risky, 0 compatible, 0 text\n"), "{text}");
    }

    #[test]
    fn a_workflow_command_is_one_line_whatever_the_words() {
        let text = render(&drift(), Format::Github);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert!(lines[0].starts_with("::error file=new%3A1.yaml,line=8,title=argument-made-required::make arguments.a|b: it must%0Abe there: 100%25"), "{text}");
        assert!(lines[1].starts_with("::error file=old%2C1.lock,line=9,title=tool-removed::"), "{text}");
    }

    #[test]
    fn markdown_holds_its_cells_together() {
        let text = render(&drift(), Format::Markdown);
        let row = text.lines().find(|line| line.contains("argument-made-required")).expect("a row");
        assert_eq!(row.matches(" | ").count(), 3, "{row}");
        assert!(row.contains("a\\|b") && row.contains("&lt;now&gt;"), "{row}");
    }

    #[test]
    fn json_says_its_version_and_both_hashes() {
        let value: serde_json::Value = serde_json::from_str(&render(&drift(), Format::Json)).expect("JSON");
        assert_eq!(value["drift"], 1);
        assert_eq!(value["contract"], serde_json::json!({"old": "sha256:00", "new": "sha256:11"}));
        assert_eq!(value["findings"][0]["example"]["x"], 1);
        assert_eq!(value["findings"][1]["new"], serde_json::Value::Null);
        assert_eq!(value["status"], 3);
    }
}
