//! For any text in any argument: it is refused, or the target agrees with its template and carries the text
//! unchanged.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod sample;

use std::cell::Cell;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use sample::{READ, ReadArguments};
use server::generated as rt;
use server::generated::serde_json::{Map, Value, json};
use server::request::Target;

/// Pieces that are dangerous in URLs.
const PIECES: &[&str] = &[
    ".", "..", "/", "\\", "%", ";", "?", "#", "@", ":", "&", "=", "+", ",", " ", "'", "%2e", "%2E", "%2f",
    "%5c", "%25", "%252e", "%00", "%3b", "//", "\r\n", "\u{0}", "\t",
];

/// Random text in which what is dangerous in URLs is frequent. Made of numbers, since a strategy per piece is
/// slow.
fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(any::<u32>(), 0..6).prop_map(|numbers| numbers.into_iter().map(piece).collect())
}

fn piece(number: u32) -> String {
    let choice = number as usize >> 3;
    match number % 8 {
        0..=2 => PIECES[choice % PIECES.len()].to_owned(),
        3 => char::from_u32(number >> 11).unwrap_or('\u{10ffff}').to_string(),
        _ => char::from(b"ABCXYZabcxyz0189-_.~#@$ "[choice % 24]).to_string(),
    }
}

fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// Takes the target apart with nothing of the code under test and compares it with what was asked for.
fn agree(target: &str, srid: &str, assignment: &str, level: &str, codes: &[String], tags: &[String]) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let segments: Vec<&str> = path.split('/').collect();
    assert_eq!(segments.len(), 7, "{target}");
    assert_eq!(segments[..4], ["", "api", "v1", "ispw"], "{target}");
    assert_eq!(segments[5], "assignments", "{target}");
    assert_eq!(decoded(segments[4]), srid, "{target}");
    assert_eq!(decoded(segments[6]), assignment, "{target}");
    assert!(!segments[1..].iter().any(|segment| climbs(segment)), "{target}");
    let pairs: Vec<(&str, &str)> = query.split('&').map(|pair| pair.split_once('=').unwrap()).collect();
    let mut expected = vec![("level", level.to_owned())];
    let joined = || codes.iter().map(|code| code.replace(',', "\u{1}")).collect::<Vec<_>>().join(",");
    if !codes.is_empty() {
        expected.push(("codes", joined()));
    }
    expected.extend(tags.iter().map(|tag| ("tags", tag.clone())));
    assert_eq!(pairs.len(), expected.len(), "{target}");
    for ((name, value), (expected_name, expected)) in pairs.into_iter().zip(expected) {
        assert_eq!(name, expected_name, "{target}");
        let value = if name == "codes" { value.replace("%2C", "%01") } else { value.to_owned() };
        assert_eq!(decoded(&value), expected, "{target}");
    }
    let url = reqwest::Url::parse(&format!("http://ces:2020{target}")).unwrap();
    assert_eq!(url.as_str(), format!("http://ces:2020{target}"), "the URL library must change nothing");
}

/// Whether a careless server that decodes up to three times and cuts `;` parameters would read a dot segment.
fn climbs(segment: &str) -> bool {
    let mut text = segment.as_bytes().to_vec();
    (0..4).any(|_| {
        let bare = text.split(|byte| *byte == b';').next().unwrap().to_vec();
        text = percent_encoding::percent_decode(&text).collect();
        [&b""[..], b".", b".."].contains(&bare.as_slice())
    })
}

#[test]
fn t02_for_any_text_the_target_agrees_with_its_template_or_is_refused() {
    let mut runner =
        TestRunner::new(Config { cases: 20_000, failure_persistence: None, ..Config::default() });
    let (sent, refused) = (Cell::new(0), Cell::new(0));
    let list = || prop::collection::vec(text(), 0..3);
    // One benign path value half of the time: otherwise nearly everything is refused for the paths alone.
    let path = || prop_oneof![text(), Just("A.B".to_owned())];
    let outcome =
        runner.run(&(path(), path(), text(), list(), list()), |(srid, assignment, level, codes, tags)| {
            let arguments = json!({
                "srid": srid, "assignmentId": assignment, "level": level, "codes": codes, "tags": tags,
            });
            let Value::Object(arguments) = arguments else { unreachable!() };
            match rt::prepare::<ReadArguments>(arguments, &rt::Deployment::default()) {
                Err(problems) => {
                    assert!(!problems.is_empty());
                    refused.set(refused.get() + 1);
                }
                Ok(prepared) => {
                    let target = Target::build(READ.segments, "/api/v1", &prepared.parts, &[])
                        .expect("an accepted call is built");
                    agree(target.as_str(), &srid, &assignment, &level, &codes, &tags);
                    sent.set(sent.get() + 1);
                }
            }
            Ok(())
        });
    outcome.unwrap();
    let (sent, refused) = (sent.get(), refused.get());
    assert!(sent > 1_000 && refused > 1_000, "both must happen often: {sent} sent, {refused} refused");
}

#[test]
fn t03_a_target_without_its_path_values_is_never_built() {
    let violation = Target::build(READ.segments, "/api/v1", &rt::Parts::default(), &[]).unwrap_err();
    assert_eq!(violation.0, "a path parameter is missing");
}

#[test]
fn t16_canonical_arguments_are_byte_equal_to_what_was_given() {
    let Value::Object(given) =
        json!({ "limit": 5.0, "level": "a\u{e9} b", "assignmentId": "A.B", "srid": "S#@$" })
    else {
        unreachable!()
    };
    let prepared = rt::prepare::<ReadArguments>(Map::clone(&given), &rt::Deployment::default()).unwrap();
    let canonical = r##"{"srid":"S#@$","assignmentId":"A.B","level":"aé b","limit":5}"##;
    assert_eq!(prepared.arguments.to_string(), canonical, "members in the document's order, texts unchanged");
}
