//! Each rule of drift is reported where it should be and is not where it should not. A file has three parts: the old
//! document, the new one, and every finding between them. `UPDATE_EXPECT=1` writes the third part anew, for review.
//!
//! A part that begins with a brace is the schema of an answer itself: the generator promises less of answers than
//! documents do, so that some changes only come with another generator or between two locks.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use codegen::contract::Contract;
use codegen::drift::{self, Drift, rules};

/// What is the same in all documents here.
const HEAD: &str = "openapi: 3.1.0\n";
const INFO: &str = "info: {title: Things, version: '1'}\n";
/// A document for what is only a schema.
const PLAIN: &str = "paths: {/things: {post: {operationId: makeThing, responses: {'200': {description: Done., content: {application/json: {schema: {type: object}}}}}}}}";
/// Tokens that one tool may cost; no other fixture comes near.
const BUDGET: usize = 150;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/drift")
}

fn contract(part: &str, name: &str) -> Contract {
    if part.starts_with('{') {
        let mut contract = contract(PLAIN, name);
        let tool = contract.tools.get_mut("make_thing").expect("the tool is there");
        tool.answer = Some(serde_json::from_str(part).expect("the schema is JSON"));
        return contract;
    }
    let info = if part.contains("\ninfo: ") { "" } else { INFO };
    let text = format!("{HEAD}{info}{part}\n");
    let reading = openapi::read_texts(vec![(name.to_owned(), text.into_bytes())], None);
    Contract::of_reading(&reading).unwrap_or_else(|report| panic!("{}", openapi::text::render(&report)))
}

fn compared(path: &Path) -> (Drift, String, String) {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let parts: Vec<&str> = text.split("\n---\n").collect();
    let [old, new, expected] = parts[..] else { panic!("{}: three parts", path.display()) };
    let options = drift::Options { tool_budget: Some(BUDGET) };
    let drift = drift::compare(&contract(old, "old.yaml"), &contract(new, "new.yaml"), options);
    (drift, format!("{old}\n---\n{new}\n---\n"), expected.to_owned())
}

fn listed(drift: &Drift) -> String {
    if drift.findings.is_empty() {
        return "[]\n".to_owned();
    }
    let line = |finding: &drift::Finding| match &finding.path {
        Some(path) => format!("- {} at {path}\n", finding.rule.id),
        None => format!("- {}\n", finding.rule.id),
    };
    drift.findings.iter().map(line).collect()
}

fn all_rules() -> Vec<&'static rules::Rule> {
    rules::groups().iter().flat_map(|(_, rules)| rules.iter().copied()).collect()
}

#[test]
fn each_rule_is_reported_where_it_should_be_and_only_there() {
    let mut wrong = Vec::new();
    for rule in all_rules() {
        for (case, should) in [("reported", true), ("unreported", false)] {
            let path = folder().join(rule.id).join(format!("{case}.yaml"));
            let (drift, documents, expected) = compared(&path);
            let found = listed(&drift);
            if std::env::var_os("UPDATE_EXPECT").is_some() {
                fs::write(&path, format!("{documents}{found}")).expect("fixtures can be written");
            } else if found != expected {
                wrong.push(format!("{}: found\n{found}expected\n{expected}", path.display()));
            }
            let is = drift.findings.iter().any(|finding| finding.rule == rule);
            if is != should {
                wrong.push(format!(
                    "{}: the rule is {}reported:\n{found}",
                    path.display(),
                    if is { "" } else { "not " }
                ));
            }
            for finding in &drift.findings {
                if finding.tool.is_some() && finding.old.is_none() && finding.new.is_none() {
                    wrong.push(format!("{}: {} has no place", path.display(), finding.rule.id));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn there_is_a_folder_for_each_rule_and_no_other() {
    let rules: BTreeSet<String> = all_rules().iter().map(|rule| rule.id.to_owned()).collect();
    let entries = fs::read_dir(folder()).expect("the folder is there").flatten();
    let folders: BTreeSet<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    assert_eq!(rules, folders);
}

#[test]
fn the_documentation_lists_every_rule() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/drift.md");
    let text = fs::read_to_string(&path).expect("the documentation is there");
    let (begin, end) = (
        "<!-- rules: written by `UPDATE_EXPECT=1 cargo test -p codegen --test drift` -->\n",
        "<!-- end of rules -->",
    );
    let start = text.find(begin).expect("the mark is there") + begin.len();
    let stop = text.find(end).expect("the end is there");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let text = format!("{}{}{}", &text[..start], rules::markdown(), &text[stop..]);
        fs::write(&path, text).expect("the documentation can be written");
    } else {
        assert_eq!(&text[start..stop], rules::markdown(), "run with UPDATE_EXPECT=1");
    }
}

#[test]
fn a_contract_survives_its_lock() {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config");
    let source =
        openapi::Source { document: config.join("openapi.json"), overlay: Some(config.join("overlay.yaml")) };
    let contract = Contract::of_source(&source).expect("the document is sound");
    let text = codegen::contract::write(&contract);
    let read = codegen::contract::read(&text, "lock").expect("what was written can be read");
    assert_eq!(codegen::contract::write(&read), text);
    assert!(drift::compare(&contract, &read, drift::Options::default()).findings.is_empty());
    let place = read.tools["add_task"].place().expect("a tool has its place");
    let line = text.lines().nth(place.line as usize - 1).expect("the line is there");
    assert_eq!(line.trim(), "\"add_task\": {");
}

#[test]
fn a_lock_that_was_changed_by_hand_is_refused_with_its_line() {
    let text = codegen::contract::write(&contract(
        "paths: {/a: {get: {operationId: a, responses: {'204': {description: Done.}}}}}",
        "a.yaml",
    ));
    let read = |text: &str| codegen::contract::read(text, "a.lock").expect_err("is refused").to_string();
    let changed = read(&text.replace("\"effect\": \"read\"", "\"effect\": \"write\""));
    assert!(changed.starts_with("a.lock:3: ") && changed.contains("changed by hand"), "{changed}");
    let wrong = read(&text.replace("\"effect\": \"read\"", "\"effect\": \"eat\""));
    assert!(wrong.contains("`effect` of a: expected read, write or destroy"), "{wrong}");
    assert!(wrong.starts_with("a.lock:13: ") || wrong.starts_with("a.lock:14: "), "{wrong}");
    assert!(read("{}").contains("this is no lock"), "{}", read("{}"));
    assert!(read("[").starts_with("a.lock:1: this is no JSON"), "{}", read("["));
    assert!(read(&text.replace("\"lock\": 1", "\"lock\": 2")).contains("reads 1"));
}

/// What the published schema of SARIF 2.1.0 requires, for the parts that are written here.
#[test]
fn sarif_has_the_required_shape() {
    let schema = include_str!("sarif.schema.json");
    let schema: serde_json::Value = serde_json::from_str(schema).expect("the schema is JSON");
    let judge =
        jsonschema::options().should_validate_formats(true).build(&schema).expect("the schema is one");
    for rule in all_rules() {
        let (drift, _, _) = compared(&folder().join(rule.id).join("reported.yaml"));
        let sarif: serde_json::Value =
            serde_json::from_str(&drift::render(&drift, drift::Format::Sarif)).expect("SARIF is JSON");
        let problems: Vec<String> = judge.iter_errors(&sarif).map(|error| error.to_string()).collect();
        assert!(problems.is_empty(), "{}: {}", rule.id, problems.join("\n"));
        let run = &sarif["runs"][0];
        for result in run["results"].as_array().expect("results") {
            let index = usize::try_from(result["ruleIndex"].as_u64().expect("an index")).expect("is small");
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
    }
}
