//! Where two schemas differ and how, in steps that a reader can follow. Only differences in a direction that the
//! comparison of values confirms are told; one that no step explains is told as a whole.

mod kinds;
mod objects;
mod words;

use std::collections::BTreeSet;

use serde_json::Value;

use super::alternative::{Alternative, Lists, Shape};
use super::language::Texts;
use super::numbers::Numbers;
use super::subsume;
use super::{Comparison, Definitions, Verdict};

pub(crate) use kinds::{Difference, Kind};
pub(crate) use objects::near;

use words::{listed, rule_of_lists, rule_of_numbers, rule_of_texts};

/// Schemas within each other that are walked; below, a difference is told where the walk ended.
const DEPTH: usize = 24;

/// All differences between two schemas; none if they accept the same values.
pub(crate) fn differences(old: &Value, new: &Value) -> Vec<Difference> {
    let (before, after) = (Definitions::of(old), Definitions::of(new));
    let mut walk = Walk {
        narrowing: Comparison::new(before, after),
        widening: Comparison::new(after, before),
        found: Vec::new(),
    };
    walk.schemas(old, new, "", Directions { narrow: true, widen: true }, 0);
    walk.found
}

struct Walk<'s> {
    /// Old values under the new schema.
    narrowing: Comparison<'s>,
    /// New values under the old schema.
    widening: Comparison<'s>,
    found: Vec<Difference>,
}

/// Directions in which there is something to tell; or in which something was told.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Directions {
    narrow: bool,
    widen: bool,
}

impl Directions {
    const NARROW: Self = Self { narrow: true, widen: false };
    const WIDEN: Self = Self { narrow: false, widen: true };
    const BOTH: Self = Self { narrow: true, widen: true };

    fn meets(self, other: Self) -> bool {
        self.narrow && other.narrow || self.widen && other.widen
    }

    fn add(&mut self, other: Self) {
        self.narrow |= other.narrow;
        self.widen |= other.widen;
    }
}

impl Walk<'_> {
    /// Tells the differences of two schemas in the directions asked for; gives back those in which something was told.
    fn schemas(&mut self, old: &Value, new: &Value, path: &str, ask: Directions, depth: usize) -> Directions {
        let narrow = if ask.narrow { self.narrowing.within(old, new) } else { Verdict::Yes };
        let widen = if ask.widen { self.widening.within(new, old) } else { Verdict::Yes };
        let ask = Directions { narrow: narrow != Verdict::Yes, widen: widen != Verdict::Yes };
        if ask == Directions::default() {
            return ask;
        }
        let mut told = Directions::default();
        if depth < DEPTH {
            let (left, right) = (self.narrowing.from.form(old), self.narrowing.to.form(new));
            told = self.forms(&left, &right, path, ask, depth);
        }
        for (asked, was_told, verdict, kinds) in [
            (ask.narrow, told.narrow, narrow, (Kind::Narrowed, Kind::UnclearNarrowed)),
            (ask.widen, told.widen, widen, (Kind::Widened, Kind::UnclearWidened)),
        ] {
            if !asked || was_told {
                continue;
            }
            let (kind, example) = match verdict {
                Verdict::No(example) => (kinds.0, example),
                _ => (kinds.1, None),
            };
            self.found.push(Difference { path: path.to_owned(), kind, words: String::new(), example });
        }
        Directions { narrow: told.narrow || ask.narrow, widen: told.widen || ask.widen }
    }

    fn tell(&mut self, path: &str, kind: Kind, words: String, of: Directions, ask: Directions) -> Directions {
        if !of.meets(ask) {
            return Directions::default();
        }
        self.found.push(Difference { path: path.to_owned(), kind, words, example: None });
        of
    }

    fn forms(
        &mut self,
        old: &[Alternative],
        new: &[Alternative],
        path: &str,
        ask: Directions,
        depth: usize,
    ) -> Directions {
        let (before, after) = (types(old), types(new));
        let mut told = self.nulls(&before, &after, path, ask);
        let common: Vec<&str> = before.intersection(&after).copied().filter(|kind| *kind != "null").collect();
        told.add(self.types(&before, &after, path, ask));
        for kind in common {
            let own = |form: &[Alternative]| -> Vec<Alternative> {
                form.iter().filter(|one| type_of(&one.shape) == kind).cloned().collect()
            };
            told.add(self.one_type(&own(old), &own(new), path, ask, depth));
        }
        told
    }

    fn nulls(
        &mut self,
        old: &BTreeSet<&str>,
        new: &BTreeSet<&str>,
        path: &str,
        ask: Directions,
    ) -> Directions {
        // Where nothing but `null` was or is, another kind tells it better.
        if old.len() < 2 && new.len() < 2 {
            return Directions::default();
        }
        match (old.contains("null"), new.contains("null")) {
            (true, false) => self.tell(path, Kind::NullRefused, String::new(), Directions::NARROW, ask),
            (false, true) => self.tell(path, Kind::NullAllowed, String::new(), Directions::WIDEN, ask),
            _ => Directions::default(),
        }
    }

    fn types(
        &mut self,
        old: &BTreeSet<&str>,
        new: &BTreeSet<&str>,
        path: &str,
        ask: Directions,
    ) -> Directions {
        let either_is_null_only = old.len() < 2 && new.len() < 2;
        let counts = |kind: &&&str| **kind != "null" || either_is_null_only;
        let lost: Vec<&str> = old.difference(new).filter(counts).copied().collect();
        let gained: Vec<&str> = new.difference(old).filter(counts).copied().collect();
        let words = |kinds: &BTreeSet<&str>| kinds.iter().copied().collect::<Vec<_>>().join(" or ");
        let change = format!("from {} to {}", words(old), words(new));
        match (lost.is_empty(), gained.is_empty()) {
            (true, true) => Directions::default(),
            (false, false) => self.tell(path, Kind::TypeChanged, change, Directions::BOTH, ask),
            (false, true) => self.tell(path, Kind::TypeNarrowed, change, Directions::NARROW, ask),
            (true, false) => self.tell(path, Kind::TypeWidened, change, Directions::WIDEN, ask),
        }
    }

    /// The alternatives of one type: single values, or the only one on each side, or those that belong together.
    fn one_type(
        &mut self,
        old: &[Alternative],
        new: &[Alternative],
        path: &str,
        ask: Directions,
        depth: usize,
    ) -> Directions {
        let (before, after) = (values(old), values(new));
        match (old, new) {
            _ if before.len() == old.len() && after.len() == new.len() => {
                self.values(&before, &after, path, ask)
            }
            ([one], [other]) => self.shapes(&one.shape, &other.shape, path, ask, depth),
            _ if after.len() == new.len() => {
                let words = format!("only {} from now on", listed(&after));
                self.tell(path, Kind::Tightened, words, Directions::NARROW, ask)
            }
            _ if before.len() == old.len() => {
                let words = format!("no longer only {}", listed(&before));
                self.tell(path, Kind::Loosened, words, Directions::WIDEN, ask)
            }
            _ => self.pairs(old, new, path, ask, depth),
        }
    }

    fn values(&mut self, old: &[&Value], new: &[&Value], path: &str, ask: Directions) -> Directions {
        let missing = |values: &[&Value], from: &[&Value]| -> Vec<Value> {
            values.iter().filter(|value| !from.contains(value)).map(|&value| value.clone()).collect()
        };
        let (removed, added) = (missing(old, new), missing(new, old));
        let mut told = Directions::default();
        if !removed.is_empty() {
            let words = listed(&removed.iter().collect::<Vec<_>>());
            told.add(self.tell(path, Kind::ValuesRemoved, words, Directions::NARROW, ask));
        }
        if !added.is_empty() {
            let words = listed(&added.iter().collect::<Vec<_>>());
            told.add(self.tell(path, Kind::ValuesAdded, words, Directions::WIDEN, ask));
        }
        told
    }

    /// Choices: those that are told apart by the same values of a member belong together, else those at the same place.
    fn pairs(
        &mut self,
        old: &[Alternative],
        new: &[Alternative],
        path: &str,
        ask: Directions,
        depth: usize,
    ) -> Directions {
        let mut told = Directions::default();
        let mut free: Vec<&Alternative> = new.iter().filter(|one| !old.contains(one)).collect();
        let mut alone = Vec::new();
        for one in old.iter().filter(|one| !new.contains(one)) {
            let tag = tag(self.narrowing.from, &one.shape);
            let partner = free
                .iter()
                .position(|other| tag.is_some() && self::tag(self.narrowing.to, &other.shape) == tag);
            match partner {
                Some(index) => {
                    let other = free.remove(index);
                    told.add(self.shapes(&one.shape, &other.shape, path, ask, depth));
                }
                None => alone.push(one),
            }
        }
        if alone.len() == free.len() {
            for (one, other) in alone.into_iter().zip(free) {
                told.add(self.shapes(&one.shape, &other.shape, path, ask, depth));
            }
        }
        told
    }

    fn shapes(&mut self, old: &Shape, new: &Shape, path: &str, ask: Directions, depth: usize) -> Directions {
        match (old, new) {
            (Shape::Number(old), Shape::Number(new)) => self.numbers(old, new, path, ask),
            (Shape::Text(old), Shape::Text(new)) => self.texts(old, new, path, ask),
            (Shape::List(old), Shape::List(new)) => self.lists(old, new, path, ask, depth),
            (Shape::Object(old), Shape::Object(new)) => self.objects(old, new, path, ask, depth),
            (Shape::Value(one), _) => {
                let words = format!("no longer only {one}");
                self.tell(path, Kind::Loosened, words, Directions::WIDEN, ask)
            }
            (_, Shape::Value(one)) => {
                let words = format!("only {one} from now on");
                self.tell(path, Kind::Tightened, words, Directions::NARROW, ask)
            }
            _ => Directions::default(),
        }
    }

    fn numbers(&mut self, old: &Numbers, new: &Numbers, path: &str, ask: Directions) -> Directions {
        let mut told = Directions::default();
        if old.integer != new.integer {
            let (kind, of) = if new.integer {
                (Kind::TypeNarrowed, Directions::NARROW)
            } else {
                (Kind::TypeWidened, Directions::WIDEN)
            };
            let word = |integer| if integer { "integer" } else { "number" };
            let words = format!("from {} to {}", word(old.integer), word(new.integer));
            told.add(self.tell(path, kind, words, of, ask));
        }
        // With the type set aside, what is left is the rule.
        let (before, after) =
            (Numbers { integer: true, ..old.clone() }, Numbers { integer: true, ..new.clone() });
        let verdicts = (subsume::numbers(&before, &after), subsume::numbers(&after, &before));
        let words = format!("from {} to {}", rule_of_numbers(old), rule_of_numbers(new));
        told.add(self.rule(verdicts, (Kind::Tightened, Kind::Loosened), &words, path, ask));
        told
    }

    fn texts(&mut self, old: &Texts, new: &Texts, path: &str, ask: Directions) -> Directions {
        let mut told = Directions::default();
        if old.formats != new.formats {
            let words = |texts: &Texts| match texts.formats.iter().cloned().collect::<Vec<_>>() {
                formats if formats.is_empty() => "none".to_owned(),
                formats => formats.join(" and "),
            };
            let change = format!("format from {} to {}", words(old), words(new));
            let verdicts = (subsume::texts(old, new), subsume::texts(new, old));
            let kinds = (Kind::FormatTightened, Kind::FormatLoosened);
            told.add(self.rule(verdicts, kinds, &change, path, ask));
        }
        let (before, after) = (
            Texts { formats: BTreeSet::new(), ..old.clone() },
            Texts { formats: BTreeSet::new(), ..new.clone() },
        );
        let verdicts = (subsume::texts(&before, &after), subsume::texts(&after, &before));
        let words = format!("from {} to {}", rule_of_texts(old), rule_of_texts(new));
        told.add(self.rule(verdicts, (Kind::Tightened, Kind::Loosened), &words, path, ask));
        told
    }

    /// A rule that changed: in which direction is for the values to say, and they may leave it open.
    fn rule(
        &mut self,
        (narrow, widen): (Verdict, Verdict),
        (tightened, loosened): (Kind, Kind),
        words: &str,
        path: &str,
        ask: Directions,
    ) -> Directions {
        let mut told = Directions::default();
        for (verdict, certain, open, of) in [
            (narrow, tightened, Kind::UnclearNarrowed, Directions::NARROW),
            (widen, loosened, Kind::UnclearWidened, Directions::WIDEN),
        ] {
            let kind = match verdict {
                Verdict::Yes => continue,
                Verdict::No(_) => certain,
                Verdict::Unknown => open,
            };
            told.add(self.tell(path, kind, words.to_owned(), of, ask));
        }
        told
    }

    fn lists(&mut self, old: &Lists, new: &Lists, path: &str, ask: Directions, depth: usize) -> Directions {
        let mut told = Directions::default();
        let narrower = new.min > old.min
            || new.max.is_some_and(|max| old.max.is_none_or(|old| old > max))
            || new.unique && !old.unique;
        let wider = new.min < old.min
            || old.max.is_some_and(|max| new.max.is_none_or(|new| new > max))
            || old.unique && !new.unique;
        let words = format!("from {} to {}", rule_of_lists(old), rule_of_lists(new));
        if narrower {
            told.add(self.tell(path, Kind::Tightened, words.clone(), Directions::NARROW, ask));
        }
        if wider {
            told.add(self.tell(path, Kind::Loosened, words, Directions::WIDEN, ask));
        }
        let first = old.first.len().max(new.first.len());
        for index in 0..first {
            told.add(self.schemas(
                &old.item(index),
                &new.item(index),
                &format!("{path}[{index}]"),
                ask,
                depth + 1,
            ));
        }
        told.add(self.schemas(&old.rest, &new.rest, &format!("{path}[]"), ask, depth + 1));
        told
    }
}

/// The values of a member that tells an object from others.
fn tag(definitions: Definitions<'_>, shape: &Shape) -> Option<(String, Vec<String>)> {
    let Shape::Object(objects) = shape else { return None };
    objects.required.iter().find_map(|name| {
        let form = definitions.form(&objects.member(name));
        let values: Option<Vec<String>> = form
            .iter()
            .map(|one| match &one.shape {
                Shape::Value(value) => Some(value.to_string()),
                _ => None,
            })
            .collect();
        Some((name.clone(), values.filter(|values| !values.is_empty())?))
    })
}

fn types(form: &[Alternative]) -> BTreeSet<&'static str> {
    form.iter().map(|alternative| type_of(&alternative.shape)).collect()
}

/// Integers are numbers here: which of the two is a rule on numbers.
fn type_of(shape: &Shape) -> &'static str {
    match shape {
        Shape::Value(Value::Null) => "null",
        Shape::Value(Value::Bool(_)) => "boolean",
        Shape::Value(Value::Number(_)) | Shape::Number(_) => "number",
        Shape::Value(Value::String(_)) | Shape::Text(_) => "string",
        Shape::Value(Value::Array(_)) | Shape::List(_) => "array",
        Shape::Value(Value::Object(_)) | Shape::Object(_) => "object",
    }
}

fn values(form: &[Alternative]) -> Vec<&Value> {
    let value = |one: &'_ Alternative| matches!(one.shape, Shape::Value(_));
    form.iter()
        .filter(|one| value(one))
        .filter_map(|one| match &one.shape {
            Shape::Value(value) => Some(value),
            _ => None,
        })
        .collect()
}
