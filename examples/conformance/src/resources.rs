//! The resources: a text, an image, one of many, and one that changes.

use serde_json::json;
use server::content::Located;
use server::resources::{OwnResource, Reading};

use crate::samples::PIXEL;

/// What a tool of the suite changes.
pub(crate) const WATCHED: &str = "test://watched-resource";

/// All of them.
pub static RESOURCES: &[OwnResource] = &[TEXT, BINARY, MANY, CHANGING];

const TEXT: OwnResource = OwnResource {
    uri: "test://static-text",
    name: "static_text",
    title: "A text",
    description: "A text that never changes.",
    media_type: "text/plain",
    tool: None,
    choices: &[],
    read: |reading| {
        Box::pin(async { text(reading, "text/plain", "This is the content of the static text resource.") })
    },
};

const BINARY: OwnResource = OwnResource {
    uri: "test://static-binary",
    name: "static_binary",
    title: "An image",
    description: "An image of one pixel.",
    media_type: "image/png",
    tool: None,
    choices: &[],
    read: |reading| Box::pin(async { Ok(vec![Located::bytes(reading.uri, "image/png", PIXEL)]) }),
};

const MANY: OwnResource = OwnResource {
    uri: "test://template/{id}/data",
    name: "template_data",
    title: "Data of one of many",
    description: "What there is to know of one of many.",
    media_type: "application/json",
    tool: None,
    choices: &[("id", &["123", "456"])],
    read: |reading| {
        Box::pin(async {
            let id = reading.values.get("id").cloned().unwrap_or_default();
            let data = json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") });
            text(reading, "application/json", data.to_string())
        })
    },
};

const CHANGING: OwnResource = OwnResource {
    uri: WATCHED,
    name: "watched_resource",
    title: "What changes",
    description: "A text that the tool test_touch_watched_resource calls another one.",
    media_type: "text/plain",
    tool: None,
    choices: &[],
    read: |reading| Box::pin(async { text(reading, "text/plain", "What was watched.") }),
};

fn text(
    reading: Reading,
    media_type: &str,
    text: impl Into<String>,
) -> Result<Vec<Located>, server::call::CallError> {
    Ok(vec![Located::text(reading.uri, media_type, text)])
}
