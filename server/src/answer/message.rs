//! The API's own message in an error answer: found, squeezed, bounded, without pages, stack traces and
//! addresses.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::density;
use crate::decode::Visible;
use crate::upstream::Received;

/// The longest message, in characters.
const LONGEST: usize = 1000;
/// Members that hold messages, most telling first.
const MEMBERS: &[&str] = &[
    "message",
    "errorMessage",
    "error_description",
    "detail",
    "error",
    "title",
    "reason",
    "description",
    "errors",
];

/// The message of an error answer; empty when there is none worth showing.
pub(super) fn of(received: &Received) -> String {
    if is_markup(received) {
        return "[an HTML or XML page, not shown]".to_owned();
    }
    let text = String::from_utf8_lossy(&received.body);
    if density::refusal(&text).is_some() {
        return "[large JSON, not shown]".to_owned();
    }
    match serde_json::from_str::<Value>(&text) {
        Ok(value) => in_json(&value),
        Err(_) if text.trim_start().starts_with(['{', '[']) => "[broken JSON, not shown]".to_owned(),
        Err(_) => clean(&text),
    }
}

/// The message of a JSON answer.
pub(super) fn in_json(value: &Value) -> String {
    find(value, 0).map(clean).unwrap_or_default()
}

fn find(value: &Value, depth: usize) -> Option<&str> {
    if depth > 3 {
        return None;
    }
    match value {
        Value::String(text) => Some(text.as_str()).filter(|text| !text.trim().is_empty()),
        Value::Array(items) => items.iter().find_map(|item| find(item, depth + 1)),
        Value::Object(members) => {
            MEMBERS.iter().filter_map(|name| members.get(*name)).find_map(|member| find(member, depth + 1))
        }
        _ => None,
    }
}

/// Whether the body is a page and no data, whatever it claims to be.
pub(super) fn is_markup(received: &Received) -> bool {
    let claimed = received.content_type.as_deref().is_some_and(|content_type| {
        let media_type = content_type.to_ascii_lowercase();
        media_type.contains("html") || media_type.contains("xml")
    });
    let start = received.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&received.body);
    claimed || start.trim_ascii_start().starts_with(b"<")
}

/// One line of visible characters without what only the API's own people should see.
fn clean(text: &str) -> String {
    let (text, traced) = without_trace(text);
    let mut line = String::new();
    for word in text.split(|character: char| character.is_whitespace()).filter(|word| !word.is_empty()) {
        if !line.is_empty() {
            line.push(' ');
        }
        word.chars().for_each(|character| {
            Visible::push(&mut line, character);
        });
        // Nothing beyond this can be shown, whatever the addresses in it shrink to.
        if line.len() > 16 * LONGEST {
            break;
        }
    }
    let mut line = ADDRESSES.replace_all(&line, "[address]").into_owned();
    if let Some((end, _)) = line.char_indices().nth(LONGEST) {
        line.truncate(end);
        line.push_str("...");
    }
    if traced {
        line.push_str(if line.is_empty() {
            "[a stack trace, not shown]"
        } else {
            " [a stack trace, not shown]"
        });
    }
    line
}

/// URLs, IPv4 addresses, and hosts with ports.
static ADDRESSES: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?i)\b[a-z][a-z0-9+.-]*://[^\s"'<>]+|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?\b|\b[a-z0-9_-]+(?:\.[a-z0-9_-]+)*:\d{2,5}\b"#,
    )
    .expect("the pattern of addresses compiles")
});

/// Where the stack traces of the usual platforms begin.
static TRACE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?m)Traceback \(most recent call last\)|\s+at [\w$.<>/]+\([^)\n]*\)|^\s*at \S+ in \S+:line|^\s*Caused by: |\s+File .[^\n]+, line \d+")
        .expect("the pattern of stack traces compiles")
});

fn without_trace(text: &str) -> (&str, bool) {
    match TRACE.find(text) {
        Some(found) => (&text[..found.start()], true),
        None => (text, false),
    }
}

#[cfg(test)]
mod tests {
    use super::{Received, of};

    fn check(content_type: &str, body: &str, expected: &str) {
        let received = Received {
            status: 500,
            content_type: Some(content_type.to_owned()),
            retry_after: None,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        assert_eq!(of(&received), expected);
    }

    #[test]
    fn the_message_is_found_in_the_usual_members() {
        for body in [
            r#"{"message":"no such set"}"#,
            r#"{"status":500,"error":{"message":"no such set"}}"#,
            r#"{"error":"no such set"}"#,
            r#"{"message":" ","detail":"no such set"}"#,
            r#"{"errors":[{"title":"no such set"}]}"#,
            r#""no  such\n set""#,
        ] {
            check("application/json", body, "no such set");
        }
        check("text/plain", "no such set\r\n", "no such set");
        check("application/json", r#"{"code":7}"#, "");
        check("application/json", "", "");
        check("application/json", r#"{"message":"cut"#, "[broken JSON, not shown]");
    }

    #[test]
    fn t5b_pages_traces_and_addresses_are_not_passed_on() {
        check("text/html", "<html>10.1.2.3 secret</html>", "[an HTML or XML page, not shown]");
        check("application/json", "<!doctype html><p>x", "[an HTML or XML page, not shown]");
        check(
            "application/json",
            r#"{"message":"Failed: java.lang.NullPointerException\n\tat com.corp.Foo.bar(Foo.java:12)\n\tat com.corp.Main.main(Main.java:1)"}"#,
            "Failed: java.lang.NullPointerException [a stack trace, not shown]",
        );
        check(
            "text/plain",
            "Traceback (most recent call last):\n  File \"/srv/x.py\"",
            "[a stack trace, not shown]",
        );
        check(
            "text/plain",
            "cannot reach http://db.corp.internal:5000/x?y or cics.corp:3306, 10.0.0.1 or localhost:2020",
            "cannot reach [address] or [address], [address] or [address]",
        );
    }

    #[test]
    fn t57_a_message_is_one_bounded_line_of_visible_characters() {
        check("text/plain", "a\u{1b}[31mb\u{202e}c \t\n d", "a<U+001B>[31mb<U+202E>c d");
        check("text/plain", "a\u{61c}b\u{e0100}c\u{2028}d", "a<U+061C>b<U+E0100>c d");
        check("text/plain", &"x".repeat(5000), &format!("{}...", "x".repeat(1000)));
    }
}
