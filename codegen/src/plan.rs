//! Takes every decision: which tools there are, what they take and give, and what everything is called. Plain data
//! out; what could not be carried is reported, never dropped in silence.

pub mod model;

mod answers;
mod bodies;
mod case;
mod fields;
mod files;
mod findings;
mod layout;
mod long;
mod media;
pub(crate) mod names;
mod opened;
mod prompts;
mod prose;
mod question;
mod resource;
mod scalars;
mod schema;
mod secrets;
mod settle;
mod shapes;
mod structs;
mod surface;
mod tool_names;
mod tools;
mod whole;
pub(crate) mod words;

use std::collections::{BTreeMap, HashMap};

use openapi::ir::{Api, Location, Operation, SecurityKind};
use openapi::prompts::Prompt;
use openapi::report::{Place, Report};

use findings::Findings;
use model::{Carrier, Plan, SecurityScheme, Tool, Type};
use shapes::{Direction, Known, Shaper};
use tools::Shared;

use crate::{profiles, size, threads};

/// The plan, with what could not be carried left out, and the report that says so.
#[derive(Debug)]
pub struct Planned {
    /// What is to be written.
    pub plan: Plan,
    /// What was found on the way.
    pub report: Report,
}

/// Plans the program of an API.
pub fn plan(api: &Api) -> Planned {
    plan_with(api, &[])
}

/// Plans the program of an API with prompts, which are held against its tools.
pub fn plan_with(api: &Api, prompts: &[Prompt]) -> Planned {
    let mut findings = Findings::default();
    let names = names::of_components(api.schemas.keys());
    let directions = [Direction::Request, Direction::Answer];
    let mut types = threads::each(&directions, |direction| shared_types(api, &names, *direction)).into_iter();
    let mut next = || {
        let (types, known, found) = types.next().expect("each direction has its types");
        findings.append(found);
        (types, known)
    };
    let ((all_arguments, known_arguments), (all_answers, known_answers)) = (next(), next());
    let shared = Shared {
        api,
        names: &names,
        arguments: by_name(&all_arguments),
        answers: by_name(&all_answers),
        known_arguments: &known_arguments,
        known_answers: &known_answers,
    };
    let tool_names = tool_names::of_operations(&api.operations, api.mcp.client_prefix, &mut findings);
    let named: Vec<(&Operation, Option<String>)> = api.operations.iter().zip(tool_names).collect();
    let planned = threads::each(&named, |(operation, name)| {
        let mut findings = Findings::default();
        (tools::of_operation(&shared, operation, name.clone(), &mut findings), findings)
    });
    let mut found: Vec<(Tool, Place)> = Vec::new();
    for (tools, more) in planned {
        found.extend(tools);
        findings.append(more);
    }
    // Of two names that clash the first one stays, and which is the first must not hang on where the document says it.
    found.sort_by(|(one, _), (other, _)| (&one.template, &one.method).cmp(&(&other.template, &other.method)));
    let mut tools = distinct(found, &mut findings);
    long::plan(&named, &mut tools, &mut findings);
    resource::plan(&named, &mut tools, &mut findings);
    let prompts = prompts::plan(prompts, &tools, &mut findings);
    // Schemas refer to types as they are before the last pass, so that pass works on copies.
    let [mut arguments, mut answers] = settle::prune(&mut tools, [&all_arguments, &all_answers]);
    for types in [&mut arguments, &mut answers] {
        settle::types(types, &|target| shared.definition(target, &[]), &mut findings);
    }
    let plan = Plan {
        title: words::one_line(&words::clean(&api.title)),
        version: words::one_line(&words::clean(&api.version)),
        description: words::clean(&api.description),
        digest: api.digest.clone(),
        tools,
        arguments,
        answers,
        security_schemes: security_schemes(api),
        effect_scopes: api.mcp.scopes.clone(),
        prompts,
    };
    let report = judged(&plan.tools, api, findings.into_report());
    Planned { plan, report }
}

/// The report with what the overlay asks of the tools as a whole: that they suit clients and are small enough; what it
/// accepts is made a note.
fn judged(tools: &[Tool], api: &Api, mut report: Report) -> Report {
    let hints = &api.mcp;
    report.problems.extend(profiles::check(tools, api, &hints.profiles, hints.client_prefix));
    if let Some(budget) = &hints.budget {
        report.problems.extend(size::over(tools, api, budget));
    }
    hints.accept(&mut report);
    report
}

/// The types of the document's named schemas, and which of these stand in place.
fn shared_types(
    api: &Api,
    names: &BTreeMap<String, String>,
    direction: Direction,
) -> (Vec<Type>, Known, Findings) {
    let mut findings = Findings::default();
    let (mut types, known) = Shaper::shared(api, names, direction, &mut findings);
    structs::box_recursion(&mut types);
    (types, known, findings)
}

fn by_name(types: &[Type]) -> HashMap<String, &Type> {
    types.iter().map(|kind| (kind.id.name.clone(), kind)).collect()
}

/// The tools whose names clash with none before them, sorted by name.
fn distinct(found: Vec<(Tool, Place)>, findings: &mut Findings) -> Vec<Tool> {
    let names: Vec<(&str, &Place)> = found.iter().map(|(tool, at)| (tool.name.as_str(), at)).collect();
    let may_stay = tool_names::clashes(&names, findings);
    let mut tools: Vec<Tool> =
        found.into_iter().zip(may_stay).filter(|(_, stays)| *stays).map(|((tool, _), _)| tool).collect();
    tools.sort_by(|one, other| one.name.cmp(&other.name));
    tools
}

fn security_schemes(api: &Api) -> Vec<SecurityScheme> {
    let carrier = |kind: &SecurityKind| match kind {
        SecurityKind::ApiKey { location: Location::Header | Location::Path, name } => {
            Carrier::Header(name.clone())
        }
        SecurityKind::ApiKey { location: Location::Query, name } => Carrier::Query(name.clone()),
        SecurityKind::ApiKey { location: Location::Cookie, name } => Carrier::Cookie(name.clone()),
        SecurityKind::Http { scheme } => Carrier::Authorization(capitalised(scheme)),
        SecurityKind::Token => Carrier::Authorization("Bearer".to_owned()),
    };
    let mut schemes: Vec<SecurityScheme> = api
        .security_schemes
        .iter()
        .map(|(name, scheme)| SecurityScheme { name: name.clone(), carrier: carrier(&scheme.kind) })
        .collect();
    schemes.sort_by(|one, other| one.name.cmp(&other.name));
    schemes
}

/// Scheme words are case-insensitive; this is how they are usually written.
fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
