//! Hints that can only be checked against the whole operation: pinned arguments of variants, hidden but required ones.

use indexmap::IndexMap;

use super::schema::shown;
use crate::held::{Held, Types};
use crate::ir::{Effect, Kind, Operation, Property, Schema, SchemaHints};
use crate::judge;
use crate::problems::Problems;
use crate::report::Place;
use crate::shape;

/// Checks what `x-mcp` says on an operation, its parameters and its body.
pub(super) fn check(operation: &Operation, named: &IndexMap<String, Held>, problems: &mut Problems) {
    let hints = &operation.mcp;
    let is_read = match hints.effect {
        Some(effect) => effect == Effect::Read,
        None => operation.method.is_read(),
    };
    if hints.cache_seconds.is_some_and(|seconds| seconds > 0) && !is_read {
        let message = "`cache` is for operations with `effect: read`";
        problems.error("hint", operation.at.clone(), message);
    }
    for parameter in &operation.parameters {
        if parameter.required && parameter.mcp.hidden {
            refuse_hidden(&parameter.name, &parameter.at, problems);
        }
        check_pin(&parameter.mcp, &parameter.schema, named, problems);
    }
    check_media(operation, hints.media.as_deref(), &operation.at, problems);
    for variant in &hints.variants {
        check_media(operation, variant.media.as_deref(), &variant.at, problems);
        let wanted = variant.media.as_deref().or(hints.media.as_deref());
        let arguments = arguments(operation, wanted, named);
        for (argument, value) in &variant.pin {
            match arguments.get(argument.as_str()) {
                None => {
                    let near = shape::nearest(argument, arguments.keys().copied());
                    let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    let message =
                        format!("`{argument}` is neither a parameter nor a member of the body{near}");
                    problems.error("hint", variant.at.clone(), message);
                }
                Some(form) if !accepts(form, value, named) => {
                    let message = format!("`{argument}` does not accept {}", shown(value));
                    problems.error("hint", variant.at.clone(), message);
                }
                Some(_) => {}
            }
        }
    }
}

fn refuse_hidden(name: &str, at: &Place, problems: &mut Problems) {
    let message = format!("`{name}` is required and can never be sent: `pin` a value instead of hiding it");
    problems.error("hint", at.clone(), message);
}

/// A pin beside a parameter's schema has not been held against it yet.
fn check_pin(hints: &SchemaHints, schema: &Schema, named: &IndexMap<String, Held>, problems: &mut Problems) {
    let Some(pin) = &hints.pin else { return };
    if schema.mcp.pin.is_none() && !accepts(&Form::Lowered(schema), pin, named) {
        let message = format!("the pinned value {} is not accepted by its schema", shown(pin));
        problems.error("hint", schema.at.clone(), message);
    }
}

/// An argument's schema, as the operation holds it or as a named schema does.
enum Form<'o> {
    Lowered(&'o Schema),
    Held(&'o Held),
}

/// The media type that is wanted must be one of the body's.
fn check_media(operation: &Operation, wanted: Option<&str>, at: &Place, problems: &mut Problems) {
    let Some(wanted) = wanted else { return };
    let Some(body) = &operation.body else {
        let message = format!("`media: {wanted}` has no meaning: the operation has no body");
        return problems.error("hint", at.clone(), message);
    };
    if body.choose(Some(wanted)).is_none() {
        let types: Vec<&str> = body.media.iter().map(|media| media.media_type.as_str()).collect();
        let message = format!("the body cannot be sent as {wanted:?}: it may be {}", types.join(" or "));
        problems.error("hint", at.clone(), message);
    }
}

/// Parameters, and the top-level members of the body as it is sent; a parameter wins.
fn arguments<'o>(
    operation: &'o Operation,
    wanted: Option<&str>,
    named: &'o IndexMap<String, Held>,
) -> IndexMap<&'o str, Form<'o>> {
    let mut found = IndexMap::new();
    let media = operation.body.as_ref().and_then(|body| body.choose(wanted));
    match media.and_then(|media| media.schema.as_ref()).map(|schema| &schema.kind) {
        Some(Kind::Object(rules)) => {
            let member = |property: &'o Property| (property.name.as_str(), Form::Lowered(&property.schema));
            found.extend(rules.properties.iter().map(member));
        }
        Some(Kind::Reference(name)) => collect(name, named, &mut found, 0),
        _ => {}
    }
    found.extend(operation.parameters.iter().map(|one| (one.name.as_str(), Form::Lowered(&one.schema))));
    found
}

fn collect<'o>(
    name: &str,
    named: &'o IndexMap<String, Held>,
    found: &mut IndexMap<&'o str, Form<'o>>,
    steps: usize,
) {
    let Some(held) = named.get(name).filter(|_| steps < 16) else { return };
    for part in std::iter::once(held).chain(&held.all_of) {
        found.extend(part.properties.iter().map(|(name, held)| (name.as_str(), Form::Held(held))));
        if let Some(next) = &part.reference {
            collect(next, named, found, steps + 1);
        }
    }
}

/// Whether a pinned value can be sent. A lowered schema is judged by its kind; what only its JSON form can say passes.
fn accepts(form: &Form<'_>, value: &serde_json::Value, named: &IndexMap<String, Held>) -> bool {
    let schema = match form {
        Form::Held(held) => return judge::accepts(held, value, named),
        Form::Lowered(schema) => schema,
    };
    if value.is_null() {
        return schema.nullable || matches!(schema.kind, Kind::Any | Kind::Checked);
    }
    let at = schema.at.clone();
    let held = match &schema.kind {
        Kind::Reference(name) => match named.get(name) {
            Some(held) => return judge::accepts(held, value, named),
            None => return false,
        },
        Kind::Enumeration(values) => return values.iter().any(|one| judge::same(one, value)),
        Kind::Boolean => Held::of(at, Types::BOOLEAN),
        Kind::Integer(rules) => Held { numbers: rules.clone(), ..Held::of(at, Types::INTEGER) },
        Kind::Number(rules) => Held { numbers: rules.clone(), ..Held::of(at, Types::NUMBER) },
        Kind::Text(rules) => Held { text: rules.clone(), ..Held::of(at, Types::STRING) },
        Kind::List(_) => Held::of(at, Types::ARRAY),
        Kind::Object(_) => Held::of(at, Types::OBJECT),
        Kind::Null => Held::of(at, Types::NULL),
        Kind::Union { choices, .. } => {
            return choices.iter().any(|choice| accepts(&Form::Lowered(choice), value, named));
        }
        Kind::Any | Kind::Checked => return true,
    };
    judge::accepts(&held, value, named)
}
