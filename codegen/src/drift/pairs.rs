//! Which tool of the old contract is which of the new one: by name, and where a name is gone, by what is behind it.

use std::collections::BTreeMap;

use super::schema::near;
use crate::contract::{Contract, Tool};

/// Tools that belong together, old name first, and those that have no other side.
pub(super) struct Pairs<'c> {
    pub(super) pairs: Vec<(&'c str, &'c str)>,
    pub(super) removed: Vec<&'c str>,
    pub(super) added: Vec<&'c str>,
}

/// Pairs the tools of two contracts.
pub(super) fn of<'c>(old: &'c Contract, new: &'c Contract) -> Pairs<'c> {
    let mut pairs = Vec::new();
    let mut removed: Vec<&str> = Vec::new();
    for name in old.tools.keys() {
        match new.tools.get_key_value(name) {
            Some((same, _)) => pairs.push((name.as_str(), same.as_str())),
            None => removed.push(name),
        }
    }
    let mut added: Vec<&str> =
        new.tools.keys().filter(|name| !old.tools.contains_key(*name)).map(String::as_str).collect();
    // The surest sign first, so that a weak one never takes a tool from a strong one.
    type Sign = fn(&str, &Tool, &str, &Tool) -> bool;
    let signs: [Sign; 3] = [
        |_, old, _, new| old.operation == new.operation && old.arguments == new.arguments,
        |_, old, _, new| {
            old.operation == new.operation || (&old.method, &old.path) == (&new.method, &new.path)
        },
        |before, old, after, new| {
            old.method == new.method
                && old.arguments == new.arguments
                && old.answer == new.answer
                && (near(before, after) || old.title == new.title)
        },
    ];
    for sign in signs {
        let holds = |before: &str, after: &str| sign(before, &old.tools[before], after, &new.tools[after]);
        for (before, after) in only_matches(&removed, &added, holds) {
            removed.retain(|name| *name != before);
            added.retain(|name| *name != after);
            pairs.push((before, after));
        }
    }
    Pairs { pairs, removed, added }
}

/// Pairs in which each is the other's only match; where there are several, a near name decides.
fn only_matches<'c>(
    removed: &[&'c str],
    added: &[&'c str],
    holds: impl Fn(&str, &str) -> bool,
) -> Vec<(&'c str, &'c str)> {
    let mut takers: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for before in removed {
        let mut found: Vec<&str> = added.iter().copied().filter(|after| holds(before, after)).collect();
        if found.len() > 1 {
            found.retain(|after| near(before, after));
        }
        if let [after] = found.as_slice() {
            takers.entry(after).or_default().push(before);
        }
    }
    let pairs = takers.into_iter().filter_map(|(after, before)| match before.as_slice() {
        [before] => Some((*before, after)),
        several => several.iter().find(|before| near(before, after)).map(|before| (*before, after)),
    });
    pairs.collect()
}
