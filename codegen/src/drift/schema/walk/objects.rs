//! Objects: members that came, went or have another name, and what becomes of undeclared ones.

use std::collections::BTreeSet;

use serde_json::Value;

use super::words::{joined, range};
use super::{Directions, Kind, Walk};
use crate::drift::schema::Verdict;
use crate::drift::schema::alternative::Objects;

impl Walk<'_> {
    pub(super) fn objects(
        &mut self,
        old: &Objects,
        new: &Objects,
        path: &str,
        ask: Directions,
        depth: usize,
    ) -> Directions {
        let mut told = Directions::default();
        let declared =
            |objects: &Objects| -> BTreeSet<String> { objects.properties.keys().cloned().collect() };
        let (before, after) = (declared(old), declared(new));
        let mut removed: Vec<String> = before.difference(&after).cloned().collect();
        let mut added: Vec<String> = after.difference(&before).cloned().collect();
        for (from, to) in self.renamed(old, new, &removed, &added) {
            let words = format!("{from} is now called {to}");
            told.add(self.tell(&joined(path, &from), Kind::MemberRenamed, words, Directions::BOTH, ask));
            removed.retain(|name| *name != from);
            added.retain(|name| *name != to);
        }
        for name in removed {
            let free = new.additional != Value::Bool(false);
            let kind = if free { Kind::NameFreed } else { Kind::MemberRemoved };
            told.add(self.tell(&joined(path, &name), kind, String::new(), Directions::BOTH, ask));
        }
        for name in added {
            told.add(self.added(old, new, &name, path, ask));
        }
        for name in before.intersection(&after) {
            let here = joined(path, name);
            told.add(match (old.required.contains(name), new.required.contains(name)) {
                (false, true) => self.tell(&here, Kind::MadeRequired, String::new(), Directions::NARROW, ask),
                (true, false) => self.tell(&here, Kind::MadeOptional, String::new(), Directions::WIDEN, ask),
                _ => Directions::default(),
            });
            told.add(self.schemas(&old.properties[name], &new.properties[name], &here, ask, depth + 1));
        }
        told.add(self.undeclared(old, new, path, ask, depth));
        told
    }

    fn added(&mut self, old: &Objects, new: &Objects, name: &str, path: &str, ask: Directions) -> Directions {
        let was_free = old.additional != Value::Bool(false);
        let (kind, of) = if new.required.contains(name) {
            (Kind::RequiredMemberAdded, Directions::BOTH)
        } else if was_free {
            (Kind::NameClaimed, Directions::NARROW)
        } else {
            (Kind::OptionalMemberAdded, Directions::WIDEN)
        };
        self.tell(&joined(path, name), kind, String::new(), of, ask)
    }

    /// Undeclared members, and how many members there may be.
    fn undeclared(
        &mut self,
        old: &Objects,
        new: &Objects,
        path: &str,
        ask: Directions,
        depth: usize,
    ) -> Directions {
        let mut told = Directions::default();
        let closed =
            |objects: &Objects| objects.patterns.is_empty() && objects.additional == Value::Bool(false);
        told.add(match (closed(old), closed(new)) {
            (false, true) => self.tell(path, Kind::UndeclaredRefused, String::new(), Directions::NARROW, ask),
            (true, false) => self.tell(path, Kind::UndeclaredAllowed, String::new(), Directions::WIDEN, ask),
            (false, false) if old.patterns.is_empty() && new.patterns.is_empty() => {
                self.schemas(&old.additional, &new.additional, &joined(path, "*"), ask, depth + 1)
            }
            _ => Directions::default(),
        });
        let counts = |objects: &Objects| range(objects.min, objects.max, "members");
        let words = format!("from {} to {}", counts(old), counts(new));
        if new.min > old.min || new.max.is_some_and(|max| old.max.is_none_or(|old| old > max)) {
            told.add(self.tell(path, Kind::Tightened, words.clone(), Directions::NARROW, ask));
        }
        if new.min < old.min || old.max.is_some_and(|max| new.max.is_none_or(|new| new > max)) {
            told.add(self.tell(path, Kind::Loosened, words, Directions::WIDEN, ask));
        }
        told
    }

    /// Pairs of a removed and an added member that are the same under another name: they accept the same values, are
    /// both required or both not, and one's name is like the other's or nothing else was added or removed.
    fn renamed(
        &mut self,
        old: &Objects,
        new: &Objects,
        removed: &[String],
        added: &[String],
    ) -> Vec<(String, String)> {
        let mut pairs: Vec<(String, String)> = Vec::new();
        let alone = removed.len() == 1 && added.len() == 1;
        for from in removed {
            let found = added.iter().find(|to| {
                let (before, after) = (&old.properties[from], &new.properties[*to]);
                let is_taken = pairs.iter().any(|(_, taken)| taken == *to);
                let is_near = near(from, to) || alone && says_the_same(before, after);
                !is_taken
                    && is_near
                    && old.required.contains(from) == new.required.contains(*to)
                    && self.narrowing.within(before, after) == Verdict::Yes
                    && self.widening.within(after, before) == Verdict::Yes
            });
            pairs.extend(found.map(|to| (from.clone(), to.clone())));
        }
        pairs
    }
}

/// Whether one name is likely to be another spelling of the other.
pub(crate) fn near(one: &str, other: &str) -> bool {
    let plain = |name: &str| {
        name.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase()
    };
    let (one, other) = (plain(one), plain(other));
    one == other || strsim::jaro_winkler(&one, &other) > 0.87
}

/// Two members that have the same words for a reader, beyond their types.
fn says_the_same(one: &Value, other: &Value) -> bool {
    let words = |schema: &Value| schema.get("description").and_then(Value::as_str).map(str::to_owned);
    words(one).is_some() && words(one) == words(other)
}
