//! `policy`: shows the schema and the rules of access, checks rules, and explains what they decide.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::SystemTime;

use serde_json::Map;
use server::call::{Call, Caller};
use server::identity::{Identity, Principal};
use server::policy::{Explanation, Policies, Verdict};

use crate::Program;
use crate::arguments::{Explain, Policy, PolicyCommand};
use crate::commands::{find, typed};
use crate::output::print;
use crate::refusal::Refusal;
use crate::settings::Config;

/// Does what is asked of the rules.
pub(super) fn run(program: &Program, config: &Config, policy: &Policy) -> Result<ExitCode, Refusal> {
    match &policy.command {
        PolicyCommand::Schema => print(policies(program, config, None)?.schema())?,
        PolicyCommand::Show => print(&policies(program, config, None)?.text())?,
        PolicyCommand::Check { file } => {
            let policies = policies(program, config, file.clone())?;
            policies.check().map_err(|error| Refusal::configuration(error.to_string()))?;
            let (rules, tools) = (policies.len(), program.api.tools.len());
            print(&format!("{rules} rules are good for {tools} tools: {}\n", policies.place()))?;
        }
        PolicyCommand::Explain(call) => return explain(program, config, call),
    }
    Ok(ExitCode::SUCCESS)
}

/// The rules of this file, or those that a server would have.
fn policies(program: &Program, config: &Config, file: Option<PathBuf>) -> Result<Policies, Refusal> {
    Policies::new(program.api, config.access.settings(file, program.policy))
        .map_err(|error| Refusal::configuration(error.to_string()))
}

fn explain(program: &Program, config: &Config, what: &Explain) -> Result<ExitCode, Refusal> {
    let policies = policies(program, config, what.file.clone())?;
    let call = call(&policies, what)?;
    let time = match &what.at {
        None => SystemTime::now(),
        Some(text) => humantime::parse_rfc3339_weak(text).map_err(|_| {
            Refusal::usage(format!("--at: expected a time such as 2026-11-26T08:00:00Z, got {text:?}"))
        })?,
    };
    let explanation = policies.explain(&call, time);
    print(&told(&call, &explanation))?;
    let may = explanation.verdict == Verdict::Allowed;
    Ok(if may { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The call that is explained.
fn call(policies: &Policies, what: &Explain) -> Result<Call, Refusal> {
    let tool = find(policies.tools().iter().copied(), &what.tool)
        .map_err(|line| Refusal::usage(format!("--tool: {line}")))?;
    let arguments = typed::arguments(tool, Map::new(), &what.arguments)?;
    let mut call = Call::new(tool, arguments, caller(what)?, "explained".to_owned());
    call.address = what.address;
    Ok(call)
}

fn caller(what: &Explain) -> Result<Caller, Refusal> {
    match &*what.roles {
        [only] if only == "local_owner" => return Ok(Caller::LocalOwner),
        [only] if only == "anonymous" => return Ok(Caller::Anonymous),
        _ => {}
    }
    let provider = ["jwt", "oidc", "introspection", "github", "google", "workos", "descope", "api_key"]
        .into_iter()
        .find(|known| *known == what.provider)
        .ok_or_else(|| Refusal::usage(format!("--provider: there is no provider {:?}", what.provider)))?;
    Ok(Caller::Known(Arc::new(Principal::new(Identity {
        provider,
        issuer: provider.to_owned(),
        subject: what.subject.clone(),
        roles: what.roles.clone(),
        groups: what.groups.clone(),
        scopes: what.scopes.clone(),
        tenant: what.tenant.clone(),
        ..Identity::default()
    }))))
}

/// The explanation as people read it.
fn told(call: &Call, explanation: &Explanation) -> String {
    let tool = call.tool.name;
    let mut text = match explanation.verdict {
        Verdict::Allowed => format!("{tool} may be called\n"),
        Verdict::Refused => {
            format!("{tool} may not be called so, though with other arguments, or at another time or place\n")
        }
        Verdict::Hidden => format!("{tool} may not be called, and is not on the caller's list of tools\n"),
        Verdict::Unfit => format!(
            "nothing is decided: the arguments are not what {tool} takes, and a rule reads one of them, so the call is refused for that\n"
        ),
    };
    let word = if explanation.verdict == Verdict::Allowed { "permitted by" } else { "forbidden by" };
    for rule in &explanation.decided {
        text.push_str(&format!("  {word} {rule}\n"));
    }
    if explanation.verdict != Verdict::Allowed && explanation.decided.is_empty() {
        if explanation.missing.is_empty() && explanation.verdict != Verdict::Unfit {
            text.push_str("  no rule is about it\n");
        }
        for (rule, what) in &explanation.missing {
            text.push_str(&format!("  not permitted by {rule}: {what}\n"));
        }
    }
    text
}
