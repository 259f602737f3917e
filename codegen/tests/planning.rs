//! What the planning decides and reports, from small documents to tools.

use codegen::plan::{Planned, plan};
use openapi::Reading;
use openapi::ir::Api;
use serde_json::Value;

/// Wraps the paths of a document and reads it.
fn read(paths: &str) -> Reading {
    let text = format!("openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\npaths:\n{paths}");
    openapi::read_texts(vec![("api.yaml".to_owned(), text.into_bytes())], None)
}

/// The API of a document without errors.
fn api(paths: &str) -> Api {
    let reading = read(paths);
    let report = openapi::text::render(&reading.report);
    reading.api.filter(|_| !reading.report.has_errors()).unwrap_or_else(|| panic!("{report}"))
}

fn planned(paths: &str) -> Planned {
    plan(&api(paths))
}

/// The document gives these problems, `rule at pointer`, and these tools.
fn check(paths: &str, problems: &[&str], tools: &[&str]) {
    let planned = planned(paths);
    let found: Vec<String> = planned
        .report
        .problems
        .iter()
        .map(|problem| format!("{} at {}", problem.rule, problem.place.pointer))
        .collect();
    assert_eq!(found, problems);
    let names: Vec<&str> = planned.plan.tools.iter().map(|tool| tool.name.as_str()).collect();
    assert_eq!(names, tools);
}

const DONE: &str = "responses: {'204': {description: Done.}}";

#[test]
fn tools_with_names_alike_are_refused() {
    let paths = format!(
        "  /a: {{get: {{operationId: getItem1, {DONE}}}}}\n  /b: {{get: {{operationId: getIteml, {DONE}}}}}\n  /c: {{get: {{operationId: other, {DONE}}}}}"
    );
    check(&paths, &["tool-name-clash at /paths/~1b/get"], &["get_item1", "other"]);
    let planned = planned(&paths);
    assert!(
        planned.report.problems[0].message.contains("/paths/~1a/get"),
        "{}",
        planned.report.problems[0].message
    );
}

#[test]
fn an_identifier_without_ascii_letters_gives_way_to_the_path() {
    let paths = format!(
        "  /a/{{id}}: {{get: {{operationId: 取得, parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}], {DONE}}}}}"
    );
    check(&paths, &["tool-name-from-path at /paths/~1a~1{id}/get"], &["get_a_id"]);
}

#[test]
fn a_body_that_cannot_be_sent_is_an_error_with_its_operation() {
    let paths = format!(
        "  /a: {{post: {{operationId: upload, requestBody: {{content: {{application/octet-stream: {{}}}}}}, {DONE}}}}}"
    );
    check(&paths, &["unsupported-body at /paths/~1a/post/requestBody"], &[]);
}

fn body(members: &str, rest: &str) -> String {
    format!(
        "  /a:\n    post:\n      operationId: a\n{rest}      requestBody: {{required: true, content: {{application/json: {{schema: {{type: object, {members}}}}}}}}}\n      {DONE}"
    )
}

const PROPERTY: &str = "/paths/~1a/post/requestBody/content/application~1json/schema/properties/x";

#[test]
fn what_must_be_given_cannot_be_hidden_or_gated() {
    let hidden = body("required: [x], properties: {x: {type: string, x-mcp: {hidden: true}}}", "");
    check(&hidden, &[&format!("hidden-required at {PROPERTY}")], &["a"]);
    let gated = body("required: [x], properties: {x: {type: string, x-mcp: {gate: callbacks}}}", "");
    check(&gated, &[&format!("gated-required at {PROPERTY}")], &["a"]);
}

#[test]
fn a_flat_body_that_cannot_be_is_an_error() {
    let paths = body(
        "properties: {x: {type: string}}",
        "      parameters: [{name: x, in: query, schema: {type: string}}]\n      x-mcp: {body: flat}\n",
    );
    check(&paths, &["body-not-flat at /paths/~1a/post/requestBody"], &["a"]);
}

#[test]
fn hints_inside_a_union_are_errors_because_they_would_not_hold() {
    let paths = body(
        "properties: {x: {oneOf: [{type: object, properties: {u: {type: string, x-mcp: {callback-url: true}}}}, {type: integer}]}}",
        "",
    );
    let planned = planned(&paths);
    let rules: Vec<&str> = planned.report.problems.iter().map(|problem| problem.rule).collect();
    assert_eq!(rules, ["hint-in-union"]);
}

#[test]
fn a_reference_to_an_odd_name_keeps_its_meaning() {
    let components = "\ncomponents: {schemas: {'A B': {type: string, not: {enum: [z]}}}}\n";
    let paths = body("properties: {x: {not: {$ref: '#/components/schemas/A%20B'}}}", "") + components;
    let planned = planned(&paths);
    let schema = &planned.plan.tools[0].input_schema;
    assert!(schema.contains(r#"{"not":{"type":"string","not":{"enum":["z"]}}}"#), "{schema}");
}

#[test]
fn only_reads_are_cached() {
    let paths = format!("  /a: {{post: {{operationId: a, x-mcp: {{cache: {{ttl: 5}}}}, {DONE}}}}}");
    let reading = read(&paths);
    let [problem] = &reading.report.problems[..] else { panic!("one problem: {:?}", reading.report) };
    assert_eq!((problem.rule, problem.place.pointer.as_str()), ("hint", "/paths/~1a/post"));
    let planned = plan(&reading.api.expect("the document is readable"));
    assert_eq!(planned.report.problems, []);
    let ttl: Vec<_> = planned.plan.tools.iter().map(|tool| tool.cache_seconds).collect();
    assert_eq!(ttl, [None]);
}

#[test]
fn an_input_schema_is_small_closed_and_in_order() {
    let paths = body(
        "required: [b], properties: {b: {$ref: '#/components/schemas/B'}, a: {type: integer, default: 3}}",
        "      parameters: [{name: z, in: query, description: Last letter., schema: {type: string}}]\n",
    ) + "\ncomponents: {schemas: {B: {type: object, properties: {c: {type: boolean}}}}}";
    let planned = planned(&paths);
    let expected = r#"{"type":"object","properties":{"z":{"type":"string","description":"Last letter."},"b":{"type":"object","properties":{"c":{"type":"boolean"}},"additionalProperties":false},"a":{"type":"integer","minimum":-9007199254740991,"maximum":9007199254740991,"default":3}},"required":["b"],"additionalProperties":false}"#;
    assert_eq!(planned.plan.tools[0].input_schema, expected);
}

#[test]
fn an_empty_success_beside_a_full_one_requires_nothing() {
    let planned = planned(
        "  /a: {get: {operationId: a, responses: {'204': {description: None.}, '200': {description: One., content: {application/json: {schema: {type: object, required: [x], properties: {x: {type: string}}}}}}}}}",
    );
    let schema: Value =
        serde_json::from_str(planned.plan.tools[0].output_schema.as_ref().expect("has a schema"))
            .expect("is JSON");
    assert_eq!(schema.get("required"), None);
}

#[test]
fn the_addresses_of_the_document_are_not_in_the_program() {
    let servers = "servers: [{url: 'http://canary.example'}]";
    let paths = format!("  /a:\n    {servers}\n    get: {{operationId: a, {servers}, {DONE}}}\n{servers}\n");
    let source = codegen::write(&api(&paths)).source;
    assert!(source.contains("/a") && !source.contains("canary"), "{source}");
}

/// The API of the product's own document.
fn code_pipeline() -> Api {
    let config = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let source =
        openapi::Source { document: config.join("openapi.json"), overlay: Some(config.join("overlay.yaml")) };
    openapi::read(&source).api.expect("the document is readable")
}

#[test]
fn the_order_of_operations_changes_no_tool() {
    let mut api = code_pipeline();
    let before = codegen::write(&api).source;
    api.operations.reverse();
    api.operations.rotate_left(7);
    assert_eq!(before, codegen::write(&api).source);
}

#[test]
fn removing_operations_changes_no_other_tool() {
    let mut api = code_pipeline();
    let before = plan(&api).plan;
    let mut index = 0;
    api.operations.retain(|_| {
        index += 1;
        index % 3 == 0
    });
    let after = plan(&api).plan;
    assert!(!after.tools.is_empty());
    for tool in &after.tools {
        let known = before.tools.iter().find(|known| known.name == tool.name).expect("no tool is renamed");
        assert_eq!(format!("{known:?}"), format!("{tool:?}"));
    }
}

/// A header that the document reader lets through but the runtime refuses would make a tool that can never be called.
#[test]
fn reader_and_runtime_agree_on_which_headers_an_argument_may_set() {
    let names = [
        "Accept",
        "accept-encoding",
        "Authorization",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Type",
        "Cookie",
        "Expect",
        "Forwarded",
        "Host",
        "Keep-Alive",
        "Proxy-Authorization",
        "Sec-Fetch-Mode",
        "Set-Cookie",
        "TE",
        "Trailer",
        "Transfer-Encoding",
        "Upgrade",
        "User-Agent",
        "Via",
        "X-Forwarded-For",
        "X-Request-Id",
        "traceparent",
        "X-Tenant",
        "If-Match",
        "Idempotency-Key",
        "Range",
    ];
    for name in names {
        let paths = format!(
            "  /a: {{get: {{operationId: a, parameters: [{{name: {name}, in: header, schema: {{type: string}}}}], {DONE}}}}}"
        );
        let reading = read(&paths);
        let read_takes_it = !reading.api.expect("one operation").operations[0].parameters.is_empty();
        let rule: &'static server::generated::ParameterRule =
            Box::leak(Box::new(server::generated::ParameterRule {
                name,
                style: server::generated::Style::Simple,
                explode: false,
                allow_reserved: false,
                allow_empty: false,
            }));
        let mut parts = server::generated::Parts::default();
        parts.header(rule, &"value");
        assert_eq!(read_takes_it, parts.problems().is_empty(), "{name}");
    }
}
