//! Values of a schema, small ones: they show what a difference means.

use serde_json::{Map, Value};

use super::Definitions;
use super::alternative::{Alternative, Lists, Objects, Shape};
use super::both::says_nothing;

/// Members within each other.
const DEPTH: usize = 12;
/// Items and members that a sample is given at most.
const SIZE: u64 = 64;

impl Definitions<'_> {
    /// A value of a schema, if one is found.
    pub(super) fn sample(self, schema: &Value) -> Option<Value> {
        self.sampled(schema, 0)
    }

    /// A value of an alternative.
    pub(super) fn sample_of(self, alternative: &Alternative) -> Option<Value> {
        self.of_shape(&alternative.shape, 0).filter(|value| self.holds(alternative, value))
    }

    /// An object of these, with a member that is this value, or one that is missing.
    pub(super) fn object_with(
        self,
        objects: &Objects,
        member: Option<(&str, Value)>,
        without: Option<&str>,
    ) -> Option<Value> {
        self.object(objects, member, without, 0)
    }

    /// A list of these with this item at this place.
    pub(super) fn list_with(self, lists: &Lists, index: usize, item: Value) -> Option<Value> {
        self.list(lists, lists.min.max(index as u64 + 1), Some((index, item)), 0)
    }

    /// A list of these of this length.
    pub(super) fn list_of(self, lists: &Lists, length: u64) -> Option<Value> {
        self.list(lists, length, None, 0)
    }

    fn sampled(self, schema: &Value, depth: usize) -> Option<Value> {
        if says_nothing(schema) {
            return Some(Value::from(0));
        }
        if depth > DEPTH {
            return None;
        }
        let form = self.form(schema);
        form.iter().find_map(|alternative| {
            self.of_shape(&alternative.shape, depth).filter(|value| self.accepts(schema, value))
        })
    }

    fn of_shape(self, shape: &Shape, depth: usize) -> Option<Value> {
        match shape {
            Shape::Value(value) => Some(value.clone()),
            Shape::Number(numbers) => numbers.member(|_| true),
            Shape::Text(texts) => texts.member().map(Value::String),
            Shape::List(lists) => self.list(lists, lists.min, None, depth),
            Shape::Object(objects) => self.object(objects, None, None, depth),
        }
    }

    fn list(self, lists: &Lists, length: u64, given: Option<(usize, Value)>, depth: usize) -> Option<Value> {
        if length > SIZE {
            return None;
        }
        let mut items = Vec::new();
        for index in 0..usize::try_from(length).ok()? {
            match &given {
                Some((at, item)) if *at == index => items.push(item.clone()),
                _ => items.push(self.sampled(&lists.item(index), depth + 1)?),
            }
        }
        Some(Value::Array(items))
    }

    fn object(
        self,
        objects: &Objects,
        given: Option<(&str, Value)>,
        without: Option<&str>,
        depth: usize,
    ) -> Option<Value> {
        let mut members = Map::new();
        if let Some((name, value)) = given {
            members.insert(name.to_owned(), value);
        }
        let wanted = objects.required.iter().chain(objects.properties.keys());
        for name in wanted.filter(|name| without != Some(name.as_str())) {
            let enough = members.len() as u64 >= objects.min;
            if members.contains_key(name) || enough && !objects.required.contains(name) {
                continue;
            }
            match self.sampled(&objects.member(name), depth + 1) {
                Some(value) => drop(members.insert(name.clone(), value)),
                None if objects.required.contains(name) => return None,
                None => {}
            }
        }
        let mut extra = 0;
        while (members.len() as u64) < objects.min.min(SIZE) {
            let name = format!("member{extra}");
            let value = self.sampled(&objects.member(&name), depth + 1)?;
            members.insert(name, value);
            extra += 1;
        }
        Some(Value::Object(members))
    }
}
