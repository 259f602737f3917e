//! The golden programs, compiled, and how tests call them.

#![allow(missing_docs, reason = "the modules are what their names say")]

use serde_json::{Value, json};
use server::catalog::{Api, Content, Tool};
use server::decode::{Deployment, Problems};
use server::request::{Body, Part, Prepared};

pub mod parameters {
    include!("../golden/parameters.rs");
}
pub mod bodies {
    include!("../golden/bodies.rs");
}
pub mod forms {
    include!("../golden/forms.rs");
}
pub mod multipart {
    include!("../golden/multipart.rs");
}
pub mod files {
    include!("../golden/files.rs");
}
pub mod unions {
    include!("../golden/unions.rs");
}
pub mod replies {
    include!("../golden/answers.rs");
}
pub mod surface {
    include!("../golden/surface.rs");
}
pub mod clients {
    include!("../golden/clients.rs");
}
pub mod names {
    include!("../golden/names.rs");
}
pub mod alike {
    include!("../golden/alike.rs");
}
pub mod code_pipeline {
    include!("../golden/code_pipeline.rs");
}

/// All golden programs.
pub fn all() -> [&'static Api; 12] {
    [
        parameters::catalog(),
        bodies::catalog(),
        forms::catalog(),
        multipart::catalog(),
        files::catalog(),
        unions::catalog(),
        replies::catalog(),
        surface::catalog(),
        clients::catalog(),
        names::catalog(),
        alike::catalog(),
        code_pipeline::catalog(),
    ]
}

/// A deployment that allows callbacks to one host.
pub fn open_gate() -> Deployment {
    Deployment { callback_hosts: vec!["hooks.example.com".to_owned()], ..Deployment::default() }
}

/// The tool of this name.
pub fn tool(api: &'static Api, name: &str) -> &'static Tool {
    api.find(name).unwrap_or_else(|| panic!("no tool `{name}`"))
}

/// Gives arguments to a tool, under a deployment that allows no callbacks.
pub fn prepare(api: &'static Api, name: &str, arguments: Value) -> Result<Prepared, Problems> {
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    tool(api, name).prepare(arguments, &Deployment::default())
}

/// The request that arguments make: path values, query and header pairs, body.
pub fn request(api: &'static Api, name: &str, arguments: Value) -> Value {
    let prepared =
        prepare(api, name, arguments).unwrap_or_else(|problems| panic!("refused: {}", told(&problems)));
    let template = tool(api, name).segments.iter().flat_map(|parts| parts.iter());
    let path: Vec<String> = template
        .filter_map(|part| match part {
            Part::Parameter(name) => prepared.parts.path_value(name).map(str::to_owned),
            Part::Literal(_) => None,
        })
        .collect();
    let pairs: Vec<String> =
        prepared.parts.query_pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let headers: Vec<String> =
        prepared.parts.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let cookies: Vec<String> =
        prepared.parts.cookie_pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut out = json!({});
    for (name, values) in [("path", path), ("query", pairs), ("headers", headers), ("cookies", cookies)] {
        if !values.is_empty() {
            out[name] = json!(values);
        }
    }
    if let Some(body) = prepared.parts.sent_body() {
        out["body"] = shown(body);
    }
    out
}

/// A body: plain JSON as such, anything else as its media type and text. A boundary reads `BOUNDARY`, line ends are
/// plain.
fn shown(body: &Body) -> Value {
    if body.content_type == "application/json" {
        return serde_json::from_slice(&body.bytes).expect("the body is JSON");
    }
    let text = String::from_utf8_lossy(&body.bytes).replace("\r\n", "\n");
    match body.content_type.split_once("; boundary=") {
        Some((media_type, boundary)) => json!({media_type: text.replace(boundary, "BOUNDARY")}),
        None => json!({&body.content_type: text}),
    }
}

/// The problems of refused arguments, one line each: `path: rule`.
pub fn refused(api: &'static Api, name: &str, arguments: Value) -> Vec<String> {
    match prepare(api, name, arguments) {
        Ok(prepared) => panic!("accepted: {}", prepared.arguments),
        Err(problems) => {
            problems.iter().map(|problem| format!("{}: {}", problem.path, problem.rule)).collect()
        }
    }
}

/// All that was said about refused arguments.
pub fn told(problems: &Problems) -> String {
    problems.iter().map(|problem| format!("{}: {}\n", problem.path, problem.message)).collect()
}

/// What a tool makes of an answer.
pub fn read(api: &'static Api, name: &str, status: u16, answer: Value) -> Option<Value> {
    let tool = tool(api, name);
    let rule = tool
        .answers
        .iter()
        .find(|rule| (rule.from..=rule.to).contains(&status))
        .expect("the status is described");
    let Content::Json { shape, wrap } = rule.content else {
        panic!("the answer is not typed JSON: {:?}", rule.content)
    };
    let (value, _) = server::answer::settled(shape, wrap, answer).ok()?;
    let schema =
        serde_json::from_str(tool.output_schema.expect("a typed answer has a schema")).expect("is JSON");
    let judge = jsonschema::validator_for(&schema).expect("is a schema");
    assert!(judge.is_valid(&value), "{value} does not conform to {schema}");
    Some(value)
}
