//! What a build script tells cargo, and what it leaves on disk.

use std::fs;
use std::path::{Path, PathBuf};

use codegen::Failed;

/// A folder of its own for each test, with nothing in it but these files.
fn folder(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("build_script").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the test folder can be written");
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("the test folder can be written");
    }
    folder
}

/// Builds `api.yaml` with `overlay.yaml`, if it is there, to `api.rs`; gives the lines for cargo, the folder's name
/// left out.
fn build(folder: &Path) -> (Result<(), Failed>, Vec<String>) {
    let overlay = Some(folder.join("overlay.yaml")).filter(|path| path.exists());
    let mut told = Vec::new();
    let outcome = codegen::build_telling(
        &folder.join("api.yaml"),
        overlay.as_deref(),
        &folder.join("api.rs"),
        &mut told,
    );
    let told = String::from_utf8(told).expect("cargo is told text");
    let prefix = format!("{}/", folder.display());
    (outcome, told.lines().map(|line| line.replace(&prefix, "")).collect())
}

const HEAD: &str = "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n";
const LIST: &str = "  /a:\n    get:\n      operationId: list\n      responses:\n        '200': {description: One., content: {application/json: {schema: {$ref: 'shared.yaml#/Thing'}}}}\n";
const SHARED: &str = "Thing: {type: object, properties: {id: {type: string}}}\n";
const OVERLAY: &str = "overlay: 1.0.0\ninfo: {title: O, version: '1'}\nactions:\n  - target: $.paths['/a'].get\n    update: {x-mcp: {name: list_all}}\n";

#[test]
fn every_input_is_watched_and_the_program_written() {
    let document = format!("{HEAD}{LIST}");
    let files = [("api.yaml", &*document), ("shared.yaml", SHARED), ("overlay.yaml", OVERLAY)];
    let folder = folder("good", &files);
    let (outcome, told) = build(&folder);
    assert!(outcome.is_ok(), "{told:#?}");
    let watched = ["api.yaml", "overlay.yaml", "shared.yaml"];
    assert_eq!(told, watched.map(|name| format!("cargo::rerun-if-changed={name}")));
    let program = fs::read_to_string(folder.join("api.rs")).expect("the program is written");
    assert!(program.contains("pub mod list_all"), "{program}");
    let left: Vec<_> = fs::read_dir(&folder).expect("the folder is there").collect();
    assert_eq!(left.len(), files.len() + 1, "nothing is left beside the program: {left:?}");
}

#[test]
fn a_program_that_stays_the_same_is_not_touched() {
    let folder = folder("same", &[("api.yaml", &format!("{HEAD}{LIST}")), ("shared.yaml", SHARED)]);
    assert!(build(&folder).0.is_ok());
    let program = folder.join("api.rs");
    let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000);
    fs::File::options()
        .append(true)
        .open(&program)
        .and_then(|file| file.set_modified(long_ago))
        .expect("the time of a file can be set");
    assert!(build(&folder).0.is_ok());
    let modified =
        |path: &Path| fs::metadata(path).and_then(|known| known.modified()).expect("files have times");
    assert_eq!(modified(&program), long_ago);
    fs::write(folder.join("overlay.yaml"), OVERLAY).expect("the test folder can be written");
    assert!(build(&folder).0.is_ok());
    assert_ne!(modified(&program), long_ago);
}

#[test]
fn every_problem_is_an_error_with_its_place_and_no_program_is_written() {
    let document = format!(
        "{HEAD}  /a:\n    get:\n      operationId: list\n      parameters: [{{name: x, in: nowhere, schema: {{type: string}}}}]\n      responses: {{'200': {{$ref: '#/components/responses/Lost'}}}}\n  /b:\n    post:\n      operationId: up\n      parameters: [{{name: body, in: query, schema: {{}}}}, {{name: requestBody, in: query, schema: {{}}}}, {{name: request_body, in: query, schema: {{}}}}]\n      requestBody: {{content: {{image/png: {{}}}}}}\n      responses: {{'204': {{description: Done.}}}}\n"
    );
    let folder = folder("bad", &[("api.yaml", &document)]);
    let (outcome, told) = build(&folder);
    assert!(outcome.is_err(), "{told:#?}");
    let places: Vec<&str> = told.iter().filter_map(|line| line.split(' ').next()).collect();
    let expected = [
        "cargo::rerun-if-changed=api.yaml",
        // Found by reading,
        "cargo::error=api.yaml:7:30:",
        "cargo::error=api.yaml:8:27:",
        // and by planning.
        "cargo::error=api.yaml:13:7:",
    ];
    assert_eq!(places, expected, "{told:#?}");
    for (line, rule) in
        told[1..].iter().zip(["parameter-location", "dangling-reference", "argument-collision"])
    {
        assert!(line.contains(&format!(" [{rule}] at /paths/~1")), "{line}");
    }
    assert!(!folder.join("api.rs").exists());
}

#[test]
fn a_document_that_is_missing_is_an_error_and_is_watched() {
    let folder = folder("missing", &[]);
    let (outcome, told) = build(&folder);
    assert!(outcome.is_err());
    let [watched, error] = &told[..] else { panic!("two lines: {told:#?}") };
    assert_eq!(watched, "cargo::rerun-if-changed=api.yaml");
    assert!(error.starts_with("cargo::error=") && error.contains("api.yaml"), "{error}");
}

#[test]
fn a_program_that_cannot_be_written_is_an_error() {
    let folder = folder("unwritable", &[("api.yaml", &format!("{HEAD}{LIST}")), ("shared.yaml", SHARED)]);
    fs::create_dir(folder.join("api.rs")).expect("the test folder can be written");
    let (outcome, told) = build(&folder);
    assert!(outcome.is_err());
    let last = told.last().expect("cargo is told");
    assert!(last.starts_with("cargo::error=cannot write api.rs: "), "{last}");
    let left: Vec<_> = fs::read_dir(&folder).expect("the folder is there").collect();
    assert_eq!(left.len(), 3, "nothing is left beside it: {left:?}");
}
