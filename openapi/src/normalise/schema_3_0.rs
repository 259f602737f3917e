//! Schema Objects of OpenAPI 3.0 to JSON Schema 2020-12: `nullable` becomes the type null, boolean exclusive bounds become
//! numbers, integer formats become bounds, and what has no meaning for a value is left behind.

use serde_json::Value;

use super::schema::{Keywords, Mode, Reading};
use crate::held::{Held, Types};
use crate::hints;
use crate::resolve;
use crate::shape::Form;

const KEYWORDS: &[(&str, Form)] = &[
    ("title", Form::Text),
    ("multipleOf", Form::Number),
    ("maximum", Form::Number),
    ("exclusiveMaximum", Form::Flag),
    ("minimum", Form::Number),
    ("exclusiveMinimum", Form::Flag),
    ("maxLength", Form::Count),
    ("minLength", Form::Count),
    ("pattern", Form::Text),
    ("maxItems", Form::Count),
    ("minItems", Form::Count),
    ("uniqueItems", Form::Flag),
    ("maxProperties", Form::Count),
    ("minProperties", Form::Count),
    ("required", Form::Texts),
    ("enum", Form::List),
    ("type", Form::Any),
    ("not", Form::Any),
    ("allOf", Form::List),
    ("oneOf", Form::List),
    ("anyOf", Form::List),
    ("items", Form::Any),
    ("properties", Form::Object),
    ("additionalProperties", Form::Any),
    ("description", Form::Text),
    ("format", Form::Text),
    ("default", Form::Any),
    ("nullable", Form::Flag),
    ("discriminator", Form::Object),
    ("readOnly", Form::Flag),
    ("writeOnly", Form::Flag),
    ("xml", Form::Object),
    ("externalDocs", Form::Object),
    ("example", Form::Any),
    ("deprecated", Form::Flag),
    ("x-mcp", Form::Any),
];

/// Keywords beside `$ref` whose loss lets more values through.
pub(super) const RULES: &[&str] = &[
    "multipleOf",
    "maximum",
    "minimum",
    "maxLength",
    "minLength",
    "pattern",
    "maxItems",
    "minItems",
    "uniqueItems",
    "maxProperties",
    "minProperties",
    "required",
    "enum",
    "type",
    "not",
    "allOf",
    "oneOf",
    "anyOf",
    "items",
    "properties",
    "additionalProperties",
    "nullable",
];

/// Keywords of later JSON Schema that people write into 3.0 documents.
pub(super) const LATER: &[&str] = &[
    "const",
    "if",
    "then",
    "else",
    "patternProperties",
    "propertyNames",
    "prefixItems",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "unevaluatedItems",
    "$defs",
    "definitions",
    "$id",
    "$schema",
    "$anchor",
    "examples",
    "$comment",
    "contentEncoding",
    "contentMediaType",
    "additionalItems",
];

const DIALECT: Keywords = Keywords { version: "OpenAPI 3.0", known: KEYWORDS, foreign: &[], later: LATER };

/// Reads a Schema Object of 3.0.
pub(super) fn read(mut reading: Reading<'_, '_>, mode: Mode) -> Held {
    let mut held = Held::any(reading.at.place());
    if let Value::Bool(accepts) = reading.at.value {
        let message = "OpenAPI 3.0 has no boolean schemas: write {} or {\"not\": {}}";
        reading.problems.warning("boolean-schema", reading.at.place(), message);
        held.never = !accepts;
        return held;
    }
    if let Some((reference, member)) = resolve::reference(reading.at) {
        held.reference = reading.references.refer(reference, &member, reading.problems);
        reading.ignored_siblings("OpenAPI 3.0");
        held.remarks.hints = hints::schema(reading.at, reading.problems);
        return held;
    }
    reading.keywords(&DIALECT);
    reading.fill(&mut held, mode);
    let nullable = reading.flag("nullable");
    reading.nullable(held, nullable)
}

impl Reading<'_, '_> {
    /// Says what is lost beside a reference.
    pub(super) fn ignored_siblings(&mut self, version: &str) {
        let keys: Vec<&str> = self
            .at
            .members()
            .map(|(key, _)| key)
            .filter(|key| *key != "$ref" && !key.starts_with("x-"))
            .collect();
        if keys.is_empty() {
            return;
        }
        let message = format!("beside `$ref` {version} ignores: {}", keys.join(", "));
        if keys.iter().any(|key| RULES.contains(key)) {
            let message = format!("{message}; put the reference into `allOf` to keep them");
            self.problems.warning("reference-siblings", self.at.place(), message);
        } else {
            self.problems.note("reference-siblings", self.at.place(), message);
        }
    }

    /// `nullable` adds null to what is accepted: to the types, to the listed values, and around a composition.
    pub(super) fn nullable(&mut self, mut held: Held, nullable: bool) -> Held {
        if !nullable {
            return self.without_stray_null(held);
        }
        if let Some(values) = &mut held.enumeration
            && !values.contains(&Value::Null)
        {
            values.push(Value::Null);
        }
        held.types = held.types.map(|types| types.or(Types::NULL));
        if held.is_composed() {
            let remarks = std::mem::take(&mut held.remarks);
            let at = held.at.clone();
            let null = Held::of(at.clone(), Types::NULL);
            return Held { any_of: vec![held, null], remarks, ..Held::any(at) };
        }
        held
    }

    /// Without `nullable` a null among the values of a typed schema is accepted by no reading.
    fn without_stray_null(&mut self, mut held: Held) -> Held {
        if let (Some(types), Some(values)) = (held.types, &mut held.enumeration)
            && !types.has(Types::NULL)
            && values.len() > 1
            && values.contains(&Value::Null)
        {
            let message = "`enum` lists null, but the type excludes it: add `nullable: true` to accept it";
            let place = self.place("enum");
            self.problems.note("enum-null", place, message);
            values.retain(|value| !value.is_null());
        }
        held
    }
}
