//! The smallest image and the smallest sound.

use server::call::Attachment;

/// A PNG of one red pixel.
pub(crate) const PIXEL: &[u8] = &[
    0x89, b'P', b'N', b'G', 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 0x0d, b'I', b'H', b'D', b'R', 0, 0, 0, 1, 0, 0,
    0, 1, 8, 2, 0, 0, 0, 0x90, 0x77, 0x53, 0xde, 0, 0, 0, 0x0c, b'I', b'D', b'A', b'T', 0x78, 0x9c, 0x63,
    0xf8, 0xcf, 0xc0, 0, 0, 3, 1, 1, 0, 0xc9, 0xfe, 0x92, 0xef, 0, 0, 0, 0, b'I', b'E', b'N', b'D', 0xae,
    0x42, 0x60, 0x82,
];

/// A WAV of silence: 8 kHz, 8 bits, one channel, one sample.
const SILENCE: &[u8] = &[
    b'R', b'I', b'F', b'F', 0x26, 0, 0, 0, b'W', b'A', b'V', b'E', b'f', b'm', b't', b' ', 0x10, 0, 0, 0, 1,
    0, 1, 0, 0x40, 0x1f, 0, 0, 0x40, 0x1f, 0, 0, 1, 0, 8, 0, b'd', b'a', b't', b'a', 1, 0, 0, 0, 0x80, 0,
];

/// The image.
pub(crate) fn image() -> Attachment {
    Attachment { media_type: "image/png".to_owned(), bytes: PIXEL.to_vec() }
}

/// The sound.
pub(crate) fn sound() -> Attachment {
    Attachment { media_type: "audio/wav".to_owned(), bytes: SILENCE.to_vec() }
}
