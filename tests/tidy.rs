//! What must hold of the tree itself: who depends on whom, who may name what, and that the documents keep up.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// All files below `folder` whose names end in `ending`, sorted, build output and golden files left out.
fn files(folder: &str, ending: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        for entry in entries.flatten() {
            let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
            if path.is_dir() {
                if !matches!(name.as_str(), "target" | ".git" | "golden" | "node_modules") {
                    walk(&path, ending, found);
                }
            } else if name.ends_with(ending) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(&root().join(folder), ending, &mut found);
    assert!(!found.is_empty(), "nothing named *{ending} lies in `{folder}`: was it moved?");
    found.sort();
    found
}

/// The places, as `file:line`, where a line of `files` satisfies `wrong`.
fn offences(files: &[PathBuf], wrong: impl Fn(&str) -> bool) -> Vec<String> {
    let mut places = Vec::new();
    for file in files {
        for (number, line) in read(file).lines().enumerate() {
            if wrong(line) {
                places.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
            }
        }
    }
    places
}

fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

struct Graph {
    names: BTreeMap<String, String>,
    /// Package id to the ids it needs when it runs.
    normal: BTreeMap<String, Vec<String>>,
}

fn graph() -> Graph {
    // What only other systems need is not on a machine that has just built all of it.
    let host = Command::new("rustc").args(["--print", "host-tuple"]).output().expect("rustc runs").stdout;
    let host = String::from_utf8(host).expect("text");
    let output = Command::new(env!("CARGO"))
        .args([
            "metadata",
            "--format-version",
            "1",
            "--offline",
            "--locked",
            "--filter-platform",
            host.trim(),
        ])
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo metadata prints JSON");
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    let nodes = metadata["resolve"]["nodes"].as_array().expect("nodes");
    let is_normal =
        |dep: &Value| dep["dep_kinds"].as_array().expect("kinds").iter().any(|kind| kind["kind"].is_null());
    Graph {
        names: packages.iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect(),
        normal: nodes
            .iter()
            .map(|node| {
                let deps = node["deps"].as_array().expect("deps").iter().filter(|dep| is_normal(dep));
                (text(&node["id"]), deps.map(|dep| text(&dep["pkg"])).collect())
            })
            .collect(),
    }
}

impl Graph {
    /// Names of all packages that `name` needs when it runs.
    fn reach(&self, name: &str) -> BTreeSet<&str> {
        let start = self.names.iter().find(|(_, other)| *other == name).expect("a package of this name").0;
        let mut seen = BTreeSet::new();
        let mut open = vec![start];
        while let Some(id) = open.pop() {
            for next in &self.normal[id] {
                if seen.insert(next) {
                    open.push(next);
                }
            }
        }
        seen.into_iter().map(|id| self.names[id].as_str()).collect()
    }
}

#[test]
fn the_generator_never_ships_and_crates_keep_their_edges() {
    let graph = graph();
    let ours = ["openapi", "codegen", "server", "program", "simulator", "code-pipeline-mcp"];
    let allowed: [(&str, &[&str]); 16] = [
        ("openapi", &[]),
        ("server", &[]),
        ("simulator", &[]),
        ("codegen", &["openapi"]),
        ("program", &["server"]),
        ("code-pipeline-mcp", &["program", "server", "simulator"]),
        ("loopback", &["server"]),
        ("museum-mcp", &["program", "server"]),
        ("drs-mcp", &["program", "server"]),
        ("ispw-mcp", &["program", "server"]),
        ("docker-mcp", &["program", "server"]),
        ("box-mcp", &["program", "server"]),
        ("conformance-mcp", &["program", "server"]),
        ("features", &["server"]),
        ("values", &["server"]),
        ("bench", &["code-pipeline-mcp", "program", "server", "simulator"]),
    ];
    for (name, allowed) in allowed {
        let reached: Vec<&str> = graph.reach(name).into_iter().filter(|other| ours.contains(other)).collect();
        assert_eq!(reached, allowed, "crates of ours that {name} needs when it runs");
    }
}

#[test]
fn only_the_mcp_folder_names_rmcp() {
    let others: Vec<PathBuf> = ["server/src", "program/src", "src"]
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .filter(|file| !file.starts_with(root().join("server/src/mcp")))
        .collect();
    // In quotes it is the target of a log event, which is text.
    let named = offences(&others, |line| code(line).replace("\"rmcp::", "").contains("rmcp::"));
    assert!(named.is_empty(), "{}", named.join("\n"));
}

#[test]
fn only_emit_quotes() {
    let others: Vec<PathBuf> = files("codegen/src", ".rs")
        .into_iter()
        .filter(|file| {
            !file.starts_with(root().join("codegen/src/emit")) && !file.ends_with("codegen/src/emit.rs")
        })
        .collect();
    let quotes = |line: &str| code(line).contains("quote!");
    assert!(!offences(&files("codegen/src/emit", ".rs"), quotes).is_empty(), "emit quotes");
    let quoting = offences(&others, quotes);
    assert!(quoting.is_empty(), "{}", quoting.join("\n"));
}

#[test]
fn only_the_program_crate_reads_the_environment() {
    let others: Vec<PathBuf> = ["openapi/src", "codegen/src", "server/src", "simulator/src", "src"]
        .iter()
        .flat_map(|folder| files(folder, ".rs"))
        .collect();
    // Whether to colour is the terminal's own convention, and mcp-codegen is a program too.
    let reading =
        offences(&others, |line| code(line).contains("env::var") && !code(line).contains("NO_COLOR"));
    assert!(reading.is_empty(), "{}", reading.join("\n"));
}

#[test]
fn every_source_file_says_what_lives_in_it() {
    let silent: Vec<String> =
        ["openapi", "codegen", "server", "program", "simulator", "src", "tests", "examples", "fuzz", "bench"]
            .iter()
            .flat_map(|folder| files(folder, ".rs"))
            .filter(|file| !read(file).starts_with("//!"))
            .map(|file| file.display().to_string())
            .collect();
    assert!(silent.is_empty(), "these files do not begin with `//!`:\n{}", silent.join("\n"));
}

#[test]
fn every_dependency_has_its_reason() {
    let manifest: toml::Table = read(&root().join("Cargo.toml")).parse().expect("the root manifest is TOML");
    let architecture = read(&root().join("ARCHITECTURE.md"));
    let listed: BTreeSet<&str> = architecture
        .lines()
        .skip_while(|line| *line != "## Dependencies")
        .filter_map(|line| line.strip_prefix("| `")?.split_once('`'))
        .map(|(name, _)| name)
        .collect();
    let declared: BTreeSet<&str> = manifest["workspace"]["dependencies"]
        .as_table()
        .expect("a table")
        .iter()
        .filter(|(_, value)| value.get("path").is_none())
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(listed, declared, "left: rows of ARCHITECTURE.md, right: the root manifest");
}

/// What a tag of an action is can be changed by whoever owns it; what a commit is cannot.
#[test]
fn t_62_actions_of_others_are_pinned_by_commit() {
    let workflows = files(".github/workflows", ".yml");
    let used: Vec<String> =
        offences(&workflows, |line| line.trim().trim_start_matches("- ").starts_with("uses:"));
    assert!(used.len() > 10, "{used:?}");
    let is_pinned = |line: &String| {
        let action = line.rsplit_once("uses:").expect("it is there").1.trim();
        let Some((_, version)) = action.split_once('@') else { return action.starts_with("./") };
        let (commit, told) = version.split_once(" # v").unwrap_or((version, ""));
        commit.len() == 40 && commit.bytes().all(|digit| digit.is_ascii_hexdigit()) && !told.is_empty()
    };
    let loose: Vec<&String> = used.iter().filter(|line| !is_pinned(line)).collect();
    assert!(
        loose.is_empty(),
        "expected `@` and the 40 digits of a commit, then ` # v` and its version: {loose:#?}"
    );
}

/// What an advisory taught is said by name: a lock that goes back to it fails although nobody asks for advisories.
#[test]
fn t_62_versions_with_known_holes_are_denied_and_not_locked() {
    let deny = read(&root().join("deny.toml"));
    let lock = read(&root().join("Cargo.lock"));
    for (name, fixed, advisory) in
        [("rmcp", [1, 4, 0], "RUSTSEC-2026-0189"), ("jsonwebtoken", [10, 3, 0], "CVE-2026-25537")]
    {
        let [major, minor, patch] = fixed;
        let rule = format!(r#"crate = "{name}@<{major}.{minor}.{patch}", reason = "{advisory}"#);
        assert!(deny.contains(&rule), "deny.toml does not have {rule}");
        let package = format!("name = \"{name}\"\nversion = \"");
        let locked = lock.split(&package).skip(1).map(|rest| rest.split('"').next().unwrap_or_default());
        let locked: Vec<Vec<u64>> =
            locked.map(|version| version.split('.').filter_map(|part| part.parse().ok()).collect()).collect();
        assert!(!locked.is_empty(), "{name} is locked");
        assert!(locked.iter().all(|version| version.as_slice() >= &fixed[..]), "{name}: {locked:?}");
    }
    for kept in ["[advisories]", "yanked = \"deny\"", "unknown-registry = \"deny\"", "unknown-git = \"deny\""]
    {
        assert!(deny.contains(kept), "deny.toml does not have {kept}");
    }
    // Both are asked where it counts.
    assert!(read(&root().join(".github/workflows/ci.yml")).contains("cargo deny"));
    assert!(read(&root().join(".github/workflows/release.yml")).contains("scripts/sbom"));
}

#[test]
fn relative_links_in_documents_lead_somewhere() {
    let mut dead = Vec::new();
    for file in files("", ".md") {
        let folder = file.parent().expect("a file has a folder").to_owned();
        let text = read(&file);
        for link in text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let path = link.split('#').next().unwrap_or_default();
            if !path.is_empty() && !link.contains("://") && !folder.join(path).exists() {
                dead.push(format!("{}: {link}", file.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}
