//! Pairs of schemas and what is to be found of them.

use serde_json::{Value, json};

use super::{Comparison, Verdict};
use crate::drift::schema::Definitions;

fn within(from: &Value, to: &Value) -> Verdict {
    Comparison::new(Definitions::of(from), Definitions::of(to)).within(from, to)
}

fn same(one: &Value, other: &Value) {
    assert_eq!(within(one, other), Verdict::Yes, "{one} within {other}");
    assert_eq!(within(other, one), Verdict::Yes, "{other} within {one}");
}

fn narrower(one: &Value, other: &Value) {
    assert_eq!(within(one, other), Verdict::Yes, "{one} within {other}");
    assert!(
        matches!(within(other, one), Verdict::No(Some(_))),
        "{other} within {one}: {:?}",
        within(other, one)
    );
}

#[test]
fn spelling_does_not_matter() {
    same(&json!({"enum": ["a", "b"]}), &json!({"anyOf": [{"const": "b"}, {"const": "a"}]}));
    same(&json!({"type": ["string", "null"]}), &json!({"oneOf": [{"type": "null"}, {"type": "string"}]}));
    same(
        &json!({"type": "integer", "minimum": 1}),
        &json!({"type": "number", "multipleOf": 1, "exclusiveMinimum": 0}),
    );
    same(&json!({"type": "boolean"}), &json!({"enum": [true, false]}));
    same(
        &json!({"type": "string", "pattern": "^[ab]$"}),
        &json!({"type": "string", "pattern": "^(a|b)$", "maxLength": 1}),
    );
    same(
        &json!({"allOf": [{"minLength": 1}, {"maxLength": 3}], "type": "string"}),
        &json!({"type": "string", "minLength": 1, "maxLength": 3}),
    );
    same(
        &json!({"not": {"type": "null"}}),
        &json!({"type": ["boolean", "number", "string", "array", "object"]}),
    );
    same(&json!({"type": "string", "format": "password"}), &json!({"type": "string"}));
}

#[test]
fn narrower_is_told_from_wider_by_a_value() {
    narrower(&json!({"type": "string", "maxLength": 4}), &json!({"type": "string", "maxLength": 5}));
    narrower(&json!({"type": "integer"}), &json!({"type": "number"}));
    narrower(&json!({"type": "integer", "multipleOf": 6}), &json!({"type": "integer", "multipleOf": 3}));
    narrower(&json!({"type": "string", "format": "date"}), &json!({"type": "string"}));
    narrower(
        &json!({"type": "array", "items": {"enum": [1]}, "maxItems": 2}),
        &json!({"type": "array", "items": {"enum": [1, 2]}, "maxItems": 2}),
    );
    narrower(
        &json!({"type": "array", "items": {"type": "string"}, "uniqueItems": true}),
        &json!({"type": "array", "items": {"type": "string"}}),
    );
    narrower(
        &json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
        &json!({"type": "object", "properties": {"a": {"type": "string"}}}),
    );
    narrower(&json!({"type": "object", "additionalProperties": false}), &json!({"type": "object"}));
    narrower(&json!({"type": "object", "maxProperties": 1}), &json!({"type": "object", "maxProperties": 2}));
    narrower(
        &json!({"type": "object", "patternProperties": {"^a": {"type": "string"}}, "additionalProperties": false}),
        &json!({"type": "object"}),
    );
}

#[test]
fn a_choice_is_split_by_the_member_that_tells() {
    let part = |kind: &str, rule: Value| json!({"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind}, "size": rule}});
    let whole = json!({"type": "object", "required": ["kind"], "properties": {"kind": {"enum": ["a", "b"]}, "size": {"type": "integer"}}});
    same(
        &whole,
        &json!({"oneOf": [part("a", json!({"type": "integer"})), part("b", json!({"type": "integer"}))]}),
    );
    narrower(
        &json!({"oneOf": [part("a", json!({"type": "integer"})), part("b", json!({"type": "integer", "minimum": 0}))]}),
        &whole,
    );
}

#[test]
fn recursion_is_compared_by_assumption() {
    let tree = |leaf: Value, key: &str| json!({"$ref": format!("#/$defs/{key}"), "$defs": {key: {"type": "object", "properties": {"leaf": leaf, "next": {"type": "array", "items": {"$ref": format!("#/$defs/{key}")}}}}}});
    same(&tree(json!({"type": "string"}), "Tree"), &tree(json!({"type": "string"}), "Node"));
    narrower(&tree(json!({"type": "string"}), "Tree"), &tree(json!({"type": ["string", "null"]}), "Tree"));
}

#[test]
fn what_cannot_be_decided_is_not_called_the_same() {
    let overlapping =
        json!({"oneOf": [{"type": "integer", "minimum": 0}, {"type": "integer", "multipleOf": 7}]});
    let other = json!({"oneOf": [{"type": "integer", "multipleOf": 7}, {"type": "integer", "minimum": 0, "maximum": 9000000}]});
    assert_ne!(within(&overlapping, &other), Verdict::Yes);
    let lookaround = json!({"type": "string", "pattern": r"^\w+\b$"});
    assert_eq!(within(&lookaround, &json!({"type": "string", "pattern": r"^\w+$"})), Verdict::Unknown);
}
