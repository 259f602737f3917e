//! Whether a search finds the tool that somebody asks for in own words.

use docker_mcp::api;
use loopback::questions::Found;

#[test]
fn the_right_tool_is_found() {
    let found = Found::of(api::catalog(), include_str!("questions.txt"));
    println!("{found}");
    // The figures of docs/catalogs.md; what ranks tools differently must not find fewer.
    assert!(found.asked() >= 30 && found.among_five() >= 74 && found.first() >= 43, "{found}");
}
