//! Whether a value is accepted by a schema: the judge of enumerations and of the samples that show a difference.

use serde_json::{Map, Value};

use super::Definitions;
use super::alternative::{Alternative, Lists, Objects, Shape};
use super::language::Texts;
use super::numbers::{Exact, Numbers};

/// Schemas within each other; a value that needs more is refused, so that it is never shown as a sample.
const DEPTH: usize = 100;

impl Definitions<'_> {
    /// Whether a schema accepts a value.
    pub(crate) fn accepts(self, schema: &Value, value: &Value) -> bool {
        self.judged(schema, value, 0)
    }

    /// Whether a value is one of an alternative's.
    pub(super) fn holds(self, alternative: &Alternative, value: &Value) -> bool {
        self.is_of(&alternative.shape, value)
            && alternative.unclear.iter().all(|further| self.accepts(further, value))
    }

    fn is_of(self, shape: &Shape, value: &Value) -> bool {
        match (shape, value) {
            (Shape::Value(one), value) => same(one, value),
            (Shape::Number(numbers), Value::Number(number)) => numbers.holds(Exact::of(number)),
            (Shape::Text(texts), Value::String(text)) => texts.holds(text),
            (Shape::List(lists), Value::Array(items)) => self.is_list_of(lists, items),
            (Shape::Object(objects), Value::Object(members)) => self.is_object_of(objects, members),
            _ => false,
        }
    }

    fn is_list_of(self, lists: &Lists, items: &[Value]) -> bool {
        let length = items.len() as u64;
        length >= lists.min
            && lists.max.is_none_or(|max| length <= max)
            && (!lists.unique || all_differ(items))
            && items.iter().enumerate().all(|(index, item)| self.accepts(&lists.item(index), item))
    }

    fn is_object_of(self, objects: &Objects, members: &Map<String, Value>) -> bool {
        let count = members.len() as u64;
        count >= objects.min
            && objects.max.is_none_or(|max| count <= max)
            && objects.required.iter().all(|name| members.contains_key(name))
            && members.iter().all(|(name, member)| self.accepts(&objects.member(name), member))
    }

    fn judged(self, schema: &Value, value: &Value, depth: usize) -> bool {
        let keywords = match schema {
            Value::Bool(accepts) => return *accepts,
            Value::Object(keywords) => keywords,
            _ => return true,
        };
        if depth > DEPTH {
            return false;
        }
        let typed = match value {
            Value::Number(number) => Numbers::of(schema, false).holds(Exact::of(number)),
            Value::String(text) => Texts::of(schema).holds(text),
            Value::Array(items) => self.list_fits(keywords, items, depth),
            Value::Object(members) => self.object_fits(keywords, members, depth),
            Value::Null | Value::Bool(_) => true,
        };
        typed
            && keywords.get("type").is_none_or(|types| has_type(types, value))
            && keywords.get("const").is_none_or(|one| same(one, value))
            && list(keywords, "enum").is_none_or(|values| values.iter().any(|one| same(one, value)))
            && self.choices_fit(keywords, value, depth)
    }

    fn choices_fit(self, keywords: &Map<String, Value>, value: &Value, depth: usize) -> bool {
        let fits = |schema: &Value| self.judged(schema, value, depth + 1);
        let reference = keywords.get("$ref").and_then(Value::as_str);
        // What leads nowhere is refused: then it is never shown as a sample.
        reference.is_none_or(|to| self.find(to).is_some_and(fits))
            && list(keywords, "allOf").is_none_or(|all| all.iter().all(fits))
            && list(keywords, "anyOf").is_none_or(|any| any.iter().any(fits))
            && list(keywords, "oneOf").is_none_or(|one| one.iter().filter(|one| fits(one)).count() == 1)
            && keywords.get("not").is_none_or(|not| !fits(not))
            && keywords.get("if").is_none_or(|condition| {
                let branch = if fits(condition) { "then" } else { "else" };
                keywords.get(branch).is_none_or(fits)
            })
    }

    fn list_fits(self, keywords: &Map<String, Value>, items: &[Value], depth: usize) -> bool {
        let lists = Lists::of(keywords);
        let fits = |schema: &Value, item: &Value| self.judged(schema, item, depth + 1);
        let length = items.len() as u64;
        let contains = keywords.get("contains").is_none_or(|schema| {
            let found = items.iter().filter(|item| fits(schema, item)).count() as u64;
            let bound = |keyword: &str| keywords.get(keyword).and_then(Value::as_u64);
            found >= bound("minContains").unwrap_or(1) && bound("maxContains").is_none_or(|max| found <= max)
        });
        contains
            && length >= lists.min
            && lists.max.is_none_or(|max| length <= max)
            && (!lists.unique || all_differ(items))
            && items.iter().enumerate().all(|(index, item)| fits(&lists.item(index), item))
    }

    fn object_fits(self, keywords: &Map<String, Value>, members: &Map<String, Value>, depth: usize) -> bool {
        let objects = Objects::of(keywords);
        let fits = |schema: &Value, member: &Value| self.judged(schema, member, depth + 1);
        let count = members.len() as u64;
        let names = keywords
            .get("propertyNames")
            .is_none_or(|schema| members.keys().all(|name| fits(schema, &Value::String(name.clone()))));
        let dependent = keywords.get("dependentRequired").and_then(Value::as_object).is_none_or(|table| {
            let needed = table.iter().filter(|(name, _)| members.contains_key(*name));
            needed
                .flat_map(|(_, names)| names.as_array().into_iter().flatten())
                .all(|name| name.as_str().is_none_or(|name| members.contains_key(name)))
        });
        let whole = Value::Object(members.clone());
        let schemas = keywords.get("dependentSchemas").and_then(Value::as_object).is_none_or(|table| {
            table
                .iter()
                .filter(|(name, _)| members.contains_key(*name))
                .all(|(_, schema)| fits(schema, &whole))
        });
        names
            && dependent
            && schemas
            && count >= objects.min
            && objects.max.is_none_or(|max| count <= max)
            && objects.required.iter().all(|name| members.contains_key(name))
            && members.iter().all(|(name, member)| fits(&objects.member(name), member))
    }
}

/// Equality of JSON Schema: numbers by value, objects whatever their order.
pub(super) fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => Exact::of(one).compare(Exact::of(other)).is_eq(),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(two)) => {
            one.len() == two.len()
                && one.iter().all(|(name, member)| two.get(name).is_some_and(|other| same(member, other)))
        }
        _ => one == other,
    }
}

fn all_differ(items: &[Value]) -> bool {
    items.iter().enumerate().all(|(index, item)| !items[..index].iter().any(|other| same(item, other)))
}

fn list<'k>(keywords: &'k Map<String, Value>, keyword: &str) -> Option<&'k Vec<Value>> {
    keywords.get(keyword).and_then(Value::as_array)
}

fn has_type(types: &Value, value: &Value) -> bool {
    let is = |word: &str| match (word, value) {
        ("null", Value::Null)
        | ("boolean", Value::Bool(_))
        | ("number", Value::Number(_))
        | ("string", Value::String(_))
        | ("array", Value::Array(_))
        | ("object", Value::Object(_)) => true,
        ("integer", Value::Number(number)) => Exact::of(number).is_whole(),
        _ => false,
    };
    match types {
        Value::String(word) => is(word),
        Value::Array(words) => words.iter().filter_map(Value::as_str).any(is),
        _ => true,
    }
}
