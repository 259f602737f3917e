//! A schema as it is held between reading and lowering: JSON Schema 2020-12 as a tree, every node with its place. Each
//! version of OpenAPI normalises to this, and nothing later knows which it was.

mod further;

use indexmap::IndexMap;
use serde_json::{Map, Number, Value, json};

use crate::ir::{NumberRules, SchemaHints, TextRules, reference};
use crate::report::Place;

pub(crate) use further::{Further, Part};

/// A schema, or one part of it.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    /// Where it stands.
    pub(crate) at: Place,
    /// Accepts nothing (the schema `false`).
    pub(crate) never: bool,
    /// The name of the schema that it refers to.
    pub(crate) reference: Option<String>,
    /// The types accepted; `None` means all.
    pub(crate) types: Option<Types>,
    /// The values accepted.
    pub(crate) enumeration: Option<Vec<Value>>,
    /// `format`.
    pub(crate) format: Option<String>,
    /// Rules on numbers; the format is not held there.
    pub(crate) numbers: NumberRules,
    /// Rules on text; the format is not held there.
    pub(crate) text: TextRules,
    /// What each item may be.
    pub(crate) items: Option<Box<Held>>,
    /// Fewest items.
    pub(crate) min_items: Option<u64>,
    /// Most items.
    pub(crate) max_items: Option<u64>,
    /// No two equal items.
    pub(crate) unique: bool,
    /// Declared members.
    pub(crate) properties: IndexMap<String, Held>,
    /// Members that must be there.
    pub(crate) required: Vec<String>,
    /// What undeclared members may be.
    pub(crate) additional: Extra,
    /// Fewest members.
    pub(crate) min_properties: Option<u64>,
    /// Most members.
    pub(crate) max_properties: Option<u64>,
    /// All of these.
    pub(crate) all_of: Vec<Held>,
    /// At least one of these, unless empty.
    pub(crate) any_of: Vec<Held>,
    /// Exactly one of these, unless empty.
    pub(crate) one_of: Vec<Held>,
    /// Not this.
    pub(crate) not: Option<Box<Held>>,
    /// Keywords that no typed form has.
    pub(crate) further: Further,
    /// What is said besides.
    pub(crate) remarks: Remarks,
}

/// What undeclared members may be.
#[derive(Clone, Debug)]
pub(crate) enum Extra {
    /// Nothing was said.
    Unsaid,
    /// Anything.
    Any,
    /// None are allowed.
    Closed,
    /// Each must be this.
    Schema(Box<Held>),
}

/// What a schema says without accepting less.
#[derive(Clone, Debug, Default)]
pub(crate) struct Remarks {
    /// `title`.
    pub(crate) title: String,
    /// `description`.
    pub(crate) description: String,
    /// `default`.
    pub(crate) default: Option<Value>,
    /// `deprecated`.
    pub(crate) deprecated: bool,
    /// `readOnly`.
    pub(crate) read_only: bool,
    /// `writeOnly`.
    pub(crate) write_only: bool,
    /// `contentMediaType`: what the text holds.
    pub(crate) content: Option<String>,
    /// `x-mcp`.
    pub(crate) hints: SchemaHints,
}

/// A set of JSON types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Types(u8);

impl Types {
    pub(crate) const NULL: Types = Types(1);
    pub(crate) const BOOLEAN: Types = Types(2);
    pub(crate) const INTEGER: Types = Types(4);
    /// Numbers, those without fraction included.
    pub(crate) const NUMBER: Types = Types(4 + 8);
    pub(crate) const STRING: Types = Types(16);
    pub(crate) const ARRAY: Types = Types(32);
    pub(crate) const OBJECT: Types = Types(64);
    pub(crate) const ALL: Types = Types(127);

    /// The type of this name.
    pub(crate) fn named(name: &str) -> Option<Types> {
        Some(match name {
            "null" => Types::NULL,
            "boolean" => Types::BOOLEAN,
            "integer" => Types::INTEGER,
            "number" => Types::NUMBER,
            "string" => Types::STRING,
            "array" => Types::ARRAY,
            "object" => Types::OBJECT,
            _ => return None,
        })
    }

    /// Whether it holds all of `other`.
    pub(crate) fn has(self, other: Types) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether the two share a type.
    pub(crate) fn meets(self, other: Types) -> bool {
        self.0 & other.0 != 0
    }

    /// Those of both.
    pub(crate) fn and(self, other: Types) -> Types {
        Types(self.0 & other.0)
    }

    /// Those of either.
    pub(crate) fn or(self, other: Types) -> Types {
        Types(self.0 | other.0)
    }

    /// Without those of `other`.
    pub(crate) fn without(self, other: Types) -> Types {
        Types(self.0 & !other.0)
    }

    /// Whether it is empty.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The names, in a fixed order.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let number = if self.has(Types::NUMBER) { "number" } else { "integer" };
        [
            (Types::STRING, "string"),
            (Types::INTEGER, number),
            (Types::BOOLEAN, "boolean"),
            (Types::OBJECT, "object"),
            (Types::ARRAY, "array"),
            (Types::NULL, "null"),
        ]
        .into_iter()
        .filter(|(one, _)| self.has(*one))
        .map(|(_, name)| name)
        .collect()
    }

    /// The `type` keyword's value.
    pub(crate) fn json(self) -> Value {
        match self.names()[..] {
            [one] => json!(one),
            ref many => json!(many),
        }
    }
}

impl Held {
    /// A schema that accepts anything.
    pub(crate) fn any(at: Place) -> Held {
        Held {
            at,
            never: false,
            reference: None,
            types: None,
            enumeration: None,
            format: None,
            numbers: NumberRules::default(),
            text: TextRules::default(),
            items: None,
            min_items: None,
            max_items: None,
            unique: false,
            properties: IndexMap::new(),
            required: Vec::new(),
            additional: Extra::Unsaid,
            min_properties: None,
            max_properties: None,
            all_of: Vec::new(),
            any_of: Vec::new(),
            one_of: Vec::new(),
            not: None,
            further: Further::default(),
            remarks: Remarks::default(),
        }
    }

    /// A schema that accepts values of these types.
    pub(crate) fn of(at: Place, types: Types) -> Held {
        Held { types: Some(types), ..Held::any(at) }
    }

    /// Whether it says something of the value itself, composition and reference aside.
    pub(crate) fn has_own_rules(&self) -> bool {
        self.format.is_some() || self.has_rules_besides_format()
    }

    /// Likewise, its format aside.
    pub(crate) fn has_rules_besides_format(&self) -> bool {
        self.never
            || self.types.is_some()
            || self.enumeration.is_some()
            || self.numbers != NumberRules::default()
            || self.text != TextRules::default()
            || self.has_list_rules()
            || self.has_object_rules()
            || !self.further.is_empty()
    }

    /// Whether it has rules that only bear on lists.
    pub(crate) fn has_list_rules(&self) -> bool {
        self.items.is_some() || self.min_items.is_some() || self.max_items.is_some() || self.unique
    }

    /// Whether it has rules that only bear on objects.
    pub(crate) fn has_object_rules(&self) -> bool {
        !self.properties.is_empty()
            || !self.required.is_empty()
            || !matches!(self.additional, Extra::Unsaid)
            || self.min_properties.is_some()
            || self.max_properties.is_some()
    }

    /// Whether it is composed of others.
    pub(crate) fn is_composed(&self) -> bool {
        !self.all_of.is_empty() || !self.any_of.is_empty() || !self.one_of.is_empty() || self.not.is_some()
    }

    /// The JSON Schema 2020-12 form, exactly as held.
    pub(crate) fn json(&self) -> Value {
        if self.never {
            return json!({"not": {}});
        }
        let mut out = Map::new();
        let list = |schemas: &[Held]| Value::Array(schemas.iter().map(Held::json).collect());
        if let Some(name) = &self.reference {
            out.insert("$ref".into(), json!(reference(name)));
        }
        self.write_rules(&mut out);
        if !self.properties.is_empty() {
            let members = self.properties.iter().map(|(name, held)| (name.clone(), held.json())).collect();
            out.insert("properties".into(), Value::Object(members));
        }
        if let Extra::Schema(held) = &self.additional {
            out.insert("additionalProperties".into(), held.json());
        }
        if let Some(items) = &self.items {
            out.insert("items".into(), items.json());
        }
        for (key, schemas) in [("allOf", &self.all_of), ("anyOf", &self.any_of), ("oneOf", &self.one_of)] {
            if !schemas.is_empty() {
                out.insert(key.into(), list(schemas));
            }
        }
        if let Some(not) = &self.not {
            out.insert("not".into(), not.json());
        }
        self.further.write(&mut out);
        self.remarks.write(&mut out);
        Value::Object(out)
    }

    /// Writes the keywords that hold no schema.
    pub(crate) fn write_rules(&self, out: &mut Map<String, Value>) {
        if let Some(types) = self.types {
            out.insert("type".into(), types.json());
        }
        if let Some(values) = &self.enumeration {
            out.insert("enum".into(), Value::Array(values.clone()));
        }
        self.write_rules_on(Types::ALL, out);
    }

    /// Writes the keywords that hold no schema and bear on values of these types. The format bears on those that have no
    /// parts.
    pub(crate) fn write_rules_on(&self, types: Types, out: &mut Map<String, Value>) {
        if let Some(format) = self.format.as_ref().filter(|_| !Types::ARRAY.or(Types::OBJECT).has(types)) {
            out.insert("format".into(), json!(format));
        }
        if types.meets(Types::NUMBER) {
            write_numbers(&self.numbers, out);
        }
        let [text, list, object] = [Types::STRING, Types::ARRAY, Types::OBJECT].map(|one| types.has(one));
        let counts = [
            ("minLength", self.text.min_length.filter(|_| text)),
            ("maxLength", self.text.max_length.filter(|_| text)),
            ("minItems", self.min_items.filter(|_| list)),
            ("maxItems", self.max_items.filter(|_| list)),
            ("minProperties", self.min_properties.filter(|_| object)),
            ("maxProperties", self.max_properties.filter(|_| object)),
        ];
        for (key, count) in counts {
            if let Some(count) = count {
                out.insert(key.into(), json!(count));
            }
        }
        if let Some(pattern) = self.text.pattern.as_ref().filter(|_| text) {
            out.insert("pattern".into(), json!(pattern));
        }
        if self.unique && list {
            out.insert("uniqueItems".into(), json!(true));
        }
        if !self.required.is_empty() && object {
            out.insert("required".into(), json!(self.required));
        }
        match self.additional {
            Extra::Any if object => drop(out.insert("additionalProperties".into(), json!(true))),
            Extra::Closed if object => drop(out.insert("additionalProperties".into(), json!(false))),
            _ => {}
        }
    }
}

fn write_numbers(rules: &NumberRules, out: &mut Map<String, Value>) {
    let numbers = [
        ("minimum", &rules.minimum),
        ("maximum", &rules.maximum),
        ("exclusiveMinimum", &rules.exclusive_minimum),
        ("exclusiveMaximum", &rules.exclusive_maximum),
        ("multipleOf", &rules.multiple_of),
    ];
    for (key, number) in numbers {
        if let Some(number) = number {
            out.insert(key.into(), Value::Number(Number::clone(number)));
        }
    }
}

impl Remarks {
    /// Writes the annotations.
    pub(crate) fn write(&self, out: &mut Map<String, Value>) {
        for (key, text) in [("title", &self.title), ("description", &self.description)] {
            if !text.is_empty() {
                out.insert(key.into(), json!(text));
            }
        }
        if let Some(default) = &self.default {
            out.insert("default".into(), default.clone());
        }
        let flags =
            [("deprecated", self.deprecated), ("readOnly", self.read_only), ("writeOnly", self.write_only)];
        for (key, flag) in flags {
            if flag {
                out.insert(key.into(), json!(true));
            }
        }
    }

    /// What stands here wins over what stands in `inner`; flags add up.
    pub(crate) fn over(&self, inner: &Remarks) -> Remarks {
        let pick =
            |outer: &String, inner: &String| if outer.is_empty() { inner.clone() } else { outer.clone() };
        Remarks {
            title: pick(&self.title, &inner.title),
            description: pick(&self.description, &inner.description),
            default: self.default.clone().or_else(|| inner.default.clone()),
            deprecated: self.deprecated || inner.deprecated,
            read_only: self.read_only || inner.read_only,
            write_only: self.write_only || inner.write_only,
            content: self.content.clone().or_else(|| inner.content.clone()),
            hints: over(&self.hints, &inner.hints),
        }
    }
}

/// Hints of two places for one value: each that is given holds.
pub(crate) fn over(outer: &SchemaHints, inner: &SchemaHints) -> SchemaHints {
    SchemaHints {
        hidden: outer.hidden || inner.hidden,
        pin: outer.pin.clone().or_else(|| inner.pin.clone()),
        gated: outer.gated || inner.gated,
        callback_url: outer.callback_url || inner.callback_url,
        secret: outer.secret || inner.secret,
        blank_is_unset: outer.blank_is_unset || inner.blank_is_unset,
        lists: outer.lists.or(inner.lists),
    }
}
