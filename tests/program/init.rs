//! `init` from flags and on a terminal, and `serve` with what it wrote.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::Signal;

use crate::program_support::{Outcome, run, start};
use crate::scratch::Scratch;
use crate::terminal::Terminal;

/// A folder of a test's own, gone when the test is over.
struct Folder(Scratch);

impl Folder {
    fn new(name: &str) -> Self {
        Self(Scratch::new(&format!("init-{name}")))
    }

    fn path(&self, name: &str) -> String {
        self.0.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(self.0.path().join(name), text).unwrap();
        self.path(name)
    }
}

/// Writes a file with these flags.
async fn init(file: &str, flags: &[&str]) -> Outcome {
    run(&[&["init", file, "--yes", "--api-base-url", "http://127.0.0.1:9"], flags].concat(), &[]).await
}

/// Whether `serve` starts with this file, on any port.
async fn check_serves(file: &str) {
    let mut server = start(&["serve", "--settings", file, "--set", "listen.port=0"], &[]);
    server.log_line("serving").await;
    server.signal(Signal::TERM);
    assert_eq!(server.exit_code().await, 0);
}

#[tokio::test]
async fn what_flags_make_starts_a_server() {
    let folder = Folder::new("flags");
    let token = folder.write("token", "canary\n");
    let redis = folder.write("redis", "redis://:canary@127.0.0.1:1");
    let secret = folder.write("secret", &"canary".repeat(6));
    let keys = folder.path("keys.json");
    for (name, flags) in [
        ("least", &[][..]),
        ("token", &["--api-token-file", &token]),
        ("keys", &["--callers", "api_key", "--api-keys-file", &keys, "--listen", "0.0.0.0:8080"]),
        (
            "oidc",
            &[
                "--callers",
                "oidc",
                "--issuer",
                "https://login.example.com",
                "--resource",
                "https://mcp.example.com/mcp",
            ],
        ),
        ("journal", &["--audit-folder", &folder.path("journal")]),
        ("redis", &["--redis-url-file", &redis, "--redis-secret-file", &secret]),
    ] {
        let file = folder.path(&format!("{name}.toml"));
        let outcome = init(&file, flags).await;
        assert_eq!((outcome.code, &*outcome.stderr), (0, ""), "{name}: {outcome:?}");
        assert!(outcome.stdout.contains(&format!("--settings {file} serve")), "{outcome:?}");
        let text = fs::read_to_string(&file).unwrap();
        assert!(!text.contains("canary"), "{text}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        for line in text.lines().filter(|line| line.contains(" = ")) {
            let place = text.find(line).unwrap();
            assert!(
                text[..place].trim_end().lines().last().unwrap().starts_with('#'),
                "{line} has no comment"
            );
        }
        check_serves(&file).await;
    }
    let text = fs::read_to_string(folder.path("keys.toml")).unwrap();
    assert!(text.contains("[auth]\n") && text.contains("providers = [\"api_key\"]\n"), "{text}");
    assert!(
        text.contains("[listen]\n")
            && text.contains("host = \"0.0.0.0\"\n")
            && text.contains("port = 8080\n")
    );
}

#[tokio::test]
async fn a_file_that_is_there_is_left_as_it_is_unless_somebody_gives_it_up() {
    let folder = Folder::new("force");
    let file = folder.write("server.toml", "mine");
    let refused = init(&file, &[]).await;
    assert!(refused.code == 1 && refused.stderr.contains("--force"), "{refused:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), "mine");
    let written = init(&file, &["--force"]).await;
    assert_eq!(written.code, 0, "{written:?}");
    assert!(fs::read_to_string(&file).unwrap().contains("base_url"));
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 1, "nothing else is left");
}

#[tokio::test]
async fn flags_that_serve_would_refuse_are_named_and_nothing_is_written() {
    let folder = Folder::new("refused");
    let file = folder.path("server.toml");
    let nothing = folder.path("nothing");
    for (flags, words) in [
        (&["--api-token-file", &*nothing][..], "--api-token-file: "),
        (&["--callers", "password"], "--callers: expected `none`, `api_key` or `oidc`"),
        (&["--callers", "oidc"], "--issuer is missing"),
        (
            &["--callers", "oidc", "--issuer", "login", "--resource", "https://mcp.example.com/mcp"],
            "--issuer: ",
        ),
        (
            &["--callers", "oidc", "--issuer", "https://login.example.com", "--resource", "mcp"],
            "--resource: MCP_RESOURCE_URL",
        ),
        (&["--issuer", "https://login.example.com"], "--issuer is given, and --callers says none"),
        (
            &["--redis-secret-file", &nothing],
            "--redis-secret-file is given, and --redis-url-file says nothing",
        ),
        (
            &["--callers", "api_key", "--api-keys-file", "/does/not/exist/keys.json"],
            "--api-keys-file: expected a file in a folder that is there",
        ),
        (&["--audit-folder", "/proc/journal"], "--audit-folder: AUDIT_FOLDER: /proc cannot be written"),
        (&["--listen", "8080"], "--listen: expected ADDRESS:PORT"),
        (&["--listen", "127.0.0.1:http"], "--listen: "),
        (&["--listen", "0.0.0.0:8080"], "--listen: "),
    ] {
        let outcome = init(&file, flags).await;
        assert_eq!(outcome.code, 64, "{flags:?}: {outcome:?}");
        assert!(
            outcome.stderr.contains(words) && outcome.stderr.lines().count() == 1,
            "{flags:?}: {outcome:?}"
        );
        assert!(fs::read_dir(folder.0.path()).unwrap().next().is_none(), "{flags:?}");
    }
    let outcome = run(&["init", &file, "--yes"], &[]).await;
    assert!(outcome.code == 64 && outcome.stderr.contains("--api-base-url is missing"), "{outcome:?}");
    let outcome = run(&["init", &file, "--yes", "--api-base-url", "ftp://127.0.0.1"], &[]).await;
    assert!(outcome.stderr.contains("--api-base-url: api.base_url: expected an address"), "{outcome:?}");
}

#[tokio::test]
async fn without_a_terminal_the_flags_are_named() {
    let outcome = run(&["init", "/nowhere/server.toml"], &[]).await;
    assert_eq!((outcome.code, &*outcome.stdout), (64, ""), "{outcome:?}");
    for flag in ["--yes", "--api-base-url", "--api-token-file", "--callers", "--redis-url-file", "--listen"] {
        assert!(outcome.stderr.contains(flag), "{flag}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_answers_are_asked_again_with_the_rule() {
    let folder = Folder::new("asked");
    let (file, token) = (folder.path("server.toml"), folder.write("token", "canary\n"));
    let mut terminal = Terminal::start(&["init", &file], &[], 80);
    for (question, answer) in [
        ("address of the API", ""),
        ("needs an answer", "ces.example.com"),
        ("expected an address such as", "http://127.0.0.1:9"),
        ("holds the credential", "/does/not/exist"),
        ("cannot be read", &token),
        ("how callers show", "badge"),
        ("expected `none`, `api_key` or `oidc`", ""),
        ("folder of the journal", &folder.path("journal")),
        ("address of the Redis", ""),
        ("where to listen", "0.0.0.0:8080"),
        ("AUTH_PROVIDER", "127.0.0.1:8080"),
    ] {
        let question = if question.starts_with("how") || question.starts_with("where") {
            &question[1..]
        } else {
            question
        };
        terminal.until(question);
        terminal.until("> ");
        terminal.type_line(answer);
    }
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    let text = fs::read_to_string(&file).unwrap();
    assert!(
        text.contains(&format!("token_file = \"{token}\""))
            && text.contains("base_url = \"http://127.0.0.1:9\""),
        "{text}"
    );
    check_serves(&file).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_that_end_too_early_write_nothing() {
    let folder = Folder::new("end");
    let mut terminal = Terminal::start(&["init", &folder.path("server.toml")], &[], 80);
    terminal.until("> ");
    terminal.type_line("http://127.0.0.1:9");
    terminal.until("> ");
    terminal.type_end();
    let (code, seen) = terminal.end();
    assert!(code == 1 && seen.contains("nothing was written"), "{seen}");
    assert!(fs::read_dir(folder.0.path()).unwrap().next().is_none());
}
