//! The kinds of bodies, each from the specification's own examples, and what none of them lets through.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use server::generated as rt;
use server::generated::serde_json::{Value, json};
use server::request::Body;

const LIMIT: usize = 1 << 20;

/// Writes a whole body, or gives the refusal: path, rule, message.
fn write_within(limit: usize, rule: rt::BodyRule, value: &Value) -> Result<Body, String> {
    let rule: &'static rt::BodyRule = Box::leak(Box::new(rule));
    let mut parts = rt::Parts::default();
    parts.media(rule);
    parts.body(value);
    parts.finish(limit);
    match parts.problems().iter().next() {
        Some(problem) => Err(format!("{} ({}): {}", problem.path, problem.rule, problem.message)),
        None => Ok(parts.sent_body().unwrap().clone()),
    }
}

/// The body as text under its media type; a boundary reads `BOUNDARY`, and line ends are plain.
fn write(media_type: &'static str, kind: rt::BodyKind, value: Value) -> String {
    let body = match write_within(LIMIT, rt::BodyRule { media_type, kind }, &value) {
        Ok(body) => body,
        Err(refusal) => return format!("refused: {refusal}"),
    };
    let text = String::from_utf8_lossy(&body.bytes).replace("\r\n", "\n");
    match body.content_type.split_once("boundary=") {
        Some((start, boundary)) => format!("{start}boundary=BOUNDARY\n{text}").replace(boundary, "BOUNDARY"),
        None => format!("{}\n{text}", body.content_type),
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn form(rules: Vec<rt::ParameterRule>, value: Value) -> String {
    let written = write(FORM, rt::BodyKind::Form(Vec::leak(rules)), value);
    written.strip_prefix("application/x-www-form-urlencoded\n").unwrap_or(&written).to_owned()
}

fn styled(name: &'static str, style: rt::Style, explode: bool) -> rt::ParameterRule {
    rt::ParameterRule { name, style, explode, allow_reserved: false, allow_empty: false }
}

fn multipart(named: Vec<rt::PartRule>, value: Value) -> String {
    let rule = rt::MultipartRule { named: Vec::leak(named), first: &[], other: rt::PartRule::PLAIN };
    write("multipart/form-data", rt::BodyKind::Multipart(Box::leak(Box::new(rule))), value)
}

fn part(name: &'static str, kind: rt::PartKind, content_type: Option<&'static str>) -> rt::PartRule {
    rt::PartRule { name, kind, content_type, ..rt::PartRule::PLAIN }
}

fn address() -> Value {
    json!({"streetAddress": "123 Example Dr.", "city": "Somewhere", "state": "CA", "zip": "99999+1234"})
}

#[test]
fn bodies_are_whole_or_made_of_members() {
    let sent = |parts: &mut rt::Parts| {
        parts.finish(LIMIT);
        parts.sent_body().map(|body| String::from_utf8(body.bytes.to_vec()).unwrap())
    };
    assert_eq!(sent(&mut rt::Parts::default()), None);
    let mut parts = rt::Parts::default();
    parts.object_body();
    assert_eq!(sent(&mut parts).unwrap(), "{}");
    let mut parts = rt::Parts::default();
    parts.member("a", &1_i64);
    parts.member("b", &None::<i64>);
    assert_eq!(sent(&mut parts).unwrap(), r#"{"a":1,"b":null}"#);
    assert_eq!(parts.sent_body().unwrap().content_type, "application/json");
    let mut parts = rt::Parts::default();
    parts.body(&json!([1]));
    assert_eq!(sent(&mut parts).unwrap(), "[1]");
}

#[test]
fn json_keeps_the_media_type_that_is_declared() {
    let written = write("application/merge-patch+json", rt::BodyKind::Json, json!({"a": [null, "é"]}));
    assert_eq!(written, "application/merge-patch+json\n{\"a\":[null,\"é\"]}");
}

#[test]
fn a_form_writes_objects_as_json_where_only_the_media_type_decides() {
    let id = "f81d4fae-7dec-11d0-a765-00a0c91e6bf6";
    assert_eq!(
        form(Vec::new(), json!({"id": id, "address": address()})),
        format!(
            "id={id}&address=%7B%22streetAddress%22%3A%22123+Example+Dr.%22%2C%22city%22%3A%22Somewhere%22%2C%22state%22%3A%22CA%22%2C%22zip%22%3A%2299999%2B1234%22%7D"
        )
    );
    assert_eq!(form(vec![styled("id", rt::Style::Json, false)], json!({"id": id})), format!("id=%22{id}%22"));
}

#[test]
fn a_form_writes_members_by_their_style() {
    use rt::Style::{DeepObject, Form, PipeDelimited, SpaceDelimited};
    let object = json!({"R": 100, "G": 200});
    let list = json!(["blue", "black"]);
    for (style, explode, value, expected) in [
        (Form, true, json!("blue"), "color=blue"),
        (Form, true, list.clone(), "color=blue&color=black"),
        (Form, false, list.clone(), "color=blue,black"),
        (Form, true, object.clone(), "R=100&G=200"),
        (Form, false, object.clone(), "color=R,100,G,200"),
        (SpaceDelimited, false, list.clone(), "color=blue+black"),
        (PipeDelimited, false, list.clone(), "color=blue%7Cblack"),
        (DeepObject, true, object, "color%5BR%5D=100&color%5BG%5D=200"),
        (Form, true, json!(null), ""),
        (Form, true, json!([]), ""),
    ] {
        assert_eq!(
            form(vec![styled("color", style, explode)], json!({"color": value})),
            expected,
            "{style:?}"
        );
    }
}

#[test]
fn nested_values_are_written_with_brackets_and_lists_as_the_vendor_reads_them() {
    use rt::Style::{DeepBrackets, DeepObject, DeepRepeated};
    let value =
        json!({"items": [{"price": "p 1", "tags": ["a", "b"]}, {"price": "p2"}], "note": null, "on": true});
    for (style, expected) in [
        (
            DeepObject,
            "x[items][0][price]=p+1&x[items][0][tags][0]=a&x[items][0][tags][1]=b&x[items][1][price]=p2&x[on]=true",
        ),
        (
            DeepBrackets,
            "x[items][0][price]=p+1&x[items][0][tags][]=a&x[items][0][tags][]=b&x[items][1][price]=p2&x[on]=true",
        ),
        (
            DeepRepeated,
            "x[items][0][price]=p+1&x[items][0][tags]=a&x[items][0][tags]=b&x[items][1][price]=p2&x[on]=true",
        ),
    ] {
        let written = form(vec![styled("x", style, true)], json!({"x": value}));
        assert_eq!(written.replace("%5B", "[").replace("%5D", "]"), expected);
    }
    assert_eq!(form(vec![styled("expand", DeepObject, true)], json!({"expand": ["a"]})), "expand%5B0%5D=a");
}

#[test]
fn no_name_or_value_of_a_form_ends_its_pair() {
    assert_eq!(
        form(Vec::new(), json!({"a&b=c": "d&e=f", "g": ["+", "é%"], "h": "~x y"})),
        "a%26b%3Dc=d%26e%3Df&g=%2B&g=%C3%A9%25&h=~x+y"
    );
}

#[test]
fn a_form_without_names_is_a_list_or_written_already() {
    assert_eq!(form(Vec::new(), json!(["a", "b"])), "0=a&1=b");
    assert_eq!(form(Vec::new(), json!("a=1&b=%20")), "a=1&b=%20");
    assert_eq!(
        form(Vec::new(), json!("a=1\r\nb")),
        "refused: body (form): is no form: write `name=value` pairs with `&` between, percent-encoded"
    );
    assert!(form(Vec::new(), json!("a=%2")).starts_with("refused: "));
    assert_eq!(
        form(Vec::new(), json!(7)),
        "refused: body (form): must be an object: a form has a name for each value"
    );
}

#[test]
fn a_member_that_its_style_cannot_write_is_named() {
    let refused = form(vec![styled("a", rt::Style::Form, true)], json!({"a": {"b": {"c": 1}}}));
    assert!(refused.starts_with("refused: body.a (parameter): "), "{refused}");
}

#[test]
fn a_multipart_body_has_a_part_for_each_member_and_item_in_order() {
    let rules = vec![
        part("profileImage", rt::PartKind::File, Some("image/png")),
        part("historyMetadata", rt::PartKind::Xml, Some("application/xml; charset=utf-8")),
    ];
    let value = json!({
        "id": "f81d4fae", "address": {"city": "Somewhere"}, "note": null, "tags": ["a", {"b": 1}],
        "historyMetadata": "<a/>", "profileImage": {"base64": "AAEC", "filename": "me.png"},
    });
    let written = multipart(rules, value);
    let expected = "multipart/form-data; boundary=BOUNDARY\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"id\"\n\nf81d4fae\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"address\"\nContent-Type: application/json\n\n{\"city\":\"Somewhere\"}\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"tags\"\n\na\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"tags\"\nContent-Type: application/json\n\n{\"b\":1}\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"historyMetadata\"\nContent-Type: application/xml; charset=utf-8\n\n<a/>\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"profileImage\"; filename=\"me.png\"\nContent-Type: image/png\n\n\u{0}\u{1}\u{2}\n\
        --BOUNDARY--\n";
    assert_eq!(written, expected);
}

#[test]
fn parts_have_the_headers_styles_and_types_that_are_declared() {
    let list: &'static rt::ParameterRule =
        Box::leak(Box::new(styled("list", rt::Style::PipeDelimited, false)));
    let deep: &'static rt::ParameterRule = Box::leak(Box::new(styled("deep", rt::Style::DeepObject, true)));
    let rules = vec![
        rt::PartRule {
            headers: &[("X-Kind", "thing")],
            ..part("text", rt::PartKind::Value, Some("text/csv"))
        },
        part("json", rt::PartKind::Json, Some("application/json")),
        part("list", rt::PartKind::Styled(list), None),
        part("deep", rt::PartKind::Styled(deep), None),
    ];
    let value = json!({"text": "é", "json": "x", "list": ["a b", "c"], "deep": {"k e": [1]}});
    let expected = "multipart/form-data; boundary=BOUNDARY\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"text\"\nContent-Type: text/csv; charset=utf-8\nX-Kind: thing\n\né\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"json\"\nContent-Type: application/json\n\n\"x\"\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"list\"\n\na b|c\n\
        --BOUNDARY\nContent-Disposition: form-data; name=\"deep[k e][0]\"\n\n1\n\
        --BOUNDARY--\n";
    assert_eq!(multipart(rules, value), expected);
}

#[test]
fn a_list_makes_parts_without_names() {
    static RULE: rt::MultipartRule = rt::MultipartRule {
        named: &[],
        first: &[rt::PartRule { kind: rt::PartKind::Json, ..rt::PartRule::PLAIN }],
        other: rt::PartRule {
            kind: rt::PartKind::File,
            content_type: Some("image/png"),
            ..rt::PartRule::PLAIN
        },
    };
    let value = json!([{"a": 1}, {"text": "x", "filename": "x.png"}]);
    let expected = "multipart/related; boundary=BOUNDARY\n\
        --BOUNDARY\nContent-Type: application/json\n\n{\"a\":1}\n\
        --BOUNDARY\nContent-Disposition: attachment; filename=\"x.png\"\nContent-Type: image/png\n\nx\n\
        --BOUNDARY--\n";
    assert_eq!(write("multipart/related", rt::BodyKind::Multipart(&RULE), value), expected);
}

#[test]
fn no_name_of_a_part_or_a_file_ends_its_header() {
    let files = || vec![part("f", rt::PartKind::File, None)];
    let written =
        multipart(files(), json!({"a\"; x=\"\\": "1", "f": {"text": "", "filename": "é\";filename=\"b"}}));
    assert!(written.contains("name=\"a%22; x=%22%5C\"\n"), "{written}");
    assert!(written.contains("filename=\"é%22;filename=%22b\"\n"), "{written}");
    for value in [
        json!({"a\r\nX-Evil: 1": "1"}),
        json!({"f": {"text": "", "filename": "a\r\nX-Evil: 1"}}),
        json!({"f": {"text": "", "contentType": "a/b\r\nX-Evil: 1"}}),
    ] {
        let written = multipart(files(), value);
        assert!(written.starts_with("refused: ") && written.contains("(characters)"), "{written}");
    }
}

#[test]
fn a_file_without_a_name_is_called_like_its_member() {
    let written =
        multipart(vec![part("f", rt::PartKind::File, None)], json!({"f": [{"text": "x"}, {"text": "y"}]}));
    assert_eq!(
        written.matches("name=\"f\"; filename=\"f\"\nContent-Type: application/octet-stream\n").count(),
        2
    );
}

#[test]
fn the_parts_of_a_list_are_called_as_the_vendor_reads_them() {
    for (lists, names) in [
        (rt::Lists::Repeated, ["f", "f"]),
        (rt::Lists::Brackets, ["f[]", "f[]"]),
        (rt::Lists::Indexed, ["f[0]", "f[2]"]),
    ] {
        let rule = rt::PartRule { lists, ..part("f", rt::PartKind::Value, None) };
        let written = multipart(vec![rule], json!({"f": ["a", null, "b"]}));
        let told = |name: &&str| written.contains(&format!("form-data; name=\"{name}\"\n"));
        assert!(names.iter().all(told) && written.matches("name=").count() == 2, "{written}");
    }
}

#[test]
fn text_says_its_encoding_only_where_it_must() {
    assert_eq!(write("text/plain", rt::BodyKind::Text, json!("plain")), "text/plain\nplain");
    assert_eq!(write("text/plain", rt::BodyKind::Text, json!("é")), "text/plain; charset=utf-8\né");
    assert_eq!(
        write("text/csv; charset=UTF-8", rt::BodyKind::Text, json!("é")),
        "text/csv; charset=UTF-8\né"
    );
    assert_eq!(write("text/plain", rt::BodyKind::Text, json!(7)), "text/plain\n7");
}

#[test]
fn xml_is_sent_when_it_is_well_formed() {
    let xml =
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b='1'><!-- c --><d>&lt;&#x41;</d><![CDATA[<]]></a>\n";
    assert_eq!(write("application/xml", rt::BodyKind::Xml, json!(xml)), format!("application/xml\n{xml}"));
    for broken in [
        "",
        "text",
        "<a>",
        "<a></b>",
        "</a>",
        "<a/><b/>",
        "<a/>text",
        "<a b></a>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<1/>",
        "<a>&nothing;</a>",
        "<a>]]></a>",
        "<a",
        " <?xml version=\"1.0\"?><a/>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
        "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a/>",
    ] {
        let written = write("application/xml", rt::BodyKind::Xml, json!(broken));
        assert!(written.starts_with("refused: body (xml): is no well-formed XML"), "{broken}: {written}");
    }
}

#[test]
fn bytes_are_text_or_base64_under_a_type_that_is_no_range() {
    let bytes = |media_type, value| write(media_type, rt::BodyKind::Bytes, value);
    assert_eq!(bytes("application/x-tar", json!({"base64": "QUI="})), "application/x-tar\nAB");
    assert_eq!(bytes("image/*", json!({"text": "é", "contentType": "image/svg+xml"})), "image/svg+xml\né");
    assert_eq!(bytes("*/*", json!({"text": ""})), "application/octet-stream\n");
    assert!(bytes("a/b", json!({"base64": "A"})).starts_with("refused: body (format)"));
    assert!(bytes("a/b", json!({"base64": "", "text": ""})).starts_with("refused: body (oneOf)"));
    assert_eq!(bytes("a/b", json!("what only a schema judged")), "a/b\nwhat only a schema judged");
    assert!(bytes("a/b", json!({"text": "", "contentType": "a/b\nc"})).starts_with("refused: body"));
}

#[test]
fn no_body_is_larger_than_what_is_allowed() {
    static FILE: rt::MultipartRule = rt::MultipartRule { named: &[], first: &[], other: rt::PartRule::PLAIN };
    let text = "x".repeat(100);
    for (kind, value) in [
        (rt::BodyKind::Json, json!({"a": text})),
        (rt::BodyKind::Form(&[]), json!({"a": text, "b": "&"})),
        (rt::BodyKind::Multipart(&FILE), json!({"a": text})),
        (rt::BodyKind::Text, json!(text)),
        (rt::BodyKind::Xml, json!(format!("<a>{text}</a>"))),
        (rt::BodyKind::Bytes, json!({"text": text})),
    ] {
        let rule = rt::BodyRule { media_type: "a/b", kind };
        let length = write_within(LIMIT, rule, &value).unwrap().bytes.len();
        assert_eq!(write_within(length, rule, &value).unwrap().bytes.len(), length);
        let refusal = write_within(length - 1, rule, &value).unwrap_err();
        let limit = length - 1;
        assert_eq!(
            refusal,
            format!("body (size): makes a body larger than the {limit} bytes that are accepted")
        );
    }
}

#[test]
fn names_that_repeat_without_end_are_refused_before_they_fill_the_memory() {
    let name: &'static str = String::leak("n".repeat(1 << 20));
    let items: Vec<u8> = vec![0; 1000];
    let written = form(vec![styled(name, rt::Style::DeepObject, true)], json!({name: items}));
    assert!(written.contains("(parameter): is too large to be written"));
}

#[test]
fn what_is_in_a_body_is_never_printed() {
    let body = write_within(LIMIT, rt::BodyRule::JSON, &json!({"a": "canary"})).unwrap();
    assert_eq!(format!("{body:?}"), "Body(application/json, 14 bytes)");
    let mut parts = rt::Parts::default();
    parts.member("a", &"canary");
    assert!(!format!("{parts:?}").contains("canary"));
    parts.finish(LIMIT);
    assert!(!format!("{parts:?}").contains("canary"));
}
