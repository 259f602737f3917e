//! Answers are read with good will: what the real API writes oddly is made regular, what does not match is left out with
//! a note, and only what is required and wrong makes an answer unusable.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use server::answer::settled;
use server::generated::Shape::{
    self, Any, BlankText, BlankTextOrNumber, Boolean, Integer, List, Map, Null, Nullable, Number, OneOf,
    OneOrMany, Text, TextOrNumber,
};
use server::generated::serde_json::{Value, json};
use server::generated::{self as rt, Member};

/// Settles a value; what it became and the notes.
fn check(shape: Shape, value: Value) -> (Value, Vec<String>) {
    settled(shape, None, value).unwrap()
}

/// Settles the value as an optional member; what became of the member.
fn optional(shape: Shape, value: Value) -> (Option<Value>, Vec<String>) {
    let members: &'static [Member] = Box::leak(Box::new([Member::optional("member", shape)]));
    let (mut object, notes) = check(Shape::Object { members, hidden: &[] }, json!({ "member": value }));
    (object.as_object_mut().unwrap().remove("member"), notes)
}

#[test]
fn each_shape_takes_its_own_values() {
    for (shape, fitting, other, expected) in [
        (Null, json!(null), json!(0), "null"),
        (Boolean, json!(true), json!("true"), "a boolean"),
        (Integer, json!(18_446_744_073_709_551_615_u64), json!(1.5), "an integer"),
        (Integer, json!(5.0), json!("5"), "an integer"),
        (Number, json!(1.5), json!("1.5"), "a number"),
        (Text, json!(" "), json!(1), "text"),
        (List(&Any), json!([1, "x"]), json!({}), "a list"),
        (Map(&Any), json!({ "a": 1 }), json!([]), "an object"),
    ] {
        assert_eq!(check(shape, fitting.clone()), (fitting, vec![]), "{shape:?}");
        let told = settled(shape, None, other).unwrap_err();
        assert!(told.starts_with(&format!("the whole: expected {expected}, got ")), "{told}");
    }
}

#[test]
fn a_text_of_a_closed_set_is_one_of_it() {
    const COLOUR: Shape = OneOf(&["red", "green"]);
    assert_eq!(check(COLOUR, json!("red")).0, json!("red"));
    let told = settled(COLOUR, None, json!("gren")).unwrap_err();
    assert_eq!(told, "the whole: `gren` is none of `red`, `green`; did you mean `green`?");
    assert_eq!(settled(COLOUR, None, json!(1)).unwrap_err(), "the whole: expected text, got an integer");
}

#[test]
fn a_list_of_one_arrives_as_an_object() {
    for (value, expected) in [
        (json!([{ "a": 1 }, { "a": 2 }]), json!([{ "a": 1 }, { "a": 2 }])),
        (json!({ "a": 1 }), json!([{ "a": 1 }])),
        (json!([]), json!([])),
        (json!(null), json!([])),
    ] {
        assert_eq!(optional(OneOrMany(&Any), value), (Some(expected), vec![]));
    }
    assert_eq!(optional(OneOrMany(&BlankText), json!("one")), (Some(json!(["one"])), vec![]));
    assert_eq!(optional(OneOrMany(&BlankText), json!(" ")), (Some(json!([])), vec![]));
    assert_eq!(optional(OneOrMany(&Text), json!(" ")), (Some(json!([" "])), vec![]));
    assert_eq!(optional(OneOrMany(&Integer), json!(" ")), (Some(json!([])), vec![]));
}

#[test]
fn unset_text_is_one_blank() {
    assert_eq!(optional(BlankText, json!(" ")), (None, vec![]));
    assert_eq!(optional(BlankText, json!("")), (None, vec![]));
    assert_eq!(optional(BlankText, json!("x ")), (Some(json!("x ")), vec![]));
    assert_eq!(optional(Nullable(&BlankText), json!(" ")), (Some(json!(null)), vec![]));
    assert_eq!(optional(Text, json!(" ")), (Some(json!(" ")), vec![]));
    const REQUIRED: Shape = Shape::Object { members: &[Member::required("member", BlankText)], hidden: &[] };
    assert_eq!(check(REQUIRED, json!({ "member": " " })).0, json!({ "member": "" }));
}

#[test]
fn numbers_arrive_as_text_and_text_as_numbers() {
    assert_eq!(optional(BlankTextOrNumber, json!(12)), (Some(json!("12")), vec![]));
    assert_eq!(optional(TextOrNumber, json!("12")), (Some(json!("12")), vec![]));
    assert_eq!(optional(TextOrNumber, json!(" ")), (Some(json!(" ")), vec![]));
    assert_eq!(optional(BlankTextOrNumber, json!(" ")), (None, vec![]));
}

#[test]
fn an_optional_member_that_does_not_match_is_left_out_with_a_note() {
    let note = vec!["member was left out: expected an integer, got text".to_owned()];
    assert_eq!(optional(Integer, json!("many")), (None, note));
    assert_eq!(optional(Integer, json!(null)), (None, vec![]), "null reads as absent");
    assert_eq!(
        optional(Nullable(&Integer), json!(null)),
        (Some(json!(null)), vec![]),
        "unless it is declared"
    );
    static NAMED: Shape = Nullable(&Integer);
    assert_eq!(optional(Shape::Named(&NAMED), json!(null)), (Some(json!(null)), vec![]));
}

#[test]
fn a_list_and_a_map_lose_only_what_does_not_match() {
    let (value, notes) = optional(List(&Integer), json!([1, "x", 3]));
    assert_eq!(value, Some(json!([1, 3])));
    assert_eq!(notes, ["member[1] was left out: expected an integer, got text"]);
    let (value, notes) = optional(Map(&Boolean), json!({ "a": true, "b": 1, "c d": 2 }));
    assert_eq!(value, Some(json!({ "a": true })));
    assert_eq!(
        notes,
        [
            "member.b was left out: expected a boolean, got an integer",
            "member[`c d`] was left out: expected a boolean, got an integer"
        ]
    );
}

#[test]
fn a_required_member_that_does_not_match_makes_its_object_unusable() {
    const INNER: Shape = Shape::Object { members: &[Member::required("id", Integer)], hidden: &[] };
    assert_eq!(settled(INNER, None, json!({ "id": "x" })).unwrap_err(), "id: expected an integer, got text");
    assert_eq!(settled(INNER, None, json!({})).unwrap_err(), "id: required and missing");
    let (value, notes) = check(List(&INNER), json!([{ "id": 1 }, {}, { "id": 2, "more": true }]));
    assert_eq!(value, json!([{ "id": 1 }, { "id": 2, "more": true }]));
    assert_eq!(notes, ["[1].id was left out: required and missing"]);
}

#[test]
fn a_part_that_is_left_out_takes_the_notes_on_its_own_parts_with_it() {
    const ITEM: Shape = Shape::Object {
        members: &[Member::optional("a", Integer), Member::required("b", Integer)],
        hidden: &[],
    };
    let (value, notes) = check(List(&ITEM), json!([{ "a": "x" }, { "a": "x", "b": 1 }]));
    assert_eq!(value, json!([{ "b": 1 }]));
    assert_eq!(
        notes,
        ["[0].b was left out: required and missing", "[1].a was left out: expected an integer, got text"]
    );
}

#[test]
fn what_is_only_ever_written_goes_no_further() {
    const USER: Shape = Shape::Object { members: &[Member::optional("name", Text)], hidden: &["password"] };
    let given = json!({ "password": "p", "name": "n", "undeclared": { "password": 1 } });
    assert_eq!(check(USER, given), (json!({ "name": "n", "undeclared": { "password": 1 } }), vec![]));
}

#[test]
fn a_shape_may_contain_itself_up_to_a_depth() {
    static NODE: Shape =
        Shape::Object { members: &[Member::required("next", Nullable(&Shape::Named(&NODE)))], hidden: &[] };
    let chain = |length: usize| (0..length).fold(json!(null), |next, _| json!({ "next": next }));
    assert_eq!(check(Shape::Named(&NODE), chain(64)).0, chain(64));
    let told = settled(Shape::Named(&NODE), None, chain(65)).unwrap_err();
    assert!(told.ends_with("at most 64 levels of nesting are accepted"), "{told}");
}

#[test]
fn notes_are_bounded_and_the_others_counted() {
    let (value, notes) = optional(List(&Boolean), json!(vec![0; 30]));
    assert_eq!(value, Some(json!([])));
    assert_eq!(notes.len(), 21);
    assert_eq!(notes[20], "and 10 more");
}

#[test]
fn what_is_no_object_is_wrapped() {
    assert_eq!(settled(List(&Any), Some("items"), json!([1])).unwrap().0, json!({ "items": [1] }));
    let shape = rt::Shape::Integer;
    assert_eq!(settled(shape, Some("value"), json!(3)).unwrap().0, json!({ "value": 3 }));
}
