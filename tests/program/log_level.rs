//! How much is logged, changed by whoever may read how the server stands and by nobody else: for a while, and on the record.

use std::net::SocketAddr;

use rustix::process::Signal;
use serde_json::{Value, json};

use crate::program_support::{Running, run, serve};
use crate::scratch::Scratch;
use crate::wire::{Answer, send};

const ADDRESS: (&str, &str) = ("API_BASE_URL", "http://127.0.0.1:9");
const JSON: (&str, &str) = ("Content-Type", "application/json");

async fn put(address: SocketAddr, asked: &Value) -> Answer {
    send(address, "PUT /status/log-level", &[JSON], &asked.to_string()).await
}

async fn told(address: SocketAddr) -> Value {
    send(address, "GET /status/log-level", &[], "").await.json()
}

/// The lines of the log of one request and of what comes after it, to the end of the program.
async fn lines_of_a_request(running: Running, address: SocketAddr) -> String {
    send(address, "GET /ready", &[], "").await;
    running.signal(Signal::TERM);
    running.rest().await
}

/// How many requests it tells of, which is one step more than usual.
fn requests(log: &str) -> usize {
    log.lines().filter(|line| line.contains("DEBUG") && line.contains("answered")).count()
}

#[tokio::test]
async fn the_owner_has_more_logged_for_as_long_as_is_said() {
    let (running, address) = serve(&[ADDRESS]).await;
    let answer = put(address, &json!({ "level": "debug" })).await;
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let logged = answer.json();
    assert_eq!((&logged["level"], &logged["configured"]), (&json!("debug"), &json!("info")));
    assert_eq!(told(address).await, logged);
    let status = send(address, "GET /status", &[], "").await.json();
    assert_eq!(status["log"], logged);
    // Texts of this form stand in the order of times.
    let (until, began) =
        (logged["until"].as_str().unwrap(), status["server"]["start_time"].as_str().unwrap());
    assert!(until > began && until.len() == began.len() && until.ends_with('Z'), "{until}, {began}");
    let log = lines_of_a_request(running, address).await;
    assert_eq!(requests(&log), 4, "that of the change is one of them: {log}");
    let told = log.lines().find(|line| line.contains("more or less is logged for a while")).unwrap();
    assert!(told.contains("minutes=15") && told.contains("local_owner"), "{told}");

    let (mut running, address) = serve(&[ADDRESS]).await;
    put(address, &json!({ "level": "trace" })).await;
    let back = send(address, "DELETE /status/log-level", &[], "").await;
    assert_eq!(back.json(), json!({ "level": "info", "configured": "info", "until": null }));
    running.log_line("as much is logged as is configured").await;
    let log = lines_of_a_request(running, address).await;
    assert_eq!(requests(&log), 0, "{log}");
}

#[tokio::test]
async fn what_is_not_accepted_is_told_and_changes_nothing() {
    let (_running, address) = serve(&[ADDRESS]).await;
    assert_eq!(put(address, &json!({ "level": "warn", "minutes": 60 })).await.status, 200);
    let before = told(address).await;
    for (asked, said) in [
        (json!({ "level": "debug", "minutes": 61 }), "`minutes`: expected a whole number from 1 to 60"),
        (json!({ "level": "debug", "minutes": 0 }), "`minutes`: expected a whole number from 1 to 60"),
        (json!({ "level": "loud" }), "`level`: expected one of off, error, warn, info, debug, trace"),
        (json!({ "level": "debug", "hours": 1 }), "\"hours\": there is no such member"),
    ] {
        let refused = put(address, &asked).await;
        let problem = refused.json();
        assert_eq!(refused.header("content-type"), Some("application/problem+json"));
        assert_eq!((refused.status, &problem["code"]), (422, &json!("arguments")), "{asked}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{asked}: {problem}");
    }
    let sent = async |headers: &[(&str, &str)], body: &str| {
        send(address, "PUT /status/log-level", headers, body).await.status
    };
    let body = r#"{"level":"debug"}"#;
    assert_eq!(sent(&[], body).await, 415);
    assert_eq!(sent(&[JSON], r#"{"level":"debug","level":"off"}"#).await, 400);
    assert_eq!(sent(&[JSON], "[]").await, 400);
    assert_eq!(sent(&[JSON, ("Origin", "https://evil.example")], body).await, 403);
    assert_eq!(sent(&[JSON, ("Host", "evil.example")], body).await, 403);
    let posted = send(address, "POST /status/log-level", &[JSON], body).await;
    assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD, PUT, DELETE")));
    assert_eq!(told(address).await, before);
}

#[tokio::test]
async fn only_who_may_read_how_the_server_stands_finds_it() {
    let folder = Scratch::new("program-log-level-keys");
    let file = folder.path().join("keys.json").display().to_string();
    let keys = [ADDRESS, ("API_TOKEN", "x"), ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", &*file)];
    let mut made = Vec::new();
    for (role, scope, status) in
        [("observer", "cp:admin", 404), ("administrator", "cp:read", 404), ("administrator", "cp:admin", 200)]
    {
        let create = ["keys", "create", "--owner", "x", "--role", role, "--scope", scope];
        made.push((status, run(&create, &keys).await.stdout));
    }
    let (_running, address) = serve(&keys).await;
    let body = r#"{"level":"debug"}"#;
    assert_eq!(send(address, "PUT /status/log-level", &[JSON], body).await.status, 401);
    for (status, key) in made {
        let shown = [("X-API-Key", key.trim()), JSON];
        for (head, body) in [("PUT", body), ("PUT", "{"), ("GET", ""), ("DELETE", "")] {
            let answer = send(address, &format!("{head} /status/log-level"), &shown, body).await;
            // A body is read only for whoever may say something.
            let expected = if status == 200 && body == "{" { 400 } else { status };
            assert_eq!(answer.status, expected, "{head} {body}: {answer:?}");
            if status == 404 {
                let nothing = send(address, "GET /status", &shown, "").await;
                assert_eq!((nothing.status, &nothing.body), (404, &answer.body), "as if there was nothing");
            }
        }
    }
    let (_running, address) = serve(&[ADDRESS, ("MCP_PLAIN", "false")]).await;
    assert_eq!(put(address, &json!({ "level": "debug" })).await.status, 404);
}

#[tokio::test]
async fn each_change_is_on_the_record_with_who_wanted_it() {
    let folder = Scratch::new("program-log-level-journal");
    let journal = folder.path().join("journal").display().to_string();
    let recording = ("AUDIT_FOLDER", &*journal);
    let (mut running, address) = serve(&[ADDRESS, recording]).await;
    put(address, &json!({ "level": "trace", "minutes": 1 })).await;
    put(address, &json!({ "level": "loud" })).await;
    running.signal(Signal::USR1);
    running.log_line("more is logged, by a signal").await;
    send(address, "DELETE /status/log-level", &[], "").await;
    running.signal(Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
    let exported = run(&["audit", "export", "--kind", "log_level"], &[recording]).await.stdout;
    let records: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said: Vec<_> = records.iter().map(|one| [&one["by"], &one["outcome"], &one["caller"]]).collect();
    let (call, signal, owner) = (json!("call"), json!("signal"), json!("local_owner"));
    let (trace, info, nobody) = (json!("trace"), json!("info"), Value::Null);
    assert_eq!(said, [[&call, &trace, &owner], [&signal, &trace, &nobody], [&call, &info, &owner]]);
    let of_call = &records[0];
    assert!(of_call["request_id"].is_string() && of_call["until"].is_string(), "{of_call}");
    assert_eq!(of_call["address"], "127.0.0.1");
    assert_eq!(records[2].get("until"), None);
    let shown = run(&["audit", "tail"], &[recording]).await.stdout;
    assert!(shown.contains("log_level"), "{shown}");
    let verified = run(&["audit", "verify"], &[recording]).await;
    assert_eq!((verified.code, verified.stdout.contains("whole: 5 records")), (0, true), "{verified:?}");
}
