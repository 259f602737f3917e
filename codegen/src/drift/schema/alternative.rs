//! Values of one type, as the keywords of a schema allow them: the alternatives that a schema is made of.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::both::{all_of, says_nothing};
use super::language::{Texts, matches};
use super::numbers::Numbers;

/// Values of one type.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alternative {
    pub(super) shape: Shape,
    /// Schemas that the values must meet besides.
    pub(super) unclear: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Shape {
    /// Exactly this; `null`, `true` and `false` are always told so.
    Value(Value),
    Number(Numbers),
    Text(Texts),
    List(Lists),
    Object(Objects),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lists {
    pub(super) first: Vec<Value>,
    pub(super) rest: Value,
    pub(super) min: u64,
    pub(super) max: Option<u64>,
    pub(super) unique: bool,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Objects {
    pub(super) properties: BTreeMap<String, Value>,
    pub(super) patterns: BTreeMap<String, Value>,
    pub(super) additional: Value,
    pub(super) required: BTreeSet<String>,
    pub(super) min: u64,
    pub(super) max: Option<u64>,
}

impl Alternative {
    pub(super) fn plain(shape: Shape) -> Self {
        Self { shape, unclear: Vec::new() }
    }

    /// Marks that the values must meet this schema besides.
    pub(super) fn further(&mut self, schema: Value) {
        if !self.unclear.contains(&schema) {
            self.unclear.push(schema);
        }
    }
}

impl Lists {
    pub(super) fn of(keywords: &Map<String, Value>) -> Self {
        let number = |keyword: &str| keywords.get(keyword).and_then(Value::as_u64);
        let mut lists = Self {
            first: keywords.get("prefixItems").and_then(Value::as_array).cloned().unwrap_or_default(),
            rest: keywords.get("items").cloned().unwrap_or(Value::Bool(true)),
            min: number("minItems").unwrap_or(0),
            max: number("maxItems"),
            unique: keywords.get("uniqueItems") == Some(&Value::Bool(true)),
        };
        if lists.rest == Value::Bool(false) {
            let most = lists.first.len() as u64;
            lists.max = Some(lists.max.map_or(most, |max| max.min(most)));
        }
        lists
    }

    /// What the item at this place must be.
    pub(super) fn item(&self, index: usize) -> Value {
        self.first.get(index).unwrap_or(&self.rest).clone()
    }

    pub(super) fn and(&self, other: &Self) -> Self {
        let first = self.first.len().max(other.first.len());
        Self {
            first: (0..first).map(|index| all_of(&[&self.item(index), &other.item(index)])).collect(),
            rest: all_of(&[&self.rest, &other.rest]),
            min: self.min.max(other.min),
            max: [self.max, other.max].into_iter().flatten().min(),
            unique: self.unique || other.unique,
        }
    }
}

impl Objects {
    pub(super) fn of(keywords: &Map<String, Value>) -> Self {
        let number = |keyword: &str| keywords.get(keyword).and_then(Value::as_u64);
        let table = |keyword: &str| -> BTreeMap<String, Value> {
            let members = keywords.get(keyword).and_then(Value::as_object);
            members.into_iter().flatten().map(|(name, schema)| (name.clone(), schema.clone())).collect()
        };
        let required = keywords.get("required").and_then(Value::as_array).into_iter().flatten();
        Self {
            properties: table("properties"),
            patterns: table("patternProperties"),
            additional: keywords.get("additionalProperties").cloned().unwrap_or(Value::Bool(true)),
            required: required.filter_map(Value::as_str).map(str::to_owned).collect(),
            min: number("minProperties").unwrap_or(0),
            max: number("maxProperties"),
        }
    }

    /// Both together; nothing where patterns of names and a rule for all other names meet.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        let mixes = |one: &Self, other: &Self| !one.patterns.is_empty() && !says_nothing(&other.additional);
        if mixes(self, other) || mixes(other, self) {
            return None;
        }
        let names: BTreeSet<&String> = self.properties.keys().chain(other.properties.keys()).collect();
        let member = |name: &String| {
            let said = |objects: &Self| {
                let declared = objects.properties.get(name).cloned();
                declared.unwrap_or_else(|| {
                    if objects.patterns.is_empty() {
                        objects.additional.clone()
                    } else {
                        objects.member(name)
                    }
                })
            };
            (name.clone(), all_of(&[&said(self), &said(other)]))
        };
        let mut patterns = self.patterns.clone();
        for (pattern, schema) in &other.patterns {
            let both = patterns.get(pattern).map_or(schema.clone(), |known| all_of(&[known, schema]));
            patterns.insert(pattern.clone(), both);
        }
        Some(Self {
            properties: names.into_iter().map(member).collect(),
            patterns,
            additional: all_of(&[&self.additional, &other.additional]),
            required: self.required.union(&other.required).cloned().collect(),
            min: self.min.max(other.min),
            max: [self.max, other.max].into_iter().flatten().min(),
        })
    }

    /// What a member of this name must be: all that speaks of it, together.
    pub(super) fn member(&self, name: &str) -> Value {
        let mut said: Vec<&Value> = self.properties.get(name).into_iter().collect();
        said.extend(
            self.patterns.iter().filter(|(pattern, _)| matches(pattern, name)).map(|(_, schema)| schema),
        );
        match said.as_slice() {
            [] => self.additional.clone(),
            [one] => (*one).clone(),
            several => all_of(several),
        }
    }
}
