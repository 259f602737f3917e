//! The lock of the tool contract is what this program was built from, and the program says so itself.

use std::fs;
use std::path::Path;
use std::process::Command;

use code_pipeline_mcp::api;
use serde_json::Value;
use server::generated::{Confirm, Part};

const WHAT_TO_DO: &str = "config/tools.lock.json is not what the tools are now.
See what changed for clients:  cargo run -p codegen -- check
Take it over:                  cargo run -p codegen -- accept
What breaks clients needs a reason: accept --breaking --reason TEXT; docs/drift.md tells more";

fn lock() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/tools.lock.json");
    fs::read_to_string(path)
        .expect("config/tools.lock.json is there: `cargo run -p codegen -- accept` writes it")
}

#[test]
fn the_lock_is_what_the_tools_are() {
    let lock: Value = serde_json::from_str(&lock()).expect("the lock is JSON");
    assert_eq!(lock["contract"].as_str(), Some(api::catalog().contract), "{WHAT_TO_DO}");
}

#[test]
fn the_program_prints_the_lock_that_it_was_built_from() {
    let output =
        Command::new(env!("CARGO_BIN_EXE_code-pipeline-mcp")).arg("contract").output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    let printed = String::from_utf8(output.stdout).expect("the lock is text");
    let lock = lock();
    let line = printed.lines().zip(lock.lines()).position(|(one, other)| one != other);
    assert!(printed == lock, "the first line that differs: {:?}\n{WHAT_TO_DO}", line.map(|line| line + 1));
}

#[test]
fn what_promotes_deploys_or_undoes_asks_in_words_that_name_its_target() {
    let settings = server::stages::confirm::Settings::default();
    let asking: Vec<&str> =
        api::catalog().tools.iter().filter(|tool| settings.asks(tool)).map(|tool| tool.name).collect();
    for name in ["promote_", "deploy_", "regress_", "fallback_", "terminate_", "cancel_"] {
        let mut like = api::catalog().tools.iter().filter(|tool| tool.name.starts_with(name)).peekable();
        assert!(like.peek().is_some(), "{name}");
        assert!(like.all(|tool| asking.contains(&tool.name)), "{name}: {asking:?}");
    }
    for name in asking.iter().filter(|name| name.starts_with("deploy_") || name.starts_with("promote_")) {
        let tool = api::catalog().find(name).expect("it was listed");
        let Confirm::Question(parts) = tool.confirm else { panic!("{name} asks in no words of its own") };
        let names =
            |wanted: &str| parts.iter().any(|part| matches!(part, Part::Parameter(name) if *name == wanted));
        assert!(names("srid") && names("level"), "{name}");
    }
}

#[test]
fn no_answer_is_kept_by_a_default_of_the_deployment() {
    let kept = |tool: &&&'static server::catalog::Tool| tool.cache.is_some_and(|time| !time.is_zero());
    let api = code_pipeline_mcp::api::catalog();
    let reads = || api.tools.iter().filter(|tool| tool.method == "GET");
    assert!(reads().all(|tool| tool.cache.is_some()), "what a read tells is the state of work that goes on");
    let names: Vec<&str> = reads().filter(kept).map(|tool| tool.name).collect();
    assert_eq!(names, ["get_assignment_details", "get_ces_version", "get_release_details"]);
}
