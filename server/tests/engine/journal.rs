//! What is on the record: before a change is sent, after every call, across restarts, and when the disk fails.

use std::sync::Arc;
use std::time::Duration;

use server::call::CallError;
use server::engine::Engine;
use server::generated::serde_json::Value;
use server::journal::{self, Entry, Event, Journal, PublicKey, SigningKey, records, verify, verify_signed};
use tokio::sync::Notify;

use crate::fake_upstream::{Act, FakeUpstream, json as json_answer};
use crate::sample::{self, DEPLOY, READ, call, deploying, options, reading};
use crate::scratch::Scratch;

const DONE: &str = r#"{"setId":"S1"}"#;

fn open(folder: &Scratch) -> Journal {
    Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap()
}

fn engine(base_url: &str, journal: &Journal) -> Engine {
    let mut options = options(base_url);
    options.journal = Some(journal.clone());
    Engine::new(&sample::API, options).unwrap()
}

/// Kind, tool and outcome of each record.
fn told(folder: &Scratch) -> Vec<String> {
    let records = records(folder.path()).unwrap().map(Result::unwrap);
    let words =
        records.map(|record| [record.text("kind"), record.text("tool"), record.text("outcome")].join(" "));
    words.map(|words| words.trim().to_owned()).collect()
}

fn whole(folder: &Scratch) -> journal::Verified {
    verify(folder.path()).unwrap().unwrap_or_else(|damage| panic!("{damage:?}"))
}

#[tokio::test]
async fn t52_a_change_is_on_the_disk_before_its_first_byte_leaves() {
    let folder = Scratch::new("intent");
    let release = Arc::new(Notify::new());
    let answer = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{DONE}",
        DONE.len()
    );
    let upstream = FakeUpstream::start([Act::Hold(Arc::clone(&release), answer.into_bytes())]).await;
    let journal = open(&folder);
    let engine = Arc::new(engine(&upstream.base_url(), &journal));
    let calling = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { call(&engine, &DEPLOY, deploying()).await }
    });
    upstream.arrival().await;
    assert_eq!(told(&folder), ["start", "intent deploy"], "the request has arrived and is not answered");
    release.notify_one();
    calling.await.unwrap().unwrap();
    journal.close();
    assert_eq!(told(&folder), ["start", "intent deploy", "outcome deploy answered", "stop"]);
    let records: Vec<_> = records(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(records[1].members["arguments"]["releaseId"], "REL1");
    assert_eq!(records[1].text("request_id"), records[2].text("request_id"));
    let outcome = &records[2].members;
    assert_eq!((&outcome["status"], &outcome["sent"]), (&Value::from(200), &Value::from(true)));
    assert!(!outcome.contains_key("arguments"), "the intent has them");
    assert_eq!(whole(&folder).records, 4);
}

#[tokio::test]
async fn what_is_refused_fails_or_is_given_up_is_on_the_record_too() {
    let folder = Scratch::new("refused");
    let upstream = FakeUpstream::start([json_answer("404 Not Found", "{}"), Act::Silence]).await;
    let journal = open(&folder);
    let engine = engine(&upstream.base_url(), &journal);
    call(&engine, &DEPLOY, reading("level", "DEV")).await.unwrap_err();
    call(&engine, &READ, reading("level", "DEV")).await.unwrap_err();
    let silent = call(&engine, &READ, reading("level", "DEV"));
    tokio::select! {
        outcome = silent => panic!("{outcome:?}"),
        () = async { upstream.arrival().await; upstream.arrival().await } => {}
    }
    journal.close();
    let told = told(&folder);
    assert_eq!(
        told,
        ["start", "outcome deploy arguments", "outcome read refused", "outcome read cancelled", "stop"]
    );
    let records: Vec<_> = records(folder.path()).unwrap().map(Result::unwrap).collect();
    assert_eq!(records[1].members["arguments"]["level"], "DEV", "what was refused is told");
    assert_eq!(records[1].members["sent"], false);
    assert_eq!(records[3].members["sent"], true);
}

#[tokio::test]
async fn t53_what_cannot_be_recorded_is_not_sent_and_reads_go_on() {
    let folder = Scratch::new("closed");
    let upstream = FakeUpstream::start([]).await;
    let journal = open(&folder);
    let engine = engine(&upstream.base_url(), &journal);
    journal.close();
    let error = call(&engine, &DEPLOY, deploying()).await.unwrap_err();
    assert!(matches!(error, CallError::Unrecorded { .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 0);
    call(&engine, &READ, reading("level", "DEV")).await.unwrap();
}

#[tokio::test]
async fn reads_are_left_out_where_that_is_set() {
    let folder = Scratch::new("reads");
    let upstream = FakeUpstream::start([json_answer("200 OK", "{}"), json_answer("200 OK", DONE)]).await;
    let journal = open(&folder);
    let mut options = options(&upstream.base_url());
    options.journal = Some(journal.clone());
    options.audit.reads = false;
    let engine = Engine::new(&sample::API, options).unwrap();
    call(&engine, &READ, reading("level", "DEV")).await.unwrap();
    call(&engine, &DEPLOY, deploying()).await.unwrap();
    journal.close();
    assert_eq!(told(&folder), ["start", "intent deploy", "outcome deploy answered", "stop"]);
}

#[test]
fn a_journal_goes_on_where_it_ended_and_takes_one_writer() {
    let folder = Scratch::new("again");
    for _ in 0..3 {
        let journal = open(&folder);
        let error = Journal::open(&journal::Options::new(folder.path()), "test 2").unwrap_err();
        assert!(error.to_string().contains("another process writes"), "{error}");
        journal.close();
    }
    let found = whole(&folder);
    assert_eq!((found.records, found.starts, found.torn, found.first), (6, 3, 0, 1));
}

#[test]
fn t52_a_record_that_a_crash_tore_is_passed_over_once() {
    let folder = Scratch::new("torn");
    open(&folder).close();
    let file = folder.path().join("audit-000001.jsonl");
    let mut bytes = std::fs::read(&file).unwrap();
    let whole_length = bytes.len();
    bytes.extend_from_slice(&bytes.clone()[..40]);
    std::fs::write(&file, &bytes).unwrap();
    assert_eq!(whole(&folder).torn, 1, "at the very end");
    open(&folder).close();
    let found = whole(&folder);
    assert_eq!((found.records, found.starts, found.torn), (4, 2, 1));

    // The same line elsewhere is damage.
    let mut bytes = std::fs::read(&file).unwrap();
    let first_end = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    assert!(first_end < whole_length);
    bytes.splice(first_end..first_end, b"{\"seq\":2\n".iter().copied());
    std::fs::write(&file, &bytes).unwrap();
    let damage = verify(folder.path()).unwrap().unwrap_err();
    assert_eq!(damage.line, 3, "{damage:?}");
}

#[tokio::test]
async fn t54_a_changed_removed_or_moved_record_is_found() {
    let folder = Scratch::new("integrity");
    let journal = open(&folder);
    for _ in 0..3 {
        journal.write(Entry { event: Event::Gap { lost: 0 }, subject: None }).await.unwrap();
    }
    journal.close();
    let file = folder.path().join("audit-000001.jsonl");
    let text = std::fs::read_to_string(&file).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let written = |lines: &[&str]| {
        std::fs::write(&file, lines.join("\n") + "\n").unwrap();
        verify(folder.path()).unwrap()
    };
    assert_eq!(written(&lines).unwrap().records, 5);
    let changed = lines[2].replacen("\"lost\":0", "\"lost\":1", 1);
    let damage = written(&[lines[0], lines[1], &changed, lines[3], lines[4]]).unwrap_err();
    assert_eq!((damage.line, damage.what.as_str()), (3, "the record was changed: its hash is another"));
    let damage = written(&[lines[0], lines[1], lines[3], lines[4]]).unwrap_err();
    assert_eq!((damage.line, damage.what.as_str()), (3, "record 4 follows record 2"));
    assert_eq!(written(&[lines[0], lines[2], lines[1], lines[3], lines[4]]).unwrap_err().line, 2);
    // What is missing at the beginning was removed with its file, and is told.
    assert_eq!(written(&lines[2..]).unwrap().first, 3);
    // A journal that ends in a changed record takes no more.
    let changed = lines[4].replacen("stop", "stpo", 1);
    written(&[lines[0], lines[1], lines[2], lines[3], &changed]).unwrap_err();
    let error = Journal::open(&journal::Options::new(folder.path()), "test 1").unwrap_err();
    assert!(error.to_string().contains("audit verify"), "{error}");
}

#[tokio::test]
async fn a_new_file_is_begun_at_its_size_and_old_ones_go_when_their_time_is_over() {
    let folder = Scratch::new("rotation");
    let files = || {
        let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut names: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        names.retain(|name| name.ends_with(".jsonl"));
        names.sort();
        names
    };
    let mut options = journal::Options::new(folder.path());
    options.file_bytes = 1;
    let journal = Journal::open(&options, "test 1").unwrap();
    for _ in 0..3 {
        journal.write(Entry { event: Event::Gap { lost: 0 }, subject: None }).await.unwrap();
    }
    journal.close();
    assert_eq!(files().len(), 5, "one record each");
    assert_eq!(whole(&folder).records, 5);

    options.keep = Duration::from_nanos(1);
    Journal::open(&options, "test 1").unwrap().close();
    let kept = files();
    assert!(kept.len() <= 2, "{kept:?}");
    let found = whole(&folder);
    assert!(found.first > 1, "{found:?}");
}

#[test]
fn a_file_without_a_record_after_others_is_no_new_beginning() {
    let folder = Scratch::new("empty");
    open(&folder).close();
    std::fs::write(folder.path().join("audit-000002.jsonl"), b"").unwrap();
    open(&folder).close();
    assert_eq!(whole(&folder).records, 4);
}

#[tokio::test]
async fn a_closed_journal_takes_no_record_and_one_without_patience_does_not_open() {
    let folder = Scratch::new("patience");
    let mut options = journal::Options::new(folder.path());
    options.patience = Duration::ZERO;
    assert!(Journal::open(&options, "test 1").unwrap_err().to_string().contains("above zero"));
    let journal = open(&folder);
    journal.close();
    let unwritten = journal.write(Entry { event: Event::Gap { lost: 0 }, subject: None }).await.unwrap_err();
    assert!(unwritten.cause.contains("takes no record"), "{unwritten}");
}

/// A journal that needs a new file for each record, and the path of the next: a folder there keeps it from being made.
fn blocked(folder: &Scratch) -> (Journal, std::path::PathBuf) {
    let mut options = journal::Options::new(folder.path());
    options.file_bytes = 1;
    let journal = Journal::open(&options, "test 1").unwrap();
    let blocker = folder.path().join("audit-000002.jsonl");
    (journal, blocker)
}

fn nothing() -> Entry {
    Entry { event: Event::Gap { lost: 0 }, subject: None }
}

#[tokio::test]
async fn t53_while_the_disk_fails_changes_are_refused_and_what_became_of_others_is_kept() {
    let folder = Scratch::new("disk");
    let upstream = FakeUpstream::start([]).await;
    let (journal, blocker) = blocked(&folder);
    let open_to_reads = engine(&upstream.base_url(), &journal);
    let mut options = options(&upstream.base_url());
    options.journal = Some(journal.clone());
    options.audit.closed = true;
    let closed_to_reads = Engine::new(&sample::API, options).unwrap();
    std::fs::create_dir(&blocker).unwrap();

    call(&closed_to_reads, &READ, reading("level", "DEV")).await.unwrap();
    let error = call(&open_to_reads, &DEPLOY, deploying()).await.unwrap_err();
    assert!(matches!(error, CallError::Unrecorded { .. }), "{error:?}");
    assert!(journal.is_failing());
    call(&open_to_reads, &READ, reading("level", "DEV")).await.unwrap();
    let error = call(&closed_to_reads, &READ, reading("level", "DEV")).await.unwrap_err();
    assert!(matches!(error, CallError::Unrecorded { .. }), "{error:?}");
    assert_eq!(upstream.requests().len(), 2, "two reads, and no change");

    std::fs::remove_dir(&blocker).unwrap();
    journal.write(nothing()).await.unwrap();
    assert!(!journal.is_failing(), "it goes on without a restart");
    call(&closed_to_reads, &READ, reading("level", "DEV")).await.unwrap();
    journal.close();
    assert_eq!(
        told(&folder),
        [
            "start",
            "outcome read answered",
            "outcome deploy unrecorded",
            "outcome read answered",
            "gap",
            "outcome read answered",
            "stop"
        ]
    );
    whole(&folder);
}

/// A journal that is signed, and the key that verifies it.
fn signed(folder: &Scratch) -> (Journal, PublicKey) {
    std::fs::create_dir_all(folder.path()).unwrap();
    let (private, public) = (folder.path().join("key.pem"), folder.path().join("public.pem"));
    let key = SigningKey::make(&private).unwrap();
    std::fs::write(&public, key.public_pem()).unwrap();
    let signing = Some(Arc::new(key));
    let options = journal::Options { signing, file_bytes: 1 << 20, ..journal::Options::new(folder.path()) };
    (Journal::open(&options, "test 1").unwrap(), PublicKey::read(&public).unwrap())
}

#[tokio::test]
async fn t_54_a_thousand_records_and_an_end_are_signed() {
    let folder = Scratch::new("signed");
    let (journal, key) = signed(&folder);
    // The first is that of the start.
    for _ in 2..999 {
        journal.note(nothing());
    }
    journal.write(nothing()).await.unwrap();
    let found = || verify_signed(folder.path(), &key).unwrap().unwrap();
    assert_eq!((found().checkpoints, found().last), (0, 999));
    journal.write(nothing()).await.unwrap();
    assert_eq!((found().checkpoints, found().signed, found().last), (1, 1000, 1001));
    journal.close();
    assert_eq!((found().checkpoints, found().signed, found().last), (2, 1002, 1003), "the stop is signed");
    let other = Scratch::new("signed-other");
    let (_journal, wrong) = signed(&other);
    let damage = verify_signed(folder.path(), &wrong).unwrap().unwrap_err();
    assert_eq!((damage.line, damage.what.contains("signature")), (1001, true), "{damage:?}");
}

#[tokio::test]
async fn t_54_a_new_file_begins_with_the_signature_of_the_one_before() {
    let folder = Scratch::new("signed-files");
    let (journal, key) = signed(&folder);
    let large = |text: &str| Entry { event: Event::Start { program: text.repeat(600_000) }, subject: None };
    for text in ["a", "b", "c"] {
        journal.write(large(text)).await.unwrap();
    }
    let second = std::fs::read_to_string(folder.path().join("audit-000002.jsonl")).unwrap();
    assert!(second.lines().next().unwrap().contains("\"kind\":\"checkpoint\""));
    let found = verify_signed(folder.path(), &key).unwrap().unwrap();
    assert_eq!((found.files, found.checkpoints, found.signed), (2, 1, 3));
    journal.close();
}

#[tokio::test]
async fn t_54_a_journal_that_was_written_anew_is_whole_but_not_signed() {
    let (folder, anew) = (Scratch::new("signed-first"), Scratch::new("signed-anew"));
    let (journal, key) = signed(&folder);
    journal.close();
    let forged = open(&anew);
    forged.close();
    assert_eq!(verify(anew.path()).unwrap().map(|whole| whole.signed), Ok(0));
    assert_eq!(verify_signed(anew.path(), &key).unwrap().map(|whole| whole.signed), Ok(0));
    // A checkpoint of another journal is none of this.
    let signature = records(folder.path())
        .unwrap()
        .map(Result::unwrap)
        .find(|record| record.text("kind") == "checkpoint")
        .map(|record| record.text("signature").to_owned())
        .unwrap();
    let forged = open(&anew);
    forged.note(Entry { event: Event::Checkpoint { signature }, subject: None });
    forged.close();
    assert!(verify(anew.path()).unwrap().is_ok());
    assert!(verify_signed(anew.path(), &key).unwrap().is_err());
}

#[tokio::test]
async fn t_53_a_flood_of_refusals_is_few_records_and_an_exact_number() {
    let folder = Scratch::new("flood");
    let journal = Journal::open(
        &journal::Options { refusals_per_minute: 3, ..journal::Options::new(folder.path()) },
        "test 1",
    )
    .unwrap();
    let engine = engine("http://127.0.0.1:9", &journal);
    for _ in 0..200 {
        let refused = call(&engine, &DEPLOY, reading("level", "DEV")).await;
        assert!(matches!(refused, Err(CallError::Arguments(_))), "{refused:?}");
    }
    journal.close();
    whole(&folder);
    let all: Vec<_> = records(folder.path()).unwrap().map(Result::unwrap).collect();
    let each = all.iter().filter(|record| record.text("kind") == "outcome").count() as u64;
    let sums: Vec<_> = all.iter().filter(|record| record.text("kind") == "refusals").collect();
    assert!((3..20).contains(&each), "{each}");
    assert_eq!(sums.len(), 1, "the minute was not over");
    assert_eq!((sums[0].text("outcome"), sums[0].text("caller")), ("arguments", "local_owner"));
    assert_eq!(sums[0].members["count"].as_u64().unwrap() + each, 200);
}

#[tokio::test]
async fn t53_what_is_lost_while_the_disk_fails_is_counted() {
    let folder = Scratch::new("lost");
    let (journal, blocker) = blocked(&folder);
    std::fs::create_dir(&blocker).unwrap();
    journal.write(nothing()).await.unwrap_err();
    let noted = 10_000;
    for _ in 0..noted {
        journal.note(nothing());
    }
    std::fs::remove_dir(&blocker).unwrap();
    // The queue may be full for a moment still; what is refused at once is no record, and not lost.
    while journal.write(nothing()).await.is_err() {
        tokio::task::yield_now().await;
    }
    journal.close();
    let found = whole(&folder);
    assert!(found.lost > 0, "not everything can have been kept");
    // The start, the one that was waited for, the stop, and one that tells of each time that something was lost.
    let lost =
        records(folder.path()).unwrap().filter_map(|record| record.unwrap().members.get("lost")?.as_u64());
    let told_of = lost.filter(|lost| *lost > 0).count() as u64;
    assert_eq!(found.records + found.lost, noted + 3 + told_of);
}
