//! `doctor`: everything that `serve` needs, looked at as it would be used, and what to do about what is not fine. Nothing is
//! changed anywhere, but for a file in the journal's folder and a key in Redis that are gone again at once.

mod api;
mod callers;
mod certificate;
mod clock;
mod credential;
mod finding;
mod journal;
mod parts;
mod redis;
mod rules;
mod running;

use std::process::ExitCode;

use crate::Program;
use crate::arguments::Doctor;
use crate::commands::runtime;
use crate::refusal::Refusal;
use crate::settings::Settings;
use finding::{Finding, State};
use parts::Parts;
use running::{Check, Checked};

/// Looks at everything, and says how it is.
pub(super) fn run(program: &Program, settings: Settings, what: &Doctor) -> Result<ExitCode, Refusal> {
    // Put together here, where there is no runtime: what would connect by itself does not.
    let parts = Parts::of(program, settings);
    let mut findings = parts.findings.clone();
    findings.extend(runtime()?.run(look(parts, program, what)?));
    finding::show(&findings, what.json)
}

/// The settings cannot even be read, so that nothing else can be looked at.
pub(super) fn unreadable(refusal: &Refusal, what: &Doctor) -> Result<ExitCode, Refusal> {
    finding::show(&[parts::refused(&refusal.to_string())], what.json)
}

/// What would stop a server with these settings, a line for each.
pub(super) fn refusals(program: &Program, settings: Settings) -> Vec<String> {
    let Parts { mut findings, journal, .. } = Parts::of(program, settings);
    findings.extend(journal::look(&journal));
    let failed = findings.into_iter().filter(|finding| finding.state == State::Failed);
    failed.map(|finding| finding.found).collect()
}

/// Everything that waits for somebody else or takes its time, at once.
fn look(
    parts: Parts,
    program: &Program,
    what: &Doctor,
) -> Result<impl Future<Output = Vec<Finding>> + use<>, Refusal> {
    let Parts { upstream, engine, identity, is_open, redis, tls, policy, journal, leeway, .. } = parts;
    let (api, resource) = (program.api, identity.as_ref().and_then(|identity| identity.resource.clone()));
    let trial = credential::Trial::of(api, what)?;
    let takes_tokens = identity.as_ref().is_some_and(server::identity::Options::takes_tokens);
    let mut checks = vec![
        Check::at_once("policy", move || rules::look(api, policy)),
        Check::at_once("journal", move || journal::look(&journal)),
        Check::at_once("certificate", move || certificate::own(tls.as_ref(), resource.as_deref())),
    ];
    if let Some(options) = upstream {
        checks.push(Check::waiting("api", api::look(api, options)));
    }
    if let Some(engine) = engine {
        checks.push(Check::waiting("api credential", credential::look(api, *engine, trial)));
    }
    if let Some(identity) = identity {
        checks.push(Check::waiting("callers", callers::look(identity, is_open, redis.clone())));
    }
    checks.push(Check::waiting("redis", redis::look(redis)));
    Ok(async move {
        let Checked { mut findings, clocks } = running::all(checks).await;
        findings.extend(clock::look(&clocks, leeway, takes_tokens));
        findings
    })
}
