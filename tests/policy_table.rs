//! Who may do what by the rules that come with the program: each role and each tool, beside a table that was read and agreed on.
//! `UPDATE_EXPECT=1` writes it; the review reads the difference.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use code_pipeline_mcp::api;
use serde_json::{Map, Value, json};
use server::call::Caller;
use server::catalog::Tool;
use server::identity::{Identity, Principal};
use server::policy::{Policies, Settings, Source, Verdict};

const RULES: &str = include_str!("../config/policy.cedar");
const ROLES: [&str; 6] =
    ["observer", "developer", "service_account", "release_manager", "production", "administrator"];

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

#[track_caller]
fn golden(name: &str, found: &str) {
    let path = file(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder can be made");
        fs::write(&path, found).expect("the file can be written");
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(found == expected, "{name} is stale: UPDATE_EXPECT=1 cargo test --test policy_table\n{found}");
}

fn policies(levels: &[&str], anonymous_reads: bool) -> Policies {
    let protected_levels = levels.iter().map(|&level| level.to_owned()).collect();
    let settings = Settings { source: Source::Text(RULES), protected_levels, anonymous_reads };
    Policies::new(api::catalog(), settings).expect("the rules that come with the program fit its tools")
}

fn with_roles(roles: &[&str]) -> Caller {
    Caller::Known(Arc::new(Principal::new(Identity {
        provider: "jwt",
        issuer: "https://issuer.example".to_owned(),
        subject: "user01@example.com".to_owned(),
        roles: roles.iter().map(|&role| role.to_owned()).collect(),
        ..Identity::default()
    })))
}

/// The calls of a tool that the rules tell apart, each with its arguments.
fn calls(tool: &Tool) -> Vec<(String, Map<String, Value>)> {
    let schema: Value = serde_json::from_str(tool.input_schema).expect("a schema is JSON");
    let has = |name: &str| schema["properties"].get(name).is_some();
    let mut variants = Vec::new();
    if has("level") {
        variants.extend([json!({ "level": "DEV1" }), json!({ "level": "prd" })]);
    }
    let level = if has("level") { json!({ "level": "DEV1" }) } else { json!({}) };
    for (name, values) in [
        ("owner", vec![json!("user01"), json!("USER02")]),
        ("userId", vec![json!("USER01"), json!("user02")]),
        ("autoDeploy", vec![json!(true)]),
        ("override", vec![json!(true)]),
    ] {
        if has(name) && tool.effect.word() != "read" {
            for value in values {
                let mut arguments = level.clone();
                arguments[name] = value;
                variants.push(arguments);
            }
        }
    }
    if variants.is_empty() || tool.effect.word() != "read" && !has("level") {
        variants.insert(0, json!({}));
    }
    let named = |arguments: Value| {
        let arguments = arguments.as_object().cloned().expect("an object");
        let words: Vec<String> = arguments
            .iter()
            .map(|(name, value)| format!("{name}={}", value.to_string().trim_matches('"')))
            .collect();
        (format!("{} {}", tool.name, words.join(" ")).trim_end().to_owned(), arguments)
    };
    variants.into_iter().map(named).collect()
}

fn table(title: &str, policies: &Policies, callers: &[(&str, Caller)]) -> String {
    let mut text = format!("{title}\n\n{:52}", "");
    for (name, _) in callers {
        let _ = write!(text, " {name:>width$}", width = name.len().max(4));
    }
    text.push('\n');
    for tool in policies.tools() {
        for (call, arguments) in calls(tool) {
            let _ = write!(text, "{call:52}");
            for (name, caller) in callers {
                let verdict = policies.decide_for(caller, tool, &arguments, None, SystemTime::now());
                let is_listed = policies.may_use(caller, tool);
                let word = match verdict {
                    Verdict::Allowed => "yes",
                    Verdict::Refused => "no",
                    Verdict::Hidden => "-",
                    Verdict::Unfit => "?",
                };
                assert_eq!(is_listed, verdict != Verdict::Hidden, "{name} {call}");
                let _ = write!(text, " {word:>width$}", width = name.len().max(4));
            }
            text.push('\n');
        }
    }
    text
}

#[test]
fn t_2b_every_role_and_every_tool_are_decided_as_agreed() {
    let mut callers = vec![("anonymous", Caller::Anonymous), ("no_role", with_roles(&[]))];
    callers.extend(ROLES.map(|role| (role, with_roles(&[role]))));
    callers.push(("local_owner", Caller::LocalOwner));
    let mut text = String::from(
        "Who may do what by config/policy.cedar, for a caller whose subject is user01@example.com.\n\
         yes: may; no: may with other arguments; -: may not use the tool, which is not on the list.\n\n",
    );
    text.push_str(&table("POLICY_PROTECTED_LEVELS=PRD", &policies(&["PRD"], false), &callers));
    let some = |names: &[&str]| -> Vec<(&str, Caller)> {
        callers.iter().filter(|(name, _)| names.contains(name)).cloned().collect()
    };
    let developers = some(&["developer", "release_manager", "production"]);
    text.push_str(&table("\nNo protected levels", &policies(&[], false), &developers));
    let strangers = some(&["anonymous", "no_role"]);
    text.push_str(&table("\nPOLICY_ANONYMOUS_READS=true", &policies(&["PRD"], true), &strangers));
    golden("tests/golden/policy/table.txt", &text);
}

#[test]
fn several_roles_may_what_any_of_them_may() {
    let policies = policies(&["PRD"], false);
    let both = with_roles(&["developer", "production"]);
    let tool = api::catalog().find("promote_assignment").expect("a tool");
    for level in ["DEV1", "PRD"] {
        let arguments = json!({ "level": level });
        let arguments = arguments.as_object().expect("an object");
        assert_eq!(policies.decide_for(&both, tool, arguments, None, SystemTime::now()), Verdict::Allowed);
    }
}

#[test]
fn whoever_is_known_without_a_role_may_learn_about_oneself_and_nothing_else() {
    for anonymous_reads in [false, true] {
        let policies = policies(&["PRD"], anonymous_reads);
        let may = |caller: &Caller| -> Vec<&str> {
            let tools = policies.tools().iter().filter(|tool| policies.may_use(caller, tool));
            tools.map(|tool| tool.name).collect()
        };
        for roles in [&[][..], &["root"], &["Administrator"]] {
            let about = ["call_tool", "describe_tool", "echo", "ping", "search_tools", "whoami"];
            assert_eq!(may(&with_roles(roles)), about, "{roles:?}");
        }
        assert!(anonymous_reads || may(&Caller::Anonymous).is_empty());
    }
}

#[test]
fn the_schema_beside_the_rules_is_that_of_the_tools() {
    golden("config/policy.cedarschema", policies(&[], false).schema());
}

/// The program leaves the check of its rules out at its start where this proof is theirs: so it is made here.
#[test]
fn the_proof_beside_the_rules_is_theirs() {
    let proof = policies(&[], false).check().expect("the rules that come with the program fit its tools");
    assert!(!proof.is_empty(), "something in the rules is odd");
    golden("config/policy.proof", &format!("{proof}\n"));
}
