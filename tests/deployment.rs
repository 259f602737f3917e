//! What `deploy/` says of the program is so: the series that dashboards and alerts name, the words in their labels, and that each
//! alert is tested and explained. `deploy/check` holds the rest, with tools that are not Rust.

mod program_support;
#[path = "../server/tests/scratch/mod.rs"]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod scratch;

use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use program_support::{patiently, run, start};
use rustix::process::Signal;
use scratch::Scratch;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const DASHBOARD: &str = include_str!("../deploy/observability/grafana/code-pipeline-mcp.json");
const RULES: &str = include_str!("../deploy/observability/rules.yaml");
const RULE_TESTS: &str = include_str!("../deploy/observability/rules.test.yaml");
const OPERATING: &str = include_str!("../docs/operating.md");

/// Every file below `deploy/`.
fn files() -> Vec<PathBuf> {
    fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).expect("the folder can be read").flatten() {
            if entry.path().is_dir() {
                walk(&entry.path(), found);
            } else {
                found.push(entry.path());
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy"), &mut found);
    found
}

/// The words of a text that are spelled as series of this program are.
fn series_in(text: &str) -> BTreeSet<String> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    let words = text.split(|letter| !is_part(letter));
    words.filter(|word| word.starts_with("mcp_") || word.starts_with("fastmcp_")).map(str::to_owned).collect()
}

/// What `/metrics` of a server answers in which everything is switched on that has series.
async fn metrics() -> String {
    let folder = Scratch::new("deployment");
    let (keys, journal) = (folder.at("keys.json"), folder.at("journal"));
    let environment = [
        ("AUTH_PROVIDER", "api_key"),
        ("AUTH_API_KEYS_FILE", &*keys),
        ("AUDIT_FOLDER", &*journal),
        ("AUDIT_OTLP", "true"),
        // Nobody is there, nor need be: what is away has its series too.
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9"),
        ("REDIS_URL", "redis://127.0.0.1:9"),
        ("REDIS_SECRET", "0123456789abcdef0123456789abcdef"),
        ("API_BASE_URL", "http://127.0.0.1:9"),
        ("API_TOKEN", "none"),
    ];
    let key = run(&["keys", "create", "--owner", "prometheus"], &environment).await.stdout;
    let mut server = start(&["serve", "--listen", "127.0.0.1:0"], &environment);
    let (address, _) = server.address().await;
    let text = get(address, "/metrics", key.trim()).await;
    server.signal(Signal::TERM);
    server.exit_code().await;
    text
}

async fn get(address: SocketAddr, path: &str, key: &str) -> String {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nAuthorization: Bearer {key}\r\n\r\n"
    );
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    let mut answer = String::new();
    patiently(stream.read_to_string(&mut answer)).await.expect("the server answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    answer
}

/// The names of the series in an answer; those of a histogram with what it adds to its name.
fn given(text: &str) -> BTreeSet<String> {
    let heads = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '));
    heads
        .flat_map(|(name, kind)| {
            let endings: &[&str] = if kind == "histogram" { &["_bucket", "_sum", "_count"] } else { &[""] };
            endings.iter().map(move |ending| format!("{name}{ending}"))
        })
        .collect()
}

#[tokio::test]
async fn every_series_that_is_asked_for_is_one_that_the_server_gives() {
    let given = given(&metrics().await);
    assert!(given.len() > 25, "{given:?}");
    let mut named = BTreeSet::new();
    for file in files() {
        let text = fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        for series in series_in(&text) {
            assert!(
                given.contains(&series),
                "{} names {series}, which is not among {given:?}",
                file.display()
            );
            named.insert(series);
        }
    }
    assert!(named.len() > 20, "dashboards and rules name few series: {named:?}");
}

/// What stands between these two, each time.
fn between<'t>(text: &'t str, before: &str, after: &str) -> Vec<&'t str> {
    text.split(before).skip(1).map(|rest| rest.split(after).next().unwrap_or_default()).collect()
}

#[test]
fn every_outcome_that_is_asked_for_is_one_that_calls_have() {
    let program = include_str!("../server/src/call.rs").to_owned() + include_str!("../server/src/engine.rs");
    let mut outcomes: Vec<&str> = between(RULES, "outcome=\"", "\"");
    outcomes.extend(between(RULES, "outcome=~\"", "\"").into_iter().flat_map(|words| words.split('|')));
    assert!(outcomes.len() > 8, "{outcomes:?}");
    for outcome in outcomes {
        assert!(program.contains(&format!("\"{outcome}\"")), "no call ends in {outcome}");
    }
}

#[test]
fn every_alert_is_tested_and_explained() {
    let alerts: Vec<&str> = RULES.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).collect();
    assert!(alerts.len() > 10, "{alerts:?}");
    for alert in alerts {
        let test = RULE_TESTS.split("  - name: ").find(|test| test.starts_with(&format!("{alert}\n")));
        let test = test.unwrap_or_else(|| panic!("{alert} has no test in rules.test.yaml"));
        let (loud, quiet) = (test.contains("exp_samples: [{ value: 1 }]"), test.contains("exp_samples: []"));
        assert!(loud && quiet, "{alert} is not tested both ways");
        assert!(OPERATING.contains(&format!("| `{alert}` |")), "docs/operating.md does not explain {alert}");
    }
}

#[test]
fn every_panel_of_the_dashboard_says_what_it_shows_and_has_a_place_of_its_own() {
    let dashboard: Value = serde_json::from_str(DASHBOARD).expect("the dashboard is JSON");
    let panels = dashboard["panels"].as_array().expect("panels");
    assert!(panels.len() > 10, "{}", panels.len());
    let (mut ids, mut places) = (BTreeSet::new(), BTreeSet::new());
    for panel in panels {
        let title = panel["title"].as_str().expect("a panel has a title");
        assert!(panel["description"].as_str().is_some_and(|words| words.ends_with('.')), "{title}");
        assert!(panel["targets"].as_array().is_some_and(|targets| !targets.is_empty()), "{title}");
        for target in panel["targets"].as_array().expect("targets") {
            assert_eq!(target["datasource"]["uid"], "${source}", "{title} asks one Prometheus only");
        }
        assert!(ids.insert(panel["id"].as_u64().expect("a number")), "{title} has another's number");
        let at = |side: &str| panel["gridPos"][side].as_u64().expect("a place");
        for (x, y) in
            (at("x")..at("x") + at("w")).flat_map(|x| (at("y")..at("y") + at("h")).map(move |y| (x, y)))
        {
            assert!(x < 24 && places.insert((x, y)), "{title} lies on another panel");
        }
    }
}
