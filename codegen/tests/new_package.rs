//! `new` makes a package: refused where something is in the way, whole or not at all, and it builds and runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of its own for each test, with nothing in it.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("new").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the test folder can be written");
    folder
}

fn example(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ispw/config").join(path).display().to_string()
}

fn new(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_mcp-codegen"));
    command.arg("new").args(arguments).output().expect("the program starts")
}

/// Runs cargo in a package, in the target folder of these tests, so that dependencies are not built again.
fn cargo(package: &Path, arguments: &[&str]) -> Output {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().expect("it is in the target folder");
    Command::new(env!("CARGO"))
        .args(arguments)
        .current_dir(package)
        .env("CARGO_TARGET_DIR", target)
        .output()
        .expect("cargo starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn files(folder: &Path) -> Vec<String> {
    let mut found: Vec<String> = fs::read_dir(folder)
        .expect("the folder is there")
        .map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    found
}

#[test]
fn the_package_builds_as_it_stands_and_its_commands_work() {
    let folder = scratch("builds").join("server");
    let made = new(&[&example("openapi.json"), &folder.display().to_string(), "--name", "made-mcp"]);
    assert!(made.status.success(), "{}", told(&made));
    let built = cargo(&folder, &["build", "--offline", "--quiet"]);
    assert!(built.status.success(), "{}", told(&built));
    assert_eq!(told(&built), "", "neither cargo nor the compiler has anything to warn of");
    let tools = cargo(&folder, &["run", "--offline", "--quiet", "--", "tools"]);
    assert!(tools.status.success() && told(&tools).contains("getAssignment"), "{}", told(&tools));
    let settings = ["run", "--offline", "--quiet", "--", "--settings", "config/server.toml", "config"];
    let settings = cargo(&folder, &settings);
    assert!(settings.status.success() && told(&settings).contains("server.toml"), "{}", told(&settings));
    let formatted = cargo(&folder, &["fmt", "--check"]);
    assert!(formatted.status.success(), "{}", told(&formatted));
}

#[test]
fn a_folder_in_use_is_refused_and_an_empty_one_taken() {
    let folder = scratch("in-use");
    fs::write(folder.join("mine"), "kept").expect("the test folder can be written");
    let refused = new(&[&example("openapi.json"), &folder.display().to_string()]);
    assert_eq!(refused.status.code(), Some(64));
    assert!(told(&refused).contains("is not empty"), "{}", told(&refused));
    assert_eq!(files(&folder), ["mine"]);
    let empty = scratch("empty");
    let taken = new(&[&example("openapi.json"), &empty.display().to_string()]);
    assert!(taken.status.success(), "{}", told(&taken));
    assert!(files(&empty).contains(&"Cargo.toml".to_owned()));
}

#[test]
fn on_failure_nothing_is_left() {
    let parent = scratch("fails");
    let document = parent.join("api.yaml");
    fs::write(&document, "not: openapi").expect("the test folder can be written");
    let refused = new(&[&document.display().to_string(), &parent.join("out").display().to_string()]);
    assert_eq!(refused.status.code(), Some(65), "{}", told(&refused));
    let lost = new(&["/nowhere.yaml", &parent.join("out").display().to_string()]);
    assert_eq!(lost.status.code(), Some(66));
    for flags in
        [["--name", "Not A Name"], ["--name", "server"], ["--source", "path=/nowhere"], ["--source", "x"]]
    {
        let folder = parent.join("out").display().to_string();
        let refused = new(&[&example("openapi.json"), &folder, flags[0], flags[1]]);
        assert_eq!(refused.status.code(), Some(64), "{flags:?}: {}", told(&refused));
    }
    let below_a_file = new(&[&example("openapi.json"), &document.join("out").display().to_string()]);
    assert_eq!(below_a_file.status.code(), Some(74), "{}", told(&below_a_file));
    assert_eq!(files(&parent), ["api.yaml"]);
}

#[test]
fn what_a_document_leaves_open_is_suggested_and_the_suggestions_hold() {
    let folder = scratch("suggests");
    let document = folder.join("api.yaml");
    fs::write(
        &document,
        "openapi: 3.0.3\ninfo: {title: 'It''s {{odd}}', version: '1'}\npaths:\n  '/it''s/{id}':\n    parameters: [{name: id, in: path, required: true, schema: {type: string}}]\n    get: {responses: {'204': {description: Done.}}}\n  /search:\n    post:\n      operationId: searchAll\n      summary: Searches.\n      deprecated: true\n      requestBody: {content: {application/json: {schema: {type: object, properties: {q: {type: string}}}}, image/png: {}}}\n      responses: {'204': {description: Done.}}\n",
    )
    .expect("the test folder can be written");
    let package = folder.join("out");
    let made = new(&[&document.display().to_string(), &package.display().to_string()]);
    assert!(made.status.success(), "{}", told(&made));
    let overlay = fs::read_to_string(package.join("config/overlay.yaml")).expect("it is written");
    for part in [
        "$.paths['/it\\\\'s/{id}'].get",
        "update: {summary:",
        "@.in == 'path' && @.name == 'id'",
        "{effect: read, idempotent: true}",
        "{x-mcp: {exclude: true}}",
        "image/png",
        "budget: {tool-bytes:",
    ] {
        assert!(overlay.contains(part), "{part}: {overlay}");
    }
    assert!(holds(&package, &overlay), "as it stands");
    // Every suggestion but one whole media type and one whole operation can be taken at once.
    let taken: Vec<String> = overlay
        .lines()
        .map(|line| {
            let plain = line.trim_start();
            let is_action = plain.starts_with("# - target") || plain.starts_with("#   update");
            if is_action && !plain.contains("exclude") { line.replacen("# ", "", 1) } else { line.to_owned() }
        })
        .collect();
    let taken = taken
        .join("\n")
        .replace("  - target: \"$.paths['/search'].post\"\n  #   update: {x-mcp: {exclude: true}}", "");
    let media = "  - target: \"$.paths['/search'].post.requestBody.content['application/json']\"\n  #   remove: true\n";
    assert!(holds(&package, &taken.replace(media, "")), "with the suggestions taken: {taken}");
}

/// Whether the package's document can be built with this overlay.
fn holds(package: &Path, overlay: &str) -> bool {
    let path = package.join("config/overlay.yaml");
    fs::write(&path, overlay).expect("it can be written");
    let document = package.join("config/openapi.yaml").display().to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_mcp-codegen"))
        .args(["report", &document, "--overlay", &path.display().to_string()])
        .output()
        .expect("the program starts");
    println!("{}", told(&output));
    output.status.success() && !told(&output).contains("warning[overlay")
}

#[test]
fn errors_of_the_document_are_listed_to_be_accepted() {
    let folder = scratch("errors");
    let document = folder.join("api.yaml");
    fs::write(
        &document,
        "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get:\n      operationId: a\n      parameters: [{name: x, in: query, schema: {type: string, pattern: '(?=a)'}}]\n      responses: {'204': {description: Done.}}\n",
    )
    .expect("the test folder can be written");
    let package = folder.join("out");
    let made = new(&[&document.display().to_string(), &package.display().to_string()]);
    assert!(made.status.success() && told(&made).contains("1 error, "), "{}", told(&made));
    let overlay = fs::read_to_string(package.join("config/overlay.yaml")).expect("it is written");
    assert!(!holds(&package, &overlay), "as it stands a build refuses it");
    let accepted: String = overlay
        .lines()
        .map(|line| {
            let is_accept = line.trim_start().starts_with("# accept:")
                || line.contains("# - {rule:")
                || line.contains("#   - {rule:");
            let line = if is_accept { line.replacen("# ", "", 1) } else { line.to_owned() };
            line.replace("reason: \"\"", "reason: the API checks it") + "\n"
        })
        .collect();
    assert!(holds(&package, &accepted), "with a reason it is accepted: {accepted}");
}

#[test]
fn a_document_of_several_files_is_copied_whole() {
    let folder = scratch("split");
    fs::create_dir(folder.join("parts")).expect("the test folder can be written");
    fs::write(
        folder.join("main.yml"),
        "openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths:\n  /a:\n    get: {operationId: a, responses: {'200': {description: One., content: {application/json: {schema: {$ref: parts/thing.yaml}}}}}}\n",
    )
    .expect("the test folder can be written");
    fs::write(folder.join("parts/thing.yaml"), "{type: object, properties: {id: {type: string}}}")
        .expect("the test folder can be written");
    let package = folder.join("out");
    let made = new(&[&folder.join("main.yml").display().to_string(), &package.display().to_string()]);
    assert!(made.status.success(), "{}", told(&made));
    assert!(package.join("config/openapi/parts/thing.yaml").is_file());
    let build = fs::read_to_string(package.join("build.rs")).expect("it is written");
    assert!(build.contains("Path::new(\"config/openapi/main.yml\")"), "{build}");
}

#[test]
fn another_source_is_named_where_it_is_used() {
    let folder = scratch("source").join("out");
    let made = new(&[
        &example("openapi.json"),
        &folder.display().to_string(),
        "--source",
        "git=https://git.example.com/g.git",
    ]);
    assert!(made.status.success(), "{}", told(&made));
    let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("it is written");
    assert!(manifest.contains("codegen = { git = \"https://git.example.com/g.git\" }"), "{manifest}");
    for file in ["Dockerfile", ".github/workflows/ci.yml", "README.md", "Cargo.toml", "build.rs"] {
        let text = fs::read_to_string(folder.join(file)).expect("it is written");
        let left = text.replace("${{", "");
        assert!(!left.contains("{{"), "nothing is left open in {file}: {text}");
    }
}
