//! What `docs/policy.md` shows is so: its rules fit the tools, and its commands print what stands below them.

mod program_support;

use std::fs;
use std::path::Path;

use code_pipeline_mcp::api;
use program_support::run;
use server::policy::{Policies, Settings, Source};

fn document() -> (std::path::PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/policy.md");
    let text = fs::read_to_string(&path).expect("the document can be read");
    (path, text)
}

/// What stands between the fences of this language.
fn blocks<'t>(text: &'t str, language: &str) -> Vec<&'t str> {
    let fence = format!("```{language}\n");
    text.split(&fence).skip(1).map(|rest| rest.split("```").next().unwrap_or_default()).collect()
}

#[test]
fn every_rule_of_the_document_fits_the_tools() {
    let (_, text) = document();
    let rules = blocks(&text, "cedar");
    assert!(rules.len() >= 3, "the document shows rules");
    for rule in rules {
        let source = Source::Text(Box::leak(rule.to_owned().into_boxed_str()));
        let checked = Policies::new(api::catalog(), Settings { source, ..Settings::default() });
        checked.unwrap_or_else(|error| panic!("{error}\n{rule}"));
    }
}

/// Runs a line as a shell would that knows variables and words.
async fn output(line: &str) -> String {
    let words: Vec<&str> = line.split_whitespace().collect();
    let is_variable = |word: &&&str| word.contains('=') && !word.starts_with('-');
    let variables: Vec<(&str, &str)> =
        words.iter().take_while(is_variable).filter_map(|word| word.split_once('=')).collect();
    let (program, arguments) = words[variables.len()..].split_first().expect("a command");
    assert_eq!(*program, "code-pipeline-mcp");
    run(arguments, &variables).await.stdout
}

#[tokio::test]
async fn every_command_of_the_document_prints_what_it_shows() {
    let (path, text) = document();
    let mut wanted = text.clone();
    for block in blocks(&text, "console") {
        let mut shown = String::new();
        for command in block.lines().filter_map(|line| line.strip_prefix("$ ")) {
            shown.push_str(&format!("$ {command}\n{}", output(command).await));
        }
        wanted = wanted.replace(block, &shown);
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &wanted).expect("the document can be written");
    }
    let now = fs::read_to_string(&path).expect("the document can be read");
    assert!(
        now == wanted,
        "docs/policy.md is stale: UPDATE_EXPECT=1 cargo test --test policy_docs\n{wanted}"
    );
}
