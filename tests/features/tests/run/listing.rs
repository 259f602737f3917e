//! The list of features in the README of each area: generated, so that it is never behind.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use features::Feature;

use crate::cases::Cases;

/// Areas whose README does not list exactly the features that they have.
pub(crate) fn differences(features: &[Feature]) -> Vec<String> {
    let mut lists: BTreeMap<&str, String> = BTreeMap::new();
    for feature in features {
        let (area, name) = feature.file.split_once('/').expect("a feature lies in an area");
        let (sentence, name) = (Cases::of(feature).feature, name.trim_end_matches(".yaml"));
        let sentence = sentence.split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(lists.entry(area).or_default(), "- [{name}]({name}.yaml): {sentence}");
    }
    lists.into_iter().filter_map(|(area, list)| difference(area, &list)).collect()
}

/// Above the list stands what people wrote; the list reaches to the end.
fn difference(area: &str, list: &str) -> Option<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(area).join("README.md");
    let known = std::fs::read_to_string(&path).unwrap_or_default();
    let start = if known.starts_with("- [") { Some(0) } else { known.find("\n- [").map(|at| at + 1) };
    let expected = format!("{}{list}", &known[..start.unwrap_or(known.len())]);
    if known == expected {
        return None;
    }
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, expected).unwrap();
        return None;
    }
    Some(format!("{}: the list is behind; run with UPDATE_EXPECT=1", path.display()))
}
