//! What is given out and comes back as it was: a value in JSON and a proof by HMAC-SHA256 (RFC 2104) that this server wrote it, as
//! this kind of thing and about this. Nothing of it has to be kept, so nothing of it can be filled; and it hides nothing.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;

/// How long a proof is.
const PROOF: usize = 32;

/// The key of the proofs.
pub(super) struct Seal(Hmac<Sha256>);

impl Seal {
    /// A key that is made of a secret of the settings, so that what was given out is still good after a restart.
    pub(super) fn new(secret: &SecretString) -> Self {
        let keyed = |key: &[u8]| Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        let made = keyed(secret.expose_secret().as_bytes()).chain_update(b"facade 1").finalize();
        Self(keyed(&made.into_bytes()))
    }

    /// A value with its proof.
    pub(super) fn close<T: Serialize>(&self, kind: &'static str, about: &[u8], value: &T) -> String {
        let bytes = serde_json::to_vec(value).expect("what is sealed is JSON");
        let proof = self.proof(kind, about, &bytes).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&proof[..], &bytes].concat())
    }

    /// The value, if this server wrote it.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        kind: &'static str,
        about: &[u8],
        text: &str,
    ) -> Option<T> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (proof, bytes) = bytes.split_first_chunk::<PROOF>()?;
        // Compared in constant time.
        self.proof(kind, about, bytes).verify_slice(proof).ok()?;
        serde_json::from_slice(bytes).ok()
    }

    fn proof(&self, kind: &'static str, about: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
        let fields = [kind.as_bytes(), about, bytes];
        fields.into_iter().fold(self.0.clone(), |proof, field| {
            proof.chain_update((field.len() as u64).to_be_bytes()).chain_update(field)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_is_opened_as_what_it_is_and_no_bit_can_be_flipped() {
        let [seal, other] = ["one", "two"].map(|secret| Seal::new(&secret.into()));
        let sealed = seal.close("kind", b"about", &7);
        assert_eq!(seal.open::<u8>("kind", b"about", &sealed), Some(7));
        assert_eq!(
            Seal::new(&"one".into()).open::<u8>("kind", b"about", &sealed),
            Some(7),
            "after a restart"
        );
        assert_eq!(other.open::<u8>("kind", b"about", &sealed), None, "another secret");
        assert_eq!(seal.open::<u8>("kin", b"dabout", &sealed), None, "another kind");
        assert_eq!(seal.open::<u8>("kind", b"abou", &sealed), None, "about something else");
        let bytes = URL_SAFE_NO_PAD.decode(&sealed).expect("base64");
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let flipped = URL_SAFE_NO_PAD.encode(flipped);
            assert_eq!(seal.open::<u8>("kind", b"about", &flipped), None, "bit {bit}");
        }
        for wrong in ["", "AAAA", "no base64", &sealed[4..]] {
            assert_eq!(seal.open::<u8>("kind", b"about", wrong), None, "{wrong}");
        }
    }
}
