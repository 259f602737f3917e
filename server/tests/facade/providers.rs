//! Logins at GitHub and Google that go as they should, and those that the provider or a rule does not allow.

use serde_json::{Value, json};
use server::facade::{Documents, Options, Provider as Login};

use crate::identity_provider::now;
use crate::logins::{
    self, Asked, CHALLENGE, ISSUER, Logins, REDIRECT, RESOURCE, UPSTREAM, checked, error, golden, location,
    onwards, parameter, plain, question, tokens,
};

#[tokio::test]
async fn t_27_a_login_has_these_wire_formats() {
    let logins = Logins::github(|_| {}).await;
    let served = &logins.served;
    let metadata = served.request("GET /.well-known/oauth-authorization-server", &[], "").await;
    golden("metadata.http", &plain(&metadata, &[]));
    let resource = served.request("GET /.well-known/oauth-protected-resource/mcp", &[], "").await;
    assert_eq!(resource.json()["authorization_servers"], json!([ISSUER]));

    let said = json!({ "client_name": "An <editor>", "redirect_uris": [REDIRECT] });
    let registered = logins.registering(&said).await;
    let client = registered.json()["client_id"].as_str().unwrap().to_owned();
    let issued = registered.json()["client_id_issued_at"].to_string();
    golden("registered.http", &plain(&registered, &[(&client, "CLIENT"), (&issued, "0")]));

    let page = logins.authorize(&client, &[], "").await;
    let cookie = page.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let asked = Asked { question: question(&page), cookie: cookie.clone() };
    golden(
        "consent.http",
        &plain(&page, &[(&asked.question, "QUESTION"), (&cookie, "__Host-mcp-login=COOKIE")]),
    );

    let sent = logins.answer(&cookie, &[("question", &asked.question), ("answer", "yes")], &[]).await;
    let upstream = onwards(&sent);
    let (state, challenge) =
        (parameter(&upstream, "state").unwrap(), parameter(&upstream, "code_challenge").unwrap());
    assert!(state != "of the program" && challenge != CHALLENGE, "{upstream}");
    let differing = [
        (&*logins.provider.address, "https://github.example.com"),
        (&state, "STATE"),
        (&challenge, "CHALLENGE"),
    ];
    golden("onwards.http", &plain(&sent, &differing));

    let back = logins.come_back(&cookie, &[("code", "upstream"), ("state", &state)]).await;
    let code = parameter(&location(&back), "code").unwrap();
    golden("back.http", &plain(&back, &[(&code, "CODE")]));

    let given = logins.exchange(&client, &code, &[]).await;
    let (access, refresh) = tokens(&given);
    golden("tokens.http", &plain(&given, &[(&access, "mcpt_ACCESS"), (&refresh, "mcpr_REFRESH")]));
    assert!(access.starts_with("mcpt_") && refresh.starts_with("mcpr_"), "{access} {refresh}");
    assert_eq!(logins.call(&access).await, 200);

    for answer in [&metadata, &registered, &page, &sent, &back, &given] {
        assert!(!answer.head.contains(UPSTREAM) && !answer.body.contains(UPSTREAM), "{answer:?}");
        assert!(!answer.head.contains("s3cret") && !answer.body.contains("s3cret"), "{answer:?}");
    }
}

#[tokio::test]
async fn github_is_asked_as_our_app_and_with_our_own_verifier() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    logins.code(&client).await;
    let [code, check] = &logins.provider.requests()[..] else { panic!("{:?}", logins.provider.requests()) };
    assert!(code.starts_with("POST /login/oauth/access_token "), "{code}");
    let form = code.split("\r\n\r\n").nth(1).unwrap();
    for said in [
        "grant_type=authorization_code",
        "code=upstream",
        "client_id=app",
        "client_secret=s3cret",
        "redirect_uri=https%3A%2F%2Fmcp.example.com%2Fauth%2Fcallback",
    ] {
        assert!(form.contains(said), "{form}");
    }
    assert!(form.contains("code_verifier=") && !form.contains(logins::VERIFIER), "{form}");
    assert!(check.starts_with("POST /applications/app/token "), "{check}");
    assert!(check.contains(&format!("{{\"access_token\":\"{UPSTREAM}\"}}")), "{check}");
    assert!(check.to_ascii_lowercase().contains("authorization: basic "), "{check}");
}

#[tokio::test]
async fn a_person_who_says_no_sends_the_program_away() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let asked = logins.asked(&client).await;
    let page = logins.answer(&asked.cookie, &[("question", &asked.question), ("answer", "no")], &[]).await;
    let address = onwards(&page);
    assert!(address.starts_with(&format!("{REDIRECT}?error=access_denied&")), "{address}");
    assert_eq!(parameter(&address, "state").as_deref(), Some("of the program"));
    assert_eq!(parameter(&address, "iss").as_deref(), Some(ISSUER));
    assert_eq!(logins.provider.asked(), 0);
}

#[tokio::test]
async fn github_lets_in_whom_it_gave_a_token_for_this_app_and_nobody_else() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let nothing = json!({});
    let (token, check) = ("/login/oauth/access_token", "/applications/app/token");
    let good = json!({ "access_token": UPSTREAM });
    for (path, status, said, word) in [
        (check, "200 OK", checked("another", 583_231), "access_denied"),
        (check, "404 Not Found", nothing.clone(), "access_denied"),
        (check, "401 Unauthorized", nothing.clone(), "temporarily_unavailable"),
        (check, "500 Internal Server Error", checked("app", 1), "temporarily_unavailable"),
        (check, "302 Found", checked("app", 1), "temporarily_unavailable"),
        (check, "200 OK", json!({ "app": { "client_id": "app" } }), "temporarily_unavailable"),
        (token, "200 OK", json!({ "error": "bad_verification_code" }), "access_denied"),
        (token, "200 OK", json!({ "error": "incorrect_client_credentials" }), "temporarily_unavailable"),
        (token, "200 OK", nothing.clone(), "temporarily_unavailable"),
        (token, "500 Internal Server Error", good.clone(), "temporarily_unavailable"),
    ] {
        logins.provider.document(token, "200 OK", &good);
        logins.provider.document(check, "200 OK", &checked("app", 583_231));
        logins.provider.document(path, status, &said);
        let address = logins.log_in(&client).await;
        assert_eq!(parameter(&address, "error").as_deref(), Some(word), "{path} {status} {said}");
        assert_eq!(parameter(&address, "code"), None);
    }
}

#[tokio::test]
async fn github_is_asked_about_organizations_where_some_are_named() {
    let logins = Logins::github(|options| {
        let Login::GitHub(github) = &mut options.provider else { panic!("it is GitHub") };
        github.organizations = vec!["acme".to_owned(), "other".to_owned()];
    })
    .await;
    let client = logins.register("Editor", REDIRECT).await;
    let upstream = logins.agree(&logins.asked(&client).await).await;
    assert_eq!(parameter(&upstream, "scope").as_deref(), Some("read:org"));
    let [acme, other] = ["acme", "other"].map(|name| format!("/user/memberships/orgs/{name}"));
    let (active, pending) = (json!({ "state": "active" }), json!({ "state": "pending" }));
    for (of_acme, of_other, word) in [
        (("404 Not Found", json!({})), ("403 Forbidden", json!({})), Some("access_denied")),
        (("200 OK", pending.clone()), ("404 Not Found", json!({})), Some("access_denied")),
        (("500 Oops", json!({})), ("200 OK", active.clone()), Some("temporarily_unavailable")),
        (("404 Not Found", json!({})), ("200 OK", active.clone()), None),
    ] {
        logins.provider.document(&acme, of_acme.0, &of_acme.1);
        logins.provider.document(&other, of_other.0, &of_other.1);
        let address = logins.log_in(&client).await;
        assert_eq!(parameter(&address, "error").as_deref(), word, "{address}");
    }
}

#[tokio::test]
async fn whoever_lost_the_account_loses_the_login_and_an_outage_loses_nobodys() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let check = "/applications/app/token";
    let (access, refresh) = logins.tokens(&client).await;
    logins.provider.document(check, "503 Service Unavailable", &json!({}));
    let away = logins.refresh(&client, &refresh).await;
    assert_eq!(error(&away), (503, "temporarily_unavailable".to_owned()));
    assert!(away.header("retry-after").is_some());
    assert_eq!(logins.call(&access).await, 200);
    logins.provider.document(check, "200 OK", &checked("app", 583_231));
    let (access, refresh) = tokens(&logins.refresh(&client, &refresh).await);
    logins.provider.document(check, "200 OK", &checked("app", 7));
    assert_eq!(error(&logins.refresh(&client, &refresh).await).1, "invalid_grant", "somebody else's");
    assert_eq!(logins.call(&access).await, 401);
    logins.provider.document(check, "200 OK", &checked("app", 583_231));
    let (access, refresh) = logins.tokens(&client).await;
    logins.provider.document(check, "404 Not Found", &json!({}));
    assert_eq!(error(&logins.refresh(&client, &refresh).await), (400, "invalid_grant".to_owned()));
    assert_eq!(logins.call(&access).await, 401);
}

#[tokio::test]
async fn a_program_gives_up_its_login_with_either_token() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    for gives_access in [true, false] {
        let (access, refresh) = logins.tokens(&client).await;
        let token = if gives_access { &access } else { &refresh };
        let revoke = |client: &str| {
            let fields = [("token", token.clone()), ("client_id", client.to_owned())];
            let logins = &logins;
            async move {
                let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
                logins.post("/revoke", &fields).await.status
            }
        };
        assert_eq!(revoke("another").await, 200, "nobody learns whether there was one");
        assert_eq!(logins.call(&access).await, 200);
        assert_eq!(revoke(&client).await, 200);
        assert_eq!(logins.call(&access).await, 401);
        assert_eq!(logins.refresh(&client, &refresh).await.status, 400);
    }
    assert_eq!(error(&logins.post("/revoke", &[("token", "x")]).await).1, "invalid_request");
}

#[tokio::test]
async fn a_program_may_be_known_by_the_address_at_which_it_describes_itself() {
    let logins = Logins::github(|options| {
        options.documents = Documents::Loopback;
        options.registers = false;
    })
    .await;
    let id = format!("{}/program.json", logins.provider.address);
    let document =
        json!({ "client_id": id, "client_name": "Editor", "redirect_uris": ["http://127.0.0.1/callback"] });
    logins.provider.document("/program.json", "200 OK", &document);
    let (access, _) = logins.tokens(&id).await;
    assert_eq!(logins.call(&access).await, 200);
    let fetched =
        logins.provider.requests().iter().filter(|request| request.contains("/program.json ")).count();
    assert_eq!(fetched, 1, "it is remembered");
    // Addresses that lead nowhere, away, or to what is not the program's.
    let large = json!({ "client_id": "x", "more": "x".repeat(16 * 1024) });
    for (path, status, said, code) in [
        ("/none.json", "404 Not Found", &document, 503),
        ("/moved.json", "302 Found", &document, 503),
        ("/large.json", "200 OK", &large, 503),
        ("/other.json", "200 OK", &document, 400),
    ] {
        logins.provider.document(path, status, said);
        let id = format!("{}{path}", logins.provider.address);
        let answer = logins.authorize(&id, &[], "").await;
        assert_eq!((answer.status, answer.header("location")), (code, None), "{path}");
    }
    let closed = Logins::github(|options| options.documents = Documents::Public).await;
    assert_eq!(closed.authorize(&id, &[], "").await.status, 400, "this machine is nobody else's");
    let off = Logins::github(|options| options.documents = Documents::Off).await;
    assert_eq!(off.authorize("https://app.example.com/mcp.json", &[], "").await.status, 400);
}

/// An answer of Google's token endpoint with an ID token of this login, in which some claims are others.
fn google(logins: &Logins, nonce: Option<&str>, changed: &Value) -> Value {
    let mut claims = json!({
        "iss": logins.provider.address, "aud": "client", "azp": "client", "sub": "10769150350006150715113082367",
        "email": "alice@example.com", "email_verified": true, "hd": "example.com", "at_hash": "x",
        "iat": now(), "exp": now() + 600, "nonce": nonce,
    });
    claims.as_object_mut().unwrap().extend(changed.as_object().unwrap().clone());
    let head = json!({ "alg": "ES256", "typ": "JWT", "kid": "a" });
    let id_token = logins.provider.signer.token(&head, &claims);
    json!({ "access_token": "ya29.canary", "refresh_token": "1//canary", "id_token": id_token, "expires_in": 3600 })
}

/// Logs in at Google, which then says this; gives where the browser goes in the end.
async fn at_google(logins: &Logins, client: &str, changed: &Value) -> String {
    let asked = logins.asked(client).await;
    let upstream = logins.agree(&asked).await;
    let nonce = parameter(&upstream, "nonce").unwrap();
    logins.provider.document("/token", "200 OK", &google(logins, Some(&nonce), changed));
    let state = parameter(&upstream, "state").unwrap();
    let query = [("code", "upstream"), ("state", &*state), ("iss", &*logins.provider.address)];
    location(&logins.come_back(&asked.cookie, &query).await)
}

#[tokio::test]
async fn google_lets_in_whom_its_id_token_names_for_this_client_and_this_login() {
    let logins = Logins::google(|options| {
        let Login::Google(google) = &mut options.provider else { panic!("it is Google") };
        google.domains = vec!["example.com".to_owned()];
    })
    .await;
    let client = logins.register("Editor", REDIRECT).await;
    for (changed, word) in [
        (json!({ "nonce": "of another login" }), "access_denied"),
        (json!({ "nonce": null }), "access_denied"),
        (json!({ "aud": "another" }), "access_denied"),
        (json!({ "azp": "another" }), "access_denied"),
        (json!({ "iss": "https://accounts.google.com.evil.example.com" }), "access_denied"),
        (json!({ "exp": now() - 60 }), "access_denied"),
        (json!({ "email_verified": false }), "access_denied"),
        (json!({ "email_verified": "true" }), "access_denied"),
        (json!({ "hd": "evil.example.com" }), "access_denied"),
        (json!({ "hd": null }), "access_denied"),
        (json!({ "sub": "" }), "access_denied"),
    ] {
        let address = at_google(&logins, &client, &changed).await;
        assert_eq!(parameter(&address, "error").as_deref(), Some(word), "{changed}: {address}");
    }
    let address = at_google(&logins, &client, &json!({})).await;
    let code = parameter(&address, "code").unwrap_or_else(|| panic!("{address}"));
    let (access, refresh) = tokens(&logins.exchange(&client, &code, &[]).await);
    assert_eq!(logins.call(&access).await, 200);
    // Asked again, Google names no nonce.
    logins.provider.document("/token", "200 OK", &google(&logins, None, &json!({})));
    let (access, refresh) = tokens(&logins.refresh(&client, &refresh).await);
    assert_eq!(logins.call(&access).await, 200);
    let renewed = logins.provider.requests().pop().unwrap();
    assert!(renewed.contains("grant_type=refresh_token&refresh_token=1%2F%2Fcanary"), "{renewed}");
    logins.provider.document("/token", "400 Bad Request", &json!({ "error": "invalid_grant" }));
    assert_eq!(error(&logins.refresh(&client, &refresh).await), (400, "invalid_grant".to_owned()));
    assert_eq!(logins.call(&access).await, 401);
}

#[tokio::test]
async fn an_answer_of_another_issuer_is_none_of_google() {
    let logins = Logins::google(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let asked = logins.asked(&client).await;
    let state = parameter(&logins.agree(&asked).await, "state").unwrap();
    let query = [("code", "upstream"), ("state", &*state), ("iss", "https://login.example.com")];
    let address = location(&logins.come_back(&asked.cookie, &query).await);
    assert_eq!(parameter(&address, "error").as_deref(), Some("access_denied"));
    assert_eq!(logins.provider.asked(), 0, "its code is not shown to Google");
}

#[tokio::test]
async fn scopes_are_what_was_agreed_to_and_no_more() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let asked = logins.authorize(&client, &[("scope", "cp:write other cp:read")], "").await;
    assert_eq!(asked.status, 200, "{asked:?}");
    assert!(asked.body.contains("<code>cp:read</code>, <code>cp:write</code>"), "{}", asked.body);
    assert!(!asked.body.contains("other"), "{}", asked.body);
    let asked = logins.authorize(&client, &[("scope", "other")], "").await;
    assert_eq!(parameter(&location(&asked), "error").as_deref(), Some("invalid_scope"));
    let code = logins.code(&client).await;
    let given = logins.exchange(&client, &code, &[]).await.json();
    assert_eq!((&given["scope"], &given["expires_in"]), (&json!("cp:read"), &json!(3600)), "{given}");
    let usual = Options::new(logins::elsewhere(), RESOURCE);
    assert!(!usual.registers && usual.documents == Documents::Public, "what is narrow is usual");
}
