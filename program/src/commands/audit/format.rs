//! Records for people, for programs and for spreadsheets.

use std::fmt::Write as _;

use serde_json::Value;
use server::journal::{Record, escaped};

use crate::arguments::AuditFormat;
use crate::table::columns;

/// The columns that every record may have, in the order of their importance.
const COLUMNS: [&str; 10] =
    ["seq", "time", "kind", "tool", "outcome", "status", "caller", "request_id", "count", "arguments"];

/// The records in a format. Text and CSV hold no character that acts on a terminal or a spreadsheet.
pub(super) fn written(records: &[Record], format: AuditFormat) -> String {
    match format {
        AuditFormat::Text => table(records),
        AuditFormat::Json => records.iter().fold(String::new(), |mut text, record| {
            let _ = writeln!(text, "{}", escaped(&Value::Object(record.members.clone()).to_string()));
            text
        }),
        AuditFormat::Csv => csv(records),
    }
}

fn cell(record: &Record, column: &str) -> String {
    match record.members.get(column) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

fn table(records: &[Record]) -> String {
    let mut rows = vec![COLUMNS.map(str::to_owned)];
    let plain = |text: String| text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect::<String>();
    rows.extend(records.iter().map(|record| COLUMNS.map(|column| plain(cell(record, column)))));
    // In words of a caller as well nothing is left that changes how a line is read.
    escaped(&columns(&rows)).into_owned()
}

fn csv(records: &[Record]) -> String {
    let mut text = COLUMNS.join(",") + "\r\n";
    for record in records {
        let cells = COLUMNS.map(|column| quoted(&cell(record, column)));
        text.push_str(&cells.join(","));
        text.push_str("\r\n");
    }
    text
}

/// RFC 4180. A spreadsheet takes text that begins like a formula for one, so that such text gets a quote before it.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Record {
        let Value::Object(members) = json!({
            "seq": 7, "time": "t", "kind": "outcome", "tool": "=cmd()", "outcome": "a\"b", "status": 200,
            "arguments": { "note": "line\n\u{1b}[31m\u{202e}\u{2028}" },
        }) else {
            unreachable!()
        };
        Record { file: "f".into(), line: 1, members }
    }

    #[test]
    fn csv_is_quoted_and_holds_no_formula() {
        let text = written(&[record()], AuditFormat::Csv);
        let (head, line) = text.split_once("\r\n").unwrap();
        assert_eq!(head, COLUMNS.join(","));
        assert!(
            line.starts_with("\"7\",\"t\",\"outcome\",\"'=cmd()\",\"a\"\"b\",\"200\",\"\",\"\","),
            "{line}"
        );
    }

    #[test]
    fn t50_text_is_one_line_for_each_record_and_json_the_record_itself() {
        let text = written(&[record(), record()], AuditFormat::Text);
        assert_eq!(text.trim_end().lines().count(), 3);
        assert!(!text.contains(['\u{1b}', '\u{202e}', '\u{2028}']));
        let text = written(&[record()], AuditFormat::Json);
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["seq"], 7);
    }
}
