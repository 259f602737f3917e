//! What somebody could try with this server's own authorization server, and what comes of it (T-27, A11, A12): nothing.

use serde_json::json;

use crate::credentials;
use crate::logins::{self, ISSUER, Logins, REDIRECT, RESOURCE, error, location, parameter, question, tokens};

#[tokio::test]
async fn t_27_whoever_agreed_to_one_program_is_asked_about_the_next() {
    let logins = Logins::github(|_| {}).await;
    let first = logins.register("Editor", REDIRECT).await;
    let asked = logins.asked(&first).await;
    logins.agree(&asked).await;
    let second = logins.register("Thief", "https://thief.example.com/callback").await;
    let to_thief = [("redirect_uri", "https://thief.example.com/callback")];
    for client in [&first, &second] {
        let changed = if *client == second { &to_thief[..] } else { &[] };
        let page = logins.authorize(client, changed, &asked.cookie).await;
        assert_eq!((page.status, page.header("location"), page.header("refresh")), (200, None, None));
    }
    let page = logins.authorize(&second, &to_thief, &asked.cookie).await;
    assert_ne!(question(&page), asked.question);
    assert!(page.body.contains("thief.example.com") && page.body.contains("Thief"), "{}", page.body);
    assert_eq!(logins.provider.asked(), 0);
}

#[tokio::test]
async fn a11_t_27_a_login_does_not_end_in_another_browser() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    // Somebody agrees in a browser of their own and has another one open what comes then.
    for theirs in [None, Some(logins.asked(&client).await.cookie)] {
        let asked = logins.asked(&client).await;
        let state = parameter(&logins.agree(&asked).await, "state").unwrap();
        let query = [("code", "upstream"), ("state", state.as_str())];
        let answer = logins.come_back(theirs.as_deref().unwrap_or("a=b"), &query).await;
        assert_eq!((answer.status, answer.header("location")), (403, None));
        let again = logins.come_back(&asked.cookie, &query).await;
        assert_eq!((again.status, again.header("location")), (403, None), "the state was good for one try");
    }
    assert_eq!(logins.provider.asked(), 0, "the provider's code was not used");
}

#[tokio::test]
async fn t_27_a_state_that_nobody_agreed_to_leads_nowhere() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let asked = logins.asked(&client).await;
    for state in ["", "x", &asked.question, "of the program"] {
        let answer = logins.come_back(&asked.cookie, &[("code", "upstream"), ("state", state)]).await;
        assert_eq!((answer.status, answer.header("location")), (403, None), "{state}");
    }
    let twice = logins.come_back(&asked.cookie, &[("state", "a"), ("state", "b")]).await;
    assert_eq!(twice.status, 403);
    assert_eq!(logins.provider.asked(), 0);
}

#[tokio::test]
async fn t_27_an_answer_that_this_browser_was_not_asked_for_is_none() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let (asked, other) = (logins.asked(&client).await, logins.asked(&client).await);
    let good = [("question", asked.question.as_str()), ("answer", "yes")];
    let cut = &asked.question[1..];
    let from = |name: &'static str, value: &'static str| vec![(name, value)];
    for (cookie, fields, headers) in [
        (&asked.cookie, vec![("answer", "yes")], vec![]),
        (&asked.cookie, vec![("question", ""), ("answer", "yes")], vec![]),
        (&asked.cookie, vec![("question", cut), ("answer", "yes")], vec![]),
        (&asked.cookie, vec![("question", &*other.question), ("answer", "yes")], vec![]),
        (&other.cookie, good.to_vec(), vec![]),
        (&"a=b".to_owned(), good.to_vec(), vec![]),
        (&asked.cookie, good.to_vec(), from("Origin", "null")),
        (&asked.cookie, good.to_vec(), from("Origin", "https://evil.example.com")),
        (&asked.cookie, good.to_vec(), from("Sec-Fetch-Site", "cross-site")),
    ] {
        let answer = logins.answer(cookie, &fields, &headers).await;
        assert_eq!((answer.status, answer.header("refresh")), (403, None), "{fields:?} {headers:?}");
    }
    for answer in ["", "maybe"] {
        let answer = logins.answer(&asked.cookie, &[good[0], ("answer", answer)], &[]).await;
        assert_eq!((answer.status, answer.header("refresh")), (400, None));
    }
    let good = logins.answer(&asked.cookie, &good, &[("Origin", ISSUER), ("Sec-Fetch-Site", "same-origin")]);
    assert_eq!(good.await.status, 200);
}

#[tokio::test]
async fn t_27_no_error_sends_a_browser_where_nobody_said_that_it_goes() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", "https://app.example.com/callback").await;
    let good = "https://app.example.com/callback";
    for (client, redirect) in [
        (&*client, ""),
        (&client, "https://evil.example.com/"),
        (&client, "https://app.example.com/callbacl"),
        (&client, "https://app.example.com/callback/"),
        (&client, "https://app.example.com/callback?x"),
        (&client, "https://app.example.com:444/callback"),
        (&client, "https://app.example.com.evil.example.com/callback"),
        (&client, "javascript:alert(1)"),
        (&client[1..], good),
        ("", good),
        ("mcpc_x", good),
    ] {
        let answer =
            logins.authorize(client, &[("redirect_uri", redirect), ("response_type", "x")], "").await;
        assert_eq!((answer.status, answer.header("location")), (400, None), "{redirect}");
        assert!(!answer.body.contains("evil"), "{}", answer.body);
    }
    // Where a program said that it waits, it hears of its mistakes, with its state and our name.
    for (name, value, word) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("resource", "https://other.example.com/mcp", "invalid_target"),
        ("resource", "https://mcp.example.com/mcpx", "invalid_target"),
        ("scope", "nothing:known", "invalid_scope"),
        ("request", "x", "request_not_supported"),
    ] {
        let answer = logins.authorize(&client, &[("redirect_uri", good), (name, value)], "").await;
        let address = location(&answer);
        assert!(address.starts_with(&format!("{good}?error=")), "{address}");
        assert_eq!(parameter(&address, "error").as_deref(), Some(word), "{name}={value}");
        assert_eq!(parameter(&address, "state").as_deref(), Some("of the program"));
        assert_eq!(parameter(&address, "iss").as_deref(), Some(ISSUER));
    }
}

#[tokio::test]
async fn t_27_a_program_registers_no_address_to_which_a_browser_must_not_go() {
    let logins = Logins::github(|_| {}).await;
    for bad in ["javascript:alert(1)", "http://evil", "https://ok/../evil", "http://localhost.evil"] {
        let answer = logins.registering(&json!({ "redirect_uris": [bad] })).await;
        assert_eq!(error(&answer), (400, "invalid_redirect_uri".to_owned()), "{bad}");
    }
    for bad in [json!({}), json!({ "redirect_uris": [] }), json!({ "redirect_uris": "x" }), json!([])] {
        assert_eq!(logins.registering(&bad).await.status, 400, "{bad}");
    }
    let closed = Logins::github(|options| options.registers = false).await;
    let answer = closed.registering(&json!({ "redirect_uris": [REDIRECT] })).await;
    assert_eq!(answer.status, 401, "there is no such place, and strangers do not learn even that");
    // Whoever registered while that was allowed is not let in by it later.
    let client = logins.register("Editor", REDIRECT).await;
    assert_eq!(closed.authorize(&client, &[], "").await.status, 400);
}

#[tokio::test]
async fn t_27_a_code_is_good_once_and_shown_again_ends_the_login() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let code = logins.code(&client).await;
    let (access, refresh) = tokens(&logins.exchange(&client, &code, &[]).await);
    assert_eq!(logins.call(&access).await, 200);
    let again = logins.exchange(&client, &code, &[]).await;
    assert_eq!(error(&again), (400, "invalid_grant".to_owned()));
    assert_eq!(logins.call(&access).await, 401, "one of the two stole the code");
    assert_eq!(logins.refresh(&client, &refresh).await.status, 400);
}

#[tokio::test]
async fn t_27_a_code_is_for_one_program_with_one_verifier_at_one_address() {
    let logins = Logins::github(|_| {}).await;
    let (client, other) =
        (logins.register("Editor", REDIRECT).await, logins.register("Other", REDIRECT).await);
    let (one_letter, longer) = (REDIRECT.replace("callback", "callbacl"), format!("{REDIRECT}/"));
    let verifier = logins::VERIFIER.replace('k', "l");
    for (name, value, word) in [
        ("client_id", other.as_str(), "invalid_grant"),
        ("code_verifier", &verifier, "invalid_grant"),
        ("code_verifier", "short", "invalid_grant"),
        ("redirect_uri", &one_letter, "invalid_grant"),
        ("redirect_uri", &longer, "invalid_grant"),
        ("redirect_uri", "http://127.0.0.1:33419/callback", "invalid_grant"),
        ("resource", "https://other.example.com/mcp", "invalid_target"),
    ] {
        let code = logins.code(&client).await;
        let answer = logins.exchange(&client, &code, &[(name, value)]).await;
        assert_eq!(error(&answer), (400, word.to_owned()), "{name}={value}");
        let again = logins.exchange(&client, &code, &[]).await;
        assert_eq!(error(&again), (400, "invalid_grant".to_owned()), "it was good for one try");
    }
    for name in ["code", "client_id", "redirect_uri", "code_verifier"] {
        let answer = logins.exchange(&client, "x", &[(name, "")]).await;
        assert_eq!(error(&answer), (400, "invalid_request".to_owned()), "{name}");
    }
    for (grant, word) in [("password", "unsupported_grant_type"), ("", "invalid_request")] {
        let answer = logins.exchange(&client, "x", &[("grant_type", grant)]).await;
        assert_eq!(error(&answer), (400, word.to_owned()));
    }
    let twice = logins.exchange(&client, "x", &[("code", "x"), ("code", "y")]).await;
    assert_eq!(error(&twice), (400, "invalid_request".to_owned()));
}

#[tokio::test]
async fn t_27_a_refresh_token_shown_again_ends_the_login_for_thief_and_owner() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let (first_access, first) = logins.tokens(&client).await;
    let (second_access, second) = tokens(&logins.refresh(&client, &first).await);
    assert_eq!((logins.call(&first_access).await, logins.call(&second_access).await), (401, 200));
    assert_eq!(error(&logins.refresh(&client, &first).await), (400, "invalid_grant".to_owned()));
    assert_eq!(logins.call(&second_access).await, 401);
    assert_eq!(error(&logins.refresh(&client, &second).await), (400, "invalid_grant".to_owned()));
    // Another program that has it has stolen it.
    let other = logins.register("Other", REDIRECT).await;
    let (access, refresh) = logins.tokens(&client).await;
    assert_eq!(error(&logins.refresh(&other, &refresh).await), (400, "invalid_grant".to_owned()));
    assert_eq!(logins.call(&access).await, 401);
}

#[tokio::test]
async fn t_27_one_address_has_so_many_logins_under_way_and_not_one_more() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let asked = logins.asked(&client).await;
    let yes = [("question", asked.question.as_str()), ("answer", "yes")];
    for number in 0..64 {
        assert_eq!(logins.answer(&asked.cookie, &yes, &[]).await.status, 200, "{number}");
    }
    let one_more = logins.answer(&asked.cookie, &yes, &[]).await;
    assert_eq!((one_more.status, one_more.header("refresh")), (503, None));
}

#[tokio::test]
async fn t_27_tokens_that_look_like_ours_and_are_none_are_refused_alike() {
    let logins = Logins::github(|_| {}).await;
    let client = logins.register("Editor", REDIRECT).await;
    let (access, refresh) = logins.tokens(&client).await;
    let bad = credentials::with_token(&logins.served, "mcpt_x").await;
    for token in [&refresh, &format!("{access}A"), &access[..access.len() - 1], logins::UPSTREAM, "mcpt_"] {
        assert_eq!(credentials::with_token(&logins.served, token).await, bad, "{token}");
    }
    assert_eq!(credentials::status(&bad), 401);
    assert!(bad.contains("resource_metadata="), "{bad}");
    let form = logins::form(&[("access_token", &access)]);
    assert_eq!(logins.served.request(&format!("GET /authorize?{form}"), &[], "").await.status, 400);
    let basic = [("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", "Basic eDp5")];
    let answer = logins.served.request("POST /token", &basic, "grant_type=refresh_token").await;
    assert_eq!(error(&answer), (401, "invalid_client".to_owned()));
    let large = format!("grant_type=authorization_code&code={}", "x".repeat(32 * 1024));
    let answer = logins.served.request("POST /token", &basic[..1], &large).await;
    assert_eq!(error(&answer), (400, "invalid_request".to_owned()), "a form has its bound");
    for path in ["/authorize", "/auth/callback", "/.well-known/oauth-authorization-server"] {
        assert_eq!(logins.served.request(&format!("POST {path}"), &[], "x").await.status, 405, "{path}");
    }
    for path in ["/token", "/consent", "/revoke", "/register"] {
        assert_eq!(logins.served.request(&format!("GET {path}"), &[], "").await.status, 405, "{path}");
    }
    assert!(RESOURCE.starts_with(ISSUER));
}
