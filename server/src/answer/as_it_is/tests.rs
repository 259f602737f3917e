//! What the quick way gives is what the usual way gives, or nothing.

use serde_json::Value;

use super::{Compact, DEPTH, MEMBERS};
use crate::answer::{density, neutral, settled};
use crate::as_json::as_json;
use crate::large::SMALL;
use crate::shape::{Member, Shape};

static LEVELS: Shape = Shape::OneOf(&["DEV", "PRD"]);
static ITEM: Shape = Shape::Object {
    members: &[
        Member::required("id", Shape::TextOrNumber),
        Member::optional("level", Shape::Nullable(&LEVELS)),
        Member::optional("owner", Shape::BlankText),
        Member::optional("count", Shape::Integer),
        Member::optional("share", Shape::Number),
        Member::optional("open", Shape::Boolean),
        Member::optional("none", Shape::Null),
        Member::optional("tags", Shape::OneOrMany(&Shape::Text)),
        Member::optional("links", Shape::Map(&Shape::Text)),
    ],
    hidden: &["password"],
};
static WHOLE: Shape = Shape::Object {
    members: &[
        Member::required("items", Shape::List(&Shape::Named(&ITEM))),
        Member::optional("more", Shape::Any),
        Member::optional("message", Shape::Nullable(&Shape::BlankTextOrNumber)),
    ],
    hidden: &[],
};

/// Answers as APIs give them, ordinary and not.
const ANSWERS: [&str; 6] = [
    r#"{"items":[{"id":"A1","level":"DEV","owner":"Meier, J\u00fcrg","count":3,"share":0.25,"open":true,"tags":["a","b"]}],"more":{"a":[null,1.50,{}]}}"#,
    "{ \"items\" : [ { \"id\" : 17, \"level\" : null, \"owner\" : null, \"none\" : null } ,\n\t{\"id\":\"\",\"links\":{\"a\":\"b\"}} ],\r\n \"message\" : 5 }\n",
    r#"{"more":"größer als \"vorher\"\n","items":[],"message":null,"extra":{"level":{"level":[[],[{}]]}}}"#,
    r#"{"items":[{"id":"x","id":"y"}],"message":"  ","more":1e3}"#,
    r#"{"items":[{"id":-0,"count":2.0,"share":1e-7,"open":false,"password":"p","tags":"one"}],"more":"\/"}"#,
    r#"{"items":[{"id":12345678901234567890,"count":9007199254740993,"links":{"x":1}}],"more":"a b"}"#,
];

/// What the quick way gives, which is the same as a string of JSON too.
fn compact(shape: Shape, body: &[u8]) -> Option<String> {
    let compact = Compact::of(shape, body)?;
    let is_small = compact.json.len() <= SMALL;
    assert_eq!(compact.quoted_between("\"", "\""), is_small.then(|| as_json(&compact.json)));
    Some(compact.json)
}

/// What the usual way makes of the text, and what it says of it.
fn usual(shape: Shape, text: &str) -> Result<(String, usize), String> {
    if let Some(what) = density::refusal(text) {
        return Err(what);
    }
    let mut value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let visible = neutral::neutralise(&mut value);
    let (value, notes) = settled(shape, None, value)?;
    Ok((as_json(&value), notes.len() + visible.iter().len()))
}

#[test]
fn ordinary_answers_are_taken_and_others_are_not() {
    let taken = ANSWERS.map(|text| compact(WHOLE, text.as_bytes()).is_some());
    assert_eq!(taken, [false, true, true, false, false, false]);
    let compacted = compact(WHOLE, ANSWERS[1].as_bytes()).expect("it is ordinary");
    assert_eq!(
        compacted,
        r#"{"items":[{"id":"17","level":null,"none":null},{"id":"","links":{"a":"b"}}],"message":"5"}"#
    );
}

#[test]
fn members_that_say_nothing_are_left_out_wherever_they_stand() {
    for (text, expected) in [
        (r#"{"owner":null,"id":"a"}"#, r#"{"id":"a"}"#),
        (r#"{"id":"a","owner":null}"#, r#"{"id":"a"}"#),
        (r#"{"owner":"  ","id":"","level":null}"#, r#"{"id":"","level":null}"#),
        (r#"{"owner":"","id":"a","count":null,"open":true}"#, r#"{"id":"a","open":true}"#),
        (
            r#"{ "owner" : null , "count" : null , "id" : 1 , "share" : null , "x" : null }"#,
            r#"{"id":"1","x":null}"#,
        ),
    ] {
        assert_eq!(compact(ITEM, text.as_bytes()).as_deref(), Some(expected), "{text}");
        assert_eq!(usual(ITEM, text), Ok((expected.to_owned(), 0)));
    }
}

#[test]
fn what_is_given_is_what_the_usual_way_gives_to_the_byte() {
    let mut draw = fastrand::Rng::with_seed(20_261_126);
    let pieces: Vec<&str> = ANSWERS
        .iter()
        .flat_map(|text| text.split_inclusive([',', ':', '{', '[', '}', ']']))
        .chain([
            "\"\\u0041\"",
            "\u{202e}",
            "\u{feff}",
            "\\",
            "\"",
            "null",
            "1",
            "0",
            "-",
            ".5",
            "e9",
            " ",
            "\u{7f}",
            "é",
            ",",
            "\\t",
        ])
        .collect();
    let (mut given, mut different) = (0, 0);
    for _ in 0..60_000 {
        let mut text = ANSWERS[draw.usize(..ANSWERS.len())].to_owned();
        for _ in 0..draw.usize(..4) {
            let begin = text.floor_char_boundary(draw.usize(..=text.len()));
            let end = text.floor_char_boundary((begin + draw.usize(..12)).min(text.len()));
            text.replace_range(begin..end, if draw.bool() { "" } else { pieces[draw.usize(..pieces.len())] });
        }
        for shape in [WHOLE, Shape::Any, Shape::Map(&Shape::Any)] {
            let Some(compacted) = compact(shape, text.as_bytes()) else { continue };
            given += 1;
            different += usize::from(compacted != text);
            let bare = text.strip_prefix('\u{feff}').unwrap_or(&text);
            assert_eq!(Ok((compacted, 0)), usual(shape, bare), "{text}");
        }
    }
    assert!(given > 20_000 && different > 5_000, "{given} were given, {different} of them changed");
}

#[test]
fn what_has_a_bound_is_left_to_the_usual_way_beyond_it() {
    let nested = |depth: usize| format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
    assert!(compact(Shape::Any, nested(DEPTH).as_bytes()).is_some());
    assert_eq!(compact(Shape::Any, nested(DEPTH + 1).as_bytes()), None);
    let wide = |count: usize| {
        let members: Vec<String> = (0..count).map(|number| format!("\"m{number}\":1")).collect();
        format!("{{{}}}", members.join(","))
    };
    assert!(compact(Shape::Any, wide(MEMBERS).as_bytes()).is_some());
    assert_eq!(compact(Shape::Any, wide(MEMBERS + 1).as_bytes()), None);
    let long = |count: usize| format!("[{}1]", "1,".repeat(count - 1));
    assert!(compact(Shape::Any, long(super::VALUES - 1).as_bytes()).is_some());
    assert_eq!(compact(Shape::Any, long(super::VALUES).as_bytes()), None);
    assert_eq!(compact(Shape::Any, b"\"\xff\""), None, "no UTF-8");
    let digits = |count: usize| "7".repeat(count);
    for count in [super::DIGITS, super::DIGITS + 1, 19, 21, 400] {
        let usual = usual(Shape::Any, &digits(count)).ok().map(|(text, _)| text);
        assert_eq!(compact(Shape::Any, digits(count).as_bytes()), usual, "{count} digits");
    }
    // Nor is anything taken that is too dense for the usual way.
    for count in [20_000, 24_998, 24_999, 25_000, 30_000] {
        let text = format!("[{}]", vec!["[]"; count].join(","));
        let (quick, usual) = (compact(Shape::List(&Shape::Any), text.as_bytes()), usual(Shape::Any, &text));
        assert!(quick.is_none() || usual.is_ok(), "{count}");
        assert_eq!(quick.is_some(), count < 25_000, "{count}");
    }
    let spread = |count: usize| format!("[{}]", vec![r#"{"name":"a value of some bytes"}"#; count].join(","));
    assert!(
        compact(Shape::List(&Shape::Any), spread(30_000).as_bytes()).is_some(),
        "as many as its bytes allow"
    );
}
