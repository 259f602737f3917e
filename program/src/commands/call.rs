//! `call`: one tool call, through the same stages as any client's.

use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::process::ExitCode;

use serde_json::{Map, Value};
use server::call::Answer;
use server::journal::Stream;
use server::mcp::Made;
use tokio::sync::mpsc;

use crate::Program;
use crate::commands::{find, prepare, progress, typed};
use crate::output::{print, print_json};
use crate::refusal::Refusal;
use crate::settings::Config;

/// How many states of what a call started may wait to be told.
const WAITING_STATES: usize = 16;

/// Calls the tool. Its structured answer goes to standard output, an error to standard error with exit code
/// 1.
pub(crate) async fn run(
    program: &Program,
    config: Config,
    name: &str,
    typed: &[String],
    json: Option<&Path>,
    said: Said<'_>,
) -> Result<ExitCode, Refusal> {
    let tool = find(program.api.tools.iter().copied(), name).map_err(Refusal::usage)?;
    let object = json.map(read_object).transpose()?.unwrap_or_default();
    let arguments = typed::arguments(tool, object, typed)?;
    let recorded = prepare(program, config, Stream::Error)?;
    let (states, told) = mpsc::channel(WAITING_STATES);
    let made = Made { key: said.key.map(str::to_owned), states: Some(states) };
    let mut unasked = false;
    let ask = |question: &str| {
        eprintln!("{question}");
        let answer = if said.yes { Some(Answer::Yes) } else { asked_here() };
        unasked = answer.is_none();
        answer.unwrap_or(Answer::Missing)
    };
    let calling = recorded.server.call_as(tool.name, arguments, made, ask);
    let result = progress::told(tool.name, told, calling).await.expect("the tool was found");
    drop(recorded);
    if unasked {
        return Err(Refusal::usage(
            "nobody is here to ask, so nothing was sent; say yes beforehand with --yes",
        ));
    }
    if result["isError"] == true {
        eprintln!("{}", text_of(&result));
        return Ok(ExitCode::FAILURE);
    }
    match result.get("structuredContent") {
        Some(structured) => print_json(structured)?,
        None => print(&text_of(&result))?,
    }
    Ok(ExitCode::SUCCESS)
}

/// What the caller says besides the arguments.
pub(crate) struct Said<'a> {
    /// The name of the change.
    pub(crate) key: Option<&'a str>,
    /// Yes, beforehand.
    pub(crate) yes: bool,
}

/// The answer of whoever sits at the terminal, if somebody does.
fn asked_here() -> Option<Answer> {
    let (input, mut output) = (std::io::stdin(), std::io::stderr());
    if !input.is_terminal() || !output.is_terminal() {
        return None;
    }
    write!(output, "Make this call? [y/N] ").ok()?;
    let mut line = String::new();
    input.read_line(&mut line).ok()?;
    let is_yes = matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    Some(if is_yes { Answer::Yes } else { Answer::No })
}

/// The text of a tool's result.
fn text_of(result: &Value) -> String {
    let content = result["content"].as_array().map(Vec::as_slice).unwrap_or_default();
    let texts: Vec<&str> = content.iter().filter_map(|item| item["text"].as_str()).collect();
    texts.join("\n")
}

/// The JSON object in a file or, for `-`, on standard input.
fn read_object(path: &Path) -> Result<Map<String, Value>, Refusal> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().read_to_string(&mut text).map(|_| ())
    } else {
        std::fs::read_to_string(path).map(|read| text = read)
    };
    let shown = path.display();
    read.map_err(|error| Refusal::usage(format!("--json {shown}: cannot be read: {error}")))?;
    serde_json::from_str(&text).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        Refusal::usage(format!(
            "--json {shown}: expected a JSON object with the arguments; line {line}, column {column} is not"
        ))
    })
}
