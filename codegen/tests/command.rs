//! The command line: what it prints and how it exits.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn golden(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).display().to_string()
}

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mcp-codegen")).args(arguments).output().expect("the program starts")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("output is text")
}

/// A file of its own for each test.
fn scratch(name: &str, text: &[u8]) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, text).expect("the test folder can be written");
    path
}

#[test]
fn generate_writes_the_golden_program() {
    for flag in ["--out", "--output", "-o"] {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("surface.rs");
        let output = run(&["generate", &golden("surface.yaml"), flag, &out.display().to_string()]);
        assert!(output.status.success(), "{output:?}");
        let written = fs::read_to_string(&out).expect("the program was written");
        assert_eq!(written, fs::read_to_string(golden("surface.rs")).expect("the golden file is there"));
        fs::remove_file(out).expect("each flag writes anew");
    }
    let nowhere = run(&["generate", &golden("surface.yaml"), "--out", "/nowhere/at/all.rs"]);
    assert_eq!(nowhere.status.code(), Some(74));
}

#[test]
fn the_description_is_the_golden_one() {
    let output = run(&["ir", &golden("surface.yaml")]);
    assert_eq!(
        stdout(&output),
        fs::read_to_string(golden("surface.ir.json")).expect("the golden file is there")
    );
}

#[test]
fn the_table_has_a_line_for_each_tool() {
    let text = stdout(&run(&["tools", &golden("surface.yaml")]));
    let make = text.lines().find(|line| line.starts_with("make ")).expect("the tool is listed");
    assert!(make.contains("makeThing") && make.contains("destroy"), "{make}");
    assert!(text.lines().last().is_some_and(|line| line.starts_with("3 tools, ")), "{text}");
}

#[test]
fn a_bad_document_exits_with_65_and_says_where() {
    let document = scratch(
        "upload.yaml",
        b"openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    post:\n      operationId: up\n      parameters: [{name: body, in: query, schema: {}}, {name: requestBody, in: query, schema: {}}, {name: request_body, in: query, schema: {}}]\n      requestBody: {content: {image/png: {}}}\n      responses: {'204': {description: Done.}}\n",
    );
    let document = document.display().to_string();
    let output = run(&["report", &document, "--format", "json"]);
    assert_eq!(output.status.code(), Some(65));
    let report: serde_json::Value = serde_json::from_str(&stdout(&output)).expect("is JSON");
    assert_eq!((&report["operations"], &report["tools"]), (&serde_json::json!(1), &serde_json::json!(0)));
    assert_eq!(report["skipped"][0]["operation"], "up");
    let problem = &report["diagnostics"][0];
    assert_eq!((problem["id"].as_str(), problem["line"].as_u64()), (Some("argument-collision"), Some(8)));
    assert_eq!(run(&["generate", &document]).status.code(), Some(65));
    assert_eq!(run(&["generate", &document, "--lenient"]).status.code(), Some(0));
    let text = stdout(&run(&["report", &document]));
    assert!(text.contains("no tool: up"), "{text}");
}

#[test]
fn no_bytes_make_it_panic() {
    for (name, bytes) in [
        ("empty", b"".as_slice()),
        ("noise", b"\xff\xfe\0\x01{"),
        ("scalar", b"42"),
        ("list", b"[[[[[["),
        ("half", b"openapi: 3.0.3\npaths: {/a: {get: {responses: {200: {$ref: '#/x'}}}}}"),
    ] {
        let document = scratch(name, bytes).display().to_string();
        for action in ["report", "generate", "ir", "tools"] {
            let output = run(&[action, &document]);
            let told = String::from_utf8_lossy(&output.stderr);
            assert!(matches!(output.status.code(), Some(0 | 65)), "{action} {name}: {output:?}");
            assert!(!told.contains("panicked"), "{action} {name}: {told}");
        }
    }
}

#[test]
fn wrong_usage_exits_with_64_and_help_with_0() {
    assert_eq!(run(&[]).status.code(), Some(64));
    assert_eq!(run(&["report"]).status.code(), Some(64));
    assert_eq!(run(&["generate", "a", "--nonsense"]).status.code(), Some(64));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    for action in ["report", "generate", "ir", "tools"] {
        let output = run(&[action, "/nowhere/at/all.json"]);
        assert_eq!(output.status.code(), Some(66), "{action}");
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(told.contains("/nowhere/at/all.json: No such file"), "{told}");
    }
    let overlay = run(&["tools", &golden("surface.yaml"), "--overlay", env!("CARGO_MANIFEST_DIR")]);
    assert_eq!(overlay.status.code(), Some(66), "a folder is no overlay");
}

#[test]
fn every_command_explains_itself_with_an_example() {
    let help = stdout(&run(&["--help"]));
    for status in
        ["  0  done", "  3  the tools", " 64  wrong", " 65  the document", " 66  the document", " 74  a file"]
    {
        assert!(help.contains(status), "{status}: {help}");
    }
    for command in ["report", "generate", "schema", "tools", "ir", "new"] {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        let own = stdout(&run(&[command, "--help"]));
        assert!(own.contains(&format!("  mcp-codegen {command} ")), "{command} has an example: {own}");
    }
}

#[test]
fn schema_prints_what_clients_see() {
    let spec = golden("surface.yaml");
    let schema: serde_json::Value =
        serde_json::from_str(&stdout(&run(&["schema", &spec, "make"]))).expect("is JSON");
    assert_eq!(schema["type"], "object");
    let answers = golden("answers.yaml");
    let [input, output] = [&[][..], &["--output-schema"]]
        .map(|flags| stdout(&run(&[&["schema", &answers, "quirks"], flags].concat())));
    assert!(input != output && output.starts_with("{\n  \"type\": \"object\""), "{input} {output}");
    let unknown = run(&["schema", &spec, "mkae"]);
    assert_eq!(unknown.status.code(), Some(64));
    let told = String::from_utf8_lossy(&unknown.stderr).into_owned();
    assert!(told.contains("there is no tool \"mkae\"; did you mean make"), "{told}");
    let by_operation = run(&["schema", &spec, "makeThing"]);
    let told = String::from_utf8_lossy(&by_operation.stderr).into_owned();
    assert!(told.contains("did you mean make"), "an operation's name leads to its tool: {told}");
}

#[test]
fn progress_is_told_where_it_is_asked_for_and_never_among_results() {
    let spec = golden("surface.yaml");
    let (quiet, loud) = (run(&["tools", &spec]), run(&["tools", &spec, "--progress"]));
    assert_eq!(stdout(&quiet), stdout(&loud));
    assert!(quiet.stderr.is_empty());
    let told = String::from_utf8_lossy(&loud.stderr).into_owned();
    assert!(told.contains("reading ") && told.contains("planning the tools"), "{told}");
}
