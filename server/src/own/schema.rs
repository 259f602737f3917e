//! From the types of a hand-written tool to the schemas that are advertised, and what such a schema must say.

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value, json};

use crate::decode::EXACT;

/// The schema of this type as an answer, for [`OwnTool::output_schema`](super::OwnTool::output_schema).
pub fn schema_of<T: JsonSchema>() -> Value {
    plain::<T>(SchemaSettings::draft2020_12().for_serialize())
}

/// The schema of this type as arguments, with all bounds that its numbers have.
pub(super) fn of_arguments<A: JsonSchema>() -> Value {
    plain::<A>(SchemaSettings::draft2020_12().for_deserialize().with_transform(RecursiveTransform(bound)))
}

/// Without what tells a model nothing: the dialect, and name and comment of the type at the root.
fn plain<T: JsonSchema>(settings: SchemaSettings) -> Value {
    let settings = settings.with(|settings| settings.meta_schema = None);
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.remove("title");
    schema.remove("description");
    schema.to_value()
}

/// Turns the width of a number, which JSON Schema only knows as a format, into bounds: what is accepted is what the
/// type can hold and any JSON reader keeps exactly.
fn bound(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else { return };
    let (least, greatest) = match object.get("format").and_then(Value::as_str) {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        Some("uint32") => (0, i64::from(u32::MAX)),
        Some("int" | "int64" | "int128" | "float" | "double") => (-EXACT, EXACT),
        Some("uint" | "uint64" | "uint128") => (0, EXACT),
        Some("int8" | "int16" | "uint8" | "uint16") => return drop(object.remove("format")),
        _ => return,
    };
    object.remove("format");
    tighten(object, "minimum", least, i64::max);
    tighten(object, "maximum", greatest, i64::min);
}

/// Sets a bound, unless one is there that is tighter.
fn tighten(object: &mut Map<String, Value>, keyword: &str, limit: i64, tighter: fn(i64, i64) -> i64) {
    let given = object.get(keyword).and_then(Value::as_i64);
    if given.is_none_or(|given| tighter(given, limit) != given) {
        object.insert(keyword.to_owned(), json!(limit));
    }
}

/// The JSON pointer of an object whose type takes members that it does not declare, if there is one.
pub(super) fn open_object(schema: &Value) -> Option<String> {
    open_at(schema, "", false)
}

/// `closed` says that a schema around this one, for the same value, refuses what nobody declares.
fn open_at(schema: &Value, pointer: &str, closed: bool) -> Option<String> {
    let object = schema.as_object()?;
    let closed = closed || object.contains_key("unevaluatedProperties");
    let is_object = object.get("type").and_then(Value::as_str) == Some("object");
    if is_object && !closed && !object.contains_key("additionalProperties") {
        return Some(if pointer.is_empty() { "/".to_owned() } else { pointer.to_owned() });
    }
    object.iter().find_map(|(keyword, value)| {
        let pointer = format!("{pointer}/{keyword}");
        match keyword.as_str() {
            "allOf" | "anyOf" | "oneOf" => each(value, &pointer, closed),
            "properties" | "patternProperties" | "$defs" | "prefixItems" => each(value, &pointer, false),
            "items" | "additionalProperties" => open_at(value, &pointer, false),
            _ => None,
        }
    })
}

/// Looks into every schema of a list, or of an object of schemas.
fn each(schemas: &Value, pointer: &str, closed: bool) -> Option<String> {
    match schemas {
        Value::Array(items) => (0..)
            .zip(items)
            .find_map(|(index, schema): (usize, _)| open_at(schema, &format!("{pointer}/{index}"), closed)),
        Value::Object(members) => {
            members.iter().find_map(|(name, schema)| open_at(schema, &format!("{pointer}/{name}"), closed))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;

    use super::*;

    /// Whether the schema of this type accepts the value; what it accepts, the type must take.
    #[track_caller]
    fn accepts<A: JsonSchema + DeserializeOwned>(value: &Value) -> bool {
        let accepted = jsonschema::is_valid(&of_arguments::<A>(), value);
        assert!(!accepted || serde_json::from_value::<A>(value.clone()).is_ok(), "{value} does not decode");
        accepted
    }

    #[test]
    fn a_number_is_accepted_exactly_within_its_type_and_what_json_keeps() {
        #[track_caller]
        fn check<A: JsonSchema + DeserializeOwned>(least: i64, greatest: i64) {
            for (value, expected) in
                [(least, true), (greatest, true), (least - 1, false), (greatest + 1, false)]
            {
                assert_eq!(accepts::<A>(&json!(value)), expected, "{value}");
            }
        }
        check::<i8>(-128, 127);
        check::<u8>(0, 255);
        check::<i16>(-32_768, 32_767);
        check::<u16>(0, 65_535);
        check::<i32>(i32::MIN.into(), i32::MAX.into());
        check::<u32>(0, u32::MAX.into());
        check::<std::num::NonZeroU32>(1, u32::MAX.into());
        check::<i64>(-EXACT, EXACT);
        check::<usize>(0, EXACT);
        check::<f64>(-EXACT, EXACT);
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind", deny_unknown_fields)]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Closed {
        Round { radius: f64 },
        Flat,
    }

    #[derive(Deserialize, JsonSchema)]
    #[serde(tag = "kind")]
    #[expect(dead_code, reason = "only its schema is looked at")]
    enum Open {
        Round { radius: f64 },
    }

    #[test]
    fn a_choice_is_closed_when_each_of_its_branches_is() {
        assert_eq!(open_object(&of_arguments::<Closed>()), None);
        assert_eq!(open_object(&of_arguments::<Open>()).as_deref(), Some("/oneOf/0"));
        assert!(accepts::<Closed>(&json!({ "kind": "Round", "radius": 1 })));
        assert!(!accepts::<Closed>(&json!({ "kind": "Round", "radius": 1, "x": 1 })));
    }

    #[test]
    fn only_a_map_takes_any_names() {
        assert_eq!(open_object(&of_arguments::<std::collections::BTreeMap<String, u8>>()), None);
        assert_eq!(open_object(&json!({ "type": "object" })).as_deref(), Some("/"));
        let inherited =
            json!({ "type": "object", "unevaluatedProperties": false, "allOf": [{ "type": "object" }] });
        assert_eq!(open_object(&inherited), None);
        let below = json!({ "type": "array", "items": { "type": "object", "properties": {} } });
        assert_eq!(open_object(&below).as_deref(), Some("/items"));
    }
}
