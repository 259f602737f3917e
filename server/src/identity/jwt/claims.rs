//! What a token claims, judged by what is configured and by the clock that is given.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Options;
use crate::identity::claims::Claims;
use crate::identity::{Denied, Identity};

/// Claims that only a token has that tells a program who logged in (OpenID Connect Core, sections 2 and 3).
const OF_ID_TOKENS: [&str; 3] = ["at_hash", "c_hash", "s_hash"];

/// Who the caller is if the claims are true, or which of them is not good here and now.
pub(super) fn judge(claims: &Claims, options: &Options, time: SystemTime) -> Result<Identity, Denied> {
    if !is_of_access_token(claims) {
        return Err(Denied::Invalid("token_type"));
    }
    // A list of issuers would be a way to be from everywhere.
    if claims.text("iss") != Some(&options.issuer) {
        return Err(Denied::Invalid("issuer"));
    }
    if !claims.names_one("aud", &options.audiences) {
        return Err(Denied::Invalid("audience"));
    }
    let expires = expiry(claims, options, time)?;
    Ok(Identity {
        provider: options.provider,
        issuer: options.issuer.clone(),
        expires: Some(expires),
        ..claims.describe(&options.names)?
    })
}

/// Whether it is no other kind of token by the words of the usual providers.
fn is_of_access_token(claims: &Claims) -> bool {
    let is_id_token = OF_ID_TOKENS.iter().any(|name| claims.get(name).is_some());
    let named = |claim: &str, access: &[&str]| {
        claims.text(claim).is_none_or(|word| access.iter().any(|known| word.eq_ignore_ascii_case(known)))
    };
    !is_id_token && named("token_use", &["access"]) && named("typ", &["Bearer", "DPoP", "JWT", "at+jwt"])
}

/// When it expires, if it is good at this time.
fn expiry(claims: &Claims, options: &Options, time: SystemTime) -> Result<SystemTime, Denied> {
    let times = claims.times(options.leeway, time)?;
    let expires = times.expires.ok_or(Denied::Invalid("no_expiry"))?;
    if expires - times.issued.unwrap_or(times.now) > options.longest_life.as_secs_f64() {
        return Err(Denied::Invalid("lives_too_long"));
    }
    // Good for as long as it is taken.
    Ok(UNIX_EPOCH + Duration::from_secs_f64(expires) + options.leeway)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::identity::Names;
    use crate::identity::keys::Source;

    const NOW: u64 = 1_800_000_000;
    const LEEWAY: u64 = 30;
    const DAY: u64 = 24 * 60 * 60;

    fn options() -> Options {
        let audiences = ["https://mcp.example.com/mcp", "other-name"].map(str::to_owned).to_vec();
        Options::new(Source::Pinned(String::new()), "https://login.example.com", audiences)
    }

    fn good() -> Value {
        json!({
            "iss": "https://login.example.com", "aud": "https://mcp.example.com/mcp", "sub": "alice",
            "iat": NOW - 10, "exp": NOW + 600, "client_id": "editor", "scope": "cp:read cp:write",
            "roles": ["developer"], "groups": ["payroll"], "tenant": "acme", "name": "Alice",
        })
    }

    fn judged(name: &str, value: Value) -> Result<Identity, Denied> {
        judged_by(&options(), name, value)
    }

    /// The claims with one of them changed, or taken away by null.
    fn judged_by(options: &Options, name: &str, value: Value) -> Result<Identity, Denied> {
        let mut claims = good();
        let members = claims.as_object_mut().expect("an object");
        if value.is_null() {
            members.remove(name)
        } else {
            members.insert(name.to_owned(), value)
        };
        judge(&members.clone().into(), options, UNIX_EPOCH + Duration::from_secs(NOW))
    }

    #[test]
    fn good_claims_tell_all_of_a_caller() {
        let identity = judged("none", Value::Null).expect("good");
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        let expected = Identity {
            provider: "jwt",
            issuer: "https://login.example.com".to_owned(),
            subject: "alice".to_owned(),
            client: Some("editor".to_owned()),
            name: Some("Alice".to_owned()),
            roles: words(&["developer"]),
            groups: words(&["payroll"]),
            scopes: words(&["cp:read", "cp:write"]),
            tenant: Some("acme".to_owned()),
            expires: Some(UNIX_EPOCH + Duration::from_secs(NOW + 600 + LEEWAY)),
        };
        assert_eq!(identity, expected);
    }

    #[test]
    fn t_25_each_claim_is_judged() {
        for (name, value, reason) in [
            ("iss", Value::Null, "issuer"),
            ("iss", json!("https://login.example.com/"), "issuer"),
            ("iss", json!("https://LOGIN.example.com"), "issuer"),
            ("iss", json!(["https://login.example.com"]), "issuer"),
            ("aud", Value::Null, "audience"),
            ("aud", json!("https://other.example.com/mcp"), "audience"),
            ("aud", json!("https://mcp.example.com/mcp/"), "audience"),
            ("aud", json!("https://MCP.example.com/mcp"), "audience"),
            ("aud", json!({ "https://mcp.example.com/mcp": 1 }), "audience"),
            ("aud", json!(["https://mcp.example.com/mcp", 7]), "audience"),
            ("aud", json!([]), "audience"),
            ("sub", Value::Null, "subject"),
            ("sub", json!(""), "subject"),
            ("sub", json!(7), "subject"),
            ("sub", json!("x".repeat(257)), "subject"),
            ("exp", Value::Null, "no_expiry"),
            ("exp", json!("1900000000"), "bad_time"),
            ("exp", json!(1e300), "bad_time"),
            ("exp", json!(-1), "bad_time"),
            ("nbf", json!("soon"), "bad_time"),
            ("iat", json!([NOW]), "bad_time"),
            ("at_hash", json!("x"), "token_type"),
            ("token_use", json!("id"), "token_type"),
            ("typ", json!("Refresh"), "token_type"),
        ] {
            assert_eq!(judged(name, value.clone()), Err(Denied::Invalid(reason)), "{name}: {value}");
        }
        for (name, value) in [
            ("aud", json!(["x", "https://mcp.example.com/mcp"])),
            ("aud", json!("other-name")),
            ("sub", json!("x".repeat(256))),
            ("iat", Value::Null),
            ("nbf", json!(NOW)),
            ("exp", json!(NOW as f64 + 0.5)),
            ("token_use", json!("access")),
            ("typ", json!("Bearer")),
        ] {
            assert!(judged(name, value.clone()).is_ok(), "{name}: {value}");
        }
    }

    /// All that is read by other names, some of them inside an object.
    fn renamed() -> Options {
        let names = |name: &str| vec![name.to_owned()];
        let names = Names {
            user: names("oid"),
            client: names("app.id"),
            name: names("nick"),
            roles: names("app.roles"),
            groups: names("teams"),
            scopes: names("may"),
            tenant: names("org"),
            ..Names::default()
        };
        Options { names: names.hold(), ..options() }
    }

    #[test]
    fn each_claim_may_have_another_name() {
        let app = json!({ "id": "studio", "roles": ["observer"] });
        let all = json!({ "oid": "o1", "app": app, "nick": "Al", "teams": "one two", "may": ["cp:read"], "org": "x" });
        let options = renamed();
        let judged = |changed: &[(&str, Value)]| {
            let mut claims = good();
            let members = claims.as_object_mut().expect("an object");
            members.extend(all.as_object().expect("an object").clone());
            members.extend(changed.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
            judge(&members.clone().into(), &options, UNIX_EPOCH + Duration::from_secs(NOW))
        };
        let Identity { subject, client, name, roles, groups, scopes, tenant, .. } =
            judged(&[]).expect("good");
        let texts = [&subject, &client.unwrap(), &name.unwrap(), &tenant.unwrap()].map(String::clone);
        assert_eq!(texts, ["o1", "studio", "Al", "x"]);
        assert_eq!([roles, groups, scopes].map(|words| words.join(" ")), ["observer", "one two", "cp:read"]);
        // T-25: what is missing or of another form is not read elsewhere, nor taken for nothing.
        for (name, value, reason) in [
            ("oid", Value::Null, "subject"),
            ("oid", json!(7), "subject"),
            ("oid", json!(["o1"]), "subject"),
            ("oid", json!(""), "subject"),
            ("oid", json!("x".repeat(257)), "subject"),
            ("app", Value::Null, "client"),
            ("app", json!("studio"), "client"),
            ("app", json!({ "id": 7 }), "client"),
            ("app", json!({ "id": "" }), "client"),
            ("app", json!({ "id": "studio", "roles": { "observer": {} } }), "roles"),
            ("app", json!({ "id": "studio", "roles": ["observer", 7] }), "roles"),
            ("teams", json!(7), "groups"),
            ("may", json!({ "cp:read": true }), "scopes"),
            ("org", Value::Null, "tenant"),
            ("org", json!(["x"]), "tenant"),
        ] {
            assert_eq!(judged(&[(name, value.clone())]), Err(Denied::Invalid(reason)), "{name}: {value}");
        }
        // Who has no role has no rights, and is known all the same.
        for (name, value) in [("app", json!({ "id": "studio" })), ("teams", Value::Null), ("nick", json!(7))]
        {
            assert!(judged(&[(name, value.clone())]).is_ok(), "{name}: {value}");
        }
        // Where nobody chose the name, another form says nothing.
        for (name, value) in [("groups", json!(7)), ("client_id", json!(7)), ("tenant", json!({}))] {
            assert!(judged_by(&self::options(), name, value.clone()).is_ok(), "{name}: {value}");
        }
    }

    #[test]
    fn t_29_each_time_is_crossed_by_one_second() {
        for (name, good, bad, reason) in [
            ("exp", NOW - LEEWAY + 1, NOW - LEEWAY, "expired"),
            ("nbf", NOW + LEEWAY, NOW + LEEWAY + 1, "not_yet"),
            ("iat", NOW + LEEWAY, NOW + LEEWAY + 1, "issued_later"),
            ("exp", NOW - 10 + DAY, NOW - 10 + DAY + 1, "lives_too_long"),
        ] {
            assert!(judged(name, json!(good)).is_ok(), "{name} {good}");
            assert_eq!(judged(name, json!(bad)), Err(Denied::Invalid(reason)), "{name} {bad}");
        }
    }
}
