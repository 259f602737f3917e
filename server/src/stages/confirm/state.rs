//! The state that goes out with a question and comes back with the answer: a name and a time, sealed for one call.

use super::super::seal::{Seal, random};

/// Names a state, so that it is used once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Nonce(pub(super) [u8; 16]);

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

/// A state for `subject`, good until `expires`.
pub(super) fn close(seal: &Seal, subject: &[u8; 32], nonce: Nonce, expires: u64) -> String {
    let mut head = [0; 24];
    head[..16].copy_from_slice(&nonce.0);
    head[16..].copy_from_slice(&expires.to_be_bytes());
    seal.close(subject, head)
}

/// The state, if it was made for `subject` and has not ended; else why not.
pub(super) fn open(seal: &Seal, state: &str, subject: &[u8; 32], now: u64) -> Result<Opened, &'static str> {
    let head: [u8; 24] = seal.open(state, subject).ok_or("it was not given out for this call")?;
    let (mut nonce, mut expires) = ([0; 16], [0; 8]);
    nonce.copy_from_slice(&head[..16]);
    expires.copy_from_slice(&head[16..]);
    let expires = u64::from_be_bytes(expires);
    match now < expires {
        true => Ok(Opened { nonce: Nonce(nonce), expires }),
        false => Err("it has expired"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_good_for_its_call_until_its_time() {
        let (seal, nonce, call) = (Seal::of(&[1; 32], "confirm 1"), Nonce([2; 16]), [7; 32]);
        let state = close(&seal, &call, nonce, 1000);
        assert_eq!(open(&seal, &state, &call, 999), Ok(Opened { nonce, expires: 1000 }));
        assert_eq!(open(&seal, &state, &call, 1000), Err("it has expired"));
        assert_eq!(open(&seal, &state, &[8; 32], 999), Err("it was not given out for this call"));
    }

    #[test]
    fn nonces_differ() {
        assert_ne!(Nonce::new(), Nonce::new());
    }
}
