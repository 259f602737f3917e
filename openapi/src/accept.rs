//! Problems that the overlay accepts, each by its rule and pointer and with a reason: they become notes.

use crate::problems::Problems;
use crate::report::{Report, Severity};
use crate::shape::{self, Field, Form, Need};
use crate::store::At;

const ACCEPT: &[Field] = &[
    Field("rule", Form::Text, Need::Required),
    Field("at", Form::Text, Need::Required),
    Field("reason", Form::Text, Need::Required),
];

/// Lowers what the root's `x-mcp` accepts; what it says wrongly is a problem of its own.
pub(crate) fn apply(root: &At<'_>, report: &mut Report) {
    let mut problems = Problems::default();
    let Some(hints) = root.member("x-mcp") else { return };
    for (key, member) in hints.members().filter(|(key, _)| *key != "accept") {
        let near = crate::words::suggestion(key, ["accept"].into_iter());
        problems.error(
            "hint",
            member.place(),
            format!("`x-mcp` has no key `{key}` here; known is accept{near}"),
        );
    }
    if !hints.value.is_object() {
        shape::wrong_form(&hints, Form::Object, &mut problems);
    }
    if let Some(accept) = hints.member("accept") {
        if !accept.value.is_array() {
            shape::wrong_form(&accept, Form::List, &mut problems);
        }
        for item in accept.items() {
            accept_one(&item, report, &mut problems);
        }
    }
    report.problems.extend(problems.finish().problems);
}

fn accept_one(at: &At<'_>, report: &mut Report, problems: &mut Problems) {
    let sound = shape::check(at, ACCEPT, problems);
    let text = |key: &str| sound.get(key).and_then(|value| value.as_str()).map(str::trim);
    let (Some(rule), Some(pointer), Some(reason)) = (text("rule"), text("at"), text("reason")) else {
        return;
    };
    if reason.is_empty() {
        return problems.error("hint", at.place(), "an accepted problem needs a reason");
    }
    let mut matched = false;
    for problem in &mut report.problems {
        if problem.rule == rule && problem.place.pointer == pointer {
            matched = true;
            if problem.severity != Severity::Note {
                problem.severity = Severity::Note;
                problem.message = format!("{} (accepted: {reason})", problem.message);
            }
        }
    }
    if !matched {
        let message = format!("there is no problem {rule} at {pointer:?} to accept: remove this");
        problems.error("unused-accept", at.place(), message);
    }
}
