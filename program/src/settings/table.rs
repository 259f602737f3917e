//! Every setting there is, as rows of one table; here, by subject, those that belong to no provider, account or store. What is not
//! in it cannot be set.
//!
//! Environment names stand in order of precedence: the name the Python server's code read, the name its
//! documentation gave, the name of its third scheme. Defaults are those of `Config::default()`, which takes
//! them from the runtime's own options.

mod answers;
mod callers;
mod calls;
mod failures;
mod journal;
mod limits;
mod listening;
mod presenting;
mod quotas;
mod upstream;

use server::catalog::Api;

pub(crate) use self::upstream::main_scheme;
use crate::settings::value::Kind;
use crate::settings::{access, account, logins, metrics, otlp, providers, replicas, tasks, tls};

/// One setting.
pub(crate) struct Setting {
    /// Its place in a TOML file, and its name in `--set` and `config`.
    pub(crate) key: String,
    /// Its names in the environment, most precise first. A secret has each also with `_FILE` at its end.
    pub(crate) environment: Vec<String>,
    /// What kind of value it has, and where it is kept.
    pub(crate) kind: Kind,
    /// What it is for, one sentence.
    pub(crate) help: String,
    /// When a change of it takes effect.
    pub(crate) reload: Reload,
}

/// When a change of a setting takes effect in a server that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reload {
    /// At its next start.
    Start,
    /// At SIGHUP.
    Hangup,
    /// The setting names a file, which is read again when it changes and at SIGHUP.
    File,
}

impl Setting {
    /// The same, for one that SIGHUP takes: `server::Server::take` takes it, or the log does.
    pub(super) fn taken_at_hangup(self) -> Self {
        Self { reload: Reload::Hangup, ..self }
    }

    /// The same, for a file that is read again.
    pub(super) fn read_again(self) -> Self {
        Self { reload: Reload::File, ..self }
    }
}

/// Every setting of a server for this API, in the order in which people read them.
pub(crate) fn table(api: &'static Api) -> Vec<Setting> {
    let mut table = Vec::from(listening::rows());
    table.extend(tls::rows());
    table.extend(callers::rows());
    table.extend(providers::scopes());
    table.extend(providers::introspection());
    table.extend(providers::presets());
    table.extend(logins::rows());
    table.extend(access::rows());
    table.extend(presenting::logging());
    table.extend(metrics::rows());
    table.extend(presenting::showing());
    table.push(upstream::address());
    table.extend(upstream::credentials(api));
    table.extend(account::rows());
    table.extend(upstream::reaching());
    table.extend(calls::times());
    table.extend(tasks::rows());
    table.extend(quotas::rows());
    table.extend(calls::asking());
    table.extend(answers::keeping());
    table.extend(failures::rows());
    table.extend(answers::remembering());
    table.extend(replicas::rows());
    table.extend(journal::rows());
    table.extend(otlp::rows());
    table.extend(limits::sizes());
    table.extend(limits::times());
    table
}

pub(super) fn setting(key: &str, environment: &[&str], kind: Kind, help: &str) -> Setting {
    Setting {
        key: key.to_owned(),
        environment: environment.iter().map(|&name| name.to_owned()).collect(),
        kind,
        help: help.to_owned(),
        reload: Reload::Start,
    }
}

/// The place of a value among those that there are.
fn place<T: PartialEq>(values: &[T], value: &T) -> usize {
    values.iter().position(|one| one == value).unwrap_or_default()
}
