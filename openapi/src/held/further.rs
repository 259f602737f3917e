//! Keywords of JSON Schema that no typed form has: they are held as written, with the schemas inside them normalised, so
//! that the JSON form still says them and a judge can still be asked.

use indexmap::IndexMap;
use regex::Regex;
use serde_json::{Map, Value};

use super::Held;

/// The keywords of one schema, in the order read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Further {
    parts: IndexMap<&'static str, Part>,
}

/// What a keyword holds.
#[derive(Clone, Debug)]
pub(crate) enum Part {
    /// No schema.
    Plain(Value),
    /// One schema.
    One(Box<Held>),
    /// Schemas in order.
    Many(Vec<Held>),
    /// Schemas by name or pattern.
    Named(IndexMap<String, Held>),
}

impl Further {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Adds a keyword.
    pub(crate) fn insert(&mut self, keyword: &'static str, part: Part) {
        self.parts.insert(keyword, part);
    }

    /// Takes a keyword away.
    pub(crate) fn remove(&mut self, keyword: &str) -> Option<Part> {
        self.parts.shift_remove(keyword)
    }

    /// Whether a keyword is there.
    pub(crate) fn has(&self, keyword: &str) -> bool {
        self.parts.contains_key(keyword)
    }

    /// Whether it is one of these keywords only.
    pub(crate) fn is_only(&self, keyword: &str) -> bool {
        self.parts.len() == 1 && self.has(keyword)
    }

    /// Writes the keywords.
    pub(crate) fn write(&self, out: &mut Map<String, Value>) {
        for (keyword, part) in &self.parts {
            let value = match part {
                Part::Plain(value) => value.clone(),
                Part::One(held) => held.json(),
                Part::Many(schemas) => Value::Array(schemas.iter().map(Held::json).collect()),
                Part::Named(schemas) => {
                    Value::Object(schemas.iter().map(|(name, held)| (name.clone(), held.json())).collect())
                }
            };
            out.insert((*keyword).to_owned(), value);
        }
    }

    /// The schemas that judge the same value.
    pub(crate) fn in_place(&self) -> impl Iterator<Item = &Held> {
        let conditions = ["if", "then", "else"].into_iter().filter_map(|keyword| self.one(keyword));
        let dependent = self.named("dependentSchemas").into_iter().flat_map(IndexMap::values);
        conditions.chain(dependent)
    }

    /// How many items have schemas of their own before `items` begins.
    pub(crate) fn prefix(&self) -> usize {
        match self.parts.get("prefixItems") {
            Some(Part::Many(schemas)) => schemas.len(),
            _ => 0,
        }
    }

    /// Whether a pattern speaks of the member of this name.
    pub(crate) fn speaks_of(&self, name: &str) -> bool {
        self.named("patternProperties")
            .is_some_and(|patterns| patterns.keys().any(|pattern| matches(pattern, name)))
    }

    /// Whether the keywords accept a value; `judge` asks a schema inside. What stands unevaluated is taken as accepted.
    pub(crate) fn accept(&self, value: &Value, judge: &dyn Fn(&Held, &Value) -> bool) -> bool {
        let branch = match self.one("if") {
            Some(condition) if judge(condition, value) => self.one("then"),
            Some(_) => self.one("else"),
            None => None,
        };
        let fits = match value {
            Value::Array(items) => self.accept_items(items, judge),
            Value::Object(members) => self.accept_members(value, members, judge),
            _ => true,
        };
        fits && branch.is_none_or(|branch| judge(branch, value))
    }

    fn accept_items(&self, items: &[Value], judge: &dyn Fn(&Held, &Value) -> bool) -> bool {
        if let Some(Part::Many(schemas)) = self.parts.get("prefixItems")
            && schemas.iter().zip(items).any(|(held, item)| !judge(held, item))
        {
            return false;
        }
        let Some(contains) = self.one("contains") else { return true };
        let found = items.iter().filter(|item| judge(contains, item)).count() as u64;
        let bound = |keyword: &str| match self.parts.get(keyword) {
            Some(Part::Plain(value)) => crate::shape::count(value),
            _ => None,
        };
        found >= bound("minContains").unwrap_or(1) && bound("maxContains").is_none_or(|most| found <= most)
    }

    fn accept_members(
        &self,
        value: &Value,
        members: &Map<String, Value>,
        judge: &dyn Fn(&Held, &Value) -> bool,
    ) -> bool {
        let patterns = self.named("patternProperties").into_iter().flatten();
        for (pattern, held) in patterns {
            if members.iter().any(|(name, member)| matches(pattern, name) && !judge(held, member)) {
                return false;
            }
        }
        if let Some(names) = self.one("propertyNames")
            && members.keys().any(|name| !judge(names, &Value::from(name.as_str())))
        {
            return false;
        }
        if let Some(Part::Plain(Value::Object(dependent))) = self.parts.get("dependentRequired") {
            let lacks = |names: &Value| {
                let names = names.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.into_iter().any(|name| !members.contains_key(name))
            };
            if dependent.iter().any(|(name, names)| members.contains_key(name) && lacks(names)) {
                return false;
            }
        }
        let dependent = self.named("dependentSchemas").into_iter().flatten();
        dependent.into_iter().all(|(name, held)| !members.contains_key(name) || judge(held, value))
    }

    fn one(&self, keyword: &str) -> Option<&Held> {
        match self.parts.get(keyword) {
            Some(Part::One(held)) => Some(held),
            _ => None,
        }
    }

    fn named(&self, keyword: &str) -> Option<&IndexMap<String, Held>> {
        match self.parts.get(keyword) {
            Some(Part::Named(schemas)) => Some(schemas),
            _ => None,
        }
    }
}

/// Patterns are compiled when they are read; one that does not compile is not held.
fn matches(pattern: &str, name: &str) -> bool {
    Regex::new(pattern).is_ok_and(|pattern| pattern.is_match(name))
}
