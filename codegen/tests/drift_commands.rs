//! The commands on the tool contract: how they exit, what they write, and that they leave alone what they refuse.
//! The walks through docs/drift.md and docs/overlay.md are run as they stand.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const DOCUMENT: &str = "openapi: 3.1.0
info: {title: Things, version: '1'}
paths:
  /things:
    get:
      operationId: listThings
      summary: List things.
      parameters:
        - {name: level, in: query, schema: {type: string, maxLength: 8}}
      responses: {'200': {description: Some., content: {application/json: {schema: {type: object, properties: {n: {type: integer}}}}}}}
";

const OVERLAY: &str = "overlay: 1.0.0
info: {title: Names, version: '1'}
actions:
  - target: $.paths.*[?@.operationId == 'listThings']
    update: {x-mcp: {name: find_things}}
";

/// A folder of its own, empty.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("drift").join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).expect("the test folder can be made");
    folder
}

/// A folder with document, overlay and lock.
fn locked(name: &str) -> PathBuf {
    let folder = folder(name);
    write(&folder, "openapi.yaml", DOCUMENT);
    write(&folder, "overlay.yaml", OVERLAY);
    assert_eq!(run(&folder, &["accept", "openapi.yaml"]).status.code(), Some(0));
    folder
}

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).expect("the test folder can be written");
}

fn read(folder: &Path, name: &str) -> String {
    fs::read_to_string(folder.join(name)).unwrap_or_default()
}

/// Everything in a folder, to see that nothing was changed.
fn all(folder: &Path) -> Vec<(String, String)> {
    let entries = fs::read_dir(folder).expect("the folder is there").flatten();
    let mut files: Vec<(String, String)> = entries
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .map(|name| (name.clone(), read(folder, &name)))
        .collect();
    files.sort();
    files
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_mcp-codegen");
    Command::new(program).args(arguments).current_dir(folder).output().expect("the program starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn check_tells_by_its_status_how_bad_it_is() {
    let folder = locked("statuses");
    let changed = |from: &str, to: &str| {
        write(&folder, "openapi.yaml", &DOCUMENT.replace(from, to));
        run(&folder, &["check", "openapi.yaml"])
    };
    assert_eq!(changed("", "").status.code(), Some(0));
    assert_eq!(changed("List things.", "List all things.").status.code(), Some(1));
    assert_eq!(changed("maxLength: 8", "maxLength: 9").status.code(), Some(1));
    assert_eq!(changed("maxLength: 8", "maxLength: 8, default: A").status.code(), Some(2));
    let breaking = changed("maxLength: 8", "maxLength: 7");
    assert_eq!(breaking.status.code(), Some(3));
    let text = told(&breaking);
    assert!(text.contains("argument-rule-tightened  arguments.level: its rule goes from at most 8 characters to at most 7 characters"), "{text}");
    assert!(text.contains("tools.lock.json:") && text.contains("-> openapi.yaml:9"), "{text}");
    assert_eq!(changed("paths:", "paths: []\nother:").status.code(), Some(65));
    assert_eq!(run(&folder, &["check", "--nonsense"]).status.code(), Some(64));
    write(&folder, "openapi.yaml", DOCUMENT);
    fs::remove_file(folder.join("tools.lock.json")).expect("the lock is there");
    let unlocked = run(&folder, &["check", "openapi.yaml"]);
    assert_eq!(unlocked.status.code(), Some(65));
    assert!(told(&unlocked).contains("mcp-codegen accept openapi.yaml"), "{}", told(&unlocked));
}

#[test]
fn accept_wants_a_reason_for_what_breaks_clients_and_records_it() {
    let folder = locked("reasons");
    write(&folder, "openapi.yaml", &DOCUMENT.replace("maxLength: 8", "maxLength: 7"));
    let before = all(&folder);
    assert_eq!(run(&folder, &["accept", "openapi.yaml"]).status.code(), Some(3));
    assert_eq!(run(&folder, &["accept", "openapi.yaml", "--breaking"]).status.code(), Some(64));
    assert_eq!(
        run(&folder, &["accept", "openapi.yaml", "--breaking", "--reason", " "]).status.code(),
        Some(64)
    );
    assert_eq!(all(&folder), before);
    let accepted =
        run(&folder, &["accept", "openapi.yaml", "--breaking", "--reason", "Eight\nwas a mistake."]);
    assert_eq!(accepted.status.code(), Some(0), "{}", told(&accepted));
    let log = read(&folder, "CHANGELOG-tools.md");
    assert!(log.contains("Reason for breaking clients: Eight was a mistake.\n"), "{log}");
    assert!(log.contains("- breaking (argument-rule-tightened): `find_things` `arguments.level`"), "{log}");
    assert_eq!(run(&folder, &["check", "openapi.yaml"]).status.code(), Some(0));

    write(&folder, "openapi.yaml", &DOCUMENT.replace("maxLength: 8", "maxLength: 9"));
    assert_eq!(run(&folder, &["accept", "openapi.yaml"]).status.code(), Some(0));
    let log = read(&folder, "CHANGELOG-tools.md");
    let (first, second) = (log.find("rule-loosened"), log.find("rule-tightened"));
    assert!(first.is_some() && first < second, "the newest stands first: {log}");
    assert_eq!(log.matches("# Changes of the tools").count(), 1, "{log}");
}

#[test]
fn regenerate_leaves_everything_as_it_was_unless_it_takes_over() {
    let folder = locked("regenerate");
    let before = all(&folder);
    let regenerate = |text: &str, more: &[&str]| {
        write(&folder, "new", text);
        let output = run(&folder, &[&["regenerate", "new", "--document", "openapi.yaml"], more].concat());
        fs::remove_file(folder.join("new")).expect("it is there");
        output
    };
    let lost = regenerate(&DOCUMENT.replace("listThings", "getThings"), &[]);
    assert_eq!(lost.status.code(), Some(65));
    assert!(
        told(&lost).contains("these targets of the overlay must follow the new document"),
        "{}",
        told(&lost)
    );
    assert!(
        told(&lost).contains("overlay.yaml:4") && told(&lost).contains("'listThings'"),
        "{}",
        told(&lost)
    );
    assert_eq!(regenerate("no: document", &[]).status.code(), Some(65));
    assert_eq!(regenerate(&DOCUMENT.replace("maxLength: 8", "maxLength: 7"), &[]).status.code(), Some(3));
    assert_eq!(
        regenerate(&DOCUMENT.replace("maxLength: 8", "maxLength: 9"), &["--dry-run"]).status.code(),
        Some(0)
    );
    assert_eq!(all(&folder), before);
    let same = regenerate(DOCUMENT, &[]);
    assert!(told(&same).contains("nothing new"), "{}", told(&same));
    assert_eq!(all(&folder), before);

    let wider = DOCUMENT.replace("maxLength: 8", "maxLength: 9");
    assert_eq!(regenerate(&wider, &[]).status.code(), Some(0));
    assert_eq!(read(&folder, "openapi.yaml"), wider);
    assert_eq!(run(&folder, &["check", "openapi.yaml"]).status.code(), Some(0));
    assert!(read(&folder, "CHANGELOG-tools.md").contains("argument-rule-loosened"));
}

/// A server that answers each request in turn with one of these, on a free port; tells its address.
fn serve(answers: Vec<String>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = format!("http://{}", listener.local_addr().expect("it has an address"));
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((mut stream, _)) = listener.accept() else { return };
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len())
}

#[test]
fn a_running_server_is_compared_by_the_hash_that_its_health_names() {
    let folder = locked("server");
    let lock: serde_json::Value = serde_json::from_str(&read(&folder, "tools.lock.json")).expect("is JSON");
    let health = |hash: &str| ok(&serde_json::json!({"status": "ok", "contract": hash}).to_string());
    let hash = lock["contract"].as_str().expect("is text");
    let address = serve(vec![health(hash), health("sha256:other"), ok("{}")]);
    let diff = || run(&folder, &["diff", "tools.lock.json", &address]);
    assert_eq!(diff().status.code(), Some(0));
    let other = diff();
    assert_eq!(other.status.code(), Some(2));
    assert!(told(&other).contains("sha256:other"), "{}", told(&other));
    assert_eq!(diff().status.code(), Some(65));
    let lock_address = format!("{}/a.lock", serve(vec![ok(&read(&folder, "tools.lock.json"))]));
    assert_eq!(run(&folder, &["diff", &lock_address, "tools.lock.json"]).status.code(), Some(0));
}

#[test]
fn documents_with_errors_are_compared_only_when_that_is_asked_for() {
    let folder = locked("lenient");
    let lost = "  /lost/{id}:\n    get: {operationId: lost, parameters: [{name: id, in: nowhere, required: true, schema: {type: string}}], responses: {'200': {description: Some.}}}\n";
    write(&folder, "broken.yaml", &format!("{DOCUMENT}{lost}"));
    let refused = run(&folder, &["diff", "openapi.yaml", "broken.yaml"]);
    assert_eq!(refused.status.code(), Some(65));
    assert!(refused.stdout.is_empty());
    let compared = run(&folder, &["diff", "openapi.yaml", "broken.yaml", "--lenient"]);
    let told = String::from_utf8_lossy(&compared.stderr).into_owned();
    assert!(told.contains("broken.yaml:") && told.contains("error["), "{told}");
    assert!(compared.status.code().is_some_and(|status| status < 4), "{told}");
    // What is no document at all cannot be compared, however lenient one is.
    write(&folder, "text.yaml", "just words");
    assert_eq!(run(&folder, &["diff", "openapi.yaml", "text.yaml", "--lenient"]).status.code(), Some(65));
}

#[test]
fn what_is_fetched_comes_from_where_the_command_line_says() {
    let folder = locked("fetch");
    let before = all(&folder);
    let fetch = |answers: Vec<String>| {
        let address = format!("{}/openapi.yaml", serve(answers));
        run(&folder, &["regenerate", &address, "--document", "openapi.yaml"])
    };
    let redirect = |to: &str| {
        format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    };
    let away = fetch(vec![redirect("http://evil.example/openapi.yaml")]);
    assert_eq!(away.status.code(), Some(65));
    assert!(told(&away).contains("redirects to another host, evil.example"), "{}", told(&away));
    let missing =
        fetch(vec!["HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".to_owned()]);
    assert!(told(&missing).contains("status 404"), "{}", told(&missing));
    let large = fetch(vec![ok(&"a".repeat(10 * 1024 * 1024 + 1))]);
    assert!(told(&large).contains("larger than"), "{}", told(&large));
    let circle = fetch(vec![redirect("/again"); 8]);
    assert!(told(&circle).contains("redirects too often"), "{}", told(&circle));
    let secret = run(&folder, &["diff", "openapi.yaml", "http://user:canary@127.0.0.1:1/"]);
    assert_eq!(secret.status.code(), Some(65));
    assert!(!told(&secret).contains("canary"), "{}", told(&secret));
    assert_eq!(all(&folder), before);

    let wider = DOCUMENT.replace("maxLength: 8", "maxLength: 9");
    let taken = fetch(vec![redirect("/moved.yaml"), ok(&wider)]);
    assert_eq!(taken.status.code(), Some(0), "{}", told(&taken));
    assert_eq!(read(&folder, "openapi.yaml"), wider);
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    let folder = locked("unwritable");
    write(&folder, "openapi.yaml", &DOCUMENT.replace("maxLength: 8", "maxLength: 9"));
    // A folder in the changelog's place: the lock is renamed first and must be taken back.
    fs::create_dir_all(folder.join("log.md/inside")).expect("can be made");
    let lock = read(&folder, "tools.lock.json");
    let output = run(&folder, &["accept", "openapi.yaml", "--changelog", "log.md"]);
    assert_ne!(output.status.code(), Some(0));
    assert_eq!(read(&folder, "tools.lock.json"), lock);
    let nowhere = run(&folder, &["accept", "openapi.yaml", "--changelog", "nowhere/log.md"]);
    assert_eq!(nowhere.status.code(), Some(74), "{}", told(&nowhere));
    assert_eq!(read(&folder, "tools.lock.json"), lock);
    let left: Vec<String> =
        all(&folder).into_iter().map(|(name, _)| name).filter(|name| name.ends_with(".new")).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[cfg(unix)]
#[test]
fn the_walks_through_can_be_followed_word_for_word() {
    follow("drift.md", 8);
    follow("overlay.md", 7);
}

/// Runs the blocks of a page in order, in a folder that holds the files that it shows.
#[cfg(unix)]
fn follow(page: &str, least: usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(page);
    let text = fs::read_to_string(&path).expect("the walk through is there");
    let folder = folder(&format!("walk-{page}"));
    let mut written = String::new();
    let (mut file, mut block): (Option<String>, Option<(bool, Vec<&str>)>) = (None, None);
    let mut commands = 0;
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("<!-- file: ") {
            file = Some(name.trim_end_matches(" -->").to_owned());
        }
        match &mut block {
            None => {
                if line == "```console" || line == "```yaml" && file.is_some() {
                    block = Some((line == "```console", Vec::new()));
                }
                written.push_str(line);
                written.push('\n');
            }
            Some((is_console, lines)) if line == "```" => {
                if *is_console {
                    for command in lines.iter().filter_map(|line| line.strip_prefix("$ ")) {
                        commands += 1;
                        written.push_str(&format!("$ {command}\n{}", shell(&folder, command)));
                    }
                } else {
                    let content = format!("{}\n", lines.join("\n"));
                    written.push_str(&content);
                    write(&folder, &file.take().expect("a file is named"), &content);
                }
                written.push_str("```\n");
                block = None;
            }
            Some((_, lines)) => lines.push(line),
        }
    }
    assert!(commands >= least, "the walk through {page} has its commands: {commands}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, written).expect("the documentation can be written");
    } else {
        assert_eq!(text, written, "run with UPDATE_EXPECT=1 and review the difference");
    }
}

/// What a command prints, on either stream, with the day taken out.
#[cfg(unix)]
fn shell(folder: &Path, command: &str) -> String {
    let program = Path::new(env!("CARGO_BIN_EXE_mcp-codegen"));
    let programs = program.parent().expect("a program is in a folder").display().to_string();
    let script = format!("PATH=\"{programs}:$PATH\"; {{ {command} ; }} 2>&1");
    let output =
        Command::new("sh").args(["-c", &script]).current_dir(folder).output().expect("there is a shell");
    let text = String::from_utf8(output.stdout).expect("output is text");
    let is_date = |line: &str| line.len() == 13 && line.starts_with("## 2");
    text.lines()
        .map(|line| if is_date(line) { "## 2026-01-31\n".to_owned() } else { format!("{line}\n") })
        .collect()
}
