//! The rules of access: whether they fit the tools, permit each to somebody, and need no check at each start.

use server::catalog::Api;
use server::policy::{Policies, Settings};

use super::finding::Finding;

const CHECK: &str = "policy";
/// How many tools are named.
const NAMED: usize = 5;

/// Reads and checks them.
pub(super) fn look(api: &'static Api, settings: Settings) -> Vec<Finding> {
    // Whatever has no proof of its own is checked on the way.
    let policies = match Policies::new(api, settings) {
        Ok(policies) => policies,
        Err(error) => {
            let advice = "`policy schema` shows what rules can be about, `policy check FILE` tries them";
            return vec![Finding::failed(CHECK, error.to_string(), advice)];
        }
    };
    let mut findings = vec![Finding::fine(
        CHECK,
        format!("{} rules fit {} tools: {}", policies.len(), policies.tools().len(), policies.place()),
    )];
    let unpermitted = policies.unpermitted();
    if !unpermitted.is_empty() {
        let named = unpermitted.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
        let more = unpermitted.len().saturating_sub(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        findings.push(Finding::warning(
            CHECK,
            format!("no rule is about these tools, so that nobody but the owner of this machine may use them: {named}{more}"),
            "permit them to somebody, or leave it so on purpose; `policy explain` tells more",
        ));
    }
    if policies.is_proved() == Some(false) {
        findings.push(Finding::warning(
            CHECK,
            "the proof beside the rules of the program is of other rules or tools, so that each start checks them anew",
            "build the program with the proof that `cargo test` writes",
        ));
    }
    findings
}
