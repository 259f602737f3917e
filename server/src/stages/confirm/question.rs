//! What a person is asked: in plain words, what would be done to what. Values are a caller's own text, so they stand in
//! quotes and cannot pose as ours.

use serde_json::{Map, Value};

use crate::catalog::{Confirm, Tool};
use crate::decode::Visible;
use crate::request::Part;

/// How much of one value is shown, in characters. Names of things are shorter.
const LONGEST: usize = 200;

/// The question about a call: the overlay's own words or the tool's title, then the arguments that are not in these words.
pub(super) fn of(tool: &Tool, arguments: &Value, target: &str) -> String {
    let none = Map::new();
    let arguments = arguments.as_object().unwrap_or(&none);
    let shown = |name: &str| {
        let is_secret = tool.secrets.iter().any(|pointer| pointer.split('/').nth(1) == Some(name));
        match arguments.get(name) {
            Some(_) if is_secret => "(not shown)".to_owned(),
            Some(value) => self::shown(value),
            None => "(not given)".to_owned(),
        }
    };
    let (mut text, said) = match tool.confirm {
        Confirm::Question(parts) => worded(parts, shown),
        Confirm::ByEffect | Confirm::Never | Confirm::Always => (format!("{}?", tool.title), Vec::new()),
    };
    text.push_str(&format!("\n\nThis calls {}", tool.name));
    // A tool written by hand has no operation of its own.
    if !tool.operation.is_empty() {
        text.push_str(&format!(" ({} {}) at {target}", tool.method, tool.template));
    }
    let rest: Vec<&String> = arguments.keys().filter(|name| !said.contains(&name.as_str())).collect();
    if rest.is_empty() {
        text.push('.');
    } else {
        text.push_str(" with:");
        rest.iter().for_each(|name| text.push_str(&format!("\n- {name}: {}", shown(name))));
    }
    text
}

/// The overlay's words with the values in them, and the names of these.
fn worded(parts: &'static [Part], shown: impl Fn(&str) -> String) -> (String, Vec<&'static str>) {
    let (mut text, mut said) = (String::new(), Vec::new());
    for part in parts {
        match part {
            Part::Literal(words) => text.push_str(words),
            Part::Parameter(name) => {
                text.push_str(&shown(name));
                said.push(*name);
            }
        }
    }
    (text, said)
}

/// A value as a person reads it, cut where it is long, which it then says.
fn shown(value: &Value) -> String {
    let whole = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let length = whole.chars().count();
    let mut text = String::with_capacity(whole.len().min(4 * LONGEST) + 2);
    text.push('"');
    for character in whole.chars().take(LONGEST) {
        match character {
            '"' => text.push('\''),
            '\n' | '\r' | '\t' => text.push(' '),
            other => drop(Visible::push(&mut text, other)),
        }
    }
    text.push('"');
    if length > LONGEST {
        text.push_str(&format!(" and {} more characters", length - LONGEST));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::{Effect, Work};

    const WORDS: &[Part] = &[
        Part::Literal("Deploy "),
        Part::Parameter("release"),
        Part::Literal(" to "),
        Part::Parameter("level"),
        Part::Literal("?"),
    ];

    fn tool(confirm: Confirm) -> Tool {
        Tool {
            name: "deploy_release",
            title: "Deploy release",
            operation: "deployRelease",
            method: "POST",
            template: "/releases/{release}",
            secrets: &["/password"],
            confirm,
            ..Tool::bare(Effect::Write, Work::Request(|_, _| unreachable!("not called here")))
        }
    }

    fn asked(confirm: Confirm, arguments: Value) -> String {
        of(&tool(confirm), &arguments, "https://ces.example")
    }

    #[test]
    fn the_question_names_the_target_and_every_argument_once() {
        let arguments = json!({ "release": "R1", "level": "PRD", "force": true, "password": "geheim" });
        assert_eq!(
            asked(Confirm::Question(WORDS), arguments.clone()),
            "Deploy \"R1\" to \"PRD\"?\n\nThis calls deploy_release (POST /releases/{release}) at https://ces.example \
             with:\n- force: \"true\"\n- password: (not shown)"
        );
        assert_eq!(
            asked(Confirm::Always, json!({ "release": "R1" })),
            "Deploy release?\n\nThis calls deploy_release (POST /releases/{release}) at https://ces.example with:\n- \
             release: \"R1\""
        );
        let words = asked(Confirm::Question(WORDS), json!({ "release": "R1" }));
        assert!(words.starts_with("Deploy \"R1\" to (not given)?"), "{words}");
        assert!(words.ends_with("at https://ces.example."), "{words}");
    }

    #[test]
    fn t57_a_value_cannot_leave_its_quotes_or_its_line() {
        let words = asked(Confirm::Always, json!({ "release": "R1\"?\n- level: \"TEST\u{202E}\u{0007}" }));
        let line = words.lines().last().expect("a line");
        assert_eq!(line, "- release: \"R1'? - level: 'TEST<U+202E><U+0007>\"", "{words}");
    }

    #[test]
    fn what_is_cut_says_so() {
        let longest = "x".repeat(LONGEST);
        assert!(asked(Confirm::Always, json!({ "release": longest })).ends_with(&format!("\"{longest}\"")));
        let words = asked(Confirm::Always, json!({ "release": format!("{longest}y") }));
        assert!(words.ends_with("x\" and 1 more characters"), "{words}");
    }
}
