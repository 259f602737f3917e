//! The museum's server: its tools, a generated one, and the one written by hand, in front of a stand-in for the museum.

use std::sync::LazyLock;

use loopback::{Answer, Received};
use museum_mcp::{TOOLS, api};
use serde_json::{Value, json};
use server::catalog::Api;

static API: LazyLock<&Api> = LazyLock::new(|| api::catalog().with(TOOLS).expect("the names are free"));

const CREDENTIAL: Option<(&str, &str)> = Some(("MuseumPlaceholderAuth", "visitor:secret"));
const EVENT: &str = "3be6453c-03eb-4357-ae5a-984a0e574a54";

/// A museum that is open on one day, on which two events take place.
fn museum(request: &Received) -> Answer {
    let event = |name: &str, price: f64, dates: &[&str]| {
        json!({
            "eventId": EVENT, "name": name, "location": "Hall", "eventDescription": "An event.",
            "dates": dates, "price": price
        })
    };
    match request.line.split(['?', ' ']).nth(1) {
        Some("/base/museum-hours") => {
            Answer::json(&json!([{ "date": "2026-09-11", "timeOpen": "09:00", "timeClose": "18:00" }]))
        }
        Some("/base/special-events") => Answer::json(&json!([
            event("Mermaids", 0.0, &["2026-09-10", "2026-09-11"]),
            event("Pirates", 25.0, &["2026-09-11"]),
            event("Dragons", 5.0, &["2026-09-12"])
        ])),
        _ => Answer::new("404 Not Found", "application/problem+json", r#"{"title": "no such page"}"#),
    }
}

async fn call(tool: &str, arguments: Value) -> (Value, Vec<Received>) {
    loopback::call(&API, CREDENTIAL, tool, arguments, museum).await
}

#[test]
fn the_tools_are_the_eight_operations_and_one_written_by_hand() {
    let tools: Vec<(&str, &str)> = API.tools.iter().map(|tool| (tool.name, tool.effect.word())).collect();
    let expected = [
        ("buy_museum_tickets", "destroy"),
        ("create_special_event", "write"),
        ("delete_special_event", "destroy"),
        ("get_museum_hours", "read"),
        ("get_special_event", "read"),
        ("get_ticket_code", "read"),
        ("list_special_events", "read"),
        ("plan_visit", "read"),
        ("update_special_event", "write"),
    ];
    assert_eq!(tools, expected);
}

#[tokio::test]
async fn a_visit_is_planned_from_two_operations() {
    let (result, mut received) = call("plan_visit", json!({ "date": "2026-09-11" })).await;
    assert_eq!(
        result["structuredContent"],
        json!({
            "date": "2026-09-11",
            "hours": { "open": "09:00", "close": "18:00" },
            "events": [
                { "eventId": EVENT, "name": "Mermaids", "location": "Hall", "price": 0.0 },
                { "eventId": EVENT, "name": "Pirates", "location": "Hall", "price": 25.0 }
            ]
        })
    );
    received.sort_by(|one, other| one.line.cmp(&other.line));
    let lines: Vec<&str> = received.iter().map(|request| request.line.as_str()).collect();
    assert_eq!(
        lines,
        [
            "GET /base/museum-hours?startDate=2026-09-11&limit=1 HTTP/1.1",
            "GET /base/special-events?startDate=2026-09-11&endDate=2026-09-11&limit=30 HTTP/1.1"
        ]
    );
    assert!(received.iter().all(|request| request.headers["authorization"] == "Basic dmlzaXRvcjpzZWNyZXQ="));
}

#[tokio::test]
async fn what_is_too_dear_is_left_out_and_a_closed_day_has_no_hours() {
    let (result, _) = call("plan_visit", json!({ "date": "2026-09-11", "highest_price": 10 })).await;
    assert_eq!(result["structuredContent"]["events"].as_array().map(Vec::len), Some(1), "{result}");
    let (result, _) = call("plan_visit", json!({ "date": "2026-09-12" })).await;
    assert_eq!(result["structuredContent"]["hours"], Value::Null, "{result}");
}

#[tokio::test]
async fn what_is_no_day_is_refused_before_anything_is_asked() {
    let (result, received) = call("plan_visit", json!({ "date": "tomorrow", "price": 1 })).await;
    let text = result["content"][0]["text"].as_str().unwrap_or_default();
    assert!(text.contains("\n- date: ") && text.contains("\n- price: unknown name"), "{text}");
    assert!(received.is_empty());
}

#[tokio::test]
async fn the_picture_of_a_ticket_is_an_image() {
    let arguments = json!({ "ticketId": EVENT });
    let answer = |_: &Received| Answer::new("200 OK", "image/png", *b"\x89PNG");
    let (result, received) = loopback::call(&API, CREDENTIAL, "get_ticket_code", arguments, answer).await;
    assert_eq!(received[0].line, format!("GET /base/tickets/{EVENT}/qr HTTP/1.1"));
    assert_eq!(
        (&result["content"][1]["type"], &result["content"][1]["data"]),
        (&json!("image"), &json!("iVBORw=="))
    );
}

#[test]
fn schemas_and_decoders_take_the_same_arguments() {
    values::of_arguments(&[*API], 500);
}

#[test]
fn what_is_made_of_any_answer_conforms() {
    values::of_answers(&[*API], 500);
}
