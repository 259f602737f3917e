//! A set of keys as a provider publishes it.

use std::sync::Arc;

use serde_json::Value;

use super::algorithm::Algorithm;
use super::key::Key;
use crate::start_error::StartError;

/// How many keys a set may have.
const MOST: usize = 50;

/// Keys of which each can be used.
#[derive(Debug, Default)]
pub(super) struct Set {
    keys: Vec<Arc<Key>>,
    /// One key, pinned without a name: whatever tokens call it.
    is_one: bool,
}

impl Set {
    /// Reads a set (RFC 7517, section 5). A key of a kind that is not known is passed over; that none is left is an error, since
    /// such a set would lock everybody out.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, &'static str> {
        let document: Value = serde_json::from_slice(bytes).map_err(|_| "it is not JSON")?;
        let written = document.get("keys").and_then(Value::as_array).ok_or("it has no list `keys`")?;
        if written.len() > MOST {
            return Err("it has more than 50 keys");
        }
        let keys: Vec<_> = written.iter().filter_map(Key::of_set).map(Arc::new).collect();
        if keys.is_empty() { Err("it has no key that can be used") } else { Ok(Self { keys, is_one: false }) }
    }

    /// Reads what is pinned: a set, or one key in PEM.
    pub(super) fn pinned(text: &str) -> Result<Self, StartError> {
        if text.trim_start().starts_with('{') {
            return Self::read(text.as_bytes()).map_err(|wrong| {
                StartError::new(format!("AUTH_PUBLIC_KEY_FILE: the set of keys cannot be used: {wrong}"))
            });
        }
        let key = Key::of_pem(text).ok_or_else(|| {
            StartError::new(
                "AUTH_PUBLIC_KEY_FILE: expected a public key in PEM (RSA of 2048 bits or more, P-256, P-384, Ed25519) or a set of keys in JSON",
            )
        })?;
        Ok(Self { keys: vec![Arc::new(key)], is_one: true })
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    /// The ways in which tokens may be signed by one of them.
    pub(super) fn algorithms(&self) -> Vec<Algorithm> {
        let can = |algorithm: &Algorithm| self.keys.iter().any(|key| key.is_for(*algorithm));
        Algorithm::ALL.into_iter().map(|(algorithm, _)| algorithm).filter(can).collect()
    }

    /// The key of this name for this algorithm. A token without a name is signed by the key without one.
    pub(super) fn find(&self, kid: Option<&str>, algorithm: Algorithm) -> Option<Arc<Key>> {
        let is_it = |key: &&Arc<Key>| (self.is_one || key.kid.as_deref() == kid) && key.is_for(algorithm);
        self.keys.iter().find(is_it).cloned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn key(kid: &str) -> Value {
        json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
    }

    fn with(name: &str, value: Value) -> Value {
        let mut key = key("a");
        key[name] = value;
        key
    }

    fn read(keys: &[Value]) -> Result<Set, &'static str> {
        Set::read(json!({ "keys": keys }).to_string().as_bytes())
    }

    #[test]
    fn t_28_a_key_that_is_not_known_is_passed_over_and_none_at_all_is_an_error() {
        let odd = [
            json!({ "kty": "new", "kid": "n" }),
            json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "s" }),
            json!({ "kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "short" }),
            json!({ "kty": "EC", "crv": "secp256k1", "x": "AA", "y": "AA" }),
            with("use", json!("enc")),
            with("key_ops", json!(["sign"])),
            with("alg", json!("RS256")),
            with("alg", json!("HS256")),
            with("x", json!("AAAA")),
            json!(7),
        ];
        for key in &odd {
            assert_eq!(
                read(std::slice::from_ref(key)).unwrap_err(),
                "it has no key that can be used",
                "{key}"
            );
        }
        let set =
            read(&[&odd[..], &[key("good"), with("alg", json!("EdDSA"))]].concat()).expect("two are left");
        assert_eq!(set.keys.len(), 2);
        assert!(set.find(Some("good"), Algorithm::EdDsa).is_some());
        assert!(set.find(Some("good"), Algorithm::Rs256).is_none(), "another kind of key");
        assert!(
            set.find(None, Algorithm::EdDsa).is_none() && set.find(Some("s"), Algorithm::EdDsa).is_none()
        );
    }

    #[test]
    fn t_28_a_set_that_is_none_or_too_large_is_refused() {
        for text in ["<html>", "", "[]", "{}", r#"{"keys":{}}"#, r#"{"keys":[]}"#] {
            assert!(Set::read(text.as_bytes()).is_err(), "{text}");
        }
        let many = |count: usize| vec![key("a"); count];
        assert!(read(&many(MOST)).is_ok());
        assert!(read(&many(MOST + 1)).is_err());
    }

    #[test]
    fn what_is_pinned_and_is_no_key_stops_the_start() {
        for text in ["", "secret", "{}", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"] {
            let line = Set::pinned(text).unwrap_err().to_string();
            assert!(line.starts_with("AUTH_PUBLIC_KEY_FILE: ") && !line.contains('\n'), "{line}");
        }
    }
}
