//! The journal from outside: what the program records, what `audit` makes of it, and what a kill leaves behind.

use rustix::process::Signal;
use serde_json::Value;
use simulator::{Clock, Matching, Running, Simulator};

use crate::program_support::{Outcome, post_call, run, send_call, serve};
use crate::scratch::Scratch;

async fn simulator() -> Running {
    Simulator::builder().clock(Clock::manual()).start().await.expect("the simulator starts")
}

async fn audit(folder: &Scratch, arguments: &[&str]) -> Outcome {
    run(&[&["audit"], arguments, &["--folder", folder.text()]].concat(), &[]).await
}

async fn records(folder: &Scratch, arguments: &[&str]) -> Vec<Value> {
    let Outcome { code, stdout, stderr } = audit(folder, &[&["export"], arguments].concat()).await;
    assert_eq!(code, 0, "{stderr}");
    stdout.lines().map(|line| serde_json::from_str(line).expect("each line is JSON")).collect()
}

const GENERATE: &[&str] = &[
    "call",
    "generate_assignment",
    "--arg",
    "srid=cw09-47623",
    "--arg",
    "assignmentId=PLAY000313",
    "--arg",
    "level=DEV2",
];

#[tokio::test]
async fn a_call_is_recorded_found_again_and_verified() {
    let (simulator, folder) = (simulator().await, Scratch::new("program-journal-call"));
    let environment = [
        ("API_BASE_URL", &*simulator.url()),
        ("API_TOKEN", simulator.token()),
        ("AUDIT_FOLDER", folder.text()),
    ];
    let Outcome { code, stderr, .. } = run(GENERATE, &environment).await;
    assert_eq!((code, &*stderr), (0, ""));
    let Outcome { code, .. } = run(
        &["call", "get_assignment_tasks", "--arg", "srid=cw09-47623", "--arg", "assignmentId=NONE"],
        &environment,
    )
    .await;
    assert_eq!(code, 1);

    let kinds: Vec<String> = records(&folder, &[])
        .await
        .iter()
        .map(|record| record["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["start", "intent", "outcome", "stop", "start", "outcome", "stop"]);
    let intents =
        records(&folder, &["--kind", "intent", "--tool", "generate_assignment", "--since", "1h"]).await;
    assert_eq!(intents[0]["arguments"]["assignmentId"], "PLAY000313");
    assert!(records(&folder, &["--until", "1h"]).await.is_empty(), "nothing is older than an hour");
    assert_eq!(records(&folder, &["--outcome", "refused"]).await.len(), 1);
    let text = std::fs::read_to_string(folder.path().join("audit-000001.jsonl")).unwrap();
    assert!(!text.contains(simulator.token()), "the credential is nowhere");

    let Outcome { code, stdout, .. } = audit(&folder, &["verify"]).await;
    assert_eq!((code, stdout.trim()), (0, "whole: 7 records in 1 files, written by 2 processes"));
    let Outcome { stdout, .. } = audit(&folder, &["tail", "-n", "2"]).await;
    assert_eq!(stdout.trim_end().lines().count(), 3, "{stdout}");
    let Outcome { stdout, .. } =
        audit(&folder, &["search", "--tool", "generate_assignment", "--format", "csv"]).await;
    assert_eq!(stdout.lines().count(), 3, "{stdout}");
}

#[tokio::test]
async fn t54_a_changed_record_is_named_by_file_and_line() {
    let (simulator, folder) = (simulator().await, Scratch::new("program-journal-changed"));
    let environment = [
        ("API_BASE_URL", &*simulator.url()),
        ("API_TOKEN", simulator.token()),
        ("AUDIT_FOLDER", folder.text()),
    ];
    run(GENERATE, &environment).await;
    let file = folder.path().join("audit-000001.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("PLAY000313", "PLAY000314", 1)).unwrap();
    let Outcome { code, stderr, .. } = audit(&folder, &["verify"]).await;
    let expected = format!("{}:2: the record was changed: its hash is another\n", file.display());
    assert_eq!((code, stderr), (1, expected));
}

#[tokio::test]
async fn what_audit_cannot_do_is_said_in_one_line() {
    let Outcome { code, stderr, .. } = run(&["audit", "verify"], &[]).await;
    assert_eq!((code, stderr.lines().count()), (78, 1), "{stderr}");
    assert!(stderr.contains("AUDIT_FOLDER"), "{stderr}");
    let missing = Scratch::new("program-journal-missing");
    std::fs::remove_dir(missing.path()).expect("it is empty");
    let Outcome { code, stderr, .. } = audit(&missing, &["tail"]).await;
    assert_eq!((code, stderr.lines().count()), (1, 1), "{stderr}");
    let Outcome { code, stderr, .. } = audit(&missing, &["search", "--since", "yesterday"]).await;
    assert_eq!(code, 64, "{stderr}");
}

#[tokio::test]
async fn t_54_a_signed_journal_verifies_with_its_key_and_with_no_other() {
    let (simulator, folder, keys) =
        (simulator().await, Scratch::new("program-journal-signed"), Scratch::new("program-journal-keys"));
    for name in ["own", "other"] {
        let Outcome { code, stdout, stderr } = run(&["audit", "key", &keys.at(name)], &[]).await;
        assert_eq!((code, &*stderr), (0, ""));
        keys.put(&format!("{name}.public"), &stdout);
    }
    let key = keys.at("own");
    let environment = [
        ("API_BASE_URL", &*simulator.url()),
        ("API_TOKEN", simulator.token()),
        ("AUDIT_FOLDER", folder.text()),
        ("AUDIT_SIGNING_KEY_FILE", &*key),
    ];
    assert_eq!(run(GENERATE, &environment).await.code, 0);
    let Outcome { code, stdout, .. } =
        audit(&folder, &["verify", "--public-key", &keys.at("own.public")]).await;
    assert_eq!(code, 0);
    assert!(stdout.trim().ends_with("; signed up to record 4 of 5"), "{stdout}");
    let Outcome { code, stderr, .. } =
        audit(&folder, &["verify", "--public-key", &keys.at("other.public")]).await;
    assert_eq!((code, stderr.lines().count()), (1, 1), "{stderr}");
    assert!(stderr.contains(":5: the signature is not one of this key"), "{stderr}");
    let Outcome { stdout, .. } = audit(&folder, &["verify"]).await;
    assert!(stdout.contains("1 signatures were not checked (--public-key)"), "{stdout}");
    let unsigned = Scratch::new("program-journal-unsigned");
    run(GENERATE, &[environment[0], environment[1], ("AUDIT_FOLDER", unsigned.text())]).await;
    let Outcome { code, stdout, .. } =
        audit(&unsigned, &["verify", "--public-key", &keys.at("own.public")]).await;
    assert_eq!(code, 1);
    assert!(stdout.trim().ends_with("; none is signed"), "{stdout}");
    let Outcome { code, stderr, .. } = run(
        GENERATE,
        &[environment[0], environment[1], environment[2], ("AUDIT_SIGNING_KEY_FILE", "/nowhere")],
    )
    .await;
    assert_eq!((code, stderr.lines().count()), (78, 1), "{stderr}");
}

#[tokio::test]
async fn every_record_is_printed_as_well_and_never_where_the_output_is_taken() {
    let (simulator, folder) = (simulator().await, Scratch::new("program-journal-printed"));
    let environment = [
        ("API_BASE_URL", &*simulator.url()),
        ("API_TOKEN", simulator.token()),
        ("AUDIT_FOLDER", folder.text()),
        ("AUDIT_STDOUT", "true"),
    ];
    let (mut running, address) = serve(&environment).await;
    post_call(address, "get_assignment_tasks", r#"{"srid":"cw09-47623","assignmentId":"NONE"}"#).await;
    running.signal(Signal::TERM);
    let mut printed = String::new();
    while let Some(line) = running.stdout.next_line().await.expect("standard output is text") {
        printed.push_str(&line);
        printed.push('\n');
    }
    assert_eq!(running.exit_code().await, 0);
    assert_eq!(
        printed,
        std::fs::read_to_string(folder.path().join("audit-000001.jsonl")).expect("the journal")
    );
    assert_eq!(printed.lines().count(), 3, "{printed}");

    let Outcome { code, stdout, stderr } = run(GENERATE, &environment).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(!stdout.contains("\"kind\"") && stderr.contains("\"kind\":\"intent\""), "{stdout}{stderr}");
    let Outcome { stdout, stderr, .. } = run(&["stdio"], &environment).await;
    assert_eq!(stdout, "");
    assert!(stderr.contains("\"kind\":\"stop\""), "{stderr}");
    let Outcome { code, stderr, .. } = run(GENERATE, &[environment[0], environment[1], environment[3]]).await;
    assert_eq!(code, 78);
    assert!(stderr.contains("AUDIT_FOLDER"), "{stderr}");
}

#[tokio::test]
async fn two_servers_do_not_write_to_one_folder() {
    let (simulator, folder) = (simulator().await, Scratch::new("program-journal-two"));
    let environment = [
        ("API_BASE_URL", &*simulator.url()),
        ("API_TOKEN", simulator.token()),
        ("AUDIT_FOLDER", folder.text()),
    ];
    let (running, _) = serve(&environment).await;
    let Outcome { code, stderr, .. } = run(GENERATE, &environment).await;
    assert_eq!(code, 78);
    assert!(stderr.contains("another process writes to the journal"), "{stderr}");
    running.signal(Signal::TERM);
    assert_eq!(running.exit_code().await, 0);
    assert_eq!(audit(&folder, &["verify"]).await.code, 0);
}

/// R6, short: whatever moment a kill comes at, every change that the API has seen has its intent on the record.
#[tokio::test]
async fn r6_after_a_kill_every_change_that_was_sent_is_on_the_record() {
    let (simulator, folder) = (simulator().await, Scratch::new("program-journal-kill"));
    let environment = [
        ("API_BASE_URL", &*simulator.url()),
        ("API_TOKEN", simulator.token()),
        ("AUDIT_FOLDER", folder.text()),
    ];
    for round in 0..5_usize {
        let (running, address) = serve(&environment).await;
        // Each is another change: identical ones would be made once.
        let change = |number: usize| {
            format!(r#"{{"srid":"cw09-47623","assignmentId":"PLAY{round:03}{number:03}","level":"DEV2"}}"#)
        };
        for number in 0..=round {
            let answer = post_call(address, "generate_assignment", &change(number)).await;
            assert!(answer.contains("200 OK"), "{answer}");
        }
        // One more is on its way when the kill comes.
        send_call(address, "generate_assignment", &change(round + 1)).await;
        running.kill().await;
    }
    let seen = simulator.count(&Matching::operation("generateTasksInAssignment"));
    let intents = records(&folder, &["--kind", "intent"]).await.len();
    assert!(seen >= 15, "{seen} changes were sent");
    assert!(intents >= seen, "{intents} intents of {seen} changes");
    let Outcome { code, stdout, stderr } = audit(&folder, &["verify"]).await;
    assert_eq!(code, 0, "{stderr}");
    assert!(stdout.contains("written by 5 processes"), "{stdout}");
}
