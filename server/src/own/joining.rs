//! Puts hand-written tools into the catalog, or says at start why they cannot stand there.

use serde_json::Value;

use super::judge::Judge;
use super::worker::Unsound;
use super::{Own, Worker, schema};
use crate::catalog::{Api, Tool, Work};
use crate::start_error::StartError;

impl Api {
    /// The API with these tools beside the generated ones. What is made here lives as long as the program, as all
    /// of a catalog does, so this is for its start.
    pub fn with(&'static self, own: &[&'static dyn Own]) -> Result<&'static Api, StartError> {
        if own.is_empty() {
            return Ok(self);
        }
        let mut tools = self.tools.to_vec();
        for own in own {
            let tool = entry(*own)?;
            compiled(tool)?;
            if let Some(other) = tools.iter().find(|other| other.name == tool.name) {
                return Err(clash(other));
            }
            tools.push(tool);
        }
        tools.sort_unstable_by_key(|tool| tool.name);
        Ok(Box::leak(Box::new(Api { tools: Box::leak(tools.into_boxed_slice()), ..*self })))
    }
}

fn clash(other: &Tool) -> StartError {
    let name = other.name;
    StartError::new(if other.operation.is_empty() {
        format!("two tools written by hand are named {name}: give one of them another name")
    } else {
        let operation = other.operation;
        format!(
            "the tool {name} written by hand has the name of the tool generated from the operation {operation}: give \
             one of them another name"
        )
    })
}

/// Compiles what a tool is judged by, so that a start says what cannot be compiled.
fn compiled(tool: &Tool) -> Result<(), StartError> {
    let Work::Own(worker) = tool.work else { return Ok(()) };
    let which = match worker.unsound() {
        None => return Ok(()),
        Some(Unsound::Arguments) => "arguments",
        Some(Unsound::Answers) => "answers",
    };
    Err(wrong(tool.name, format!("the schema of its {which}: it cannot be compiled; the log says why")))
}

fn wrong(name: &str, what: String) -> StartError {
    StartError::new(format!("the tool {name:?} written by hand: {what}"))
}

/// The tool's entry. What it is judged by is compiled when it is first called.
pub(super) fn entry(own: &'static dyn Own) -> Result<&'static Tool, StartError> {
    let name = own.name();
    let wrong = |what: String| wrong(name, what);
    if !is_name(name) {
        return Err(wrong("its name must match ^[a-z][a-z0-9_]{0,63}$".to_owned()));
    }
    let (input, output) = own.schemas();
    if let Some(place) = schema::open_object(&input) {
        return Err(wrong(format!(
            "its arguments take members that they do not declare, in their schema at {place}: write \
             #[serde(deny_unknown_fields)] above that type"
        )));
    }
    let (input, judge) =
        judged(&input).map_err(|what| wrong(format!("the schema of its arguments: {what}")))?;
    let output = output.as_ref().map(judged).transpose();
    let output = output.map_err(|what| wrong(format!("the schema of its answers: {what}")))?;
    let (output, answers) = output.unzip();
    let worker = Box::leak(Box::new(Worker::new(own, judge, answers)));
    let tool = Box::leak(Box::new(own.entry(input, output, worker)));
    if tool.title.trim().is_empty() || tool.description.trim().is_empty() {
        return Err(wrong("its title and its description must say something".to_owned()));
    }
    Ok(tool)
}

/// The schema as text, and what judges by it.
fn judged(schema: &Value) -> Result<(&'static str, Judge), String> {
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return Err("its root is not of type object".to_owned());
    }
    let text: &'static str = Box::leak(schema.to_string().into_boxed_str());
    Ok((text, Judge::new(schema, text)))
}

fn is_name(name: &str) -> bool {
    name.len() <= 64
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}
