//! Shapes as JSON Schema, the same rules that the decoders follow. References to named types read `type:MODULE/NAME`
//! and marks begin with `x-mcp-`; `layout` turns the former into `$defs` and takes the latter out.

use serde_json::{Map, Value, json};

use super::files::BASE64;
use super::model::{
    Field, Format, Integer, Module, Number, Rest, Shape, Struct, Text, Type, TypeBody, TypeId,
};
use super::whole::plain_number;
use super::{files, words};

/// Marks a member that is offered only behind the callback gate.
pub(crate) const GATE: &str = "x-mcp-gate";
/// Marks a text that must be an allowed callback address.
pub(crate) const CALLBACK: &str = "x-mcp-callback";
/// Marks an object with members that are always sent with a constant.
pub(crate) const PIN: &str = "x-mcp-pin";
/// Marks a member that is redacted where arguments are written.
pub(crate) const SECRET: &str = "x-mcp-secret";

/// How far a description in an answer's schema goes: a model reads all of them.
const ANSWER_DESCRIPTION: usize = 120;

/// A reference to a named type.
pub(crate) fn reference(id: &TypeId) -> Value {
    let module = match id.module {
        Module::Arguments => "arguments",
        Module::Answers => "answers",
        Module::Tool => "tool",
    };
    json!({"$ref": format!("type:{module}/{}", id.name)})
}

/// The schema of a shape.
pub(crate) fn of_shape(shape: &Shape) -> Value {
    match shape {
        Shape::Any => json!({}),
        Shape::Null => json!({"type": "null"}),
        Shape::Boolean => json!({"type": "boolean"}),
        Shape::Integer(rules) => integer(rules),
        Shape::Number(rules) => number(rules),
        Shape::Text(rules) => text(rules),
        Shape::TextOrNumber { .. } => json!({"type": "string"}),
        Shape::File(file) => files::schema(file),
        Shape::List { items, min, max, unique } => {
            let mut schema = json!({"type": "array", "items": of_shape(items)});
            set(&mut schema, "minItems", *min);
            set(&mut schema, "maxItems", *max);
            set(&mut schema, "uniqueItems", unique.then_some(true));
            schema
        }
        Shape::OneOrMany(items) => json!({"type": "array", "items": of_shape(items)}),
        Shape::Nullable(shape) => or_null(of_shape(shape)),
        Shape::Map { values, min, max } => {
            let mut schema = json!({"type": "object"});
            let values = of_shape(values);
            if values != json!({}) {
                schema["additionalProperties"] = values;
            }
            set(&mut schema, "minProperties", *min);
            set(&mut schema, "maxProperties", *max);
            schema
        }
        Shape::Named(id) => reference(id),
        Shape::Boxed(shape) => of_shape(shape),
        Shape::Checked(schema) => schema.clone(),
    }
}

/// The schema of a named type.
pub(crate) fn of_type(kind: &Type) -> Value {
    let mut schema = match &kind.body {
        TypeBody::Struct(object) => of_struct(object, kind.is_answer),
        TypeBody::Enum(variants) => {
            json!({"type": "string", "enum": variants.iter().map(|variant| &variant.wire).collect::<Vec<_>>()})
        }
        TypeBody::Schema(shape) => of_shape(shape),
    };
    if !kind.is_answer && !kind.description.is_empty() {
        annotate(&mut schema, "description", kind.description.clone().into());
    }
    schema
}

/// The schema of an object with declared members.
pub(crate) fn of_struct(object: &Struct, is_answer: bool) -> Value {
    let mut properties = Map::new();
    let mut required = Vec::new();
    for field in object.fields.iter().filter(|field| field.pinned.is_none()) {
        properties.insert(field.wire.clone(), of_field(field, is_answer));
        if field.required {
            required.push(field.wire.clone());
        }
    }
    let mut schema = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    match &object.rest {
        Rest::Refuse => schema["additionalProperties"] = json!(false),
        Rest::Keep => {}
        Rest::Of(shape) => schema["additionalProperties"] = of_shape(shape),
    }
    set(&mut schema, "minProperties", object.min);
    set(&mut schema, "maxProperties", object.max);
    set(&mut schema, PIN, object.fields.iter().any(|field| field.pinned.is_some()).then_some(true));
    schema
}

/// The schema of a number with these rules.
pub(crate) fn number(rules: &Number) -> Value {
    let mut schema = json!({"type": "number"});
    set(&mut schema, "minimum", rules.minimum.map(plain_number));
    set(&mut schema, "maximum", rules.maximum.map(plain_number));
    set(&mut schema, "exclusiveMinimum", rules.exclusive_minimum.map(plain_number));
    set(&mut schema, "exclusiveMaximum", rules.exclusive_maximum.map(plain_number));
    schema
}

fn of_field(field: &Field, is_answer: bool) -> Value {
    let mut schema = of_shape(&field.shape);
    if is_answer {
        let description = words::first_sentence(&field.description, ANSWER_DESCRIPTION);
        if !description.is_empty() {
            annotate(&mut schema, "description", description.into());
        }
        return schema;
    }
    if !field.title.is_empty() {
        annotate(&mut schema, "title", field.title.clone().into());
    }
    if !field.description.is_empty() {
        annotate(&mut schema, "description", field.description.clone().into());
    }
    if let Some(default) = &field.default {
        annotate(&mut schema, "default", default.clone());
    }
    set(&mut schema, "deprecated", field.deprecated.then_some(true));
    set(&mut schema, GATE, field.gated.then_some(true));
    set(&mut schema, SECRET, field.secret.then_some(true));
    schema
}

fn integer(rules: &Integer) -> Value {
    let mut schema = json!({"type": "integer"});
    // An answer's integer is whatever the API sends: its full range says nothing.
    set(&mut schema, "minimum", (rules.minimum != i64::MIN).then_some(rules.minimum));
    set(&mut schema, "maximum", (rules.maximum != i64::MAX).then_some(rules.maximum));
    set(&mut schema, "multipleOf", rules.multiple_of);
    schema
}

fn text(rules: &Text) -> Value {
    let mut schema = json!({"type": "string"});
    let format = rules.format.and_then(format_name).or(rules.advertised_format.as_deref());
    set(&mut schema, "format", format.or(rules.callback_url.then_some("uri")));
    set(&mut schema, "minLength", rules.min_length);
    set(&mut schema, "maxLength", rules.max_length);
    set(&mut schema, "pattern", rules.pattern.as_deref());
    if rules.format == Some(Format::Byte) {
        set(&mut schema, "contentEncoding", Some("base64"));
        and_pattern(&mut schema, BASE64);
    }
    if rules.callback_url {
        and_pattern(&mut schema, "^https://");
    }
    set(&mut schema, CALLBACK, rules.callback_url.then_some(true));
    schema
}

/// Adds a pattern beside the one that may be there.
fn and_pattern(schema: &mut Value, pattern: &str) {
    if schema.get("pattern").is_some() {
        schema["allOf"] = json!([{"pattern": pattern}]);
    } else {
        schema["pattern"] = json!(pattern);
    }
}

fn format_name(format: Format) -> Option<&'static str> {
    Some(match format {
        Format::DateTime => "date-time",
        Format::Date => "date",
        Format::Time => "time",
        Format::Duration => "duration",
        Format::Uuid => "uuid",
        Format::Email => "email",
        Format::Uri => "uri",
        Format::Ipv4 => "ipv4",
        Format::Ipv6 => "ipv6",
        Format::Byte => return None,
    })
}

/// The schema or `null`.
fn or_null(mut schema: Value) -> Value {
    let is_plain =
        ["$ref", "anyOf", "oneOf", "allOf", "not", "const"].iter().all(|word| schema.get(word).is_none());
    match schema.get("type").and_then(Value::as_str).map(str::to_owned) {
        Some(kind) if is_plain => {
            schema["type"] = json!([kind, "null"]);
            if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                values.push(Value::Null);
            }
            schema
        }
        _ => json!({"anyOf": [schema, {"type": "null"}]}),
    }
}

fn set(schema: &mut Value, keyword: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        annotate(schema, keyword, value.into());
    }
}

/// Sets a keyword of a schema; `true` and `false` as schemas are left as they are.
fn annotate(schema: &mut Value, keyword: &str, value: Value) {
    if let Some(schema) = schema.as_object_mut() {
        schema.insert(keyword.to_owned(), value);
    }
}
