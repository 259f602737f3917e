//! Objects with declared members: which members are offered, which are pinned or hidden, and what they are called.

use std::collections::HashMap;

use openapi::ir::{Additional, Api, ObjectRules, Property, Schema, SchemaHints};

use super::model::{Field, Module, Rest, Shape, Struct, Type, TypeBody, TypeId};
use super::names::Scope;
use super::shapes::{self, Direction, Shaper, Site};
use super::{prose, words};

/// Names that decoding functions use themselves, and placeholders that lints refuse.
const LOCALS: [&str; 6] = ["at", "members", "value", "foo", "baz", "quux"];

/// A member on its way to a field.
pub(crate) struct Member<'a> {
    pub(crate) wire: &'a str,
    pub(crate) required: bool,
    pub(crate) schema: &'a Schema,
    /// Said in place of the schema's own description, when not empty.
    pub(crate) description: &'a str,
    pub(crate) deprecated: bool,
    pub(crate) hints: SchemaHints,
}

impl<'a> Member<'a> {
    /// A declared member of an object.
    pub(crate) fn of_property(api: &Api, property: &'a Property) -> Self {
        Self {
            wire: &property.name,
            required: property.required,
            schema: &property.schema,
            description: "",
            deprecated: property.schema.deprecated,
            hints: shapes::hints(api, &property.schema),
        }
    }
}

/// What becomes of a member.
pub(crate) enum Fate {
    /// It is a field, offered or pinned.
    Field(Box<Field>),
    /// It exists but nobody may give it.
    Hidden,
}

impl Shaper<'_> {
    /// The struct of an object's declared members.
    pub(crate) fn structure(&mut self, rules: &ObjectRules, site: &Site) -> Struct {
        let rest = match (&rules.additional, self.direction) {
            (_, Direction::Answer) | (Additional::Any, _) => Rest::Keep,
            (Additional::Unsaid | Additional::Closed, Direction::Request) => Rest::Refuse,
            (Additional::Schema(schema), Direction::Request) => {
                Rest::Of(Box::new(self.shape(schema, &site.part("Other").plain())))
            }
        };
        let mut scope = Scope::with(&["rest"]);
        let mut object = Struct {
            fields: Vec::new(),
            rest,
            hidden: Vec::new(),
            min: rules.min_properties.filter(|_| self.direction == Direction::Request),
            max: rules.max_properties.filter(|_| self.direction == Direction::Request),
        };
        for (index, property) in rules.properties.iter().enumerate() {
            let rust = scope.field(&property.name, index);
            let member = Member::of_property(self.api, property);
            match self.member(&member, rust, &site.member(&property.name)) {
                Fate::Field(field) => object.fields.push(*field),
                Fate::Hidden => object.hidden.push(property.name.clone()),
            }
        }
        object
    }

    /// Decides about one member.
    pub(crate) fn member(&mut self, member: &Member<'_>, rust: String, site: &Site) -> Fate {
        let targets = shapes::targets(self.api, member.schema);
        let request = self.direction == Direction::Request;
        let not_ours = if request {
            member.schema.read_only || targets.iter().any(|target| target.read_only)
        } else {
            member.schema.write_only || targets.iter().any(|target| target.write_only)
        };
        let hints = &member.hints;
        if not_ours || (request && hints.hidden && hints.pin.is_none()) {
            if request && member.required && hints.hidden && !not_ours {
                let message =
                    format!("`{}` is required, so it cannot be hidden without a `pin`", member.wire);
                self.findings.error("hidden-required", &member.schema.at, message);
            }
            return Fate::Hidden;
        }
        if request && hints.gated && member.required {
            let message = format!(
                "`{}` is required, so a gate would close the whole tool; make it optional",
                member.wire
            );
            self.findings.error("gated-required", &member.schema.at, message);
        }
        let pinned = hints.pin.clone().filter(|_| request);
        let shape = match &pinned {
            Some(_) => Shape::Any,
            None => self.shape(member.schema, site),
        };
        let described = [member.description, &member.schema.description];
        let nearest = described.into_iter().find(|text| !text.is_empty());
        let description = nearest
            // A named type describes itself; anything else written in place keeps the words of its name.
            .or_else(|| {
                targets
                    .first()
                    .filter(|_| !matches!(shape, Shape::Named(_)))
                    .map(|target| &*target.description)
            })
            .unwrap_or_default();
        Fate::Field(Box::new(Field {
            wire: member.wire.to_owned(),
            local: if LOCALS.contains(&rust.as_str()) { format!("{rust}_") } else { rust.clone() },
            rust,
            title: words::clean(&member.schema.title),
            description: prose::accepted(description, &member.schema.at, self.findings, "description"),
            default: member.schema.default.clone().filter(|_| request && !matches!(shape, Shape::File(_))),
            deprecated: member.deprecated,
            required: member.required && (request || !hints.blank_is_unset),
            gated: request && hints.gated,
            secret: hints.secret,
            pinned,
            shape,
        }))
    }
}

/// Boxes what would make a type contain itself: fields whose type, without a list or map between, leads back.
pub(crate) fn box_recursion(types: &mut [Type]) {
    let index: HashMap<&TypeId, usize> =
        types.iter().enumerate().map(|(index, kind)| (&kind.id, index)).collect();
    let edges: Vec<Vec<usize>> = types.iter().map(|from| direct(from, &index)).collect();
    for from in 0..types.len() {
        let back: Vec<String> = edges[from]
            .iter()
            .filter(|to| leads_to(&edges, **to, from))
            .map(|to| types[*to].id.name.clone())
            .collect();
        let module = types[from].id.module;
        if let TypeBody::Struct(object) = &mut types[from].body {
            for field in &mut object.fields {
                box_shape(&mut field.shape, module, &back);
            }
        }
    }
}

fn direct(from: &Type, index: &HashMap<&TypeId, usize>) -> Vec<usize> {
    let TypeBody::Struct(object) = &from.body else { return Vec::new() };
    let named = object.fields.iter().filter_map(|field| match &field.shape {
        Shape::Named(id) => Some(id),
        Shape::Nullable(inner) => match &**inner {
            Shape::Named(id) => Some(id),
            _ => None,
        },
        _ => None,
    });
    named.filter_map(|id| index.get(id).copied()).collect()
}

fn leads_to(edges: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; edges.len()];
    let mut queue = vec![from];
    while let Some(next) = queue.pop() {
        if next == to {
            return true;
        }
        if !std::mem::replace(&mut seen[next], true) {
            queue.extend(&edges[next]);
        }
    }
    false
}

fn box_shape(shape: &mut Shape, module: Module, names: &[String]) {
    match shape {
        Shape::Nullable(inner) => box_shape(inner, module, names),
        Shape::Named(id) if id.module == module && names.contains(&id.name) => {
            *shape = Shape::Boxed(Box::new(Shape::Named(id.clone())));
        }
        _ => {}
    }
}
