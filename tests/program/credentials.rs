//! The commands that add, list and remove callers' credentials, and a server that uses them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::fake_upstream::FakeUpstream;
use crate::program_support::{Outcome, run, run_with_input};
use crate::redis_server::RedisServer;
use crate::scratch::Scratch;

const KEY: &str = "0123456789abcdef0123456789abcdef";
const CALL: &[&str] =
    &["call", "get_assignment_tasks", "--arg", "srid=cw09-47623", "--arg", "assignmentId=PLAY000313"];

/// A folder of a test's own, and where its credentials are.
fn file(name: &str) -> (Scratch, PathBuf) {
    let folder = Scratch::new(&format!("program-credentials-{name}"));
    let path = folder.path().join("credentials.json");
    (folder, path)
}

fn environment(file: &Path) -> [(&str, &str); 3] {
    let path = file.to_str().expect("text");
    [("API_ACCOUNT", "own"), ("API_CREDENTIALS_FILE", path), ("API_CREDENTIALS_KEY", KEY)]
}

async fn credentials(file: &Path, arguments: &[&str], input: &str) -> Outcome {
    run_with_input(&[&["credentials"], arguments].concat(), &environment(file), input).await
}

async fn listed(file: &Path) -> Vec<Value> {
    let Outcome { code, stdout, stderr } = credentials(file, &["list", "--json"], "").await;
    assert_eq!((code, &*stderr), (0, ""));
    serde_json::from_str(&stdout).expect("a list")
}

#[tokio::test]
async fn a_credential_is_added_used_replaced_and_removed() {
    let ((_folder, file), upstream) = (file("life"), FakeUpstream::start([]).await);
    let base_url = upstream.base_url();
    let with_api = [&environment(&file)[..], &[("API_BASE_URL", &*base_url)]].concat();
    for (input, said) in [("first-secret\n", "added"), ("second-secret", "replaced")] {
        let Outcome { code, stdout, stderr } = credentials(&file, &["add", "--local"], input).await;
        assert_eq!((code, &*stdout), (0, ""), "{stderr}");
        assert!(stderr.contains(said) && !stderr.contains("secret"), "{stderr}");
        assert_eq!(run(CALL, &with_api).await.code, 0);
    }
    let subject = ["--issuer", "https://login.example.com", "--subject", "alice"];
    assert_eq!(credentials(&file, &[&["add"], &subject[..]].concat(), "alice-secret").await.code, 0);
    let sent: Vec<bool> = ["first-secret", "second-secret"]
        .iter()
        .zip(upstream.requests())
        .map(|(secret, request)| request.contains(&format!("authorization: {secret}\r\n")))
        .collect();
    assert_eq!(sent, [true, true]);
    let all = listed(&file).await;
    assert_eq!(
        (&all[0]["owner"], &all[1]["owner"]),
        (
            &json!({ "kind": "local" }),
            &json!({ "kind": "subject", "issuer": "https://login.example.com", "subject": "alice" })
        )
    );
    let as_text = credentials(&file, &["list"], "").await.stdout;
    assert!(
        as_text.contains("alice of https://login.example.com") && !as_text.contains("secret"),
        "{as_text}"
    );
    assert_eq!(credentials(&file, &["remove", "--local"], "").await.code, 0);
    let refused = run(CALL, &with_api).await;
    assert_eq!(refused.code, 1);
    assert!(
        refused.stdout.contains("none of yours") || refused.stderr.contains("none of yours"),
        "{refused:?}"
    );
    assert_eq!(upstream.requests().len(), 2, "nothing was sent");
}

#[tokio::test]
async fn credentials_in_redis_are_added_used_listed_and_removed_by_the_same_commands() {
    // The path of a socket must be short.
    let folder = Scratch::new("credentials-redis");
    let (redis, upstream) = (RedisServer::start(folder.path()), FakeUpstream::start([]).await);
    let (url, base_url) = (redis.url(), upstream.base_url());
    let environment = [
        ("API_BASE_URL", &*base_url),
        ("API_ACCOUNT", "own"),
        ("API_CREDENTIALS_KEY", KEY),
        ("REDIS_URL", &*url),
        ("REDIS_SECRET", KEY),
    ];
    let add = ["credentials", "add", "--local"];
    assert_eq!(run_with_input(&add, &environment, "local-secret").await.code, 0);
    let call = run(CALL, &environment).await;
    assert_eq!(call.code, 0, "{call:?}");
    assert!(upstream.requests()[0].contains("authorization: local-secret\r\n"));
    let listed = run(&["credentials", "list"], &environment).await;
    assert!(listed.stdout.contains("local owner") && !listed.stdout.contains("local-secret"), "{listed:?}");
    assert_eq!(run(&["credentials", "remove", "--local"], &environment).await.code, 0);
    assert_eq!(run(CALL, &environment).await.code, 1);
    assert_eq!(upstream.requests().len(), 1);
}

#[tokio::test]
async fn what_cannot_be_done_is_said_in_one_line() {
    let (_folder, file) = file("wrong");
    for (arguments, input, code, said) in [
        (&["add"][..], "x", 64, "whose credential"),
        (&["add", "--local", "--scheme", "nothing"], "x", 64, "no security scheme"),
        (&["add", "--local"], "", 64, "on standard input"),
        (&["add", "--local"], "canary\nsecond line", 78, "visible ASCII"),
        (&["add", "--api-keys", ""], "canary", 64, "1 to 2048 bytes"),
        (&["remove", "--local"], "", 78, "there is no such credential"),
    ] {
        let outcome = credentials(&file, arguments, input).await;
        assert_eq!(outcome.code, code, "{arguments:?}: {outcome:?}");
        assert!(
            outcome.stderr.contains(said) && !outcome.stderr.contains("canary"),
            "{arguments:?}: {outcome:?}"
        );
        assert_eq!(outcome.stderr.lines().count(), 1, "{outcome:?}");
    }
    let path = file.to_str().expect("text");
    for (environment, name) in [
        (&[("API_CREDENTIALS_KEY", KEY)][..], "API_CREDENTIALS_FILE is not set"),
        (&[("API_CREDENTIALS_FILE", path)], "API_CREDENTIALS_KEY is not set"),
    ] {
        let outcome = run(&["credentials", "list"], environment).await;
        assert!(outcome.code == 78 && outcome.stderr.contains(name), "{outcome:?}");
    }
}

#[test]
fn the_commands_of_the_document_do_what_it_says() {
    let text = include_str!("../../docs/credentials.md");
    let blocks: Vec<&str> =
        text.split("```sh run\n").skip(1).map(|rest| rest.split("```").next().expect("it ends")).collect();
    assert_eq!(blocks.len(), 1, "blocks that can be run");
    let folder = Scratch::new("docs-credentials");
    let programs = Path::new(env!("CARGO_BIN_EXE_code-pipeline-mcp")).parent().expect("a folder");
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap_or_default());
    for block in blocks {
        let output = Command::new("sh")
            .args(["-e", "-c", block])
            .current_dir(folder.path())
            .env_clear()
            .envs([
                ("PATH", &*path),
                ("TOKEN_OF_ALICE", "a-secret"),
                ("TOKEN_OF_JENKINS", "j-secret"),
                ("TOKEN_OF_MINE", "m-secret"),
            ])
            .output()
            .expect("a shell");
        let (said, errors) =
            (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{said}{errors}");
        assert!(
            said.contains("alice of https://login.example.com") && said.contains("API keys of jenkins"),
            "{said}"
        );
        assert!(!said.contains("-secret") && !errors.contains("-secret"), "{said}{errors}");
    }
}
