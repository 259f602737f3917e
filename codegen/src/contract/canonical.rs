//! One spelling for each schema: members sorted, lists that are sets sorted, whole numbers without a fraction. The
//! server serves the schemas as the document orders them; the order is no part of the contract.

use serde_json::Value;

/// The schema in its one spelling.
pub(crate) fn schema(mut schema: Value) -> Value {
    spell(&mut schema);
    schema
}

/// One line, without blanks.
pub(crate) fn compact(value: &Value) -> String {
    value.to_string()
}

fn spell(schema: &mut Value) {
    let Value::Object(keywords) = schema else { return };
    keywords.sort_keys();
    keywords.iter_mut().for_each(|(keyword, value)| spell_keyword(keyword, value));
}

fn spell_keyword(keyword: &str, value: &mut Value) {
    match (keyword, value) {
        ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(members)) => {
            members.sort_keys();
            members.values_mut().for_each(spell);
        }
        ("allOf" | "anyOf" | "oneOf" | "prefixItems", Value::Array(items)) => {
            items.iter_mut().for_each(spell);
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
        ) => spell(value),
        // A list in which order means nothing.
        ("required" | "type", Value::Array(words)) => {
            words.sort_by_cached_key(Value::to_string);
            words.dedup();
        }
        (_, value) => spell_plain(value),
    }
}

fn spell_plain(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.sort_keys();
            members.values_mut().for_each(spell_plain);
        }
        Value::Array(items) => items.iter_mut().for_each(spell_plain),
        Value::Number(number) if number.is_f64() => match number.as_f64() {
            Some(float) if float.fract() == 0.0 && float.abs() < 9_007_199_254_740_992.0 => {
                *value = (float as i64).into();
            }
            _ => {}
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    #[test]
    fn order_and_spelling_of_numbers_do_not_matter() {
        let one = json!({"type": ["string", "null"], "required": ["b", "a"], "properties": {"b": {"minimum": 1.0}, "a": true}});
        let other = json!({"properties": {"a": true, "b": {"minimum": 1}}, "required": ["a", "b"], "type": ["null", "string"]});
        assert_eq!(super::schema(one).to_string(), super::schema(other).to_string());
    }

    #[test]
    fn a_property_called_like_a_keyword_is_a_property_and_values_keep_their_order() {
        let schema =
            json!({"properties": {"required": {"enum": ["b", "a"]}}, "default": {"type": ["z", "a"]}});
        let expected = r#"{"default":{"type":["z","a"]},"properties":{"required":{"enum":["b","a"]}}}"#;
        assert_eq!(super::schema(schema).to_string(), expected);
    }
}
