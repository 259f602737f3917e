//! Holds a compiled document to what its file says.

use std::collections::BTreeSet;
use std::time::Duration;

use features::Feature;
use serde_json::{Map, Value};
use server::call::{Call, CallError, Caller, Reply};
use server::catalog::{Api, Tool};
use server::engine::{Engine, Options};
use server::stages::confirm::Mode;
use server::stages::ledger;

use crate::cases::{AnswerCase, Cases, Diagnostic, RequestCase};
use crate::upstream::Upstream;

/// Headers that every request has, and those that follow from the connection and the body.
const ALWAYS: [&str; 6] = ["host", "accept", "user-agent", "x-request-id", "content-length", "connection"];

/// What is wrong with the tools, their schemas and the diagnostics.
pub(crate) fn program(feature: &Feature, cases: &Cases) -> Vec<String> {
    let mut wrong = diagnostics(feature, cases);
    let api = (feature.api)();
    let tools: Vec<&Tool> = api.map(|api| api.tools.to_vec()).unwrap_or_default();
    let names: Vec<&str> = tools.iter().map(|tool| tool.name).collect();
    if let Some(expected) = &cases.tools {
        let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        if expected != names.iter().copied().collect() {
            wrong.push(format!("tools: expected {expected:?}, there are {names:?}"));
        }
    }
    for (name, expected) in &cases.inputs {
        let found = tools.iter().find(|tool| tool.name == name).map(|tool| tool.input_schema);
        wrong.extend(differs(&format!("input schema of {name}"), expected, found));
    }
    for (name, expected) in &cases.outputs {
        let found = tools.iter().find(|tool| tool.name == name).and_then(|tool| tool.output_schema);
        wrong.extend(differs(&format!("output schema of {name}"), expected, found));
    }
    wrong.into_iter().map(|wrong| format!("{}: {wrong}", feature.file)).collect()
}

fn differs(what: &str, expected: &Value, found: Option<&str>) -> Option<String> {
    let found: Value = found.map_or(Value::Null, |text| serde_json::from_str(text).unwrap());
    (*expected != found).then(|| format!("{what}:\n    expected {expected}\n    it is    {found}"))
}

/// Errors and warnings must be named one by one; notes may be, and then they must be there.
fn diagnostics(feature: &Feature, cases: &Cases) -> Vec<String> {
    let found: Vec<Value> = serde_json::from_str(feature.diagnostics).unwrap();
    let text = |value: &Value, key: &str| value[key].as_str().unwrap().to_owned();
    let mut found: Vec<(String, String)> =
        found.iter().map(|one| (text(one, "diagnostic"), text(one, "says"))).collect();
    let mut wrong = Vec::new();
    for expected in &cases.diagnostics {
        let (line, words) = match expected {
            Diagnostic::Plain(line) => (line, ""),
            Diagnostic::Said { diagnostic, says } => (diagnostic, says.as_str()),
        };
        match found.iter().position(|(known, says)| known == line && says.contains(words)) {
            Some(index) => drop(found.remove(index)),
            None => wrong.push(format!("not reported: {line} {words:?}")),
        }
    }
    let unnamed = found.into_iter().filter(|(line, _)| !line.starts_with("note "));
    wrong.extend(unnamed.map(|(line, says)| format!("reported, but not named: {line}\n    {says}")));
    wrong
}

/// What is wrong with the calls.
pub(crate) async fn calls(feature: &Feature, cases: &Cases) -> Vec<String> {
    let Some(api) = (feature.api)() else { return Vec::new() };
    let upstream = Upstream::start().await;
    let mut options = Options::new(upstream.base_url());
    // Each scheme has a credential of its own, so that requests show which one was used.
    options.upstream.credentials = api
        .security_schemes
        .iter()
        .map(|scheme| (scheme.name.to_owned(), format!("secret-of-{}", scheme.name).into()))
        .collect();
    // Each case is a request of its own, however like the one before.
    // Features are about requests; who is asked before them is not what is tested here.
    options.confirm.mode = Mode::Off;
    options.ledger = ledger::Settings { window: Duration::ZERO, unknown: Duration::ZERO };
    let engine = Engine::new(api, options).unwrap_or_else(|error| panic!("{}: {error}", feature.file));
    let mut wrong = Vec::new();
    for (index, case) in cases.requests.iter().enumerate() {
        if let Err(reason) = request(api, &engine, &upstream, case).await {
            wrong.push(format!("{}: request {} ({}): {reason}", feature.file, index + 1, case.tool));
        }
    }
    for (index, case) in cases.answers.iter().enumerate() {
        if let Err(reason) = answer(api, &engine, &upstream, case).await {
            wrong.push(format!("{}: answer {} ({}): {reason}", feature.file, index + 1, case.tool));
        }
    }
    wrong
}

async fn call(
    api: &'static Api,
    engine: &Engine,
    name: &str,
    arguments: Map<String, Value>,
) -> Result<Result<Reply, CallError>, String> {
    let tool = api.find(name).ok_or("there is no such tool")?;
    Ok(engine.call(Call::new(tool, arguments, Caller::LocalOwner, "request-1".to_owned())).await)
}

async fn request(
    api: &'static Api,
    engine: &Engine,
    upstream: &Upstream,
    case: &RequestCase,
) -> Result<(), String> {
    upstream.answer_with(204, &[], b"");
    let outcome = call(api, engine, &case.tool, case.arguments.clone()).await?;
    let sent = upstream.take();
    judge(api, case)?;
    match (&case.sends, &case.refuses) {
        (Some(expected), None) => {
            let [sent] = &sent[..] else {
                return Err(format!("{} requests were sent: {outcome:?}", sent.len()));
            };
            let (expected, found) = (expected.trim_end_matches('\n'), shown(sent));
            (expected == found)
                .then_some(())
                .ok_or_else(|| format!("\n    expected {expected:?}\n    sent     {found:?}"))
        }
        (None, Some(expected)) => {
            let Err(CallError::Arguments(problems)) = &outcome else {
                return Err(format!(
                    "it is not refused: {outcome:?}, sent: {:?}",
                    sent.first().map(|one| shown(one))
                ));
            };
            let found: Vec<String> =
                problems.iter().map(|problem| format!("{}: {}", problem.path, problem.rule)).collect();
            let is_same = *expected == found && sent.is_empty();
            is_same
                .then_some(())
                .ok_or_else(|| format!("\n    expected {expected:?}\n    told     {problems:?}"))
        }
        _ => Err("a request has either `sends` or `refuses`".to_owned()),
    }
}

/// The advertised schema, in the eyes of an independent judge, accepts exactly what is sent.
fn judge(api: &'static Api, case: &RequestCase) -> Result<(), String> {
    let tool = api.find(&case.tool).ok_or("there is no such tool")?;
    let schema: Value = serde_json::from_str(tool.input_schema).map_err(|error| error.to_string())?;
    let judge = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft202012)
        .should_validate_formats(true)
        .build(&schema)
        .map_err(|error| format!("the input schema is none: {error}"))?;
    let accepts = judge.is_valid(&Value::Object(case.arguments.clone()));
    if accepts == (case.sends.is_some() || case.beyond_schema) {
        return Ok(());
    }
    let word = if accepts { "accepts" } else { "refuses" };
    Err(format!("the advertised schema {word} the arguments: {schema}"))
}

/// A request as cases write it.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let mut lines = head.split("\r\n");
    let mut out = lines.next().unwrap_or_default().trim_end_matches(" HTTP/1.1").to_owned();
    for line in lines {
        let name = line.split(':').next().unwrap_or_default();
        if !ALWAYS.contains(&name.to_ascii_lowercase().as_str()) {
            out.push('\n');
            out.push_str(line);
        }
    }
    if !body.is_empty() {
        out.push_str("\n\n");
        out.push_str(body);
    }
    out
}

async fn answer(
    api: &'static Api,
    engine: &Engine,
    upstream: &Upstream,
    case: &AnswerCase,
) -> Result<(), String> {
    let mut headers: Vec<(&str, &str)> =
        case.headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    headers.extend(case.content_type.as_deref().map(|kind| ("Content-Type", kind)));
    upstream.answer_with(case.status, &headers, case.body.as_bytes());
    let outcome = call(api, engine, &case.tool, case.arguments.clone()).await?;
    upstream.take();
    let reply = match (outcome, &case.fails) {
        (Err(error), Some(kind)) if error.kind() == kind => return Ok(()),
        (Err(error), _) => return Err(format!("it fails: {error:?}")),
        (Ok(reply), Some(kind)) => return Err(format!("it does not fail as `{kind}`: {reply:?}")),
        (Ok(reply), None) => reply,
    };
    if case.structured.is_some() && reply.structured.as_deref() != case.structured.as_ref() {
        return Err(format!("\n    expected {:?}\n    given    {:?}", case.structured, reply.structured));
    }
    if case.text.as_ref().is_some_and(|text| *text != reply.text) {
        return Err(format!("\n    expected {:?}\n    given    {:?}", case.text, reply.text));
    }
    let is_noted = case.notes.len() == reply.notes.len()
        && case.notes.iter().zip(&reply.notes).all(|(piece, note)| note.contains(piece));
    if !is_noted {
        return Err(format!("notes: expected {:?}, given {:?}", case.notes, reply.notes));
    }
    conforms(api, case, reply.structured.as_deref())
}

/// The structured content conforms to the advertised output schema.
fn conforms(api: &'static Api, case: &AnswerCase, structured: Option<&Value>) -> Result<(), String> {
    let schema = api.find(&case.tool).and_then(|tool| tool.output_schema);
    let (Some(schema), Some(structured)) = (schema, structured) else { return Ok(()) };
    let schema: Value = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    let judge =
        jsonschema::validator_for(&schema).map_err(|error| format!("the output schema is none: {error}"))?;
    judge.validate(structured).map_err(|error| format!("the output schema refuses {structured}: {error}"))
}
