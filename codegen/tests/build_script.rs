//! What a build script tells cargo, and what it leaves on disk.

use std::fs;
use std::path::{Path, PathBuf};

use codegen::{Failed, Inputs};

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
    let there = |name: &str| Some(folder.join(name)).filter(|path| path.exists());
    let (overlay, prompts) = (there("overlay.yaml"), there("prompts.yaml"));
    let mut told = Vec::new();
    let document = &folder.join("api.yaml");
    let inputs = Inputs { document, overlay: overlay.as_deref(), prompts: prompts.as_deref() };
    let outcome = codegen::build_telling(inputs, &folder.join("api.rs"), &mut told);
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

const THINGS: &str = "  /things/{id}:\n    get:\n      operationId: getThing\n      x-mcp: {resource: 'x://things/{id}'}\n      parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n      responses: {'204': {description: Done.}}\n";

/// A file of prompts with one, whose steps are these.
fn prompt(steps: &str) -> String {
    format!(
        "prompts:\n  - name: look\n    title: Look\n    description: Looks.\n    arguments:\n      - {{name: thing, description: Which., required: true}}\n      - {{name: note, description: Why.}}\n    opening: Look at {{thing}}.\n    steps:\n{steps}"
    )
}

/// What is told of these prompts for an API of one tool, `get_thing`, without the inputs.
fn told_of(name: &str, prompts: &str) -> (Result<(), Failed>, Vec<String>, PathBuf) {
    let document = format!("{HEAD}{THINGS}");
    let folder = folder(name, &[("api.yaml", &document), ("prompts.yaml", prompts)]);
    let (outcome, told) = build(&folder);
    assert!(told.contains(&"cargo::rerun-if-changed=prompts.yaml".to_owned()), "{told:#?}");
    (outcome, told.into_iter().filter(|line| !line.contains("rerun-if-changed")).collect(), folder)
}

#[test]
fn prompts_that_fit_the_tools_are_part_of_the_program() {
    let steps = "      - {tool: get_thing, with: {id: '{thing}'}, text: See.}\n      - {when: note, text: 'Mind {note}.'}\n";
    let (outcome, told, folder) = told_of("prompts", &prompt(steps));
    assert!(outcome.is_ok() && told.is_empty(), "{told:#?}");
    let program = fs::read_to_string(folder.join("api.rs")).expect("the program is written");
    for part in [
        "name: \"look\"",
        "rt::Part::Literal(\"Look at \")",
        "tool: Some(\"get_thing\")",
        "(\"id\", &[rt::Part::Parameter(\"thing\")])",
        "when: Some(\"note\")",
        "resource: Some(\"x://things/{id}\")",
    ] {
        assert!(program.contains(part), "{part}: {program}");
    }
}

#[test]
fn a_prompt_that_names_what_is_not_there_fails_the_build_with_place_and_rule() {
    for (number, (steps, words)) in [
        ("      - {tool: get_thingy, text: See.}\n", "there is no tool `get_thingy`"),
        ("      - {tool: get_thing, with: {name: x}, text: See.}\n", "takes no argument `name`; it takes id"),
        (
            "      - {text: 'See {nothing}.'}\n",
            "`nothing` is no argument of the prompt; these are: thing, note",
        ),
        ("      - {when: nothing, text: See.}\n", "`nothing` is no argument of the prompt"),
        ("      - {with: {id: x}, text: See.}\n", "names no `tool`"),
        ("      - {tool: get_thing, with: {id: '{note}'}, text: See.}\n", "need not be filled in"),
        ("      - {text: 'See {thing.'}\n", "a brace is not closed"),
    ]
    .into_iter()
    .enumerate()
    {
        let (outcome, told, folder) = told_of(&format!("prompts-{number}"), &prompt(steps));
        assert!(outcome.is_err(), "{steps}");
        let [error] = told.as_slice() else { panic!("one line: {told:#?}") };
        assert!(error.starts_with("cargo::error=prompts.yaml:10:"), "{error}");
        assert!(error.contains(words) && error.contains("[prompt] at /prompts/0/"), "{error}");
        assert!(!folder.join("api.rs").exists());
    }
    let twice = prompt("      - {text: See.}\n")
        + "  - {name: look, title: A, description: B., opening: C., steps: [{text: D.}]}\n";
    let (outcome, told, _) = told_of("prompts-twice", &twice);
    assert!(outcome.is_err() && told[0].contains("there is a prompt `look` already"), "{told:#?}");
    let (outcome, told, _) = told_of("prompts-form", "prompts:\n  - {name: 5, titel: x}\n");
    assert!(outcome.is_err() && told.len() > 2, "{told:#?}");
}

#[test]
fn a_member_of_a_prompt_that_nobody_knows_fails_the_build_wherever_it_stands() {
    let step = "      - {text: See.}\n";
    for (number, (prompts, line, words)) in [
        (format!("colour: red\n{}", prompt(step)), 1, "no member `colour` here. Accepted are `prompts`"),
        (
            prompt(step).replace("    opening", "    summary: x\n    opening"),
            8,
            "no member `summary` here. Accepted are `name`, ",
        ),
        (
            prompt(step).replace("name: note,", "name: note, kind: x,"),
            7,
            "no member `kind` here. Accepted are `name`, `description`, `required`",
        ),
        (prompt("      - {text: See., tol: get_thing}\n"), 10, "no member `tol` here; did you mean `tool`?"),
        (prompt("      - {text: See., x-note: y}\n"), 10, "no member `x-note` here. Accepted are `when`, "),
    ]
    .into_iter()
    .enumerate()
    {
        let (outcome, told, folder) = told_of(&format!("prompts-unknown-{number}"), &prompts);
        assert!(outcome.is_err(), "{prompts}");
        let [error] = told.as_slice() else { panic!("one line: {told:#?}") };
        assert!(error.starts_with(&format!("cargo::error=prompts.yaml:{line}:")), "{error}");
        assert!(error.contains(words) && error.contains("[unknown-member] at /"), "{error}");
        assert!(!folder.join("api.rs").exists());
    }
}

#[test]
fn an_address_that_does_not_fit_its_tool_fails_the_build() {
    for (number, (resource, words)) in [
        ("x://things/{name}", "`name` is no argument of `get_thing`; these are: id"),
        ("x://things", "`get_thing` needs the argument `id`"),
        ("things/{id}", "it begins with a scheme"),
        ("x://{id}/{id}", "stands in it twice"),
        ("x://{id", "a brace is not closed"),
    ]
    .into_iter()
    .enumerate()
    {
        let document = format!("{HEAD}{}", THINGS.replace("x://things/{id}", resource));
        let (outcome, told) = build(&folder(&format!("resource-{number}"), &[("api.yaml", &document)]));
        assert!(outcome.is_err(), "{resource}");
        let error = told.last().expect("an error");
        assert!(
            error.contains(words) && error.contains("[hint] at /paths/~1things~1{id}/get/x-mcp/resource"),
            "{error}"
        );
    }
    let writing = format!("{HEAD}{}", THINGS.replace("    get:", "    delete:"));
    let (outcome, told) = build(&folder("resource-write", &[("api.yaml", &writing)]));
    assert!(outcome.is_err() && told.last().is_some_and(|error| error.contains("is no read")), "{told:#?}");
}
