//! The description and the program of each golden document are what is committed beside it.
//! `UPDATE_EXPECT=1` writes them anew, for review.

use std::fs;
use std::path::{Path, PathBuf};

use openapi::Source;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares description and program of a document with the files `NAME.ir.json` and `NAME.rs`.
fn check(name: &str, document: PathBuf, overlay: Option<PathBuf>) {
    let reading = openapi::read(&Source { document, overlay });
    assert!(!reading.report.has_errors(), "{}", openapi::text::render(&reading.report));
    let api = reading.api.expect("a document without errors gives an API");
    let mut ir = serde_json::to_string_pretty(&api).expect("the description is plain data");
    ir.push('\n');
    let written = codegen::write(&api);
    assert!(!written.report.has_errors(), "{}", openapi::text::render(&written.report));
    assert_eq!(written.source, codegen::write(&api).source, "the same input gives the same bytes");
    let ir_is_same = is_same(&folder().join(format!("{name}.ir.json")), &ir);
    let rust_is_same = is_same(&folder().join(format!("{name}.rs")), &written.source);
    assert!(ir_is_same && rust_is_same, "{name}: run with UPDATE_EXPECT=1 and review the difference");
}

fn is_same(path: &Path, text: &str) -> bool {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(path, text).expect("golden files can be written");
    }
    let known = fs::read_to_string(path).unwrap_or_default();
    let line = known.lines().zip(text.lines()).position(|(known, now)| known != now);
    if known != text {
        eprintln!("{} differs from line {:?} on", path.display(), line.map(|line| line + 1));
    }
    known == text
}

fn feature(name: &str) {
    check(name, folder().join(format!("{name}.yaml")), None);
}

#[test]
fn parameters_of_every_style() {
    feature("parameters");
}

#[test]
fn bodies_flat_and_nested() {
    feature("bodies");
}

#[test]
fn forms_and_their_styles() {
    feature("forms");
}

#[test]
fn multipart_bodies_and_their_parts() {
    feature("multipart");
}

#[test]
fn files_and_forms_of_swagger() {
    feature("files");
}

#[test]
fn unions_and_other_judged_values() {
    feature("unions");
}

#[test]
fn answers_and_their_quirks() {
    feature("answers");
}

#[test]
fn types_and_answers_that_tools_have_alike() {
    feature("alike");
}

#[test]
fn what_an_overlay_decides() {
    feature("surface");
}

#[test]
fn what_clients_take() {
    feature("clients");
}

#[test]
fn odd_names_and_hostile_text() {
    feature("names");
}

#[test]
fn the_code_pipeline_document() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    check("code_pipeline", config.join("openapi.json"), Some(config.join("overlay.yaml")));
}
