//! The commands that make, list, withdraw and replace API keys, and a server that takes them.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program_support::{self, Outcome, run};
use crate::redis_server::RedisServer;
use crate::scratch::Scratch;

/// A folder of a test's own, and where its keys are.
fn file(name: &str) -> (Scratch, PathBuf) {
    let folder = Scratch::new(&format!("program-keys-{name}"));
    let path = folder.path().join("keys.json");
    (folder, path)
}

async fn keys(file: &Path, arguments: &[&str]) -> Outcome {
    let path = file.to_str().expect("text");
    run(&[&["keys"], arguments].concat(), &[("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", path)]).await
}

async fn listed(file: &Path) -> Vec<Value> {
    let Outcome { code, stdout, stderr } = keys(file, &["list", "--json"]).await;
    assert_eq!((code, &*stderr), (0, ""));
    serde_json::from_str(&stdout).expect("a list")
}

/// Makes a key, which is alone on standard output; gives its name.
async fn made(file: &Path, arguments: &[&str]) -> (String, String) {
    let Outcome { code, stdout, stderr } = keys(file, arguments).await;
    assert_eq!(code, 0, "{stderr}");
    let key = stdout.trim_end().to_owned();
    let id = key.strip_prefix("mcpk_").and_then(|rest| rest.split_once('_')).expect("a key").0.to_owned();
    assert!(stderr.contains(&id) && !stderr.contains(&key), "{stderr}");
    (id, key)
}

#[tokio::test]
async fn a_key_is_made_shown_once_replaced_and_withdrawn() {
    let (_folder, file) = file("life");
    let create =
        ["create", "--owner", "jenkins", "--role", "service", "--scope", "cp:read", "--expires", "90d"];
    let (first, key) = made(&file, &create).await;
    let (second, _) = made(&file, &["create", "--owner", "alice"]).await;
    let text = std::fs::read_to_string(&file).expect("the file");
    let secret = key.splitn(3, '_').nth(2).expect("a secret");
    assert!(!text.contains(secret), "only a hash is kept");
    let all = listed(&file).await;
    assert_eq!(all.len(), 2);
    assert_eq!(
        (&all[0]["owner"], &all[0]["roles"][0], &all[0]["scopes"][0]),
        (&"jenkins".into(), &"service".into(), &"cp:read".into())
    );
    assert!(all[0]["expires"].is_string() && all[1]["expires"].is_null() && all[0]["last_used"].is_null());

    let (third, _) = made(&file, &["rotate", &first, "--overlap", "1h"]).await;
    let (fourth, _) = made(&file, &["rotate", &second]).await;
    assert_eq!(keys(&file, &["revoke", &third]).await.code, 0);
    let all = listed(&file).await;
    let state = |id: &str| all.iter().find(|key| key["id"] == *id).expect("a key")["state"].clone();
    assert_eq!(
        [state(&first), state(&second), state(&third), state(&fourth)],
        ["good", "revoked", "revoked", "good"]
    );
    assert_eq!((&all[2]["owner"], &all[3]["owner"]), (&"jenkins".into(), &"alice".into()));
    let as_text = keys(&file, &["list"]).await.stdout;
    assert_eq!(as_text.lines().count(), 5, "{as_text}");
    assert!(!as_text.contains(secret), "{as_text}");
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_one_line() {
    let (_folder, file) = file("wrong");
    let (id, _) = made(&file, &["create", "--owner", "x"]).await;
    assert_eq!(keys(&file, &["revoke", &id]).await.code, 0);
    for (arguments, code, said) in [
        (vec!["revoke", "0000000000000000"], 78, "there is no key"),
        (vec!["rotate", "0000000000000000"], 78, "there is no key"),
        (vec!["rotate", &id], 78, "is withdrawn"),
        (vec!["create", "--owner", ""], 64, "owner, roles and scopes"),
        (vec!["create", "--owner", "x", "--role", "a\nb"], 64, "owner, roles and scopes"),
        (vec!["create", "--owner", "x", "--expires", "soon"], 64, "expected how long"),
        (vec!["create", "--owner", "x", "--expires", "0s"], 64, "expected how long"),
    ] {
        let Outcome { code: found, stdout, stderr } = keys(&file, &arguments).await;
        assert_eq!((found, &*stdout), (code, ""), "{arguments:?}: {stderr}");
        assert!(stderr.contains(said) && stderr.lines().count() == 1, "{arguments:?}: {stderr}");
    }
    let nowhere = run(&["keys", "list"], &[]).await;
    assert_eq!(nowhere.code, 78);
    assert!(nowhere.stderr.contains("AUTH_API_KEYS_FILE is not set"), "{}", nowhere.stderr);
}

/// The status of a `ping` with these header lines.
async fn ping(address: std::net::SocketAddr, headers: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = String::new();
    program_support::patiently(stream.read_to_string(&mut answer)).await.expect("the server answers");
    answer.split(' ').nth(1).expect("a status").to_owned()
}

#[tokio::test]
async fn a_server_lets_in_who_has_a_key_and_remembers_that_it_was_used() {
    let (_folder, file) = file("serve");
    let (id, key) = made(&file, &["create", "--owner", "jenkins"]).await;
    let path = file.to_str().expect("text");
    let environment =
        [("API_BASE_URL", "http://127.0.0.1:9"), ("AUTH_PROVIDER", "api_key"), ("AUTH_API_KEYS_FILE", path)];
    let (running, address) = program_support::serve(&environment).await;
    assert_eq!(ping(address, "").await, "401");
    assert_eq!(ping(address, &format!("X-API-Key: {key}x\r\n")).await, "401");
    assert_eq!(ping(address, &format!("X-API-Key: {key}\r\n")).await, "200");
    assert_eq!(ping(address, &format!("Authorization: Bearer {key}\r\n")).await, "200");
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
    let all = listed(&file).await;
    assert!(all[0]["id"] == *id && all[0]["last_used"].is_string(), "{all:?}");
}

#[tokio::test]
async fn keys_in_redis_are_made_listed_and_withdrawn_by_the_same_commands() {
    // The path of a socket must be short.
    let folder = Scratch::new("keys-redis");
    let redis = RedisServer::start(folder.path());
    let url = redis.url();
    let environment = [
        ("API_BASE_URL", "http://127.0.0.1:9"),
        ("AUTH_PROVIDER", "api_key"),
        ("REDIS_URL", &*url),
        ("REDIS_SECRET", "0123456789abcdef0123456789abcdef"),
    ];
    let keys = async |arguments: &[&str]| {
        let outcome = run(&[&["keys"], arguments].concat(), &environment).await;
        assert_eq!(outcome.code, 0, "{arguments:?}: {}", outcome.stderr);
        outcome.stdout
    };
    let key = keys(&["create", "--owner", "jenkins", "--scope", "cp:read"]).await.trim().to_owned();
    let id = key.split('_').nth(1).expect("a name");
    let replaced = keys(&["rotate", id]).await.trim().to_owned();
    let (running, address) = program_support::serve(&environment).await;
    for (key, status) in [(&replaced, "200"), (&key, "401"), (&format!("{replaced}x"), "401")] {
        assert_eq!(ping(address, &format!("X-API-Key: {key}\r\n")).await, status);
    }
    running.signal(rustix::process::Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
    let all: Value = serde_json::from_str(&keys(&["list", "--json"]).await).expect("a list");
    assert_eq!((&all[0]["state"], &all[1]["state"]), (&"revoked".into(), &"good".into()));
    assert!(all[0]["last_used"].is_null() && all[1]["last_used"].is_string(), "{all}");
    assert!(
        !redis.ask(&["hget", "mcp:api-keys", "list"]).contains(key.splitn(3, '_').nth(2).expect("a secret"))
    );
}
