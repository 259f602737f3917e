//! Function calling of OpenAI in strict mode: the guide on structured outputs, section "Supported schemas", for what
//! must be said, what is not supported and how much there may be; for `oneOf` and the root what the API answers:
//! "'oneOf' is not permitted" (can1357/oh-my-pi#920) and "schema must have type 'object' and not have
//! 'oneOf'/'anyOf'/'allOf'/'enum'/'not' at the top level" (cecli-dev/cecli#281).
//!
//! No lowering: an optional argument would have to become one that may be `null`, which is another set of values. Clients
//! that want strict mode turn schemas into it themselves, and others send them as they are.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Finding, View, listed, walk};

/// Most properties of one schema.
const PROPERTIES: usize = 5000;
/// Most objects inside each other.
const DEPTH: usize = 10;
/// Most values of all enumerations together.
const VALUES: usize = 1000;
/// An enumeration of more values than this
const LONG_ENUMERATION: usize = 250;
/// may have so many characters in all of them.
const LONG_ENUMERATION_TEXT: usize = 15_000;
/// Most characters of all names of properties and definitions and all values of enumerations and constants.
const TEXT: usize = 120_000;

const UNSUPPORTED: [&str; 8] =
    ["allOf", "oneOf", "not", "dependentRequired", "dependentSchemas", "if", "then", "else"];

pub(super) fn check(view: &View<'_>, found: &mut Vec<Finding>) {
    let mut tell = |rule: &'static str, message: String| found.push(Finding { rule, message });
    let input = &view.input;
    for word in ["oneOf", "anyOf", "allOf", "enum", "not"] {
        if input.get(word).is_some() {
            tell(
                "openai-root",
                format!("its input schema has `{word}` at the root, which functions may not"),
            );
        }
    }
    let optional = walk::places(input, has_optional);
    if !optional.is_empty() {
        let places = listed(&optional);
        tell(
            "openai-optional-property",
            format!("strict mode wants every property required: not so at {places}"),
        );
    }
    let open = walk::places(input, is_open);
    if !open.is_empty() {
        let places = listed(&open);
        let message =
            format!("strict mode wants `additionalProperties: false` on every object: not so at {places}");
        tell("openai-open-object", message);
    }
    let mut words: BTreeSet<&str> = BTreeSet::new();
    let unsupported =
        walk::places(input, |members| UNSUPPORTED.iter().any(|word| members.contains_key(*word)));
    walk::each(input, &mut |_, members| {
        words.extend(UNSUPPORTED.iter().copied().filter(|word| members.contains_key(*word)));
    });
    if !unsupported.is_empty() {
        let words = words.into_iter().collect::<Vec<_>>().join(", ");
        tell("openai-keyword", format!("strict mode does not know {words}: at {}", listed(&unsupported)));
    }
    check_amounts(input, &mut tell);
    view.check_name_length("openai-tool-name", "a function", found);
}

fn has_optional(members: &Map<String, Value>) -> bool {
    let required = members.get("required").and_then(Value::as_array).map_or(0, Vec::len);
    members.get("properties").and_then(Value::as_object).is_some_and(|properties| properties.len() > required)
}

fn is_open(members: &Map<String, Value>) -> bool {
    let kind = members.get("type");
    let is_object = kind.is_some_and(|kind| {
        kind == "object" || kind.as_array().is_some_and(|kinds| kinds.contains(&Value::from("object")))
    });
    is_object && members.get("additionalProperties") != Some(&Value::Bool(false))
}

fn check_amounts(input: &Value, tell: &mut dyn FnMut(&'static str, String)) {
    let (mut properties, mut values, mut text, mut depth) = (0, 0, 0, 0);
    let mut long = Vec::new();
    walk::each(input, &mut |pointer, members| {
        for table in ["properties", "$defs"] {
            let names = members.get(table).and_then(Value::as_object).into_iter().flat_map(Map::keys);
            text += names.map(|name| name.chars().count()).sum::<usize>();
        }
        properties += members.get("properties").and_then(Value::as_object).map_or(0, Map::len);
        let choices = members.get("enum").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let length = choices.iter().map(characters).sum::<usize>();
        if choices.len() > LONG_ENUMERATION && length > LONG_ENUMERATION_TEXT {
            long.push(pointer.to_owned());
        }
        values += choices.len();
        text += length + members.get("const").map_or(0, characters);
        depth = depth.max(1 + pointer.matches("/properties/").count());
    });
    let mut most = |rule, count: usize, limit: usize, what: &str| {
        if count > limit {
            tell(rule, format!("strict mode takes {limit} {what}, and it has {count}"));
        }
    };
    most("openai-properties", properties, PROPERTIES, "properties in all");
    most("openai-nesting", depth, DEPTH, "objects inside each other");
    most("openai-enum", values, VALUES, "values of enumerations in all");
    most("openai-text", text, TEXT, "characters of names and values in all");
    if !long.is_empty() {
        let message = format!(
            "an enumeration of more than {LONG_ENUMERATION} values may have {LONG_ENUMERATION_TEXT} characters in all: \
             not so at {}",
            listed(&long)
        );
        tell("openai-enum", message);
    }
}

fn characters(value: &Value) -> usize {
    value.as_str().map_or_else(|| value.to_string().len(), |text| text.chars().count())
}
