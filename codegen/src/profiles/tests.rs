//! Each rule of each profile: a tool that breaks it, and the same tool without what is wrong.

use openapi::ir::Profile;
use serde_json::{Value, json};

use super::{LONGEST_NAME, View};

fn rules(
    profile: Profile,
    name: &str,
    prefix: usize,
    input: Value,
    output: Option<Value>,
) -> Vec<&'static str> {
    View { name, prefix, input, output }.findings(profile).into_iter().map(|finding| finding.rule).collect()
}

/// The rules that a schema of arguments breaks.
fn broken(profile: Profile, input: Value) -> Vec<&'static str> {
    rules(profile, "tool", 0, input, None)
}

fn plain() -> Value {
    json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": false})
}

fn with(argument: Value) -> Value {
    let mut schema = plain();
    schema["properties"]["a"] = argument;
    schema
}

#[test]
fn a_plain_tool_suits_everybody_but_gemini_closed() {
    for profile in Profile::ALL {
        let expected: &[&str] = if profile == Profile::Gemini { &["gemini-keyword"] } else { &[] };
        assert_eq!(broken(profile, plain()), expected, "{profile:?}");
    }
    let mut open = plain();
    open.as_object_mut().expect("an object").remove("additionalProperties");
    assert!(broken(Profile::Gemini, open).is_empty());
}

#[test]
fn a_name_and_the_clients_prefix_fit_together() {
    let name = "a".repeat(LONGEST_NAME - 20);
    for (profile, rule) in [
        (Profile::Anthropic, "anthropic-tool-name"),
        (Profile::OpenAi, "openai-tool-name"),
        (Profile::Gemini, "gemini-tool-name"),
    ] {
        assert!(!rules(profile, &name, 20, plain(), None).contains(&rule));
        assert!(rules(profile, &name, 21, plain(), None).contains(&rule));
    }
    assert_eq!(rules(Profile::Mcp, "größe", 0, plain(), None), ["mcp-tool-name"]);
    assert!(rules(Profile::Mcp, &"a".repeat(128), 0, plain(), None).is_empty());
    assert_eq!(rules(Profile::Mcp, &"a".repeat(129), 0, plain(), None), ["mcp-tool-name"]);
}

#[test]
fn roots_are_plain_objects() {
    let union = json!({"anyOf": [{"type": "object"}]});
    assert_eq!(broken(Profile::Mcp, union.clone()), ["mcp-input-root"]);
    assert_eq!(broken(Profile::Anthropic, union.clone()), ["anthropic-root-composition"]);
    assert!(broken(Profile::OpenAi, union.clone()).contains(&"openai-root"));
    assert_eq!(broken(Profile::StrictTs, union.clone()), ["strict-ts-root"]);
    assert_eq!(rules(Profile::Mcp, "tool", 0, plain(), Some(union.clone())), ["mcp-output-root"]);
    assert_eq!(rules(Profile::StrictTs, "tool", 0, plain(), Some(union)), ["strict-ts-root"]);
}

#[test]
fn anthropic_takes_plain_names_at_the_root_alone() {
    let mut schema = plain();
    schema["properties"]["filter[id]"] = json!({"type": "string"});
    assert_eq!(broken(Profile::Anthropic, schema), ["anthropic-argument-name"]);
    let inner = json!({"type": "object", "properties": {"filter[id]": {"type": "string"}}});
    assert!(broken(Profile::Anthropic, with(inner)).is_empty());
}

#[test]
fn strict_mode_wants_everything_said() {
    let mut optional = plain();
    optional["required"] = json!([]);
    assert_eq!(broken(Profile::OpenAi, optional), ["openai-optional-property"]);
    assert_eq!(broken(Profile::OpenAi, with(json!({"type": "object"}))), ["openai-open-object"]);
    assert_eq!(broken(Profile::OpenAi, with(json!({"oneOf": [{"type": "null"}]}))), ["openai-keyword"]);
    // A property may be called like a keyword.
    let called = json!({"type": "object", "properties": {"not": {"type": "null"}}, "required": ["not"], "additionalProperties": false});
    assert!(broken(Profile::OpenAi, with(called)).is_empty());
}

#[test]
fn strict_mode_has_limits() {
    let numbered = |count: usize| (0..count).map(|number| format!("v{number}")).collect::<Vec<_>>();
    let values = |count| with(json!({"type": "string", "enum": numbered(count)}));
    assert!(broken(Profile::OpenAi, values(1000)).is_empty());
    assert_eq!(broken(Profile::OpenAi, values(1001)), ["openai-enum"]);
    let long = |count: usize| with(json!({"type": "string", "enum": vec!["x".repeat(60); count]}));
    assert!(broken(Profile::OpenAi, long(250)).is_empty());
    assert_eq!(broken(Profile::OpenAi, long(251)), ["openai-enum"]);
    let nested = |depth: usize| {
        (0..depth).fold(json!({"type": "string"}), |inner, _| {
            json!({"type": "object", "properties": {"n": inner}, "required": ["n"], "additionalProperties": false})
        })
    };
    assert!(broken(Profile::OpenAi, nested(9)).is_empty());
    assert_eq!(broken(Profile::OpenAi, nested(10)), ["openai-nesting"]);
    let wide = |count: usize| {
        let properties: serde_json::Map<String, Value> =
            numbered(count).into_iter().map(|name| (name, json!({"type": "null"}))).collect();
        json!({"type": "object", "required": numbered(count), "properties": properties, "additionalProperties": false})
    };
    assert!(broken(Profile::OpenAi, wide(5000)).is_empty());
    assert_eq!(broken(Profile::OpenAi, wide(5001)), ["openai-properties"]);
    // The one name `a` counts too.
    let text = |length: usize| with(json!({"const": "x".repeat(length)}));
    assert!(broken(Profile::OpenAi, text(119_999)).is_empty());
    assert_eq!(broken(Profile::OpenAi, text(120_000)), ["openai-text"]);
}

#[test]
fn gemini_takes_its_own_kind_of_schema() {
    for (argument, rule) in [
        (json!({"$ref": "#/$defs/A"}), "gemini-reference"),
        (json!({"type": ["string", "null"]}), "gemini-type-list"),
        (json!({"type": "integer", "enum": [1, 2]}), "gemini-enum"),
        (json!({"type": "string", "format": "uuid"}), "gemini-format"),
    ] {
        assert!(broken(Profile::Gemini, with(argument)).contains(&rule), "{rule}");
    }
    let fine = json!({"type": "string", "format": "date-time"});
    assert_eq!(broken(Profile::Gemini, with(fine)), ["gemini-keyword"]);
    let mut named = plain();
    named["properties"]["a.b"] = json!({"type": "string"});
    assert!(broken(Profile::Gemini, named).contains(&"gemini-argument-name"));
}

#[test]
fn properties_are_objects_for_typescript() {
    assert_eq!(broken(Profile::StrictTs, with(json!(true))), ["strict-ts-property"]);
    assert_eq!(
        rules(Profile::StrictTs, "tool", 0, plain(), Some(with(json!(false)))),
        ["strict-ts-property"]
    );
}
