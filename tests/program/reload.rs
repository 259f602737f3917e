//! What changes while the program serves: how much is logged, by signals and by its settings, which are read again.

use std::fs;

use rustix::process::Signal;
use serde_json::Value;

use crate::program_support::{Running, serve};
use crate::scratch::Scratch;
use crate::wire::send;

const ADDRESS: (&str, &str) = ("API_BASE_URL", "http://127.0.0.1:9");

/// The lines of the log from one request to the end of the program, after `before`.
async fn lines_of_a_request(mut running: Running, address: std::net::SocketAddr, before: &str) -> String {
    running.log_line(before).await;
    send(address, "GET /ready", &[], "").await;
    running.signal(Signal::TERM);
    running.rest().await
}

#[tokio::test]
async fn a_signal_has_more_logged_and_another_as_much_as_is_configured() {
    let (running, address) = serve(&[ADDRESS]).await;
    running.signal(Signal::USR1);
    let log = lines_of_a_request(running, address, "more is logged").await;
    assert!(log.lines().any(|line| line.contains("DEBUG") && line.contains("answered")), "{log}");

    let (mut running, address) = serve(&[ADDRESS, ("LOG_FORMAT", "json")]).await;
    running.signal(Signal::USR1);
    let line = running.log_line("more is logged").await;
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["level"], &line["logged"]), (&"WARN".into(), &"debug".into()));
    running.signal(Signal::USR2);
    let log = lines_of_a_request(running, address, "as much is logged as is configured").await;
    assert!(!log.contains("DEBUG"), "{log}");
}

#[tokio::test]
async fn settings_are_read_again_and_what_cannot_be_taken_is_named() {
    let folder = Scratch::new("program-reload");
    let file = folder.path().join("server.toml");
    let secret = folder.path().join("token");
    let write = |level: &str, entries: u32, token: &str| {
        fs::write(&secret, token).unwrap();
        let token = secret.display();
        let text = format!(
            "[log]\nlevel = \"{level}\"\n[cache]\nentries = {entries}\n[api]\ntoken_file = \"{token}\"\n"
        );
        fs::write(&file, text).unwrap();
    };
    write("info", 10, "canary-one");
    let (mut running, address) = serve(&[ADDRESS, ("SETTINGS_FILE", file.to_str().unwrap())]).await;
    let shown = async |key: &str| {
        let status = send(address, "GET /status", &[], "").await.json();
        let setting = status["settings"].as_array().unwrap().iter().find(|one| one["key"] == key).unwrap();
        setting["value"].as_str().unwrap().to_owned()
    };
    running.signal(Signal::HUP);
    running.log_line("are as they were").await;

    write("loud", 20, "canary-two");
    running.signal(Signal::HUP);
    let line = running.log_line("cannot be read again").await;
    assert!(
        line.contains("ERROR") && line.contains("server.toml:2: log.level: expected one of off"),
        "{line}"
    );
    assert_eq!((&*shown("log.level").await, &*shown("cache.entries").await), ("info", "10"));

    write("debug", 20, "canary-two");
    running.signal(Signal::HUP);
    let line = running.log_line("have changed and are in force").await;
    assert!(line.contains("log.level") && !line.contains("cache.entries"), "{line}");
    let line = running.log_line("restart to take them").await;
    assert!(line.contains("api.token, cache.entries") && !line.contains("canary"), "{line}");
    assert_eq!((&*shown("log.level").await, &*shown("cache.entries").await), ("debug", "10"));

    // What was refused before is named again, for whoever reads only the end of the log.
    running.signal(Signal::HUP);
    let log = lines_of_a_request(running, address, "restart to take them").await;
    assert!(log.lines().any(|line| line.contains("DEBUG") && line.contains("answered")), "{log}");
}
