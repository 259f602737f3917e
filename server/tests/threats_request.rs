//! Threats to the request and the answer, one test per row, against the bytes that really arrive.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod sample;

use fake_upstream::{Act, FakeUpstream, answer, json as json_answer};
use sample::{CANARY, DEPLOY, ELSEWHERE, OPEN, READ, TEXT, call, deploying, engine, options, reading};
use server::call::CallError;
use server::engine::Engine;
use server::generated::serde_json::{Value, json};

/// Calls the read and expects a refusal of the arguments, with nothing sent; gives the problems as text.
async fn refused(arguments: Value) -> String {
    let upstream = FakeUpstream::start([]).await;
    let outcome = call(&engine(&upstream.base_url()), &READ, arguments.clone()).await;
    assert_eq!(upstream.connections(), 0, "nothing may be sent for {arguments}");
    match outcome {
        Err(CallError::Arguments(problems)) => problems.to_string(),
        other => panic!("{arguments} must be refused, got {other:?}"),
    }
}

/// Calls the read and gives the target that arrived.
async fn target(arguments: Value) -> String {
    let upstream = FakeUpstream::start([]).await;
    call(&engine(&upstream.base_url()), &READ, arguments).await.unwrap();
    upstream.only_target()
}

#[tokio::test]
async fn t01_dot_segments_in_path_parameters_are_refused_and_nothing_is_sent() {
    for value in [
        "..",
        ".",
        "%2e%2e",
        "%2E.",
        "%252e%252e",
        "..\u{0}",
        "..;",
        "..;x",
        "%2e%2e%3bx",
        ";x",
        "../admin",
        "..\\admin",
        "a/../b",
        "a%2fb",
        "a%5cb",
        "a%252fb",
        "/",
        "\\",
        "a\u{1f}",
        "a\u{7f}",
        "a\u{85}",
        "a%00",
        "a\r\nb",
    ] {
        let problems = refused(reading("srid", value)).await;
        assert!(problems.starts_with("srid: "), "{value:?}: {problems}");
    }
    assert_eq!(target(reading("srid", "A.B")).await, "/api/v1/ispw/A.B/assignments/PLAY000313");
    assert_eq!(target(reading("srid", "...")).await, "/api/v1/ispw/.../assignments/PLAY000313");
    assert_eq!(
        target(reading("srid", "A#@$ %b")).await,
        "/api/v1/ispw/A%23%40%24%20%25b/assignments/PLAY000313"
    );
}

#[tokio::test]
async fn t03_an_empty_path_parameter_is_refused() {
    assert_eq!(refused(reading("srid", "")).await, "srid: must not be empty");
}

#[tokio::test]
async fn t04_a_path_parameter_cannot_begin_a_query_or_a_fragment() {
    assert_eq!(
        target(reading("assignmentId", "a?level=PRD#x&y=z")).await,
        "/api/v1/ispw/ISPW/assignments/a%3Flevel%3DPRD%23x%26y%3Dz"
    );
}

#[tokio::test]
async fn t05_a_query_value_stays_one_value() {
    let prefix = "/api/v1/ispw/ISPW/assignments/PLAY000313";
    let value = "DEV&assignmentId=X;a+b 'c' é";
    assert_eq!(
        target(reading("level", value)).await,
        format!("{prefix}?level=DEV%26assignmentId%3DX%3Ba%2Bb%20%27c%27%20%C3%A9")
    );
    assert_eq!(target(reading("codes", json!(["a,b", "c"]))).await, format!("{prefix}?codes=a%2Cb,c"));
    assert_eq!(target(reading("tags", json!(["a", "b&c"]))).await, format!("{prefix}?tags=a&tags=b%26c"));
    let problems = refused(reading("LEVEL", "PRD")).await;
    assert_eq!(problems, "LEVEL: unknown name; did you mean `level`?");
}

#[tokio::test]
async fn t06_a_header_value_cannot_end_its_header() {
    for value in ["x\r\nX-Admin: 1", "x\n", "x\u{0}", "\tx", "é", " x", "x "] {
        assert!(refused(reading("trace", value)).await.starts_with("trace: "), "{value:?}");
    }
    let upstream = FakeUpstream::start([]).await;
    call(&engine(&upstream.base_url()), &READ, reading("trace", "a b, c")).await.unwrap();
    assert!(upstream.requests()[0].contains("\r\nx-trace: a b, c\r\n"), "{:?}", upstream.requests());
}

#[tokio::test]
async fn t07_a_cookie_value_cannot_begin_another_cookie() {
    let upstream = FakeUpstream::start([]).await;
    call(&engine(&upstream.base_url()), &READ, reading("sid", "a; admin=1,2")).await.unwrap();
    assert!(
        upstream.requests()[0].contains("\r\ncookie: sid=a%3B%20admin%3D1%2C2\r\n"),
        "{:?}",
        upstream.requests()
    );
}

#[tokio::test]
async fn t08_a_body_holds_declared_members_of_declared_types_only() {
    let upstream = FakeUpstream::start([json_answer("200 OK", r#"{"setId":"S1"}"#)]).await;
    let engine = engine(&upstream.base_url());
    for (name, value, expected) in [
        ("deployActive", json!("true"), "deployActive: expected a boolean, got text"),
        ("item", json!("7"), "item: expected an integer, got text"),
        ("description", json!(null), "description: expected text, got null"),
        (
            "setId",
            json!("S1"),
            "setId: unknown name; accepted are `srid`, `releaseId`, `description`, `item`, `deployActive`",
        ),
    ] {
        let mut arguments = deploying();
        arguments[name] = value;
        match call(&engine, &DEPLOY, arguments).await {
            Err(CallError::Arguments(problems)) => assert_eq!(problems.to_string(), expected),
            other => panic!("{name} must be refused, got {other:?}"),
        }
    }
    assert_eq!(upstream.connections(), 0);
    let mut arguments = deploying();
    arguments["deployActive"] = json!(true);
    arguments["item"] = json!(7.0);
    call(&engine, &DEPLOY, arguments).await.unwrap();
    let requests = upstream.requests();
    assert!(
        requests[0].starts_with("POST /api/v1/ispw/ISPW/releases/REL1/deploy HTTP/1.1\r\n"),
        "{requests:?}"
    );
    assert!(requests[0].contains("\r\ncontent-type: application/json\r\n"), "{requests:?}");
    assert!(requests[0].ends_with("\r\n\r\n{\"item\":7,\"deployActive\":true}"), "{requests:?}");
}

#[tokio::test]
async fn t09_integers_that_readers_do_not_keep_are_refused() {
    for text in ["18446744073709551616", "9007199254740992", "1.8e19"] {
        let value: Value = text.parse().unwrap();
        assert!(refused(reading("limit", value.clone())).await.contains("9007199254740991"), "{text}");
        assert!(refused(reading("filter", json!({ "a": [value] }))).await.contains("filter.a[0]"), "{text}");
    }
}

#[tokio::test]
async fn t11_a_redirect_is_never_followed() {
    let elsewhere = FakeUpstream::start([]).await;
    for status in
        ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent", "304 Not Modified"]
    {
        let location = format!("Location: http://{}/\r\n", elsewhere.authority());
        let upstream = FakeUpstream::start([answer(status, &location, "")]).await;
        let outcome = call(&engine(&upstream.base_url()), &DEPLOY, deploying()).await;
        let expected: u16 = status[..3].parse().unwrap();
        assert!(
            matches!(outcome, Err(CallError::Redirected { status }) if status == expected),
            "{outcome:?}"
        );
        assert_eq!(upstream.requests().len(), 1);
    }
    assert_eq!(elsewhere.connections(), 0);
}

#[tokio::test]
async fn t15_confusable_words_are_not_taken_for_declared_ones() {
    let problems = refused(reading("environment", "ＴＥＳＴ")).await;
    assert!(problems.starts_with("environment: `ＴＥＳＴ` is none of `TEST`, `PROD`, `HOLD`"), "{problems}");
    let problems = refused(reading("environment", "tset")).await;
    assert!(problems.ends_with("did you mean `TEST`?"), "{problems}");
}

#[tokio::test]
async fn t16_what_is_sent_is_what_was_given_or_nothing() {
    for value in ["A\nB", "A\tB", "A\rB"] {
        assert!(refused(reading("level", value)).await.starts_with("level: "), "{value:?}");
    }
    let text = "a/b?c=d&e%20+\u{10348}'\"<>`{|}^~\\";
    let arrived = target(reading("level", text)).await;
    let value = arrived.split_once("?level=").unwrap().1;
    assert_eq!(percent_encoding::percent_decode_str(value).decode_utf8().unwrap(), text);
}

#[tokio::test]
async fn t_46_an_answer_without_end_is_left_at_the_limit() {
    let upstream = FakeUpstream::start([Act::Endless]).await;
    let mut options = options(&upstream.base_url());
    options.upstream.max_answer_bytes = 10_000;
    let outcome = call(&Engine::new(&sample::API, options).unwrap(), &READ, reading("level", "DEV")).await;
    assert!(matches!(outcome, Err(CallError::TooLarge { limit: 10_000, status: 200 })), "{outcome:?}");
    upstream.departure().await;
}

#[tokio::test]
async fn t_46_the_limit_is_crossed_by_one_byte() {
    let body = |length: usize| format!("\"{}\"", "x".repeat(length - 2));
    let chunked = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n";
        Act::Send(format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len()).into_bytes())
    };
    let text = |body: &str| answer("200 OK", "Content-Type: text/plain\r\n", body);
    for (act, fits) in [
        (text(&body(100)), true),
        (text(&body(101)), false),
        (chunked(&body(100)), true),
        (chunked(&body(101)), false),
    ] {
        let upstream = FakeUpstream::start([act]).await;
        let mut options = options(&upstream.base_url());
        options.upstream.max_answer_bytes = 100;
        let outcome =
            call(&Engine::new(&sample::API, options).unwrap(), &TEXT, reading("level", "DEV")).await;
        match outcome {
            Ok(_) => assert!(fits),
            Err(CallError::TooLarge { limit: 100, status: 200 }) => assert!(!fits),
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn t_41_an_encoded_answer_is_refused_unread() {
    let upstream = FakeUpstream::start([answer(
        "200 OK",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
        "\u{1f}not really",
    )])
    .await;
    let outcome = call(&engine(&upstream.base_url()), &READ, reading("level", "DEV")).await;
    assert!(
        matches!(&outcome, Err(CallError::Unexpected { status: 200, what }) if what.contains("encod")),
        "{outcome:?}"
    );
    assert!(!upstream.requests()[0].to_ascii_lowercase().contains("accept-encoding"));
}

#[tokio::test]
async fn t_47_a_login_page_is_no_answer() {
    let page = "<!DOCTYPE html><title>Login</title>";
    for tool in [&READ, &TEXT, &OPEN] {
        let upstream = FakeUpstream::start([answer("200 OK", "Content-Type: text/html\r\n", page)]).await;
        let outcome = call(&engine(&upstream.base_url()), tool, reading("level", "DEV")).await;
        let Err(CallError::Unexpected { status: 200, what }) = outcome else { panic!("{outcome:?}") };
        assert!(!what.contains("Login"), "{what}");
    }
}

#[tokio::test]
async fn t_47_bytes_that_are_not_what_they_claim_to_be_are_unexpected() {
    let raw = |content_type: &str, body: &[u8]| {
        let head = format!(
            "HTTP/1.1 200 OK\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        Act::Send([head.as_bytes(), body].concat())
    };
    for (act, expected) in [
        (raw("application/json; charset=koi8-r", b"{}"), "expected UTF-8, got another character set"),
        (raw("application/json", b"{\"owner\":"), "expected JSON, got broken JSON at line 1, column 9"),
        (raw("application/json", b""), "expected JSON, got an empty body"),
        (raw("image/png", b"{}"), "expected JSON, got `image/png`"),
    ] {
        let upstream = FakeUpstream::start([act]).await;
        let outcome = call(&engine(&upstream.base_url()), &READ, reading("level", "DEV")).await;
        assert!(
            matches!(&outcome, Err(CallError::Unexpected { status: 200, what }) if what == expected),
            "{outcome:?}"
        );
    }
    let garbled = raw("application/json", b"{\"owner\":\"a\xffb\xc3(c\"}");
    let upstream = FakeUpstream::start([garbled]).await;
    let reply = call(&engine(&upstream.base_url()), &READ, reading("level", "DEV")).await.unwrap();
    assert_eq!(reply.text, "{\"owner\":\"a\u{fffd}b\u{fffd}(c\"}");
    assert_eq!(reply.notes, ["what is not UTF-8 was replaced by U+FFFD in 2 places"]);
    let latin = raw("application/json;charset=ISO-8859-1", b"{\"owner\":\"\xe9\"}");
    let upstream = FakeUpstream::start([latin]).await;
    let reply = call(&engine(&upstream.base_url()), &READ, reading("level", "DEV")).await.unwrap();
    assert_eq!(reply.text, r#"{"owner":"é"}"#);
}

#[tokio::test]
async fn t51_the_credential_is_in_no_error_and_no_debug_text() {
    for tool in [&READ, &ELSEWHERE] {
        let upstream = FakeUpstream::start([Act::SendAndClose(b"HTTP/1.1 broken".to_vec())]).await;
        let mut options = options(&upstream.base_url());
        let more = ["query", "cookie"].map(|name| (name.to_owned(), CANARY.into()));
        options.upstream.credentials.extend(more);
        assert!(!format!("{options:?}").contains(CANARY));
        let engine = Engine::new(&sample::API, options).unwrap();
        let outcome = call(&engine, tool, reading("level", "DEV")).await;
        assert!(matches!(outcome, Err(CallError::Interrupted { .. })), "{outcome:?}");
        assert!(upstream.requests()[0].contains(CANARY), "it was sent");
        assert!(!format!("{outcome:?} {engine:?}").contains(CANARY), "{outcome:?}");
    }
}

#[tokio::test]
async fn t57_hidden_characters_of_an_answer_are_made_visible_and_counted() {
    let body = json!({ "owner": "IGNORE\u{e0041} PREVIOUS\u{1b}[31m", "x\u{202e}": { "y": ["\u{200b}", "line\nline"] } });
    let upstream = FakeUpstream::start([json_answer("200 OK", &body.to_string())]).await;
    let reply = call(&engine(&upstream.base_url()), &READ, reading("level", "DEV")).await.unwrap();
    let expected = json!({
        "owner": "IGNORE<U+E0041> PREVIOUS<U+001B>[31m", "x<U+202E>": { "y": ["<U+200B>", "line\nline"] },
    });
    assert_eq!(reply.structured, Some(expected.into()));
    assert_eq!(reply.notes, ["4 control or invisible characters were made visible, in the form <U+202E>"]);
}

#[tokio::test]
async fn t5b_an_error_answer_gives_its_message_and_nothing_of_the_inside() {
    let body = json!({
        "message": "Release  REL1\n not found at http://db.internal:5000/x\n\tat com.corp.Dao.find(Dao.java:7)",
        "trace": "secret",
    });
    let upstream = FakeUpstream::start([
        answer("500 Oops", "Content-Type: application/json\r\nRetry-After: 7\r\n", &body.to_string()),
        answer("503 Busy", "Content-Type: text/html\r\nContent-Encoding: gzip\r\n", "<html>secret</html>"),
        answer("404 Gone", "", ""),
    ])
    .await;
    let engine = engine(&upstream.base_url());
    for (expected_status, expected_message, seconds) in [
        (500, "Release REL1 not found at [address] [a stack trace, not shown]", Some(7)),
        (503, "[an HTML or XML page, not shown]", None),
        (404, "", None),
    ] {
        match call(&engine, &READ, reading("level", "DEV")).await {
            Err(CallError::Refused { status, message, retry_after }) => {
                assert_eq!((status, message.as_str()), (expected_status, expected_message));
                assert_eq!(retry_after.map(|wait| wait.as_secs()), seconds);
            }
            other => panic!("{other:?}"),
        }
    }
}
