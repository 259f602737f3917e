//! Requests with credentials, written by hand, and what is said to them.
#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::path::Path;

use crate::http_support::{MEDIA_TYPES, Served};

/// What whoever is let in may always do.
pub(crate) const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

/// Posts with these header lines; gives the answer without what differs each time.
pub(crate) async fn posted(served: &Served, target: &str, headers: &[(&str, &str)]) -> String {
    let address = served.address;
    let mut text = format!("{target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n");
    for (name, value) in MEDIA_TYPES.iter().chain(headers) {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    let answer = served.raw(format!("{text}Content-Length: {}\r\n\r\n{PING}", PING.len())).await;
    let differs = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("date:") && !line.starts_with("x-request-id:")
    };
    answer.split("\r\n").filter(differs).collect::<Vec<_>>().join("\n")
}

/// Posts with this bearer token.
pub(crate) async fn with_token(served: &Served, token: &str) -> String {
    posted(served, "POST /mcp", &[("Authorization", &format!("Bearer {token}"))]).await
}

/// The status of an answer.
pub(crate) fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).unwrap().parse().unwrap()
}

/// Compares with a golden file of authentication.
pub(crate) fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/authentication").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{}: UPDATE_EXPECT=1 rewrites it", path.display());
}
