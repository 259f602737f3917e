//! What a client is asked, and what counts as an answer.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The extension of the protocol by which clients come back for answers.
const TASKS: &str = "io.modelcontextprotocol/tasks";

/// Something that a client may be able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ability {
    /// To show a form to a person.
    Forms,
    /// To ask its model.
    Sampling,
    /// To tell which folders it works in.
    Roots,
    /// To come back for an answer.
    Tasks,
}

impl Ability {
    /// The name of the client's capability, or of its extension.
    pub fn word(self) -> &'static str {
        match self {
            Self::Forms => "elicitation",
            Self::Sampling => "sampling",
            Self::Roots => "roots",
            Self::Tasks => TASKS,
        }
    }
}

/// A question to a client.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Ask {
    /// A form for a person. Secrets must not be asked for.
    Form {
        /// What it is about.
        message: String,
        /// Its fields: an object of text, numbers, yes or no, and choices.
        schema: Value,
    },
    /// A question to the client's model.
    Sample {
        /// What a user would write.
        prompt: String,
        /// The longest answer, in tokens.
        most_tokens: u32,
    },
    /// The folders that the client works in.
    Roots,
}

impl Ask {
    /// What a client must be able to do.
    pub fn ability(&self) -> Ability {
        match self {
            Self::Form { .. } => Ability::Forms,
            Self::Sample { .. } => Ability::Sampling,
            Self::Roots => Ability::Roots,
        }
    }

    /// The question as a request of the protocol: its method and its parameters.
    pub(crate) fn request(&self) -> Value {
        match self {
            Self::Form { message, schema } => json!({
                "method": "elicitation/create",
                "params": { "mode": "form", "message": message, "requestedSchema": schema },
            }),
            Self::Sample { prompt, most_tokens } => {
                let content = json!({ "type": "text", "text": prompt });
                json!({
                    "method": "sampling/createMessage",
                    "params": { "messages": [{ "role": "user", "content": content }], "maxTokens": most_tokens },
                })
            }
            Self::Roots => json!({ "method": "roots/list", "params": {} }),
        }
    }

    /// Whether this is an answer to it. A form that a person did not fill in is answered by that.
    pub(crate) fn is_answered_by(&self, answer: &Value) -> bool {
        match self {
            Self::Form { schema, .. } => match answer["action"].as_str() {
                Some("decline" | "cancel") => true,
                Some("accept") => {
                    answer.get("content").is_some_and(|content| jsonschema::is_valid(schema, content))
                }
                _ => false,
            },
            Self::Sample { .. } => answer["role"].is_string() && !answer["content"].is_null(),
            Self::Roots => answer["roots"].is_array(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_has_the_form_that_was_asked_for() {
        let schema =
            json!({ "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] });
        let form = Ask::Form { message: String::new(), schema };
        let sample = Ask::Sample { prompt: String::new(), most_tokens: 1 };
        for (ask, answer, expected) in [
            (&form, json!({ "action": "accept", "content": { "ok": true } }), true),
            (&form, json!({ "action": "accept", "content": { "ok": "yes" } }), false),
            (&form, json!({ "action": "accept", "content": {} }), false),
            (&form, json!({ "action": "accept" }), false),
            (&form, json!({ "action": "decline" }), true),
            (&form, json!({ "action": "Decline" }), false),
            (&form, json!(12345), false),
            (&sample, json!({ "role": "assistant", "content": { "type": "text", "text": "x" } }), true),
            (&sample, json!({ "role": "assistant" }), false),
            (&Ask::Roots, json!({ "roots": [] }), true),
            (&Ask::Roots, json!({ "roots": 1 }), false),
        ] {
            assert_eq!(ask.is_answered_by(&answer), expected, "{ask:?} {answer}");
        }
    }
}
