//! A key as its holder has it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use sha2::Sha256;

use crate::digest;

/// What every key begins with, so that people and secret scanners know one when they see it.
const MARK: &str = "mcpk_";
/// How many characters name a key.
const ID: usize = 16;
/// How many bytes of a key nobody can guess. With so many a plain fast hash is enough: there is nothing to try out.
const SECRET: usize = 32;

/// A key: a name, by which people and the journal know it, and a secret. Its debug form shows the name only.
pub struct Key {
    id: String,
    secret: SecretBox<[u8; SECRET]>,
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Key({})", self.id)
    }
}

impl Key {
    /// A key that nobody else has.
    pub fn make() -> Self {
        let (mut name, mut secret) = ([0; ID / 2], Box::new([0; SECRET]));
        getrandom::fill(&mut name).expect("the system gives random bytes");
        getrandom::fill(&mut *secret).expect("the system gives random bytes");
        Self { id: digest::hex(&name), secret: SecretBox::new(secret) }
    }

    /// Reads a key; nothing where it is not written as one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (id, secret) = text.strip_prefix(MARK)?.split_once('_')?;
        let is_id = id.len() == ID && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let secret = URL_SAFE_NO_PAD.decode(secret).ok().filter(|_| is_id)?;
        Some(Self { id: id.to_owned(), secret: SecretBox::new(Box::new(secret.try_into().ok()?)) })
    }

    /// Whether a text looks like a key, good or not.
    pub(in crate::identity) fn is_like(text: &str) -> bool {
        text.starts_with(MARK)
    }

    /// The key as its holder keeps it. This is the one place where it is shown.
    pub fn reveal(&self) -> SecretString {
        let secret = URL_SAFE_NO_PAD.encode(self.secret.expose_secret());
        format!("{MARK}{}_{secret}", self.id).into()
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What is kept of it: a hash by the key of one list, so that a hash from elsewhere is none here.
    pub(super) fn hash(&self, salt: &[u8]) -> Vec<u8> {
        self.mac(salt).finalize().into_bytes().to_vec()
    }

    /// Whether this is what was kept of it; takes the same time for every answer.
    pub(super) fn is(&self, hash: &[u8], salt: &[u8]) -> bool {
        self.mac(salt).verify_slice(hash).is_ok()
    }

    fn mac(&self, salt: &[u8]) -> Hmac<Sha256> {
        let mac = Hmac::<Sha256>::new_from_slice(salt).expect("HMAC takes keys of any length");
        mac.chain_update("api key 1").chain_update(&self.id).chain_update(self.secret.expose_secret())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_shown_and_otherwise_not_at_all() {
        let key = Key::make();
        let shown = key.reveal().expose_secret().to_owned();
        let read = Key::parse(&shown).expect("a key");
        assert!(read.id() == key.id() && read.is(&key.hash(b"salt"), b"salt"));
        assert!(!read.is(&key.hash(b"other"), b"salt") && !Key::make().is(&key.hash(b"salt"), b"salt"));
        assert!(!format!("{key:?}").contains(shown.splitn(3, '_').nth(2).expect("a secret")));
        for wrong in
            ["", "mcpk_", &shown[1..], &shown[..shown.len() - 1], &format!("{shown}A"), &shown.to_uppercase()]
        {
            assert!(Key::parse(wrong).is_none(), "{wrong}");
        }
    }
}
