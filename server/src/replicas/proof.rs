//! The proof that a value in Redis was written by a process that knows the secret, for the very key at which it is found:
//! HMAC-SHA256 (RFC 2104) over the form's number, the key and the bytes.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The form of values: the number, the proof, the bytes. Another form is no value.
const FORM: u8 = 1;
const HEAD: usize = 1 + 32;

/// Puts proofs before values and takes them off.
#[derive(Clone)]
pub(crate) struct Proof(Hmac<Sha256>);

impl std::fmt::Debug for Proof {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Proof")
    }
}

impl Proof {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// The bytes with their proof, for this key.
    pub(crate) fn close(&self, key: &str, bytes: &[u8]) -> Vec<u8> {
        let mut value = Vec::with_capacity(HEAD + bytes.len());
        value.push(FORM);
        value.extend_from_slice(&self.of(key, bytes).finalize().into_bytes());
        value.extend_from_slice(bytes);
        value
    }

    /// The bytes, if one of us wrote them for this key in this form.
    pub(crate) fn open<'v>(&self, key: &str, value: &'v [u8]) -> Option<&'v [u8]> {
        let (&[FORM, ref proof @ ..], bytes) = value.split_first_chunk::<HEAD>()? else { return None };
        // Compared in constant time.
        self.of(key, bytes).verify_slice(proof).ok()?;
        Some(bytes)
    }

    fn of(&self, key: &str, bytes: &[u8]) -> Hmac<Sha256> {
        let length = (key.len() as u64).to_be_bytes();
        self.0.clone().chain_update([FORM]).chain_update(length).chain_update(key).chain_update(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_good_at_its_key_and_whole_and_of_our_secret() {
        let (proof, other) = (Proof::new(&[1; 32]), Proof::new(&[2; 32]));
        let value = proof.close("key", b"bytes");
        assert_eq!(proof.open("key", &value), Some(&b"bytes"[..]));
        assert_eq!(proof.open("ke", &value), None, "moved to another key");
        assert_eq!(other.open("key", &value), None, "another secret");
        for end in 0..value.len() {
            assert_eq!(proof.open("key", &value[..end]), None, "cut at {end}");
        }
        for bit in 0..value.len() * 8 {
            let mut flipped = value.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(proof.open("key", &flipped), None, "bit {bit}");
        }
        assert_eq!(proof.open("key", &proof.close("key", b"")), Some(&b""[..]));
    }
}
