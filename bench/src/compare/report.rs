//! The table for people, and the same for programs.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::figures::Figures;
use super::goals::{Goal, held_to};
use super::ours::{FEW, HOP};

/// What stands above the columns.
const HEAD: &str = "\
| | calls/s | least-most | this server makes | p50 ms | p99 ms | CPU us/call | start ms | idle MiB | loaded MiB | tools | list bytes | about tokens | answer bytes | others' CPU % |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|
";

/// The figures as a table in Markdown.
pub fn table(all: &[Figures]) -> String {
    let mut text = HEAD.to_owned();
    for figures in all {
        let [rate, least, most] = figures.rate;
        let ratio = match (held_to(figures.name), figures.beside) {
            (Some(HOP), Some(beside)) => format!("{:.2} of the hop's", beside.calls),
            (Some(FEW), Some(beside)) => format!("{:.2} of those with few tools", beside.calls),
            (Some(_), Some(beside)) => format!("{:.2} x", 1.0 / beside.calls),
            _ => String::new(),
        };
        let Figures { name, p50_ms, p99_ms, micros, start_ms, idle_mib, loaded_mib, listed, .. } = figures;
        let _ = writeln!(
            text,
            "| {name} | {rate:.0} | {least:.0}-{most:.0} | {ratio} | {p50_ms:.2} | {p99_ms:.2} | {micros:.0} | {start_ms:.0} \
             | {idle_mib:.1} | {loaded_mib:.1} | {} | {} | {} | {:.0} | {:.1} |",
            listed.tools,
            listed.bytes,
            figures.list_tokens(),
            figures.answer_bytes,
            figures.foreign,
        );
    }
    text
}

/// Each promise with whether it is kept.
pub fn judged(goals: &[Goal]) -> String {
    let mut text = String::new();
    for Goal { about, verdict } in goals {
        let _ = match verdict {
            Some(verdict) if verdict.passes() => writeln!(text, "pass {about}: {verdict}"),
            Some(verdict) => writeln!(text, "fail {about}: {verdict}"),
            None => writeln!(text, "not measured {about}"),
        };
    }
    text
}

/// Everything as JSON.
pub fn json(all: &[Figures], goals: &[Goal], settings: &Value, failed: &[(String, String)]) -> Value {
    let goals = goals.iter().map(|Goal { about, verdict }| {
        json!({
            "about": about,
            "passes": verdict.as_ref().map(crate::verdict::Verdict::passes),
            "figures": verdict.as_ref().map(ToString::to_string),
        })
    });
    json!({
        "settings": settings,
        "subjects": all.iter().map(Figures::json).collect::<Vec<_>>(),
        "goals": goals.collect::<Vec<_>>(),
        "failed": failed.iter().map(|(name, error)| json!({ "name": name, "error": error })).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::goals::goals;
    use crate::compare::ours::PLAIN;
    use crate::compare::turn::Beside;

    #[test]
    fn a_row_has_as_many_cells_as_the_head_and_the_ratio_is_what_this_server_makes() {
        let figures = |name, calls| {
            let beside = Some(Beside { calls, time: 1.0 });
            Figures { name, beside, ..Figures::default() }
        };
        let text = table(&[figures(PLAIN, 0.5), figures("other", 0.04)]);
        let lines: Vec<&str> = text.lines().collect();
        let cells = lines[0].matches('|').count();
        assert!(lines.iter().all(|line| line.matches('|').count() == cells), "{text}");
        assert!(lines[2].contains("| 0.50 of the hop's |") && lines[3].contains("| 25.00 x |"), "{text}");
    }

    #[test]
    fn what_was_not_measured_is_neither_kept_nor_broken() {
        let text = judged(&goals(&[]));
        assert!(
            text.lines().count() > 10 && text.lines().all(|line| line.starts_with("not measured ")),
            "{text}"
        );
    }
}
