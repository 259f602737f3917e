//! Does one schema accept all that another accepts? Yes is a proof, no comes with a value where one is found, and what
//! cannot be decided is said to be so.
//!
//! Recursive schemas are compared by assuming what is being proven: if no difference turns up before the comparison
//! comes back to itself, there is none.

use std::collections::HashMap;

use serde_json::Value;

use super::Definitions;
use super::alternative::{Alternative, Lists, Objects, Shape};
use super::both::{all_of, says_nothing};
use super::formats;
use super::language::{Search, Texts};
use super::numbers::Numbers;

/// Comparisons within each other.
const DEPTH: usize = 48;
/// Values of one member that an object is split by.
const SPLIT: usize = 24;

/// What a comparison came to.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Every value is accepted by the other too.
    Yes,
    /// Some are not; here is one, where one was found.
    No(Option<Value>),
    /// It could not be decided.
    Unknown,
}

/// Two sets of definitions, and what has been found of pairs of schemas of theirs.
#[derive(Debug)]
pub(crate) struct Comparison<'s> {
    /// Definitions of the schema whose values are looked at.
    pub(crate) from: Definitions<'s>,
    /// Definitions of the schema that is to accept them.
    pub(crate) to: Definitions<'s>,
    known: HashMap<(String, String), State>,
    /// What was proven, in order, so that it can be taken back together with what it rests on.
    proven: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
enum State {
    /// Being compared, and therefore assumed; or proven.
    Holds,
    Fails(Verdict),
}

impl<'s> Comparison<'s> {
    pub(crate) fn new(from: Definitions<'s>, to: Definitions<'s>) -> Self {
        Self { from, to, known: HashMap::new(), proven: Vec::new() }
    }

    /// Whether `to` accepts every value that `from` accepts.
    pub(crate) fn within(&mut self, from: &Value, to: &Value) -> Verdict {
        let verdict = self.schemas(from, to, 0);
        match &verdict {
            // A value that does not show what it should is none to show.
            Verdict::No(Some(value)) if !self.is_witness(from, to, value) => Verdict::Unknown,
            _ => verdict,
        }
    }

    fn is_witness(&self, from: &Value, to: &Value, value: &Value) -> bool {
        self.from.accepts(from, value) && !self.to.accepts(to, value)
    }

    fn schemas(&mut self, from: &Value, to: &Value, depth: usize) -> Verdict {
        if says_nothing(to) || *from == Value::Bool(false) {
            return Verdict::Yes;
        }
        if depth > DEPTH {
            return Verdict::Unknown;
        }
        let pair = (from.to_string(), to.to_string());
        if pair.0 == pair.1 && !pair.0.contains("\"$ref\"") {
            return Verdict::Yes;
        }
        match self.known.get(&pair) {
            Some(State::Holds) => return Verdict::Yes,
            Some(State::Fails(verdict)) => return verdict.clone(),
            None => {}
        }
        let mark = self.proven.len();
        self.known.insert(pair.clone(), State::Holds);
        let (left, right) = (self.from.form(from), self.to.form(to));
        let verdict = self.forms(&left, &right, depth);
        if verdict == Verdict::Yes {
            self.proven.push(pair);
        } else {
            for pair in self.proven.drain(mark..) {
                self.known.remove(&pair);
            }
            self.known.insert(pair, State::Fails(verdict.clone()));
        }
        verdict
    }

    fn forms(&mut self, from: &[Alternative], to: &[Alternative], depth: usize) -> Verdict {
        let mut open = false;
        for one in from {
            match self.alternative(one, to, depth) {
                Verdict::Yes => {}
                Verdict::Unknown => open = true,
                no => return no,
            }
        }
        if open { Verdict::Unknown } else { Verdict::Yes }
    }

    /// Whether every value of an alternative is in some alternative of the other.
    pub(super) fn alternative(&mut self, one: &Alternative, to: &[Alternative], depth: usize) -> Verdict {
        if let Shape::Value(value) = &one.shape {
            let held = to.iter().any(|other| self.to.holds(other, value));
            return if held { Verdict::Yes } else { Verdict::No(Some(value.clone())) };
        }
        let mut tried = Vec::new();
        for other in to.iter().filter(|other| are_of_one_type(&one.shape, &other.shape)) {
            let mut verdict = self.shape(&one.shape, &other.shape, depth);
            if verdict == Verdict::Yes && !other.unclear.iter().all(|further| one.unclear.contains(further)) {
                verdict = Verdict::Unknown;
            }
            if verdict == Verdict::Yes {
                return Verdict::Yes;
            }
            tried.push(verdict);
        }
        let shown = tried.iter().filter_map(|verdict| match verdict {
            Verdict::No(value) => value.clone(),
            _ => None,
        });
        let samples: Vec<Value> = shown.chain(self.from.sample_of(one)).collect();
        let refused = |value: &&Value| {
            self.from.holds(one, value) && !to.iter().any(|other| self.to.holds(other, value))
        };
        if let Some(value) = samples.iter().find(refused) {
            return Verdict::No(Some(value.clone()));
        }
        // Without a value to show, only a plain pair of types tells; an empty type would show none.
        let is_plain = one.unclear.is_empty() && matches!(tried.as_slice(), [Verdict::No(None)]);
        match self.split(one, to, depth) {
            Some(verdict) => verdict,
            None if is_plain => Verdict::No(None),
            None => Verdict::Unknown,
        }
    }

    /// An object that is in no single alternative may still be in several: one for each value of a member.
    fn split(&mut self, one: &Alternative, to: &[Alternative], depth: usize) -> Option<Verdict> {
        let Shape::Object(objects) = &one.shape else { return None };
        if to.len() < 2 || depth > DEPTH / 2 {
            return None;
        }
        let values = |definitions: Definitions<'_>, name: &String| -> Option<Vec<Value>> {
            let form = definitions.form(&objects.member(name));
            let values: Option<Vec<Value>> = form
                .into_iter()
                .map(|alternative| match alternative.shape {
                    Shape::Value(value) => Some(value),
                    _ => None,
                })
                .collect();
            values.filter(|values| (2..=SPLIT).contains(&values.len()))
        };
        let found = objects.required.iter().find_map(|name| Some((name.clone(), values(self.from, name)?)));
        let (name, values) = found?;
        let parts: Vec<Alternative> = values
            .into_iter()
            .map(|value| {
                let mut part = objects.clone();
                part.properties.insert(name.clone(), serde_json::json!({ "const": value }));
                Alternative { shape: Shape::Object(part), unclear: one.unclear.clone() }
            })
            .collect();
        Some(self.forms(&parts, to, depth + 8))
    }

    fn shape(&mut self, from: &Shape, to: &Shape, depth: usize) -> Verdict {
        match (from, to) {
            (Shape::Number(from), Shape::Number(to)) => numbers(from, to),
            (Shape::Text(from), Shape::Text(to)) => texts(from, to),
            (Shape::List(from), Shape::List(to)) => self.lists(from, to, depth),
            (Shape::Object(from), Shape::Object(to)) => self.objects(from, to, depth),
            _ => Verdict::No(None),
        }
    }

    fn lists(&mut self, from: &Lists, to: &Lists, depth: usize) -> Verdict {
        if from.min < to.min {
            return Verdict::No(self.from.list_of(from, from.min));
        }
        if let Some(max) = to.max
            && from.max.is_none_or(|own| own > max)
        {
            return Verdict::No(self.from.list_of(from, max.saturating_add(1).max(from.min)));
        }
        if to.unique && !from.unique && from.max.is_none_or(|max| max > 1) {
            let twice = self.from.sample(&from.rest).and_then(|item| self.from.list_with(from, 1, item));
            return Verdict::No(twice);
        }
        let mut open = false;
        for index in 0..=from.first.len().max(to.first.len()) {
            if from.max.is_some_and(|max| index as u64 >= max) {
                break;
            }
            match self.schemas(&from.item(index), &to.item(index), depth + 1) {
                Verdict::Yes => {}
                Verdict::Unknown => open = true,
                Verdict::No(item) => {
                    return Verdict::No(item.and_then(|item| self.from.list_with(from, index, item)));
                }
            }
        }
        if open { Verdict::Unknown } else { Verdict::Yes }
    }

    fn objects(&mut self, from: &Objects, to: &Objects, depth: usize) -> Verdict {
        if let Some(name) = to.required.iter().find(|name| !from.required.contains(*name)) {
            return Verdict::No(self.from.object_with(from, None, Some(name)));
        }
        let mut open = false;
        let names: std::collections::BTreeSet<&String> =
            from.properties.keys().chain(to.properties.keys()).collect();
        for name in names {
            match self.schemas(&from.member(name), &to.member(name), depth + 1) {
                Verdict::Yes => {}
                Verdict::Unknown => open = true,
                Verdict::No(value) => {
                    let shown =
                        value.and_then(|value| self.from.object_with(from, Some((name, value)), None));
                    return Verdict::No(shown);
                }
            }
        }
        match self.undeclared(from, to, depth) {
            Verdict::Yes => {}
            Verdict::Unknown => open = true,
            no => return no,
        }
        let fewest = from.min.max(from.required.len() as u64);
        let closed = from.patterns.is_empty() && from.additional == Value::Bool(false);
        let most = [from.max, closed.then_some(from.properties.len() as u64)].into_iter().flatten().min();
        if fewest < to.min || to.max.is_some_and(|max| most.is_none_or(|most| most > max)) {
            let mut larger = from.clone();
            larger.min = to.max.map_or(from.min, |max| max.saturating_add(1).max(from.min));
            let smaller = self.from.object_with(from, None, None);
            let shown = if fewest < to.min { smaller } else { self.from.object_with(&larger, None, None) };
            return Verdict::No(shown);
        }
        if open { Verdict::Unknown } else { Verdict::Yes }
    }

    /// Members that neither side declares by name.
    fn undeclared(&mut self, from: &Objects, to: &Objects, depth: usize) -> Verdict {
        if from.patterns.is_empty() && to.patterns.is_empty() {
            return match self.schemas(&from.additional, &to.additional, depth + 1) {
                Verdict::No(value) => {
                    let name = free_name(from, to);
                    Verdict::No(
                        value.and_then(|value| self.from.object_with(from, Some((&name, value)), None)),
                    )
                }
                verdict => verdict,
            };
        }
        // A name may match several patterns, or none: each combination must hold. What fails may never come about, so
        // only a value that shows it makes it certain.
        let free = free_name(from, to);
        let mut rules = vec![(free.clone(), from.additional.clone(), to.additional.clone())];
        for (pattern, schema) in &from.patterns {
            let other = to.patterns.get(pattern).unwrap_or(&to.additional);
            rules.push((matching(pattern, &free), schema.clone(), other.clone()));
        }
        for (pattern, schema) in
            to.patterns.iter().filter(|(pattern, _)| !from.patterns.contains_key(*pattern))
        {
            let name = matching(pattern, &free);
            for own in from.patterns.values().chain([&from.additional]) {
                rules.push((name.clone(), own.clone(), all_of(&[schema, &to.additional])));
            }
        }
        let mut open = false;
        for (name, own, other) in rules {
            match self.schemas(&own, &other, depth + 1) {
                Verdict::Yes => {}
                Verdict::Unknown => open = true,
                Verdict::No(value) => {
                    let shown =
                        value.and_then(|value| self.from.object_with(from, Some((&name, value)), None));
                    if shown.is_some() {
                        return Verdict::No(shown);
                    }
                    open = true;
                }
            }
        }
        if open { Verdict::Unknown } else { Verdict::Yes }
    }
}

/// Whether numbers are within a rule.
pub(super) fn numbers(from: &Numbers, to: &Numbers) -> Verdict {
    if from.is_within(to) {
        return Verdict::Yes;
    }
    match from.member(|number| !to.holds(number)) {
        Some(number) => Verdict::No(Some(number)),
        None => Verdict::Unknown,
    }
}

/// Whether texts are within a rule.
pub(super) fn texts(from: &Texts, to: &Texts) -> Verdict {
    if from.is_plainly_within(to) {
        return Verdict::Yes;
    }
    let asserted = to.formats.iter().find(|format| !from.formats.contains(*format));
    let mut samples: Vec<String> =
        from.formats.iter().map(|format| formats::sample(format).to_owned()).collect();
    if asserted.is_some() {
        samples.extend(from.member());
        samples.push("~".repeat(usize::try_from(from.min.max(1)).unwrap_or(1).min(4096)));
    }
    let refused = samples.into_iter().find(|text| from.holds(text) && !to.holds(text));
    if let Some(text) = refused {
        return Verdict::No(Some(text.into()));
    }
    match from.outside(to) {
        Search::Found(text) if from.holds(&text) => Verdict::No(Some(text.into())),
        Search::None if asserted.is_none() => Verdict::Yes,
        _ => Verdict::Unknown,
    }
}

fn are_of_one_type(one: &Shape, other: &Shape) -> bool {
    matches!(
        (one, other),
        (Shape::Number(_), Shape::Number(_))
            | (Shape::Text(_), Shape::Text(_))
            | (Shape::List(_), Shape::List(_))
            | (Shape::Object(_), Shape::Object(_))
    )
}

/// A name that matches a pattern, if one is found.
fn matching(pattern: &str, otherwise: &str) -> String {
    let texts = Texts { patterns: [pattern.to_owned()].into(), ..Texts::default() };
    texts.member().unwrap_or_else(|| otherwise.to_owned())
}

/// A name that neither side declares.
fn free_name(one: &Objects, other: &Objects) -> String {
    let mut name = "undeclared".to_owned();
    while one.properties.contains_key(&name) || other.properties.contains_key(&name) {
        name.push('_');
    }
    name
}

#[cfg(test)]
mod tests;
