//! What a document leaves open, as commented actions of an overlay.

use openapi::ir::{Location, Method, Operation, Parameter};
use openapi::report::{Place, Severity};
use serde_json::Value;

use super::package::Package;
use super::target;
use crate::plan::words;
use crate::size::Size;

/// At most so many suggestions of one kind are written out.
const MOST: usize = 100;

/// A tool that takes more bytes than this is worth a look.
const LARGE: usize = 8 * 1024;

/// Suggestions of one kind.
pub(super) struct Section {
    /// What they are about, in sentences.
    pub(super) words: String,
    /// Lines of YAML, to be commented out; each entry is an action or a remark.
    pub(super) entries: Vec<Vec<String>>,
    /// How many more there are.
    pub(super) further: usize,
}

/// A text as one line, fit for a comment.
pub(super) fn line(text: &str) -> String {
    words::one_line(&words::clean(text))
}

/// Every section that has something to say.
pub(super) fn all(package: &Package<'_>) -> Vec<Section> {
    let sections = [
        section(
            "Operations without an operationId. The name is made of the summary or the path, so it changes with them: \
             give each a name that stays.",
            operations(package, |operation| !operation.id_is_given).map(named),
        ),
        section(
            "Operations that say nothing of themselves. A model chooses by this text.",
            operations(package, |operation| operation.summary.is_empty() && operation.description.is_empty())
                .map(described),
        ),
        section(
            "Operations sent by POST that seem to read only. If they change nothing, say so: clients then need not ask \
             before each call.",
            operations(package, seems_to_read).map(read_only),
        ),
        section(
            "Path parameters that take any text. The narrower, the better a wrong value is explained.",
            path_parameters(package).into_iter().map(narrowed),
        ),
        section(
            "Bodies that can be sent in several ways; the best is chosen. Remove the one that is not wanted to choose \
             another.",
            operations(package, |operation| media(operation).len() > 1).map(chosen),
        ),
        section(
            "Operations without a tool. Leave out what is not wanted; the report says why there is none.",
            without_tool(package).into_iter().map(excluded),
        ),
        section(
            "Deprecated operations. Leave them out if nobody needs them any more.",
            operations(package, |operation| operation.deprecated).map(|operation| excluded(&operation.at)),
        ),
        section(
            "Tools that take more than 8 KiB of every client's context. Hide arguments that no caller needs, or shorten \
             texts.",
            large(package).into_iter(),
        ),
    ];
    sections.into_iter().filter(|section| !section.entries.is_empty()).collect()
}

fn section(words: &str, entries: impl Iterator<Item = Vec<String>>) -> Section {
    let mut entries: Vec<Vec<String>> = entries.collect();
    let further = entries.len().saturating_sub(MOST);
    entries.truncate(MOST);
    Section { words: words.to_owned(), entries, further }
}

/// Operations of the document itself: an overlay reaches no other file.
fn operations<'p>(
    package: &'p Package<'p>,
    is_meant: impl Fn(&Operation) -> bool + 'p,
) -> impl Iterator<Item = &'p Operation> {
    package
        .api
        .operations
        .iter()
        .filter(move |operation| *operation.at.file == package.document_file && is_meant(operation))
}

fn action(at: &Place, update: &[String]) -> Vec<String> {
    let mut lines = vec![format!("- target: {}", yaml(&target::of(&at.pointer)))];
    lines.extend(update.iter().cloned());
    lines
}

/// A text as a scalar of YAML: every string of JSON is one.
pub(super) fn yaml(text: &str) -> String {
    Value::from(text).to_string()
}

fn named(operation: &Operation) -> Vec<String> {
    action(&operation.at, &[format!("  update: {{operationId: {}}}", yaml(&operation.id))])
}

fn described(operation: &Operation) -> Vec<String> {
    let what = format!("{} {}", operation.method.as_sent(), operation.path.template);
    action(
        &operation.at,
        &[format!("  update: {{summary: {}}}", yaml(&format!("What {what} does, in a sentence")))],
    )
}

/// Words of operations that look something up, however they are sent.
const READING: [&str; 14] = [
    "search",
    "query",
    "find",
    "list",
    "get",
    "fetch",
    "lookup",
    "count",
    "preview",
    "validate",
    "check",
    "estimate",
    "calculate",
    "compare",
];

fn seems_to_read(operation: &Operation) -> bool {
    use heck::ToSnakeCase as _;
    let is_reading = |word: &str| READING.contains(&word);
    let id = operation.id.to_snake_case();
    let last = operation.path.template.rsplit('/').next().unwrap_or_default().to_snake_case();
    operation.method == Method::Post
        && operation.mcp.effect.is_none()
        && (id.split('_').next().is_some_and(is_reading)
            || last
                .split('_')
                .any(|word| ["search", "query", "lookup", "preview", "validate"].contains(&word)))
}

fn read_only(operation: &Operation) -> Vec<String> {
    action(&operation.at, &["  update: {x-mcp: {effect: read, idempotent: true}}".to_owned()])
}

/// Path parameters of free text, each name once: one action reaches all of that name.
fn path_parameters<'p>(package: &'p Package<'p>) -> Vec<&'p Parameter> {
    let mut seen = std::collections::HashSet::new();
    operations(package, |_| true)
        .flat_map(|operation| &operation.parameters)
        .filter(|parameter| {
            parameter.location == Location::Path && *parameter.at.file == package.document_file
        })
        .filter(|parameter| is_free(parameter))
        .filter(|parameter| seen.insert(&parameter.name))
        .collect()
}

/// Whether any text is taken. The parameter's own schema is looked at, not what it refers to.
fn is_free(parameter: &Parameter) -> bool {
    let Some(schema) = &parameter.schema.json else { return false };
    let says = ["$ref", "enum", "const", "pattern", "maxLength", "format", "anyOf", "oneOf", "allOf"];
    schema["type"] == "string" && says.iter().all(|word| schema.get(word).is_none())
}

fn narrowed(parameter: &Parameter) -> Vec<String> {
    let rules = "{maxLength: 128, pattern: \"^[A-Za-z0-9._-]+$\"}";
    // In Swagger 2.0 the rules stand in the parameter itself.
    let is_own = parameter.schema.at.pointer == parameter.at.pointer;
    let update = if is_own { rules.to_owned() } else { format!("{{schema: {rules}}}") };
    let name = parameter.name.replace('\\', "\\\\").replace('\'', "\\'");
    let target = format!("$..parameters[?@.in == 'path' && @.name == '{name}']");
    vec![format!("- target: {}", yaml(&target)), format!("  update: {update}")]
}

fn media(operation: &Operation) -> Vec<&str> {
    let body = operation.body.iter();
    body.flat_map(|body| &body.media).map(|media| media.media_type.as_str()).collect()
}

fn chosen(operation: &Operation) -> Vec<String> {
    let media = operation.body.iter().flat_map(|body| &body.media);
    let first = media.clone().next();
    let names: Vec<&str> = media.map(|media| media.media_type.as_str()).collect();
    let mut lines = vec![format!("# {}: {}", line(&operation.id), line(&names.join(", ")))];
    if let Some(first) = first {
        lines.extend(action(&first.at, &["  remove: true".to_owned()]));
    }
    lines
}

/// Where the operations stand that are no tool and not left out on purpose.
fn without_tool<'p>(package: &'p Package<'p>) -> Vec<&'p Place> {
    let tools: std::collections::HashSet<&str> =
        package.plan.tools.iter().map(|tool| tool.operation.as_str()).collect();
    let carried: std::collections::HashSet<&str> = package
        .api
        .operations
        .iter()
        .filter(|operation| tools.contains(operation.id.as_str()))
        .map(|operation| operation.at.pointer.as_str())
        .collect();
    package
        .operations
        .iter()
        .filter(|listed| !listed.is_excluded && !carried.contains(listed.at.pointer.as_str()))
        .map(|listed| &listed.at)
        .filter(|at| *at.file == package.document_file)
        .collect()
}

fn excluded(at: &Place) -> Vec<String> {
    action(at, &["  update: {x-mcp: {exclude: true}}".to_owned()])
}

fn large(package: &Package<'_>) -> Vec<Vec<String>> {
    let mut sizes: Vec<(usize, &str, &str)> = package
        .plan
        .tools
        .iter()
        .map(|tool| (Size::of(tool).entry, tool.name.as_str(), tool.operation.as_str()))
        .filter(|(bytes, _, _)| *bytes > LARGE)
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    let entry = |(bytes, name, _): (usize, &str, &str)| {
        vec![format!("{name}: {bytes} bytes; `mcp-codegen schema` shows what of")]
    };
    sizes.into_iter().map(entry).collect()
}

/// The errors, each with the lines that accept it.
pub(super) fn accepts(package: &Package<'_>) -> Section {
    let errors = package.report.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let entries = errors.map(|problem| {
        vec![
            format!("# {}: {}", problem.place, line(&problem.message)),
            format!("- {{rule: {}, at: {}, reason: \"\"}}", problem.rule, yaml(&problem.place.pointer)),
        ]
    });
    let mut entries: Vec<Vec<String>> = entries.collect();
    entries.dedup();
    Section { words: String::new(), entries, further: 0 }
}
