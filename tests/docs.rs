//! Every shell block of every page in `docs/` is run, or says why not.
//!
//! The blocks of a page are one script, run in order in an empty folder by the built program. A block `sh` must succeed. Of a block
//! `console` each line that begins with `$ ` is run, and must print what stands below it, where `...` stands for anything. A block that
//! is not run has a line `<!-- not run: REASON -->` above it.

mod program_support;
#[path = "../server/tests/scratch/mod.rs"]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod scratch;

use std::collections::BTreeSet;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use code_pipeline_mcp::api;
use program_support::{Running, patiently, start};
use scratch::Scratch;
use serde_json::{Value, json};
use simulator::{Clock, Simulator};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Pages whose blocks of these languages are run by another test, which names the page.
const ELSEWHERE: [(&str, &str, &str); 4] = [
    ("policy.md", "console", "tests/policy_docs.rs"),
    ("drift.md", "console", "codegen/tests/drift_commands.rs"),
    ("overlay.md", "console", "codegen/tests/drift_commands.rs"),
    ("credentials.md", "sh run", "tests/program/credentials.rs"),
];

/// A fenced block of a page.
#[derive(Debug)]
struct Block {
    language: String,
    /// The line above it.
    above: String,
    text: String,
    /// Where it begins, for messages.
    line: usize,
}

impl Block {
    fn is_shell(&self) -> bool {
        matches!(&*self.language, "sh" | "sh run" | "console" | "bash" | "shell")
    }

    /// Why it is not run, if it says so.
    fn excuse(&self) -> Option<&str> {
        self.above.strip_prefix("<!-- not run: ")?.strip_suffix(" -->")
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut is_open, mut above) = (false, "");
    for (number, line) in text.lines().enumerate() {
        match (line.strip_prefix("```"), is_open) {
            (Some(_), true) => is_open = false,
            (Some(language), false) => {
                is_open = true;
                let (language, above) = (language.to_owned(), above.to_owned());
                found.push(Block { language, above, text: String::new(), line: number + 1 });
            }
            (None, true) => {
                let block = found.last_mut().expect("a block is open");
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, false) => {}
        }
        above = line;
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages by name, with their texts.
fn pages() -> Vec<(String, String)> {
    let folder = fs::read_dir(root().join("docs")).expect("docs/ can be read");
    let mut pages: Vec<(String, String)> = folder
        .flatten()
        .filter(|entry| entry.path().extension().is_some_and(|ending| ending == "md"))
        .map(|entry| {
            let text = fs::read_to_string(entry.path()).expect("a page can be read");
            (entry.file_name().to_string_lossy().into_owned(), text)
        })
        .collect();
    pages.sort();
    assert!(pages.len() > 10, "the pages are in docs/");
    pages
}

fn page(name: &str) -> String {
    fs::read_to_string(root().join("docs").join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The blocks of a page that this file runs.
fn runnable(name: &str, text: &str) -> Vec<Block> {
    let is_elsewhere = |block: &Block| {
        ELSEWHERE.iter().any(|(page, language, _)| *page == name && *language == block.language)
    };
    let shell = blocks(text).into_iter().filter(Block::is_shell);
    shell.filter(|block| !is_elsewhere(block) && block.excuse().is_none()).collect()
}

#[test]
fn every_block_that_is_not_run_says_why() {
    for (name, text) in pages() {
        for block in blocks(&text) {
            let place = format!("docs/{name}:{}", block.line);
            assert!(!block.language.is_empty(), "{place}: a block says what it is: sh, console, text, json");
            assert!(block.is_shell() || block.excuse().is_none(), "{place}: only commands are run");
            assert!(block.excuse().is_none_or(|reason| reason.len() > 10), "{place}: why is it not run?");
            let is_command =
                |line: &str| line.starts_with("code-pipeline-mcp ") || line.starts_with("cargo ");
            assert!(
                block.is_shell() || !block.text.lines().any(is_command),
                "{place}: commands stand in a block `sh` or `console`"
            );
        }
    }
}

#[test]
fn what_is_run_elsewhere_is() {
    for (name, language, test) in ELSEWHERE {
        let source = fs::read_to_string(root().join(test)).unwrap_or_else(|error| panic!("{test}: {error}"));
        assert!(source.contains(name), "{test} does not name {name}");
        assert!(
            blocks(&page(name)).iter().any(|block| block.language == language),
            "{name} has no {language}"
        );
    }
}

/// The names that a setting has in the environment, with those of files for secrets.
fn settings() -> BTreeSet<String> {
    let table = program::settings::markdown(api::catalog());
    let mut names = BTreeSet::new();
    for cell in table.lines().filter_map(|row| row.split('|').nth(1)) {
        let is_secret = cell.contains("_FILE`");
        for name in cell.split('`').filter(|name| name.starts_with(char::is_uppercase)) {
            names.insert(name.to_owned());
            names.extend(is_secret.then(|| format!("{name}_FILE")));
        }
    }
    names
}

#[test]
fn every_setting_that_is_exported_is_one() {
    let settings = settings();
    assert!(settings.contains("API_BASE_URL") && settings.contains("API_TOKEN_FILE"), "{settings:?}");
    for (name, text) in pages() {
        for block in blocks(&text).iter().filter(|block| block.is_shell()) {
            let exports = block.text.lines().filter_map(|line| line.strip_prefix("export "));
            let words = exports.flat_map(|line| line.split(" #").next().unwrap_or_default().split(' '));
            for (variable, _) in words.filter_map(|word| word.split_once('=')) {
                let is_one = settings.contains(variable) || variable == "PATH";
                assert!(is_one, "docs/{name}:{}: {variable} is no setting", block.line);
            }
        }
    }
}

/// Stands before what the command of this number prints.
fn mark(command: usize) -> String {
    format!("\u{1e}{command}\u{1e}")
}

/// A page as a script, and what its commands must print.
fn script(blocks: &[Block]) -> (String, Vec<(String, String)>) {
    // Whatever the page has started ends with it.
    let mut script = "set -euo pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n".to_owned();
    let mut expected: Vec<(String, String)> = Vec::new();
    for block in blocks {
        if block.language != "console" {
            script.push_str(&block.text);
            continue;
        }
        for line in block.text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                // A command may say by its exit code that something is not so.
                script.push_str(&format!("printf '{}'\n{{ {command}\n}} || true\n", mark(expected.len())));
                expected.push((command.to_owned(), String::new()));
            } else {
                let (_, output) = expected.last_mut().expect("a console begins with a command");
                output.push_str(line);
                output.push('\n');
            }
        }
    }
    (script + &format!("printf '{}'\n", mark(expected.len())), expected)
}

/// Whether a text is as it stands in a page, where `...` is anything.
fn is_like(text: &str, pattern: &str) -> bool {
    let mut parts = pattern.split("...");
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts = parts.peekable();
    if parts.peek().is_none() {
        return rest.is_empty();
    }
    while let Some(part) = parts.next() {
        if parts.peek().is_none() {
            return rest.ends_with(part);
        }
        let Some(place) = rest.find(part) else { return false };
        rest = &rest[place + part.len()..];
    }
    unreachable!("the last part returns")
}

#[test]
fn dots_are_anything_and_everything_else_is_itself() {
    for (text, pattern, expected) in [
        ("a b c\n", "a b c\n", true),
        ("a b c\n", "a b\n", false),
        ("a b c\n", "...b...\n", true),
        ("a b c\n", "a...c\n", true),
        ("a b c\n", "b...\n", false),
        ("a b c\n", "...d...\n", false),
        ("a b c\nmore\n", "a...c\n", false),
    ] {
        assert_eq!(is_like(text, pattern), expected, "{text:?} {pattern:?}");
    }
}

/// A port that nobody has, and that the system gives to nobody who only connects. Whoever reads a page needs one that stands in it; a
/// test must not.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(37);
    loop {
        let number = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 10_000;
        let port = 20_000 + u16::try_from(number).expect("it is small");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Follows a page, with these variables besides.
async fn follow(name: &str, variables: &[(&str, &str)]) {
    let (folder, port) = (Scratch::new(&format!("docs-{name}")), free_port().to_string());
    let (script, expected) = script(&runnable(name, &page(name)));
    let programs = Path::new(env!("CARGO_BIN_EXE_code-pipeline-mcp")).parent().expect("it is in a folder");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    let mut shell = Command::new("bash");
    shell.args(["-c", &script.replace("8080", &port)]).current_dir(folder.path()).env_clear();
    shell.envs([("PATH", &*path), ("PORT", &port), ("HOME", folder.text())]);
    shell.envs(variables.iter().copied());
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let output =
        patiently(shell.spawn().expect("there is a shell").wait_with_output()).await.expect("it ends");
    let (printed, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    for (number, (command, pattern)) in expected.iter().enumerate() {
        let after = printed.split(&mark(number)).nth(1);
        let shown = after.and_then(|text| text.split('\u{1e}').next());
        let shown = shown.unwrap_or_else(|| panic!("docs/{name} does not come to `{command}`: {said}"));
        let shown = shown.replace(&port, "8080");
        assert!(is_like(&shown, pattern), "docs/{name}: `{command}` prints\n{shown}\nnot\n{pattern}\n{said}");
    }
    assert!(output.status.success(), "docs/{name}: {printed}\n{said}");
}

#[tokio::test]
async fn the_first_ten_minutes_are_as_they_are_written() {
    assert!(runnable("getting-started.md", &page("getting-started.md")).len() > 10);
    follow("getting-started.md", &[]).await;
}

#[tokio::test]
async fn every_other_page_can_be_followed() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().await.expect("the simulator starts");
    let url = simulator.url();
    for (name, text) in pages() {
        if name != "getting-started.md" && !runnable(&name, &text).is_empty() {
            follow(&name, &[("API_BASE_URL", &url), ("API_TOKEN", simulator.token())]).await;
        }
    }
}

/// Every configuration in the page about clients that has the server started by its client.
fn started_by_clients() -> Vec<Value> {
    let page = page("connecting-clients.md");
    let mut found = Vec::new();
    for block in blocks(&page) {
        let parsed: Value = match &*block.language {
            "json" => serde_json::from_str(&block.text)
                .unwrap_or_else(|error| panic!("line {}: {error}", block.line)),
            "toml" => {
                toml::from_str(&block.text).unwrap_or_else(|error| panic!("line {}: {error}", block.line))
            }
            _ => continue,
        };
        let servers = ["mcpServers", "servers", "mcp_servers", "context_servers"];
        let servers = servers.iter().find_map(|name| parsed[*name].as_object());
        let servers = servers.unwrap_or_else(|| panic!("line {}: no servers in it", block.line));
        found.extend(servers.values().filter(|server| server["command"].is_string()).cloned());
    }
    found
}

#[tokio::test]
async fn what_clients_are_told_to_start_answers_them() {
    let simulator = Simulator::builder().clock(Clock::manual()).start().await.expect("the simulator starts");
    let (url, settings, servers) = (simulator.url(), settings(), started_by_clients());
    assert!(servers.len() >= 2, "{servers:?}");
    for server in servers {
        assert_eq!(server["command"], "code-pipeline-mcp", "{server}");
        for name in server["env"].as_object().into_iter().flat_map(|names| names.keys()) {
            assert!(settings.contains(name), "{name} is no setting: {server}");
        }
        let arguments: Vec<&str> =
            server["args"].as_array().expect("arguments").iter().filter_map(Value::as_str).collect();
        let environment = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
        let mut running = start(&arguments, &environment);
        let answer = ask(&mut running).await;
        assert_eq!(answer["result"]["serverInfo"]["name"], "code-pipeline-mcp", "{answer}");
        assert_eq!(running.exit_code().await, 0);
    }
}

/// What a server on standard input and output answers to a client that greets it.
async fn ask(running: &mut Running) -> Value {
    let greeting = json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}});
    let stdin = running.stdin.as_mut().expect("it is piped");
    stdin.write_all(format!("{greeting}\n").as_bytes()).await.expect("it reads");
    let line = patiently(running.stdout.next_line()).await.expect("it writes text").expect("a line");
    serde_json::from_str(&line).expect("it answers in JSON")
}
