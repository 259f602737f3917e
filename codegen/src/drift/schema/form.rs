//! A schema as alternatives of one type each. What only a judge of single values understands (`not`, overlapping
//! `oneOf`, conditions) stays with an alternative as something further that its values must meet.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::Definitions;
use super::cut;
use super::judge::{all_of, says_nothing};
use super::language::Texts;
use super::numbers::Numbers;

/// Alternatives of one schema; more are kept as something further.
const ALTERNATIVES: usize = 64;
/// Schemas within each other that speak of the same value.
const DEPTH: usize = 24;

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
}

impl Definitions<'_> {
    /// The alternatives of a schema.
    pub(super) fn form(self, schema: &Value) -> Vec<Alternative> {
        self.formed(schema, 0)
    }

    fn formed(self, schema: &Value, depth: usize) -> Vec<Alternative> {
        let keywords = match schema {
            Value::Bool(false) => return Vec::new(),
            Value::Object(keywords) => keywords,
            _ => return everything(),
        };
        if let Some(values) = enumerated(keywords) {
            let accepted = values.into_iter().filter(|value| self.accepts(schema, value));
            return accepted.map(|value| Alternative::plain(Shape::Value(value))).collect();
        }
        let mut form = own(schema, keywords);
        if depth > DEPTH {
            form.iter_mut().for_each(|alternative| alternative.further(schema.clone()));
            return form;
        }
        if let Some(reference) = keywords.get("$ref").and_then(Value::as_str) {
            form = match self.find(reference) {
                Some(target) => self.both(form, self.formed(target, depth + 1), target),
                None => marked(form, keywords, "$ref"),
            };
        }
        for one in list(keywords, "allOf") {
            form = self.both(form, self.formed(one, depth + 1), one);
        }
        if keywords.contains_key("anyOf") {
            let choices = list(keywords, "anyOf").flat_map(|one| self.formed(one, depth + 1)).collect();
            form = self.both(form, choices, &only(keywords, "anyOf"));
        }
        if keywords.contains_key("oneOf") {
            let choices: Vec<_> = list(keywords, "oneOf").map(|one| self.formed(one, depth + 1)).collect();
            let overlaps = cut::any_overlap(self, &choices);
            form = self.both(form, choices.into_iter().flatten().collect(), &only(keywords, "oneOf"));
            if overlaps {
                form = marked(form, keywords, "oneOf");
            }
        }
        if let Some(not) = keywords.get("not") {
            form = cut::without(self, form, &self.formed(not, depth + 1), not);
        }
        form = with_rules_on_members(form, keywords);
        form.retain(|alternative| !self.is_empty(alternative) && self.value_fits(alternative, schema));
        form
    }

    /// Values are judged by the whole schema, and need nothing further then.
    fn value_fits(self, alternative: &Alternative, schema: &Value) -> bool {
        match &alternative.shape {
            Shape::Value(value) => self.accepts(schema, value),
            _ => true,
        }
    }

    /// What is in an alternative of both; `other` is what the second form was made of.
    fn both(self, one: Vec<Alternative>, second: Vec<Alternative>, other: &Value) -> Vec<Alternative> {
        if one.len() * second.len() > ALTERNATIVES * 4 {
            let mut form = one;
            form.iter_mut().for_each(|alternative| alternative.further(other.clone()));
            return form;
        }
        let mut form: Vec<Alternative> = Vec::new();
        for first in &one {
            for second in &second {
                if let Some(both) = self.meet(first, second)
                    && !form.contains(&both)
                {
                    form.push(both);
                }
            }
        }
        form
    }

    fn meet(self, one: &Alternative, other: &Alternative) -> Option<Alternative> {
        let shape = match (&one.shape, &other.shape) {
            (Shape::Value(value), _) => self.holds(other, value).then(|| one.shape.clone())?,
            (_, Shape::Value(value)) => self.holds(one, value).then(|| other.shape.clone())?,
            (Shape::Number(one), Shape::Number(other)) => Shape::Number(one.and(other)),
            (Shape::Text(one), Shape::Text(other)) => Shape::Text(one.and(other)),
            (Shape::List(one), Shape::List(other)) => Shape::List(one.and(other)),
            (Shape::Object(first), Shape::Object(second)) => match first.and(second) {
                Some(both) => Shape::Object(both),
                None => {
                    let mut kept = one.clone();
                    kept.unclear.extend(other.unclear.iter().cloned());
                    kept.further(schema_of(second));
                    return Some(kept);
                }
            },
            _ => return None,
        };
        let mut both = Alternative { shape, unclear: one.unclear.clone() };
        other.unclear.iter().for_each(|schema| both.further(schema.clone()));
        if matches!(both.shape, Shape::Value(_)) {
            both.unclear.clear();
        }
        (!self.is_empty(&both)).then_some(both)
    }

    /// Whether no value can be there, as far as that is plain to see.
    fn is_empty(self, alternative: &Alternative) -> bool {
        match &alternative.shape {
            Shape::Value(_) => false,
            Shape::Number(numbers) => numbers.is_empty(),
            Shape::Text(texts) => texts.is_empty(),
            Shape::List(lists) => {
                let never =
                    (0..lists.min.min(16)).any(|index| lists.item(index as usize) == Value::Bool(false));
                never || lists.max.is_some_and(|max| max < lists.min)
            }
            Shape::Object(objects) => {
                let never = objects.required.iter().any(|name| objects.member(name) == Value::Bool(false));
                let most =
                    objects.max.is_some_and(|max| max < objects.min.max(objects.required.len() as u64));
                never || most
            }
        }
    }
}

/// An object's rules as a schema again.
fn schema_of(objects: &Objects) -> Value {
    let mut schema = serde_json::json!({
        "type": "object",
        "properties": objects.properties,
        "patternProperties": objects.patterns,
        "additionalProperties": objects.additional,
        "required": objects.required,
        "minProperties": objects.min,
    });
    if let Some(max) = objects.max {
        schema["maxProperties"] = max.into();
    }
    schema
}

fn everything() -> Vec<Alternative> {
    own(&Value::Bool(true), &Map::new())
}

/// The alternatives that a schema's own keywords leave.
fn own(schema: &Value, keywords: &Map<String, Value>) -> Vec<Alternative> {
    let words: Vec<&str> = match keywords.get("type") {
        Some(Value::String(word)) => vec![word],
        Some(Value::Array(words)) => words.iter().filter_map(Value::as_str).collect(),
        _ => vec!["null", "boolean", "number", "string", "array", "object"],
    };
    let mut form = Vec::new();
    for word in &words {
        match *word {
            "null" => form.push(Shape::Value(Value::Null)),
            "boolean" => form.extend([Shape::Value(true.into()), Shape::Value(false.into())]),
            "integer" if words.contains(&"number") => {}
            "integer" => form.push(Shape::Number(Numbers::of(schema, true))),
            "number" => form.push(Shape::Number(Numbers::of(schema, false))),
            "string" => form.push(Shape::Text(Texts::of(schema))),
            "array" => form.push(Shape::List(Lists::of(keywords))),
            "object" => form.push(Shape::Object(Objects::of(keywords))),
            _ => {}
        }
    }
    form.into_iter().map(Alternative::plain).collect()
}

/// The values of `enum` and `const`.
fn enumerated(keywords: &Map<String, Value>) -> Option<Vec<Value>> {
    if let Some(value) = keywords.get("const") {
        return Some(vec![value.clone()]);
    }
    keywords.get("enum").and_then(Value::as_array).cloned()
}

fn list<'k>(keywords: &'k Map<String, Value>, keyword: &str) -> impl Iterator<Item = &'k Value> {
    keywords.get(keyword).and_then(Value::as_array).into_iter().flatten()
}

/// A schema with just one of the keywords.
fn only(keywords: &Map<String, Value>, keyword: &str) -> Value {
    keywords
        .iter()
        .filter(|(word, _)| *word == keyword)
        .map(|(word, value)| (word.clone(), value.clone()))
        .collect()
}

fn marked(mut form: Vec<Alternative>, keywords: &Map<String, Value>, keyword: &str) -> Vec<Alternative> {
    form.iter_mut().for_each(|alternative| alternative.further(only(keywords, keyword)));
    form
}

/// Keywords that speak of members or items in a way that only a judge of values follows.
fn with_rules_on_members(mut form: Vec<Alternative>, keywords: &Map<String, Value>) -> Vec<Alternative> {
    const OF_LISTS: [&str; 2] = ["contains", "unevaluatedItems"];
    const OF_OBJECTS: [&str; 4] =
        ["propertyNames", "dependentRequired", "dependentSchemas", "unevaluatedProperties"];
    for alternative in &mut form {
        let words: &[&str] = match alternative.shape {
            Shape::List(_) => &OF_LISTS,
            Shape::Object(_) => &OF_OBJECTS,
            _ => &[],
        };
        for word in words.iter().filter(|word| keywords.contains_key(**word)) {
            alternative.further(only(keywords, word));
        }
        if keywords.contains_key("if") {
            let whole =
                ["if", "then", "else"].iter().flat_map(|word| only(keywords, word).as_object().cloned());
            alternative.further(whole.flatten().collect());
        }
    }
    form
}
