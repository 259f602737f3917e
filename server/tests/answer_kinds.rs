//! What becomes of an answer by its media type, its status and the headers that the tool returns.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod sample;

use fake_upstream::{FakeUpstream, answer};
use sample::{READ, SILENT, call, engine, reading};
use server::answer::read;
use server::call::{CallError, Reply};
use server::generated as rt;
use server::generated::Content::{self, AnyJson, Binary, Empty, Text};
use server::generated::serde_json::{Value, json};
use server::upstream::Received;

/// Reads an answer of a tool that is promised this.
fn check(promised: &'static str, content: Content, given: &str, body: &[u8]) -> Result<Reply, CallError> {
    let rules: &'static [rt::AnswerRule] =
        Box::leak(Box::new([rt::AnswerRule { from: 200, to: 200, media_type: promised, content }]));
    let tool = rt::Tool { answers: rules, output_schema: None, ..READ };
    let content_type = (!given.is_empty()).then(|| given.to_owned());
    read(
        &tool,
        Received { status: 200, content_type, retry_after: None, headers: vec![], body: body.to_vec() },
    )
}

/// What was refused, in words.
fn refusal(outcome: Result<Reply, CallError>) -> String {
    match outcome {
        Err(CallError::Unexpected { what, .. }) => what,
        other => panic!("expected a refusal, got {other:?}"),
    }
}

#[test]
fn json_by_any_of_its_names_is_json() {
    for given in ["application/json", "application/problem+json; charset=utf-8", "text/json", ""] {
        let reply = check("application/json", AnyJson, given, br#"{"a":1}"#).unwrap();
        assert_eq!(reply.structured, Some(json!({ "a": 1 }).into()), "{given}");
    }
    let told = refusal(check("application/json", AnyJson, "text/csv", b"a,b"));
    assert_eq!(told, "expected JSON, got `text/csv`");
}

#[test]
fn text_is_text_and_a_page_only_where_one_is_promised() {
    let page = b"<html>login</html>";
    for (promised, given, body, accepted) in [
        ("text/plain", "text/plain", &b"hello"[..], true),
        ("text/csv", "text/plain", b"a,b", true),
        ("text/plain", "text/html", page, false),
        ("text/plain", "text/plain", page, false),
        ("text/html", "text/html", page, true),
        ("application/xml", "application/xml", b"<a/>", true),
        ("application/atom+xml", "application/atom+xml", b"<a/>", true),
    ] {
        let outcome = check(promised, Text, given, body);
        let text = String::from_utf8_lossy(body).into_owned();
        match accepted {
            true => {
                assert_eq!(outcome.unwrap().structured, Some(json!({ "text": text }).into()), "{promised}")
            }
            false => assert_eq!(refusal(outcome), "expected text, got an HTML or XML page"),
        }
    }
}

#[test]
fn bytes_come_as_an_attachment_of_their_own_type() {
    for (promised, given, attached) in [
        ("image/png", "image/png", Some("image/png")),
        ("image/png", "", Some("image/png")),
        ("image/*", "image/jpeg; q=1", Some("image/jpeg")),
        ("*/*", "audio/ogg", Some("audio/ogg")),
        ("application/octet-stream", "application/zip", Some("application/zip")),
        ("application/zip", "application/octet-stream", Some("application/octet-stream")),
        ("image/*", "text/plain", None),
        ("image/png", "image/jpeg", None),
    ] {
        let outcome = check(promised, Binary, given, &[0, 159, 146, 150]);
        match attached {
            Some(media_type) => {
                let attachment = outcome.unwrap().attachment.clone().unwrap();
                assert_eq!((attachment.media_type.as_str(), attachment.bytes.len()), (media_type, 4));
            }
            None => assert!(refusal(outcome).starts_with(&format!("expected {promised}, got "))),
        }
    }
    let drawing = br#"<svg xmlns="http://www.w3.org/2000/svg"/>"#;
    assert!(check("image/svg+xml", Binary, "image/svg+xml", drawing).is_ok());
    assert_eq!(
        refusal(check("image/png", Binary, "image/png", drawing)),
        "expected image/png, got `image/png`"
    );
}

#[test]
fn each_status_of_success_is_read_by_its_own_rule() {
    const SHAPE: rt::Shape =
        rt::Shape::Object { members: &[rt::Member::required("id", rt::Shape::Integer)], hidden: &[] };
    static RULES: &[rt::AnswerRule] = &[
        rt::AnswerRule {
            from: 201,
            to: 201,
            media_type: "application/json",
            content: Content::Json { shape: SHAPE, wrap: None },
        },
        rt::AnswerRule { from: 204, to: 204, media_type: "", content: Empty },
        rt::AnswerRule { from: 200, to: 299, media_type: "text/plain", content: Text },
    ];
    let tool = rt::Tool { answers: RULES, output_schema: Some(r#"{"type":"object"}"#), ..READ };
    let of = |status: u16, content_type: &str, body: &[u8]| {
        let content_type = Some(content_type.to_owned());
        let received =
            Received { status, content_type, retry_after: None, headers: vec![], body: body.to_vec() };
        read(&tool, received).map(|reply| reply.into_structured().unwrap_or(Value::Null))
    };
    assert_eq!(of(201, "application/json", br#"{"id":7}"#).unwrap(), json!({ "id": 7 }));
    assert_eq!(of(204, "", b"").unwrap(), json!({}));
    assert_eq!(of(206, "text/plain", b"part").unwrap(), json!({ "text": "part" }));
    assert!(of(201, "application/json", br#"{"id":"7"}"#).is_err());
}

#[tokio::test]
async fn headers_are_returned_where_the_tool_asks_for_them() {
    let head = "Location: /sets/S1\r\nX-Rate: 5\r\nX-Rate: 6\r\nServer: secret\r\nX-Shown: a\u{202e}b\r\n";
    let upstream = FakeUpstream::start([
        answer("204 No Content", head, ""),
        answer("200 OK", &format!("Content-Type: application/json\r\n{head}"), r#"{"setId":"S1"}"#),
        answer("200 OK", "Content-Type: application/json\r\n", r#"{"setId":"S1"}"#),
    ])
    .await;
    let engine = engine(&upstream.base_url());
    const ASKED: &[&str] = &["location", "X-Rate", "X-Shown", "Absent"];
    static EMPTY: rt::Tool =
        rt::Tool { answer_headers: ASKED, output_schema: Some(r#"{"type":"object"}"#), ..SILENT };
    static FULL: rt::Tool = rt::Tool { answer_headers: ASKED, ..READ };
    let headers = json!({ "location": "/sets/S1", "X-Rate": "5, 6", "X-Shown": "a<U+202E>b" });

    let reply = call(&engine, &EMPTY, reading("level", "DEV")).await.unwrap();
    assert_eq!(reply.structured, Some(json!({ "responseHeaders": headers }).into()));
    assert!(reply.notes.contains(&"header location: /sets/S1".to_owned()), "{:?}", reply.notes);
    let reply = call(&engine, &FULL, reading("level", "DEV")).await.unwrap();
    assert_eq!(reply.structured, Some(json!({ "setId": "S1", "responseHeaders": headers }).into()));
    let reply = call(&engine, &FULL, reading("level", "DEV")).await.unwrap();
    assert_eq!((reply.structured.clone(), reply.notes.len()), (Some(json!({ "setId": "S1" }).into()), 0));
}
