//! Who asks: nobody, everybody whose credential is not good, each role, and those whom nobody asks who they are.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use server::identity::api_keys::Key;

use crate::bad_tokens::bad_tokens;
use crate::identity_provider::RSA;
use crate::servers::{At, Servers};

/// Somebody who asks.
pub(crate) struct Principal {
    pub(crate) name: String,
    pub(crate) at: At,
    /// What is shown, and where.
    pub(crate) headers: Vec<(&'static str, String)>,
    /// What is added to every address.
    pub(crate) query: String,
}

impl Principal {
    fn at(at: At, name: &str) -> Self {
        Self { name: name.to_owned(), at, headers: Vec::new(), query: String::new() }
    }

    fn showing(name: &str, headers: &[(&'static str, &str)]) -> Self {
        let headers = headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Self { headers, ..Self::at(At::Gate, name) }
    }

    fn bearing(name: &str, token: &str) -> Self {
        Self::showing(name, &[("Authorization", &format!("Bearer {token}"))])
    }
}

const ROLES: [&str; 6] =
    ["observer", "developer", "service_account", "release_manager", "production", "administrator"];

/// All of them.
pub(crate) fn principals(servers: &Servers) -> Vec<Principal> {
    let mut all = vec![Principal::at(At::Gate, "nobody")];
    all.push(Principal::showing("T-23 Basic", &[("Authorization", "Basic eDp5")]));
    let bad = bad_tokens(&servers.provider);
    all.extend(bad.iter().map(|bad| Principal::bearing(bad.name, &bad.token)));
    all.extend(otherwise_bad(servers));
    all.extend(oddly_shown(servers));
    all.extend(good(servers));
    all.push(Principal::at(At::Open, "anonymous"));
    all.push(Principal::at(At::OpenToRead, "anonymous, who may read"));
    all.push(Principal::at(At::Loopback, "local owner"));
    all
}

/// What is not good only beside what the server takes besides.
fn otherwise_bad(servers: &Servers) -> Vec<Principal> {
    let (provider, away) = (&servers.provider, &servers.away);
    let padded = RSA.token(&json!({ "alg": "PS256", "kid": "rsa" }), &provider.claims(&json!({})));
    let posing = provider.token_of(&json!({ "iss": away.address, "aud": "https://other.example.com" }));
    let unknown = Key::make().reveal().expose_secret().to_owned();
    vec![
        Principal::bearing("T-24 PS256 by a key for RS256", &padded),
        Principal::bearing("T-26 another audience, of the other issuer", &posing),
        Principal::bearing("unknown key", &unknown),
        Principal::showing("revoked key", &[("X-API-Key", key(servers, "revoked key"))]),
        Principal::showing("expired key", &[("X-API-Key", key(servers, "expired key"))]),
        Principal::showing("token in the place of a key", &[("X-API-Key", &provider.token())]),
        Principal::bearing("token of an issuer that cannot be asked", &away.token()),
    ]
}

fn key<'s>(servers: &'s Servers, name: &str) -> &'s str {
    &servers.keys.iter().find(|(known, _)| *known == name).unwrap().1
}

/// Good credentials that are not where, or as, one must be shown.
fn oddly_shown(servers: &Servers) -> Vec<Principal> {
    let token = token(servers, &["administrator"], "cp:admin");
    let bearer = format!("Bearer {token}");
    let in_address = |query: String, name: &str| Principal { query, ..Principal::at(At::Gate, name) };
    let both = Principal::bearing("T-22 token in the address too", &token);
    let good_key = key(servers, "key of a service account");
    vec![
        in_address(format!("access_token={token}"), "T-22 token in the address"),
        in_address(format!("a=b&access%5Ftoken={token}"), "T-22 the same, spelt otherwise"),
        Principal { query: format!("access_token={token}"), ..both },
        Principal::showing("T-23 two headers", &[("Authorization", &bearer), ("Authorization", &bearer)]),
        Principal::showing("T-23 two in one header", &[("Authorization", &format!("{bearer}, {bearer}"))]),
        Principal::showing("T-23 two blanks", &[("Authorization", &format!("Bearer  {token}"))]),
        Principal::showing("T-23 no token after the word", &[("Authorization", "Bearer")]),
        Principal::showing("T-23 characters of no token", &[("Authorization", "Bearer a=b")]),
        Principal::showing("T-23 token and key", &[("Authorization", &bearer), ("X-API-Key", good_key)]),
    ]
}

/// Those who are let in.
fn good(servers: &Servers) -> Vec<Principal> {
    let bearing =
        |name: &str, roles: &[&str], scope: &str| Principal::bearing(name, &token(servers, roles, scope));
    let mut all =
        vec![bearing("no role", &[], "cp:admin"), bearing("a role of no rule", &["root"], "cp:admin")];
    all.extend(ROLES.map(|role| bearing(role, &[role], "cp:admin")));
    all.push(bearing("administrator, cp:write", &["administrator"], "cp:write"));
    all.push(bearing("administrator, cp:read", &["administrator"], "cp:read"));
    all.push(bearing("administrator, no scope", &["administrator"], ""));
    all.push(bearing("no role, no scope", &[], ""));
    for name in ["key without a role", "key of a service account"] {
        all.push(Principal::showing(name, &[("X-API-Key", key(servers, name))]));
    }
    let lower =
        format!("bearer {}", signed(servers, json!({ "aud": ["x", crate::identity_provider::RESOURCE] })));
    all.push(Principal::showing("observer, spelt otherwise", &[("authorization", &lower)]));
    all
}

/// A token of somebody with these roles.
fn token(servers: &Servers, roles: &[&str], scope: &str) -> String {
    let subject = format!("{}-{scope}@example.com", roles.join("-"));
    signed(servers, json!({ "sub": subject, "roles": roles, "scope": scope }))
}

fn signed(servers: &Servers, mut changed: Value) -> String {
    if changed.get("scope").is_none() {
        changed["scope"] = "cp:admin".into();
    }
    servers.provider.token_of(&changed)
}
