//! TLS as whoever runs the program meets it: the commands of its page, its own health check, SIGHUP, and what stops the start.

use std::fs;
use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::certificates::{Authority, shown, write_key};
use crate::program_support::{Running, patiently, run, start};
use crate::scratch::Scratch;

/// The settings that name the files of a certificate in this folder, as one that serves has them.
fn settings(folder: &Scratch) -> Vec<(&'static str, String)> {
    vec![
        ("API_BASE_URL", "http://127.0.0.1:9".to_owned()),
        ("API_TOKEN", "x".to_owned()),
        ("TLS_CERT_FILE", folder.at("tls.crt")),
        ("TLS_KEY_FILE", folder.at("tls.key")),
    ]
}

fn borrowed<'s>(settings: &'s [(&'static str, String)]) -> Vec<(&'s str, &'s str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Serves, and gives the port of the endpoint that it names.
async fn serve(settings: &[(&'static str, String)]) -> (Running, u16) {
    let mut running = start(&["serve", "--listen", "127.0.0.1:0"], &borrowed(settings));
    let line = running.log_line("serving").await;
    let port = line.split("https://127.0.0.1:").nth(1).and_then(|rest| rest.split("/mcp").next()).unwrap();
    (running, port.parse().unwrap())
}

/// The commands of this page that make a certificate.
fn commands() -> String {
    let page = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tls.md")).unwrap();
    let blocks = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.into_iter().find(|block| block.starts_with("openssl req")).expect("it says how").to_owned()
}

#[tokio::test]
async fn the_page_makes_a_certificate_that_is_served_and_checked() {
    let folder = Scratch::new("program-tls-page");
    let made = Command::new("sh").args(["-ec", &commands()]).current_dir(folder.path()).output().unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut settings = settings(&folder);
    let (server, port) = serve(&settings).await;
    settings.push(("PORT", port.to_string()));
    let outcome = run(&["health"], &borrowed(&settings)).await;
    assert_eq!((outcome.code, outcome.stdout.trim()), (0, "healthy"), "{outcome:?}");
    let plain: Vec<_> = settings.iter().filter(|(name, _)| !name.starts_with("TLS")).cloned().collect();
    assert_eq!(run(&["health"], &borrowed(&plain)).await.code, 1, "nobody speaks http there");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code().await, 0);
}

#[tokio::test]
async fn sighup_shows_a_renewed_certificate_and_keeps_connections() {
    let (authority, folder) = (Authority::new(), Scratch::new("program-tls-hangup"));
    let (files, first) = authority.write(folder.path());
    let (mut server, port) = serve(&settings(&folder)).await;
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], port));
    let mut kept = authority.connect(address, &["http/1.1"]).await.unwrap();
    assert_eq!(shown(&kept), first);

    let good = fs::read_to_string(&files.key).unwrap();
    write_key(&files.key, "nothing");
    server.signal(Signal::HUP);
    let line = server.log_line("cannot be read again").await;
    assert!(line.contains("TLS_KEY_FILE") && line.contains("ERROR"), "{line}");
    assert_eq!(shown(&authority.connect(address, &[]).await.unwrap()), first);
    write_key(&files.key, &good);

    let (_, renewed) = authority.write(folder.path());
    server.signal(Signal::HUP);
    let found = async {
        while shown(&authority.connect(address, &[]).await.unwrap()) != renewed {
            tokio::task::yield_now().await;
        }
    };
    patiently(found).await;
    let request = format!("GET /health HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n\r\n");
    kept.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    patiently(kept.read_to_string(&mut answer)).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code().await, 0);
}

#[tokio::test]
async fn a_key_of_another_certificate_stops_the_start_with_78_and_one_line() {
    let (authority, folder) = (Authority::new(), Scratch::new("program-tls-pair"));
    let (files, _) = authority.write(folder.path());
    write_key(&files.key, &authority.issue("localhost").1.serialize_pem());
    let outcome = run(&["serve", "--listen", "127.0.0.1:0"], &borrowed(&settings(&folder))).await;
    assert_eq!((outcome.code, outcome.stderr.lines().count()), (78, 1), "{outcome:?}");
    assert!(
        outcome.stderr.contains("TLS_KEY_FILE: ") && outcome.stderr.contains("not the key"),
        "{outcome:?}"
    );
}
