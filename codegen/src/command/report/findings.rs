//! What became of each operation of the document: the tools that it is, or why it is none.

use std::collections::HashMap;

use codegen::plan::model::Tool;
use openapi::ir::Operation;
use openapi::listing::Listed;
use openapi::report::{Place, Problem, Severity};

use super::Told;

/// An operation and what became of it.
pub(super) struct Outcome<'t> {
    /// Its identifier, else its method and path.
    pub(super) name: &'t str,
    /// Where it stands.
    pub(super) at: &'t Place,
    /// The tools that it is; none if it is none.
    pub(super) tools: Vec<&'t Tool>,
    /// Why it is none.
    pub(super) reason: Option<String>,
}

/// Every operation that the document holds, in its order.
pub(super) fn outcomes(told: &Told) -> Vec<Outcome<'_>> {
    let read = told.reading.api.iter().flat_map(|api| &api.operations);
    // Path items may be shared by reference, so one place may hold several operations.
    let mut by_place: HashMap<(&str, &str), Vec<&Operation>> = HashMap::new();
    for operation in read {
        by_place.entry((&operation.at.file, &operation.at.pointer)).or_default().push(operation);
    }
    by_place.values_mut().for_each(|operations| operations.reverse());
    told.reading
        .operations
        .iter()
        .map(|listed| {
            let key = (&*listed.at.file, listed.at.pointer.as_str());
            match by_place.get_mut(&key).and_then(Vec::pop) {
                Some(operation) => of_read(told, operation),
                None => of_dropped(told, listed),
            }
        })
        .collect()
}

fn of_read<'t>(told: &'t Told, operation: &'t Operation) -> Outcome<'t> {
    let is_its = |tool: &&Tool| {
        tool.operation == operation.id
            && tool.method == operation.method.as_sent()
            && tool.template == operation.path.template
    };
    let tools: Vec<&Tool> = told.plan.tools.iter().filter(is_its).collect();
    let reason = tools.is_empty().then(|| reason(told, &operation.id, &operation.at));
    Outcome { name: &operation.id, at: &operation.at, tools, reason }
}

fn of_dropped<'t>(told: &Told, listed: &'t Listed) -> Outcome<'t> {
    let reason = if listed.is_excluded {
        "left out by the overlay: `x-mcp: {exclude: true}`".to_owned()
    } else {
        reason(told, &listed.name, &listed.at)
    };
    Outcome { name: &listed.name, at: &listed.at, tools: Vec::new(), reason: Some(reason) }
}

/// The problem that cost the operation its tool: one that names it, else one at it, inside of it or around it.
fn reason(told: &Told, name: &str, at: &Place) -> String {
    let quoted = format!("`{name}`");
    let has_lost =
        |problem: &&Problem| problem.severity == Severity::Error || problem.message.contains("(accepted: ");
    let lost: Vec<&Problem> = told.report.problems.iter().filter(has_lost).collect();
    let below = format!("{}/", at.pointer);
    let is_here = |place: &Place| {
        place.file == at.file && (place.pointer == at.pointer || place.pointer.starts_with(&below))
    };
    let is_around = |place: &Place| {
        let around = format!("{}/", place.pointer);
        !place.pointer.is_empty() && at.pointer.starts_with(&around)
    };
    let named = || lost.iter().find(|problem| problem.message.starts_with(&format!("{quoted} has no tool")));
    let here = || lost.iter().find(|problem| is_here(&problem.place));
    let elsewhere = || lost.iter().find(|problem| problem.message.contains(&quoted));
    let around = || lost.iter().find(|problem| is_around(&problem.place));
    match named().or_else(here).or_else(elsewhere).or_else(around) {
        Some(problem) => format!("{} [{}]", problem.message, problem.rule),
        None => "see the errors of the report".to_owned(),
    }
}
