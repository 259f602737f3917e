//! What the log says of requests and calls: one event for each call, and no value of anybody's. In a program of its own, since it
//! reads all that its process logs.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod http_support;
mod sample;

use std::io;
use std::sync::{Arc, Mutex};

use fake_upstream::json as upstream_json;
use http_support::Served;
use serde_json::Value;

/// A log that is kept in memory.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn t22_t50_t51_a_call_is_one_event_and_no_value_is_logged() {
    let log = Log::default();
    let writer = log.clone();
    tracing_subscriber::fmt()
        .json()
        .with_env_filter("server=trace")
        .with_writer(move || writer.clone())
        .try_init()
        .unwrap();
    let served = Served::start([upstream_json("404 Not Found", r#"{"message":"no MARK-answer"}"#)]).await;
    served.call("read", sample::reading("level", "MARK-argument")).await;
    served.call("read", sample::reading("nonsense", "MARK-refused")).await;
    served.call("MARK-tool", serde_json::json!({})).await;
    served
        .request("POST /mcp?access_token=MARK-token", &[("Authorization", "Bearer MARK-bearer")], "x")
        .await;
    served
        .request("GET /MARK-path", &[("X-Request-Id", "MARK\\n{}"), ("traceparent", "MARK-trace")], "")
        .await;
    served.post(&[], r#"{"jsonrpc":"2.0","id":1,"method":"MARK-method","params":{"MARK-name":1}}"#).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    for secret in ["MARK", sample::CANARY] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let called: Vec<_> = lines.iter().filter(|line| line["fields"]["message"] == "called").collect();
    let of = |line: &Value, name: &str| line["fields"][name].clone();
    let told: Vec<_> =
        called.iter().map(|line| (of(line, "tool"), of(line, "outcome"), of(line, "status"))).collect();
    assert_eq!(
        told,
        [
            ("read".into(), "refused".into(), 404.into()),
            ("read".into(), "arguments".into(), Value::Null),
            (Value::Null, "unknown_tool".into(), Value::Null)
        ]
    );
    assert!(called.iter().all(|line| of(line, "caller") == "local_owner"), "{called:#?}");
    assert_eq!(of(called[0], "request_id").as_str().map(str::len), Some(36));
    assert!(of(called[0], "milliseconds").is_u64());
}
