//! Function declarations of Gemini. A function's `parameters` are a `Schema` of the API, which has the fields of
//! `google.ai.generativelanguage.v1beta.Schema` and no others: no `$ref`, `oneOf`, `additionalProperties` (reference of
//! the Generative Language API). "enum: only allowed for STRING type" and "only 'enum' and 'date-time' are supported for
//! STRING type" of `format` is what it answers (google-gemini/gemini-cli#3178, diegosouzapw/OmniRoute#760). Names of
//! functions and parameters: reference of Vertex AI, `FunctionDeclaration`.
//!
//! The newer field `parametersJsonSchema` takes plain JSON Schema; this profile is for clients that do not use it.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Finding, View, listed, names, walk};

/// The fields of a schema.
const KNOWN: [&str; 22] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "items",
    "minItems",
    "maxItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "minimum",
    "maximum",
];

pub(super) fn check(view: &View<'_>, found: &mut Vec<Finding>) {
    let input = &view.input;
    let mut tell = |rule: &'static str, places: &[String], message: &str| {
        if !places.is_empty() {
            found.push(Finding { rule, message: format!("{message}: at {}", listed(places)) });
        }
    };
    let references = walk::places(input, |members| members.contains_key("$ref"));
    tell(
        "gemini-reference",
        &references,
        "a schema of Gemini has no `$ref`; `x-mcp: {profiles: [gemini]}` on the root writes in place what is not \
         recursive or too long",
    );
    let is_unknown = |name: &&String| !KNOWN.contains(&name.as_str()) && *name != "$ref" && *name != "$defs";
    let mut words = BTreeSet::new();
    walk::each(input, &mut |_, members| words.extend(members.keys().filter(is_unknown).cloned()));
    let unknown = walk::places(input, |members| members.keys().any(|name| is_unknown(&name)));
    let words = words.into_iter().collect::<Vec<_>>().join(", ");
    tell("gemini-keyword", &unknown, &format!("a schema of Gemini does not know {words}"));
    let mixed = walk::places(input, |members| members.get("type").is_some_and(Value::is_array));
    tell("gemini-type-list", &mixed, "a schema of Gemini has one type, and `nullable`");
    let values = walk::places(input, has_other_values);
    tell("gemini-enum", &values, "an enumeration of Gemini is of text");
    let formats = walk::places(input, has_other_format);
    tell("gemini-format", &formats, "text of Gemini has no format but `date-time` and `enum`");
    check_names(view, found);
}

fn check_names(view: &View<'_>, found: &mut Vec<Finding>) {
    let arguments = view.input["properties"].as_object();
    let odd: Vec<String> = arguments
        .into_iter()
        .flat_map(|arguments| arguments.keys())
        .filter(|name| !names::is_plain(name, names::Alphabet::Word))
        .map(|name| format!("{name:?}"))
        .collect();
    if !odd.is_empty() {
        let message = format!(
            "a parameter of Gemini has a name of up to 64 letters, digits and `_`, no digit first, unlike {}; `x-mcp: \
             {{profiles: [gemini]}}` on the root gives it one",
            listed(&odd)
        );
        found.push(Finding { rule: "gemini-argument-name", message });
    }
    view.check_name_length("gemini-tool-name", "a function of Gemini", found);
}

fn has_other_values(members: &Map<String, Value>) -> bool {
    members.get("enum").and_then(Value::as_array).is_some_and(|values| !values.iter().all(Value::is_string))
}

fn has_other_format(members: &Map<String, Value>) -> bool {
    let is_text = members.get("type").is_some_and(|kind| kind == "string");
    let format = members.get("format").and_then(Value::as_str);
    is_text && format.is_some_and(|format| !matches!(format, "date-time" | "enum"))
}
