//! T-5A: documents that are built to take time and memory without bound are refused, or read, in little of either. Alone in its
//! program, since it measures that.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "what cannot go on here has failed")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use openapi::{Reading, read_texts};

const HEAD: &str = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n";
/// What one of them may take: far more than it does, on a machine that has other work to do.
const TIME: Duration = Duration::from_secs(20);
/// In MiB, for all of them.
const MEMORY: usize = 256;

/// The most memory that this program has had, in MiB.
fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() / 1024
}

fn read(name: &str, text: Vec<u8>) -> Reading {
    read_texts(vec![(name.into(), text)], None)
}

fn rules(reading: &Reading) -> Vec<&str> {
    reading.report.problems.iter().map(|problem| problem.rule).collect()
}

/// Reads it in time, and says by which rules it is refused.
fn refused(what: &str, name: &str, text: String) -> Vec<String> {
    let begun = Instant::now();
    let reading = read(name, text.into_bytes());
    assert!(begun.elapsed() < TIME, "{what}: {:?}", begun.elapsed());
    assert!(reading.report.has_errors(), "{what}");
    rules(&reading).into_iter().map(str::to_owned).collect()
}

/// Schemas of which each refers to the next, and the last to the first.
fn cycle(key: &str, count: usize) -> String {
    let mut text = format!(
        "{HEAD}paths:\n  /a: {{get: {{operationId: a, responses: {{'200': {{description: x, content: {{application/json: {{schema: {{$ref: '#/components/schemas/S0'}}}}}}}}}}}}}}\ncomponents:\n  schemas:\n"
    );
    for index in 0..count {
        let next = (index + 1) % count;
        let _ = writeln!(
            text,
            "    S{index}: {{{key}: [{{$ref: '#/components/schemas/S{next}'}}, {{type: object}}]}}"
        );
    }
    text
}

#[test]
fn t_5a_a_document_that_is_a_bomb_is_refused_in_little_time_and_memory() {
    let before = peak();
    let has = |rules: &[String], rule: &str, what: &str| {
        assert!(rules.iter().any(|found| found == rule), "{what}: expected {rule}, got {rules:?}");
    };

    // Anchors that multiply: ten of ten of ten, and a million of one.
    let mut laughing = format!("{HEAD}paths: {{}}\nx-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        let _ = writeln!(laughing, "x-{level}: &a{level} [{}]", [before.as_str(); 10].join(", "));
    }
    has(&refused("anchors of anchors", "api.yaml", laughing), "limit-aliases", "anchors of anchors");
    let million = format!("{HEAD}paths: {{}}\nx-a: &a [1]\nx-b: [{}]\n", vec!["*a"; 1_000_000].join(","));
    has(&refused("a million aliases", "api.yaml", million), "limit-aliases", "a million aliases");

    // Size and depth.
    let large = format!("{HEAD}paths: {{}}\n#{}", "x".repeat(50 << 20));
    has(&refused("fifty mebibytes", "api.yaml", large), "limit-bytes", "fifty mebibytes");
    let levels = 100_000;
    for (name, open, close) in [("api.json", "{\"a\":", "}"), ("api.json", "[", "]"), ("api.yaml", "[", "]")]
    {
        let text = format!("{}1{}", open.repeat(levels), close.repeat(levels));
        // So deep that the library of JSON does not even say where.
        let rules = refused("depth", name, text);
        assert!(rules.iter().all(|rule| rule == "limit-depth" || rule == "syntax"), "{name}: {rules:?}");
    }

    // References in a circle mean something as members and nothing as themselves; either way they come to an end.
    for key in ["allOf", "anyOf", "oneOf"] {
        for count in [1, 2, 500] {
            let begun = Instant::now();
            let reading = read("api.yaml", cycle(key, count).into_bytes());
            assert!(begun.elapsed() < TIME, "{key} of {count}: {:?}", begun.elapsed());
            assert!(reading.report.has_errors() || reading.api.is_some(), "{key} of {count}");
        }
    }

    // Nothing from outside is fetched or opened.
    for reference in
        ["http://127.0.0.1:9/x.json", "https://example.com/x.json", "file:///etc/passwd", "/etc/passwd"]
    {
        let text = format!("{HEAD}paths: {{/a: {{$ref: '{reference}'}}}}\n");
        assert!(!refused(reference, "api.yaml", text).is_empty());
    }

    let grown = peak() - before;
    assert!(grown <= MEMORY, "{grown} MiB more");
}
