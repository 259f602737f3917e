//! Answers are read leniently: what the real API writes oddly is normalised, what does not match becomes a
//! note.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use server::generated as rt;
use server::generated::serde_json::{Value, json};
use server::generated::{Decoder, Members};

static RULE: rt::ObjectRule =
    rt::ObjectRule { undeclared: rt::Undeclared::Keep, ..rt::ObjectRule::closed(&["member"]) };

/// Reads the object and gives what `take` made of it, with problems and notes.
fn check<T>(
    rule: &'static rt::ObjectRule,
    value: Value,
    take: impl FnOnce(&mut Members, &mut Decoder<'_>) -> T,
) -> (T, Vec<String>, Vec<String>) {
    let mut decoder = Decoder::answer();
    let mut members = decoder.object(value, rule).unwrap();
    let taken = take(&mut members, &mut decoder);
    members.finish(&mut decoder).unwrap();
    let (problems, notes) = decoder.into_findings();
    (taken, problems.iter().map(ToString::to_string).collect(), notes)
}

fn optional<R: rt::Rule>(rule: R, value: Value) -> (Option<R::Output>, Vec<String>) {
    let (taken, problems, notes) =
        check(&RULE, json!({ "member": value }), |members, at| members.optional(at, "member", &rule));
    assert!(problems.is_empty(), "an optional member is never a problem: {problems:?}");
    (taken.unwrap(), notes)
}

#[test]
fn a_list_of_one_arrives_as_an_object() {
    let tasks = rt::OneOrMany { items: rt::Any };
    for (value, expected) in [
        (json!([{ "a": 1 }, { "a": 2 }]), vec![json!({ "a": 1 }), json!({ "a": 2 })]),
        (json!({ "a": 1 }), vec![json!({ "a": 1 })]),
        (json!([]), vec![]),
    ] {
        assert_eq!(optional(tasks, value), (Some(expected), vec![]));
    }
    let words = rt::OneOrMany { items: rt::Text { blank_is_unset: true, ..rt::Text::ANY } };
    assert_eq!(optional(words, json!("one")), (Some(vec!["one".to_owned()]), vec![]));
    assert_eq!(optional(words, json!(" ")), (Some(vec![]), vec![]));
    assert_eq!(optional(rt::OneOrMany { items: rt::Integer::ANY }, json!(" ")), (Some(vec![]), vec![]));
}

#[test]
fn unset_text_is_one_blank() {
    let rule = rt::Text { blank_is_unset: true, ..rt::Text::ANY };
    assert_eq!(optional(rule, json!(" ")), (None, vec![]));
    assert_eq!(optional(rule, json!("")), (None, vec![]));
    assert_eq!(optional(rule, json!("x ")), (Some("x ".to_owned()), vec![]));
    assert_eq!(optional(rt::Nullable(rule), json!(" ")), (Some(None), vec![]));
    assert_eq!(optional(rt::Text::ANY, json!(" ")), (Some(" ".to_owned()), vec![]));
    let (required, _, _) =
        check(&RULE, json!({ "member": " " }), |members, at| members.required(at, "member", &rule));
    assert_eq!(required, Some(String::new()));
}

#[test]
fn numbers_arrive_as_text_and_text_as_numbers() {
    let rule = rt::TextOrNumber { blank_is_unset: true };
    assert_eq!(optional(rule, json!(12)), (Some("12".to_owned()), vec![]));
    assert_eq!(optional(rule, json!("12")), (Some("12".to_owned()), vec![]));
    assert_eq!(optional(rule, json!(" ")), (None, vec![]));
}

#[test]
fn an_optional_member_that_does_not_match_is_left_out_with_a_note() {
    let (value, notes) = optional(rt::Integer::ANY, json!("many"));
    assert_eq!(value, None);
    assert_eq!(notes, ["member was left out: expected an integer, got text"]);
    assert_eq!(optional(rt::Integer::ANY, json!(null)), (None, vec![]), "null reads as absent");
    assert_eq!(
        optional(rt::Nullable(rt::Integer::ANY), json!(null)),
        (Some(None), vec![]),
        "unless it is declared"
    );
}

#[test]
fn a_list_loses_only_the_items_that_do_not_match() {
    let rule = rt::List { items: rt::Integer::ANY, min_items: 0, max_items: u64::MAX, unique: false };
    let (value, notes) = optional(rule, json!([1, "x", 3]));
    assert_eq!(value, Some(vec![1, 3]));
    assert_eq!(notes, ["member[1] was left out: expected an integer, got text"]);
    let (value, notes) =
        optional(rt::MapOf { values: rt::Boolean, min: 0, max: 9 }, json!({ "a": true, "b": 1 }));
    assert_eq!(value.unwrap().into_iter().collect::<Vec<_>>(), [("a".to_owned(), true)]);
    assert_eq!(notes, ["member.b was left out: expected a boolean, got an integer"]);
}

#[test]
fn a_required_member_that_does_not_match_is_a_problem() {
    let take =
        |members: &mut Members, at: &mut Decoder<'_>| members.required(at, "member", &rt::Integer::ANY);
    let (value, problems, _) = check(&RULE, json!({ "member": "x" }), take);
    assert_eq!((value, problems), (None, vec!["member: expected an integer, got text".to_owned()]));
    let (value, problems, _) = check(&RULE, json!({}), take);
    assert_eq!((value, problems), (None, vec!["member: required and missing".to_owned()]));
}

#[test]
fn undeclared_members_are_kept_or_left_out_with_a_note() {
    let given = json!({ "z": 1, "member": 2, "a": { "b": 3 } });
    let (rest, _, notes) = check(&RULE, given.clone(), |members, at| {
        members.optional(at, "member", &rt::Any);
        members.rest(at)
    });
    assert_eq!((Value::Object(rest), notes), (json!({ "z": 1, "a": { "b": 3 } }), vec![]));
    static CLOSED: rt::ObjectRule = rt::ObjectRule::closed(&["member"]);
    let (_, problems, notes) = check(&CLOSED, given, |members, at| members.optional(at, "member", &rt::Any));
    assert!(problems.is_empty());
    assert_eq!(
        notes,
        [
            "z was left out: the document does not describe it",
            "a was left out: the document does not describe it"
        ]
    );
}

#[test]
fn notes_are_bounded_and_the_others_counted() {
    let rule = rt::List { items: rt::Boolean, min_items: 0, max_items: u64::MAX, unique: false };
    let (value, notes) = optional(rule, json!(vec![0; 30]));
    assert_eq!(value, Some(vec![]));
    assert_eq!(notes.len(), 21);
    assert_eq!(notes[20], "and 10 more");
}
