//! Tokens that are not good, each in its own way.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::identity_provider::{Provider, RESOURCE, RSA, Signer, head, message, now};

/// A token that is not good.
pub(crate) struct Bad {
    /// What is wrong with it, by the row of the threats that it is of.
    #[allow(dead_code, reason = "each test program uses its own part of it")]
    pub(crate) name: &'static str,
    /// The reason that is recorded.
    #[allow(dead_code, reason = "each test program uses its own part of it")]
    pub(crate) reason: &'static str,
    pub(crate) token: String,
}

/// Every kind of bad token.
pub(crate) fn bad_tokens(provider: &Provider) -> Vec<Bad> {
    let all = [malformed(provider), signed_otherwise(provider), claiming(provider), timed(provider)];
    let bad = |(name, reason, token)| Bad { name, reason, token };
    all.into_iter().flatten().map(bad).collect()
}

type Row = (&'static str, &'static str, String);

/// What is no token at all, or too long for one.
fn malformed(provider: &Provider) -> Vec<Row> {
    vec![
        ("T-21 a word", "not_a_token", "x".to_owned()),
        ("T-21 three words", "not_a_token", "a.b.c".to_owned()),
        ("T-21 four parts", "not_a_token", format!("{}.x", provider.token())),
        ("T-23 8193 bytes", "too_long", "a".repeat(8193)),
    ]
}

/// Good claims that nobody signed who may, or not as they may be signed.
fn signed_otherwise(provider: &Provider) -> Vec<Row> {
    let good = provider.claims(&json!({}));
    let headed = |name: &str, value: Value| {
        let mut head = head();
        head[name] = value;
        provider.signer.token(&head, &good)
    };
    let unsigned = |alg: &str| format!("{}.", message(&json!({ "alg": alg, "typ": "JWT" }), &good));
    let by_public_key = || {
        let message = message(&json!({ "alg": "HS256", "typ": "JWT", "kid": "a" }), &good);
        let key = hmac::Key::new(hmac::HMAC_SHA256, provider.signer.pem().as_bytes());
        let signature = hmac::sign(&key, message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    };
    let stranger = Signer::p256();
    let embedded = |name: &str, value: Value| {
        let mut head = head();
        head[name] = value;
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
        let (token, other) = (provider.token(), provider.token_of(&json!({ "sub": "bob" })));
        let signature = token.rsplit('.').next().unwrap();
        format!("{}.{signature}", other.rsplit_once('.').unwrap().0)
    };
    vec![
        ("T-24 alg none", "algorithm", unsigned("none")),
        ("T-24 alg None", "algorithm", unsigned("None")),
        ("T-24 alg nOnE", "algorithm", unsigned("nOnE")),
        ("T-24 HS256 with the public key", "algorithm", by_public_key()),
        ("T-24 no kid", "unknown_key", provider.signer.token(&json!({ "alg": "ES256" }), &good)),
        (
            "T-24 another family than the key's",
            "unknown_key",
            RSA.token(&json!({ "alg": "RS256", "kid": "a" }), &good),
        ),
        ("T-24 jku", "unknown_key", pointing("jku")),
        ("T-24 x5u", "unknown_key", pointing("x5u")),
        ("T-24 jwk", "signature", embedded("jwk", stranger.jwk("a"))),
        ("T-24 x5c", "signature", embedded("x5c", json!([stranger.pem()]))),
        ("T-24 crit b64", "critical_header", headed("crit", json!(["b64"]))),
        ("T-24 crit empty", "critical_header", headed("crit", json!([]))),
        ("T-24 typ dpop+jwt", "token_type", headed("typ", "dpop+jwt".into())),
        ("T-21 signed by a stranger", "signature", stranger.token(&head(), &good)),
        ("T-21 signature changed", "signature", flipped()),
        ("T-21 signature of another token", "signature", regarding()),
        ("T-28 kid of no key", "unknown_key", headed("kid", "b".into())),
        ("T-28 kid that is a path", "unknown_key", headed("kid", "../../../../dev/null".into())),
        ("T-28 kid of 257 bytes", "unknown_key", headed("kid", "k".repeat(257).into())),
    ]
}

/// Signed well, and claiming what is not enough here.
fn claiming(provider: &Provider) -> Vec<Row> {
    let of = |changed: Value| provider.token_of(&changed);
    let issuer = &provider.address;
    vec![
        ("T-24 ID token, at_hash", "token_type", of(json!({ "at_hash": "x" }))),
        ("T-24 ID token, token_use", "token_type", of(json!({ "token_use": "id" }))),
        ("T-24 refresh token", "token_type", of(json!({ "typ": "Refresh" }))),
        ("T-25 another issuer", "issuer", of(json!({ "iss": "https://login.example.com" }))),
        ("T-25 issuer with a slash", "issuer", of(json!({ "iss": format!("{issuer}/") }))),
        ("T-25 list of issuers", "issuer", of(json!({ "iss": [issuer] }))),
        ("T-25 no issuer", "issuer", of(json!({ "iss": null }))),
        ("T-25 no audience", "audience", of(json!({ "aud": null }))),
        ("T-25 audience with a number", "audience", of(json!({ "aud": [RESOURCE, 7] }))),
        ("T-26 another audience", "audience", of(json!({ "aud": "https://other.example.com" }))),
        ("T-26 audience with a slash", "audience", of(json!({ "aud": format!("{RESOURCE}/") }))),
        (
            "T-26 list of other audiences",
            "audience",
            of(json!({ "aud": ["https://other.example.com", "x"] })),
        ),
        ("T-25 no subject", "subject", of(json!({ "sub": null }))),
        ("T-25 empty subject", "subject", of(json!({ "sub": "" }))),
        ("T-25 subject that is a number", "subject", of(json!({ "sub": 7 }))),
        ("T-25 subject of 257 bytes", "subject", of(json!({ "sub": "x".repeat(257) }))),
    ]
}

/// Signed well, and not good at this time.
fn timed(provider: &Provider) -> Vec<Row> {
    let of = |changed: Value| provider.token_of(&changed);
    vec![
        ("T-25 no exp", "no_expiry", of(json!({ "exp": null }))),
        ("T-25 exp that is a text", "bad_time", of(json!({ "exp": (now() + 600).to_string() }))),
        ("T-25 nbf to come", "not_yet", of(json!({ "nbf": now() + 600 }))),
        ("T-25 iat to come", "issued_later", of(json!({ "iat": now() + 600 }))),
        ("T-25 good for more than a day", "lives_too_long", of(json!({ "exp": now() + 100_000 }))),
        ("T-21 expired", "expired", of(json!({ "exp": now() - 60 }))),
        ("T-29 expired as long ago as clocks differ", "expired", of(json!({ "exp": now() - 30 }))),
    ]
}
