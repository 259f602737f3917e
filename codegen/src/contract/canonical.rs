//! One spelling for each schema: members sorted, lists that are sets sorted, whole numbers without a fraction. The
//! server serves the schemas as the document orders them; the order is no part of the contract.

use serde_json::{Map, Value};

/// The schema in its one spelling.
pub(crate) fn schema(schema: &Value) -> Value {
    let Value::Object(keywords) = schema else { return schema.clone() };
    sorted(keywords.iter().map(|(keyword, value)| (keyword.clone(), keyword_value(keyword, value))))
}

/// One line, without blanks.
pub(crate) fn compact(value: &Value) -> String {
    value.to_string()
}

fn keyword_value(keyword: &str, value: &Value) -> Value {
    match (keyword, value) {
        ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(members)) => {
            sorted(members.iter().map(|(name, member)| (name.clone(), schema(member))))
        }
        ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(items)) => {
            items.iter().map(schema).collect()
        }
        (
            "items"
            | "additionalProperties"
            | "not"
            | "if"
            | "then"
            | "else"
            | "contains"
            | "propertyNames"
            | "unevaluatedItems"
            | "unevaluatedProperties",
            value,
        ) => schema(value),
        ("required" | "type", Value::Array(words)) => set(words),
        (_, value) => plain(value),
    }
}

/// A list in which order means nothing; a list of one type is that type.
fn set(words: &[Value]) -> Value {
    let mut words = words.to_vec();
    words.sort_by_key(Value::to_string);
    words.dedup();
    words.into()
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Object(members) => sorted(members.iter().map(|(name, member)| (name.clone(), plain(member)))),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 => {
                (float as i64).into()
            }
            _ => value.clone(),
        },
        _ => value.clone(),
    }
}

fn sorted(members: impl Iterator<Item = (String, Value)>) -> Value {
    let mut members: Vec<(String, Value)> = members.collect();
    members.sort_by(|(one, _), (other, _)| one.cmp(other));
    Value::Object(members.into_iter().collect::<Map<_, _>>())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn order_and_spelling_of_numbers_do_not_matter() {
        let one = json!({"type": ["string", "null"], "required": ["b", "a"], "properties": {"b": {"minimum": 1.0}, "a": true}});
        let other = json!({"properties": {"a": true, "b": {"minimum": 1}}, "required": ["a", "b"], "type": ["null", "string"]});
        assert_eq!(super::schema(&one).to_string(), super::schema(&other).to_string());
    }

    #[test]
    fn a_property_called_like_a_keyword_is_a_property_and_values_keep_their_order() {
        let schema =
            json!({"properties": {"required": {"enum": ["b", "a"]}}, "default": {"type": ["z", "a"]}});
        let expected = r#"{"default":{"type":["z","a"]},"properties":{"required":{"enum":["b","a"]}}}"#;
        assert_eq!(super::schema(&schema).to_string(), expected);
    }
}
