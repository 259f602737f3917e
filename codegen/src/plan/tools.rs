//! Operations become tools: one each, and one for each variant of an operation.

use std::collections::{BTreeMap, HashMap};

use indexmap::IndexMap;
use openapi::ir::{self, Api, Operation, Profile, Variant};
use openapi::report::Place;
use serde_json::Value;

use super::findings::Findings;
use super::layout::Purpose;
use super::model::{AnswerRule, Effect, Module, Need, Part, Rest, Struct, Tool, Type, TypeId};
use super::opened::opened;
use super::shapes::{Direction, Known, Shaper};
use super::surface::{self, Surface};
use super::{
    answers, fields, layout, media, names, prose, question, schema, secrets, settle, structs, tool_names,
    words,
};
use crate::profiles;
use crate::profiles::names::Alphabet;

/// Names in a tool's module that no type of its own may take.
const TAKEN: [&str; 3] = ["Arguments", "Tool", "InputSchema"];

/// What all tools share.
pub(crate) struct Shared<'a> {
    pub(crate) api: &'a Api,
    pub(crate) names: &'a BTreeMap<String, String>,
    pub(crate) arguments: HashMap<String, &'a Type>,
    pub(crate) answers: HashMap<String, &'a Type>,
    pub(crate) known_arguments: &'a Known,
    pub(crate) known_answers: &'a Known,
}

/// The tools of an operation with their places: its own, of this name, then its variants'.
pub(crate) fn of_operation(
    shared: &Shared<'_>,
    operation: &Operation,
    name: Option<String>,
    findings: &mut Findings,
) -> Vec<(Tool, Place)> {
    let mut found = Vec::new();
    if let Some(name) = name {
        let (pins, media) = (IndexMap::new(), operation.mcp.media.as_deref());
        found.extend(
            tool(shared, operation, name, (&pins, media), findings).map(|tool| (tool, operation.at.clone())),
        );
    }
    for variant in &operation.mcp.variants {
        found.extend(of_variant(shared, operation, variant, findings).map(|tool| (tool, variant.at.clone())));
    }
    media::report_others(operation, findings);
    found
}

fn of_variant(
    shared: &Shared<'_>,
    operation: &Operation,
    variant: &Variant,
    findings: &mut Findings,
) -> Option<Tool> {
    let name = tool_names::given_name(&variant.name, &variant.at, findings)?;
    let media = variant.media.as_deref().or(operation.mcp.media.as_deref());
    let mut tool = tool(shared, operation, name, (&variant.pin, media), findings)?;
    if let Some(title) = &variant.title {
        tool.title = words::one_line(&words::clean(title));
    }
    if let Some(description) = &variant.description {
        tool.description = prose::accepted(description, &variant.at, findings, "tool description");
    }
    Some(tool)
}

fn tool(
    shared: &Shared<'_>,
    operation: &Operation,
    name: String,
    (pins, media): (&IndexMap<String, Value>, Option<&str>),
    findings: &mut Findings,
) -> Option<Tool> {
    let taken = TAKEN;
    let mut shaper =
        Shaper::tool(shared.api, shared.names, Direction::Request, shared.known_arguments, &taken, findings);
    let Surface { mut arguments, writes } = surface::plan(&mut shaper, operation, pins, media)?;
    let profiles = &shared.api.mcp.profiles;
    if let Some(alphabet) = Alphabet::of(profiles) {
        profiles::names::make_plain(&mut arguments, alphabet);
    }
    let mut types = shaper.types;
    let (answers, answer_types) = answers_of(shared, operation, &types, findings);
    types.extend(answer_types);
    structs::box_recursion(&mut types);

    let definition = |target: &str| shared.definition(target, &types);
    let purpose =
        if profiles.contains(&Profile::Gemini) { Purpose::ArgumentsInPlace } else { Purpose::Arguments };
    let mut input = layout::lay_out_for(purpose, &input_schema(&arguments), &definition);
    let answer_headers = operation.mcp.answer_headers.clone();
    let output_schema = answers::output_schema(&answers, &answer_headers, &definition);
    let fields = fields::plan(operation, &mut input.schema, output_schema.as_ref(), findings);
    let secrets = secrets::pointers(&arguments, &|id| shared.find(id, &types), &definition);
    let title = title(operation, &name);
    let effect = effect(operation);
    let confirm = question::confirm(operation, &arguments, findings);
    let own = types.clone();
    let mut tool = Tool {
        module: names::module(&name),
        description: description(operation, &title, findings),
        title,
        name,
        operation: operation.id.clone(),
        tags: operation.tags.clone(),
        deprecated: operation.deprecated,
        method: operation.method.as_sent().to_owned(),
        template: operation.path.template.clone(),
        segments: segments(&operation.path),
        effect,
        idempotent: operation.mcp.idempotent.unwrap_or(!matches!(
            operation.method,
            ir::Method::Post | ir::Method::Patch | ir::Method::Other(_)
        )),
        // Reading the document has refused the cache of anything else; what is written even so must be right.
        cache_seconds: operation.mcp.cache_seconds.filter(|_| effect == Effect::Read),
        stale_seconds: operation.mcp.stale_seconds.filter(|_| effect == Effect::Read),
        busy: operation.mcp.busy.clone(),
        timeout_seconds: operation.mcp.timeout_seconds,
        proof: operation.mcp.proof.clone(),
        confirm,
        weight: operation.mcp.weight,
        scopes: operation.mcp.scopes.clone(),
        input_schema: input.schema.to_string(),
        output_schema: output_schema.map(|schema| schema.to_string()),
        gated: input.gated,
        secrets,
        security: security(operation),
        answers,
        answer_headers,
        fields,
        // These two are decided when all tools are there.
        long: None,
        resource: None,
        arguments,
        writes,
        types,
    };
    settle::tool(&mut tool, &operation.at, &|target| shared.definition(target, &own), findings);
    Some(tool)
}

/// How the answers are read, and the types that only this tool needs for it.
fn answers_of(
    shared: &Shared<'_>,
    operation: &Operation,
    types: &[Type],
    findings: &mut Findings,
) -> (Vec<AnswerRule>, Vec<Type>) {
    let taken: Vec<&str> = types.iter().map(|kind| kind.id.name.as_str()).chain(TAKEN).collect();
    let mut shaper =
        Shaper::tool(shared.api, shared.names, Direction::Answer, shared.known_answers, &taken, findings);
    let answers = answers::plan(&mut shaper, operation);
    (answers, shaper.types)
}

impl Shared<'_> {
    /// The named type, a tool's own ones included.
    pub(crate) fn find<'t>(&'t self, id: &TypeId, own: &'t [Type]) -> Option<&'t Type> {
        match id.module {
            Module::Arguments => self.arguments.get(&id.name).copied(),
            Module::Answers => self.answers.get(&id.name).copied(),
            Module::Tool => own.iter().find(|kind| kind.id == *id),
        }
    }

    /// The schema that a reference stands for.
    pub(crate) fn definition(&self, target: &str, own: &[Type]) -> Option<Value> {
        let (module, name) = target.strip_prefix("type:")?.split_once('/')?;
        let module = match module {
            "open" => return self.api.schemas.get(name).and_then(|schema| schema.json.as_ref()).map(opened),
            "arguments" => Module::Arguments,
            "answers" => Module::Answers,
            _ => Module::Tool,
        };
        self.find(&TypeId { module, name: name.to_owned() }, own).map(schema::of_type)
    }
}

/// The schema of the arguments: closed, whatever the body's own schema says.
fn input_schema(arguments: &Struct) -> Value {
    debug_assert!(matches!(arguments.rest, Rest::Refuse), "the argument object is closed");
    schema::of_struct(arguments, false)
}

fn title(operation: &Operation, name: &str) -> String {
    let given = operation.mcp.title.as_ref().unwrap_or(&operation.summary);
    let title = words::one_line(&words::clean(given));
    if !title.is_empty() {
        return title.trim_end_matches('.').to_owned();
    }
    let mut words = name.replace('_', " ");
    words[..1].make_ascii_uppercase();
    words
}

fn description(operation: &Operation, title: &str, findings: &mut Findings) -> String {
    if let Some(given) = &operation.mcp.description {
        return prose::accepted(given, &operation.at, findings, "tool description");
    }
    let (summary, description) = (operation.summary.trim(), operation.description.trim());
    let text = match (summary.is_empty(), description.is_empty()) {
        (_, true) if summary.is_empty() => title.to_owned(),
        (false, true) => summary.to_owned(),
        (true, false) => description.to_owned(),
        _ if description.starts_with(summary.trim_end_matches('.')) => description.to_owned(),
        _ => format!("{}.\n{description}", summary.trim_end_matches('.')),
    };
    prose::accepted(&text, &operation.at, findings, "tool description")
}

fn effect(operation: &Operation) -> Effect {
    operation.mcp.effect.unwrap_or(match &operation.method {
        method if method.is_read() => Effect::Read,
        ir::Method::Delete => Effect::Destroy,
        _ => Effect::Write,
    })
}

fn segments(path: &ir::Path) -> Vec<Vec<Part>> {
    let part = |part: &ir::Part| match part {
        ir::Part::Literal(text) => Part::Literal(on_the_wire(text)),
        ir::Part::Parameter(name) => Part::Parameter(name.clone()),
    };
    path.segments.iter().map(|segment| segment.parts.iter().map(part).collect()).collect()
}

/// What RFC 3986 does not allow in a segment, percent-encoded; what is encoded already stays.
fn on_the_wire(text: &str) -> String {
    let mut out = String::new();
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(byte.into()),
            b'-' | b'.' | b'_' | b'~' | b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b','
            | b';' | b'=' | b':' | b'@' | b'%' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn security(operation: &Operation) -> Vec<Vec<Need>> {
    let need = |need: &ir::Requirement| Need { scheme: need.scheme.clone(), scopes: need.scopes.clone() };
    let together = |needs: &Vec<ir::Requirement>| {
        let mut needs: Vec<Need> = needs.iter().map(need).collect();
        needs.sort_by(|one, other| one.scheme.cmp(&other.scheme));
        needs
    };
    operation.security.iter().map(together).collect()
}
