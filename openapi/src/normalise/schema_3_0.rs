//! Schema Objects of OpenAPI 3.0 to JSON Schema 2020-12: `nullable` becomes the type null, boolean exclusive bounds become
//! numbers, integer formats become bounds, and what has no meaning for a value is left behind.

use serde_json::{Map, Number, Value};

use super::Schemas;
use crate::held::{Extra, Held, Remarks, Types};
use crate::hints;
use crate::judge;
use crate::pattern;
use crate::problems::Problems;
use crate::resolve;
use crate::shape::{self, Form};
use crate::store::At;

const KEYWORDS: &[(&str, Form)] = &[
    ("title", Form::Text),
    ("multipleOf", Form::Number),
    ("maximum", Form::Number),
    ("exclusiveMaximum", Form::Flag),
    ("minimum", Form::Number),
    ("exclusiveMinimum", Form::Flag),
    ("maxLength", Form::Count),
    ("minLength", Form::Count),
    ("pattern", Form::Text),
    ("maxItems", Form::Count),
    ("minItems", Form::Count),
    ("uniqueItems", Form::Flag),
    ("maxProperties", Form::Count),
    ("minProperties", Form::Count),
    ("required", Form::Texts),
    ("enum", Form::List),
    ("type", Form::Any),
    ("not", Form::Any),
    ("allOf", Form::List),
    ("oneOf", Form::List),
    ("anyOf", Form::List),
    ("items", Form::Any),
    ("properties", Form::Object),
    ("additionalProperties", Form::Any),
    ("description", Form::Text),
    ("format", Form::Text),
    ("default", Form::Any),
    ("nullable", Form::Flag),
    ("discriminator", Form::Object),
    ("readOnly", Form::Flag),
    ("writeOnly", Form::Flag),
    ("xml", Form::Object),
    ("externalDocs", Form::Object),
    ("example", Form::Any),
    ("deprecated", Form::Flag),
    ("x-mcp", Form::Any),
];

/// Keywords beside `$ref` whose loss lets more values through.
const RULES: &[&str] = &[
    "multipleOf",
    "maximum",
    "minimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "enum",
    "type",
    "not",
    "allOf",
    "oneOf",
    "anyOf",
    "items",
    "properties",
    "additionalProperties",
    "nullable",
];

/// Keywords of later JSON Schema that people write into 3.0 documents.
const LATER: &[&str] = &[
    "const",
    "if",
    "then",
    "else",
    "patternProperties",
    "propertyNames",
    "prefixItems",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "unevaluatedItems",
    "$defs",
    "definitions",
    "$id",
    "$schema",
    "$anchor",
    "examples",
    "$comment",
    "contentEncoding",
    "contentMediaType",
    "additionalItems",
];

/// Reads one schema and everything inside it.
pub(super) fn read<'a>(at: &At<'a>, schemas: &mut Schemas<'a>, problems: &mut Problems) -> Held {
    Reading { at, schemas, problems, sound: Map::new() }.schema(false)
}

struct Reading<'r, 'a> {
    at: &'r At<'a>,
    schemas: &'r mut Schemas<'a>,
    problems: &'r mut Problems,
    /// The keywords that have their form.
    sound: Map<String, Value>,
}

impl<'a> Reading<'_, 'a> {
    /// `in_composition` says that the schema is one of several that judge one value: there a part alone need not say
    /// what type it is about.
    fn schema(mut self, in_composition: bool) -> Held {
        let at = self.at;
        let mut held = Held::any(at.place());
        match at.value {
            Value::Object(_) => {}
            Value::Bool(accepts) => {
                let message = "OpenAPI 3.0 has no boolean schemas: write {} or {\"not\": {}}";
                self.problems.warning("boolean-schema", at.place(), message);
                held.never = !accepts;
                return held;
            }
            _ => {
                shape::wrong_form(at, Form::Object, self.problems);
                return held;
            }
        }
        if let Some((reference, member)) = resolve::reference(at) {
            held.reference = self.schemas.refer(reference, &member, self.problems);
            self.siblings();
            held.remarks.hints = hints::schema(at, self.problems);
            return held;
        }
        self.keywords();
        self.rules(&mut held);
        self.types(&mut held, in_composition);
        self.numbers(&mut held);
        self.inside(&mut held);
        self.remarks(&mut held);
        self.enumeration(&mut held);
        self.nullable(held)
    }

    fn siblings(&mut self) {
        let keys: Vec<&str> = self
            .at
            .members()
            .map(|(key, _)| key)
            .filter(|key| *key != "$ref" && !key.starts_with("x-"))
            .collect();
        if keys.is_empty() {
            return;
        }
        let message = format!("beside `$ref` OpenAPI 3.0 ignores: {}", keys.join(", "));
        if keys.iter().any(|key| RULES.contains(key)) {
            let message = format!("{message}; put the reference into `allOf` to keep them");
            self.problems.warning("reference-siblings", self.at.place(), message);
        } else {
            self.problems.note("reference-siblings", self.at.place(), message);
        }
    }

    fn keywords(&mut self) {
        for (key, member) in self.at.members() {
            match KEYWORDS.iter().find(|(name, _)| *name == key) {
                Some((_, form)) if form.fits(member.value) => {
                    // Schemas inside are read through their cursors, so their values are not copied here.
                    if !matches!(key, "properties" | "items" | "allOf" | "anyOf" | "oneOf" | "not") {
                        self.sound.insert(key.to_owned(), member.value.clone());
                    }
                }
                Some((_, form)) => shape::wrong_form(&member, *form, self.problems),
                None if LATER.contains(&key) => {
                    let message = format!("`{key}` is no keyword of OpenAPI 3.0 and is ignored");
                    self.problems.warning("later-keyword", member.place(), message);
                }
                None => shape::unknown(key, &member, KEYWORDS.iter().map(|(name, _)| *name), self.problems),
            }
        }
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

    fn types(&mut self, held: &mut Held, in_composition: bool) {
        match self.sound.get("type").cloned() {
            Some(Value::String(name)) if name != "null" => held.types = self.named_type(&name),
            Some(Value::String(_)) | Some(Value::Array(_)) => held.types = self.several_types(),
            Some(_) => {
                let member = self.at.member("type").expect("it is among the keywords");
                shape::wrong_form(&member, Form::Text, self.problems);
            }
            None => {}
        }
        if held.types.is_some() || held.reference.is_some() {
            return;
        }
        if let Some((types, word)) = self.implied(held) {
            held.types = Some(types);
            if !in_composition {
                let message =
                    format!("a schema without `type` that speaks of {word}: it is read as `type: {word}`");
                self.problems.note("untyped-schema", self.at.place(), message);
            }
        }
    }

    /// The type that a schema without `type` speaks of, if it is only one.
    fn implied(&self, held: &Held) -> Option<(Types, &'static str)> {
        let has = |keys: &[&str]| keys.iter().any(|key| self.at.member(key).is_some());
        let format = held.format.as_deref().unwrap_or_default();
        let is_number = has(&["minimum", "maximum", "multipleOf"]) || matches!(format, "float" | "double");
        let is_text = has(&["minLength", "maxLength", "pattern"]) || STRING_FORMATS.contains(&format);
        let speaks = [
            (
                has(&["properties", "required", "additionalProperties", "minProperties", "maxProperties"]),
                Types::OBJECT,
                "object",
            ),
            (has(&["items", "minItems", "maxItems", "uniqueItems"]), Types::ARRAY, "array"),
            (is_text, Types::STRING, "string"),
            (matches!(format, "int32" | "int64"), Types::INTEGER, "integer"),
            (is_number && !matches!(format, "int32" | "int64"), Types::NUMBER, "number"),
        ];
        let mut found = speaks.into_iter().filter(|(says, _, _)| *says);
        let first = found.next()?;
        // With values listed the type adds nothing, and the list may well be mixed.
        let is_alone = found.next().is_none() && self.at.member("enum").is_none();
        is_alone.then_some((first.1, first.2))
    }

    fn named_type(&mut self, name: &str) -> Option<Types> {
        let types = Types::named(name);
        if types.is_none() {
            let known = ["string", "number", "integer", "boolean", "array", "object"];
            let near = crate::words::suggestion(name, known.into_iter());
            let message =
                format!("the type {name:?} is unknown: one of {} is accepted{near}", known.join(", "));
            let place = self.place("type");
            self.problems.error("unknown-type", place, message);
        }
        types
    }

    fn several_types(&mut self) -> Option<Types> {
        let place = self.place("type");
        self.problems.warning(
            "later-keyword",
            place,
            "OpenAPI 3.0 takes one type and `nullable`; it is read as in 3.1",
        );
        let value = self.sound.get("type").cloned();
        let names: Vec<String> = match value {
            Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(name)) => vec![name],
            _ => Vec::new(),
        };
        let found: Vec<Types> = names.iter().filter_map(|name| self.named_type(name)).collect();
        found.into_iter().reduce(Types::or)
    }

    fn numbers(&mut self, held: &mut Held) {
        let bound = |key: &str| self.sound.get(key).and_then(Value::as_number).map(whole);
        let (minimum, maximum) = (bound("minimum"), bound("maximum"));
        match (self.flag("exclusiveMinimum"), minimum) {
            (true, Some(bound)) => held.numbers.exclusive_minimum = Some(bound),
            (_, bound) => held.numbers.minimum = bound,
        }
        match (self.flag("exclusiveMaximum"), maximum) {
            (true, Some(bound)) => held.numbers.exclusive_maximum = Some(bound),
            (_, bound) => held.numbers.maximum = bound,
        }
        held.numbers.multiple_of = bound_above_zero(self);
        let is_numeric = held.types.is_some_and(|types| types.meets(Types::NUMBER));
        let range = match held.format.as_deref() {
            Some("int32") if is_numeric => Some((i64::from(i32::MIN), i64::from(i32::MAX))),
            Some("int64") if is_numeric => Some((i64::MIN, i64::MAX)),
            _ => None,
        };
        if let Some((least, most)) = range {
            let rules = &mut held.numbers;
            tighten(&mut rules.minimum, rules.exclusive_minimum.as_ref(), least, std::cmp::Ordering::Greater);
            tighten(&mut rules.maximum, rules.exclusive_maximum.as_ref(), most, std::cmp::Ordering::Less);
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
                let property = self.read(&property, false);
                held.properties.insert(name.to_owned(), property);
            }
        }
        if let Some(items) = self.at.member("items") {
            held.items = Some(Box::new(self.read(&items, false)));
        } else if held.types == Some(Types::ARRAY) {
            let message = "a list without `items`: any items are accepted";
            self.problems.note("missing-items", self.at.place(), message);
        }
        if let Some(extra) = self.at.member("additionalProperties") {
            held.additional = match extra.value {
                Value::Bool(true) => Extra::Any,
                Value::Bool(false) => Extra::Closed,
                Value::Object(members) if members.is_empty() => Extra::Any,
                _ => Extra::Schema(Box::new(self.read(&extra, false))),
            };
        }
        held.all_of = self.composition("allOf");
        held.any_of = self.composition("anyOf");
        held.one_of = self.composition("oneOf");
        held.not = self.at.member("not").map(|not| Box::new(self.read(&not, true)));
        if let Some(discriminator) = self.at.member("discriminator") {
            self.discriminator(&discriminator);
        }
    }

    fn read(&mut self, at: &At<'a>, in_composition: bool) -> Held {
        Reading { at, schemas: self.schemas, problems: self.problems, sound: Map::new() }
            .schema(in_composition)
    }

    fn composition(&mut self, key: &str) -> Vec<Held> {
        let Some(list) = self.at.member(key) else { return Vec::new() };
        if list.value.as_array().is_some_and(Vec::is_empty) {
            let message = format!("`{key}` is empty: it takes at least one schema and is ignored");
            self.problems.error("empty-composition", list.place(), message);
        }
        list.items().map(|item| self.read(&item, true)).collect()
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

    fn remarks(&mut self, held: &mut Held) {
        held.remarks = Remarks {
            title: self.text("title").unwrap_or_default(),
            description: self.text("description").unwrap_or_default(),
            default: self.sound.get("default").cloned(),
            deprecated: self.flag("deprecated"),
            read_only: self.flag("readOnly"),
            write_only: self.flag("writeOnly"),
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
        let Some(Value::Array(values)) = self.sound.get("enum").cloned() else { return };
        let place = self.place("enum");
        if values.is_empty() {
            let message = "`enum` is empty: it takes at least one value and is ignored";
            return self.problems.error("empty-enum", place, message);
        }
        let mut seen = std::collections::HashSet::new();
        let count = values.len();
        let kept: Vec<Value> =
            values.into_iter().filter(|value| seen.insert(judge::canonical(value))).collect();
        if kept.len() < count {
            self.problems.note("duplicate-enum", place, "`enum` lists a value twice; it is kept once");
        }
        held.enumeration = Some(kept);
    }

    /// `nullable` adds null to what is accepted: to the types, to the listed values, and around a composition.
    fn nullable(&mut self, mut held: Held) -> Held {
        if !self.flag("nullable") {
            return self.without_stray_null(held);
        }
        if let Some(values) = &mut held.enumeration
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
        held.types = held.types.map(|types| types.or(Types::NULL));
        if held.is_composed() {
            let remarks = std::mem::take(&mut held.remarks);
            let at = held.at.clone();
            let null = Held::of(at.clone(), Types::NULL);
            return Held { any_of: vec![held, null], remarks, ..Held::any(at) };
        }
        held
    }

    /// Without `nullable` a null among the values of a typed schema is accepted by no reading.
    fn without_stray_null(&mut self, mut held: Held) -> Held {
        if let (Some(types), Some(values)) = (held.types, &mut held.enumeration)
            && !types.has(Types::NULL)
            && values.len() > 1
            && values.contains(&Value::Null)
        {
            let message = "`enum` lists null, but the type excludes it: add `nullable: true` to accept it";
            let place = self.place("enum");
            self.problems.note("enum-null", place, message);
            values.retain(|value| !value.is_null());
        }
        held
    }

    fn flag(&self, key: &str) -> bool {
        self.sound.get(key) == Some(&Value::Bool(true))
    }

    fn text(&self, key: &str) -> Option<String> {
        self.sound.get(key).and_then(Value::as_str).map(str::to_owned)
    }

    fn place(&self, key: &str) -> crate::report::Place {
        self.at.member(key).map_or_else(|| self.at.place(), |member| member.place())
    }
}

const STRING_FORMATS: &[&str] = &[
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "uuid",
    "uri",
    "url",
    "hostname",
    "ipv4",
    "ipv6",
    "byte",
    "binary",
    "password",
];

/// A number without fraction is written without one.
fn whole(number: &Number) -> Number {
    match number.as_f64() {
        // Below 2^53 the cast is exact.
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
            Number::from(float as i64)
        }
        _ => number.clone(),
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

/// Sets the limit of an integer format unless the schema's own bound is as tight.
fn tighten(bound: &mut Option<Number>, exclusive: Option<&Number>, limit: i64, tighter: std::cmp::Ordering) {
    let limit = Number::from(limit);
    let is_tight =
        |own: &Number| matches!(judge::compare(own, &limit), order if order == tighter || order.is_eq());
    if exclusive.is_some_and(is_tight) || bound.as_ref().is_some_and(is_tight) {
        return;
    }
    *bound = Some(limit);
}
