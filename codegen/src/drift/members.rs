//! Arguments and answers: the differences of their schemas, each under its rule.

use std::collections::BTreeSet;

use serde_json::Value;

use super::change::Change;
use super::rules::{answers, arguments, texts};
use super::schema::{self, Difference, Kind};
use super::{Finding, Rule};

/// What changed in what the tool takes.
pub(super) fn arguments(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (&change.old.arguments, &change.new.arguments);
    if old != new {
        let found = schema::differences(old, new);
        if found.is_empty() && without_words(old) != without_words(new) {
            findings.push(respelt(change, "arguments"));
        }
        findings.extend(found.iter().map(|one| finding(change, "arguments", arguments::rule(one.kind), one)));
    }
    gates(change, findings);
}

/// What changed in what the tool answers.
pub(super) fn answer(change: &Change<'_>, findings: &mut Vec<Finding>) {
    match (&change.old.answer, &change.new.answer) {
        (Some(old), Some(new)) if old != new => {
            let mut found = schema::differences(old, new);
            let of_names = names(old, new, &found);
            found.extend(of_names);
            if found.is_empty() && without_words(old) != without_words(new) {
                findings.push(respelt(change, "answer"));
            }
            findings.extend(found.iter().map(|one| finding(change, "answer", answers::rule(one.kind), one)));
        }
        (Some(_), None) => {
            let message = "the answer has no schema any more".to_owned();
            findings.push(change.finding_at(&answers::REMOVED, "answer", message));
        }
        (None, Some(_)) => {
            let message = "the answer has a schema now".to_owned();
            findings.push(change.finding_at(&answers::ADDED, "answer", message));
        }
        _ => {}
    }
    content(change, findings);
}

/// Members of an answer that came or went and make no difference to its values, since they could be anything.
fn names(old: &Value, new: &Value, found: &[Difference]) -> Vec<Difference> {
    let is_told = |path: &str| found.iter().any(|one| one.path == path) || is_renamed(path, found);
    let (lost, gained) = schema::declared(old, new);
    let of = |paths: Vec<String>, kind: Kind| {
        let untold = paths.into_iter().filter(|path| !is_told(path));
        untold.map(move |path| Difference { path, kind, words: String::new(), example: None })
    };
    of(lost, Kind::MemberRemoved).chain(of(gained, Kind::OptionalMemberAdded)).collect()
}

/// Whether a member is told as the new name of another one.
fn is_renamed(path: &str, found: &[Difference]) -> bool {
    let name = path.rsplit(['.', ']']).next().unwrap_or(path);
    let mut renames = found.iter().filter(|one| one.kind == Kind::MemberRenamed);
    renames.any(|one| one.words.ends_with(&format!(" {name}")))
}

/// What kinds of content successful answers have, whatever their status.
fn content(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let kinds = |answers: &std::collections::BTreeMap<String, String>| -> BTreeSet<String> {
        answers.values().cloned().collect()
    };
    let (old, new) = (kinds(&change.old.answers), kinds(&change.new.answers));
    let listed = |kinds: &BTreeSet<String>| match kinds.iter().cloned().collect::<Vec<_>>() {
        kinds if kinds.is_empty() => "nothing known".to_owned(),
        kinds => kinds.join(" or "),
    };
    let rule = match (old.is_subset(&new), new.is_subset(&old)) {
        (true, true) => return,
        (true, false) => &answers::CONTENT_ADDED,
        (false, true) => &answers::CONTENT_REMOVED,
        (false, false) => &answers::CONTENT_CHANGED,
    };
    findings.push(change.finding_at(rule, "answer", format!("from {} to {}", listed(&old), listed(&new))));
}

/// Arguments that moved behind the callback gate, or out of it. One that is new or gone is told as such.
fn gates(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (change.old, change.new);
    let is_in = |schema: &Value, pointer: &str| schema.pointer(pointer).is_some();
    for pointer in new.gated.iter().filter(|pointer| !old.gated.contains(pointer)) {
        if is_in(&old.arguments, pointer) {
            let message = "it is offered only behind the callback gate now".to_owned();
            findings.push(change.finding_at(&arguments::GATED, &spoken(pointer), message));
        }
    }
    for pointer in old.gated.iter().filter(|pointer| !new.gated.contains(pointer)) {
        if is_in(&new.arguments, pointer) {
            let message = "it is offered without the callback gate now".to_owned();
            findings.push(change.finding_at(&arguments::UNGATED, &spoken(pointer), message));
        }
    }
}

/// A pointer into the arguments' schema or values in words: `arguments.owner.token`.
pub(super) fn spoken(pointer: &str) -> String {
    let mut path = "arguments".to_owned();
    for step in pointer.split('/').skip(1) {
        match step {
            "properties" => {}
            "items" | "*" => path.push_str("[]"),
            name => {
                path.push('.');
                path.push_str(&name.replace("~1", "/").replace("~0", "~"));
            }
        }
    }
    path
}

fn respelt(change: &Change<'_>, side: &str) -> Finding {
    let message = "the schema is written otherwise and accepts the same values".to_owned();
    change.finding_at(&texts::RESPELT, side, message)
}

fn finding(change: &Change<'_>, side: &str, rule: &'static Rule, difference: &Difference) -> Finding {
    let path = match difference.path.as_str() {
        "" => side.to_owned(),
        path if path.starts_with('[') => format!("{side}{path}"),
        path => format!("{side}.{path}"),
    };
    let is_answer = side == "answer";
    let mut message = sentence(difference.kind, &difference.words).to_owned();
    if let Some(example) = &difference.example {
        let fate = if is_answer { "may be answered now" } else { "was accepted" };
        let is_loss = is_answer == matches!(difference.kind, Kind::Widened);
        if is_loss {
            message.push_str(&format!("; for example {} {fate}", shortened(example)));
        }
    }
    Finding { example: difference.example.clone(), ..change.finding_at(rule, &path, message) }
}

fn sentence(kind: Kind, words: &str) -> String {
    match kind {
        Kind::RequiredMemberAdded => "it is new and must be there".to_owned(),
        Kind::OptionalMemberAdded => "it is new and may be left out".to_owned(),
        Kind::NameClaimed => "it could be anything and is declared now".to_owned(),
        Kind::MemberRemoved => "it is gone".to_owned(),
        Kind::NameFreed => "it is no longer declared".to_owned(),
        Kind::MemberRenamed => words.to_owned(),
        Kind::MadeRequired => "it must be there now".to_owned(),
        Kind::MadeOptional => "it may be left out now".to_owned(),
        Kind::TypeNarrowed | Kind::TypeWidened | Kind::TypeChanged => format!("its type goes {words}"),
        Kind::NullRefused => "it is not null any more".to_owned(),
        Kind::NullAllowed => "it may be null now".to_owned(),
        Kind::ValuesRemoved => format!("no longer one of its values: {words}"),
        Kind::ValuesAdded => format!("new among its values: {words}"),
        Kind::Tightened | Kind::Loosened if words.starts_with("from ") => format!("its rule goes {words}"),
        Kind::Tightened | Kind::Loosened => words.to_owned(),
        Kind::FormatTightened | Kind::FormatLoosened => format!("its {words}"),
        Kind::UndeclaredRefused => "members that are not declared are refused now".to_owned(),
        Kind::UndeclaredAllowed => "members that are not declared are taken now".to_owned(),
        Kind::Narrowed => "fewer values are accepted".to_owned(),
        Kind::Widened => "more values are accepted".to_owned(),
        Kind::UnclearNarrowed => unclear("whether fewer values are accepted could not be decided", words),
        Kind::UnclearWidened => unclear("whether more values are accepted could not be decided", words),
    }
}

fn unclear(sentence: &str, words: &str) -> String {
    if words.is_empty() { sentence.to_owned() } else { format!("{sentence}; it goes {words}") }
}

fn shortened(value: &Value) -> String {
    const LONGEST: usize = 80;
    let text = value.to_string();
    if text.chars().count() <= LONGEST {
        return text;
    }
    format!("{}…", text.chars().take(LONGEST).collect::<String>())
}

/// The schema without what it says to readers: only the rest can be spelt otherwise.
fn without_words(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => members
            .iter()
            // A property may be called so too; taking its schema out on both sides hides a new spelling at worst.
            .filter(|(keyword, value)| {
                !(matches!(keyword.as_str(), "title" | "description") && value.is_string()
                    || matches!(keyword.as_str(), "default" | "deprecated"))
            })
            .map(|(keyword, value)| (keyword.clone(), without_words(value)))
            .collect(),
        Value::Array(items) => items.iter().map(without_words).collect(),
        other => other.clone(),
    }
}
