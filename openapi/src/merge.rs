//! `allOf` as one schema, where that accepts exactly the same values; else the reason why not.

use std::cmp::Ordering;
use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Number;

use crate::held::{Extra, Held, Part, Remarks};
use crate::ir::{NumberRules, TextRules};
use crate::judge;

/// Members that one merge may produce.
const MEMBERS: usize = 20_000;

/// Why schemas cannot be merged.
pub(crate) type Reason = &'static str;

/// The schema that accepts what `held` and all of its `allOf` accept.
pub(crate) fn merge(held: &Held, named: &IndexMap<String, Held>) -> Result<Held, Reason> {
    let parts = parts(held, named);
    let mut merged = Held::any(held.at.clone());
    for part in &parts {
        if !part.any_of.is_empty() || !part.one_of.is_empty() || part.not.is_some() {
            return Err("`allOf` joins a choice with other rules");
        }
        // What all parts leave unevaluated is known once they are joined, and only to the whole.
        let closes = std::ptr::eq(*part, held) && part.further.is_only("unevaluatedProperties");
        if !part.further.is_empty() && !closes {
            return Err("`allOf` joins keywords without a typed form");
        }
        join_values(&mut merged, part)?;
        join_lists(&mut merged, part);
        for name in &part.required {
            if !merged.required.contains(name) {
                merged.required.push(name.clone());
            }
        }
        merged.min_properties = larger(merged.min_properties, part.min_properties);
        merged.max_properties = smaller(merged.max_properties, part.max_properties);
    }
    join_members(&mut merged, &parts)?;
    close(&mut merged, held);
    merged.remarks = remarks(held, &parts);
    if merged.types.is_some_and(crate::held::Types::is_empty) {
        merged.never = true;
    }
    Ok(merged)
}

/// Every schema that judges the value, references followed, each named one once; those of `allOf` before the schema's
/// own rules, so that inherited members come first.
fn parts<'h>(held: &'h Held, named: &'h IndexMap<String, Held>) -> Vec<&'h Held> {
    enum Step<'h> {
        Enter(&'h Held),
        Own(&'h Held),
    }
    let mut found = Vec::new();
    let mut seen = HashSet::new();
    let mut open = vec![Step::Enter(held)];
    while let Some(step) = open.pop() {
        match step {
            Step::Own(held) => found.push(held),
            Step::Enter(held) => {
                open.push(Step::Own(held));
                open.extend(held.all_of.iter().rev().map(Step::Enter));
                let target = held.reference.as_deref().filter(|name| seen.insert(*name));
                open.extend(target.and_then(|name| named.get(name)).map(Step::Enter));
            }
        }
    }
    found
}

fn join_values(merged: &mut Held, part: &Held) -> Result<(), Reason> {
    merged.never |= part.never;
    merged.types = match (merged.types, part.types) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    };
    merged.enumeration = match (merged.enumeration.take(), &part.enumeration) {
        (Some(mut one), Some(other)) => {
            one.retain(|value| other.iter().any(|candidate| judge::same(value, candidate)));
            Some(one)
        }
        (one, other) => one.or_else(|| other.clone()),
    };
    merged.format = agreed(merged.format.take(), &part.format, "`allOf` joins two formats")?;
    join_numbers(&mut merged.numbers, &part.numbers)?;
    join_text(&mut merged.text, &part.text)
}

fn join_numbers(merged: &mut NumberRules, part: &NumberRules) -> Result<(), Reason> {
    let join = |one: &mut Option<Number>, other: &Option<Number>, tighter: Ordering| {
        let replaces = match (one.as_ref(), other) {
            (Some(one), Some(other)) => judge::compare(other, one) == tighter,
            (None, Some(_)) => true,
            (_, None) => false,
        };
        if replaces {
            one.clone_from(other);
        }
    };
    join(&mut merged.minimum, &part.minimum, Ordering::Greater);
    join(&mut merged.maximum, &part.maximum, Ordering::Less);
    join(&mut merged.exclusive_minimum, &part.exclusive_minimum, Ordering::Greater);
    join(&mut merged.exclusive_maximum, &part.exclusive_maximum, Ordering::Less);
    merged.multiple_of =
        agreed(merged.multiple_of.take(), &part.multiple_of, "`allOf` joins two `multipleOf`")?;
    Ok(())
}

fn join_text(merged: &mut TextRules, part: &TextRules) -> Result<(), Reason> {
    merged.min_length = larger(merged.min_length, part.min_length);
    merged.max_length = smaller(merged.max_length, part.max_length);
    merged.pattern = agreed(merged.pattern.take(), &part.pattern, "`allOf` joins two patterns")?;
    Ok(())
}

fn join_lists(merged: &mut Held, part: &Held) {
    merged.items = match (merged.items.take(), &part.items) {
        (Some(one), Some(other)) => Some(Box::new(both(&[&one, other]))),
        (one, other) => one.or_else(|| other.clone()),
    };
    merged.min_items = larger(merged.min_items, part.min_items);
    merged.max_items = smaller(merged.max_items, part.max_items);
    merged.unique |= part.unique;
}

/// A member must be what every part says of it: those that declare it by its declaration, the others by what they say
/// of undeclared members.
fn join_members(merged: &mut Held, parts: &[&Held]) -> Result<(), Reason> {
    let names: HashSet<&String> = parts.iter().flat_map(|part| part.properties.keys()).collect();
    if names.len() * parts.len() > MEMBERS {
        return Err("`allOf` joins too many members");
    }
    for name in parts.iter().flat_map(|part| part.properties.keys()) {
        if merged.properties.contains_key(name) {
            continue;
        }
        let mut says = Vec::new();
        let mut forbidden = false;
        for part in parts {
            match (part.properties.get(name), &part.additional) {
                (Some(property), _) => says.push(property),
                (None, Extra::Schema(extra)) => says.push(extra),
                (None, Extra::Closed) => forbidden = true,
                (None, Extra::Unsaid | Extra::Any) => {}
            }
        }
        // One closed part closes the whole, and a member that it does not declare is then an undeclared one.
        if !forbidden {
            merged.properties.insert(name.clone(), both(&says));
        }
    }
    let mut extras = Vec::new();
    for part in parts {
        match &part.additional {
            Extra::Unsaid => {}
            Extra::Any if matches!(merged.additional, Extra::Unsaid) => merged.additional = Extra::Any,
            Extra::Any => {}
            Extra::Closed => merged.additional = Extra::Closed,
            Extra::Schema(extra) => extras.push(&**extra),
        }
    }
    if !extras.is_empty() && !matches!(merged.additional, Extra::Closed) {
        merged.additional = Extra::Schema(Box::new(both(&extras)));
    }
    Ok(())
}

/// Members that no part declares are the unevaluated ones.
fn close(merged: &mut Held, held: &Held) {
    let mut further = held.further.clone();
    if let (Extra::Unsaid, Some(Part::One(rest))) =
        (&merged.additional, further.remove("unevaluatedProperties"))
    {
        merged.additional = if rest.never { Extra::Closed } else { Extra::Schema(rest) };
    }
}

/// What all of these accept: the one, if they are the same.
fn both(schemas: &[&Held]) -> Held {
    let mut distinct: Vec<(serde_json::Value, &Held)> = Vec::new();
    for held in schemas {
        let json = held.json();
        if !distinct.iter().any(|(known, _)| *known == json) {
            distinct.push((json, held));
        }
    }
    let remarks = schemas.iter().fold(Remarks::default(), |remarks, held| held.remarks.over(&remarks));
    match &distinct[..] {
        [(_, one)] => Held { remarks, ..(*one).clone() },
        several => {
            let at = several[0].1.at.clone();
            Held {
                all_of: several.iter().map(|(_, held)| (*held).clone()).collect(),
                remarks,
                ..Held::any(at)
            }
        }
    }
}

/// The outer remarks hold for the whole; of the parts' only what is true of every value that is one of them.
fn remarks(held: &Held, parts: &[&Held]) -> Remarks {
    let mut remarks = held.remarks.clone();
    for part in parts {
        remarks.read_only |= part.remarks.read_only;
        remarks.write_only |= part.remarks.write_only;
        remarks.deprecated |= part.remarks.deprecated;
        remarks.hints = crate::held::over(&remarks.hints, &part.remarks.hints);
    }
    let inline = held.all_of.iter().rev().filter(|part| part.reference.is_none());
    for part in inline {
        if remarks.description.is_empty() {
            remarks.description.clone_from(&part.remarks.description);
        }
        if remarks.default.is_none() {
            remarks.default.clone_from(&part.remarks.default);
        }
    }
    remarks
}

fn agreed<T: Clone + PartialEq>(
    one: Option<T>,
    other: &Option<T>,
    reason: Reason,
) -> Result<Option<T>, Reason> {
    match (one, other) {
        (Some(one), Some(other)) if one != *other => Err(reason),
        (one, other) => Ok(one.or_else(|| other.clone())),
    }
}

fn larger(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    one.max(other)
}

fn smaller(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
