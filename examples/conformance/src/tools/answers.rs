//! Every form of an answer.

use server::call::{CallError, Reply};
use server::content::{Block, Located};
use server::own::OwnTool;

use super::{Nothing, plain, said};
use crate::samples::{image, sound};

pub(super) static SIMPLE_TEXT: OwnTool<Nothing> =
    plain("test_simple_text", "Simple text", "Answers with a text.", |_, _| {
        Box::pin(async { said("This is a simple text response for testing.") })
    });

pub(super) static IMAGE: OwnTool<Nothing> =
    plain("test_image_content", "Image", "Answers with an image.", |_, _| {
        Box::pin(async { Ok(Reply::blocks(vec![Block::Bytes(image())])) })
    });

pub(super) static AUDIO: OwnTool<Nothing> =
    plain("test_audio_content", "Sound", "Answers with a sound.", |_, _| {
        Box::pin(async { Ok(Reply::blocks(vec![Block::Bytes(sound())])) })
    });

pub(super) static EMBEDDED_RESOURCE: OwnTool<Nothing> =
    plain("test_embedded_resource", "Resource", "Answers with what a resource holds.", |_, _| {
        Box::pin(async {
            let text = "This is an embedded resource content.";
            Ok(Reply::blocks(vec![Block::Located(Located::text(
                "test://embedded-resource",
                "text/plain",
                text,
            ))]))
        })
    });

pub(super) static MULTIPLE: OwnTool<Nothing> = plain(
    "test_multiple_content_types",
    "Several pieces",
    "Answers with a text, an image and a resource.",
    |_, _| {
        Box::pin(async {
            let data = r#"{"test":"data","value":123}"#;
            Ok(Reply::blocks(vec![
                Block::Text("Multiple content types test:".to_owned()),
                Block::Bytes(image()),
                Block::Located(Located::text("test://mixed-content-resource", "application/json", data)),
            ]))
        })
    },
);

pub(super) static ERROR: OwnTool<Nothing> = plain("test_error_handling", "Error", "Always fails.", |_, _| {
    Box::pin(async {
        let message = "This tool intentionally returns an error for testing".to_owned();
        Err(CallError::Declined { message })
    })
});
