//! The stand-in as a program: it listens where it is told, answers, and ends at a signal.

use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

/// Far more than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn start(address: &str) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ces-simulator"));
    command.arg(address).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    command.spawn().expect("the program starts")
}

#[tokio::test]
async fn it_says_where_it_is_answers_there_and_ends_at_a_signal() {
    let mut program = start("127.0.0.1:0");
    let mut lines = BufReader::new(program.stdout.take().expect("it is piped")).lines();
    let line = tokio::time::timeout(PATIENCE, lines.next_line()).await.expect("it says something soon");
    let line = line.expect("it writes text").expect("a line");
    let (url, token) = line
        .strip_prefix("CES at ")
        .and_then(|rest| rest.split_once(" with token "))
        .expect("where, and the token");
    let request = reqwest::Client::new().get(format!("{url}/ispw/x/assignments/PLAY000313"));
    let answer = request.header("authorization", token).send().await.expect("it answers");
    assert_eq!(answer.status(), 200);

    let pid = program.id().expect("it runs").to_string();
    let sent = Command::new("kill").args(["-TERM", &pid]).status().await.expect("kill runs");
    assert!(sent.success());
    let ended = tokio::time::timeout(PATIENCE, program.wait()).await.expect("it ends soon");
    assert_eq!(ended.expect("it can be waited for").code(), Some(0));
}

#[tokio::test]
async fn an_address_that_is_none_is_named_with_what_is_expected() {
    let output = start("eighty").wait_with_output().await.expect("it ends");
    let words = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && output.stdout.is_empty(), "{words}");
    assert!(words.contains("eighty") && words.contains("0.0.0.0:8081"), "{words}");
}
