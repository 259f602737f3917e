//! Rules made of rules: lists, maps, null or a value, generated types, boxes.

use std::collections::HashSet;
use std::marker::PhantomData;

use indexmap::IndexMap;
use serde_json::Value;

use super::place::Step;
use super::suggestion::quote;
use super::{Decode, Decoder, Rest, Rule, characters, type_of};
use crate::encode::Encode;

/// A list.
#[derive(Clone, Copy, Debug)]
pub struct List<R> {
    /// The rule of each item.
    pub items: R,
    /// The least number of items.
    pub min_items: u64,
    /// The greatest number of items.
    pub max_items: u64,
    /// Whether no two items may be equal.
    pub unique: bool,
}

impl<R> List<R> {
    /// Any number of items.
    pub const fn of(items: R) -> Self {
        Self { items, min_items: 0, max_items: u64::MAX, unique: false }
    }
}

impl<R: Rule> Rule for List<R>
where
    R::Output: Encode,
{
    type Output = Vec<R::Output>;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<Self::Output> {
        let Value::Array(given) = value else {
            at.push("type", format!("expected a list, got {}", type_of(&value)));
            return None;
        };
        let count = given.len() as u64;
        if count < self.min_items {
            at.push("minItems", format!("at least {} items are needed, got {count}", self.min_items));
            return None;
        }
        if count > self.max_items {
            at.push("maxItems", format!("at most {} items are accepted, got {count}", self.max_items));
            return None;
        }
        let items = items(given, at, &self.items)?;
        if self.unique
            && let Some(index) = repeated(&items)
        {
            at.push_at(
                Step::Index(index),
                "uniqueItems",
                "is given twice; each item once is accepted".to_owned(),
            );
            return None;
        }
        Some(items)
    }
}

/// The index of the first item that equals an earlier one.
fn repeated<T: Encode>(items: &[T]) -> Option<usize> {
    let mut seen = HashSet::new();
    items.iter().position(|item| !seen.insert(canonical(item.encode())))
}

/// Equal values have equal text: members sorted, `1.0` as `1`.
fn canonical(value: Value) -> String {
    fn settle(value: &mut Value) {
        match value {
            Value::Number(number) => {
                if let Some(integer) =
                    number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 1e15)
                {
                    *value = Value::from(integer as i64);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(settle),
            Value::Object(members) => {
                members.sort_keys();
                members.values_mut().for_each(settle);
            }
            _ => {}
        }
    }
    let mut value = value;
    settle(&mut value);
    value.to_string()
}

/// Decodes each item; all are looked at, so that all problems are found.
fn items<R: Rule>(given: Vec<Value>, at: &mut Decoder<'_>, rule: &R) -> Option<Vec<R::Output>> {
    let mut items = Vec::with_capacity(given.len());
    let mut fine = true;
    for (index, value) in given.into_iter().enumerate() {
        let decode = |at: &mut Decoder<'_>| at.enter(Step::Index(index), |at| rule.decode(value, at));
        match decode(at) {
            Some(item) => items.push(item),
            None => fine = false,
        }
    }
    fine.then_some(items)
}

/// A value or null, which stays null.
#[derive(Clone, Copy, Debug)]
pub struct Nullable<R>(pub R);

impl<R: Rule> Rule for Nullable<R> {
    type Output = Option<R::Output>;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<Self::Output> {
        if value.is_null() {
            return Some(None);
        }
        self.0.decode(value, at).map(Some)
    }
}

/// An object whose members all follow one rule, in the order given.
#[derive(Clone, Copy, Debug)]
pub struct MapOf<R> {
    /// The rule of each value.
    pub values: R,
    /// The least number of members.
    pub min: u64,
    /// The greatest number of members.
    pub max: u64,
}

impl<R> MapOf<R> {
    /// Any number of members.
    pub const fn of(values: R) -> Self {
        Self { values, min: 0, max: u64::MAX }
    }
}

impl<R: Rule> Rule for MapOf<R> {
    type Output = IndexMap<String, R::Output>;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<Self::Output> {
        let Value::Object(members) = value else {
            at.push("type", format!("expected an object, got {}", type_of(&value)));
            return None;
        };
        let given = members.len() as u64;
        if given < self.min {
            at.push("minProperties", format!("at least {} members are needed, got {given}", self.min));
            return None;
        }
        if given > self.max {
            at.push("maxProperties", format!("at most {} members are accepted, got {given}", self.max));
            return None;
        }
        entries(members, at, &self.values)
    }
}

/// Decodes each member of a map; all are looked at, so that all problems are found.
pub(super) fn entries<R: Rule>(
    members: Rest,
    at: &mut Decoder<'_>,
    rule: &R,
) -> Option<IndexMap<String, R::Output>> {
    let mut entries = IndexMap::with_capacity(members.len());
    let mut fine = true;
    for (key, value) in members {
        if let Some(refused) = characters::refused(&key, false) {
            at.push(
                "characters",
                format!("the name {} holds a {refused}, which is not accepted", quote(&key)),
            );
            fine = false;
            continue;
        }
        let step = Step::Key(key.clone());
        match at.enter(step, |at| rule.decode(value, at)) {
            Some(value) => {
                entries.insert(key, value);
            }
            None => fine = false,
        }
    }
    fine.then_some(entries)
}

/// A generated type.
pub struct Of<T>(pub PhantomData<fn() -> T>);

impl<T> Of<T> {
    /// The rule of the type.
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<T> Default for Of<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T: Decode> Rule for Of<T> {
    type Output = T;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<T> {
        T::decode(value, at)
    }
}

/// A value behind a pointer, for a type that contains itself.
#[derive(Clone, Copy, Debug)]
pub struct Boxed<R>(pub R);

impl<R: Rule> Rule for Boxed<R> {
    type Output = Box<R::Output>;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<Self::Output> {
        self.0.decode(value, at).map(Box::new)
    }
}
