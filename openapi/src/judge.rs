//! Whether a value is accepted by a held schema: for defaults, pinned values and enumerations of the document itself.

use std::cell::Cell;
use std::collections::HashSet;

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Number, Value};

use crate::held::{Extra, Held, Types};

/// Schemas that judge one value at most, within each other and in all; beyond, the value is taken as accepted. Choices
/// between choices would else cost time without bound.
const STEPS: usize = 64;
const FUEL: usize = 4_000;

/// Whether `value` is accepted. Names are those of `named`; an unknown name accepts everything.
pub(crate) fn accepts(held: &Held, value: &Value, named: &IndexMap<String, Held>) -> bool {
    Judge { named, fuel: Cell::new(FUEL) }.accepts(held, value, 0)
}

struct Judge<'n> {
    named: &'n IndexMap<String, Held>,
    fuel: Cell<usize>,
}

impl Judge<'_> {
    fn accepts(&self, held: &Held, value: &Value, steps: usize) -> bool {
        if steps > STEPS || self.fuel.get() == 0 {
            return true;
        }
        self.fuel.set(self.fuel.get() - 1);
        let all = |held: &Held, value: &Value| self.accepts(held, value, steps + 1);
        if held.never || held.types.is_some_and(|types| !types.meets(type_of(value))) {
            return false;
        }
        if held.enumeration.as_ref().is_some_and(|values| !values.iter().any(|one| same(one, value))) {
            return false;
        }
        let target = held.reference.as_ref().and_then(|name| self.named.get(name));
        if target.is_some_and(|target| !all(target, value)) {
            return false;
        }
        let fits = match value {
            Value::Number(number) => number_fits(held, number),
            Value::String(text) => text_fits(held, text),
            Value::Array(items) => self.list_fits(held, items, steps),
            Value::Object(members) => self.object_fits(held, members, steps),
            Value::Null | Value::Bool(_) => true,
        };
        fits && held.further.accept(value, &all)
            && held.all_of.iter().all(|one| all(one, value))
            && (held.any_of.is_empty() || held.any_of.iter().any(|one| all(one, value)))
            && (held.one_of.is_empty() || held.one_of.iter().filter(|one| all(one, value)).count() == 1)
            && held.not.as_ref().is_none_or(|not| !all(not, value))
    }

    fn list_fits(&self, held: &Held, items: &[Value], steps: usize) -> bool {
        within(items.len(), held.min_items, held.max_items)
            && (!held.unique || all_differ(items))
            && held.items.as_ref().is_none_or(|one| {
                items.iter().skip(held.further.prefix()).all(|item| self.accepts(one, item, steps + 1))
            })
    }

    fn object_fits(&self, held: &Held, members: &serde_json::Map<String, Value>, steps: usize) -> bool {
        within(members.len(), held.min_properties, held.max_properties)
            && held.required.iter().all(|name| members.contains_key(name))
            && members.iter().all(|(name, value)| match (held.properties.get(name), &held.additional) {
                (Some(property), _) => self.accepts(property, value, steps + 1),
                (None, _) if held.further.speaks_of(name) => true,
                (None, Extra::Closed) => false,
                (None, Extra::Schema(extra)) => self.accepts(extra, value, steps + 1),
                (None, Extra::Unsaid | Extra::Any) => true,
            })
    }
}

/// The type of a value; a number without fraction is an integer however it is written.
pub(crate) fn type_of(value: &Value) -> Types {
    match value {
        Value::Null => Types::NULL,
        Value::Bool(_) => Types::BOOLEAN,
        Value::Number(number)
            if number.is_f64() && number.as_f64().is_some_and(|float| float.fract() != 0.0) =>
        {
            Types::NUMBER.without(Types::INTEGER)
        }
        Value::Number(_) => Types::INTEGER,
        Value::String(_) => Types::STRING,
        Value::Array(_) => Types::ARRAY,
        Value::Object(_) => Types::OBJECT,
    }
}

/// Equality of JSON Schema: numbers by value, objects whatever their order.
pub(crate) fn same(one: &Value, other: &Value) -> bool {
    one == other
        || (one.is_number() || one.is_array() || one.is_object()) && canonical(one) == canonical(other)
}

/// Compares two numbers by value.
pub(crate) fn compare(one: &Number, other: &Number) -> std::cmp::Ordering {
    match (one.as_i128(), other.as_i128()) {
        (Some(one), Some(other)) => one.cmp(&other),
        _ => {
            let (one, other) = (one.as_f64().unwrap_or(0.0), other.as_f64().unwrap_or(0.0));
            one.partial_cmp(&other).unwrap_or(std::cmp::Ordering::Equal)
        }
    }
}

/// A text that two values share exactly if they are the same.
pub(crate) fn canonical(value: &Value) -> String {
    match value {
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 1e18 => {
                format!("{}", float as i64)
            }
            _ => number.to_string(),
        },
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let mut parts: Vec<String> = members
                .iter()
                .map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), canonical(value)))
                .collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        other => other.to_string(),
    }
}

fn all_differ(items: &[Value]) -> bool {
    let mut seen = HashSet::new();
    items.iter().all(|item| seen.insert(canonical(item)))
}

fn within(count: usize, least: Option<u64>, most: Option<u64>) -> bool {
    let count = count as u64;
    least.is_none_or(|least| count >= least) && most.is_none_or(|most| count <= most)
}

fn text_fits(held: &Held, text: &str) -> bool {
    let rules = &held.text;
    let counted = rules.min_length.is_some() || rules.max_length.is_some();
    if counted && !within(text.chars().count(), rules.min_length, rules.max_length) {
        return false;
    }
    // Patterns are compiled when they are read; one that does not compile is not held.
    let pattern = rules.pattern.as_ref().and_then(|pattern| Regex::new(pattern).ok());
    pattern.is_none_or(|pattern| pattern.is_match(text))
}

fn number_fits(held: &Held, number: &Number) -> bool {
    use std::cmp::Ordering::{Equal, Greater, Less};
    let rules = &held.numbers;
    let is = |bound: &Option<Number>, allowed: &[std::cmp::Ordering]| {
        bound.as_ref().is_none_or(|bound| allowed.contains(&compare(number, bound)))
    };
    is(&rules.minimum, &[Greater, Equal])
        && is(&rules.maximum, &[Less, Equal])
        && is(&rules.exclusive_minimum, &[Greater])
        && is(&rules.exclusive_maximum, &[Less])
        && rules.multiple_of.as_ref().is_none_or(|step| is_multiple(number, step))
}

fn is_multiple(number: &Number, step: &Number) -> bool {
    match (number.as_i128(), step.as_i128()) {
        (Some(number), Some(step)) if step != 0 => number % step == 0,
        _ => {
            let quotient = number.as_f64().unwrap_or(0.0) / step.as_f64().unwrap_or(1.0);
            // Decimal steps such as 0.01 have no exact binary form.
            (quotient - quotient.round()).abs() < 1e-9
        }
    }
}
