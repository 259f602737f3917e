//! What answers, prompts and resources are made of, whatever the protocol calls it.

use serde::{Deserialize, Serialize};

use crate::call::Attachment;

/// A piece of an answer or of a prompt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Block {
    /// Words.
    Text(String),
    /// An image, a sound or other bytes.
    Bytes(Attachment),
    /// What is at an address.
    Located(Located),
}

/// What is at an address.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Located {
    /// The address.
    pub uri: String,
    /// Its media type.
    pub media_type: String,
    /// What is there.
    pub piece: Piece,
}

impl Block {
    /// How many bytes it holds.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Bytes(attachment) => attachment.bytes.len() + attachment.media_type.len(),
            Self::Located(Located { uri, media_type, piece }) => {
                let held = match piece {
                    Piece::Text(text) => text.len(),
                    Piece::Bytes(bytes) => bytes.len(),
                };
                uri.len() + media_type.len() + held
            }
        }
    }
}

impl Located {
    /// A text at this address.
    pub fn text(uri: impl Into<String>, media_type: impl Into<String>, text: impl Into<String>) -> Self {
        Self { uri: uri.into(), media_type: media_type.into(), piece: Piece::Text(text.into()) }
    }

    /// Bytes at this address.
    pub fn bytes(uri: impl Into<String>, media_type: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { uri: uri.into(), media_type: media_type.into(), piece: Piece::Bytes(bytes.into()) }
    }
}

/// Text or bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Piece {
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}
