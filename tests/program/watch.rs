//! `sets watch ID`: sets of Code Pipeline followed by the built program, to their end, to the end of patience, and on a terminal.

use std::time::Duration;

use rustix::process::Signal;
use serde_json::Value;
use simulator::{Clock, Matching, Running, Simulator};

use crate::program_support::{Outcome, run, start};
use crate::terminal::Terminal;

async fn simulator() -> Running {
    Simulator::builder().clock(Clock::manual()).start().await.unwrap()
}

/// Generates an assignment at a level; the set that does it.
async fn generated(environment: &[(&str, &str)], assignment: &str, level: &str) -> String {
    let (assignment, level) = (format!("assignmentId={assignment}"), format!("level={level}"));
    let arguments =
        ["call", "generate_assignment", "--arg", "srid=cw09-47623", "--arg", &assignment, "--arg", &level];
    let Outcome { code, stdout, stderr } = run(&arguments, environment).await;
    assert_eq!(code, 0, "{stderr}");
    let answer: Value = serde_json::from_str(&stdout).unwrap();
    answer["setId"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn each_state_is_a_line_until_the_set_is_done() {
    let simulator = simulator().await;
    let url = simulator.url();
    let environment = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let set = generated(&environment, "PLAY000313", "DEV2").await;
    let mut watch = start(&["sets", "watch", &set, "--srid", "cw09-47623"], &environment);
    let first = watch.line("Dispatched").await;
    assert!(first.trim_start().starts_with("0s ") && !first.contains('\u{1b}'), "{first}");
    simulator.clock().advance(Duration::from_secs(1));
    watch.line("Executing").await;
    simulator.clock().advance(Duration::from_secs(2));
    watch.line("Complete: done").await;
    assert_eq!(watch.exit_code().await, 0);
    assert!(simulator.count(&Matching::operation("getSet")) >= 3);
}

#[tokio::test]
async fn a_set_that_failed_is_told_by_the_exit_code() {
    let simulator = simulator().await;
    let url = simulator.url();
    let environment = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let set = generated(&environment, "PLAY002631", "DEV1").await;
    simulator.clock().advance(Duration::from_secs(60));
    // Whoever works with one instance has its name in the environment.
    let environment = [&environment[..], &[("CODE_PIPELINE_MCP_SRID", "cw09-47623")]].concat();
    let watched = run(&["sets", "watch", &set], &environment).await;
    assert_eq!(watched.code, 1, "{watched:?}");
    assert!(
        watched.stdout.contains("Failed: failed") && watched.stderr.contains("call get_set"),
        "{watched:?}"
    );
}

#[tokio::test]
async fn whoever_stops_watching_stops_nothing_else() {
    let simulator = simulator().await;
    let url = simulator.url();
    let environment = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let set = generated(&environment, "PLAY000313", "DEV2").await;
    let watched = run(&["sets", "watch", &set, "--srid", "cw09-47623", "--for", "10ms"], &environment).await;
    assert!(watched.code == 3 && watched.stderr.contains("the time for watching is up"), "{watched:?}");
    let mut watch = start(&["sets", "watch", &set, "--srid", "cw09-47623"], &environment);
    watch.line("Dispatched").await;
    watch.signal(Signal::INT);
    watch.log_line("you stopped watching; whatever is going on").await;
    assert_eq!(watch.exit_code().await, 3);
    let looks = simulator.take_requests();
    assert!(looks.iter().all(|request| request.method == "GET" || request.target.contains("/generate")));
}

#[tokio::test]
async fn what_cannot_be_seen_is_told_at_once() {
    let simulator = simulator().await;
    let url = simulator.url();
    let environment = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let watched = run(&["sets", "watch", "../S1", "--srid", "cw09-47623"], &environment).await;
    assert!(watched.code == 3 && watched.stderr.contains("setId"), "{watched:?}");
    let watched = run(&["sets", "watch", "S000000001"], &environment).await;
    assert!(watched.code == 64 && watched.stderr.contains("--srid"), "{watched:?}");
    let watched = run(&["sets", "watch", "S1", "--srid", "a", "--for", "soon"], &environment).await;
    assert!(watched.code == 64 && watched.stderr.contains("expected a time"), "{watched:?}");
    assert!(simulator.take_requests().is_empty());
    assert!(run(&["--help"], &[]).await.stdout.contains("\n  sets "));
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_terminal_one_line_keeps_up() {
    let simulator = simulator().await;
    let url = simulator.url();
    let environment = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let set = generated(&environment, "PLAY000313", "DEV2").await;
    let mut terminal = Terminal::start(&["sets", "watch", &set, "--srid", "cw09-47623"], &environment, 80);
    terminal.until("\r\u{1b}[K      0s  Dispatched");
    simulator.clock().advance(Duration::from_secs(60));
    let (code, seen) = terminal.end();
    assert_eq!(code, 0, "{seen}");
    assert!(seen.ends_with("Complete: done\r\n"), "{seen:?}");
    assert_eq!(seen.matches('\n').count(), 1, "{seen:?}");
}
