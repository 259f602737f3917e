//! The copy of the record that a collector of logs gets by OTLP: what it says, and that a collector in trouble holds nothing up.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod scratch;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use fake_upstream::{Act, FakeUpstream, json as answer};
use scratch::Scratch;
use serde_json::{Value, json};
use server::call::Caller;
use server::catalog::Effect;
use server::generated::serde_json;
use server::journal::{self, Collector, Entry, Event, Journal, Patience, Subject};
use server::secret::Headers;
use tokio::sync::Notify;

/// As many records as may wait.
const WAITING: u64 = 4096;

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

fn open(folder: &Scratch, collector: &FakeUpstream, change: fn(&mut Patience)) -> Journal {
    let mut options = journal::Options::new(folder.path());
    let mut patience = Patience { pause: Duration::from_millis(1), ..Patience::default() };
    change(&mut patience);
    options.collector = Some(Collector {
        headers: Headers::parse("api-key=canary").unwrap(),
        service: "drs-mcp".to_owned(),
        version: "1.2".to_owned(),
        patience,
        ..Collector::at(format!("{}/v1/logs", collector.base_url()))
    });
    Journal::open(&options, "test 1").unwrap()
}

fn ended(outcome: &'static str) -> Entry {
    let event = Event::Outcome { outcome, status: None, sent: true, milliseconds: 7, arguments: None };
    let subject = Subject {
        tool: "deploy",
        effect: Effect::Write,
        caller: Caller::LocalOwner,
        request_id: "r-1".to_owned(),
        trace_id: Some(TRACE.into()),
    };
    Entry { event, subject: Some(subject) }
}

/// Every log record that came, in order.
fn logs(collector: &FakeUpstream) -> Vec<Value> {
    let requests = collector.requests();
    let bodies = requests.iter().map(|request| request.split_once("\r\n\r\n").unwrap().1);
    let bodies = bodies.map(|body| serde_json::from_str::<Value>(body).unwrap());
    let lists = bodies.map(|mut body| match body["resourceLogs"][0]["scopeLogs"][0]["logRecords"].take() {
        Value::Array(list) => list,
        other => panic!("a list is expected: {other}"),
    });
    lists.flatten().collect()
}

/// Nanoseconds since 1970, as 64-bit numbers are written.
fn nanoseconds(time: &str) -> String {
    let time = humantime::parse_rfc3339(time).unwrap();
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos().to_string()
}

fn bodies(logs: &[Value]) -> Vec<String> {
    logs.iter().map(|log| log["body"]["stringValue"].as_str().unwrap().to_owned()).collect()
}

/// Lines of the journal's files.
fn lines(folder: &Scratch) -> Vec<String> {
    let text = std::fs::read_to_string(folder.path().join("audit-000001.jsonl")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_collector_gets_every_record_as_the_journal_has_it() {
    let (folder, collector) = (Scratch::new("collected"), FakeUpstream::start([]).await);
    let journal = open(&folder, &collector, |_| {});
    journal.write(ended("answered")).await.unwrap();
    journal.note(ended("refused"));
    journal.note(ended("interrupted"));
    close(&journal).await;
    assert_eq!(journal.collected(), Some((5, 0)));
    let logs = logs(&collector);
    assert_eq!(bodies(&logs), lines(&folder), "start, three ends, stop");
    let head = &collector.requests()[0].to_ascii_lowercase();
    for line in ["post /api/v1/v1/logs http/1.1", "content-type: application/json", "api-key: canary"] {
        assert!(head.contains(&format!("{line}\r\n")), "{line}: {head}");
    }
    let record: Value = serde_json::from_str(&lines(&folder)[1]).unwrap();
    let attribute = |key: &str, value: Value| json!({ "key": key, "value": value });
    let text = |key: &str, value: &str| attribute(key, json!({ "stringValue": value }));
    let since = nanoseconds(record["time"].as_str().unwrap());
    assert_eq!(
        logs[1],
        json!({
            "timeUnixNano": since,
            "observedTimeUnixNano": since,
            "severityNumber": 9,
            "severityText": "INFO",
            "body": { "stringValue": lines(&folder)[1] },
            "attributes": [
                text("audit.kind", "outcome"),
                text("audit.tool", "deploy"),
                text("audit.effect", "write"),
                text("audit.outcome", "answered"),
                text("audit.request_id", "r-1"),
                text("audit.epoch", record["epoch"].as_str().unwrap()),
                attribute("audit.seq", json!({ "intValue": "2" })),
            ],
            "traceId": TRACE,
        })
    );
    assert_eq!((&logs[2]["severityText"], &logs[3]["severityText"]), (&json!("WARN"), &json!("ERROR")));
    assert_eq!(logs[0].get("traceId"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn t_53_a_collector_that_is_down_for_a_while_gets_the_records_later() {
    let down = || answer("503 Service Unavailable", "{}");
    let (folder, collector) =
        (Scratch::new("collector-down"), FakeUpstream::start([down(), down(), Act::Reset]).await);
    let journal = open(&folder, &collector, |_| {});
    close(&journal).await;
    assert_eq!(journal.collected(), Some((2, 0)));
    // Whether both records go together is a matter of time: either way the first is sent until it is taken, and the second after it.
    let (bodies, lines) = (bodies(&logs(&collector)), lines(&folder));
    let sent = |line: &String| bodies.iter().filter(|body| *body == line).count();
    assert_eq!((lines.len(), sent(&lines[0])), (2, 4), "three times in vain: {bodies:?}");
    assert_eq!(bodies.last(), lines.last());
    assert_eq!(bodies.len(), sent(&lines[0]) + sent(&lines[1]), "and nothing else: {bodies:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_collector_refuses_or_rejects_is_counted_and_not_sent_again() {
    let rejecting = answer("200 OK", r#"{"partialSuccess":{"rejectedLogRecords":"1"}}"#);
    let script = [answer("400 Bad Request", "{}"), rejecting];
    let (folder, collector) = (Scratch::new("collector-refuses"), FakeUpstream::start(script).await);
    let journal = open(&folder, &collector, |_| {});
    collector.arrival().await;
    close(&journal).await;
    assert_eq!(bodies(&logs(&collector)), lines(&folder), "each once");
    assert_eq!(journal.collected(), Some((0, 2)));
}

#[tokio::test(flavor = "multi_thread")]
async fn t_53_a_collector_that_hangs_holds_nothing_up_and_misses_what_is_over_the_bound() {
    let release = Arc::new(Notify::new());
    let taken = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}".to_vec();
    let script = [Act::Hold(Arc::clone(&release), taken)];
    let (folder, collector) = (Scratch::new("collector-hangs"), FakeUpstream::start(script).await);
    let journal = open(&folder, &collector, |patience| patience.end = Duration::from_secs(60));
    // The record of the start is on its way; as many as may wait come behind it.
    collector.arrival().await;
    note(&journal, WAITING).await;
    assert_eq!(journal.collected(), Some((0, 0)), "as many as may wait");
    note(&journal, 1).await;
    assert_eq!(journal.collected(), Some((0, 1)), "one above");
    release.notify_one();
    collector.arrival().await;
    close(&journal).await;
    assert_eq!(lines(&folder).len() as u64, WAITING + 3);
    assert_eq!(journal.collected(), Some((WAITING + 2, 1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn t_53_the_end_waits_for_a_collector_that_hangs_as_long_as_it_may_and_counts_what_is_left() {
    let (folder, collector) = (Scratch::new("collector-end"), FakeUpstream::start([Act::Silence]).await);
    let journal = open(&folder, &collector, |patience| patience.end = Duration::from_millis(20));
    collector.arrival().await;
    let before = Instant::now();
    close(&journal).await;
    assert!(before.elapsed() < Duration::from_secs(5), "{:?}", before.elapsed());
    assert_eq!(journal.collected(), Some((0, 2)));
    assert_eq!(lines(&folder).len(), 2, "the journal is whole");
}

/// Records so many, and returns when they are on the disk.
async fn note(journal: &Journal, count: u64) {
    for number in 1..=count {
        // The way to the disk is bounded too.
        if number % 500 == 0 || number == count {
            journal.write(ended("answered")).await.unwrap();
        } else {
            journal.note(ended("answered"));
        }
    }
}

async fn close(journal: &Journal) {
    let journal = journal.clone();
    tokio::task::spawn_blocking(move || journal.close()).await.unwrap();
}
