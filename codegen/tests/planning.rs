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
fn tools_with_names_alike_are_both_named_by_method_and_path() {
    let paths = format!(
        "  /a: {{get: {{operationId: getItem1, {DONE}}}}}\n  /b: {{get: {{operationId: getIteml, {DONE}}}}}\n  /c: {{get: {{operationId: other, {DONE}}}}}"
    );
    let clashes = ["tool-name-clash at /paths/~1a/get", "tool-name-clash at /paths/~1b/get"];
    check(&paths, &clashes, &["get_a", "get_b", "other"]);
    let message = &planned(&paths).report.problems[0].message;
    assert!(message.contains("looks like `get_iteml` of /paths/~1b/get"), "{message}");
}

/// Two that make one name, two that are read for one another, one that is written with a letter of another script to look like
/// another, and one that reads like the host's own: each is told with both places, and none takes the place of another.
#[test]
fn t_59_a_tool_takes_no_other_tools_name_and_none_that_looks_like_it() {
    let operation = |path: &str, id: &str| format!("  {path}: {{get: {{operationId: {id}, {DONE}}}}}\n");
    let check = |ids: [&str; 2], problems: &[&str], tools: &[&str]| {
        let paths = operation("/a", ids[0]) + &operation("/b", ids[1]);
        check(&paths, problems, tools);
        planned(&paths).report.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>()
    };
    let both = ["tool-name-clash at /paths/~1a/get", "tool-name-clash at /paths/~1b/get"];
    for ids in [["getItem", "get_item"], ["GetItem", "getItem"], ["item0", "itemo"], ["modern", "modem"]] {
        let told = check(ids, &both, &["get_a", "get_b"]);
        assert!(told[0].contains("/paths/~1b/get") && told[1].contains("/paths/~1a/get"), "{told:?}");
    }
    // The second has a Cyrillic a.
    let cyrillic = ["tool-name-from-path at /paths/~1b/get", "tool-name-clash at /paths/~1b/get"];
    let told = check(["Get_assignments", "Get_\u{430}ssignments"], &cyrillic, &["get_assignments", "get_b"]);
    assert!(told[1].contains("looks like `Get_assignments` of /paths/~1a/get"), "{told:?}");
    // One that looks like nothing here is only named otherwise.
    check(["Get_assignments", "\u{53d6}\u{5f97}"], &cyrillic[..1], &["get_assignments", "get_b"]);
    for reserved in ["mcpReload", "system_reboot"] {
        let told =
            check([reserved, "zoo"], &["reserved-tool-name at /paths/~1a/get"], &[&snake(reserved), "zoo"]);
        assert!(told[0].contains("the host's own"), "{told:?}");
    }
}

fn snake(id: &str) -> String {
    id.replace('R', "_r")
}

#[test]
fn an_identifier_without_ascii_letters_gives_way_to_the_path() {
    let paths = format!(
        "  /a/{{id}}: {{get: {{operationId: 取得, parameters: [{{name: id, in: path, required: true, schema: {{type: string}}}}], {DONE}}}}}"
    );
    check(&paths, &["tool-name-from-path at /paths/~1a~1{id}/get"], &["get_a_id"]);
}

#[test]
fn a_body_of_any_media_type_becomes_a_tool() {
    for media_type in [
        "application/json",
        "application/merge-patch+json",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "multipart/related",
        "application/octet-stream",
        "application/vnd.unheard-of",
        "image/*",
        "text/csv",
        "application/xml",
        "application/soap+xml",
    ] {
        for schema in
            ["", "schema: {type: string}", "schema: {type: object}", "schema: {type: array, items: {}}"]
        {
            let paths = format!(
                "  /a: {{post: {{operationId: a, requestBody: {{content: {{{media_type}: {{{schema}}}}}}}, {DONE}}}}}"
            );
            check(&paths, &[], &["a"]);
        }
    }
}

#[test]
fn a_member_of_a_form_that_is_json_by_silence_is_told() {
    let paths = |hints: &str, encoding: &str| {
        format!(
            "  /a: {{post: {{operationId: a, requestBody: {{content: {{application/x-www-form-urlencoded: {{{hints}encoding: {{{encoding}}}, schema: {{type: object, properties: {{name: {{type: string}}, deep: {{type: object}}}}}}}}}}}}, {DONE}}}}}"
        )
    };
    let place = "/paths/~1a/post/requestBody/content/application~1x-www-form-urlencoded";
    check(&paths("", ""), &[&format!("form-member-as-json at {place}")], &["a"]);
    for (hints, encoding) in [
        ("x-mcp: {lists: indexed}, ", ""),
        ("", "deep: {style: form}"),
        ("", "deep: {contentType: application/json}"),
    ] {
        check(&paths(hints, encoding), &[], &["a"]);
    }
}

#[test]
fn media_types_that_no_tool_sends_are_told_with_the_way_to_them() {
    let media = "text/plain: {}, application/json: {}, application/x-www-form-urlencoded: {}";
    let paths = |hints: &str| {
        format!("  /a: {{post: {{operationId: a, {hints}requestBody: {{content: {{{media}}}}}, {DONE}}}}}")
    };
    let told = |hints: &str| {
        let planned = planned(&paths(hints));
        planned.report.problems.iter().map(|problem| problem.message.clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        told(""),
        [
            "`a` sends its body as application/json; application/x-www-form-urlencoded and text/plain can be chosen by \
          `x-mcp: {media: TYPE}`, or sent by a tool of its own with `variants: [{name: NAME, media: TYPE}]`"
        ]
    );
    let chosen =
        "x-mcp: {media: text/plain, variants: [{name: as_form, media: application/x-www-form-urlencoded}]}, ";
    assert!(
        told(chosen)[0].starts_with("`a` sends its body as text/plain; application/json can be chosen by ")
    );
    let every = "x-mcp: {variants: [{name: as_form, media: application/x-www-form-urlencoded}, {name: as_text, media: text/plain}]}, ";
    check(&paths(every), &[], &["a", "as_form", "as_text"]);
}

#[test]
fn what_may_be_chosen_of_an_answer_is_held_against_it() {
    let paths = |fields: &str, parameter: &str, answer: &str| {
        format!(
            "  /a: {{get: {{operationId: a, x-mcp: {{fields: {fields}}}, parameters: [{parameter}], responses: {{'200': {{description: Done., {answer}}}}}}}}}"
        )
    };
    let answer = "content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}";
    let taken = "{name: fields, in: query, schema: {type: string}}";
    let wrong = ["hint at /paths/~1a/get/x-mcp/fields"];
    check(&paths("true", "", answer), &[], &["a"]);
    check(&paths("[id]", "", answer), &[], &["a"]);
    check(&paths("[name]", "", answer), &wrong, &["a"]);
    check(&paths("true", "", ""), &wrong, &["a"]);
    check(&paths("true", taken, answer), &wrong, &["a"]);
    let told = planned(&paths("true", taken, answer)).report.problems[0].message.clone();
    assert_eq!(told, "`fields`: the operation has an argument `fields` of its own");
}

/// A change whose work is followed as LONG says, by a read of this effect.
const WORK: &str = r#"  /works/{id}:
    get: {operationId: getWork, x-mcp: {effect: EFFECT}, parameters: [{name: id, in: path, required: true, schema: {type: string}}], responses: {'200': {description: Done., content: {application/json: {schema: {type: object, properties: {state: {type: string}}}}}}}}
  /works:
    post: {operationId: start, x-mcp: {long: LONG}, parameters: [{name: region, in: query, schema: {type: string}}], responses: {'200': {description: Done., content: {application/json: {schema: {type: object, properties: {id: {type: string}}}}}}}}"#;

#[test]
fn how_work_is_followed_is_held_against_both_tools() {
    let told = |changed: &[(&str, &str)]| {
        let mut parts = [
            ("id", "/id"),
            ("poll", "getWork"),
            ("with", "{id: /id}"),
            ("state", "/state"),
            ("effect", "read"),
        ];
        for (name, value) in changed {
            parts.iter_mut().find(|part| part.0 == *name).expect("a part").1 = value;
        }
        let [(_, id), (_, poll), (_, with), (_, state), (_, effect)] = parts;
        let long = format!("{{id: {id}, poll: {poll}, with: {with}, state: {state}, done: [Done]}}");
        let planned = planned(&WORK.replace("LONG", &long).replace("EFFECT", effect));
        let problems: Vec<String> = planned
            .report
            .problems
            .iter()
            .map(|problem| {
                assert_eq!(
                    (problem.rule, &*problem.place.pointer),
                    ("hint", "/paths/~1works/post/x-mcp/long")
                );
                problem.message.clone()
            })
            .collect();
        let start =
            planned.plan.tools.iter().find(|tool| tool.name == "start").expect("it is a tool").clone();
        assert_eq!(start.long.is_some(), problems.is_empty());
        assert_eq!(start.input_schema.contains("wait_seconds"), problems.is_empty());
        assert_eq!(start.output_schema.expect("a schema").contains("followUp"), problems.is_empty());
        problems.join("; ")
    };
    assert_eq!(told(&[]), "");
    for (part, value, message) in [
        ("poll", "nothing", "`long`: `poll`: there is no operation `nothing`"),
        ("poll", "start", "`long`: `poll`: the operation `start` is no read"),
        ("effect", "write", "`long`: `poll`: the operation `getWork` is no read"),
        ("id", "/name", "`long`: `id`: /name leads to nothing in the answer of `start`"),
        ("state", "/status", "`long`: `state`: /status leads to nothing in the answer of `getWork`"),
        (
            "with",
            "{id: /id, name: /id}",
            "`long`: `with`: `name` is no argument of `get_work`; these are: id",
        ),
        ("with", "{}", "`long`: `with`: `get_work` needs the argument `id`"),
        ("with", "{id: /name}", "`long`: `with`: /name leads to nothing in the answer of `start`"),
        (
            "with",
            "{id: name}",
            "`long`: `with`: `name` is no argument of `start`; a pointer into its answer begins with `/`",
        ),
        ("with", "{id: region}", "`long`: `with`: `region` may be left out, and the read needs it"),
    ] {
        assert_eq!(told(&[(part, value)]), message);
    }
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
    // A tool whose work is followed hangs on the operation that does it, and on no other.
    let polled: Vec<String> = api
        .operations
        .iter()
        .filter_map(|operation| Some(operation.mcp.long.as_ref()?.poll.clone()))
        .collect();
    assert!(!polled.is_empty());
    let mut index = 0;
    api.operations.retain(|operation| {
        index += 1;
        index % 3 == 0 || polled.contains(&operation.id)
    });
    let after = plan(&api).plan;
    assert!(!after.tools.is_empty());
    for tool in &after.tools {
        let known = before.tools.iter().find(|known| known.name == tool.name).expect("no tool is renamed");
        assert_eq!(format!("{known:?}"), format!("{tool:?}"));
    }
}

/// A document in which names collide in every way: doubled identifiers, one tool name, look-alikes, one path name.
const COLLIDING: [&str; 8] = [
    "  /html: {get: {operationId: getHtml, responses: {'204': {description: Done.}}}}",
    "  /html/{a}: {get: {operationId: getHtml, responses: {'204': {description: Done.}}}}",
    "  /fax: {get: {operationId: List rules, responses: {'204': {description: Done.}}}}",
    "  /sms: {get: {operationId: listRules, responses: {'204': {description: Done.}}}}",
    "  /one: {get: {operationId: get_item1, responses: {'204': {description: Done.}}}}",
    "  /el: {get: {operationId: get_iteml, responses: {'204': {description: Done.}}}}",
    "  /html/a: {get: {operationId: get_html_a, responses: {'204': {description: Done.}}}}",
    "  /alone: {get: {operationId: alone, responses: {'204': {description: Done.}}}}",
];

/// Tools by the method and path that they call.
fn names(paths: &[&str]) -> std::collections::BTreeMap<String, String> {
    let tools = plan(&api(&paths.join("\n"))).plan.tools;
    tools.into_iter().map(|tool| (format!("{} {}", tool.method, tool.template), tool.name)).collect()
}

#[test]
fn no_operation_is_lost_by_its_name_and_order_changes_none() {
    let found = names(&COLLIDING);
    assert_eq!(found.len(), COLLIDING.len(), "{found:?}");
    assert_eq!(found["GET /alone"], "alone");
    for turn in 0..COLLIDING.len() {
        let mut turned = COLLIDING;
        turned.rotate_left(turn);
        assert_eq!(names(&turned), found);
        turned.reverse();
        assert_eq!(names(&turned), found);
    }
}

#[test]
fn removing_an_operation_changes_only_names_that_collided_with_it() {
    let found = names(&COLLIDING);
    for (removed, collided) in [(2, "GET /sms"), (4, "GET /el"), (7, "")] {
        let mut rest = COLLIDING.to_vec();
        rest.remove(removed);
        for (operation, name) in names(&rest) {
            assert!(found[&operation] == name || operation == collided, "{operation}: {name}, {found:?}");
        }
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
