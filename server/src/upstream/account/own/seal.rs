//! Encryption at rest: AES-256-GCM by a key that is made of the setting, with a nonce of its own for each secret, and bound to
//! whom and what the secret is for.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::start_error::StartError;

/// The shortest key, in bytes: with a random one of this length there is nothing to try out.
pub const SHORTEST_KEY: usize = 32;
/// How long a nonce of GCM is.
const NONCE: usize = 12;

/// Closes and opens secrets.
pub struct Seal(RandomizedNonceKey);

impl Seal {
    /// The seal of this key.
    pub fn new(key: &SecretString) -> Result<Self, StartError> {
        Self::by(key, "API_CREDENTIALS_KEY", b"callers' credentials 1")
    }

    /// The seal for a purpose, of the key that this setting has.
    pub(crate) fn by(key: &SecretString, setting: &str, purpose: &[u8]) -> Result<Self, StartError> {
        let key = key.expose_secret().as_bytes();
        if key.len() < SHORTEST_KEY {
            return Err(StartError::new(format!(
                "{setting} is too short: it needs {SHORTEST_KEY} bytes or more, such as `openssl rand -hex 32` prints"
            )));
        }
        let mut made = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        made.update(purpose);
        let made: Zeroizing<[u8; 32]> = Zeroizing::new(made.finalize().into_bytes().into());
        let key = RandomizedNonceKey::new(&AES_256_GCM, &*made).expect("32 bytes are a key");
        Ok(Self(key))
    }

    /// A secret, to be opened for the same purpose only.
    pub(crate) fn close(&self, secret: &SecretString, about: &[u8; 32]) -> String {
        // Room for the tag, so that no copy of the secret stays behind where it grew.
        let mut bytes = Vec::with_capacity(secret.expose_secret().len() + AES_256_GCM.tag_len());
        bytes.extend_from_slice(secret.expose_secret().as_bytes());
        let nonce = self.0.seal_in_place_append_tag(Aad::from(about), &mut bytes).expect("AES-GCM seals");
        STANDARD.encode([&nonce.as_ref()[..], &bytes].concat())
    }

    /// What was closed for this purpose; nothing where it was not.
    pub(crate) fn open(&self, sealed: &str, about: &[u8; 32]) -> Option<SecretString> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, bytes) = bytes.split_first_chunk::<NONCE>()?;
        let mut bytes = Zeroizing::new(bytes.to_vec());
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let opened = self.0.open_in_place(nonce, Aad::from(about), &mut bytes).ok()?;
        std::str::from_utf8(opened).ok().map(SecretString::from)
    }
}

impl fmt::Debug for Seal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Seal")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(key: &str) -> Seal {
        Seal::new(&key.repeat(SHORTEST_KEY).into()).expect("a key")
    }

    #[test]
    fn a_secret_is_opened_by_its_key_for_its_purpose_and_no_bit_can_be_flipped() {
        let (about, secret) = ([1; 32], SecretString::from("canary secret"));
        let sealed = seal("a").close(&secret, &about);
        let opened = |sealed: &str, key: &str, about: &[u8; 32]| {
            seal(key).open(sealed, about).map(|secret| secret.expose_secret().to_owned())
        };
        assert_eq!(opened(&sealed, "a", &about).as_deref(), Some("canary secret"));
        assert_eq!(opened(&sealed, "b", &about), None, "another key");
        assert_eq!(opened(&sealed, "a", &[2; 32]), None, "another purpose");
        let bytes = STANDARD.decode(&sealed).expect("base64");
        assert!(!bytes.windows(6).any(|window| window == b"canary"));
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(opened(&STANDARD.encode(flipped), "a", &about), None, "bit {bit}");
        }
        for wrong in ["", "AA==", "no base64", &sealed[4..]] {
            assert_eq!(opened(wrong, "a", &about), None, "{wrong}");
        }
        assert_ne!(seal("a").close(&secret, &about), sealed, "each has a nonce of its own");
    }

    #[test]
    fn a_key_that_can_be_guessed_stops_the_start_and_is_not_repeated() {
        let line = Seal::new(&"k".repeat(SHORTEST_KEY - 1).into()).expect_err("too short").to_string();
        assert!(line.starts_with("API_CREDENTIALS_KEY") && !line.contains("kkkk"), "{line}");
        assert!(Seal::new(&"k".repeat(SHORTEST_KEY).into()).is_ok());
    }
}
