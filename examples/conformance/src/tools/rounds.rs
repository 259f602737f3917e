//! Questions of which each ends a round: the work begins anew with what was answered.

use serde_json::{Value, json};
use server::call::{CallError, Reply};
use server::client::{Ability, Ask};
use server::own::{Context, OwnTool};

use super::{Nothing, said, talking};

pub(super) static ELICITATION: OwnTool<Nothing> = talking(
    "test_input_required_result_elicitation",
    "A round with a form",
    "Asks a person for a name.",
    |_, context| {
        Box::pin(async move {
            let answer = context.client().ask("user_name", text("What is your name?", "name")).await?;
            said(format!("Hello, {}!", filled(&answer, "name")))
        })
    },
);

pub(super) static SAMPLING: OwnTool<Nothing> = talking(
    "test_input_required_result_sampling",
    "A round with a question to the model",
    "Asks the client's model.",
    |_, context| {
        Box::pin(async move {
            let ask = Ask::Sample { prompt: "What is the capital of France?".to_owned(), most_tokens: 100 };
            let answer = context.client().ask("capital_question", ask).await?;
            said(answer["content"]["text"].as_str().unwrap_or_default())
        })
    },
);

pub(super) static LIST_ROOTS: OwnTool<Nothing> = talking(
    "test_input_required_result_list_roots",
    "A round with the client's folders",
    "Asks which folders the client works in.",
    |_, context| {
        Box::pin(async move {
            let answer = context.client().ask("client_roots", Ask::Roots).await?;
            said(format!("Roots: {}", answer["roots"]))
        })
    },
);

pub(super) static REQUEST_STATE: OwnTool<Nothing> = talking(
    "test_input_required_result_request_state",
    "A round with a state",
    "Asks a person for a yes, with a state that must come back.",
    |_, context| Box::pin(confirmed(context)),
);

pub(super) static TAMPERED_STATE: OwnTool<Nothing> = talking(
    "test_input_required_result_tampered_state",
    "A round with a state that may be changed",
    "Asks a person for a yes, and refuses a state that was changed.",
    |_, context| Box::pin(confirmed(context)),
);

pub(super) static MULTIPLE_INPUTS: OwnTool<Nothing> = talking(
    "test_input_required_result_multiple_inputs",
    "A round with several questions",
    "Asks a person, the client's model, and the client.",
    |_, context| {
        Box::pin(async move {
            let greeting = Ask::Sample { prompt: "Generate a greeting".to_owned(), most_tokens: 50 };
            let asks = vec![
                ("user_name".to_owned(), text("What is your name?", "name")),
                ("greeting".to_owned(), greeting),
                ("client_roots".to_owned(), Ask::Roots),
            ];
            let answers = context.client().ask_all(asks).await?;
            said(format!(
                "{} {} {}",
                filled(&answers[0], "name"),
                answers[1]["content"]["text"],
                answers[2]["roots"]
            ))
        })
    },
);

pub(super) static MULTI_ROUND: OwnTool<Nothing> = talking(
    "test_input_required_result_multi_round",
    "Two rounds",
    "Asks a person for a name, and then for a colour.",
    |_, context| {
        Box::pin(async move {
            let name = context.client().ask("step1", text("Step 1: What is your name?", "name")).await?;
            let colour =
                context.client().ask("step2", text("Step 2: What is your favorite color?", "color")).await?;
            said(format!("{} likes {}.", filled(&name, "name"), filled(&colour, "color")))
        })
    },
);

pub(super) static CAPABILITIES: OwnTool<Nothing> = talking(
    "test_input_required_result_capabilities",
    "A round by what the client can",
    "Asks what the client can answer, and nothing else.",
    |_, context| {
        Box::pin(async move {
            let mut asks = Vec::new();
            if context.client().can(Ability::Forms) {
                asks.push(("user_name".to_owned(), text("What is your name?", "name")));
            }
            if context.client().can(Ability::Sampling) {
                let ask = Ask::Sample { prompt: "Generate a greeting".to_owned(), most_tokens: 50 };
                asks.push(("greeting".to_owned(), ask));
            }
            let answers = context.client().ask_all(asks).await?;
            said(format!("{} questions were answered.", answers.len()))
        })
    },
);

async fn confirmed(context: Context) -> Result<Reply, CallError> {
    let schema =
        json!({ "type": "object", "properties": { "ok": { "type": "boolean" } }, "required": ["ok"] });
    let answer =
        context.client().ask("confirm", Ask::Form { message: "Please confirm".to_owned(), schema }).await?;
    said(format!("state-ok: {}", answer["content"]["ok"]))
}

fn text(message: &str, field: &str) -> Ask {
    let schema =
        json!({ "type": "object", "properties": { field: { "type": "string" } }, "required": [field] });
    Ask::Form { message: message.to_owned(), schema }
}

fn filled<'a>(answer: &'a Value, field: &str) -> &'a str {
    answer["content"][field].as_str().unwrap_or("stranger")
}
