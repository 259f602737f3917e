//! The record of calls: where it is, what is in it, how its files are kept, and where copies go.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde_json::Value;

use crate::fake_upstream::FakeUpstream;
use crate::program_support::run;
use crate::scratch::Scratch;
use crate::world::{World, assignment, creating};

/// A folder, and the setting that names it.
fn folder(name: &str) -> (Scratch, String) {
    let folder = Scratch::new(&format!("settings-journal-{name}"));
    let path = folder.path().join("journal").display().to_string();
    (folder, path)
}

fn file(folder: &str, number: u32) -> PathBuf {
    Path::new(folder).join(format!("audit-{number:06}.jsonl"))
}

/// All that is on the record, by the tool where one was called.
fn tools(folder: &str) -> Vec<String> {
    let text = fs::read_to_string(file(folder, 1)).unwrap_or_default();
    let record = |line: &str| -> Value { serde_json::from_str(line).unwrap() };
    text.lines().filter_map(|line| record(line)["tool"].as_str().map(str::to_owned)).collect()
}

/// Calls until something is so; what is written is on the disk soon after the answer.
async fn until(world: &World, what: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "{what}");
        world.read().await;
    }
}

#[tokio::test]
async fn calls_are_recorded_where_that_is_on_and_reads_where_they_are_wanted() {
    for (name, changed, recorded) in [
        ("on", &[][..], &["create_assignment", "get_assignment_tasks"][..]),
        ("reads", &[("AUDIT_READS", "false")], &["create_assignment"]),
        ("off", &[("SECURITY_AUDIT_LOGGING_ENABLED", "false")], &[]),
    ] {
        let (_folder, path) = folder(name);
        let world = World::start([], &[&[("AUDIT_FOLDER", &*path)], changed].concat()).await;
        assert_eq!((world.read().await.status, world.change().await.status), (200, 200));
        world.running.signal(rustix::process::Signal::TERM);
        assert_eq!(world.running.exit_code().await, 0);
        let mut found = tools(&path);
        found.sort();
        found.dedup();
        assert_eq!(found, recorded, "{name}");
    }
}

#[tokio::test]
async fn files_are_begun_and_removed_as_is_said_and_reads_wait_for_them_where_that_is_said() {
    let (_folder, path) = folder("files");
    let changed = [
        ("AUDIT_FOLDER", &*path),
        ("AUDIT_FILE_SIZE", "4096"),
        ("AUDIT_RETENTION", "3600"),
        ("AUDIT_FAIL_MODE", "closed"),
    ];
    let world = World::start([], &changed).await;
    until(&world, "a second file", || file(&path, 2).exists()).await;
    let size = fs::metadata(file(&path, 1)).unwrap().len();
    assert!((2048..8192).contains(&size), "{size}");
    assert!(file(&path, 1).exists(), "it is not an hour old");
    let old = File::options().append(true).open(file(&path, 1)).unwrap();
    old.set_modified(SystemTime::now() - Duration::from_secs(3601)).unwrap();
    until(&world, "the first file is gone", || !file(&path, 1).exists()).await;
    // A folder in the place of the next file keeps it from being made; meanwhile another may be begun.
    let mut next = 2;
    while file(&path, next).exists() || fs::create_dir(file(&path, next)).is_err() {
        next += 1;
    }
    let begun = Instant::now();
    let refused = loop {
        let answer = world.read().await;
        if answer.status != 200 {
            break answer;
        }
        assert!(begun.elapsed() < Duration::from_secs(30), "reads are refused while they cannot be recorded");
    };
    assert_eq!(crate::world::outcome(&refused), (503, "unrecorded".to_owned()));
}

#[tokio::test]
async fn reads_go_on_without_a_record_where_that_is_said() {
    let (_folder, path) = folder("open");
    let changed = [("AUDIT_FOLDER", &*path), ("AUDIT_FILE_SIZE", "4096"), ("AUDIT_FAIL_MODE", "open")];
    let world = World::start([], &changed).await;
    fs::create_dir(file(&path, 2)).unwrap();
    until(&world, "the file is full", || fs::metadata(file(&path, 1)).unwrap().len() > 3000).await;
    for _ in 0..20 {
        assert_eq!(world.read().await.status, 200);
    }
    assert_eq!(crate::world::outcome(&world.change().await), (503, "unrecorded".to_owned()));
}

#[tokio::test]
async fn a_file_is_begun_when_the_one_before_is_old() {
    let (_folder, path) = folder("age");
    let world = World::start([], &[("AUDIT_FOLDER", &*path), ("AUDIT_FILE_AGE", "1")]).await;
    until(&world, "a second file", || file(&path, 2).exists()).await;
    assert!(fs::metadata(file(&path, 1)).unwrap().len() < 1 << 20, "not for its size");
}

#[tokio::test]
async fn so_many_refusals_of_one_kind_are_recorded_each() {
    for (most, recorded) in [("1", 1), ("3", 3)] {
        let (_folder, path) = folder(&format!("refusals-{most}"));
        let changed = [("AUDIT_FOLDER", &*path), ("AUDIT_REFUSALS_PER_MINUTE", most)];
        let world = World::start([], &changed).await;
        for _ in 0..5 {
            assert_eq!(world.call("cancel_assignment", &assignment("PLAY001437")).await.status, 403);
        }
        world.running.signal(rustix::process::Signal::TERM);
        assert_eq!(world.running.exit_code().await, 0);
        let text = fs::read_to_string(file(&path, 1)).unwrap();
        let each = text
            .lines()
            .filter(|line| line.contains(r#""outcome":"unasked""#) && line.contains("PLAY001437"));
        assert_eq!(each.count(), recorded, "{text}");
    }
}

#[tokio::test]
async fn what_looks_like_a_secret_is_recorded_where_that_is_said() {
    const LOOKS: &str = "password=hunter2hunter2";
    for (changed, recorded) in [(&[][..], false), (&[("SECURITY_AUDIT_LOG_SENSITIVE_DATA", "true")], true)] {
        let (_folder, path) = folder(&format!("sensitive-{recorded}"));
        let world = World::start([], &[&[("AUDIT_FOLDER", &*path)], changed].concat()).await;
        let mut arguments = creating();
        arguments["description"] = LOOKS.into();
        assert_eq!(world.call("create_assignment", &arguments).await.status, 200);
        let text = fs::read_to_string(file(&path, 1)).unwrap();
        assert_eq!(text.contains(LOOKS), recorded, "{text}");
    }
}

#[tokio::test]
async fn the_record_is_signed_by_the_key_that_is_named_and_printed_where_that_is_said() {
    let (scratch, path) = folder("signed");
    let key = scratch.path().join("audit.pem").display().to_string();
    let made = run(&["audit", "key", &key], &[]).await;
    let public = scratch.path().join("public.pem").display().to_string();
    fs::write(&public, made.stdout).unwrap();
    let changed = [("AUDIT_FOLDER", &*path), ("AUDIT_SIGNING_KEY_FILE", &*key), ("AUDIT_STDOUT", "true")];
    let mut world = World::start([], &changed).await;
    assert_eq!(world.change().await.status, 200);
    world.running.line("create_assignment").await;
    world.running.signal(rustix::process::Signal::TERM);
    assert_eq!(world.running.exit_code().await, 0);
    let verified = run(&["audit", "verify", "--folder", &path, "--public-key", &public], &[]).await;
    assert_eq!(verified.code, 0, "{verified:?}");
    assert!(fs::read_to_string(file(&path, 1)).unwrap().contains("signature"));
}

#[tokio::test]
async fn records_go_to_the_collector_that_is_named_with_the_headers_that_it_wants() {
    for (address, at) in
        [("OTEL_EXPORTER_OTLP_ENDPOINT", "/api/v1/v1/logs"), ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "/api/v1")]
    {
        let collector = FakeUpstream::start([]).await;
        let base = collector.base_url();
        for (sends, is_met) in [("false", false), ("true", true)] {
            let (_folder, path) = folder(&format!("collector-{}-{sends}", at.len()));
            let changed = [
                ("AUDIT_FOLDER", &*path),
                ("AUDIT_OTLP", sends),
                (address, &*base),
                ("OTEL_EXPORTER_OTLP_HEADERS", "x-otlp-key=k3y"),
                // Everything else that goes there.
                ("OTEL_SDK_DISABLED", "true"),
            ];
            let world = World::start([], &changed).await;
            assert_eq!(world.change().await.status, 200);
            world.running.signal(rustix::process::Signal::TERM);
            assert_eq!(world.running.exit_code().await, 0);
            let requests = collector.requests();
            assert_eq!(!requests.is_empty(), is_met, "{address} {sends}");
            for request in requests {
                assert!(request.starts_with(&format!("POST {at} ")), "{request}");
                assert!(request.contains("x-otlp-key: k3y\r\n"), "{request}");
            }
        }
    }
}
