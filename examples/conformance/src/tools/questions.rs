//! Questions on the way: to the client's model, and forms for a person with every kind of field.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use server::call::{CallError, Reply};
use server::client::{Ability, Ask};
use server::own::{Context, OwnTool};

use super::{Nothing, said, talking};

/// What the model is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Prompt {
    /// The question.
    prompt: String,
}

/// What a person is shown.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Shown {
    /// What the form is about.
    message: String,
}

pub(super) static SAMPLING: OwnTool<Prompt> = talking(
    "test_sampling",
    "A question to the model",
    "Asks the client's model.",
    |Prompt { prompt }, context| {
        Box::pin(async move {
            let answer = context.client().ask("sampling", Ask::Sample { prompt, most_tokens: 100 }).await?;
            said(format!("LLM response: {}", answer["content"]["text"].as_str().unwrap_or_default()))
        })
    },
);

pub(super) static MISSING_CAPABILITY: OwnTool<Nothing> = talking(
    "test_missing_capability",
    "What only some clients can",
    "Needs a client that lets its model be asked.",
    |_, context| {
        Box::pin(async move {
            match context.client().can(Ability::Sampling) {
                true => said("The client lets its model be asked."),
                false => Err(CallError::Incapable { ability: Ability::Sampling }),
            }
        })
    },
);

pub(super) static ELICITATION: OwnTool<Shown> = talking(
    "test_elicitation",
    "A form",
    "Asks a person for name and address.",
    |Shown { message }, context| {
        let field = |description: &str| json!({ "type": "string", "description": description });
        let schema = json!({
            "type": "object",
            "properties": { "username": field("User's response"), "email": field("User's email address") },
            "required": ["username", "email"],
        });
        Box::pin(filled(context, message, schema, "User response"))
    },
);

pub(super) static STREAMING_ELICITATION: OwnTool<Nothing> = talking(
    "test_streaming_elicitation",
    "A form on a stream",
    "Asks a person something; what goes over the stream is no request.",
    |_, context| {
        let schema = json!({ "type": "object", "properties": { "answer": { "type": "string" } }, "required": ["answer"] });
        Box::pin(filled(context, "What is the answer?".to_owned(), schema, "Elicitation completed"))
    },
);

pub(super) static DEFAULTS: OwnTool<Nothing> = talking(
    "test_elicitation_sep1034_defaults",
    "A form with defaults",
    "Asks a person, with a default in every field.",
    |_, context| {
        let schema = json!({
            "type": "object",
            "properties": {
                "name": { "type": "string", "default": "John Doe" },
                "age": { "type": "integer", "default": 30 },
                "score": { "type": "number", "default": 95.5 },
                "status": { "type": "string", "enum": ["active", "inactive", "pending"], "default": "active" },
                "verified": { "type": "boolean", "default": true },
            },
        });
        Box::pin(filled(
            context,
            "Please check what is filled in.".to_owned(),
            schema,
            "Elicitation completed",
        ))
    },
);

pub(super) static ENUMS: OwnTool<Nothing> = talking(
    "test_elicitation_sep1330_enums",
    "A form with choices",
    "Asks a person, with every kind of choice.",
    |_, context| {
        let plain = ["option1", "option2", "option3"];
        let titled = |titles: [&str; 3]| {
            let values = ["value1", "value2", "value3"].into_iter().zip(titles);
            values.map(|(value, title)| json!({ "const": value, "title": title })).collect::<Vec<Value>>()
        };
        let schema = json!({
            "type": "object",
            "properties": {
                "untitledSingle": { "type": "string", "enum": plain },
                "titledSingle": { "type": "string", "oneOf": titled(["First Option", "Second Option", "Third Option"]) },
                "legacyEnum": {
                    "type": "string",
                    "enum": ["opt1", "opt2", "opt3"],
                    "enumNames": ["Option One", "Option Two", "Option Three"],
                },
                "untitledMulti": { "type": "array", "items": { "type": "string", "enum": plain } },
                "titledMulti": {
                    "type": "array",
                    "items": { "anyOf": titled(["First Choice", "Second Choice", "Third Choice"]) },
                },
            },
        });
        Box::pin(filled(context, "Please choose.".to_owned(), schema, "Elicitation completed"))
    },
);

async fn filled(context: Context, message: String, schema: Value, said_of: &str) -> Result<Reply, CallError> {
    let answer = context.client().ask("form", Ask::Form { message, schema }).await?;
    let action = answer["action"].as_str().unwrap_or_default();
    said(format!("{said_of}: action={action}, content={}", answer["content"]))
}
