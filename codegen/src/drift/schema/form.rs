//! A schema as alternatives of one type each. What only a judge of single values understands (`not`, overlapping
//! `oneOf`, conditions) stays with an alternative as something further that its values must meet.

mod cut;

use serde_json::{Map, Value};

use super::Definitions;
use super::alternative::{Alternative, Lists, Objects, Shape};
use super::language::Texts;
use super::numbers::Numbers;

/// Alternatives of one schema; more are kept as something further.
const ALTERNATIVES: usize = 64;
/// Schemas within each other that speak of the same value.
const DEPTH: usize = 24;

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
