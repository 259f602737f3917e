//! Words before and after: titles, descriptions, defaults; and whether new words speak to the model.

use serde_json::Value;

use super::Finding;
use super::change::Change;
use super::rules::{arguments, texts};
use super::schema::{self, Annotation};
use crate::contract::Tool;

/// What changed in what the tool says.
pub(super) fn compare(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (change.old, change.new);
    if old.title != new.title {
        findings.push(change.finding(&texts::TITLE, format!("from {:?} to {:?}", old.title, new.title)));
        steering(change, None, &old.title, &new.title, findings);
    }
    if old.description != new.description {
        let message = difference(&old.description, &new.description);
        findings.push(change.finding(&texts::DESCRIPTION, message));
        steering(change, None, &old.description, &new.description, findings);
    }
    for found in schema::annotations(&old.arguments, &new.arguments) {
        annotation(change, "arguments", &found, findings);
    }
    let nothing = Value::Bool(true);
    let (before, after) = (old.answer.as_ref().unwrap_or(&nothing), new.answer.as_ref().unwrap_or(&nothing));
    for found in schema::annotations(before, after) {
        annotation(change, "answer", &found, findings);
    }
}

/// Words of a tool that is new as a whole.
pub(super) fn steering_of_new(name: &str, tool: &Tool, findings: &mut Vec<Finding>) {
    let change = Change { name, old: tool, new: tool };
    let before = findings.len();
    steering(&change, None, "", &tool.title, findings);
    steering(&change, None, "", &tool.description, findings);
    for (side, schema) in [("arguments", Some(&tool.arguments)), ("answer", tool.answer.as_ref())] {
        let Some(schema) = schema else { continue };
        for found in schema::annotations(&Value::Bool(true), schema) {
            let path = place(side, &found.path);
            steering(&change, Some(&path), "", &text(found.new.as_ref()), findings);
        }
    }
    findings[before..].iter_mut().for_each(|finding| finding.old = None);
}

fn annotation(change: &Change<'_>, side: &str, found: &Annotation, findings: &mut Vec<Finding>) {
    let path = place(side, &found.path);
    // Of a member that is new as a whole, only words that steer are told: the member itself is told elsewhere.
    let is_new = found.is_of_new_member;
    let (old, new) = (text(found.old.as_ref()), text(found.new.as_ref()));
    match (found.keyword, side) {
        ("title" | "description", side) => {
            if !is_new {
                let rule = if side == "answer" { &texts::ANSWER_WORDS } else { &texts::ARGUMENT_WORDS };
                let message = format!("{}: {}", found.keyword, difference(&old, &new));
                findings.push(change.finding_at(rule, &path, message));
            }
            steering(change, Some(&path), &old, &new, findings);
        }
        ("default", "arguments") if !is_new => {
            let shown = |value: &Option<Value>| value.as_ref().map_or("none".to_owned(), Value::to_string);
            let message = format!("its default goes from {} to {}", shown(&found.old), shown(&found.new));
            findings.push(change.finding_at(&arguments::DEFAULT_CHANGED, &path, message));
        }
        ("deprecated", "arguments") if !is_new && found.new == Some(Value::Bool(true)) => {
            let message = "it is deprecated now".to_owned();
            findings.push(change.finding_at(&arguments::DEPRECATED, &path, message));
        }
        _ => {}
    }
}

fn steering(change: &Change<'_>, path: Option<&str>, old: &str, new: &str, findings: &mut Vec<Finding>) {
    let Some(words) = openapi::text::steering(new) else { return };
    if openapi::text::steering(old) == Some(words) {
        return;
    }
    let message = format!("the text speaks to the model: {words:?}");
    findings.push(match path {
        Some(path) => change.finding_at(&texts::STEERING, path, message),
        None => change.finding(&texts::STEERING, message),
    });
}

fn place(side: &str, path: &str) -> String {
    match path {
        "" => side.to_owned(),
        path if path.starts_with(['[', '.']) => format!("{side}{path}"),
        path => format!("{side}.{path}"),
    }
}

fn text(value: Option<&Value>) -> String {
    value.and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The words that differ, with a little of what stands around them.
fn difference(old: &str, new: &str) -> String {
    const AROUND: usize = 3;
    let (before, after): (Vec<&str>, Vec<&str>) =
        (old.split_whitespace().collect(), new.split_whitespace().collect());
    let start = before.iter().zip(&after).take_while(|(one, other)| one == other).count();
    let longest = before.len().min(after.len()) - start;
    let end = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take(longest)
        .take_while(|(one, other)| one == other)
        .count();
    let shown = |words: &[&str]| {
        let (from, to) = (start.saturating_sub(AROUND), (words.len() - end + AROUND).min(words.len()));
        let mut text = words[from..to].join(" ");
        if text.chars().count() > 160 {
            text = format!("{}…", text.chars().take(160).collect::<String>());
        }
        if text.is_empty() { "nothing".to_owned() } else { format!("{text:?}") }
    };
    format!("from {} to {}", shown(&before), shown(&after))
}
