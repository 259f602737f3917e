//! What this server gives out and takes back as it was: some bytes, and a proof by HMAC-SHA256 (RFC 2104) that this server
//! put them together for a subject. They hold nothing that is to be hidden.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The key of the proofs.
pub(crate) struct Seal {
    key: Hmac<Sha256>,
    /// What a proof begins with, so that a seal of another kind or form is none of these.
    kind: &'static str,
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Seal({})", self.kind)
    }
}

impl Seal {
    /// A key that no other process has.
    pub(crate) fn new(kind: &'static str) -> Self {
        Self::of(&random::<32>(), kind)
    }

    pub(crate) fn of(key: &[u8; 32], kind: &'static str) -> Self {
        Self { key: Hmac::new_from_slice(key).expect("HMAC takes keys of any length"), kind }
    }

    /// These bytes, sealed for `subject`.
    pub(crate) fn close<const N: usize>(&self, subject: &[u8; 32], bytes: [u8; N]) -> String {
        let proof = self.proof(subject, &bytes).finalize().into_bytes();
        URL_SAFE_NO_PAD.encode([&bytes[..], &proof[..]].concat())
    }

    /// What was sealed for `subject`; nothing where this server did not do it.
    pub(crate) fn open<const N: usize>(&self, sealed: &str, subject: &[u8; 32]) -> Option<[u8; N]> {
        let bytes = URL_SAFE_NO_PAD.decode(sealed).ok()?;
        let (bytes, proof) = bytes.split_first_chunk::<N>()?;
        // Compared in constant time.
        self.proof(subject, bytes).verify_slice(proof).ok()?;
        Some(*bytes)
    }

    fn proof(&self, subject: &[u8; 32], bytes: &[u8]) -> Hmac<Sha256> {
        self.key.clone().chain_update(self.kind).chain_update(subject).chain_update(bytes)
    }
}

/// Bytes that nobody can guess.
pub(super) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUBJECT: [u8; 32] = [7; 32];

    #[test]
    fn what_was_sealed_is_opened_for_its_subject_by_its_kind_and_key() {
        let seal = Seal::of(&[1; 32], "one");
        let sealed = seal.close(&SUBJECT, [2; 8]);
        assert_eq!(seal.open(&sealed, &SUBJECT), Some([2; 8]));
        assert_eq!(seal.open::<8>(&sealed, &[8; 32]), None, "another subject");
        assert_eq!(Seal::of(&[1; 32], "two").open::<8>(&sealed, &SUBJECT), None, "another kind");
        assert_eq!(Seal::of(&[3; 32], "one").open::<8>(&sealed, &SUBJECT), None, "another process");
        assert_eq!(seal.open::<7>(&sealed, &SUBJECT), None, "another length");
        for wrong in
            ["", "a", "not base64!", &sealed[1..], &sealed[..sealed.len() - 2], &format!("{sealed}AA")]
        {
            assert_eq!(seal.open::<8>(wrong, &SUBJECT), None, "{wrong:?}");
        }
    }

    #[test]
    fn t_2e_no_bit_of_what_is_sealed_can_be_flipped() {
        let seal = Seal::of(&[1; 32], "one");
        let sealed = URL_SAFE_NO_PAD.decode(seal.close(&SUBJECT, [2; 24])).expect("base64");
        for bit in 0..sealed.len() * 8 {
            let mut flipped = sealed.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(seal.open::<24>(&URL_SAFE_NO_PAD.encode(flipped), &SUBJECT).is_none(), "bit {bit}");
        }
    }
}
