//! Texts that nobody can guess, and the names under which they are kept: who reads what this server keeps finds none of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

/// What such a text is kept as.
pub(super) type Hash = [u8; 32];

/// How long a text of 256 bits is.
pub(super) const LENGTH: usize = 43;

/// So many bytes that nobody can guess.
pub(super) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

/// A text of 256 bits.
pub(super) fn text() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<32>())
}

/// What a text is kept as.
pub(super) fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}
