//! The state that goes out with a question and comes back with the answer: a nonce and a time, and a proof by HMAC-SHA256
//! (RFC 2104) that this server put them together for this call. It holds nothing else, so there is nothing to hide.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// What the proof begins with, so that a seal of another kind or form is none of these.
const KIND: &[u8] = b"confirm 1";

/// Names a state, so that it is used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Nonce([u8; 16]);

impl Nonce {
    /// One that was never used.
    pub(super) fn new() -> Self {
        Self(random())
    }
}

/// A state that this server made for the call.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opened {
    /// Its name.
    pub(super) nonce: Nonce,
    /// When it ends, in seconds since 1970.
    pub(super) expires: u64,
}

/// The key of the proofs.
pub(super) struct Seal(Hmac<Sha256>);

impl std::fmt::Debug for Seal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Seal")
    }
}

impl Seal {
    /// A key that no other process has.
    pub(super) fn new() -> Self {
        Self::of(&random::<32>())
    }

    fn of(key: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(key).expect("HMAC takes keys of any length"))
    }

    /// A state for `subject`, good until `expires`.
    pub(super) fn close(&self, subject: &[u8; 32], nonce: Nonce, expires: u64) -> String {
        let mut state = Vec::with_capacity(56);
        state.extend(nonce.0);
        state.extend(expires.to_be_bytes());
        let proof = self.proof(subject, &state).finalize().into_bytes();
        state.extend(proof);
        URL_SAFE_NO_PAD.encode(state)
    }

    /// The state, if it was made for `subject` and has not ended; else why not.
    pub(super) fn open(&self, state: &str, subject: &[u8; 32], now: u64) -> Result<Opened, &'static str> {
        const FORGED: &str = "it was not given out for this call";
        let bytes = URL_SAFE_NO_PAD.decode(state).map_err(|_| FORGED)?;
        let (head, proof) = bytes.split_at_checked(24).ok_or(FORGED)?;
        // Compared in constant time.
        self.proof(subject, head).verify_slice(proof).map_err(|_| FORGED)?;
        let (nonce, expires) = head.split_first_chunk::<16>().ok_or(FORGED)?;
        let expires = u64::from_be_bytes(expires.try_into().map_err(|_| FORGED)?);
        match now < expires {
            true => Ok(Opened { nonce: Nonce(*nonce), expires }),
            false => Err("it has expired"),
        }
    }

    fn proof(&self, subject: &[u8; 32], head: &[u8]) -> Hmac<Sha256> {
        self.0.clone().chain_update(KIND).chain_update(subject).chain_update(head)
    }
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const CALL: [u8; 32] = [7; 32];

    #[test]
    fn a_state_is_good_for_its_call_until_its_time() {
        let (seal, nonce) = (Seal::of(&[1; 32]), Nonce([2; 16]));
        let state = seal.close(&CALL, nonce, 1000);
        assert_eq!(seal.open(&state, &CALL, 999), Ok(Opened { nonce, expires: 1000 }));
        assert_eq!(seal.open(&state, &CALL, 1000), Err("it has expired"));
        let forged = Err("it was not given out for this call");
        assert_eq!(seal.open(&state, &[8; 32], 999), forged, "another call");
        assert_eq!(Seal::of(&[3; 32]).open(&state, &CALL, 999), forged, "another process");
        for wrong in ["", "a", "not base64!", &state[1..], &state[..state.len() - 2], &format!("{state}AA")] {
            assert_eq!(seal.open(wrong, &CALL, 999), forged, "{wrong:?}");
        }
    }

    #[test]
    fn t_2e_no_bit_of_a_state_can_be_flipped() {
        let seal = Seal::of(&[1; 32]);
        let state = URL_SAFE_NO_PAD.decode(seal.close(&CALL, Nonce([2; 16]), 1000)).expect("base64");
        for bit in 0..state.len() * 8 {
            let mut flipped = state.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(seal.open(&URL_SAFE_NO_PAD.encode(flipped), &CALL, 1).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn nonces_differ() {
        assert_ne!(Nonce::new(), Nonce::new());
    }
}
