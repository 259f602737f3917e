//! An answer as bytes for another process, and back.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::call::{Attachment, Body, Reply};
use crate::content::Block;
use crate::structured::Structured;

#[derive(Serialize, Deserialize)]
struct Packed {
    status: u16,
    text: String,
    /// Whether the text is the structured answer as JSON.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    told: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    structured: Option<Value>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    attachment: Option<(String, String)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    blocks: Vec<Block>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    notes: Vec<String>,
}

/// The answer as bytes.
pub(crate) fn packed(reply: &Reply) -> Vec<u8> {
    let told = reply.tells_structure();
    let attachment = reply.attachment.as_ref();
    let packed = Packed {
        status: reply.status,
        text: reply.text.clone(),
        told,
        structured: reply.structured.clone().filter(|_| !told).map(Structured::into_value),
        attachment: attachment.map(|file| (file.media_type.clone(), STANDARD.encode(&file.bytes))),
        blocks: reply.blocks.clone(),
        notes: reply.notes.clone(),
    };
    serde_json::to_vec(&packed).expect("text and JSON are JSON")
}

/// The answer that these bytes are, if they are one.
pub(crate) fn unpacked(bytes: &[u8]) -> Option<Reply> {
    let packed: Packed = serde_json::from_slice(bytes).ok()?;
    let structured = match packed.told {
        true => Some(serde_json::from_str(&packed.text).ok()?),
        false => packed.structured,
    };
    let structured = structured.map(Structured::from);
    let attachment = match packed.attachment {
        Some((media_type, bytes)) => Some(Attachment { media_type, bytes: STANDARD.decode(bytes).ok()? }),
        None => None,
    };
    let Packed { status, text, blocks, notes, .. } = packed;
    Some(Reply::new(status, Body { structured, text, attachment, blocks }, notes))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_comes_back_as_it_was() {
        let large: Value = serde_json::from_str("[18446744073709551615, 1e-7, -0.0]").expect("JSON");
        let file = Attachment { media_type: "image/png".to_owned(), bytes: vec![0, 255] };
        let structured = json!({ "b": large, "a": null, "text": "\u{2028}\"" });
        let bare = Reply::text("a sentence");
        for reply in [
            bare.clone(),
            Reply::blocks(vec![Block::Text("one".to_owned()), Block::Bytes(file.clone())]),
            Reply::structured(structured.clone()),
            Reply::new(202, Body { structured: Some(structured.into()), ..Body::clone(&bare) }, Vec::new()),
            Reply::new(200, Body { attachment: Some(file), ..Body::clone(&bare) }, vec!["a note".to_owned()]),
        ] {
            assert_eq!(unpacked(&packed(&reply)), Some(reply));
        }
        assert_eq!(unpacked(b"{}"), None);
    }
}
