//! Every case of every feature: what is sent is read from a socket, what is answered comes from one.
//!
//! `FEATURE=styles/query` runs only the files whose names begin so; `UPDATE_EXPECT=1` writes the listings anew.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cases;
mod check;
mod listing;
mod upstream;

use cases::Cases;
use features::{FEATURES, Feature};

fn chosen() -> impl Iterator<Item = &'static Feature> {
    let start = std::env::var("FEATURE").unwrap_or_default();
    FEATURES.iter().filter(move |feature| feature.file.starts_with(&start))
}

fn fail_with(failures: &[String]) {
    assert!(failures.is_empty(), "\n{}\n{} failures", failures.join("\n"), failures.len());
}

#[test]
fn every_document_gives_the_tools_and_the_diagnostics_that_its_file_names() {
    let failures: Vec<String> =
        chosen().flat_map(|feature| check::program(feature, &Cases::of(feature))).collect();
    fail_with(&failures);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_sends_and_gives_what_its_file_says() {
    let mut failures = Vec::new();
    for feature in chosen() {
        failures.extend(check::calls(feature, &Cases::of(feature)).await);
    }
    fail_with(&failures);
}

#[test]
fn every_file_has_cases_and_a_sentence() {
    let empty: Vec<String> = FEATURES
        .iter()
        .filter(|feature| {
            let cases = Cases::of(feature);
            cases.feature.trim().is_empty() || cases.count() == 0
        })
        .map(|feature| format!("{}: it needs the sentence `feature` and at least one case", feature.file))
        .collect();
    fail_with(&empty);
}

#[test]
fn every_area_lists_its_features() {
    fail_with(&listing::differences(FEATURES));
}
