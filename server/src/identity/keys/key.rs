//! One public key.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde_json::Value;

use super::algorithm::{Algorithm, Family};

/// How long the modulus of RSA may be in bytes: shorter ones are guessed, longer ones take long to check.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// The longest exponent of RSA in bytes, for the same reason.
const LONGEST_EXPONENT: usize = 8;

/// A public key that signs tokens.
pub(crate) struct Key {
    /// Its name, where it has one.
    pub(super) kid: Option<String>,
    family: Family,
    /// The one way in which it signs, where it says so.
    only: Option<Algorithm>,
    key: DecodingKey,
}

impl Key {
    /// A key of a set (RFC 7517); nothing where it is of a kind that is not known, or for another use.
    pub(super) fn of_set(written: &Value) -> Option<Self> {
        let text = |name: &str| written.get(name).and_then(Value::as_str);
        let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
        if text("use").is_some_and(|usage| usage != "sig") {
            return None;
        }
        if let Some(operations) = written.get("key_ops").and_then(Value::as_array)
            && !operations.iter().any(|operation| operation == "verify")
        {
            return None;
        }
        let point = |length: usize| {
            let (x, y) = (bytes("x")?, bytes("y")?);
            (x.len() == length && y.len() == length).then(|| [&[4], x.as_slice(), y.as_slice()].concat())
        };
        let (family, key) = match (text("kty")?, text("crv")) {
            ("RSA", _) => {
                let (modulus, exponent) = (bytes("n")?, bytes("e")?);
                let is_sound = MODULUS.contains(&modulus.len()) && exponent.len() <= LONGEST_EXPONENT;
                let key = is_sound.then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))?;
                (Family::Rsa, key)
            }
            ("EC", Some("P-256")) => (Family::P256, DecodingKey::from_ec_der(&point(32)?)),
            ("EC", Some("P-384")) => (Family::P384, DecodingKey::from_ec_der(&point(48)?)),
            ("OKP", Some("Ed25519")) => {
                let key = bytes("x").filter(|key| key.len() == 32)?;
                (Family::Ed25519, DecodingKey::from_ed_der(&key))
            }
            _ => return None,
        };
        let only = match text("alg") {
            Some(name) => Some(Algorithm::named(name).filter(|only| only.family() == family)?),
            None => None,
        };
        Some(Self { kid: text("kid").map(str::to_owned), family, only, key })
    }

    /// A public key in PEM (RFC 7468, section 13).
    pub(super) fn of_pem(text: &str) -> Option<Self> {
        const OF_RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
        const OF_P256: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
        const OF_P384: &[u8] = &[0x2b, 0x81, 0x04, 0x00, 0x22];
        const OF_ED25519: &[u8] = &[0x06, 0x03, 0x2b, 0x65, 0x70];
        let inner =
            text.split_once("-----BEGIN PUBLIC KEY-----")?.1.split_once("-----END PUBLIC KEY-----")?.0;
        let der = STANDARD.decode(inner.split_whitespace().collect::<String>()).ok()?;
        // What kind it is stands at the beginning; the point or number itself is at the end.
        let beginning = &der[..der.len().min(32)];
        let is_of = |name: &[u8]| beginning.windows(name.len()).any(|window| window == name);
        let end = |length: usize| der.len().checked_sub(length).map(|at| &der[at..]);
        let (family, key) = if is_of(OF_RSA) {
            (
                Family::Rsa,
                MODULUS.contains(&(der.len().saturating_sub(38))).then(|| DecodingKey::from_rsa_der(&der))?,
            )
        } else if is_of(OF_P256) {
            (Family::P256, DecodingKey::from_ec_der(end(65)?))
        } else if is_of(OF_P384) {
            (Family::P384, DecodingKey::from_ec_der(end(97)?))
        } else if is_of(OF_ED25519) {
            (Family::Ed25519, DecodingKey::from_ed_der(end(32)?))
        } else {
            return None;
        };
        Some(Self { kid: None, family, only: None, key })
    }

    /// Whether it signs so.
    pub(super) fn is_for(&self, algorithm: Algorithm) -> bool {
        self.family == algorithm.family() && self.only.is_none_or(|only| only == algorithm)
    }

    /// Whether the signature, as tokens have it, is one of this message by this key.
    pub(crate) fn verifies(&self, message: &[u8], signature: &str, algorithm: Algorithm) -> bool {
        let algorithm = algorithm.of_library();
        jsonwebtoken::crypto::verify(signature, message, &self.key, algorithm).unwrap_or(false)
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Key({:?})", self.family)
    }
}
