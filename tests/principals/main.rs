//! Who gets what: every principal with every endpoint and every tool, by real requests to real servers, beside a table that was
//! read and agreed on. `UPDATE_EXPECT=1` writes it; the review reads the difference.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod asked;
mod callers;
mod outcome;
mod servers;
mod table;

#[path = "../../server/tests/bad_tokens/mod.rs"]
mod bad_tokens;
#[path = "../../server/tests/identity_provider/mod.rs"]
mod identity_provider;
#[path = "../../server/tests/scratch/mod.rs"]
mod scratch;
#[path = "../support/mod.rs"]
mod support;
#[path = "../../server/tests/http_support/wire.rs"]
mod wire;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use asked::{Asked, endpoints, tools};
use callers::{Principal, principals};
use servers::Servers;
use table::Table;

/// What one principal gets, in the order in which it is asked for.
async fn all_of(principal: &Principal, asked: &[Asked], servers: &Servers) -> Vec<String> {
    let world = servers.of(principal);
    let mut got = Vec::new();
    for one in asked {
        world.simulator.take_requests();
        let answer = one.send(world.address, principal).await;
        let sent = world.simulator.take_requests().len();
        got.push(outcome::of(one, &answer, sent));
    }
    got
}

#[tokio::test]
async fn t_21_to_t_2f_every_principal_gets_of_every_endpoint_and_tool_what_was_agreed() {
    let servers = Servers::start().await;
    let principals = principals(&servers);
    let (endpoints, tools) = (endpoints(), tools());
    let mut table = Table::default();
    for principal in &principals {
        let of_endpoints = all_of(principal, &endpoints, &servers).await;
        let of_tools = all_of(principal, &tools, &servers).await;
        lists_what_it_may_use(principal, &endpoints, &of_endpoints, &tools, &of_tools);
        table.add(&principal.name, of_endpoints, of_tools);
    }
    let names = |asked: &[Asked]| asked.iter().map(|one| one.name.clone()).collect::<Vec<_>>();
    let found = table.text(&names(&endpoints), &names(&tools));
    servers.stop().await;
    golden(&found);
}

/// A tool is on a caller's list if and only if it is not unknown to that caller.
fn lists_what_it_may_use(
    principal: &Principal,
    endpoints: &[Asked],
    of_endpoints: &[String],
    tools: &[Asked],
    of_tools: &[String],
) {
    let known: BTreeSet<&str> = tools
        .iter()
        .zip(of_tools)
        .filter(|(_, got)| *got != outcome::UNKNOWN)
        .map(|(tool, _)| tool.tool.unwrap())
        .collect();
    let is_list = |one: &&Asked| one.name.contains("tools/list");
    assert_eq!(endpoints.iter().filter(is_list).count(), 2);
    for (list, got) in endpoints.iter().zip(of_endpoints).filter(|(one, _)| is_list(one)) {
        if let Some(count) = got.strip_suffix(" tools") {
            assert_eq!(count, known.len().to_string(), "{}: {}: {known:?}", principal.name, list.name);
        }
    }
}

#[test]
fn every_tool_is_called_and_every_principal_and_request_has_a_name_of_its_own() {
    let tools = tools();
    let called: BTreeSet<&str> = tools.iter().filter_map(|one| one.tool).collect();
    let offered = servers::tools();
    assert_eq!(called, offered.iter().map(String::as_str).collect());
    let mut seen = BTreeMap::new();
    for name in tools.iter().chain(&endpoints()).map(|one| one.name.clone()) {
        *seen.entry(name).or_insert(0) += 1;
    }
    assert!(seen.values().all(|count| *count == 1), "{seen:?}");
}

fn golden(found: &str) {
    const NAME: &str = "tests/golden/principals.md";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(NAME);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = found.lines().zip(expected.lines()).find(|(found, expected)| found != expected);
    assert!(
        found == expected,
        "{NAME} is stale: UPDATE_EXPECT=1 cargo test --test principals\nfirst difference: {differs:#?}\n{found}"
    );
}
