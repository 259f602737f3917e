//! The credential for the API: whether there is one, and whether the API takes it. That is tried with a read that needs it; where
//! each of them needs arguments that nobody gave, it is not tried.

use serde_json::{Map, Value};
use server::call::{Call, CallError, Caller};
use server::catalog::{Api, Effect, Tool, Work};
use server::engine::{Engine, Options};
use server::request_id;
use server::upstream::account;

use super::finding::Finding;
use crate::arguments::Doctor;
use crate::commands::{find, typed};
use crate::refusal::Refusal;

const CHECK: &str = "api credential";

/// The read by which a credential is tried.
pub(super) enum Trial {
    /// The API asks for no credential.
    Needless,
    /// This one.
    Of(&'static Tool, Map<String, Value>),
    /// None, for want of arguments: this one needs the fewest.
    Lacking(&'static Tool, Vec<String>),
    /// None: there is no read that needs a credential.
    Impossible,
}

impl Trial {
    /// The one that was asked for, or the first that can be made with these arguments.
    pub(super) fn of(api: &'static Api, what: &Doctor) -> Result<Self, Refusal> {
        if let Some(name) = &what.tool {
            let tool = find(api.tools.iter().copied(), name)
                .map_err(|line| Refusal::usage(format!("--tool: {line}")))?;
            if tool.effect != Effect::Read {
                return Err(Refusal::usage(format!(
                    "--tool: {name} changes something; expected a tool that reads, as `tools` shows"
                )));
            }
            return Ok(Self::Of(tool, typed::arguments(tool, Map::new(), &what.arguments)?));
        }
        if api.tools.iter().all(|tool| is_open(tool)) {
            return Ok(Self::Needless);
        }
        let is_read = |tool: &&&'static Tool| {
            tool.effect == Effect::Read && matches!(tool.work, Work::Request(_)) && !is_open(tool)
        };
        let given: Vec<&str> = what
            .arguments
            .iter()
            .filter_map(|argument| argument.split_once('='))
            .map(|(name, _)| name)
            .collect();
        let mut lacking: Option<(&'static Tool, Vec<String>)> = None;
        for tool in api.tools.iter().filter(is_read) {
            let (required, known) = names(tool);
            let missing: Vec<String> =
                required.into_iter().filter(|name| !given.contains(&name.as_str())).collect();
            if missing.is_empty() && given.iter().all(|name| known.iter().any(|one| one == name)) {
                return Ok(Self::Of(tool, typed::arguments(tool, Map::new(), &what.arguments)?));
            }
            if !missing.is_empty() && lacking.as_ref().is_none_or(|(_, least)| missing.len() < least.len()) {
                lacking = Some((tool, missing));
            }
        }
        Ok(lacking.map_or(Self::Impossible, |(tool, missing)| Self::Lacking(tool, missing)))
    }
}

/// Whether a tool can be called without a credential.
fn is_open(tool: &Tool) -> bool {
    tool.security.is_empty() || tool.security.iter().any(|needs| needs.is_empty())
}

/// The arguments that a tool requires, and all that it knows.
fn names(tool: &Tool) -> (Vec<String>, Vec<String>) {
    let schema: Value = serde_json::from_str(tool.input_schema).unwrap_or_default();
    let required = schema["required"].as_array().into_iter().flatten();
    let required = required.filter_map(Value::as_str).map(str::to_owned).collect();
    let known = schema["properties"].as_object().into_iter().flat_map(Map::keys).cloned().collect();
    (required, known)
}

/// Tries it.
pub(super) async fn look(api: &'static Api, mut options: Options, trial: Trial) -> Vec<Finding> {
    let whose = match &options.upstream.account {
        _ if matches!(trial, Trial::Needless) => {
            return vec![Finding::not_configured(CHECK, "the API asks for none")];
        }
        account::Settings::Service if options.upstream.credentials.is_empty() => {
            let found = "none is set, so that calls that need one fail";
            return vec![Finding::failed(
                CHECK,
                found,
                "set API_TOKEN_FILE to a file that holds it, or API_TOKEN",
            )];
        }
        account::Settings::Exchanged(_) => {
            let found = "got for the token of each caller (API_ACCOUNT), and nobody calls now";
            return vec![Finding::warning(CHECK, format!("{found}: not tried"), "call as somebody")];
        }
        account::Settings::Own(_) => "that of the owner of this machine",
        account::Settings::Service | account::Settings::Client(_) => "it",
    };
    let (tool, arguments) = match trial {
        Trial::Of(tool, arguments) => (tool, arguments),
        Trial::Lacking(tool, missing) => {
            let given: Vec<String> = missing.iter().map(|name| format!("--arg {name}=VALUE")).collect();
            let found =
                format!("there is one; it was not tried, since {} and others need arguments", tool.name);
            return vec![Finding::warning(CHECK, found, format!("give them: `doctor {}`", given.join(" ")))];
        }
        Trial::Needless | Trial::Impossible => {
            let found = "there is one; no tool that only reads needs it, so that it was not tried";
            return vec![Finding::fine(CHECK, found)];
        }
    };
    // Alone and with what it asked before forgotten: it is this credential that is tried, and now.
    (options.replicas, options.journal, options.cache.enabled) = (None, None, false);
    options.retry.attempts = 1;
    let engine = match Engine::new(api, options) {
        Ok(engine) => engine,
        Err(error) => return vec![Finding::warning(CHECK, error.to_string(), "it was not tried")],
    };
    let call = Call::new(tool, arguments, Caller::LocalOwner, request_id::fresh());
    vec![told(tool, whose, engine.call(call).await.map(drop))]
}

fn told(tool: &Tool, whose: &str, outcome: Result<(), CallError>) -> Finding {
    let tried = format!("by {}", tool.name);
    match outcome {
        Ok(()) => Finding::fine(CHECK, format!("the API takes {whose}, {tried}")),
        Err(CallError::Refused { status: 401 | 403, message, .. }) => Finding::failed(
            CHECK,
            format!("the API refuses {whose}, {tried}{}", said(&message)),
            "it is wrong, expired or has no access: make a new one there, and set API_TOKEN_FILE or API_TOKEN",
        ),
        Err(CallError::Refused { status: status @ 400..500, .. }) => Finding::fine(
            CHECK,
            format!("the API takes {whose}, {tried}, and answers {status} to the arguments"),
        ),
        Err(CallError::NoCredential { schemes }) => {
            let found = format!("there is none for {schemes}, which {} needs", tool.name);
            Finding::failed(CHECK, found, "set API_TOKEN_FILE to a file that holds it, or API_TOKEN")
        }
        Err(CallError::Arguments(problems)) => {
            let found = format!("not tried: {}", problems.to_string().replace('\n', " "));
            Finding::warning(CHECK, found, "give other arguments in --arg")
        }
        Err(CallError::NoAccount(_) | CallError::CredentialUnavailable { .. }) => Finding::failed(
            CHECK,
            format!("no credential could be got for {whose}"),
            "look at API_TOKEN_ENDPOINT and its client, or at `credentials list`",
        ),
        Err(CallError::Denied { .. }) => Finding::warning(
            CHECK,
            format!("not tried: the rules of access let the owner of this machine not use {}", tool.name),
            "name another read in --tool",
        ),
        Err(CallError::Unreachable { .. } | CallError::TimedOut { .. }) => {
            Finding::warning(CHECK, "not tried: the API cannot be reached", "see `api`")
        }
        Err(error) => {
            let status = error.status().map_or(String::new(), |status| format!(" with {status}"));
            let found = format!("it is not known whether the API takes {whose}: {tried} it failed{status}");
            Finding::warning(CHECK, found, format!("`call {}` says more", tool.name))
        }
    }
}

fn said(message: &str) -> String {
    let message: String = message.chars().filter(|letter| !letter.is_control()).take(200).collect();
    if message.is_empty() { message } else { format!(", and says: {message}") }
}
