//! Arguments are read strictly: every problem at once, each with its path, the rule and what is accepted.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use server::generated as rt;
use server::generated::serde_json::{Value, json};
use server::generated::{Decode, Decoder, Deployment, Rule};

/// Reads a value by a rule; the problems as `path: message` lines.
fn check<R: Rule>(rule: &R, value: Value) -> Result<R::Output, String> {
    check_in(&Deployment::default(), rule, value)
}

fn check_in<R: Rule>(deployment: &Deployment, rule: &R, value: Value) -> Result<R::Output, String> {
    let mut decoder = Decoder::arguments(deployment);
    let output = rule.decode(value, &mut decoder);
    let problems = decoder.into_problems();
    assert_eq!(output.is_none(), !problems.is_empty(), "no value without a problem, no problem with a value");
    output.ok_or_else(|| problems.to_string())
}

#[test]
fn integers_are_those_that_every_reader_keeps() {
    for (value, expected) in [
        (json!(5), 5),
        (json!(5.0), 5),
        (json!(-0.0), 0),
        (json!(9_007_199_254_740_991_i64), 9_007_199_254_740_991),
        (json!(-9_007_199_254_740_991_i64), -9_007_199_254_740_991),
    ] {
        assert_eq!(check(&rt::Integer::ANY, value), Ok(expected));
    }
    for text in [
        "9007199254740992",
        "-9007199254740992",
        "18446744073709551615",
        "18446744073709551616",
        "1.8e19",
        "1e300",
    ] {
        let error = check(&rt::Integer::ANY, text.parse().unwrap()).expect_err(text);
        assert!(error.contains("9007199254740991"), "{text}: {error}");
    }
    assert_eq!(
        check(&rt::Integer::ANY, json!(5.5)).unwrap_err(),
        "arguments: expected an integer, got a number with a fraction"
    );
    assert_eq!(check(&rt::Integer::ANY, json!("5")).unwrap_err(), "arguments: expected an integer, got text");
    let rule = rt::Integer { minimum: 2, maximum: 8, multiple_of: Some(2) };
    assert_eq!(check(&rule, json!(2)), Ok(2));
    assert_eq!(check(&rule, json!(8)), Ok(8));
    assert_eq!(check(&rule, json!(1)).unwrap_err(), "arguments: at least 2 is accepted");
    assert_eq!(check(&rule, json!(9)).unwrap_err(), "arguments: at most 8 is accepted");
    assert_eq!(check(&rule, json!(5)).unwrap_err(), "arguments: multiples of 2 are accepted");
}

#[test]
fn numbers_keep_their_bounds() {
    let rule = rt::Number { minimum: Some(0.0), exclusive_maximum: Some(1.0), ..rt::Number::ANY };
    assert!(check(&rule, json!(0.3)).is_ok());
    assert!(check(&rule, json!(0)).is_ok());
    assert_eq!(check(&rule, json!(-0.1)).unwrap_err(), "arguments: at least 0 is accepted");
    assert_eq!(check(&rule, json!(1)).unwrap_err(), "arguments: less than 1 is accepted");
    let rule = rt::Number { maximum: Some(1.0), exclusive_minimum: Some(0.0), ..rt::Number::ANY };
    assert_eq!(check(&rule, json!(1.5)).unwrap_err(), "arguments: at most 1 is accepted");
    assert_eq!(check(&rule, json!(0)).unwrap_err(), "arguments: more than 0 is accepted");
    assert_eq!(check(&rule, json!(true)).unwrap_err(), "arguments: expected a number, got a boolean");
}

#[test]
fn text_keeps_length_pattern_and_format() {
    let rule = rt::Text { min_length: 2, max_length: 3, pattern: Some("^[A-Z#@$]+$"), ..rt::Text::ANY };
    assert_eq!(check(&rule, json!("A#$")), Ok("A#$".to_owned()));
    assert_eq!(check(&rule, json!("A")).unwrap_err(), "arguments: at least 2 characters are needed, got 1");
    assert_eq!(
        check(&rule, json!("ABCD")).unwrap_err(),
        "arguments: at most 3 characters are accepted, got 4"
    );
    assert_eq!(check(&rule, json!("aé")).unwrap_err(), "arguments: must match ^[A-Z#@$]+$");
    let long = rt::Text { max_length: 3, ..rt::Text::ANY };
    assert!(check(&long, json!("ééé")).is_ok(), "characters are counted, not bytes");
    for (format, good, bad) in [
        (rt::Format::DateTime, "2026-01-31T09:30:00Z", "2026-01-31 09:30"),
        (rt::Format::Date, "2024-02-29", "2023-02-29"),
        (rt::Format::Time, "09:30:00Z", "9:30"),
        (rt::Format::Duration, "PT30M", "30M"),
        (rt::Format::Uuid, "2eb8aa08-aa98-11ea-b4aa-73b441d16380", "2eb8aa08"),
        (rt::Format::Email, "a@b.example", "a.b"),
        (rt::Format::Uri, "https://a.example/x", "/x"),
        (rt::Format::Ipv4, "127.0.0.1", "127.0.0.256"),
        (rt::Format::Ipv6, "::1", "::1::"),
        (rt::Format::Byte, "YWI=", "YWI"),
    ] {
        let rule = rt::Text { format: Some(format), ..rt::Text::ANY };
        assert!(check(&rule, json!(good)).is_ok(), "{format:?} {good}");
        assert!(check(&rule, json!(bad)).unwrap_err().contains("must be "), "{format:?} {bad}");
    }
}

#[test]
fn t15_invisible_bidirectional_and_control_characters_are_refused_by_name() {
    for (text, name) in [
        ("a\u{0}", "NUL U+0000"),
        ("a\u{1b}", "control character U+001B"),
        ("a\u{85}", "control character U+0085"),
        ("ASSIGN\u{202e}001", "bidirectional control character U+202E"),
        ("a\u{2066}", "bidirectional control character U+2066"),
        ("a\u{200b}", "invisible character U+200B"),
        ("\u{feff}a", "invisible character U+FEFF"),
        ("a\u{e0041}", "invisible tag character U+E0041"),
        ("a\u{61c}", "bidirectional control character U+061C"),
        ("a\u{2028}", "line separator U+2028"),
        ("a\u{2029}", "line separator U+2029"),
        ("a\u{ad}b", "invisible character U+00AD"),
        ("a\u{2060}", "invisible character U+2060"),
        ("a\u{206f}", "invisible character U+206F"),
        ("a\u{3164}", "invisible character U+3164"),
        ("a\u{fff9}", "invisible character U+FFF9"),
        ("a\u{e0101}", "invisible character U+E0101"),
    ] {
        for within in
            [rt::Within::Path, rt::Within::Query, rt::Within::Header, rt::Within::Cookie, rt::Within::Body]
        {
            let error = check(&rt::Text { within, ..rt::Text::ANY }, json!(text)).unwrap_err();
            assert_eq!(error, format!("arguments: holds a {name}, which is not accepted"), "{within:?}");
        }
        let error = check(&rt::Any, json!({ "deep": [text] })).unwrap_err();
        assert_eq!(error, format!("deep[0]: holds a {name}, which is not accepted"));
        assert!(check(&rt::Any, json!({ text: 1 })).unwrap_err().contains(name));
    }
    let lines = "one\r\n\ttwo";
    assert!(check(&rt::Text::ANY, json!(lines)).is_ok(), "a body may hold lines");
    assert!(check(&rt::Text { within: rt::Within::Query, ..rt::Text::ANY }, json!(lines)).is_err());
}

#[test]
fn every_problem_is_collected_with_its_path() {
    struct Tag;
    impl Decode for Tag {
        fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self> {
            static RULE: rt::ObjectRule = rt::ObjectRule::closed(&["name"]);
            let mut members = at.object(value, &RULE)?;
            let name = members.required(at, "name", &rt::Text { max_length: 2, ..rt::Text::ANY });
            members.finish(at)?;
            name.map(|_| Self)
        }
    }
    impl rt::Encode for Tag {
        fn encode(&self) -> Value {
            Value::Null
        }
    }
    struct All;
    impl Decode for All {
        fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self> {
            static RULE: rt::ObjectRule = rt::ObjectRule {
                hidden: &["events"],
                ..rt::ObjectRule::closed(&["srid", "level", "tags", "map", "active"])
            };
            let mut members = at.object(value, &RULE)?;
            let srid = members.required(at, "srid", &rt::Text::ANY);
            let level = members.optional(at, "level", &rt::Enumeration { values: &["DEV", "PRD"] });
            let tags = rt::List { items: rt::Of::<Tag>::new(), min_items: 0, max_items: 9, unique: false };
            let tags = members.optional(at, "tags", &tags);
            let map = members.optional(at, "map", &rt::MapOf { values: rt::Boolean, min: 0, max: 9 });
            let active = members.optional(at, "active", &rt::Boolean);
            members.finish(at)?;
            (srid.is_some() && level.is_some() && tags.is_some() && map.is_some() && active.is_some())
                .then_some(Self)
        }
    }
    let given = json!({
        "Srid": "A", "level": "dev", "tags": [{ "name": "abc" }, 7, { "nam": "a" }],
        "map": { "a": true, "b c": 0 }, "active": null, "events": [],
    });
    let error = check(&rt::Of::<All>::new(), given).err().unwrap();
    assert_eq!(
        error.lines().collect::<Vec<_>>(),
        [
            "srid: required and missing; `Srid` was given instead",
            "level: `dev` is none of `DEV`, `PRD`; did you mean `DEV`?",
            "tags[0].name: at most 2 characters are accepted, got 3",
            "tags[1]: expected an object, got an integer",
            "tags[2].name: required and missing; `nam` was given instead",
            "tags[2].nam: unknown name; did you mean `name`?",
            "map[`b c`]: expected a boolean, got an integer",
            "active: expected a boolean, got null",
            "Srid: unknown name; did you mean `srid`?",
            "events: is not offered by this server; leave it out",
        ]
    );
}

#[test]
fn unknown_names_that_resemble_nothing_are_told_what_is_accepted() {
    struct Two;
    impl Decode for Two {
        fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self> {
            static RULE: rt::ObjectRule =
                rt::ObjectRule { min: 1, max: 2, ..rt::ObjectRule::closed(&["one", "two", "three"]) };
            let mut members = at.object(value, &RULE)?;
            for name in ["one", "two", "three"] {
                members.optional(at, name, &rt::Any);
            }
            members.finish(at)?;
            Some(Self)
        }
    }
    let error = |value| check(&rt::Of::<Two>::new(), value).err().unwrap();
    assert_eq!(error(json!({ "elephant": 1 })), "elephant: unknown name; accepted are `one`, `two`, `three`");
    assert_eq!(error(json!({})), "arguments: at least 1 members are needed, 0 were given");
    assert_eq!(
        error(json!({ "one": 1, "two": 2, "three": 3 })),
        "arguments: at most 2 members are accepted, 3 were given"
    );
    assert_eq!(error(json!([])), "arguments: expected an object, got a list");
}

#[test]
fn no_more_than_64_characters_of_a_value_are_repeated() {
    let long = "x".repeat(65);
    let error = check(&rt::Enumeration { values: &["DEV"] }, json!(long)).unwrap_err();
    assert!(error.contains(&format!("`{}...`", "x".repeat(64))) && !error.contains(&long), "{error}");
    let error =
        check(&rt::MapOf { values: rt::Boolean, min: 0, max: 9 }, json!({ long.clone(): 1 })).unwrap_err();
    assert!(!error.contains(&long), "{error}");
    let schema = rt::Checked { schema: r#"{"type":"integer"}"# };
    assert!(!check(&schema, json!(long)).unwrap_err().contains("xx"));
}

#[test]
fn lists_keep_count_and_uniqueness() {
    let rule = rt::List { items: rt::Any, min_items: 1, max_items: 2, unique: true };
    assert!(check(&rule, json!([1, 2])).is_ok());
    assert_eq!(check(&rule, json!([])).unwrap_err(), "arguments: at least 1 items are needed, got 0");
    assert_eq!(check(&rule, json!([1, 2, 3])).unwrap_err(), "arguments: at most 2 items are accepted, got 3");
    for twice in [json!([1, 1.0]), json!([{ "a": 1, "b": [2] }, { "b": [2.0], "a": 1 }])] {
        assert_eq!(check(&rule, twice).unwrap_err(), "[1]: is given twice; each item once is accepted");
    }
    assert_eq!(check(&rule, json!({})).unwrap_err(), "arguments: expected a list, got an object");
}

#[test]
fn null_is_accepted_only_where_it_is_declared() {
    assert_eq!(check(&rt::Nullable(rt::Boolean), json!(null)), Ok(None));
    assert_eq!(check(&rt::Nullable(rt::Boolean), json!(true)), Ok(Some(true)));
    assert_eq!(check(&rt::Null, json!(null)), Ok(()));
    assert_eq!(check(&rt::Null, json!(0)).unwrap_err(), "arguments: expected null, got an integer");
    assert_eq!(
        check(&rt::Boxed(rt::Boolean), json!(null)).unwrap_err(),
        "arguments: expected a boolean, got null"
    );
}

#[test]
fn a_schema_beyond_types_is_judged_by_itself() {
    let rule = rt::Checked {
        schema: r#"{"oneOf":[{"type":"integer"},{"type":"object","required":["a"],"properties":{"a":{"type":"string","pattern":"^\\d+$"}}}]}"#,
    };
    assert_eq!(check(&rule, json!(7)), Ok(json!(7)));
    assert_eq!(check(&rule, json!({ "a": "12" })), Ok(json!({ "a": "12" })));
    assert!(check(&rule, json!({ "a": "x" })).is_err());
    assert!(check(&rule, json!(18_446_744_073_709_551_615_u64)).unwrap_err().contains("9007199254740991"));
    let rule =
        rt::Checked { schema: r#"{"type":"object","properties":{"a":{"type":"string","maxLength":2}}}"# };
    assert!(check(&rule, json!({ "a": "abc" })).unwrap_err().contains("at `/a`: "));
}

#[test]
fn t_42_nesting_is_bounded() {
    let nested = |depth: usize| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    assert!(check(&rt::Any, nested(64)).is_ok());
    assert!(check(&rt::Any, nested(65)).unwrap_err().contains("too deep"));

    struct Chain;
    impl Decode for Chain {
        fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self> {
            static RULE: rt::ObjectRule = rt::ObjectRule::closed(&["next"]);
            let mut members = at.object(value, &RULE)?;
            let next = members.optional(at, "next", &rt::Boxed(rt::Of::<Chain>::new()));
            members.finish(at)?;
            next.map(|_| Self)
        }
    }
    let chain = |depth: usize| (0..depth).fold(json!({}), |inner, _| json!({ "next": inner }));
    assert!(check(&rt::Of::<Chain>::new(), chain(64)).is_ok());
    let error = check(&rt::Of::<Chain>::new(), chain(65)).err().unwrap();
    assert!(error.contains("at most 64 levels"), "{error}");
}

#[test]
fn problems_are_bounded_and_the_others_counted() {
    let rule = rt::List { items: rt::Boolean, min_items: 0, max_items: u64::MAX, unique: false };
    let error = check(&rule, json!(vec![0; 60])).unwrap_err();
    assert_eq!(error.lines().count(), 51);
    assert!(error.ends_with("\nand 10 more"), "{error}");
}

#[test]
fn t13_callback_addresses_need_an_allowed_host() {
    let rule = rt::Text { callback_url: true, ..rt::Text::ANY };
    let allowed = Deployment {
        callback_hosts: vec!["ci.example".to_owned(), "jenkins.example:8443".to_owned()],
        ..Deployment::default()
    };
    for address in [
        "https://ci.example/x?y#z",
        "https://CI.example",
        "https://ci.example:443/",
        "https://ci.example/?who=a@b#c@d",
        "https://jenkins.example:8443/a",
    ] {
        assert!(check_in(&allowed, &rule, json!(address)).is_ok(), "{address}");
    }
    for address in [
        "http://ci.example/",
        "https://evil.example/",
        "https://ci.example.evil.example/",
        "https://ci.example:8443/",
        "https://jenkins.example/",
        "https://ci.example@evil.example/",
        "https://user:x@ci.example/",
        "https://ci.example\\@evil.example/",
        "https://evil.example\\.ci.example/",
        "https:///ci.example",
        "https://ci.example /",
        "https://ci.example:/",
        "https://[::1]/",
        "https://ci.example#@evil.example/",
        "https://ci.example?@evil.example/",
        "HTTPS://ci.example/",
        "//ci.example/",
        "",
    ] {
        assert!(check_in(&allowed, &rule, json!(address)).is_err(), "{address}");
    }
    assert!(check(&rule, json!("https://ci.example/")).is_err(), "no host is allowed by default");
}

#[test]
fn t13_gated_members_need_an_open_gate() {
    struct Gated;
    impl Decode for Gated {
        fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self> {
            static RULE: rt::ObjectRule = rt::ObjectRule {
                gated: &[("events", rt::Gate::Callbacks)],
                ..rt::ObjectRule::closed(&["events"])
            };
            let mut members = at.object(value, &RULE)?;
            let events = members.optional(at, "events", &rt::Any);
            members.finish(at)?;
            (events.is_some() && at.problems().is_empty()).then_some(Self)
        }
    }
    let error =
        check(&rt::Of::<Gated>::new(), json!({ "events": [{ "url": "http://169.254.169.254/" }] })).err();
    let error = error.unwrap();
    assert!(error.starts_with("events: not permitted") && error.contains("WEBHOOK_ALLOWED_HOSTS"), "{error}");
    let open = Deployment { callback_hosts: vec!["ci.example".to_owned()], ..Deployment::default() };
    assert!(check_in(&open, &rt::Of::<Gated>::new(), json!({ "events": [] })).is_ok());
}

#[test]
fn undeclared_members_are_kept_in_order_where_the_object_is_open() {
    struct Open;
    static RULE: rt::ObjectRule = rt::ObjectRule {
        undeclared: rt::Undeclared::Keep,
        hidden: &["secret"],
        ..rt::ObjectRule::closed(&["known"])
    };
    impl Decode for Open {
        fn decode(value: Value, at: &mut Decoder<'_>) -> Option<Self> {
            let mut members = at.object(value, &RULE)?;
            members.optional(at, "known", &rt::Any);
            let rest = members.rest_of(at, &rt::Integer::ANY);
            members.finish(at)?;
            let rest = rest?;
            let names: Vec<_> = rest.keys().map(String::as_str).collect();
            assert!(names.is_empty() || names == ["z", "a", "m"], "{names:?}");
            Some(Self)
        }
    }
    assert!(check(&rt::Of::<Open>::new(), json!({ "z": 1, "known": 0, "a": 2, "m": 3 })).is_ok());
    assert_eq!(
        check(&rt::Of::<Open>::new(), json!({ "z": "1" })).err().unwrap(),
        "z: expected an integer, got text"
    );
    let error = check(&rt::Of::<Open>::new(), json!({ "secret": 1 })).err().unwrap();
    assert_eq!(error, "secret: is not offered by this server; leave it out");
}
