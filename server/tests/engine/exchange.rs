//! The engine against an API that answers, breaks, hangs and redirects: what is sent, what comes back, what
//! is said.

use std::sync::Arc;
use std::time::Duration;

use server::call::CallError;
use server::engine::Engine;
use server::generated as rt;
use server::generated::serde_json::json;
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, answer, json as json_answer};
use crate::sample::{
    self, ARCHIVE, CANARY, DEPLOY, ELSEWHERE, OPEN, READ, SILENT, TEXT, call, call_of, deploying, engine,
    options, reading,
};

#[tokio::test]
async fn a_request_carries_what_it_must_and_nothing_else() {
    let upstream = FakeUpstream::start([]).await;
    let mut outgoing = call_of(&READ, reading("level", "DEV"));
    outgoing.traceparent = Some("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01".to_owned());
    engine(&upstream.base_url()).call(outgoing).await.unwrap();
    let request = &upstream.requests()[0];
    let (first, head) = request.strip_suffix("\r\n\r\n").unwrap().split_once("\r\n").unwrap();
    assert_eq!(first, "GET /api/v1/ispw/ISPW/assignments/PLAY000313?level=DEV HTTP/1.1");
    let mut headers: Vec<&str> = head.split("\r\n").collect();
    headers.sort_unstable();
    let (host, agent) = (format!("host: {}", upstream.authority()), headers[4].to_owned());
    assert!(agent.starts_with("user-agent: mcp-server/"), "{agent}");
    assert_eq!(
        headers,
        [
            "accept: application/json",
            &format!("authorization: {CANARY}"),
            &host,
            "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            &agent,
            "x-request-id: request-1",
        ]
    );
}

#[tokio::test]
async fn credentials_travel_as_their_scheme_says() {
    for (configured, word, tool, expected) in [
        (vec![("token", "t1")], None, &READ, Some("authorization: t1")),
        (vec![("token", "t1")], Some("Bearer"), &READ, Some("authorization: Bearer t1")),
        (vec![("key", "k1")], Some("Bearer"), &READ, Some("x-api-key: k1")),
        (vec![("key", "k1"), ("token", "t1")], None, &READ, Some("authorization: t1")),
        (vec![("query", "a&b c"), ("cookie", "s1")], None, &ELSEWHERE, Some("cookie: session=s1")),
        (vec![("token", "t1")], None, &OPEN, None),
        (vec![], None, &OPEN, None),
    ] {
        let upstream = FakeUpstream::start([]).await;
        let mut options = options(&upstream.base_url());
        options.upstream.credentials =
            configured.into_iter().map(|(name, secret)| (name.to_owned(), secret.into())).collect();
        options.upstream.authorization_word = word.map(str::to_owned);
        call(&Engine::new(&sample::API, options).unwrap(), tool, reading("level", "DEV")).await.unwrap();
        let request = &upstream.requests()[0];
        match expected {
            Some(line) => assert!(request.contains(&format!("\r\n{line}\r\n")), "{line}: {request}"),
            None => assert!(!request.contains("t1"), "a tool that needs none sends none: {request}"),
        }
        if tool.name == "elsewhere" {
            assert!(upstream.only_target().ends_with("?level=DEV&api%20key=a%26b%20c"), "{request}");
        }
    }
}

#[tokio::test]
async fn without_the_credential_that_is_needed_nothing_is_sent() {
    let upstream = FakeUpstream::start([]).await;
    let mut options = options(&upstream.base_url());
    options.upstream.credentials = vec![("query".to_owned(), "x".into())];
    let engine = Engine::new(&sample::API, options).unwrap();
    for (tool, expected) in [(&READ, "token or key"), (&ELSEWHERE, "query with cookie")] {
        let outcome = call(&engine, tool, reading("level", "DEV")).await;
        assert!(
            matches!(&outcome, Err(CallError::NoCredential { schemes }) if schemes == expected),
            "{outcome:?}"
        );
    }
    assert_eq!(upstream.connections(), 0);
}

#[test]
fn a_wrong_setting_stops_the_start_with_one_line_and_without_the_secret() {
    let error = |change: fn(&mut server::engine::Options)| {
        let mut options = options("https://ces.example/api");
        change(&mut options);
        let line = Engine::new(&sample::API, options).err().unwrap().to_string();
        assert!(!line.contains('\n') && !line.contains("secret-1"), "{line}");
        line
    };
    assert!(
        error(|options| options.upstream.base_url = "https://a@b/".to_owned()).starts_with("API_BASE_URL: ")
    );
    assert!(
        error(|options| options.upstream.credentials = vec![("tokn".to_owned(), "secret-1".into())])
            .contains("no such security scheme")
    );
    for secret in ["", "secret-1\n", "sécret-1", " secret-1", "secret-1 "] {
        let mut options = options("https://ces.example/api");
        options.upstream.credentials = vec![("token".to_owned(), secret.into())];
        let line = Engine::new(&sample::API, options).err().unwrap().to_string();
        assert!(line.starts_with("credential \"token\": ") && !line.contains("secret-1"), "{line}");
    }
    assert!(
        error(|options| options.upstream.credentials = vec![("basic".to_owned(), "secret-1".into())])
            .contains("user:password")
    );
    assert!(error(|options| options.deadline = Duration::ZERO).contains("above zero"));
    assert!(error(|options| options.upstream.max_answer_bytes = 0).contains("above zero"));
}

#[tokio::test]
async fn an_answer_is_normalised_and_its_text_is_the_same_json() {
    let body = r#"{"setId":"S1","version":2,"owner":" ","count":"x","tasks":{"id":1},"more":[1]}"#;
    let upstream = FakeUpstream::start([json_answer("200 OK", body)]).await;
    let reply = call(&engine(&upstream.base_url()), &READ, reading("level", "DEV")).await.unwrap();
    assert_eq!(reply.status, 200);
    assert_eq!(reply.text, r#"{"setId":"S1","version":"2","tasks":[{"id":1}],"more":[1]}"#);
    assert_eq!(reply.structured.clone().unwrap().to_string(), reply.text);
    assert_eq!(reply.notes, ["count was left out: expected an integer, got text"]);
}

#[tokio::test]
async fn text_and_silence_are_answers_too() {
    let upstream = FakeUpstream::start([
        answer("200 OK", "Content-Type: text/plain\r\n", "hello"),
        answer("204 No Content", "", ""),
        json_answer("200 OK", r#"{"undescribed":true}"#),
    ])
    .await;
    let engine = engine(&upstream.base_url());
    let reply = call(&engine, &TEXT, reading("level", "DEV")).await.unwrap();
    assert_eq!(
        (reply.structured.clone(), reply.text.as_str()),
        (Some(json!({ "text": "hello" }).into()), r#"{"text":"hello"}"#)
    );
    let reply = call(&engine, &SILENT, reading("level", "DEV")).await.unwrap();
    assert_eq!(
        (reply.structured.clone(), reply.text.as_str()),
        (None, "The API answered 204 without content.")
    );
    let reply = call(&engine, &SILENT, reading("level", "DEV")).await.unwrap();
    assert_eq!((reply.structured.clone(), reply.text.as_str()), (None, r#"{"undescribed":true}"#));
    assert_eq!(reply.notes, ["the document does not describe status 200; it was read as 204"]);
}

#[tokio::test]
async fn a_success_without_its_proof_is_nothing_done_and_one_that_cannot_be_read_is_not() {
    let upstream = FakeUpstream::start([
        json_answer("200 OK", r#"{"message":"nothing  to deploy"}"#),
        json_answer("200 OK", r#"{"setId":" "}"#),
        json_answer("201 Created", r#"{"setId":"S1"}"#),
        json_answer("200 OK", "[]"),
        json_answer("200 OK", r#"{"setId":["#),
        answer("200 OK", "", ""),
    ])
    .await;
    let engine = engine(&upstream.base_url());
    let outcome = call(&engine, &DEPLOY, deploying()).await;
    assert!(
        matches!(&outcome, Err(CallError::NothingDone { message }) if message == "nothing to deploy"),
        "{outcome:?}"
    );
    let outcome = call(&engine, &DEPLOY, deploying()).await;
    assert!(matches!(&outcome, Err(CallError::NothingDone { message }) if message.is_empty()), "{outcome:?}");
    let reply = call(&engine, &DEPLOY, deploying()).await.unwrap();
    assert_eq!((reply.status, reply.text.as_str()), (201, r#"{"setId":"S1"}"#));
    for _ in 0..3 {
        let outcome = call(&engine, &DEPLOY, deploying()).await;
        assert!(matches!(outcome, Err(CallError::Unexpected { status: 200, .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn t35_a_refused_connection_says_that_nothing_was_sent() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let outgoing = call_of(&DEPLOY, deploying());
    let progress = outgoing.progress.clone();
    let outcome = engine(&format!("http://{address}")).call(outgoing).await;
    assert!(matches!(outcome, Err(CallError::Unreachable { .. })), "{outcome:?}");
    assert!(!progress.sent());
}

#[tokio::test]
async fn t35_a_connection_that_breaks_after_sending_leaves_the_outcome_open_and_nothing_is_repeated() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{\"setId\":"
        .to_vec();
    for act in [Act::SendAndClose(Vec::new()), Act::SendAndClose(half)] {
        let upstream = FakeUpstream::start([act]).await;
        let outcome = call(&engine(&upstream.base_url()), &DEPLOY, deploying()).await;
        assert!(matches!(outcome, Err(CallError::Interrupted { .. })), "{outcome:?}");
        assert_eq!(upstream.requests().len(), 1, "a mutation is sent once");
    }
    for act in [Act::Reset, Act::SendAndClose(b"HTTP/1.1 200 OK\r\nConte".to_vec())] {
        let upstream = FakeUpstream::start([act]).await;
        let outcome = call(&engine(&upstream.base_url()), &DEPLOY, deploying()).await;
        assert!(matches!(outcome, Err(CallError::Interrupted { .. })), "{outcome:?}");
        assert_eq!(upstream.requests().len(), 1, "a mutation is sent once");
    }
    let upstream = FakeUpstream::start_closing().await;
    let outcome = call(&engine(&upstream.base_url()), &DEPLOY, deploying()).await;
    assert!(matches!(outcome, Err(CallError::Interrupted { .. })), "{outcome:?}");
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn an_api_that_does_not_answer_costs_one_attempt_and_no_more() {
    let (short, long) = (Duration::from_secs(10), Duration::from_secs(60));
    for (attempt, deadline) in [(short, long), (long, short)] {
        let upstream = FakeUpstream::start([Act::Silence]).await;
        let mut options = options(&upstream.base_url());
        (options.upstream.attempt_timeout, options.deadline) = (attempt, deadline);
        let engine = Engine::new(&sample::API, options).unwrap();
        let mut calling = Box::pin(call(&engine, &READ, reading("level", "DEV")));
        tokio::select! {
            outcome = &mut calling => panic!("the API never answers: {outcome:?}"),
            () = upstream.arrival() => {}
        }
        // Nothing happens any more but time.
        tokio::time::pause();
        let outcome = calling.await;
        tokio::time::resume();
        // Of a call's time some had gone when the attempt began.
        let is_right = |after| after == short || deadline == short && after < short;
        assert!(
            matches!(outcome, Err(CallError::TimedOut { after, sent: true }) if is_right(after)),
            "{outcome:?}"
        );
        upstream.departure().await;
        assert_eq!(upstream.requests().len(), 1);
    }
}

#[tokio::test]
async fn t37_a_read_is_cancelled_with_its_caller() {
    let upstream = FakeUpstream::start([Act::Silence]).await;
    let engine = engine(&upstream.base_url());
    tokio::select! {
        outcome = call(&engine, &READ, reading("level", "DEV")) => panic!("{outcome:?}"),
        () = upstream.arrival() => {}
    }
    upstream.departure().await;
}

#[tokio::test]
async fn t37_a_mutation_goes_on_without_its_caller_and_draining_waits_for_it() {
    let release = Arc::new(Notify::new());
    let done =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"setId\":\"S1\"}"
            .to_vec();
    let upstream = FakeUpstream::start([Act::Hold(Arc::clone(&release), done)]).await;
    let engine = engine(&upstream.base_url());
    assert!(engine.ready());
    tokio::select! {
        outcome = call(&engine, &DEPLOY, deploying()) => panic!("{outcome:?}"),
        () = upstream.arrival() => {}
    }
    let drained = engine.drain();
    tokio::pin!(drained);
    tokio::select! {
        biased;
        () = &mut drained => panic!("the mutation has not ended"),
        () = tokio::task::yield_now() => {}
    }
    assert!(!engine.ready(), "no new calls are wanted while draining");
    release.notify_one();
    drained.await;
}

#[tokio::test]
async fn a_panic_is_the_fault_of_one_call_only() {
    let upstream = FakeUpstream::start([json_answer("200 OK", r#"{"setId":"S1"}"#)]).await;
    let engine = engine(&upstream.base_url());
    let mut arguments = deploying();
    arguments["srid"] = json!("PANIC");
    let outcome = call(&engine, &DEPLOY, arguments).await;
    assert!(
        matches!(&outcome, Err(CallError::Internal { cause }) if cause.starts_with("panic: ")),
        "{outcome:?}"
    );
    assert_eq!(upstream.connections(), 0);
    assert!(call(&engine, &DEPLOY, deploying()).await.is_ok());
}

#[tokio::test]
async fn connections_are_kept_and_used_again() {
    let upstream = FakeUpstream::start([]).await;
    let engine = engine(&upstream.base_url());
    for _ in 0..5 {
        call(&engine, &READ, reading("level", "DEV")).await.unwrap();
    }
    assert_eq!((upstream.requests().len(), upstream.connections()), (5, 1));
}

/// 64 KiB are read ahead, and what the socket had besides at that time.
#[tokio::test]
async fn t_43_a_head_without_end_is_no_answer() {
    let long =
        |length: usize| format!("Content-Type: application/json\r\nX-Long: {}\r\n", "x".repeat(length));
    for (length, is_taken) in [(60 << 10, true), (200 << 10, false)] {
        let answer = answer("200 OK", &long(length), r#"{"assignmentId":"PLAY000313"}"#);
        let upstream = FakeUpstream::start([answer]).await;
        let outcome = call(&engine(&upstream.base_url()), &READ, reading("level", "DEV")).await;
        match outcome {
            Ok(reply) => assert!(is_taken && reply.status == 200, "{length}"),
            Err(error) => assert!(!is_taken && matches!(error, CallError::Interrupted { .. }), "{error:?}"),
        }
    }
}

#[tokio::test]
async fn arguments_that_make_too_long_an_address_are_refused_from_the_first_byte() {
    let upstream = FakeUpstream::start([]).await;
    let engine = engine(&upstream.base_url());
    let beside = "/api/v1/ispw/ISPW/assignments/PLAY000313?level=".len();
    let level = |length: usize| reading("level", "x".repeat(length - beside));
    call(&engine, &READ, level(65_534)).await.unwrap();
    let refused = call(&engine, &READ, level(65_535)).await.unwrap_err();
    let CallError::Arguments(problems) = &refused else { panic!("{refused:?}") };
    assert!(problems.to_string().contains("65535 bytes; one of 65534 at most"), "{problems}");
    assert_eq!(upstream.only_target().len(), 65_534);
}

#[tokio::test]
async fn t35_a_failed_tls_handshake_says_that_nothing_was_sent() {
    let upstream = FakeUpstream::start_closing().await;
    let outgoing = call_of(&DEPLOY, deploying());
    let progress = outgoing.progress.clone();
    let outcome = engine(&format!("https://{}", upstream.authority())).call(outgoing).await;
    assert!(matches!(outcome, Err(CallError::Unreachable { .. })), "{outcome:?}");
    assert!(!progress.sent());
    assert_eq!(upstream.connections(), 1);
}

#[tokio::test]
async fn t02_a_request_that_disagrees_with_its_template_is_our_fault_and_is_not_sent() {
    for literal in ["..", "a b", "%2e%2E", "#", "", "a\\b"] {
        let literal: &'static [rt::Part] = vec![rt::Part::Literal(literal)].leak();
        let segments: &'static [&'static [rt::Part]] = vec![literal, &[rt::Part::Parameter("srid")]].leak();
        let upstream = FakeUpstream::start([]).await;
        let tool: &'static rt::Tool = Box::leak(Box::new(sample::with_segments(segments)));
        let outcome = call(&engine(&upstream.base_url()), tool, reading("level", "DEV")).await;
        let violation = matches!(&outcome, Err(CallError::Internal { cause }) if cause.starts_with("url_invariant_violation"));
        assert!(violation, "{segments:?}: {outcome:?}");
        assert_eq!(upstream.connections(), 0);
    }
}

#[tokio::test]
async fn a_post_without_a_body_says_that_it_has_none() {
    let upstream = FakeUpstream::start([]).await;
    call(&engine(&upstream.base_url()), &SILENT, reading("level", "DEV")).await.unwrap();
    let request = &upstream.requests()[0];
    assert!(request.contains("\r\ncontent-length: 0\r\n") && !request.contains("content-type"), "{request}");
}

#[test]
fn callback_hosts_that_match_nothing_stop_the_start() {
    for host in ["https://ci.example", "ci.example/", "*.example", "", "ci.example:x", "user@ci.example"] {
        let mut options = options("https://ces.example/api");
        options.deployment.callback_hosts = vec!["CI.example".to_owned(), host.to_owned()];
        let line = Engine::new(&sample::API, options).err().unwrap().to_string();
        assert!(line.starts_with("WEBHOOK_ALLOWED_HOSTS: "), "{line}");
    }
    let mut options = options("https://ces.example/api");
    options.deployment.callback_hosts = vec!["CI.example:8443".to_owned()];
    let engine = Engine::new(&sample::API, options).unwrap();
    assert_eq!(engine.deployment().callback_hosts, ["ci.example:8443"]);
}

#[tokio::test]
async fn t51_a_credential_that_the_api_repeats_goes_no_further() {
    let echo = format!(r#"{{"message":"bad token {CANARY}, again {CANARY}"}}"#);
    let upstream = FakeUpstream::start([
        json_answer("500 Internal Server Error", &echo),
        json_answer("200 OK", &format!(r#"{{"setId":"S1","message":"{CANARY}"}}"#)),
    ])
    .await;
    let engine = engine(&upstream.base_url());
    let Err(CallError::Refused { message, .. }) = call(&engine, &DEPLOY, deploying()).await else {
        panic!("an error status is refused")
    };
    assert_eq!(message, "bad token [withheld credential], again [withheld credential]");
    let reply = call(&engine, &DEPLOY, deploying()).await.unwrap();
    assert!(!reply.text.contains(CANARY), "{}", reply.text);
}

#[tokio::test]
async fn t51_a_repeated_credential_is_found_however_json_spells_it() {
    let secret = r#"S3cr/et"one\two-CANARY=="#;
    let quoted = rt::serde_json::to_string(secret).unwrap();
    for (scheme, secret, spelled) in [
        ("token", secret, quoted.clone()),
        ("token", secret, quoted.replace('/', r"\/")),
        ("token", secret, quoted.replace('C', r"\u0043").replace('=', r"\u003D").replace('-', r"\u002d")),
        ("basic", "user:S3cret-word", r#""Basic dXNlcjpTM2NyZXQtd29yZA==""#.to_owned()),
        ("query", "a key/with blanks", r#""key=a%20key%2Fwith%20blanks""#.to_owned()),
    ] {
        let body = format!(r#"{{"setId":"S1","message":{spelled}}}"#);
        let upstream = FakeUpstream::start([
            json_answer("401 Unauthorized", &body),
            json_answer("200 OK", &body),
            answer("401 Unauthorized", "Content-Type: text/plain\r\n", &format!("bad: {secret}")),
        ])
        .await;
        let mut options = options(&upstream.base_url());
        options.upstream.credentials =
            vec![(scheme.to_owned(), secret.into()), ("cookie".to_owned(), "s1".into())];
        let engine = Engine::new(&sample::API, options).unwrap();
        let tool = match scheme {
            "query" => &ELSEWHERE,
            "basic" => &OPEN,
            _ => &READ,
        };
        for turn in 0..3 {
            let shown = format!("{:?}", call(&engine, tool, reading("level", "DEV")).await);
            assert!(turn == 1 || shown.contains("[withheld credential]"), "{spelled}: {shown}");
            assert!(
                !shown.contains("CANARY") && !shown.contains("dXNl") && !shown.contains("blanks"),
                "{shown}"
            );
        }
    }
}

#[tokio::test]
async fn t_43_an_answer_of_many_tiny_values_is_not_built() {
    let ordinary = format!(r#"{{"setId":"S1","list":[{}"0"]}}"#, r#""eight,,[[","#.repeat(60_000));
    let few = format!(r#"{{"setId":"S1","list":[{}0]}}"#, "0,".repeat(49_000));
    let dense = format!(r#"{{"setId":"S1","message":"m","list":[{}0]}}"#, "0,".repeat(60_000));
    let upstream = FakeUpstream::start([
        json_answer("200 OK", &ordinary),
        json_answer("200 OK", &few),
        json_answer("200 OK", &dense),
        json_answer("500 Internal Server Error", &dense),
    ])
    .await;
    let engine = engine(&upstream.base_url());
    for _ in 0..2 {
        assert!(call(&engine, &DEPLOY, deploying()).await.is_ok());
    }
    let Err(CallError::Unexpected { status: 200, what }) = call(&engine, &DEPLOY, deploying()).await else {
        panic!("so dense an answer is refused")
    };
    assert!(what.contains("more than 50000 values"), "{what}");
    let Err(CallError::Refused { message, .. }) = call(&engine, &DEPLOY, deploying()).await else {
        panic!("an error status is refused")
    };
    assert_eq!(message, "[large JSON, not shown]");
}

#[tokio::test]
async fn the_proof_of_a_change_counts_in_any_letter_case() {
    let upstream = FakeUpstream::start([json_answer("200 OK", r#"{"setID":"S1"}"#)]).await;
    let outcome = call(&engine(&upstream.base_url()), &DEPLOY, deploying()).await;
    assert!(outcome.is_ok(), "{outcome:?}");
}

#[tokio::test]
async fn bytes_of_the_promised_media_type_are_attached_and_a_page_in_their_place_is_not() {
    let upstream = FakeUpstream::start([
        answer("200 OK", "Content-Type: application/zip\r\n", "PK34"),
        answer("200 OK", "Content-Type: text/html\r\n", "<html>log in</html>"),
        answer("200 OK", "Content-Type: application/zip\r\n", "<!doctype html><html>log in</html>"),
    ])
    .await;
    static API: rt::Api = rt::Api { tools: &[&ARCHIVE], ..sample::API };
    let engine = Engine::new(&API, options(&upstream.base_url())).unwrap();
    let reply = call(&engine, &ARCHIVE, reading("level", "DEV")).await.unwrap();
    let attachment = reply.attachment.clone().unwrap();
    assert_eq!(
        (attachment.media_type.as_str(), attachment.bytes.as_slice()),
        ("application/zip", &b"PK34"[..])
    );
    assert!(upstream.requests()[0].contains("\r\naccept: application/zip, application/json\r\n"));
    for _ in 0..2 {
        let outcome = call(&engine, &ARCHIVE, reading("level", "DEV")).await;
        assert!(matches!(outcome, Err(CallError::Unexpected { status: 200, .. })), "{outcome:?}");
    }
}

#[tokio::test]
async fn a_proof_of_the_wrong_kind_is_neither_a_success_nor_nothing_done() {
    let upstream = FakeUpstream::start([json_answer("200 OK", r#"{"setId":{"a":1}}"#)]).await;
    let outcome = call(&engine(&upstream.base_url()), &DEPLOY, deploying()).await;
    assert!(
        matches!(&outcome, Err(CallError::Unexpected { status: 200, what }) if what.contains("setId")),
        "{outcome:?}"
    );
}
