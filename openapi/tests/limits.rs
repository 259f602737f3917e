//! Every limit is enforced, shown by crossing it by one; and what is built to grow without bound stays small.

#![allow(clippy::unwrap_used, reason = "what cannot go on here has failed")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use openapi::{Reading, read_texts};

const HEAD: &str = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\n";

fn yaml(text: String) -> Reading {
    read_texts(vec![("api.yaml".into(), text.into_bytes())], None)
}

fn has(reading: &Reading, rule: &str) -> bool {
    reading.report.problems.iter().any(|problem| problem.rule == rule)
}

#[track_caller]
fn check(rule: &str, within: Reading, beyond: Reading) {
    assert!(!has(&within, rule), "{}", openapi::text::render(&within.report));
    assert!(has(&beyond, rule), "{}", openapi::text::render(&beyond.report));
    assert!(beyond.report.has_errors());
}

#[test]
fn ten_mebibytes_are_read_and_not_one_byte_more() {
    let of_size = |size: usize| {
        let head = format!("{HEAD}paths: {{}}\n#");
        let padding = "x".repeat(size - head.len());
        yaml(head + &padding)
    };
    let most = 10 * 1024 * 1024;
    check("limit-bytes", of_size(most), of_size(most + 1));
}

#[test]
fn files_together_have_no_more_bytes_than_one_may() {
    let of_size = |size: usize| {
        let part = format!("get: {{operationId: a, responses: {{}}}}\n#{}", "x".repeat(size));
        let root = format!("{HEAD}paths: {{/a: {{$ref: part.yaml}}}}\n");
        read_texts(
            vec![("api.yaml".into(), root.into_bytes()), ("part.yaml".into(), part.into_bytes())],
            None,
        )
    };
    check("limit-bytes", of_size(1000), of_size(10 * 1024 * 1024 - 60));
}

#[test]
fn sixty_four_levels_are_read_and_not_one_more() {
    let json = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 1), "]".repeat(levels - 1));
        let text = format!(
            r#"{{"openapi": "3.0.3", "info": {{"title": "T", "version": "1"}}, "paths": {{}}, "x-deep": {open}{close}}}"#
        );
        read_texts(vec![("api.json".into(), text.into_bytes())], None)
    };
    let block = |levels: usize| {
        yaml(format!("{HEAD}paths: {{}}\nx-deep: {}{}\n", "[".repeat(levels - 1), "]".repeat(levels - 1)))
    };
    check("limit-depth", json(64), json(65));
    check("limit-depth", block(64), block(65));
}

#[test]
fn aliases_add_up_to_their_levels() {
    let of_levels = |levels: usize| {
        let text = format!("{HEAD}paths: {{}}\nx-part: &part {}{}\n", "[".repeat(32), "]".repeat(32));
        let depth = levels - 33;
        yaml(format!("{text}x-deep: {}*part{}\n", "[".repeat(depth), "]".repeat(depth)))
    };
    check("limit-depth", of_levels(64), of_levels(66));
}

#[test]
fn a_hundred_thousand_levels_are_refused_quickly() {
    let start = Instant::now();
    for name in ["api.json", "api.yaml"] {
        for text in
            ["[".repeat(100_000), "{\"a\":".repeat(100_000), "- ".repeat(100_000), "{".repeat(100_000)]
        {
            let reading = read_texts(vec![(name.into(), text.into_bytes())], None);
            assert!(reading.report.has_errors());
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn aliases_that_multiply_are_cut_off() {
    let mut text = format!("{HEAD}paths: {{}}\nx-0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n");
    for level in 1..12 {
        let before = format!("*a{}", level - 1);
        let _ = writeln!(text, "x-{level}: &a{level} [{}]", [before.as_str(); 10].join(", "));
    }
    let reading = yaml(text);
    assert!(has(&reading, "limit-aliases"));
    let of_copies = |copies: usize| {
        // The anchor copies 1,000 nodes once, and so does each alias.
        let list = vec!["1"; 999].join(", ");
        yaml(format!("{HEAD}paths: {{}}\nx-a: &a [{list}]\nx-b: [{}]\n", vec!["*a"; copies - 1].join(", ")))
    };
    check("limit-aliases", of_copies(200), of_copies(201));
}

#[test]
fn two_thousand_operations_are_read_and_not_one_more() {
    let of_count = |count: usize| {
        let mut text = format!("{HEAD}paths:\n");
        for index in 0..count {
            let _ = writeln!(text, "  /p{index}: {{get: {{operationId: o{index}, responses: {{}}}}}}");
        }
        yaml(text)
    };
    let beyond = of_count(2001);
    assert_eq!(beyond.api.as_ref().unwrap().operations.len(), 2000);
    check("limit-operations", of_count(2000), beyond);
}

#[test]
fn operations_beyond_the_limit_are_not_looked_at() {
    let mut text = format!("{HEAD}paths:\n");
    for index in 0..2_100 {
        let parameters = match index {
            2_099 => "parameters: [{name: Host, in: header, schema: {type: string}}], ",
            _ => "",
        };
        writeln!(text, "  /p{index}: {{get: {{operationId: o{index}, {parameters}responses: {{}}}}}}")
            .unwrap();
    }
    let reading = yaml(text);
    assert!(has(&reading, "limit-operations"));
    assert!(!has(&reading, "reserved-header"), "{}", openapi::text::render(&reading.report));
}

#[test]
fn a_document_is_split_over_no_more_than_a_thousand_files() {
    let of_count = |count: usize| {
        let mut texts = vec![("api.yaml".to_owned(), Vec::new())];
        let mut root = format!("{HEAD}paths:\n");
        for index in 1..count {
            let _ = writeln!(root, "  /p{index}: {{$ref: p{index}.yaml}}");
            texts.push((format!("p{index}.yaml"), b"{}".to_vec()));
        }
        texts[0].1 = root.into_bytes();
        read_texts(texts, None)
    };
    check("limit-files", of_count(1000), of_count(1001));
}

#[test]
fn ten_thousand_problems_are_listed_and_the_rest_is_not() {
    let of_count = |count: usize| {
        let mut text = format!("{HEAD}paths: {{}}\ncomponents:\n  schemas:\n");
        for index in 0..count {
            let _ = writeln!(text, "    S{index}: {{type: nothing}}");
        }
        yaml(text)
    };
    let beyond = of_count(10_001);
    assert_eq!(beyond.report.problems.len(), 10_001);
    check("limit-problems", of_count(10_000), beyond);
}

#[test]
fn an_overlay_adds_no_more_than_half_a_million_nodes() {
    let of_actions = |actions: usize| {
        // Each action adds a list of 999 numbers and itself.
        let list = vec!["1"; 999].join(", ");
        let mut overlay = String::from("overlay: 1.1.0\ninfo: {title: O, version: '1'}\nactions:\n");
        for _ in 0..actions {
            let _ = writeln!(overlay, "  - {{target: \"$['x-list']\", update: [{list}]}}");
        }
        let root = format!("{HEAD}paths: {{}}\nx-list: []\n");
        read_texts(
            vec![("api.yaml".into(), root.into_bytes())],
            Some(("o.yaml".into(), overlay.into_bytes())),
        )
    };
    check("limit-overlay", of_actions(500), of_actions(501));
}

#[test]
fn an_overlay_makes_nothing_deeper_than_a_document_may_be() {
    let of_levels = |levels: usize| {
        // The list that is joined stands on level 6.
        let height = levels - 5;
        let overlay = format!(
            "overlay: 1.1.0\ninfo: {{title: O, version: '1'}}\nactions:\n  - {{target: $..d, update: {}{}}}\n",
            "[".repeat(height),
            "]".repeat(height)
        );
        let root = format!("{HEAD}paths: {{}}\nx-a: {{a: {{b: {{c: {{d: []}}}}}}}}\n");
        read_texts(
            vec![("api.yaml".into(), root.into_bytes())],
            Some(("o.yaml".into(), overlay.into_bytes())),
        )
    };
    check("limit-depth", of_levels(64), of_levels(65));
}

#[test]
fn compositions_that_double_at_each_step_stay_small() {
    let start = Instant::now();
    let chain = |body: &dyn Fn(usize) -> String| {
        let mut text = format!(
            "{HEAD}paths: {{}}\ncomponents:\n  schemas:\n    S0: {{type: object, properties: {{a: {{type: string}}}}}}\n"
        );
        for index in 1..200 {
            let _ = writeln!(text, "    S{index}: {}", body(index - 1));
        }
        yaml(text)
    };
    let reference = |index: usize| format!("{{$ref: '#/components/schemas/S{index}'}}");
    let twice = |key: &'static str| {
        chain(&move |before| {
            format!("{{{key}: [{}, {}, {{type: object}}]}}", reference(before), reference(before))
        })
    };
    for key in ["allOf", "anyOf", "oneOf"] {
        assert!(twice(key).api.is_some());
    }
    let nested = chain(&|before| {
        let inner = format!("{{allOf: [{}, {{type: object, required: [a]}}]}}", reference(before));
        format!("{{type: object, properties: {{a: {inner}, b: {inner}, c: {inner}}}}}")
    });
    assert!(nested.api.is_some());
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
}
