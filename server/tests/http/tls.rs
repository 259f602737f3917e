//! TLS on the listener: both versions of HTTP inside, bounded handshakes, and a certificate that is renewed under way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use server::http::tls::Settings;
use server::{Options, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::certificates::{Authority, shown, write_key};
use crate::fake_upstream::{Act, FakeUpstream};
use crate::http_support::{self, Answer, MEDIA_TYPES, Served, modern_body, read_to_close};
use crate::scratch::Scratch;
use crate::{sample, two};

/// A server with a certificate, which is in this folder.
struct Secured {
    served: Served,
    authority: Authority,
    folder: Scratch,
    certificate: CertificateDer<'static>,
}

async fn secured(
    name: &str,
    script: impl IntoIterator<Item = Act>,
    change: impl FnOnce(&mut Options),
) -> Secured {
    let (authority, folder) = (Authority::new(), Scratch::new(name));
    let (settings, certificate) = authority.write(folder.path());
    let served = Served::start_with(script, |options| {
        options.http.tls = Some(settings);
        change(options);
    })
    .await;
    Secured { served, authority, folder, certificate }
}

impl Secured {
    async fn connect(&self, protocols: &[&str]) -> TlsStream<TcpStream> {
        self.authority.connect(self.served.address, protocols).await.unwrap()
    }

    /// A request of HTTP/1.1 on a new connection.
    async fn request(&self, head: &str, headers: &str) -> Answer {
        let mut stream = self.connect(&["http/1.1"]).await;
        let text = format!(
            "{head} HTTP/1.1\r\nHost: localhost:{}\r\nConnection: close\r\n{headers}\r\n",
            self.served.address.port()
        );
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer, and an end that is said");
        Answer::parse(&answer)
    }
}

#[tokio::test]
async fn both_versions_are_offered_and_what_was_agreed_is_spoken() {
    let secured = secured("tls-versions", [], |_| {}).await;
    let origin = format!("https://localhost:{}", secured.served.address.port());
    for (offered, agreed) in [
        (&["h2", "http/1.1"][..], Some(&b"h2"[..])),
        (&["http/1.1", "h2"], Some(b"h2")),
        (&["h2"], Some(b"h2")),
        (&["http/1.1"], Some(b"http/1.1")),
        (&[], None),
    ] {
        let stream = secured.connect(offered).await;
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed, "{offered:?}");
        if agreed == Some(b"h2") {
            let client = two::Client::on(stream, &origin).await;
            assert_eq!(client.request("GET /health", &[], "").await.status, 200);
        }
    }
    assert_eq!(secured.request("GET /health", "").await.status, 200);
    // Whoever agreed on nothing is known by its first bytes.
    let client = two::Client::on(secured.connect(&[]).await, &origin).await;
    assert_eq!(client.request("GET /health", &[], "").await.status, 200);
    let mut other = secured.connect(&["http/1.1"]).await;
    other.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = other.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(&[0, 0]), "what was not agreed on is not spoken: {answer:?}");
    assert!(secured.authority.connect(secured.served.address, &["spdy/3"]).await.is_err());
}

#[tokio::test]
async fn t_20_pages_of_this_server_come_by_https() {
    let secured = secured("tls-origins", [], |_| {}).await;
    let port = secured.served.address.port();
    for (origin, status) in [
        (format!("https://localhost:{port}"), 200),
        (format!("http://localhost:{port}"), 403),
        ("https://localhost".to_owned(), 403),
    ] {
        let answer = secured.request("GET /health", &format!("Origin: {origin}\r\n")).await;
        assert_eq!(answer.status, status, "{origin}");
    }
}

#[tokio::test]
async fn t_44_a_client_that_does_not_agree_on_tls_is_closed_in_its_time() {
    let secured =
        secured("tls-slow", [], |options| options.http.head_timeout = Duration::from_millis(200)).await;
    for text in ["", "\x16\x03\x01", "GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n"] {
        let mut stream = secured.served.connect().await;
        stream.write_all(text.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let ended = timeout(Duration::from_secs(10), stream.read_to_end(&mut answer)).await;
        assert!(ended.is_ok() && !answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let mut silent = secured.connect(&["http/1.1"]).await;
    let ended = timeout(Duration::from_secs(10), silent.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "and so is one that agreed and says nothing");
}

#[tokio::test]
async fn t_44_half_of_all_connections_may_still_agree_on_tls() {
    let secured = secured("tls-many", [], |options| options.http.max_connections = 3).await;
    let silent = [secured.served.connect().await, secured.served.connect().await];
    let waiting = secured.authority.connect(secured.served.address, &[]);
    tokio::pin!(waiting);
    assert!(timeout(Duration::from_millis(200), &mut waiting).await.is_err(), "two of three are at it");
    drop(silent);
    assert!(waiting.await.is_ok());
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_to_whoever_comes_next_and_no_call_is_dropped() {
    let release = Arc::new(Notify::new());
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"setId\":\"S-1\"}";
    let secured = secured("tls-renewed", [Act::Hold(Arc::clone(&release), answer.to_vec())], |_| {}).await;
    let stream = secured.connect(&["h2"]).await;
    assert_eq!(shown(&stream), secured.certificate);
    let origin = format!("https://localhost:{}", secured.served.address.port());
    let client = two::Client::on(stream, &origin).await;
    let body =
        modern_body("tools/call", json!({ "name": "read", "arguments": sample::reading("level", "DEV") }));
    let own = [("mcp-protocol-version", "2026-07-28"), ("mcp-method", "tools/call"), ("mcp-name", "read")];
    let (headers, body) = ([&MEDIA_TYPES[..], &own].concat(), body.to_string());
    let calling = client.request("POST /mcp", &headers, &body);
    tokio::pin!(calling);
    tokio::select! {
        _ = &mut calling => panic!("the API holds the answer"),
        () = secured.served.upstream.arrival() => {}
    }
    let (_, renewed) = secured.authority.write(secured.folder.path());
    secured.served.reload();
    assert_eq!(shown(&secured.connect(&["h2"]).await), renewed);
    release.notify_one();
    assert_eq!(calling.await.status, 200);
    assert_eq!(client.request("GET /health", &[], "").await.status, 200, "on the same connection");
}

#[tokio::test]
async fn files_that_changed_are_found_without_being_told() {
    let secured = secured("tls-watched", [], |_| {}).await;
    let (_, renewed) = secured.authority.write(secured.folder.path());
    let found = async {
        while shown(&secured.connect(&[]).await) != renewed {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(20), found).await.expect("within a second or a little more");
}

#[tokio::test]
async fn files_that_cannot_be_used_leave_the_certificate_from_before() {
    let secured = secured("tls-broken", [], |_| {}).await;
    let [certificate, key] = ["tls.crt", "tls.key"].map(|name| secured.folder.path().join(name));
    let (_, other) = secured.authority.issue("localhost");
    let good = fs::read_to_string(&key).unwrap();
    for broken in [other.serialize_pem(), "nothing".to_owned()] {
        write_key(&key, &broken);
        secured.served.reload();
        assert_eq!(shown(&secured.connect(&[]).await), secured.certificate);
    }
    write_key(&key, &good);
    fs::remove_file(&certificate).unwrap();
    secured.served.reload();
    assert_eq!(shown(&secured.connect(&[]).await), secured.certificate);
    let (_, renewed) = secured.authority.write(secured.folder.path());
    secured.served.reload();
    assert_eq!(shown(&secured.connect(&[]).await), renewed);
}

#[tokio::test]
async fn files_that_cannot_be_used_stop_the_start_and_are_named() {
    let upstream = FakeUpstream::start([]).await;
    let (authority, folder) = (Authority::new(), Scratch::new("tls-start"));
    let (good, _) = authority.write(folder.path());
    let start = |settings: &Settings| {
        let mut options = http_support::options(&upstream);
        options.http.tls = Some(settings.clone());
        Server::new(&sample::API, options).map(drop).map_err(|error| error.to_string())
    };
    assert_eq!(start(&good), Ok(()));
    let with = |name: &str, text: &str, mode: u32| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    };
    let (_, other) = authority.issue("localhost");
    let pem = fs::read_to_string(&good.key).unwrap();
    let large = "x".repeat(256 * 1024 + 1);
    for (settings, beginning, rule) in [
        (
            Settings { certificate: with("none", "canary", 0o644), ..good.clone() },
            "TLS_CERT_FILE: ",
            "in PEM",
        ),
        (Settings { certificate: folder.path().join("gone"), ..good.clone() }, "TLS_CERT_FILE: ", "be read"),
        (
            Settings { certificate: with("large", &large, 0o644), ..good.clone() },
            "TLS_CERT_FILE: ",
            "more than 262144 bytes",
        ),
        (Settings { key: with("open", &pem, 0o640), ..good.clone() }, "TLS_KEY_FILE: ", "0600"),
        (
            Settings { key: with("no-key", "canary", 0o600), ..good.clone() },
            "TLS_KEY_FILE: ",
            "private key in PEM",
        ),
        (
            Settings { key: with("other", &other.serialize_pem(), 0o600), ..good.clone() },
            "TLS_KEY_FILE: ",
            "not the key of",
        ),
        (Settings { key: folder.path().join("gone"), ..good.clone() }, "TLS_KEY_FILE: ", "be read"),
    ] {
        let line = start(&settings).unwrap_err();
        let path = if beginning.contains("CERT") { &settings.certificate } else { &settings.key };
        assert!(line.starts_with(beginning) && line.contains(rule), "{line}");
        assert!(line.contains(&path.display().to_string()) && !line.contains('\n'), "{line}");
        assert!(!line.contains("canary"), "{line}");
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_who_still_agrees_on_tls() {
    let secured = secured("tls-shutdown", [], |_| {}).await;
    let mut silent = secured.served.connect().await;
    // Taken from the queue before whoever comes after it.
    drop(secured.connect(&[]).await);
    secured.served.shutdown.cancel();
    timeout(Duration::from_secs(10), secured.served.task).await.expect("soon").unwrap().unwrap();
    assert_eq!(read_to_close(&mut silent).await, "");
}
