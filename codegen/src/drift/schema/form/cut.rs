//! Which alternatives can share a value, and what is left of a form when another is taken out of it.

use serde_json::Value;

use crate::drift::schema::Definitions;
use crate::drift::schema::alternative::{Alternative, Objects, Shape};

/// Members that are looked into to tell two objects apart.
const DEPTH: usize = 3;

/// Whether two of these forms may share a value.
pub(super) fn any_overlap(definitions: Definitions<'_>, forms: &[Vec<Alternative>]) -> bool {
    forms
        .iter()
        .enumerate()
        .any(|(index, one)| forms[..index].iter().any(|other| forms_overlap(definitions, one, other, DEPTH)))
}

fn forms_overlap(
    definitions: Definitions<'_>,
    one: &[Alternative],
    other: &[Alternative],
    depth: usize,
) -> bool {
    one.iter().any(|one| other.iter().any(|other| overlap(definitions, one, other, depth)))
}

/// Whether two alternatives may share a value; if in doubt, they may.
fn overlap(definitions: Definitions<'_>, one: &Alternative, other: &Alternative, depth: usize) -> bool {
    match (&one.shape, &other.shape) {
        (Shape::Value(value), _) => definitions.holds(other, value),
        (_, Shape::Value(value)) => definitions.holds(one, value),
        (Shape::Number(one), Shape::Number(other)) => !one.and(other).is_empty(),
        (Shape::Text(one), Shape::Text(other)) => !one.and(other).is_empty(),
        (Shape::List(one), Shape::List(other)) => {
            let both = one.and(other);
            both.max.is_none_or(|max| both.min <= max)
        }
        (Shape::Object(one), Shape::Object(other)) => objects_overlap(definitions, one, other, depth),
        _ => false,
    }
}

/// Two objects are apart when a member that one of them requires cannot be what the other wants.
fn objects_overlap(definitions: Definitions<'_>, one: &Objects, other: &Objects, depth: usize) -> bool {
    if depth == 0 {
        return true;
    }
    one.required.union(&other.required).all(|name| {
        let (first, second) = (definitions.form(&one.member(name)), definitions.form(&other.member(name)));
        forms_overlap(definitions, &first, &second, depth - 1)
    })
}

/// The form without the values of another, which was made of `not`. Values go, what cannot meet it stays, and the rest
/// stays with the condition.
pub(super) fn without(
    definitions: Definitions<'_>,
    form: Vec<Alternative>,
    taken: &[Alternative],
    not: &Value,
) -> Vec<Alternative> {
    let condition = serde_json::json!({ "not": not });
    let mut left = Vec::new();
    for mut alternative in form {
        if !taken.iter().any(|taken| overlap(definitions, &alternative, taken, DEPTH)) {
            left.push(alternative);
        } else if !taken.iter().any(|taken| takes_all(taken, &alternative)) {
            alternative.further(condition.clone());
            left.push(alternative);
        }
    }
    left
}

/// Whether an alternative without any rule takes all of another's type.
fn takes_all(taken: &Alternative, from: &Alternative) -> bool {
    if !taken.unclear.is_empty() {
        return false;
    }
    match (&taken.shape, &from.shape) {
        (Shape::Value(one), Shape::Value(other)) => one == other,
        (Shape::Number(taken), Shape::Number(from)) => from.is_within(taken),
        (Shape::Text(taken), Shape::Text(from)) => from.is_plainly_within(taken),
        (one, other) => one == other,
    }
}
