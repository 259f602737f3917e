//! The last pass: shared types that no tool needs are dropped, and each checked value gets the whole schema that
//! judges it, free of references to anything outside.

use std::collections::{BTreeSet, HashSet};

use openapi::report::Place;
use serde_json::Value;

use super::findings::Findings;
use super::layout;
use super::model::{Content, Rest, Shape, Struct, Tool, Type, TypeBody, TypeId};
use super::schema::{CALLBACK, GATE, PIN};

/// Keeps the types that Rust code is written for: reached from the tools by shapes, not only by schemas. Gives those of
/// the shared ones.
pub(crate) fn prune<const N: usize>(tools: &mut [Tool], shared: [&[Type]; N]) -> [Vec<Type>; N] {
    for tool in tools.iter_mut() {
        let roots = roots(tool);
        let kept = reached(roots, &tool.types);
        tool.types.retain(|kind| kept.contains(&kind.id));
    }
    let mut roots = BTreeSet::new();
    for tool in tools.iter() {
        roots.extend(roots_and_own(tool));
    }
    shared.map(|types| {
        let kept = reached(roots.clone(), types);
        let is_written = |kind: &&Type| kept.contains(&kind.id) && !matches!(kind.body, TypeBody::Schema(_));
        types.iter().filter(is_written).cloned().collect()
    })
}

/// Gives each checked value of a tool its whole schema; shared types that it names may be pruned later.
pub(crate) fn tool(
    tool: &mut Tool,
    at: &Place,
    definition: &dyn Fn(&str) -> Option<Value>,
    findings: &mut Findings,
) {
    types(&mut tool.types, definition, findings);
    let shapes = shapes_of_struct(&mut tool.arguments).into_iter().map(|shape| (shape, at.clone()));
    settle_all(shapes, definition, findings);
}

/// Gives each checked value of these types its whole schema.
pub(crate) fn types(types: &mut [Type], definition: &dyn Fn(&str) -> Option<Value>, findings: &mut Findings) {
    let shapes = types.iter_mut().flat_map(|kind| {
        let at = kind.at.clone();
        shapes_of(kind).into_iter().map(move |shape| (shape, at.clone()))
    });
    settle_all(shapes, definition, findings);
}

fn settle_all<'s>(
    shapes: impl Iterator<Item = (&'s mut Shape, Place)>,
    definition: &dyn Fn(&str) -> Option<Value>,
    findings: &mut Findings,
) {
    for (shape, at) in shapes {
        settle(shape, &at, definition, findings);
    }
}

/// The shapes of a type's members.
fn shapes_of(kind: &mut Type) -> Vec<&mut Shape> {
    match &mut kind.body {
        TypeBody::Struct(object) => shapes_of_struct(object),
        TypeBody::Schema(shape) => vec![shape],
        TypeBody::Enum(_) => Vec::new(),
    }
}

/// The shapes of an object's members.
fn shapes_of_struct(object: &mut Struct) -> Vec<&mut Shape> {
    let mut found: Vec<&mut Shape> = object.fields.iter_mut().map(|field| &mut field.shape).collect();
    if let Rest::Of(shape) = &mut object.rest {
        found.push(shape);
    }
    found
}

fn settle(
    shape: &mut Shape,
    at: &Place,
    definition: &dyn Fn(&str) -> Option<Value>,
    findings: &mut Findings,
) {
    match shape {
        Shape::List { items: inner, .. } | Shape::OneOrMany(inner) | Shape::Map { values: inner, .. } => {
            settle(inner, at, definition, findings);
        }
        Shape::Nullable(inner) | Shape::Boxed(inner) => settle(inner, at, definition, findings),
        Shape::Checked(schema) => {
            let laid_out = layout::lay_out(schema, definition);
            for (mark, word) in [(GATE, "gate"), (CALLBACK, "callback-url"), (PIN, "pin")] {
                if laid_out.marks.contains(&mark) {
                    let message = format!(
                        "`{word}` has no effect inside a union or another value that only its schema judges; \
                         hide the member or give the union one shape"
                    );
                    findings.error("hint-in-union", at, message);
                }
            }
            *schema = laid_out.schema;
        }
        _ => {}
    }
}

fn roots_and_own(tool: &Tool) -> BTreeSet<TypeId> {
    let mut found = roots(tool);
    tool.types.iter().for_each(|kind| in_type(kind, &mut found));
    found
}

fn roots(tool: &Tool) -> BTreeSet<TypeId> {
    let mut found = BTreeSet::new();
    in_struct(&tool.arguments, &mut found);
    for rule in &tool.answers {
        if let Content::Json { shape, .. } = &rule.content {
            in_shape(shape, &mut found);
        }
    }
    found
}

fn reached(roots: BTreeSet<TypeId>, types: &[Type]) -> HashSet<TypeId> {
    let index: std::collections::HashMap<&TypeId, &Type> =
        types.iter().map(|kind| (&kind.id, kind)).collect();
    let mut found = HashSet::new();
    let mut queue: Vec<TypeId> = roots.into_iter().collect();
    while let Some(id) = queue.pop() {
        let Some(kind) = index.get(&id) else { continue };
        if found.insert(id) {
            let mut next = BTreeSet::new();
            in_type(kind, &mut next);
            queue.extend(next);
        }
    }
    found
}

fn in_type(kind: &Type, found: &mut BTreeSet<TypeId>) {
    match &kind.body {
        TypeBody::Struct(object) => in_struct(object, found),
        TypeBody::Enum(_) | TypeBody::Schema(_) => {}
    }
}

fn in_struct(object: &Struct, found: &mut BTreeSet<TypeId>) {
    object.fields.iter().for_each(|field| in_shape(&field.shape, found));
    if let Rest::Of(shape) = &object.rest {
        in_shape(shape, found);
    }
}

fn in_shape(shape: &Shape, found: &mut BTreeSet<TypeId>) {
    match shape {
        Shape::Named(id) => {
            found.insert(id.clone());
        }
        Shape::List { items: inner, .. } | Shape::OneOrMany(inner) | Shape::Map { values: inner, .. } => {
            in_shape(inner, found);
        }
        Shape::Nullable(inner) | Shape::Boxed(inner) => in_shape(inner, found),
        _ => {}
    }
}
