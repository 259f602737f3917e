//! Somebody who vouches for callers: a key, and tokens that it signs.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

/// Its name.
pub const ISSUER: &str = "https://issuer.example";
/// For whom its tokens are.
pub const AUDIENCE: &str = "https://mcp.example.com/mcp";

/// The issuer.
pub struct Issuer(EcdsaKeyPair);

impl Issuer {
    /// One with a new key.
    pub fn new() -> io::Result<Self> {
        EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Self).map_err(io::Error::other)
    }

    /// The public half of its key as a set of one.
    pub fn keys(&self) -> String {
        let point = &self.0.public_key().as_ref()[1..];
        let (x, y) = point.split_at(point.len() / 2);
        let digits = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "kid": "a", "x": digits(x), "y": digits(y) }] })
            .to_string()
    }

    /// A token of somebody with this role, and the scope to read, that is good for an hour.
    pub fn token(&self, role: &str) -> io::Result<String> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_err(io::Error::other)?.as_secs();
        let claims = json!({
            "iss": ISSUER, "aud": AUDIENCE, "sub": "user0", "iat": now, "exp": now + 3600, "roles": [role],
            "scope": "read",
        });
        let head = json!({ "alg": "ES256", "typ": "at+jwt", "kid": "a" });
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let message = format!("{}.{}", part(&head), part(&claims));
        let signature = self.0.sign(&SystemRandom::new(), message.as_bytes()).map_err(io::Error::other)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}
