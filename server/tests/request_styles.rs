//! The styles of OpenAPI 3.0, one row per style, `explode`, type and place, from the specification's own
//! examples.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use server::generated as rt;
use server::generated::Style::{
    DeepObject, Form, Json, Label, Matrix, PipeDelimited, Simple, SpaceDelimited,
};
use server::generated::serde_json::{Value, json};

/// Writes one parameter and gives its place in the request, or the refusals. Rules live as long as the
/// program.
fn write(place: &str, rule: rt::ParameterRule, value: &Value) -> String {
    let rule: &'static rt::ParameterRule = Box::leak(Box::new(rule));
    let mut parts = rt::Parts::default();
    match place {
        "path" => parts.path(rule, value),
        "query" => parts.query(rule, value),
        "header" => parts.header(rule, value),
        "cookie" => parts.cookie(rule, value),
        other => panic!("no such place: {other}"),
    }
    if !parts.problems().is_empty() {
        return format!("refused: {}", parts.problems());
    }
    let pairs = |pairs: &[(String, String)], separator: &str| {
        pairs.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(separator)
    };
    match place {
        "path" => parts.path_value(rule.name).unwrap().to_owned(),
        "query" => pairs(parts.query_pairs(), "&"),
        "header" => parts.headers().iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>().join("|"),
        _ => pairs(parts.cookie_pairs(), "; "),
    }
}

fn rule(name: &'static str, style: rt::Style, explode: bool) -> rt::ParameterRule {
    rt::ParameterRule { name, style, explode, allow_reserved: false, allow_empty: false }
}

#[test]
fn every_style_is_written_as_the_specification_shows() {
    let one = json!("blue");
    let many = json!(["blue", "black", "brown"]);
    let object = json!({ "R": 100, "G": 200, "B": 150 });
    for (place, style, explode, expected) in [
        ("path", Matrix, false, [";color=blue", ";color=blue,black,brown", ";color=R,100,G,200,B,150"]),
        ("path", Matrix, true, [";color=blue", ";color=blue;color=black;color=brown", ";R=100;G=200;B=150"]),
        ("path", Label, false, [".blue", ".blue,black,brown", ".R,100,G,200,B,150"]),
        ("path", Label, true, [".blue", ".blue.black.brown", ".R=100.G=200.B=150"]),
        ("path", Simple, false, ["blue", "blue,black,brown", "R,100,G,200,B,150"]),
        ("path", Simple, true, ["blue", "blue,black,brown", "R=100,G=200,B=150"]),
        ("query", Form, false, ["color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"]),
        ("query", Form, true, ["color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"]),
        (
            "query",
            SpaceDelimited,
            false,
            ["color=blue", "color=blue%20black%20brown", "color=R%20100%20G%20200%20B%20150"],
        ),
        (
            "query",
            SpaceDelimited,
            true,
            ["color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
        ),
        (
            "query",
            PipeDelimited,
            false,
            ["color=blue", "color=blue%7Cblack%7Cbrown", "color=R%7C100%7CG%7C200%7CB%7C150"],
        ),
        (
            "query",
            PipeDelimited,
            true,
            ["color=blue", "color=blue&color=black&color=brown", "R=100&G=200&B=150"],
        ),
        (
            "query",
            DeepObject,
            true,
            [
                "color=blue",
                "color%5B0%5D=blue&color%5B1%5D=black&color%5B2%5D=brown",
                "color%5BR%5D=100&color%5BG%5D=200&color%5BB%5D=150",
            ],
        ),
        (
            "query",
            Json,
            false,
            [
                "color=%22blue%22",
                "color=%5B%22blue%22%2C%22black%22%2C%22brown%22%5D",
                "color=%7B%22R%22%3A100%2C%22G%22%3A200%2C%22B%22%3A150%7D",
            ],
        ),
        ("header", Simple, false, ["blue", "blue,black,brown", "R,100,G,200,B,150"]),
        ("header", Simple, true, ["blue", "blue,black,brown", "R=100,G=200,B=150"]),
        (
            "header",
            Json,
            false,
            ["\"blue\"", "[\"blue\",\"black\",\"brown\"]", "{\"R\":100,\"G\":200,\"B\":150}"],
        ),
        ("cookie", Form, false, ["color=blue", "color=blue,black,brown", "color=R,100,G,200,B,150"]),
        ("cookie", Form, true, ["color=blue", "color=blue; color=black; color=brown", "R=100; G=200; B=150"]),
    ] {
        for (value, expected) in [&one, &many, &object].into_iter().zip(expected) {
            let written = write(place, rule("color", style, explode), value);
            assert_eq!(written, expected, "{place} {style:?} explode={explode} {value}");
        }
    }
}

#[test]
fn absent_and_empty_values_have_their_own_forms() {
    for (place, style) in
        [("query", Form), ("query", DeepObject), ("query", Json), ("header", Simple), ("cookie", Form)]
    {
        assert_eq!(write(place, rule("color", style, true), &Value::Null), "", "{place} {style:?}");
    }
    assert_eq!(write("query", rule("color", Form, true), &json!("")), "color=");
    assert_eq!(write("query", rule("color", Form, true), &json!([])), "");
    let empty = rt::ParameterRule { allow_empty: true, ..rule("color", Form, true) };
    assert_eq!(write("query", empty, &json!([])), "color=");
    for empty in [json!(""), json!([]), json!({}), Value::Null] {
        for style in [Simple, Label, Matrix] {
            let written = write("path", rule("color", style, false), &empty);
            assert!(written.starts_with("refused: color: must not be empty"), "{style:?} {empty}: {written}");
        }
    }
}

#[test]
fn everything_but_unreserved_characters_is_encoded() {
    let every: String = (' '..='~').collect();
    let unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    let expected: String = every
        .chars()
        .map(|c| if unreserved(c) { c.to_string() } else { format!("%{:02X}", c as u32) })
        .collect();
    for (place, style) in [("query", Form), ("cookie", Form)] {
        assert_eq!(write(place, rule("q", style, true), &json!(every)), format!("q={expected}"), "{place}");
    }
    let name = rule("a b[]&=", Form, true);
    assert_eq!(write("query", name, &json!("é€\u{10348}")), "a%20b%5B%5D%26%3D=%C3%A9%E2%82%AC%F0%90%8D%88");
    let path: String = every.chars().filter(|c| !"/\\".contains(*c)).collect();
    let expected = expected.replace("%2F", "").replace("%5C", "");
    assert_eq!(write("path", rule("p", Simple, false), &json!(path)), expected);
}

#[test]
fn reserved_characters_stay_only_where_they_split_nothing() {
    let reserved = rt::ParameterRule { allow_reserved: true, ..rule("q", Form, true) };
    let every = ":/?#[]@!$&'()*+,;=% ";
    assert_eq!(write("query", reserved, &json!(every)), "q=:/?%23%5B%5D@!$%26%27()*%2B,;=%25%20");
    let joined = rt::ParameterRule { allow_reserved: true, ..rule("q", Form, false) };
    assert_eq!(write("query", joined, &json!(["a,b", "c/d"])), "q=a%2Cb,c/d");
    assert_eq!(write("query", reserved, &json!("%C3%A9 %zz%")), "q=%C3%A9%20%25zz%25");
    let path = rt::ParameterRule { allow_reserved: true, ..rule("p", Simple, false) };
    assert_eq!(write("path", path, &json!(":?#[]@!$&'()*+,;=% ")), ":%3F%23%5B%5D@!$&'()*+,;=%25%20");
    assert_eq!(write("path", path, &json!(["a,b;c=d", "e:f"])), "a%2Cb%3Bc%3Dd,e:f");
    // JSON text is no part of an address: what looks encoded in it is sent as it is written.
    let text = rt::ParameterRule { allow_reserved: true, ..rule("q", Json, false) };
    assert_eq!(write("query", text, &json!({"a/b": "%22"})), "q=%7B%22a/b%22:%22%2522%22%7D");
}

#[test]
fn t05_a_delimiter_inside_an_item_cannot_forge_an_item() {
    assert_eq!(write("query", rule("q", Form, false), &json!(["a,b", "c"])), "q=a%2Cb,c");
    assert_eq!(write("path", rule("p", Simple, false), &json!(["a,b", "c"])), "a%2Cb,c");
    assert_eq!(write("cookie", rule("c", Form, false), &json!(["a,b", "c;d"])), "c=a%2Cb,c%3Bd");
    for (style, item) in [(SpaceDelimited, "a b"), (PipeDelimited, "a|b")] {
        let written = write("query", rule("q", style, false), &json!([item, "c"]));
        assert!(written.starts_with("refused: q: items that hold"), "{written}");
    }
    for (style, item) in [(SpaceDelimited, "a%20b"), (PipeDelimited, "a%7cb"), (PipeDelimited, "a%7Cb")] {
        let kept = rt::ParameterRule { allow_reserved: true, ..rule("q", style, false) };
        let written = write("query", kept, &json!([item, "c"]));
        assert!(written.starts_with("refused: q: items that hold"), "{written}");
        assert!(
            !write("query", rule("q", style, false), &json!([item, "c"])).starts_with("refused"),
            "{item}"
        );
    }
    let written = write("header", rule("X-H", Simple, false), &json!(["a,b"]));
    assert!(written.starts_with("refused: X-H: items that hold"), "{written}");
    let written = write("query", rule("q", Form, true), &json!({ "a&b=c": "d&e=f" }));
    assert_eq!(written, "a%26b%3Dc=d%26e%3Df");
}

#[test]
fn deep_objects_nest() {
    let value = json!({ "a": { "b": [1, { "c": true }] }, "d[e]": null, "f g": "h&i" });
    assert_eq!(
        write("query", rule("q", DeepObject, true), &value),
        "q%5Ba%5D%5Bb%5D%5B0%5D=1&q%5Ba%5D%5Bb%5D%5B1%5D%5Bc%5D=true&q%5Bf%20g%5D=h%26i"
    );
}

#[test]
fn nesting_that_a_style_cannot_write_is_refused_outside_of_a_query() {
    for (place, style) in [("path", Simple), ("header", Simple), ("cookie", Form)] {
        for value in [json!([["a"]]), json!({ "a": { "b": 1 } })] {
            let written = write(place, rule("color", style, false), &value);
            assert!(written.starts_with("refused: color: lists and objects inside"), "{place}: {written}");
        }
    }
}

#[test]
fn t01_path_values_are_judged_whatever_wrote_them() {
    for value in [
        json!(".."),
        json!("%2e%2e"),
        json!(["a", ".."]),
        json!({ "a": "b/c" }),
        json!("..;x"),
        json!("\u{0}"),
    ] {
        let written = write("path", rule("p", Simple, false), &value);
        assert!(written.starts_with("refused: p: "), "{value}: {written}");
    }
}

#[test]
fn t06_reserved_headers_are_refused_whatever_a_table_says() {
    for name in [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "Connection",
        "TE",
        "Upgrade",
        "Authorization",
        "Cookie",
        "Proxy-Authorization",
        "Forwarded",
        "X-Forwarded-For",
        "Expect",
        "Content-Type",
        "bad name",
    ] {
        let written = write("header", rule(name, Simple, false), &json!("x"));
        assert!(written.contains("is a header that arguments may not set"), "{name}: {written}");
    }
    for value in ["x\r\nX-Admin: 1", "x\n", "x\u{0}", "\tx", "é", " x", "x ", "\u{7f}"] {
        let written = write("header", rule("X-H", Simple, false), &json!(value));
        assert!(written.starts_with("refused: X-H: "), "{value:?}: {written}");
    }
}

#[test]
fn t05_a_free_object_cannot_take_the_name_of_another_parameter() {
    static LEVEL: rt::ParameterRule = rt::ParameterRule {
        name: "level",
        style: Form,
        explode: true,
        allow_reserved: false,
        allow_empty: false,
    };
    static FREE: rt::ParameterRule = rt::ParameterRule { name: "free", ..LEVEL };
    let mut parts = rt::Parts::default();
    parts.query(&LEVEL, &"DEV");
    parts.query(&FREE, &json!({ "level": "PRD" }));
    assert_eq!(
        parts.problems().to_string(),
        "free: its member `level` has the name of another query parameter"
    );
    assert_eq!(parts.query_pairs(), [("level".to_owned(), "DEV".to_owned())]);
}
