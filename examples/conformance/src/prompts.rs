//! The prompts: with and without arguments, with an image, with a resource, and one that asks back.

use serde_json::json;
use server::call::CallError;
use server::catalog::PromptArgument;
use server::client::Ask;
use server::content::{Block, Located};
use server::prompts::{Getting, Message, OwnPrompt, Role};

use crate::samples::image;

/// All of them.
pub static PROMPTS: &[OwnPrompt] = &[SIMPLE, WITH_ARGUMENTS, WITH_RESOURCE, WITH_IMAGE, ASKING];

const SIMPLE: OwnPrompt = OwnPrompt {
    name: "test_simple_prompt",
    title: "A simple prompt",
    description: "A prompt without arguments.",
    arguments: &[],
    choices: &[],
    tools: &[],
    get: |_| Box::pin(async { Ok(vec![says("This is a simple prompt for testing.")]) }),
};

const WITH_ARGUMENTS: OwnPrompt = OwnPrompt {
    name: "test_prompt_with_arguments",
    title: "A prompt with arguments",
    description: "A prompt that repeats its arguments.",
    arguments: &[
        PromptArgument { name: "arg1", description: "The first argument.", required: true },
        PromptArgument { name: "arg2", description: "The second argument.", required: true },
    ],
    choices: &[("arg1", &["paris", "park", "party", "test", "testing"])],
    tools: &[],
    get: |getting| {
        Box::pin(async move {
            let (one, two) = (argument(&getting, "arg1"), argument(&getting, "arg2"));
            Ok(vec![says(format!("Prompt with arguments: arg1='{one}', arg2='{two}'"))])
        })
    },
};

const WITH_RESOURCE: OwnPrompt = OwnPrompt {
    name: "test_prompt_with_embedded_resource",
    title: "A prompt with a resource",
    description: "A prompt that shows a resource.",
    arguments: &[PromptArgument {
        name: "resourceUri",
        description: "The resource's address.",
        required: true,
    }],
    choices: &[],
    tools: &[],
    get: |getting| {
        Box::pin(async move {
            let uri = argument(&getting, "resourceUri");
            let resource = Located::text(uri, "text/plain", "Embedded resource content for testing.");
            Ok(vec![shows(Block::Located(resource)), says("Please process the embedded resource above.")])
        })
    },
};

const WITH_IMAGE: OwnPrompt = OwnPrompt {
    name: "test_prompt_with_image",
    title: "A prompt with an image",
    description: "A prompt that shows an image.",
    arguments: &[],
    choices: &[],
    tools: &[],
    get: |_| {
        Box::pin(async { Ok(vec![shows(Block::Bytes(image())), says("Please analyze the image above.")]) })
    },
};

const ASKING: OwnPrompt = OwnPrompt {
    name: "test_input_required_result_prompt",
    title: "A prompt that asks back",
    description: "A prompt that asks a person for its context.",
    arguments: &[],
    choices: &[],
    tools: &[],
    get: |getting| Box::pin(asking(getting)),
};

async fn asking(getting: Getting) -> Result<Vec<Message>, CallError> {
    let schema = json!({
        "type": "object", "properties": { "context": { "type": "string" } }, "required": ["context"],
    });
    let form = Ask::Form { message: "What context should the prompt use?".to_owned(), schema };
    let answer = getting.client.ask("user_context", form).await?;
    let context = answer["content"]["context"].as_str().unwrap_or("none");
    Ok(vec![says(format!("Use this context: {context}"))])
}

fn argument(getting: &Getting, name: &str) -> String {
    getting.arguments.get(name).cloned().unwrap_or_default()
}

fn says(text: impl Into<String>) -> Message {
    shows(Block::Text(text.into()))
}

fn shows(block: Block) -> Message {
    Message { role: Role::User, block }
}
