//! Two contracts compared: which tools belong together, then each pair of them.

use super::change::{Change, whole};
use super::rules::{texts, tools};
use super::{Drift, Finding, Severity, members, pairs, safety};
use crate::contract::{Contract, Tool};

/// What a comparison may be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// Tokens that one tool may cost; more is reported when a tool crosses the line.
    pub tool_budget: Option<usize>,
}

/// All changes from one contract to another.
pub fn compare(old: &Contract, new: &Contract, options: Options) -> Drift {
    let mut drift = Drift { findings: Vec::new(), old: old.hash(), new: new.hash() };
    if drift.old == drift.new {
        return drift;
    }
    if (&old.title, &old.version) != (&new.title, &new.version) {
        let message = format!("{} {} is now {} {}", old.title, old.version, new.title, new.version);
        drift.findings.push(Finding {
            rule: &texts::API,
            tool: None,
            path: None,
            message,
            example: None,
            old: None,
            new: None,
        });
    }
    let matched = pairs::of(old, new);
    for (before, after) in &matched.pairs {
        let change = Change { name: after, old: &old.tools[*before], new: &new.tools[*after] };
        tool(before, &change, options, &mut drift.findings);
    }
    for name in matched.removed {
        let gone = &old.tools[name];
        drift.findings.push(whole(
            &tools::REMOVED,
            name,
            Some(gone),
            None,
            format!("{} is gone", gone.title),
        ));
    }
    for name in matched.added {
        added(name, &new.tools[name], options, &mut drift.findings);
    }
    drift.findings.sort_by(|one, other| order(one).cmp(&order(other)));
    drift
}

fn order(finding: &Finding) -> (&Option<String>, std::cmp::Reverse<Severity>, &str, &Option<String>) {
    (&finding.tool, std::cmp::Reverse(finding.severity()), finding.rule.id, &finding.path)
}

fn tool(before: &str, change: &Change<'_>, options: Options, findings: &mut Vec<Finding>) {
    let (old, new) = (change.old, change.new);
    if before != change.name {
        findings.push(change.finding(&tools::RENAMED, format!("{before} is now called {}", change.name)));
    }
    let is_same_address = (&old.method, &old.path) == (&new.method, &new.path);
    let addresses = format!("{} {} is now {} {}", old.method, old.path, new.method, new.path);
    match (old.operation == new.operation, is_same_address) {
        (true, true) => {}
        (true, false) => findings.push(change.finding(&tools::MOVED, addresses)),
        (false, true) => {
            let message = format!("{} is now called {}", old.operation, new.operation);
            findings.push(change.finding(&tools::OPERATION_RENAMED, message));
        }
        (false, false) => {
            let message = format!("{} ({addresses}): {}", old.operation, new.operation);
            findings.push(change.finding(&tools::REBOUND, message));
        }
    }
    match (old.deprecated, new.deprecated) {
        (false, true) => findings.push(change.finding(&tools::DEPRECATED, "it is deprecated now".to_owned())),
        (true, false) => {
            findings.push(
                change.finding(&tools::NO_LONGER_DEPRECATED, "it is not deprecated any more".to_owned()),
            );
        }
        _ => {}
    }
    members::arguments(change, findings);
    members::answer(change, findings);
    safety::compare(change, findings);
    super::texts::compare(change, findings);
    budget(change.name, Some(old), new, options, findings);
}

fn added(name: &str, tool: &Tool, options: Options, findings: &mut Vec<Finding>) {
    let message = format!("{} ({} {})", tool.title, tool.method, tool.path);
    findings.push(whole(&tools::ADDED, name, None, Some(tool), message));
    super::texts::steering_of_new(name, tool, findings);
    budget(name, None, tool, options, findings);
}

fn budget(name: &str, old: Option<&Tool>, new: &Tool, options: Options, findings: &mut Vec<Finding>) {
    let Some(most) = options.tool_budget else { return };
    let cost = new.tokens(name);
    let was = old.map(|old| old.tokens(name));
    if cost > most && was.is_none_or(|was| was <= most) {
        let before = was.map(|was| format!(", up from {was}")).unwrap_or_default();
        let message = format!("about {cost} tokens{before}; the budget is {most}");
        findings.push(whole(&texts::BUDGET, name, old, Some(new), message));
    }
}
