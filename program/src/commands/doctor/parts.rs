//! What a server would be made of, as far as the settings allow it; what they do not allow is found at once, all of it.

use std::time::Duration;

use secrecy::ExposeSecret as _;
use server::http::tls;
use server::{Server, engine, identity, policy, replicas, upstream};

use super::certificate;
use super::finding::Finding;
use super::journal::Wanted;
use crate::Program;
use crate::commands::{api_address, check_journaling};
use crate::refusal::Refusal;
use crate::settings::{Access, Config, Origin, Settings};

pub(super) const CHECK: &str = "configuration";

/// What is looked at further.
pub(super) struct Parts {
    /// What is known already.
    pub(super) findings: Vec<Finding>,
    /// How the API is reached; nothing where the settings do not say it.
    pub(super) upstream: Option<upstream::Options>,
    /// How calls are made; nothing where the settings are refused.
    pub(super) engine: Option<Box<engine::Options>>,
    pub(super) identity: Option<identity::Options>,
    /// Whether others than this machine reach the server although nobody is asked who they are.
    pub(super) is_open: bool,
    pub(super) redis: Option<replicas::Settings>,
    pub(super) tls: Option<tls::Settings>,
    pub(super) policy: policy::Settings,
    pub(super) journal: Wanted,
    /// How far clocks may differ.
    pub(super) leeway: Duration,
}

impl Parts {
    /// Puts everything together as `serve` does, and goes on where that would stop.
    pub(super) fn of(program: &Program, settings: Settings) -> Self {
        let summary = summary(&settings);
        let Settings { mut config, without_effect, .. } = settings;
        let mut refusals = Vec::new();
        let (listen, scheme) = (config.listen(), config.tls.scheme());
        let tls = kept(&mut refusals, config.tls.settings()).flatten();
        let redis = kept(&mut refusals, config.sharing.settings()).flatten();
        let identity = kept(&mut refusals, config.auth.identity(listen, scheme, config.sharing.is_wanted()));
        if let Some(identity) = &identity {
            config.server.http.identity = identity.clone();
            let open = server::http::refuse_open_listener(listen, &config.server.http);
            kept(&mut refusals, open.map_err(|error| Refusal::configuration(error.to_string())));
        }
        kept(&mut refusals, api_address(&config));
        kept(&mut refusals, check_journaling(&config.journal));
        let upstream = &mut config.server.engine.upstream;
        let takes_tokens = identity.as_ref().is_some_and(identity::Options::takes_tokens);
        kept(&mut refusals, config.account.put(program.api, takes_tokens, redis.is_some(), upstream));
        upstream.user_agent = format!("{}/{}", program.name, program.version);
        let upstream = (!upstream.base_url.is_empty()).then(|| upstream.clone());
        let policy = config.access.settings(None, program.policy);
        let journal = Wanted::of(&config.journal);
        let (leeway, is_open) = (config.auth.leeway, !listen.ip().is_loopback());
        let alone = engine::Options { policy: policy.clone(), ..config.server.engine.clone() };
        if refusals.is_empty() {
            kept(&mut refusals, whole(program, config, redis.clone()));
        }
        let engine = refusals.is_empty().then(|| Box::new(alone));
        let mut findings: Vec<Finding> = refusals.iter().map(|line| refused(line)).collect();
        if findings.is_empty() {
            findings.push(Finding::fine(CHECK, summary));
        }
        findings.extend(without_effect.iter().map(|name| {
            Finding::warning(
                CHECK,
                format!("{name} has no effect here, as it had in the Python server"),
                "unset it",
            )
        }));
        if let Some(options) = &upstream {
            findings.extend(certificates(&options.certificates));
        }
        Self { findings, upstream, engine, identity, is_open, redis, tls, policy, journal, leeway }
    }
}

/// The finding of a line that would stop the start.
pub(super) fn refused(line: &str) -> Finding {
    Finding::failed(CHECK, line, "`config` shows each setting and where its value is from")
}

fn kept<T>(refusals: &mut Vec<String>, outcome: Result<T, Refusal>) -> Option<T> {
    match outcome {
        Ok(value) => Some(value),
        Err(refusal) => {
            refusals.push(refusal.to_string());
            None
        }
    }
}

/// Makes a server of all that has no check of its own, so that it refuses what it would refuse.
fn whole(program: &Program, mut config: Config, redis: Option<replicas::Settings>) -> Result<(), Refusal> {
    config.server.engine.replicas = redis;
    config.server.engine.policy = Access::default().settings(None, program.policy);
    config.server.http.identity.keys = None;
    if let Some(facade) = &mut config.server.http.identity.facade {
        // A server that runs has taken the file for itself.
        facade.store = None;
    }
    Server::new(program.api, config.server)
        .map(drop)
        .map_err(|error| Refusal::configuration(error.to_string()))
}

/// How many settings there are, and from where.
fn summary(settings: &Settings) -> String {
    let count =
        |is_one: fn(&Origin) -> bool| settings.settings.iter().filter(|(_, origin)| is_one(origin)).count();
    let counts = [
        (count(|origin| matches!(origin, Origin::File(_))), "from the file"),
        (count(|origin| matches!(origin, Origin::Environment(_))), "from the environment"),
        (count(|origin| matches!(origin, Origin::Flag(_))), "from flags"),
    ];
    let told: Vec<String> = counts
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, whence)| format!("{count} {whence}"))
        .collect();
    match told.is_empty() {
        true => "every setting is its default".to_owned(),
        false => format!("settings: {}; all others are defaults", told.join(", ")),
    }
}

/// Those that the settings bring for connections to the API.
fn certificates(brought: &upstream::Certificates) -> Vec<Finding> {
    let own = brought.certificate.as_ref().map(|certificate| certificate.expose_secret());
    let all = [
        ("authorities", "API_CA_FILE", brought.authorities.as_deref()),
        ("client certificate", "API_CLIENT_CERTIFICATE", own),
    ];
    let judged = |(check, setting, text): (&'static str, &str, Option<&str>)| {
        certificate::brought(check, setting, text?)
    };
    all.into_iter().filter_map(judged).collect()
}
