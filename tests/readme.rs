//! The README's tables and the page about settings are what the program says of itself; `UPDATE_EXPECT=1` writes them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use code_pipeline_mcp::api;

fn tools() -> String {
    let mut table = String::from("| tool | effect | what it does |\n|---|---|---|\n");
    for tool in api::catalog().tools {
        let effect = tool.effect.word();
        let line = tool.description.lines().next().unwrap_or_default();
        let first = line.split(". ").next().unwrap_or_default().trim_end_matches('.');
        writeln!(table, "| `{}` | {effect} | {first} |", tool.name).expect("text can be written to");
    }
    table
}

/// `text` with what stands between the marker lines of `name` replaced by `table`.
fn filled(text: &str, name: &str, table: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: "), format!("<!-- end of {name} -->"));
    let start = text.find(&begin).unwrap_or_else(|| panic!("README.md has no marker for {name}"));
    let start = start + text[start..].find('\n').expect("a marker is a line") + 1;
    let stop = text.find(&end).unwrap_or_else(|| panic!("README.md has no end marker for {name}"));
    format!("{}{table}{}", &text[..start], &text[stop..])
}

#[test]
fn the_readme_lists_the_tools_and_settings_as_they_are() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let text = fs::read_to_string(&path).expect("README.md can be read");
    let settings = program::settings::markdown(api::catalog());
    let wanted = filled(&filled(&text, "tools", &tools()), "settings", &settings);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &wanted).expect("README.md can be written");
    }
    let now = fs::read_to_string(&path).expect("README.md can be read");
    assert!(now == wanted, "the tables are stale: run UPDATE_EXPECT=1 cargo test --test readme");
}

#[test]
fn the_page_about_settings_is_the_table() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/settings.md");
    let wanted = program::settings::page(api::catalog());
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        fs::write(&path, &wanted).expect("docs/settings.md can be written");
    }
    let now = fs::read_to_string(&path).unwrap_or_default();
    assert!(now == wanted, "docs/settings.md is stale: run UPDATE_EXPECT=1 cargo test --test readme");
}
