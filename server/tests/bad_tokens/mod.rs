//! Tokens that are not good, each in its own way.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};

use crate::identity_provider::{Provider, RSA, Signer, head, message, now};

/// Every kind of bad token, with the reason that is recorded.
pub(crate) fn bad_tokens(provider: &Provider) -> Vec<(&'static str, String)> {
    let good = provider.claims(&json!({}));
    let of = |changed: Value| provider.token_of(&changed);
    let headed = |name: &str, value: Value| {
        let mut head = head();
        head[name] = value;
        provider.signer.token(&head, &good)
    };
    let unsigned = |alg: &str| format!("{}.", message(&json!({ "alg": alg, "typ": "JWT" }), &good));
    let by_public_key = || {
        let message = message(&json!({ "alg": "HS256", "typ": "JWT", "kid": "a" }), &good);
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(provider.signer.pem().as_bytes()).unwrap();
        mac.update(message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    };
    let stranger = Signer::p256();
    let embedded = || {
        let mut head = head();
        head["jwk"] = stranger.jwk("a");
        stranger.token(&head, &good)
    };
    let pointing = |name: &str| {
        let mut head = head();
        head["kid"] = "elsewhere".into();
        head[name] = format!("{}/elsewhere", provider.address).into();
        stranger.token(&head, &good)
    };
    let flipped = || {
        let token = provider.token();
        let at = token.rfind('.').unwrap() + 9;
        let other = if token.as_bytes()[at] == b'A' { "B" } else { "A" };
        format!("{}{other}{}", &token[..at], &token[at + 1..])
    };
    let regarding = || {
        let (token, other) = (provider.token(), of(json!({ "sub": "bob" })));
        let signature = token.rsplit('.').next().unwrap();
        format!("{}.{signature}", other.rsplit_once('.').unwrap().0)
    };
    vec![
        ("not_a_token", "x".to_owned()),
        ("not_a_token", "a.b.c".to_owned()),
        ("not_a_token", format!("{}.x", provider.token())),
        ("algorithm", unsigned("none")),
        ("algorithm", unsigned("nOnE")),
        ("algorithm", by_public_key()),
        ("unknown_key", provider.signer.token(&json!({ "alg": "ES256" }), &good)),
        ("unknown_key", headed("kid", "b".into())),
        ("unknown_key", RSA.token(&json!({ "alg": "RS256", "kid": "a" }), &good)),
        ("unknown_key", pointing("jku")),
        ("unknown_key", pointing("x5u")),
        ("signature", embedded()),
        ("signature", stranger.token(&head(), &good)),
        ("signature", flipped()),
        ("signature", regarding()),
        ("critical_header", headed("crit", json!(["b64"]))),
        ("critical_header", headed("crit", json!([]))),
        ("token_type", headed("typ", "dpop+jwt".into())),
        ("token_type", of(json!({ "at_hash": "x" }))),
        ("issuer", of(json!({ "iss": "https://login.example.com" }))),
        ("audience", of(json!({ "aud": "https://other.example.com" }))),
        ("audience", of(json!({ "aud": null }))),
        ("expired", of(json!({ "exp": now() - 60 }))),
        ("no_expiry", of(json!({ "exp": null }))),
        ("not_yet", of(json!({ "nbf": now() + 600 }))),
        ("issued_later", of(json!({ "iat": now() + 600 }))),
        ("lives_too_long", of(json!({ "exp": now() + 100_000 }))),
        ("subject", of(json!({ "sub": "" }))),
        ("too_long", "a".repeat(8193)),
    ]
}
