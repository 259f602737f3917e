//! Schemas become shapes: the decision which values get a Rust type and which are only checked.
//!
//! Requests are exact: what has no rule of its own is judged by its schema. Answers are read with good will: only
//! types matter, what cannot be told apart is any value, and two quirks of real servers are made regular.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use openapi::ir::{Additional, Api, Kind, ListRules, ObjectRules, Schema, SchemaHints};
use serde_json::{Map, Value, json};

use super::files::{Content, Parts};
use super::findings::Findings;
use super::model::{Module, Shape, Type, TypeBody, TypeId, Variant, Within};
use super::names::{self, Scope};
use super::opened::opened;
use super::{prose, scalars, schema};

/// Which way values go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the caller to the API.
    Request,
    /// From the API to the caller.
    Answer,
}

/// Where a schema is used.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    /// The Rust name for a type that has no name of its own.
    pub name: String,
    /// What surrounds texts.
    pub within: Within,
    /// Named schemas that are being written in place, outermost first.
    pub expanding: Vec<String>,
    /// Hints of the references that led here.
    pub hints: SchemaHints,
    /// Which values here are parts with a content of their own.
    pub parts: Parts,
}

impl Site {
    /// A site of this name.
    pub(crate) fn new(name: String, within: Within) -> Self {
        Self { name, within, expanding: Vec::new(), hints: SchemaHints::default(), parts: Parts::None }
    }

    /// The site of a part of this one.
    pub(crate) fn part(&self, name: &str) -> Self {
        Self { name: format!("{}{}", self.name, names::type_name(name, "Member")), ..self.clone() }
            .without_hints()
    }

    /// The site of the member of this name.
    pub(crate) fn member(&self, name: &str) -> Self {
        Self { parts: self.parts.member(name), ..self.part(name) }
    }

    /// The same site without parts that have a content of their own.
    pub(crate) fn plain(self) -> Self {
        Self { parts: Parts::None, ..self }
    }

    fn without_hints(mut self) -> Self {
        self.hints = SchemaHints::default();
        self
    }
}

/// How a named schema appears where it is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    /// As a struct of its name.
    Struct,
    /// As an enum of its name.
    Enum,
    /// As a value that its schema judges.
    Judged,
    /// As if written in place.
    Inline,
}

/// Shapes of named schemas that stand in place, found once for all tools.
pub(crate) type Known = HashMap<String, Shape>;

/// Turns schemas into shapes and collects the named types that this takes.
pub(crate) struct Shaper<'a> {
    pub(crate) api: &'a Api,
    pub(crate) direction: Direction,
    pub(crate) findings: &'a mut Findings,
    /// Types made so far, all in `module`.
    pub(crate) types: Vec<Type>,
    names: &'a BTreeMap<String, String>,
    module: Module,
    scope: Scope,
    known: Cow<'a, Known>,
    /// Named schemas copied into the tool's own module, by name and surroundings.
    copies: HashMap<(String, Within), TypeId>,
}

impl<'a> Shaper<'a> {
    /// A shaper for the types that all tools share; all named schemas are shaped at once.
    pub(crate) fn shared(
        api: &'a Api,
        names: &'a BTreeMap<String, String>,
        direction: Direction,
        findings: &'a mut Findings,
    ) -> (Vec<Type>, Known) {
        let module = shared_module(direction);
        let taken: Vec<&str> = names.values().map(String::as_str).collect();
        let scope = Scope::of_types(&taken);
        let copies = HashMap::new();
        let mut shaper = Self {
            api,
            direction,
            findings,
            types: Vec::new(),
            names,
            module,
            scope,
            known: Cow::Owned(Known::new()),
            copies,
        };
        // By name, so that neither names nor their order hang on where the document says what.
        let mut named: Vec<_> = api.schemas.iter().collect();
        named.sort_by_key(|(name, _)| *name);
        for (name, schema) in named {
            shaper.named(name, schema);
        }
        (shaper.types, shaper.known.into_owned())
    }

    /// A shaper for the types of one tool.
    pub(crate) fn tool(
        api: &'a Api,
        names: &'a BTreeMap<String, String>,
        direction: Direction,
        known: &'a Known,
        taken: &[&str],
        findings: &'a mut Findings,
    ) -> Self {
        let scope = Scope::of_types(taken);
        let copies = HashMap::new();
        Self {
            api,
            direction,
            findings,
            types: Vec::new(),
            names,
            module: Module::Tool,
            scope,
            known: Cow::Borrowed(known),
            copies,
        }
    }

    /// What the schema accepts.
    pub(crate) fn shape(&mut self, schema: &Schema, site: &Site) -> Shape {
        match &schema.kind {
            _ if let Some(content) = site.parts.content(schema) => of_content(content),
            // The JSON form says itself whether `null` is accepted.
            Kind::Checked if self.direction == Direction::Request => {
                Shape::Checked(schema.json.as_ref().map(opened).unwrap_or_default())
            }
            Kind::Checked => Shape::Any,
            _ => {
                let mut site = site.clone();
                merge(&mut site.hints, &schema.mcp);
                nullable(schema.nullable, self.besides_null(schema, &site))
            }
        }
    }

    /// Whether a shared type is an enumeration.
    pub(crate) fn names_an_enumeration(&self, id: &TypeId) -> bool {
        let schema = self
            .names
            .iter()
            .find(|(_, rust)| **rust == id.name)
            .and_then(|(name, _)| self.api.schemas.get(name));
        schema.is_some_and(|schema| self.class(schema) == Class::Enum)
    }

    fn named(&mut self, name: &str, schema: &Schema) {
        let rust = self.names.get(name).expect("every component has a Rust name").clone();
        let site = Site::new(rust.clone(), Within::Body);
        let id = TypeId { module: self.module, name: rust };
        let body = match self.class(schema) {
            Class::Struct | Class::Enum => self.body(schema, &site),
            Class::Judged => TypeBody::Schema(self.shape(schema, &site)),
            Class::Inline => TypeBody::Schema(self.in_place(name, schema, &site)),
        };
        let description = prose::accepted(&schema.description, &schema.at, self.findings, "description");
        self.add(id, schema, description, body);
    }

    fn besides_null(&mut self, schema: &Schema, site: &Site) -> Shape {
        let request = self.direction == Direction::Request;
        match &schema.kind {
            Kind::Any | Kind::Checked => Shape::Any,
            Kind::Null => Shape::Null,
            Kind::Boolean => Shape::Boolean,
            Kind::Integer(rules) if request => scalars::integer(rules),
            Kind::Integer(_) => scalars::any_integer(),
            Kind::Number(rules) if request => scalars::number(rules),
            Kind::Number(_) => Shape::Number(super::model::Number::default()),
            Kind::Text(rules) if request => {
                let (shape, dropped) = scalars::text(rules, site.within, &site.hints);
                if let Some(format) = dropped {
                    let message = format!("format `{format}` is not checked and therefore not advertised");
                    self.findings.note("format-not-checked", &schema.at, message);
                }
                shape
            }
            Kind::Text(_) => scalars::any_text(site.hints.blank_is_unset),
            Kind::Enumeration(values) => self.enumeration(values, schema, site),
            Kind::List(rules) => self.list(rules, site),
            Kind::Object(rules) if rules.properties.is_empty() => self.map(rules, site),
            Kind::Object(_) => self.inline_type(schema, site),
            Kind::Reference(name) => self.reference(name, site),
            Kind::Union { exactly_one, choices } => self.union(*exactly_one, choices, site),
        }
    }

    fn enumeration(&mut self, values: &[Value], schema: &Schema, site: &Site) -> Shape {
        match self.class(schema) {
            Class::Enum => self.inline_type(schema, site),
            Class::Judged => Shape::Checked(json!({"enum": values})),
            _ if values.iter().all(|value| value.is_i64() || value.is_u64()) => scalars::any_integer(),
            _ if values.iter().all(Value::is_number) => Shape::Number(super::model::Number::default()),
            _ if values.iter().all(Value::is_boolean) => Shape::Boolean,
            _ => Shape::Any,
        }
    }

    fn list(&mut self, rules: &ListRules, site: &Site) -> Shape {
        let items = Box::new(self.shape(&rules.items, &site.part("Item")));
        match self.direction {
            Direction::Request => {
                let min = not_empty(rules.min_items, site);
                Shape::List { items, min, max: rules.max_items, unique: rules.unique }
            }
            Direction::Answer => Shape::List { items, min: None, max: None, unique: false },
        }
    }

    fn map(&mut self, rules: &ObjectRules, site: &Site) -> Shape {
        let values = match &rules.additional {
            Additional::Schema(schema) => self.shape(schema, &site.part("Value").plain()),
            Additional::Unsaid | Additional::Any | Additional::Closed => Shape::Any,
        };
        let is_empty = matches!(rules.additional, Additional::Closed);
        let (min, max) = match self.direction {
            Direction::Request if is_empty => (rules.min_properties, Some(0)),
            Direction::Request => (not_empty(rules.min_properties, site), rules.max_properties),
            Direction::Answer => (None, None),
        };
        Shape::Map { values: Box::new(values), min, max }
    }

    fn inline_type(&mut self, schema: &Schema, site: &Site) -> Shape {
        let name = self.scope.type_name(site.name.clone());
        let id = TypeId { module: self.module, name };
        self.fill(&id, schema, site);
        Shape::Named(id)
    }

    fn fill(&mut self, id: &TypeId, schema: &Schema, site: &Site) {
        let site = Site { name: id.name.clone(), ..site.clone() };
        let body = self.body(schema, &site);
        // A member's own words stand at the member; only what has a name of its own is described again.
        self.add(id.clone(), schema, String::new(), body);
    }

    fn add(&mut self, id: TypeId, schema: &Schema, description: String, body: TypeBody) {
        let is_answer = self.direction == Direction::Answer;
        self.types.push(Type { id, at: schema.at.clone(), is_answer, description, body });
    }

    fn body(&mut self, schema: &Schema, site: &Site) -> TypeBody {
        match &schema.kind {
            Kind::Enumeration(values) => {
                let mut scope = Scope::default();
                let texts = values.iter().filter_map(Value::as_str).enumerate();
                let variant = |(index, wire): (usize, &str)| Variant {
                    wire: wire.to_owned(),
                    rust: scope.variant(wire, index),
                };
                TypeBody::Enum(texts.map(variant).collect())
            }
            Kind::Object(rules) => {
                let mut structure = self.structure(rules, site);
                if !structure.fields.iter().any(|field| field.required) {
                    structure.min = not_empty(structure.min, site);
                }
                TypeBody::Struct(structure)
            }
            _ => TypeBody::Schema(Shape::Any),
        }
    }

    fn reference(&mut self, name: &str, site: &Site) -> Shape {
        let Some(target) = self.api.schemas.get(name) else { return Shape::Any };
        let class = self.class(target);
        let has_parts = !matches!(site.parts, Parts::None);
        match class {
            Class::Judged if has_parts => self.expand(name, target, site),
            Class::Struct if site.within != Within::Body || has_parts => {
                nullable(target.nullable, Shape::Named(self.copy(name, target, site)))
            }
            Class::Struct | Class::Enum => nullable(target.nullable, Shape::Named(self.shared_id(name))),
            Class::Judged => Shape::Checked(schema::reference(&self.shared_id(name))),
            Class::Inline
                if site.within == Within::Body && site.hints == SchemaHints::default() && !has_parts =>
            {
                self.in_place(name, target, site)
            }
            Class::Inline => self.expand(name, target, site),
        }
    }

    /// The shape of a named schema that stands in place, found once for all its uses.
    fn in_place(&mut self, name: &str, target: &Schema, site: &Site) -> Shape {
        if let Some(shape) = self.known.get(name) {
            return shape.clone();
        }
        let own = Site { name: self.shared_id(name).name, hints: SchemaHints::default(), ..site.clone() };
        let shape = self.expand(name, target, &own);
        // A tool finds all named schemas known; only the shared shaper meets them for the first time.
        if site.expanding.is_empty() && self.module != Module::Tool {
            self.known.to_mut().insert(name.to_owned(), shape.clone());
        }
        shape
    }

    fn expand(&mut self, name: &str, target: &Schema, site: &Site) -> Shape {
        if site.expanding.iter().any(|open| open == name) {
            return match self.direction {
                Direction::Request => Shape::Checked(schema::reference(&self.shared_id(name))),
                Direction::Answer => Shape::Any,
            };
        }
        let mut site = site.clone();
        site.expanding.push(name.to_owned());
        self.shape(target, &site)
    }

    /// A named schema used outside of a body: texts obey other rules there, so the tool gets a type of its own.
    fn copy(&mut self, name: &str, target: &Schema, site: &Site) -> TypeId {
        let key = (name.to_owned(), site.within);
        if let Some(id) = self.copies.get(&key) {
            return id.clone();
        }
        let rust = self.scope.type_name(self.shared_id(name).name);
        let id = TypeId { module: self.module, name: rust };
        self.copies.insert(key, id.clone());
        self.fill(&id, target, &Site { expanding: Vec::new(), ..site.clone() });
        id
    }

    fn union(&mut self, exactly_one: bool, choices: &[Schema], site: &Site) -> Shape {
        if let [only] = choices {
            return self.shape(only, site);
        }
        if self.direction == Direction::Answer {
            return self.quirk(choices, site).unwrap_or(Shape::Any);
        }
        let shapes: Vec<Value> = choices
            .iter()
            .enumerate()
            .map(|(index, choice)| {
                let shape = self.shape(choice, &site.part(&format!("Choice{}", index + 1)));
                schema::of_shape(&shape)
            })
            .collect();
        let mut schema = Map::new();
        schema.insert(if exactly_one { "oneOf" } else { "anyOf" }.to_owned(), shapes.into());
        Shape::Checked(schema.into())
    }

    /// The two unions that real servers answer with and that can be made regular.
    fn quirk(&mut self, choices: &[Schema], site: &Site) -> Option<Shape> {
        let [first, second] = choices else { return None };
        for (list, item) in [(first, second), (second, first)] {
            if let Kind::List(rules) = &list.kind
                && rules.items.says_as(item)
            {
                return Some(Shape::OneOrMany(Box::new(self.shape(item, &site.part("Item")))));
            }
            if let (Kind::Text(_), Kind::Integer(_) | Kind::Number(_)) = (&list.kind, &item.kind) {
                let blank_is_unset = site.hints.blank_is_unset || list.mcp.blank_is_unset;
                return Some(Shape::TextOrNumber { blank_is_unset });
            }
        }
        None
    }

    fn class(&self, schema: &Schema) -> Class {
        let request = self.direction == Direction::Request;
        match &schema.kind {
            Kind::Object(rules) if !rules.properties.is_empty() => Class::Struct,
            Kind::Enumeration(values) if !values.is_empty() && values.iter().all(Value::is_string) => {
                Class::Enum
            }
            Kind::Enumeration(_) | Kind::Checked if request => Class::Judged,
            Kind::Union { choices, .. } if request && choices.len() != 1 => Class::Judged,
            _ => Class::Inline,
        }
    }

    fn shared_id(&self, name: &str) -> TypeId {
        let rust = self.names.get(name).expect("every component has a Rust name").clone();
        TypeId { module: shared_module(self.direction), name: rust }
    }
}

/// All hints of a schema and of the named ones it refers to.
pub(crate) fn hints(api: &Api, schema: &Schema) -> SchemaHints {
    let mut hints = schema.mcp.clone();
    for target in targets(api, schema) {
        merge(&mut hints, &target.mcp);
    }
    hints
}

/// The named schemas that a schema stands for, from the nearest on.
pub(crate) fn targets<'a>(api: &'a Api, schema: &'a Schema) -> Vec<&'a Schema> {
    let mut found: Vec<&Schema> = Vec::new();
    let mut next = schema;
    while let Kind::Reference(name) = &next.kind {
        let Some(target) = api.schemas.get(name) else { break };
        if found.iter().any(|seen| std::ptr::eq(*seen, target)) {
            break;
        }
        found.push(target);
        next = target;
    }
    found
}

/// Adds what is said elsewhere; what is said here wins.
pub(crate) fn merge(hints: &mut SchemaHints, more: &SchemaHints) {
    hints.hidden |= more.hidden;
    hints.gated |= more.gated;
    hints.callback_url |= more.callback_url;
    hints.secret |= more.secret;
    hints.blank_is_unset |= more.blank_is_unset;
    hints.lists = hints.lists.or(more.lists);
    if hints.pin.is_none() {
        hints.pin.clone_from(&more.pin);
    }
}

/// The shape of what a part holds.
fn of_content(content: &Content) -> Shape {
    match content {
        Content::File(file) => Shape::File(file.clone()),
        Content::Text => scalars::body_text(),
    }
}

fn nullable(is_nullable: bool, shape: Shape) -> Shape {
    match shape {
        Shape::Any | Shape::Null | Shape::Nullable(_) => shape,
        _ if is_nullable => Shape::Nullable(Box::new(shape)),
        _ => shape,
    }
}

/// Nothing is no path segment, so a list or an object in a path holds something.
fn not_empty(least: Option<u64>, site: &Site) -> Option<u64> {
    if site.within == Within::Path { Some(least.unwrap_or(0).max(1)) } else { least }
}

fn shared_module(direction: Direction) -> Module {
    match direction {
        Direction::Request => Module::Arguments,
        Direction::Answer => Module::Answers,
    }
}
