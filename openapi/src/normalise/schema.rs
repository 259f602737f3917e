//! What the versions' Schema Objects share: a schema is read keyword by keyword into [`Held`], each keyword checked for
//! its form. What differs between the versions stands beside this file, one module for each.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::bounds::{tighten, whole};
use super::format;
use super::references::References;
use super::sound::Sound;
use crate::held::{Extra, Held, Remarks, Types};
use crate::hints;
use crate::judge;
use crate::pattern;
use crate::problems::Problems;
use crate::resolve;
use crate::shape::{self, Form};
use crate::store::At;
use crate::version::Version;

/// What a schema is to the value that it judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// All that is said of the value: without `type`, its rules say which it has.
    Whole,
    /// One of several that judge the value: a part alone need not say what type it is about.
    Part,
    /// A condition: it must hold for exactly the values that it says, so nothing is read into it.
    Condition,
}

/// The keywords of a version.
pub(super) struct Keywords {
    /// The version, for people.
    pub(super) version: &'static str,
    /// Those that it has, with their forms.
    pub(super) known: &'static [(&'static str, Form)],
    /// Those of other versions that people write into its documents.
    pub(super) foreign: &'static [&'static str],
    /// Those of later JSON Schema, likewise.
    pub(super) later: &'static [&'static str],
}

/// What reads a schema, and so all inside it, as its version does.
pub(super) type Reader = fn(Reading<'_, '_>, Mode) -> Held;

/// One schema while it is read.
pub(super) struct Reading<'r, 'a> {
    pub(super) at: &'r At<'a>,
    pub(super) references: &'r mut References<'a>,
    pub(super) problems: &'r mut Problems,
    /// The keywords that have their form.
    pub(super) sound: Sound<'a>,
    reader: Reader,
}

impl<'r, 'a> Reading<'r, 'a> {
    /// Nothing of the schema has been read yet.
    pub(super) fn new(
        at: &'r At<'a>,
        references: &'r mut References<'a>,
        problems: &'r mut Problems,
        reader: Reader,
    ) -> Self {
        Reading { at, references, problems, sound: Sound::default(), reader }
    }

    /// Reads the schema as its version does.
    pub(super) fn schema(self, mode: Mode) -> Held {
        if !self.at.value.is_object() && !self.at.value.is_boolean() {
            shape::wrong_form(self.at, Form::Object, self.problems);
            return Held::any(self.at.place());
        }
        (self.reader)(self, mode)
    }

    /// Everything that the schema says itself, whatever the version; the keywords have been checked.
    pub(super) fn fill(&mut self, held: &mut Held, mode: Mode) {
        self.rules(held);
        self.types(held, mode);
        self.numbers(held);
        format::spell_out(held);
        self.inside(held);
        self.remarks(held);
        self.enumeration(held);
    }

    /// Reports keywords that are unknown or have the wrong form, and keeps the others.
    pub(super) fn keywords(&mut self, keywords: &Keywords) {
        for (key, value) in self.at.value.as_object().into_iter().flatten() {
            match keywords.known.iter().find(|(name, _)| name == key) {
                Some((_, form)) if form.fits(value) => self.sound.add(key, value),
                found => self.stray(key, found.map(|(_, form)| *form), keywords),
            }
        }
    }

    /// Reports a keyword that does not have its form, or that the version does not have.
    fn stray(&mut self, key: &str, form: Option<Form>, keywords: &Keywords) {
        let Some(member) = self.at.member(key) else { return };
        if let Some(form) = form {
            shape::wrong_form(&member, form, self.problems);
        } else if keywords.foreign.contains(&key) || keywords.later.contains(&key) {
            let message = format!("`{key}` is no keyword of {} and is ignored", keywords.version);
            self.problems.warning("later-keyword", member.place(), message);
        } else {
            let known = keywords.known.iter().map(|(name, _)| *name);
            shape::unknown(key, &member, known, self.problems);
        }
    }

    fn types(&mut self, held: &mut Held, mode: Mode) {
        match self.sound.get("type") {
            Some(Value::String(name)) if name != "null" => held.types = self.named_type(name),
            Some(Value::String(_)) | Some(Value::Array(_)) => held.types = self.several_types(),
            Some(_) => {
                let member = self.at.member("type").expect("it is among the keywords");
                shape::wrong_form(&member, Form::Text, self.problems);
            }
            None => {}
        }
        if held.types.is_some() || held.reference.is_some() || mode == Mode::Condition {
            return;
        }
        if let Some((types, word)) = self.implied(held) {
            held.types = Some(types);
            if mode == Mode::Whole {
                let message =
                    format!("a schema without `type` that speaks of {word}: it is read as `type: {word}`");
                self.problems.note("untyped-schema", self.at.place(), message);
            }
        }
    }

    fn several_types(&mut self) -> Option<Types> {
        let place = self.place("type");
        match self.at.version() {
            Version::V2_0 => self.problems.warning(
                "later-keyword",
                place,
                "Swagger 2.0 takes one type and `x-nullable`; it is read as in 3.1",
            ),
            Version::V3_0 => self.problems.warning(
                "later-keyword",
                place,
                "OpenAPI 3.0 takes one type and `nullable`; it is read as in 3.1",
            ),
            Version::V3_1 | Version::V3_2 => {}
        }
        let names: Vec<&str> = match self.sound.get("type") {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).collect(),
            Some(Value::String(name)) => vec![name],
            _ => Vec::new(),
        };
        names.into_iter().filter_map(|name| self.named_type(name)).reduce(Types::or)
    }

    fn rules(&mut self, held: &mut Held) {
        let sound = &self.sound;
        let number = |key: &str| sound.get(key).and_then(shape::count);
        held.text.min_length = number("minLength");
        held.text.max_length = number("maxLength");
        held.min_items = number("minItems");
        held.max_items = number("maxItems");
        held.min_properties = number("minProperties");
        held.max_properties = number("maxProperties");
        held.unique = self.flag("uniqueItems");
        held.format = self.text("format").filter(|format| !format.is_empty());
        for name in self.sound.get("required").and_then(Value::as_array).into_iter().flatten() {
            let name = name.as_str().unwrap_or_default().to_owned();
            if held.required.contains(&name) {
                let place = self.place("required");
                self.problems.warning("duplicate-required", place, format!("`{name}` stands here twice"));
            } else {
                held.required.push(name);
            }
        }
        if let Some(text) = self.text("pattern") {
            match pattern::translate(&text) {
                Ok(pattern) => held.text.pattern = Some(pattern),
                Err(reason) => {
                    let message = format!(
                        "the pattern {text:?} cannot be kept: {reason}; replace or remove it with the overlay"
                    );
                    let place = self.place("pattern");
                    self.problems.error("unsupported-pattern", place, message);
                }
            }
        }
        let pairs = [
            ("minLength", held.text.min_length, held.text.max_length),
            ("minItems", held.min_items, held.max_items),
            ("minProperties", held.min_properties, held.max_properties),
        ];
        for (key, least, most) in pairs {
            if least.zip(most).is_some_and(|(least, most)| least > most) {
                let message = format!("`{key}` is above its maximum: nothing can be accepted");
                let place = self.place(key);
                self.problems.warning("empty-range", place, message);
            }
        }
    }

    /// The type that a schema without `type` speaks of, if it is only one.
    fn implied(&self, held: &Held) -> Option<(Types, &'static str)> {
        let has = |keys: &[&str]| keys.iter().any(|key| self.at.get(key).is_some());
        let format = held.format.as_deref().unwrap_or_default();
        let is_number = has(&["minimum", "maximum", "multipleOf"]) || matches!(format, "float" | "double");
        let later = |keys: &[&str]| self.at.version() >= Version::V3_1 && has(keys);
        let is_text = has(&["minLength", "maxLength", "pattern"]) || format::OF_TEXT.contains(&format);
        let speaks = [
            (
                has(&["properties", "required", "additionalProperties", "minProperties", "maxProperties"])
                    || later(&["patternProperties", "propertyNames", "unevaluatedProperties"]),
                Types::OBJECT,
                "object",
            ),
            (
                has(&["items", "minItems", "maxItems", "uniqueItems"]) || later(&["prefixItems", "contains"]),
                Types::ARRAY,
                "array",
            ),
            (is_text, Types::STRING, "string"),
            (format::range(format).is_some(), Types::INTEGER, "integer"),
            (is_number && format::range(format).is_none(), Types::NUMBER, "number"),
        ];
        let mut found = speaks.into_iter().filter(|(says, _, _)| *says);
        let first = found.next()?;
        // With values listed the type adds nothing, and the list may well be mixed.
        let is_alone = found.next().is_none() && !has(&["enum"]) && !later(&["const"]);
        is_alone.then_some((first.1, first.2))
    }

    fn named_type(&mut self, name: &str) -> Option<Types> {
        let types = Types::named(name);
        if types.is_none() {
            let known = ["string", "number", "integer", "boolean", "array", "object", "null"];
            let known = if self.at.version() < Version::V3_1 { &known[..6] } else { &known[..] };
            let near = crate::words::suggestion(name, known.iter().copied());
            let message =
                format!("the type {name:?} is unknown: one of {} is accepted{near}", known.join(", "));
            let place = self.place("type");
            self.problems.error("unknown-type", place, message);
        }
        types
    }

    fn numbers(&mut self, held: &mut Held) {
        let bound = |key: &str| self.sound.get(key).and_then(Value::as_number).map(whole);
        held.numbers.minimum = bound("minimum");
        held.numbers.maximum = bound("maximum");
        held.numbers.exclusive_minimum = bound("exclusiveMinimum");
        held.numbers.exclusive_maximum = bound("exclusiveMaximum");
        // Before 3.1 a flag says that the bound itself is excluded.
        if self.flag("exclusiveMinimum") {
            held.numbers.exclusive_minimum = held.numbers.minimum.take();
        }
        if self.flag("exclusiveMaximum") {
            held.numbers.exclusive_maximum = held.numbers.maximum.take();
        }
        held.numbers.multiple_of = bound_above_zero(self);
        let is_numeric = held.types.is_some_and(|types| types.meets(Types::NUMBER));
        if let Some((least, most)) = held.format.as_deref().filter(|_| is_numeric).and_then(format::range) {
            let rules = &mut held.numbers;
            tighten(&mut rules.minimum, rules.exclusive_minimum.as_ref(), least, Ordering::Greater);
            if let Some(most) = most {
                tighten(&mut rules.maximum, rules.exclusive_maximum.as_ref(), most, Ordering::Less);
            }
        }
        let low = held.numbers.minimum.as_ref().or(held.numbers.exclusive_minimum.as_ref());
        let high = held.numbers.maximum.as_ref().or(held.numbers.exclusive_maximum.as_ref());
        if low.zip(high).is_some_and(|(low, high)| judge::compare(low, high).is_gt()) {
            let message = "`minimum` is above `maximum`: nothing can be accepted";
            self.problems.warning("empty-range", self.at.place(), message);
        }
    }

    fn inside(&mut self, held: &mut Held) {
        if let Some(properties) = self.at.member("properties") {
            for (name, property) in properties.members() {
                let property = self.read(&property, Mode::Whole);
                held.properties.insert(name.to_owned(), property);
            }
        }
        if let Some(items) = self.at.member("items") {
            held.items = Some(Box::new(self.read(&items, Mode::Whole)));
        } else if held.types == Some(Types::ARRAY) && !self.sound.has("prefixItems") {
            let message = "a list without `items`: any items are accepted";
            self.problems.note("missing-items", self.at.place(), message);
        }
        if let Some(extra) = self.at.member("additionalProperties") {
            held.additional = match extra.value {
                Value::Bool(true) => Extra::Any,
                Value::Bool(false) => Extra::Closed,
                Value::Object(members) if members.is_empty() => Extra::Any,
                _ => Extra::Schema(Box::new(self.read(&extra, Mode::Whole))),
            };
        }
        held.all_of = self.composition("allOf");
        held.any_of = self.composition("anyOf");
        held.one_of = self.composition("oneOf");
        held.not = self.at.member("not").map(|not| Box::new(self.read(&not, self.condition())));
        // In 2.0 it is the member's name and nothing more.
        if let Some(discriminator) = self.at.member("discriminator").filter(|member| member.value.is_object())
        {
            self.discriminator(&discriminator);
        }
    }

    /// Reads a schema inside this one.
    pub(super) fn read(&mut self, at: &At<'a>, mode: Mode) -> Held {
        Reading::new(at, self.references, self.problems, self.reader).schema(mode)
    }

    /// Before 3.1 a part under `not` was read with the type that its rules speak of.
    fn condition(&self) -> Mode {
        if self.at.version() < Version::V3_1 { Mode::Part } else { Mode::Condition }
    }

    fn composition(&mut self, key: &str) -> Vec<Held> {
        let Some(list) = self.at.member(key) else { return Vec::new() };
        if list.value.as_array().is_some_and(Vec::is_empty) {
            let message = format!("`{key}` is empty: it takes at least one schema and is ignored");
            self.problems.error("empty-composition", list.place(), message);
        }
        list.items().map(|item| self.read(&item, Mode::Part)).collect()
    }

    /// The discriminator only helps to choose; that its mapping leads somewhere is still checked.
    fn discriminator(&mut self, at: &At<'a>) {
        if !at.member("propertyName").is_some_and(|name| name.value.is_string()) {
            let message = "the member `propertyName` is missing: text is expected";
            self.problems.error("missing-member", at.place(), message);
        }
        for (_, member) in at.member("mapping").iter().flat_map(At::members) {
            let Some(text) = member.value.as_str() else {
                shape::wrong_form(&member, Form::Text, self.problems);
                continue;
            };
            let is_name = !text.contains(['#', '/', '.']);
            let reference = if is_name { format!("#/components/schemas/{text}") } else { text.to_owned() };
            if let Err((_, message)) = resolve::find(at.store(), at.document, &reference) {
                self.problems.warning("dangling-mapping", member.place(), message);
            }
        }
    }

    pub(super) fn remarks(&mut self, held: &mut Held) {
        held.remarks = Remarks {
            title: self.text("title").unwrap_or_default(),
            description: self.text("description").unwrap_or_default(),
            default: self.sound.get("default").cloned(),
            deprecated: self.flag("deprecated"),
            read_only: self.flag("readOnly"),
            write_only: self.flag("writeOnly"),
            content: self.text("contentMediaType"),
            hints: hints::schema(self.at, self.problems),
        };
        if held.remarks.read_only && held.remarks.write_only {
            let message = "`readOnly` and `writeOnly` exclude each other: the value could never be used";
            self.problems.error("read-and-write-only", self.at.place(), message);
        }
        if held.format.as_deref() == Some("password") {
            held.remarks.hints.secret = true;
        }
    }

    fn enumeration(&mut self, held: &mut Held) {
        let Some(Value::Array(values)) = self.sound.get("enum") else { return };
        let place = self.place("enum");
        if values.is_empty() {
            let message = "`enum` is empty: it takes at least one value and is ignored";
            return self.problems.error("empty-enum", place, message);
        }
        let mut seen = std::collections::HashSet::new();
        let count = values.len();
        let kept: Vec<Value> =
            values.iter().filter(|value| seen.insert(judge::canonical(value))).cloned().collect();
        if kept.len() < count {
            self.problems.note("duplicate-enum", place, "`enum` lists a value twice; it is kept once");
        }
        held.enumeration = Some(kept);
    }

    pub(super) fn flag(&self, key: &str) -> bool {
        self.sound.get(key) == Some(&Value::Bool(true))
    }

    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.sound.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    pub(super) fn place(&self, key: &str) -> crate::report::Place {
        self.at.member(key).map_or_else(|| self.at.place(), |member| member.place())
    }
}

fn bound_above_zero(reading: &mut Reading<'_, '_>) -> Option<Number> {
    let step = reading.sound.get("multipleOf").and_then(Value::as_number).map(whole)?;
    if step.as_f64().is_some_and(|step| step > 0.0) {
        return Some(step);
    }
    let place = reading.place("multipleOf");
    reading.problems.error("wrong-form", place, "`multipleOf` takes a number above 0; it is ignored");
    None
}
