//! Proof Key for Code Exchange (RFC 7636), by S256 alone: who asks for a code says what proves later that it asked.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::unguessable::{LENGTH, hash};

/// The challenge of a verifier.
pub(super) fn of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(hash(verifier))
}

/// Whether a text can be a challenge.
pub(super) fn is_one(text: &str) -> bool {
    text.len() == LENGTH
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether this verifier meets the challenge.
pub(super) fn is_met(challenge: &str, verifier: &str) -> bool {
    let is_made_well = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte));
    is_made_well && of(verifier) == challenge
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_is_met_by_its_verifier_alone() {
        // RFC 7636, appendix B.
        let (verifier, challenge) =
            ("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(of(verifier), challenge);
        assert!(is_one(challenge) && is_met(challenge, verifier));
        assert!(!is_met(challenge, &verifier.replace('k', "l")));
        for short in ["", "x", &"x".repeat(42), &"x".repeat(129), &"+".repeat(43)] {
            assert!(!is_met(&of(short), short), "{short}");
        }
        for text in ["", &challenge[1..], &format!("{challenge}A"), &challenge.replace('-', "+")] {
            assert!(!is_one(text), "{text}");
        }
    }
}
