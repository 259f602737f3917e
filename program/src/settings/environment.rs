//! The environment's names: which are known, which stop the start, which are only warned about.
//!
//! A variable that begins like ours but is none of ours is taken for a typing error, because a misspelt
//! setting that is ignored leaves the server less protected than its owner believes.

use std::collections::BTreeMap;
use std::ffi::OsString;

use crate::refusal::Refusal;
use crate::settings::predecessor::{self, AUTHENTICATION_PREFIXES, AUTHKIT_DOMAIN, OF_AUTHKIT, Verdict};

/// Names that begin so are taken to be meant for this program.
const OURS: [&str; 19] = [
    "FASTMCP_",
    "API_",
    "BMC_API_",
    "BMC_AMI_DEVX_",
    "AUTH_",
    "POLICY_",
    "AUDIT_",
    "LEDGER_",
    "CONFIRM",
    "RATE_LIMIT_",
    "SECURITY_",
    "TRUSTED_PROX",
    "WEBHOOK_",
    "MCP_RESOURCE",
    "ALLOWED_",
    "ALLOW_UNAUTH",
    "CALL_DEADLINE",
    "CIRCUIT_BREAKER_",
    "UPSTREAM_",
];

/// The process's variables by name.
pub(crate) struct Environment(BTreeMap<String, OsString>);

impl Environment {
    /// The variables of this process.
    pub(crate) fn of_process() -> Self {
        Self::from(std::env::vars_os())
    }

    /// Variables from elsewhere. Names that are not Unicode cannot be ours; an empty value is the same as
    /// none, because that is how deployment tools pass a variable on that nobody set.
    pub(crate) fn from(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let named = |(name, value): (OsString, OsString)| Some((name.into_string().ok()?, value));
        Self(variables.into_iter().filter_map(named).filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value of a variable, without the blanks around it.
    pub(crate) fn get(&self, name: &str) -> Result<Option<&str>, Refusal> {
        let Some(value) = self.0.get(name) else { return Ok(None) };
        match value.to_str().map(str::trim) {
            None => Err(Refusal::configuration(format!("{name}: expected text in UTF-8, got other bytes"))),
            Some("") => Ok(None),
            Some(text) => Ok(Some(text)),
        }
    }

    /// Refuses what stops the start: authentication that is asked for, what the Python server was asked for and this one does not
    /// do, and unknown names that look like ours. Gives back the names that have no effect.
    pub(crate) fn check_names(&self, known: &[String]) -> Result<Vec<String>, Refusal> {
        let mut without_effect = Vec::new();
        for (name, value) in &self.0 {
            if known.contains(name) {
                continue;
            }
            refuse_other_case(name, known)?;
            if OF_AUTHKIT.contains(&name.as_str())
                && AUTHKIT_DOMAIN.iter().any(|name| self.0.contains_key(*name))
            {
                without_effect.push(name.clone());
                continue;
            }
            refuse_authentication(name)?;
            match predecessor::judge(name, value.to_str().unwrap_or_default()) {
                Verdict::SoAnyway => {}
                Verdict::WithoutEffect => without_effect.push(name.clone()),
                Verdict::Refused(why) => return Err(Refusal::configuration(format!("{name}: {why}"))),
                Verdict::Unknown if !is_ours(name) || self.is_service_link(name) => {}
                Verdict::Unknown => return Err(unknown(name, known)),
            }
        }
        Ok(without_effect)
    }

    /// Kubernetes puts the addresses of all services into the environment of every container. A service
    /// called `api` makes `API_SERVICE_HOST`, `API_PORT` and more, which are nobody's mistake.
    fn is_service_link(&self, name: &str) -> bool {
        let value = self.0.get(name).and_then(|value| value.to_str()).unwrap_or_default();
        let of_port = |protocol: &str| name.contains(protocol) && name.contains("_PORT_");
        name.ends_with("_SERVICE_HOST")
            || name.contains("_SERVICE_PORT")
            || (name.ends_with("_PORT")
                && ["tcp://", "udp://", "sctp://"].iter().any(|scheme| value.starts_with(scheme)))
            || ["_TCP", "_UDP", "_SCTP"].into_iter().any(of_port)
    }
}

fn is_ours(name: &str) -> bool {
    OURS.iter().any(|prefix| name.starts_with(prefix))
}

/// Starting without a protection that was asked for would be worse than not starting.
fn refuse_authentication(name: &str) -> Result<(), Refusal> {
    if AUTHENTICATION_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) {
        return Err(Refusal::configuration(format!(
            "{name}: this server does not have this provider, or nothing of this name for it, and would not ask callers as you want it; unset it"
        )));
    }
    Ok(())
}

/// The Python server took its names in any letter case. Here they are upper-case, and one that would have meant
/// something is not passed over in silence.
fn refuse_other_case(name: &str, known: &[String]) -> Result<(), Refusal> {
    let upper = name.to_ascii_uppercase();
    let meant = AUTHENTICATION_PREFIXES.iter().any(|prefix| upper.starts_with(prefix))
        || (known.contains(&upper) && is_ours(&upper));
    if upper == name || !meant {
        return Ok(());
    }
    Err(Refusal::configuration(format!("{name}: names of settings are upper-case; did you mean {upper}?")))
}

fn unknown(name: &str, known: &[String]) -> Refusal {
    let suggestion = nearest(name, known.iter().map(String::as_str).chain(predecessor::names()));
    let advice = suggestion.map_or("unset it".to_owned(), |near| format!("did you mean {near}?"));
    Refusal::configuration(format!("{name}: there is no such setting; {advice}"))
}

/// The candidate that a typing error makes `name` of, if there is one.
pub(crate) fn nearest<'a>(name: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .map(|candidate| (strsim::normalized_damerau_levenshtein(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= 0.75)
        .max_by(|one, other| one.0.total_cmp(&other.0))
        .map(|(_, candidate)| candidate)
}
