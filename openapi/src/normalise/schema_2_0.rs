//! Schema Objects of Swagger 2.0: those of 3.0 without choices and `nullable`. Parameters, headers and items outside of a
//! body say in the same keywords, but among members of their own, what a value may be.

use std::sync::LazyLock;

use serde_json::{Value, json};

use super::references::References;
use super::schema::{Keywords, Mode, Reading};
use super::schema_3_0::LATER;
use crate::held::Held;
use crate::hints;
use crate::problems::Problems;
use crate::resolve;
use crate::shape::Form;
use crate::store::At;

/// The types and formats that are read into a schema that does not say them.
static STRING: LazyLock<Value> = LazyLock::new(|| json!("string"));
static BINARY: LazyLock<Value> = LazyLock::new(|| json!("binary"));

const KEYWORDS: &[(&str, Form)] = &[
    ("title", Form::Text),
    ("description", Form::Text),
    ("default", Form::Any),
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
    ("format", Form::Text),
    ("items", Form::Any),
    ("allOf", Form::List),
    ("properties", Form::Object),
    ("additionalProperties", Form::Any),
    ("discriminator", Form::Text),
    ("readOnly", Form::Flag),
    ("xml", Form::Object),
    ("externalDocs", Form::Object),
    ("example", Form::Any),
    ("collectionFormat", Form::Text),
    ("x-nullable", Form::Flag),
    ("x-mcp", Form::Any),
];

/// The members of a parameter or header that stands outside of a body.
const INLINE: &[(&str, Form)] = &[
    ("name", Form::Text),
    ("in", Form::Text),
    ("description", Form::Text),
    ("required", Form::Flag),
    ("type", Form::Text),
    ("format", Form::Text),
    ("allowEmptyValue", Form::Flag),
    ("items", Form::Object),
    ("collectionFormat", Form::Text),
    ("default", Form::Any),
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
    ("enum", Form::List),
    ("multipleOf", Form::Number),
    ("x-nullable", Form::Flag),
    ("x-mcp", Form::Any),
];

/// Of OpenAPI 3.0, beside what came later still.
const NEXT: &[&str] = &["oneOf", "anyOf", "not", "nullable", "writeOnly", "deprecated"];

/// Reads a Schema Object of 2.0.
pub(super) fn read(mut reading: Reading<'_, '_>, mode: Mode) -> Held {
    let mut held = Held::any(reading.at.place());
    if let Value::Bool(accepts) = reading.at.value {
        let message = "Swagger 2.0 has no boolean schemas: write {}";
        reading.problems.warning("boolean-schema", reading.at.place(), message);
        held.never = !accepts;
        return held;
    }
    if let Some((reference, member)) = resolve::reference(reading.at) {
        held.reference = reading.references.refer(reference, &member, reading.problems);
        reading.ignored_siblings("Swagger 2.0");
        held.remarks.hints = hints::schema(reading.at, reading.problems);
        return held;
    }
    reading.keywords(&Keywords { version: "Swagger 2.0", known: KEYWORDS, foreign: NEXT, later: LATER });
    if let Some(format) = reading.text("collectionFormat").filter(|format| format != "csv") {
        let message = format!("`collectionFormat: {format}` of a list inside a list is not carried");
        let place = reading.place("collectionFormat");
        reading.problems.error("collection-format", place, message);
    }
    reading.finish(held, mode)
}

/// Reads what a parameter or header outside of a body may be.
pub(super) fn read_inline<'a>(at: &At<'a>, references: &mut References<'a>, problems: &mut Problems) -> Held {
    let mut reading = Reading::new(at, references, problems, read);
    reading.keywords(&Keywords {
        version: "a Swagger 2.0 parameter",
        known: INLINE,
        foreign: NEXT,
        later: LATER,
    });
    if !reading.sound.has("type") {
        let message = "the parameter has no `type`; it is read as text";
        reading.problems.error("parameter-schema", at.place(), message);
        reading.sound.add("type", &STRING);
    }
    let mut held = reading.finish(Held::any(at.place()), Mode::Part);
    // It is the parameter's own, and said there.
    held.remarks.description.clear();
    held
}

impl Reading<'_, '_> {
    fn finish(mut self, mut held: Held, mode: Mode) -> Held {
        let is_file = self.sound.get("type").is_some_and(|name| name == "file");
        if is_file {
            self.sound.set("type", &STRING);
            self.sound.set("format", &BINARY);
        }
        self.fill(&mut held, mode);
        let nullable = self.flag("x-nullable");
        self.nullable(held, nullable)
    }
}
