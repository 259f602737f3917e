//! How the server stands, for whoever may do everything in it and for nobody else.

use serde_json::{Value, json};

use crate::program_support::{run, serve};
use crate::scratch::Scratch;
use crate::wire::send;

const ADDRESS: (&str, &str) = ("API_BASE_URL", "http://127.0.0.1:9");

fn setting<'v>(status: &'v Value, key: &str) -> &'v Value {
    status["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == key).unwrap()
}

#[tokio::test]
async fn the_owner_reads_how_the_server_stands_and_no_secret() {
    let environment = [
        ADDRESS,
        ("API_TOKEN", "canary"),
        ("FASTMCP_SERVER_NAME", "changes"),
        ("RATE_LIMIT_REQUESTS_PER_MINUTE", "60"),
        ("CACHE_MAX_SIZE", "500"),
        ("CACHE_TTL_SECONDS", "30"),
    ];
    let (_running, address) = serve(&environment).await;
    let answer = send(address, "GET /status", &[], "").await;
    let health = send(address, "GET /health", &[], "").await.json();
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    assert!(!answer.body.contains("canary"), "{answer:?}");
    let status = answer.json();
    assert_eq!(
        (&status["status"], &status["redis"], &status["journal"]),
        (&json!("ok"), &json!("off"), &json!("off"))
    );
    let server = &status["server"];
    assert_eq!((&server["name"], &server["version"]), (&json!("changes"), &health["version"]));
    assert_eq!(server["contract"], health["contract"]);
    assert!(
        server["uptime_seconds"].is_u64() && server["start_time"].as_str().unwrap().ends_with('Z'),
        "{server}"
    );
    assert_eq!(
        status["configuration"],
        json!({
            "api_base_url": ADDRESS.1, "rate_limit_rpm": 60, "cache_max_size": 500, "cache_ttl": 30,
        })
    );
    let features = &status["features"];
    assert_eq!((&features["rate_limiting"], &features["authentication"]), (&json!(true), &json!(false)));
    assert_eq!(setting(&status, "api.token")["value"], "****");
    assert_eq!(
        setting(&status, "cache.entries"),
        &json!({ "key": "cache.entries", "value": "500", "from": "environment CACHE_MAX_SIZE" })
    );
    assert_eq!(status["api"]["breaker"], "closed");
}

#[tokio::test]
async fn what_is_away_is_told() {
    let folder = Scratch::new("program-status");
    let journal = folder.path().join("journal").display().to_string();
    let environment = [
        ADDRESS,
        ("API_TOKEN", "x"),
        ("AUDIT_FOLDER", &*journal),
        ("REDIS_URL", "redis://127.0.0.1:9"),
        ("REDIS_SECRET", "0123456789abcdef0123456789abcdef"),
        ("CIRCUIT_BREAKER_FAILURE_THRESHOLD", "1"),
    ];
    let (_running, address) = serve(&environment).await;
    let arguments = r#"{"srid":"cw09-47623","assignmentId":"PLAY000313"}"#;
    send(address, "POST /mcp/tools/get_assignment_tasks", &[("Content-Type", "application/json")], arguments)
        .await;
    let status = send(address, "GET /status", &[], "").await.json();
    assert_eq!(
        (&status["status"], &status["redis"], &status["journal"], &status["api"]["breaker"]),
        (&json!("degraded"), &json!("away"), &json!("ok"), &json!("open")),
        "{status}"
    );
}

#[tokio::test]
async fn only_who_may_do_everything_finds_it() {
    let folder = Scratch::new("program-status-keys");
    let file = folder.path().join("keys.json").display().to_string();
    let keys = [ADDRESS, ("API_TOKEN", "x"), ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", &*file)];
    let mut made = Vec::new();
    for (role, scope, status) in
        [("observer", "cp:admin", 404), ("administrator", "cp:read", 404), ("administrator", "cp:admin", 200)]
    {
        let create = ["keys", "create", "--owner", "x", "--role", role, "--scope", scope];
        made.push((role, scope, status, run(&create, &keys).await.stdout));
    }
    let (_running, address) = serve(&keys).await;
    assert_eq!(send(address, "GET /status", &[], "").await.status, 401);
    for (role, scope, status, key) in made {
        let shown = [("X-API-Key", key.trim())];
        let answer = send(address, "GET /status", &shown, "").await;
        assert_eq!(answer.status, status, "{role}, {scope}: {answer:?}");
        if status == 404 {
            let nothing = send(address, "GET /mcp/resources/nothing", &shown, "").await;
            assert_eq!(answer.header("content-type"), Some("application/problem+json"));
            assert_eq!(answer.body, nothing.body, "as if there was nothing");
        }
    }
}
