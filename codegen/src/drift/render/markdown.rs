//! For a pull request: a verdict, a table for each severity, and what only words are folded away.

use std::fmt::Write as _;

use super::super::{Drift, Finding, Severity};
use super::{counts, short};

pub(super) fn render(drift: &Drift) -> String {
    let mut out = "## Tool contract\n\n".to_owned();
    let verdict = match drift.worst() {
        None => "The tools promise the same as before.",
        Some(Severity::Breaking) => {
            "**This breaks clients that learnt the tools.** Accepting it needs a reason."
        }
        Some(Severity::Risky) => {
            "Nothing is refused that was accepted, but something may work otherwise than before."
        }
        Some(Severity::Compatible) => "Whatever worked goes on working.",
        Some(Severity::Text) => "Only words changed.",
    };
    let _ = writeln!(out, "{verdict}");
    if drift.findings.is_empty() {
        let _ = writeln!(out, "\nContract `{}`", drift.new);
        return out;
    }
    let _ = writeln!(out, "\n{}; contract `{}` becomes `{}`", counts(drift), drift.old, drift.new);
    for severity in Severity::ALL {
        let findings: Vec<&Finding> =
            drift.findings.iter().filter(|finding| finding.severity() == severity).collect();
        if findings.is_empty() {
            continue;
        }
        let title = format!("{} ({})", capitalised(severity.word()), findings.len());
        let is_folded = severity == Severity::Text;
        let (open, close) = if is_folded {
            (format!("<details><summary>{title}</summary>"), "\n</details>\n")
        } else {
            (format!("### {title}"), "")
        };
        let _ = writeln!(out, "\n{open}\n\n| tool | rule | change | where |\n|---|---|---|---|");
        for finding in findings {
            out.push_str(&row(finding));
        }
        out.push_str(close);
    }
    out
}

fn row(finding: &Finding) -> String {
    let tool = finding.tool.as_deref().map_or("the API".to_owned(), code);
    let path = finding.path.as_deref().map(|path| format!("{}: ", code(path))).unwrap_or_default();
    let places: Vec<String> =
        [&finding.old, &finding.new].into_iter().flatten().map(|place| code(&short(place))).collect();
    format!(
        "| {tool} | `{}` | {path}{} | {} |\n",
        finding.rule.id,
        prose(&finding.message),
        places.join(" → ")
    )
}

/// Text in a cell, harmless as Markdown and HTML.
fn prose(text: &str) -> String {
    let mut out = String::new();
    for letter in text.chars() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            '|' | '`' | '*' | '_' | '[' | ']' | '\\' | '#' | '@' | '~' => {
                out.push('\\');
                out.push(letter);
            }
            _ => out.push(letter),
        }
    }
    out
}

/// A name in a cell as code; a backtick in it would end it.
fn code(text: &str) -> String {
    format!("`{}`", text.replace('`', "'").replace('|', "\\|").replace(['\n', '\r'], " "))
}

fn capitalised(word: &str) -> String {
    let mut word = word.to_owned();
    word[..1].make_ascii_uppercase();
    word
}
