//! A schema with the keywords of JSON Schema 2020-12 that are easily lost.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde_json::json;
use server::own::OwnTool;

use super::{plain, said};

/// Somebody and a way to reach them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Contact {
    name: Option<String>,
    address: Option<Address>,
    contact_method: Option<Method>,
    phone: Option<String>,
    email: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Address {
    street: Option<String>,
    city: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Method {
    Phone,
    Email,
}

impl JsonSchema for Contact {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        "Contact".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = || json!({ "type": "string" });
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "$defs": {
                "address": {
                    "$anchor": "addressDef",
                    "type": "object",
                    "properties": { "street": text(), "city": text() },
                    "additionalProperties": false,
                },
            },
            "properties": {
                "name": text(),
                "address": { "$ref": "#/$defs/address" },
                "contactMethod": { "type": "string", "enum": ["phone", "email"] },
                "phone": text(),
                "email": text(),
            },
            "allOf": [{ "anyOf": [{ "required": ["phone"] }, { "required": ["email"] }] }],
            "if": { "properties": { "contactMethod": { "const": "phone" } }, "required": ["contactMethod"] },
            "then": { "required": ["phone"] },
            "else": { "required": ["email"] },
            "additionalProperties": false,
        });
        Schema::try_from(schema).expect("an object is a schema")
    }
}

pub(super) static JSON_SCHEMA: OwnTool<Contact> = plain(
    "json_schema_2020_12_tool",
    "A rich schema",
    "Tool with JSON Schema 2020-12 features.",
    |contact, _| {
        Box::pin(async move {
            let Contact { name, address, contact_method, phone, email } = contact;
            let place = address
                .map(|Address { street, city }| [street, city].into_iter().flatten().collect::<Vec<_>>());
            let by = match contact_method {
                Some(Method::Phone) => phone,
                Some(Method::Email) => email,
                None => phone.or(email),
            };
            said(format!("{name:?} at {place:?} by {by:?}"))
        })
    },
);
