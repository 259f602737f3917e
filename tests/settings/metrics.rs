//! Whether and where what is counted is told.

use std::net::SocketAddr;

use crate::program_support::{Running, run, start};
use crate::scratch::Scratch;
use crate::wire::send;
use crate::world::{NOWHERE, World};

/// Where a line of the log says that what is counted is told, at this path.
fn told_at(line: &str, path: &str) -> SocketAddr {
    let rest = line.split("http://").nth(1).unwrap();
    rest.split(path).next().unwrap().parse().unwrap()
}

/// A server, where it listens, and where it tells what is counted if that has a listener of its own.
async fn with(changed: &[(&str, &str)], path: &str) -> (Running, SocketAddr, Option<SocketAddr>) {
    let mut running =
        start(&["serve", "--listen", "127.0.0.1:0"], &[&[NOWHERE, ("API_TOKEN", "x")], changed].concat());
    let (address, log) = running.address().await;
    let line = log.lines().find(|line| line.contains("what is counted is told"));
    let own = line.map(|line| told_at(line, path));
    (running, address, own)
}

#[tokio::test]
async fn metrics_are_told_where_that_is_on_and_at_the_path_that_is_said() {
    for (changed, at_metrics, at_own) in [
        (&[][..], 200, 404),
        (&[("PROMETHEUS_METRICS_PATH", "/prometheus")], 404, 200),
        (&[("PROMETHEUS_ENABLED", "false")], 404, 404),
    ] {
        let world = World::start([], changed).await;
        let found = [world.get("/metrics").await.status, world.get("/prometheus").await.status];
        assert_eq!(found, [at_metrics, at_own], "{changed:?}");
    }
    let off = [("PROMETHEUS_ENABLED", "false"), ("METRICS_ADDRESS", "0")];
    assert_eq!(with(&off, "/metrics").await.2, None, "it is told nowhere");
}

#[tokio::test]
async fn metrics_have_a_listener_of_their_own_where_one_is_named() {
    let folder = Scratch::new("settings-metrics");
    let keys = folder.path().join("keys.json");
    let changed = [
        ("METRICS_ADDRESS", "0"),
        ("PROMETHEUS_METRICS_PATH", "/prometheus"),
        ("AUTH_PROVIDER", "api_key"),
        ("AUTH_API_KEYS_FILE", keys.to_str().unwrap()),
        ("SECURITY_MAX_REQUEST_SIZE", "1024"),
    ];
    let made = run(&["keys", "create", "--owner", "first"], &[&[NOWHERE], &changed[2..4]].concat()).await;
    assert_eq!(made.code, 0, "{made:?}");
    let (_running, server, own) = with(&changed, "/prometheus").await;
    let own = own.expect("it says where");
    assert!(own.ip().is_loopback(), "a port alone is one of this machine");
    let told = send(own, "GET /prometheus", &[], "").await;
    assert_eq!((told.status, told.header("x-content-type-options")), (200, Some("nosniff")));
    assert!(told.body.contains("\nmcp_calls_in_flight "), "{told:?}");
    for (head, status) in [
        ("HEAD /prometheus", 200),
        ("POST /prometheus", 405),
        ("GET /metrics", 404),
        ("GET /mcp/tools", 404),
        ("GET /status", 404),
        ("GET /health", 404),
    ] {
        assert_eq!(send(own, head, &[], "").await.status, status, "{head}");
    }
    for (host, status) in [("10.1.2.3:9464", 200), ("[2001:db8::1]", 200), ("evil.example", 403)] {
        assert_eq!(send(own, "GET /prometheus", &[("Host", host)], "").await.status, status, "{host}");
    }
    for (length, status) in [(1024, 405), (1025, 413)] {
        assert_eq!(send(own, "POST /prometheus", &[], &"a".repeat(length)).await.status, status, "{length}");
    }
    // The server itself tells it to nobody any more.
    assert_eq!(send(server, "GET /prometheus", &[], "").await.status, 401);
    let (_running, server, own) = with(&changed[..2], "/prometheus").await;
    assert!(own.is_some());
    assert_eq!(send(server, "GET /prometheus", &[], "").await.status, 404);
}

#[tokio::test]
async fn who_serves_one_client_or_shows_itself_tells_them_there_too() {
    let changed = [NOWHERE, ("API_TOKEN", "x"), ("METRICS_ADDRESS", "0")];
    for arguments in [&["stdio"][..], &["demo", "--listen", "127.0.0.1:0"]] {
        let mut running = start(arguments, &changed);
        let own = told_at(&running.log_line("what is counted is told").await, "/metrics");
        let told = send(own, "GET /metrics", &[], "").await;
        assert!(
            told.status == 200 && told.body.contains("\nmcp_calls_in_flight "),
            "{arguments:?}: {told:?}"
        );
        if arguments == ["stdio"] {
            // Another client starts another one, which finds the address taken.
            let taken = own.to_string();
            let mut other = start(&["stdio"], &[changed[0], changed[1], ("METRICS_ADDRESS", &taken)]);
            let line = other.log_line("what is counted is told nowhere").await;
            assert!(line.contains(&taken) && line.contains("METRICS_ADDRESS"), "{line}");
            assert_eq!(other.exit_code().await, 0);
            // It ends with its input, whoever else reads metrics.
            assert_eq!(running.exit_code().await, 0);
        } else {
            running.signal(rustix::process::Signal::TERM);
            assert_eq!(running.exit_code().await, 0);
        }
    }
}
