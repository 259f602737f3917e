//! Compositions that say no more than a simpler schema: an `allOf` of one, a choice of one, a choice between something
//! and null, an `allOf` that merges.

use std::borrow::Cow;

use indexmap::IndexMap;
use serde_json::Value;

use crate::held::{Held, Types};
use crate::judge;
use crate::merge;

/// A schema and whether null is accepted beside it.
pub(crate) struct Simple<'h> {
    /// The schema; most are simple as they stand, and are not copied.
    pub(crate) held: Cow<'h, Held>,
    /// Whether null is accepted, whatever `held` says of it.
    pub(crate) nullable: bool,
}

/// The simplest schema that accepts the same; or why there is none that can be taken apart. `may_merge` is asked before
/// an `allOf` is merged, whether it stood there at first or came to light in a choice of one.
pub(crate) fn simplify<'h>(
    held: &'h Held,
    named: &IndexMap<String, Held>,
    mut may_merge: impl FnMut() -> bool,
) -> Result<Simple<'h>, &'static str> {
    let mut simple = Simple { held: Cow::Borrowed(held), nullable: false };
    if !held.is_composed() {
        return Ok(simple);
    }
    loop {
        let held = simple.held.to_mut();
        if !held.all_of.is_empty() {
            if !may_merge() {
                return Err("`allOf` repeats or nests too far to be merged");
            }
            *held = match only_part(held) {
                Some(part) => part,
                None => merge::merge(held, named)?,
            };
            continue;
        }
        drop_implied_type(held, named);
        let is_choice = held.any_of.is_empty() != held.one_of.is_empty();
        if !is_choice || held.has_own_rules() || held.not.is_some() || held.reference.is_some() {
            return Ok(simple);
        }
        simple.nullable |= strip_null(held, named);
        let choices = if held.one_of.is_empty() { &held.any_of } else { &held.one_of };
        match &choices[..] {
            [] => {
                let null = Held { remarks: held.remarks.clone(), ..Held::of(held.at.clone(), Types::NULL) };
                return Ok(Simple { held: Cow::Owned(null), nullable: true });
            }
            [one] => *held = under(held, one),
            _ => return Ok(simple),
        }
    }
}

/// The one part of an `allOf` that has rules, when the schema itself has none.
fn only_part(held: &Held) -> Option<Held> {
    let is_alone = !held.has_own_rules()
        && held.reference.is_none()
        && held.any_of.is_empty()
        && held.one_of.is_empty()
        && held.not.is_none();
    let says_something =
        |part: &&Held| part.reference.is_some() || part.has_own_rules() || part.is_composed();
    let mut parts = held.all_of.iter().filter(says_something);
    let one = parts.next();
    if !is_alone || parts.next().is_some() {
        return None;
    }
    let silent = held.all_of.iter().filter(|part| !says_something(part));
    let remarks = silent.fold(held.remarks.clone(), |remarks, part| remarks.over(&part.remarks));
    let outer = Held { remarks, all_of: Vec::new(), ..held.clone() };
    Some(match one {
        Some(one) => under(&outer, one),
        None => outer,
    })
}

/// `inner` in the place of `outer`: at its place, with its remarks before its own.
fn under(outer: &Held, inner: &Held) -> Held {
    Held { remarks: outer.remarks.over(&inner.remarks), at: outer.at.clone(), ..inner.clone() }
}

/// Takes the choices that are only null away; whether there were any.
fn strip_null(held: &mut Held, named: &IndexMap<String, Held>) -> bool {
    let is_null = |choice: &Held| {
        let plain = !choice.is_composed() && choice.reference.is_none() && !choice.never;
        let by_type = choice.types == Some(Types::NULL) && choice.enumeration.is_none();
        let by_value = choice.enumeration.as_deref() == Some(&[Value::Null])
            && choice.types.is_none_or(|types| types.has(Types::NULL));
        plain && (by_type || by_value)
    };
    if !held.any_of.is_empty() {
        let count = held.any_of.len();
        held.any_of.retain(|choice| !is_null(choice));
        return held.any_of.len() < count;
    }
    // Of `oneOf` exactly one may accept null, so that null is accepted at all.
    let accepting = held.one_of.iter().filter(|choice| judge::accepts(choice, &Value::Null, named)).count();
    let has_null = held.one_of.iter().any(is_null);
    if has_null && accepting == 1 {
        held.one_of.retain(|choice| !is_null(choice));
        return true;
    }
    false
}

/// `type: object` beside a choice between objects says nothing.
fn drop_implied_type(held: &mut Held, named: &IndexMap<String, Held>) {
    if held.any_of.is_empty() && held.one_of.is_empty() {
        return;
    }
    let Some(types) = held.types.take() else { return };
    let choices = if held.one_of.is_empty() { &held.any_of } else { &held.one_of };
    let is_implied = !held.has_own_rules()
        && choices.iter().all(|choice| types_of(choice, named, &mut 1_000).is_some_and(|all| types.has(all)));
    if !is_implied {
        held.types = Some(types);
    }
}

/// Types outside of which a schema accepts nothing; `None` when it may accept any.
fn types_of(held: &Held, named: &IndexMap<String, Held>, fuel: &mut usize) -> Option<Types> {
    *fuel = fuel.checked_sub(1)?;
    let mut of = |held: &Held| types_of(held, named, fuel);
    let narrow = |one: Option<Types>, other: Option<Types>| match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    };
    let mut types = held.types;
    if let Some(target) = held.reference.as_ref().and_then(|name| named.get(name)) {
        types = narrow(types, of(target));
    }
    for part in &held.all_of {
        types = narrow(types, of(part));
    }
    for choices in [&held.any_of, &held.one_of] {
        let all: Option<Vec<Types>> = choices.iter().map(&mut of).collect();
        types = narrow(types, all.and_then(|all| all.into_iter().reduce(Types::or)));
    }
    types
}
