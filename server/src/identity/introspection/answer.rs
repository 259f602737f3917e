//! What an issuer answers about a token, judged. It says itself whether the token is good; for whom, for how long and of what
//! kind it is nobody has looked at before us.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;

use super::{Options, PROVIDER};
use crate::identity::claims::Claims;
use crate::identity::{Denied, Identity};

/// Reads an answer, which says whether the token is good; what says nothing of it is none.
pub(super) fn read(body: &[u8]) -> Result<Claims, &'static str> {
    let answer = Claims::read(body).ok_or("the answer is not a JSON object")?;
    if answer.get("active").is_some() { Ok(answer) } else { Err("the answer has no member `active`") }
}

/// Who the caller is at this time, or why the token is not good.
pub(super) fn judge(answer: &Claims, options: &Options, time: SystemTime) -> Result<Identity, Denied> {
    // Nothing else is yes: in some languages "false" is.
    if answer.get("active") != Some(&Value::Bool(true)) {
        return Err(Denied::Invalid("inactive"));
    }
    if !is_of_access_token(answer) {
        return Err(Denied::Invalid("token_type"));
    }
    // Whoever is asked answers for itself, unless it says that it does for another.
    if answer.get("iss").is_some_and(|issuer| issuer.as_str() != Some(&options.issuer)) {
        return Err(Denied::Invalid("issuer"));
    }
    if !is_for(answer, &options.audiences) {
        return Err(Denied::Invalid("audience"));
    }
    let described = answer.describe(&options.names)?;
    let is_client = |client: &String| options.clients.contains(client);
    if !options.clients.is_empty() && !described.client.as_ref().is_some_and(is_client) {
        return Err(Denied::Invalid("client"));
    }
    let times = answer.times(options.leeway, time)?;
    Ok(Identity {
        provider: PROVIDER,
        issuer: options.issuer.clone(),
        expires: times.expires.map(|seconds| UNIX_EPOCH + Duration::from_secs_f64(seconds)),
        ..described
    })
}

/// Whether it may be shown as it is: a token that is bound to a key needs a proof, of which nothing is known here.
fn is_of_access_token(answer: &Claims) -> bool {
    let named = |member: &str, access: &[&str]| match answer.get(member) {
        None | Some(Value::Null) => true,
        Some(word) => {
            word.as_str().is_some_and(|word| access.iter().any(|one| one.eq_ignore_ascii_case(word)))
        }
    };
    named("token_type", &["Bearer", "access_token", "at+jwt"])
        && named("token_use", &["access", "access_token"])
        && answer.get("cnf").is_none()
}

/// Whether the token is for one of these: by its audience or, where it has none, by the resource that it was asked for
/// (RFC 8707).
fn is_for(answer: &Claims, audiences: &[String]) -> bool {
    let claim = if answer.get("aud").is_some() { "aud" } else { "resource" };
    answer.names_one(claim, audiences)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: u64 = 1_800_000_000;
    const LEEWAY: u64 = 30;
    const RESOURCE: &str = "https://mcp.example.com/mcp";

    fn options() -> Options {
        let client = ("mcp", "s".into());
        Options::new(
            "https://login.example.com/i",
            client,
            "https://login.example.com",
            vec![RESOURCE.to_owned()],
        )
    }

    /// The judgement of a good answer with members changed; null takes one away.
    fn judged_by(options: &Options, changed: &Value) -> Result<Identity, Denied> {
        let mut answer = json!({
            "active": true, "iss": "https://login.example.com", "aud": [RESOURCE], "sub": "alice",
            "client_id": "editor", "scope": "cp:read  cp:write", "exp": NOW + 600, "token_type": "Bearer",
        });
        for (name, value) in changed.as_object().unwrap() {
            match value {
                Value::Null => answer.as_object_mut().unwrap().remove(name),
                value => answer.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        let answer = read(answer.to_string().as_bytes()).unwrap();
        judge(&answer, options, UNIX_EPOCH + Duration::from_secs(NOW))
    }

    fn judged(changed: &Value) -> Result<Identity, Denied> {
        judged_by(&options(), changed)
    }

    #[test]
    fn t_2a_a_good_answer_tells_all_of_a_caller() {
        let identity = judged(&json!({ "org_id": "acme" })).unwrap();
        let expected = Identity {
            provider: "introspection",
            issuer: "https://login.example.com".to_owned(),
            subject: "alice".to_owned(),
            client: Some("editor".to_owned()),
            scopes: ["cp:read", "cp:write"].map(str::to_owned).to_vec(),
            tenant: Some("acme".to_owned()),
            expires: Some(UNIX_EPOCH + Duration::from_secs(NOW + 600)),
            ..Identity::default()
        };
        assert_eq!(identity, expected);
        let lasting = judged(&json!({ "exp": null })).unwrap();
        assert_eq!(lasting.expires, None, "its issuer says each time that it is good");
    }

    #[test]
    fn t_2a_only_true_is_active() {
        for active in [json!("true"), json!(1), json!(false), json!("false"), json!([true]), json!({})] {
            assert_eq!(judged(&json!({ "active": active })), Err(Denied::Invalid("inactive")), "{active}");
        }
        for body in ["", "<html>", "[]", "true", "{}", r#"{"error":"invalid_client"}"#] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
        assert!(read(br#"{"active":null}"#).is_ok(), "an answer, and no yes");
    }

    #[test]
    fn t_2a_each_member_is_judged() {
        for (name, value, reason) in [
            ("iss", json!("https://login.example.com/"), "issuer"),
            ("iss", json!(["https://login.example.com"]), "issuer"),
            ("aud", Value::Null, "audience"),
            ("aud", json!("https://other.example.com"), "audience"),
            ("aud", json!([RESOURCE, 7]), "audience"),
            ("sub", Value::Null, "subject"),
            ("sub", json!(""), "subject"),
            ("sub", json!("x".repeat(257)), "subject"),
            ("exp", json!("1900000000"), "bad_time"),
            ("exp", json!(NOW - LEEWAY), "expired"),
            ("nbf", json!(NOW + LEEWAY + 1), "not_yet"),
            ("iat", json!(NOW + LEEWAY + 1), "issued_later"),
            ("token_type", json!("DPoP"), "token_type"),
            ("token_type", json!("refresh_token"), "token_type"),
            ("token_type", json!(7), "token_type"),
            ("token_use", json!("refresh_token"), "token_type"),
            ("cnf", json!({ "jkt": "x" }), "token_type"),
        ] {
            let changed = json!({ name: value });
            assert_eq!(judged(&changed), Err(Denied::Invalid(reason)), "{changed}");
        }
        for changed in [
            json!({ "iss": null }),
            json!({ "aud": RESOURCE }),
            json!({ "exp": NOW - LEEWAY + 1 }),
            json!({ "nbf": NOW + LEEWAY, "iat": NOW + LEEWAY }),
            json!({ "token_type": "bearer", "token_use": "access_token" }),
            json!({ "token_type": null }),
            json!({ "client_id": null }),
        ] {
            assert!(judged(&changed).is_ok(), "{changed}");
        }
    }

    #[test]
    fn t_2a_the_resource_counts_where_there_is_no_audience() {
        assert!(judged(&json!({ "aud": null, "resource": RESOURCE })).is_ok());
        let elsewhere = json!({ "aud": "https://other.example.com", "resource": RESOURCE });
        assert_eq!(judged(&elsewhere), Err(Denied::Invalid("audience")));
    }

    #[test]
    fn t_2a_a_token_of_a_program_that_is_not_named_is_not_taken() {
        let narrow = Options { clients: vec!["editor".to_owned()], ..options() };
        assert!(judged_by(&narrow, &json!({})).is_ok());
        for client in [json!("other"), json!(["editor"]), Value::Null] {
            let found = judged_by(&narrow, &json!({ "client_id": client }));
            assert_eq!(found, Err(Denied::Invalid("client")), "{client}");
        }
    }
}
