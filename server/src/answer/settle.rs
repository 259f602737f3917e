//! Settles a JSON answer into its shape, in place: quirks of real servers are made regular, what does not match is left
//! out with a note, and only what is required and wrong makes the whole answer unusable.

use serde_json::{Map, Number, Value};

use crate::decode::{Step, none_of, path, type_of};
use crate::shape::{Member, Shape};

/// How deep answers may nest.
const DEPTH: usize = 64;
/// How many notes are kept; the others are counted.
const NOTES: usize = 20;

/// Where and why a value is not what its shape says. Steps are collected on the way out, so that an answer that
/// matches pays nothing for them.
#[derive(Debug)]
pub(super) struct Mismatch {
    steps: Vec<Step>,
    message: String,
}

/// What was left out, each with its place; the first ones are kept and the others counted.
#[derive(Debug, Default)]
pub(super) struct LeftOut {
    found: Vec<Mismatch>,
    more: usize,
}

impl LeftOut {
    /// One note for each part that was left out.
    pub(super) fn into_notes(self) -> Vec<String> {
        let note = |left: &Mismatch| format!("{} was left out: {}", left.path(), left.message);
        let mut notes: Vec<String> = self.found.iter().map(note).collect();
        if self.more > 0 {
            notes.push(format!("and {} more", self.more));
        }
        notes
    }

    fn add(&mut self, mismatch: Mismatch) {
        if self.found.len() < NOTES {
            self.found.push(mismatch);
        } else {
            self.more += 1;
        }
    }

    /// Says of what was left out since `before` that it happened one step deeper.
    fn below(&mut self, before: usize, step: impl Fn() -> Step) {
        for mismatch in &mut self.found[before..] {
            mismatch.steps.push(step());
        }
    }
}

impl Mismatch {
    fn new(message: impl Into<String>) -> Self {
        Self { steps: Vec::new(), message: message.into() }
    }

    fn expected(what: &str, value: &Value) -> Self {
        Self::new(format!("expected {what}, got {}", type_of(value)))
    }

    fn at(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }

    /// The place and what is wrong there.
    pub(super) fn told(&self) -> String {
        format!("{}: {}", self.path(), self.message)
    }

    fn path(&self) -> String {
        if self.steps.is_empty() { "the whole".to_owned() } else { path(self.steps.iter().rev()) }
    }
}

/// Settles the value; what was left out on the way is added to `left_out`.
pub(super) fn settle(shape: Shape, value: &mut Value, left_out: &mut LeftOut) -> Result<(), Mismatch> {
    level(shape, value, left_out, 0)
}

fn level(shape: Shape, value: &mut Value, left_out: &mut LeftOut, depth: usize) -> Result<(), Mismatch> {
    if depth > DEPTH {
        return Err(Mismatch::new(format!("at most {DEPTH} levels of nesting are accepted")));
    }
    match shape {
        Shape::Any => Ok(()),
        Shape::Null => accept(value.is_null(), "null", value),
        Shape::Boolean => accept(value.is_boolean(), "a boolean", value),
        Shape::Integer => accept(is_integer(value), "an integer", value),
        Shape::Number => accept(value.is_number(), "a number", value),
        Shape::Text | Shape::BlankText => text(shape, value),
        Shape::TextOrNumber | Shape::BlankTextOrNumber => {
            if let Value::Number(number) = value {
                *value = Value::String(number.to_string());
            }
            text(shape, value)
        }
        Shape::OneOf(values) => match value.as_str() {
            Some(text) if values.contains(&text) => Ok(()),
            Some(text) => Err(Mismatch::new(none_of(text, values))),
            None => Err(Mismatch::expected("text", value)),
        },
        Shape::Nullable(inner) => {
            if inner.takes_blank_for_unset() && is_blank(value) {
                *value = Value::Null;
            }
            if value.is_null() { Ok(()) } else { level(*inner, value, left_out, depth) }
        }
        Shape::List(item) => match value {
            Value::Array(items) => {
                keep_items(*item, items, left_out, depth);
                Ok(())
            }
            other => Err(Mismatch::expected("a list", other)),
        },
        Shape::OneOrMany(item) => one_or_many(*item, value, left_out, depth),
        Shape::Map(entry) => match value {
            Value::Object(members) => {
                keep_entries(*entry, members, left_out, depth);
                Ok(())
            }
            other => Err(Mismatch::expected("an object", other)),
        },
        Shape::Object { members, hidden } => match value {
            Value::Object(given) => {
                hidden.iter().for_each(|name| drop(given.shift_remove(*name)));
                declared(members, given, left_out, depth)
            }
            other => Err(Mismatch::expected("an object", other)),
        },
        Shape::Named(shape) => level(*shape, value, left_out, depth),
    }
}

fn accept(matches: bool, what: &str, value: &Value) -> Result<(), Mismatch> {
    if matches { Ok(()) } else { Err(Mismatch::expected(what, value)) }
}

fn is_integer(value: &Value) -> bool {
    matches!(value, Value::Number(number) if is_whole(number))
}

/// Whether a number is without fraction, however it is written.
pub(super) fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

/// Blank text that says that nothing is set, where something must be there, is empty text.
fn text(shape: Shape, value: &mut Value) -> Result<(), Mismatch> {
    if shape.takes_blank_for_unset() && is_blank(value) {
        *value = Value::String(String::new());
    }
    let what = match shape {
        Shape::TextOrNumber | Shape::BlankTextOrNumber => "text or a number",
        _ => "text",
    };
    accept(value.is_string(), what, value)
}

fn is_blank(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.bytes().all(|byte| byte == b' '))
}

fn keep_items(item: Shape, items: &mut Vec<Value>, left_out: &mut LeftOut, depth: usize) {
    let mut index = 0;
    items.retain_mut(|value| {
        let stays = kept(item, value, left_out, depth, || Step::Index(index));
        index += 1;
        stays
    });
}

fn keep_entries(entry: Shape, members: &mut Map<String, Value>, left_out: &mut LeftOut, depth: usize) {
    members.retain(|name, value| kept(entry, value, left_out, depth, || Step::Key(name.clone())));
}

/// Whether a part settles; if not, it is among what was left out.
fn kept(
    shape: Shape,
    value: &mut Value,
    left_out: &mut LeftOut,
    depth: usize,
    step: impl Fn() -> Step,
) -> bool {
    let before = left_out.found.len();
    let settled = level(shape, value, left_out, depth + 1);
    if let Err(mismatch) = settled {
        // What was left out inside of it is gone with it.
        left_out.found.truncate(before);
        left_out.add(mismatch.at(step()));
        return false;
    }
    left_out.below(before, step);
    true
}

fn one_or_many(item: Shape, value: &mut Value, left_out: &mut LeftOut, depth: usize) -> Result<(), Mismatch> {
    if let Value::Array(items) = value {
        keep_items(item, items, left_out, depth);
        return Ok(());
    }
    let is_item = if value.is_null() {
        false
    } else if is_blank(value) {
        // A blank is no item, unless an item may be just that.
        !item.takes_blank_for_unset() && level(item, value, &mut LeftOut::default(), depth + 1).is_ok()
    } else {
        level(item, value, left_out, depth + 1)?;
        true
    };
    let only = std::mem::take(value);
    *value = Value::Array(if is_item { vec![only] } else { Vec::new() });
    Ok(())
}

fn declared(
    members: &'static [Member],
    given: &mut Map<String, Value>,
    left_out: &mut LeftOut,
    depth: usize,
) -> Result<(), Mismatch> {
    for member in members {
        let Some(value) = given.get_mut(member.name) else {
            if member.required {
                let missing = Mismatch::new("required and missing");
                return Err(missing.at(Step::Name(member.name)));
            }
            continue;
        };
        if member.required {
            required(member, value, left_out, depth)?;
        } else if !optional(member, value, left_out, depth) {
            given.shift_remove(member.name);
        }
    }
    Ok(())
}

fn required(
    member: &Member,
    value: &mut Value,
    left_out: &mut LeftOut,
    depth: usize,
) -> Result<(), Mismatch> {
    let step = || Step::Name(member.name);
    let before = left_out.found.len();
    level(member.shape, value, left_out, depth + 1).map_err(|mismatch| mismatch.at(step()))?;
    left_out.below(before, step);
    Ok(())
}

/// Whether an optional member stays. `null` and blanks that say that nothing is set are as good as absent.
fn optional(member: &Member, value: &mut Value, left_out: &mut LeftOut, depth: usize) -> bool {
    let shape = member.shape;
    let is_unset =
        value.is_null() && !shape.accepts_null() || shape.takes_blank_for_unset() && is_blank(value);
    !is_unset && kept(shape, value, left_out, depth, || Step::Name(member.name))
}
