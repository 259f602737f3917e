//! What the golden programs send as a body: forms, parts, files, text.

use serde_json::{Value, json};

use crate::programs::{files, forms, multipart, prepare, refused, request, tool};

const FORM: &str = "application/x-www-form-urlencoded";

/// The parts of a multipart body: the headers that matter, then the content.
fn parts(written: &Value) -> Vec<String> {
    let (_, text) = written["body"].as_object().and_then(|body| body.iter().next()).expect("has a body");
    let text = text.as_str().expect("a body is text");
    let inner = text.strip_suffix("\n--BOUNDARY--\n").expect("the last boundary closes");
    inner
        .split("--BOUNDARY\n")
        .skip(1)
        .map(|part| {
            part.trim_end_matches('\n').replace("Content-Disposition: form-data; ", "").replace('\n', "|")
        })
        .collect()
}

#[test]
fn a_form_has_a_pair_for_each_value_and_objects_as_json() {
    let written = request(
        forms::catalog(),
        "plain",
        json!({"name": "a b&c", "count": 2, "tags": ["x", "y"], "address": {"city": "Ulm"}}),
    );
    let expected = "name=a+b%26c&count=2&tags=x&tags=y&address=%7B%22city%22%3A%22Ulm%22%7D";
    assert_eq!(written, json!({"body": {FORM: expected}}));
    // There is no way to write null into a form.
    assert_eq!(refused(forms::catalog(), "plain", json!({"name": "a", "note": null})), ["note: type"]);
    assert_eq!(
        refused(forms::catalog(), "plain", json!({"count": 0, "else": 1})),
        ["name: required", "count: minimum", "else: additionalProperties"]
    );
}

#[test]
fn members_of_a_form_are_written_in_their_style() {
    let written = request(
        forms::catalog(),
        "styles",
        json!({
            "form": ["a", "b"], "joined": ["a", "b"], "spaced": ["a", "b"], "piped": ["a", "b"],
            "spread": {"x": 1, "y": 2}, "deep": {"name": "n", "inner": {"flags": [true, false]}},
            "reserved": "a/b&c", "asJson": "x", "aslist": [1, 2]
        }),
    );
    let expected = "form=a&form=b&joined=a,b&spaced=a+b&piped=a%7Cb&x=1&y=2&deep%5Bname%5D=n\
                    &deep%5Binner%5D%5Bflags%5D%5B0%5D=true&deep%5Binner%5D%5Bflags%5D%5B1%5D=false\
                    &reserved=a/b%26c&asJson=%22x%22&aslist=%5B1%2C2%5D";
    assert_eq!(written, json!({"body": {FORM: expected}}));
    assert_eq!(tool(forms::catalog(), "styles").secrets, ["/deep/secret"]);
}

#[test]
fn lists_are_written_as_the_overlay_says_the_vendor_reads_them() {
    let api = forms::catalog();
    let written = request(
        api,
        "vendor",
        json!({"ids": [1, 2], "again": ["a", "b"], "lines": [{"name": "n", "inner": {"flags": [true]}}], "meta": {"k": "v"}}),
    );
    let expected = "ids[]=1&ids[]=2&again=a&again=b&lines[0][name]=n&lines[0][inner][flags][]=true&meta[k]=v"
        .replace('[', "%5B")
        .replace(']', "%5D");
    assert_eq!(written, json!({"body": {FORM: expected}}));
    assert_eq!(request(api, "vendor", json!({"meta": ""})), json!({"body": {FORM: "meta="}}));
    assert_eq!(
        request(api, "search", json!({"expand": ["a", "b"]})),
        json!({"query": ["expand%5B%5D=a", "expand%5B%5D=b"]})
    );
    assert_eq!(request(api, "search", json!({})), json!({}), "a body that can hold nothing is no argument");
}

#[test]
fn a_form_that_is_one_argument_is_written_alike() {
    let api = forms::catalog();
    let written =
        request(api, "collision", json!({"name": "p", "body": {"name": "b", "inner": {"flags": [true]}}}));
    let expected = "name=b&inner%5Bflags%5D%5B0%5D=true";
    assert_eq!(written, json!({"path": ["p"], "body": {FORM: expected}}));
    assert_eq!(request(api, "untyped", json!({"body": {"a": [1, 2]}})), json!({"body": {FORM: "a=1&a=2"}}));
    assert_eq!(refused(api, "untyped", json!({"body": [1]})), ["body: type"]);
    assert_eq!(request(api, "written", json!({"body": "a=1"})), json!({"body": {FORM: "a=1"}}));
    assert_eq!(refused(api, "written", json!({"body": "a=é"})), ["body: form"]);
}

#[test]
fn each_media_type_can_be_chosen_or_have_a_tool_of_its_own() {
    let api = forms::catalog();
    assert_eq!(request(api, "choice", json!({"name": "n"})), json!({"body": {"name": "n"}}));
    assert_eq!(request(api, "choice_as_form", json!({"name": "n"})), json!({"body": {FORM: "name=n"}}));
    let patch = json!({"body": {"application/merge-patch+json": "{\"name\":\"pinned\"}"}});
    assert_eq!(request(api, "choice_as_patch", json!({})), patch);
    assert_eq!(tool(api, "choice_as_patch").title, "As a patch");
    assert_eq!(request(api, "chosen", json!({"name": "n"})), json!({"body": {FORM: "name=n"}}));
    assert_eq!(request(api, "chosen", json!({})), json!({}));
}

#[test]
fn parts_are_values_json_files_and_xml() {
    let api = multipart::catalog();
    let id = "0b6b8f9e-8a6b-4c50-9d2f-0d8a3f8a9b11";
    let written = request(
        api,
        "upload",
        json!({
            "id": id, "address": {"city": "Ulm"}, "file": {"text": "hello", "filename": "a.txt", "contentType": "text/plain"},
            "picture": {"base64": "QUJD"}, "pictures": [{"text": "1"}, {"text": "2", "contentType": "image/jpeg"}],
            "scan": {"text": "s", "contentType": "image/tiff"}, "encoded": "QUJD", "history": "<h/>", "tags": ["x", "y"]
        }),
    );
    let expected = [
        &*format!("name=\"id\"||{id}"),
        "name=\"address\"|Content-Type: application/json||{\"city\":\"Ulm\"}",
        "name=\"file\"; filename=\"a.txt\"|Content-Type: text/plain||hello",
        "name=\"picture\"; filename=\"picture\"|Content-Type: image/png||ABC",
        "name=\"pictures\"; filename=\"pictures\"|Content-Type: image/png||1",
        "name=\"pictures\"; filename=\"pictures\"|Content-Type: image/jpeg||2",
        "name=\"scan\"; filename=\"scan\"|Content-Type: image/tiff|X-Kind: scan||s",
        "name=\"encoded\"|Content-Transfer-Encoding: base64||QUJD",
        "name=\"history\"|Content-Type: application/xml; charset=utf-8||<h/>",
        "name=\"tags\"|Content-Type: text/plain||x",
        "name=\"tags\"|Content-Type: text/plain||y",
    ];
    assert_eq!(parts(&written), expected);
}

#[test]
fn a_file_is_exactly_what_its_schema_says() {
    let api = multipart::catalog();
    for (file, problem) in [
        (json!("text"), "file: type"),
        (json!({}), "file: oneOf"),
        (json!({"text": "", "base64": ""}), "file: oneOf"),
        (json!({"base64": "QR=="}), "file.base64: format"),
        (json!({"text": "", "filename": "a/b"}), "file.filename: pattern"),
        (json!({"text": "", "filename": "a\nb"}), "file.filename: characters"),
        (json!({"text": "", "contentType": "text"}), "file.contentType: enum"),
        (json!({"text": "", "contentType": "text/plain\nX: y"}), "file.contentType: enum"),
        (json!({"text": "", "else": 1}), "file.else: additionalProperties"),
    ] {
        assert_eq!(refused(api, "upload", json!({"file": file})), [problem], "{file}");
    }
    let pictures = |file: Value| refused(api, "upload", json!({"file": {"text": ""}, "pictures": [file]}));
    assert_eq!(pictures(json!({"text": "", "contentType": "image/gif"})), ["pictures[0].contentType: enum"]);
    let range = |file: Value| refused(api, "range", json!({"file": file}));
    assert_eq!(range(json!({"text": ""})), ["file.contentType: required"]);
    assert_eq!(range(json!({"text": "", "contentType": "video/mp4"})), ["file.contentType: enum"]);
    assert_eq!(refused(api, "upload", json!({"file": {"text": ""}, "history": "<h>"})), ["history: xml"]);
}

#[test]
fn accepted_files_are_kept_in_the_canonical_arguments() {
    let given = json!({"file": {"text": "x", "filename": "a", "contentType": "a/b"}});
    let prepared = prepare(multipart::catalog(), "upload", given.clone());
    assert_eq!(prepared.expect("is accepted").arguments, given);
}

#[test]
fn styles_and_lists_make_parts_of_their_pairs() {
    let written = request(
        multipart::catalog(),
        "styles",
        json!({
            "list": ["a", "b"], "spread": {"x": 1}, "deep": {"x": [1]}, "plain": ["a", "b"],
            "named": [{"text": "1"}], "json": "x"
        }),
    );
    let expected = [
        "name=\"list\"||a|b".replace("a|b", "a%7Cb"),
        "name=\"x\"||1".to_owned(),
        "name=\"deep[x][0]\"||1".to_owned(),
        "name=\"plain\"||a".to_owned(),
        "name=\"plain\"||b".to_owned(),
        "name=\"named[]\"; filename=\"named\"|Content-Type: image/png||1".to_owned(),
        "name=\"json\"|Content-Type: application/vnd.thing+json||\"x\"".to_owned(),
    ];
    assert_eq!(parts(&written), expected.map(|part| part.replace("%7C", "|")));
}

#[test]
fn a_multipart_body_may_be_one_argument_a_choice_or_a_list() {
    let api = multipart::catalog();
    let mail = json!({"letter": {"text": "pdf", "filename": "l.pdf"}, "to": {"name": "n", "photo": "p"}});
    let expected = [
        "name=\"letter\"; filename=\"l.pdf\"|Content-Type: application/pdf||pdf",
        "name=\"to\"|Content-Type: application/json||{\"name\":\"n\",\"photo\":\"p\"}",
    ];
    assert_eq!(parts(&request(api, "nested", json!({"body": mail}))), expected);
    assert_eq!(parts(&request(api, "union", json!({"body": mail}))), expected);
    assert_eq!(parts(&request(api, "union", json!({"body": {"url": "u"}}))), ["name=\"url\"||u"]);
    assert_eq!(refused(api, "nested", json!({"body": {"letter": "text"}})), ["body.letter: type"]);
    let list = request(api, "list", json!({"body": [{"text": "1"}, {"text": "2", "filename": "2.png"}]}));
    let expected = [
        "Content-Type: image/png||1",
        "Content-Disposition: attachment; filename=\"2.png\"|Content-Type: image/png||2",
    ];
    assert_eq!(parts(&list), expected);
}

#[test]
fn forms_of_swagger_are_written_by_their_collection_format() {
    let api = files::catalog();
    let given = json!({"name": "n", "many": ["a", "b"], "commas": ["a", "b"], "pipes": [1, 2]});
    let expected = "name=n&many=a&many=b&commas=a,b&pipes=1%7C2";
    assert_eq!(request(api, "form", given), json!({"body": {FORM: expected}}));
    let given = json!({"id": "1", "file": {"text": "x"}, "commas": ["a", "b"], "public": true});
    let expected = [
        "name=\"file\"; filename=\"file\"|Content-Type: application/octet-stream||x",
        "name=\"commas\"||a,b",
        "name=\"public\"||true",
    ];
    assert_eq!(parts(&request(api, "upload", given)), expected);
}

#[test]
fn whole_bodies_are_bytes_text_or_xml() {
    let api = files::catalog();
    let body = |name: &str, body: Value| request(api, name, json!({"body": body}))["body"].clone();
    assert_eq!(body("bytes", json!({"base64": "QUJD"})), json!({"application/x-tar": "ABC"}));
    assert_eq!(
        refused(api, "bytes", json!({"body": {"text": "", "contentType": "a/b", "filename": "f"}})),
        ["body.contentType: additionalProperties", "body.filename: additionalProperties"]
    );
    assert_eq!(body("any_bytes", json!({"text": "x"})), json!({"application/octet-stream": "x"}));
    assert_eq!(body("any_bytes", json!({"text": "x", "contentType": "a/b"})), json!({"a/b": "x"}));
    assert_eq!(request(api, "any_bytes", json!({})), json!({}));
    assert_eq!(body("image", json!({"text": "x", "contentType": "image/gif"})), json!({"image/gif": "x"}));
    assert_eq!(refused(api, "image", json!({"body": {"text": "x"}})), ["body.contentType: required"]);
    assert_eq!(body("text", json!("hé")), json!({"text/plain; charset=utf-8": "hé"}));
    assert_eq!(refused(api, "text", json!({"body": "too long by far"})), ["body: maxLength"]);
    assert_eq!(body("number", json!(7)), json!({"text/plain": "7"}));
    assert_eq!(body("xml", json!("<a/>")), json!({"application/xml": "<a/>"}));
    assert_eq!(refused(api, "xml", json!({"body": "<a>"})), ["body: xml"]);
    assert_eq!(refused(api, "xml", json!({"body": {"a": "x"}})), ["body: type"]);
}
