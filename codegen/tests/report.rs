//! The report for programs: its form, what became of each operation, the budget, and what an overlay accepts.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::{Value, json};

/// A document of these paths and this `x-mcp` of the root, in a file of its own.
fn document(name: &str, root: &str, paths: &str) -> String {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("report-{name}.yaml"));
    let text = format!("openapi: 3.0.3\ninfo: {{title: T, version: '1'}}\nx-mcp: {root}\npaths:\n{paths}");
    fs::write(&path, text).expect("the test folder can be written");
    path.display().to_string()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mcp-codegen")).args(arguments).output().expect("the program starts")
}

/// The report of a document with these flags, and the status.
fn report(document: &str, flags: &[&str]) -> (Value, i32) {
    let output = run(&[&["report", document, "--format", "json"], flags].concat());
    let report = serde_json::from_slice(&output.stdout).expect("the report is JSON");
    (report, output.status.code().expect("it ends by itself"))
}

/// The diagnostics of these rules: severity and pointer.
fn found<'r>(report: &'r Value, rules: &[&str]) -> Vec<(&'r str, &'r str)> {
    let diagnostics = report["diagnostics"].as_array().expect("a list").iter();
    diagnostics
        .filter(|one| rules.contains(&one["id"].as_str().expect("text")))
        .map(|one| (one["severity"].as_str().expect("text"), one["pointer"].as_str().expect("text")))
        .collect()
}

const GET: &str =
    "  /a:\n    get: {operationId: list, summary: Lists., responses: {'204': {description: Done.}}}\n";
/// Its parameters take every name that the body could have.
const UPLOAD: &str = "  /up:\n    post:\n      operationId: up\n      parameters:\n        - {name: body, in: query, schema: {type: string}}\n        - {name: requestBody, in: query, schema: {type: string}}\n        - {name: request_body, in: query, schema: {type: string}}\n      requestBody: {content: {image/png: {}}}\n      responses: {'204': {description: Done.}}\n";

#[test]
fn every_operation_is_a_tool_or_has_a_reason() {
    let paths = format!(
        "{GET}{UPLOAD}  /out:\n    get: {{operationId: out, x-mcp: {{exclude: true}}, responses: {{'204': {{description: Done.}}}}}}\n  no-slash:\n    get: {{operationId: lost, responses: {{'204': {{description: Done.}}}}}}\n  /gone:\n    $ref: '#/nowhere'\n"
    );
    let (report, status) = report(&document("operations", "{}", &paths), &[]);
    assert_eq!((status, &report["operations"], &report["tools"]), (65, &json!(4), &json!(1)));
    assert_eq!(report["carried"][0]["tools"], json!(["list"]));
    let skipped: Vec<(&str, &str)> = report["skipped"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|one| (one["operation"].as_str().expect("text"), one["reason"].as_str().expect("text")))
        .collect();
    assert_eq!(skipped.len(), 3, "{skipped:?}");
    assert!(skipped[0].0 == "up" && skipped[0].1.contains("take all names for the body"), "{skipped:?}");
    assert_eq!(skipped[1], ("out", "left out by the overlay: `x-mcp: {exclude: true}`"));
    assert!(skipped[2].0 == "lost" && skipped[2].1.contains("must begin with `/`"), "{skipped:?}");
}

#[test]
fn the_form_is_the_documented_one() {
    let (report, status) = report(&document("form", "{}", GET), &[]);
    assert_eq!((status, &report["version"]), (0, &json!(1)));
    let members: Vec<&String> = report.as_object().expect("an object").keys().collect();
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("is there");
    for member in members {
        assert!(readme.contains(&format!("| `{member}` |")), "README.md does not describe `{member}`");
    }
    let tool = &report["tools_list"][0];
    let bytes = &tool["bytes"];
    let parts =
        ["input_schema", "output_schema", "description"].map(|part| bytes[part].as_u64().expect("a number"));
    assert!(bytes["total"].as_u64().expect("a number") > parts.iter().sum());
    assert_eq!(tool["tokens"]["total"], json!(bytes["total"].as_u64().expect("a number").div_ceil(4)));
    assert_eq!((&report["bytes"], &report["tokens"]), (bytes, &tool["tokens"]), "one tool is all");
    for phase in ["read", "plan", "write"] {
        assert!(report["milliseconds"][phase].as_f64().is_some_and(|time| time > 0.0), "{phase}");
    }
}

#[test]
fn a_budget_is_crossed_by_one() {
    let spec = document("budget", "{}", GET);
    let (plain, _) = report(&spec, &[]);
    let (bytes, tokens) = (&plain["bytes"]["total"], &plain["tokens"]["total"]);
    let less = |number: &Value| (number.as_u64().expect("a number") - 1).to_string();
    let fits =
        report(&spec, &["--max-tool-bytes", &bytes.to_string(), "--max-total-tokens", &tokens.to_string()]);
    assert_eq!(fits.1, 0);
    let (told, status) = report(&spec, &["--max-tool-bytes", &less(bytes)]);
    assert_eq!((status, found(&told, &["tool-budget"])), (3, vec![("error", "/paths/~1a/get")]));
    let (told, status) = report(&spec, &["--max-total-tokens", &less(tokens)]);
    assert_eq!((status, found(&told, &["catalog-budget"])), (3, vec![("error", "")]));
}

#[test]
fn the_overlays_budget_holds_a_build() {
    let (plain, _) = report(&document("held", "{}", GET), &[]);
    let (bytes, tokens) = (
        plain["bytes"]["total"].as_u64().expect("a number"),
        plain["tokens"]["total"].as_u64().expect("a number"),
    );
    let spec = |name: &str, bytes: u64, tokens: u64| {
        document(name, &format!("{{budget: {{tool-bytes: {bytes}, total-tokens: {tokens}}}}}"), GET)
    };
    let generated = |spec: &str| run(&["generate", spec]).status.code();
    assert_eq!(generated(&spec("fits", bytes, tokens)), Some(0));
    assert_eq!(generated(&spec("large", bytes - 1, tokens)), Some(3));
    assert_eq!(generated(&spec("many", bytes, tokens - 1)), Some(3));
    let accepted = format!(
        "{{budget: {{tool-bytes: {}}}, accept: [{{rule: tool-budget, at: /paths/~1a/get, reason: it is worth it}}]}}",
        bytes - 1
    );
    let (told, status) = report(&document("worth", &accepted, GET), &[]);
    assert_eq!((status, found(&told, &["tool-budget"])), (0, vec![("note", "/paths/~1a/get")]));
    let (told, status) = report(
        &document("typo", "{budget: {tool-byte: 1}, client-prefix: 49, profiles: [antropic]}", GET),
        &[],
    );
    assert_eq!((status, found(&told, &["hint"]).len()), (65, 3), "{told:#}");
}

#[test]
fn an_overlay_accepts_what_planning_finds() {
    let accept =
        "{accept: [{rule: argument-collision, at: /paths/~1up/post/requestBody, reason: nobody uploads}]}";
    let spec = document("accepted", accept, &format!("{GET}{UPLOAD}"));
    let (told, status) = report(&spec, &[]);
    assert_eq!(
        (status, found(&told, &["argument-collision", "unused-accept"])),
        (0, vec![("note", "/paths/~1up/post/requestBody")]),
        "{told:#}"
    );
    let reason = told["skipped"][0]["reason"].as_str().expect("text");
    assert!(reason.contains("(accepted: nobody uploads)"), "{reason}");
    assert_eq!(run(&["generate", &spec]).status.code(), Some(0), "a build goes on");
}

#[test]
fn what_is_accepted_and_never_met_is_a_warning() {
    let accept = "{accept: [{rule: argument-collision, at: /paths/~1a/get, reason: there is none}]}";
    let (told, status) = report(&document("unused", accept, GET), &[]);
    assert_eq!((status, found(&told, &["unused-accept"])), (0, vec![("warning", "/x-mcp/accept/0")]));
}

#[test]
fn profiles_are_warnings_that_name_the_tool() {
    let paths = "  /a:\n    get: {operationId: list, parameters: [{name: 'filter[x]', in: query, schema: {type: string}}], responses: {'204': {description: Done.}}}\n";
    let rules = [
        "anthropic-argument-name",
        "gemini-argument-name",
        "openai-optional-property",
        "anthropic-tool-name",
    ];
    let spec = document("profiles", "{}", paths);
    let (told, status) = report(&spec, &[]);
    assert_eq!((status, found(&told, &rules).len(), &told["profiles"]), (0, 0, &json!(["mcp"])));
    let (told, status) = report(&spec, &["--profile", "anthropic,openai", "--client-prefix", "61"]);
    let expected = [("warning", "/paths/~1a/get"); 3];
    assert_eq!((status, found(&told, &rules)), (0, expected.to_vec()), "{told:#}");
    assert!(told["diagnostics"].to_string().contains("the tool `list`: the Messages API takes"), "{told:#}");
    let (told, _) = report(&document("lowered", "{profiles: [anthropic]}", paths), &[]);
    assert!(found(&told, &rules).is_empty(), "what has been lowered is no finding: {told:#}");
    assert_eq!(run(&["report", &spec, "--profile", "antropic"]).status.code(), Some(64));
}
