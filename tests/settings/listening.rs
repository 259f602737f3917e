//! Where the server listens, and for whom.

use serde_json::json;
use tokio::net::{TcpListener, TcpStream};

use crate::certificates::{Authority, shown};
use crate::program_support::{run, start};
use crate::scratch::Scratch;
use crate::wire::{MEDIA_TYPES, send};
use crate::world::{NOWHERE, World};

#[tokio::test]
async fn host_and_port_say_where_it_listens_and_nowhere_else() {
    // Taken at one address, so that no other program gets the same port at the other.
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let mut running = start(&["serve"], &[NOWHERE, ("HOST", "127.0.0.2"), ("PORT", &port.to_string())]);
    let (address, _) = running.address().await;
    assert_eq!(address.to_string(), format!("127.0.0.2:{port}"));
    assert_eq!(send(address, "GET /health", &[], "").await.status, 200);
    drop(taken);
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err(), "nobody listens there");
}

#[tokio::test]
async fn it_listens_beyond_this_machine_where_that_is_meant_and_strangers_read_where_that_is_said() {
    let everywhere = [NOWHERE, ("HOST", "0.0.0.0"), ("PORT", "0")];
    let refused = run(&["serve"], &everywhere).await;
    assert_eq!(refused.code, 78, "{refused:?}");
    for (reads, shown) in [("false", false), ("true", true)] {
        let meant = [("ALLOW_UNAUTHENTICATED", "i-understand"), ("POLICY_ANONYMOUS_READS", reads)];
        let mut running = start(&["serve"], &[&everywhere[..], &meant].concat());
        let (address, _) = running.address().await;
        let headers = [&MEDIA_TYPES[..], &[("MCP-Protocol-Version", "2025-11-25")]].concat();
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
        let list = send(address, "POST /mcp", &headers, &list).await;
        assert_eq!(list.body.contains(r#""get_assignment_tasks""#), shown, "{list:?}");
        assert!(!list.body.contains(r#""create_assignment""#), "no more than reads: {list:?}");
    }
}

#[tokio::test]
async fn it_speaks_tls_with_the_certificate_that_is_named() {
    let (authority, folder) = (Authority::new(), Scratch::new("settings-listening"));
    let (files, certificate) = authority.write(folder.path());
    let (file, key) = (files.certificate.to_str().unwrap(), files.key.to_str().unwrap());
    let environment = [NOWHERE, ("TLS_CERT_FILE", file), ("TLS_KEY_FILE", key)];
    let mut running = start(&["serve", "--listen", "127.0.0.1:0"], &environment);
    let line = running.log_line("https://").await;
    let address = line.split("https://").nth(1).unwrap().split("/mcp").next().unwrap();
    let stream = authority.connect(address.parse().unwrap(), &["http/1.1"]).await.unwrap();
    assert_eq!(shown(&stream), certificate);
}

#[tokio::test]
async fn a_host_is_served_where_it_is_allowed() {
    for (changed, status) in [(&[][..], 403), (&[("ALLOWED_HOSTS", "mcp.example.com")], 200)] {
        let world = World::start([], changed).await;
        let answer = world.request("GET /health", &[("Host", "mcp.example.com")], "").await;
        assert_eq!(answer.status, status, "{changed:?}");
        let other = world.request("GET /health", &[("Host", "mcp2.example.com")], "").await;
        assert_eq!(other.status, 403);
    }
}

#[tokio::test]
async fn a_page_is_served_where_its_origin_is_allowed_and_reads_where_cors_is_on() {
    const PAGE: &str = "https://app.example.com";
    let allowed = ("SECURITY_CORS_ALLOWED_ORIGINS", PAGE);
    for (changed, status, reads) in [
        (&[][..], 403, None),
        (&[allowed], 200, Some(PAGE)),
        (&[allowed, ("SECURITY_CORS_ENABLED", "false")], 200, None),
    ] {
        let world = World::start([], changed).await;
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list" }).to_string();
        let headers = [&MEDIA_TYPES[..], &[("Origin", PAGE)]].concat();
        let answer = world.request("POST /mcp", &headers, &list).await;
        assert_eq!(answer.status, status, "{changed:?}");
        assert_eq!(answer.header("access-control-allow-origin"), reads, "{changed:?}");
    }
}

/// The statuses of so many requests that a proxy passes on, each from an address of its own.
async fn passed_on(world: &World, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for index in 0..count {
        let from = format!("192.0.2.{index}");
        let answer = world.request("GET /mcp/tools", &[("X-Forwarded-For", &from)], "").await;
        statuses.push(answer.status);
    }
    statuses
}

#[tokio::test]
async fn an_address_sends_so_many_requests_and_a_trusted_proxy_says_whose_they_are() {
    let bounded = [("RATE_LIMIT_SITE_REQUESTS_PER_MINUTE", "1"), ("RATE_LIMIT_SITE_BURST_SIZE", "2")];
    let world = World::start([], &bounded).await;
    assert_eq!(passed_on(&world, 3).await, [200, 200, 429]);
    assert_eq!(world.get("/mcp/tools").await.header("retry-after"), Some("60"));
    let twice = World::start([], &[("RATE_LIMIT_SITE_REQUESTS_PER_MINUTE", "2"), bounded[1]]).await;
    assert_eq!(passed_on(&twice, 3).await, [200, 200, 429]);
    assert_eq!(twice.get("/mcp/tools").await.header("retry-after"), Some("30"));
    let more = World::start([], &[bounded[0], ("RATE_LIMIT_SITE_BURST_SIZE", "3")]).await;
    assert_eq!(passed_on(&more, 4).await, [200, 200, 200, 429]);
    let trusting = World::start([], &[&bounded[..], &[("TRUSTED_PROXIES", "127.0.0.0/8")]].concat()).await;
    assert_eq!(passed_on(&trusting, 4).await, [200; 4]);
}
