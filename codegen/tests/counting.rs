//! Nothing of a document is lost in silence. Each document is read here once more, by other code, and what every
//! operation takes and gives is counted: parameters, the body's media types and top-level members, responses, security
//! alternatives. What its tool does not offer must have a problem at or below the lost part, where it is referred to,
//! or at the operation.
//!
//! The small documents of this repository always; the folder that `OPENAPI_SPECS` names, if it names one.

mod documents;
mod counted;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use codegen::plan::model::Tool;
use counted::Counted;
use openapi::Source;
use openapi::report::{Problem, Report, Severity};

/// Errors tell of a loss; of warnings and notes only these do.
const TELLING: [&str; 8] = [
    "ignored-header",
    "body-as-text",
    "empty-body",
    "client-certificate",
    "media-type-range",
    "path-query",
    "wrong-form",
    "unknown-member",
];

/// What was counted.
#[derive(Default)]
struct Counts {
    operations: usize,
    parts: usize,
    /// How many parts of a kind no tool has, by the rule that says why.
    told: BTreeMap<(&'static str, &'static str), usize>,
    /// What no problem tells of.
    lost: Vec<String>,
}

/// Counts one document.
fn count(path: &Path, counts: &mut Counts) {
    let reading = openapi::read(&Source { document: path.to_owned(), overlay: None });
    let api = reading.api.expect("the document is readable");
    let planned = codegen::plan::plan(&api);
    let mut report = reading.report;
    report.problems.extend(planned.report.problems);
    for operation in counted::operations(path) {
        counts.operations += 1;
        counts.parts += operation.parts.len();
        // One template may stand at several places, told apart by a fragment.
        let described = api.operations.iter().find(|known| {
            known.at.pointer == operation.pointers[0]
                && known.path.template == operation.template
                && known.method.as_sent() == operation.method
        });
        let is_its = |tool: &&Tool| {
            described.is_some_and(|known| {
                (&tool.operation, &tool.template) == (&known.id, &known.path.template)
                    && tool.method == operation.method
            })
        };
        let tool = planned.plan.tools.iter().find(is_its);
        let missing: Vec<(&'static str, String, &[String])> = match tool {
            None => vec![("operation", "no tool".to_owned(), &operation.pointers)],
            Some(tool) => operation
                .parts
                .iter()
                .filter(|part| !part.is_in(tool, described))
                .map(|part| (part.what.kind(), part.what.to_string(), &part.pointers[..]))
                .collect(),
        };
        for (kind, what, pointers) in missing {
            let name = format!("{} {} {}", path.display(), operation.method, operation.template);
            match told_by(&report, &operation, (kind, pointers)) {
                Some(rule) => *counts.told.entry((kind, rule)).or_default() += 1,
                None => counts.lost.push(format!("{name}: {what} at {}", pointers.join(", "))),
            }
        }
    }
}

/// The rule of a problem at or below one of the pointers, or else at the operation.
fn told_by(
    report: &Report,
    operation: &Counted,
    (kind, pointers): (&str, &[String]),
) -> Option<&'static str> {
    // Only an error tells of a whole operation that is lost.
    let is_telling = |problem: &&Problem| {
        problem.severity == Severity::Error || (kind != "operation" && TELLING.contains(&problem.rule))
    };
    let problems = || report.problems.iter().filter(is_telling);
    let is_below = |at: &str| {
        let rest = pointers.iter().find_map(|pointer| at.strip_prefix(pointer.as_str()));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let nearest = problems().find(|problem| is_below(&problem.place.pointer));
    let at_operation = || problems().find(|problem| operation.pointers.contains(&problem.place.pointer));
    nearest.or_else(at_operation).map(|problem| problem.rule)
}

fn count_all(paths: &[PathBuf]) -> Counts {
    let mut counts = Counts::default();
    paths.iter().for_each(|path| count(path, &mut counts));
    let lost = &counts.lost;
    assert!(lost.is_empty(), "{} parts are lost without a word:\n{}", lost.len(), lost.join("\n"));
    println!("{} operations with {} parts", counts.operations, counts.parts);
    for ((kind, rule), count) in &counts.told {
        println!("{count:>6} {kind} told by {rule}");
    }
    counts
}

#[test]
fn no_part_of_a_feature_document_is_lost_without_a_word() {
    let counts = count_all(&documents::small());
    assert!(counts.operations > 100 && counts.parts > 500, "{} operations", counts.operations);
}

#[test]
fn no_part_of_a_real_document_is_lost_without_a_word() {
    if std::env::var_os("OPENAPI_SPECS").is_some() {
        let counts = count_all(&documents::real());
        assert!(counts.parts > counts.operations, "{} operations", counts.operations);
    }
}
