//! One setting: what a row of the table says of it.

use super::value::Kind;

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

/// One that is taken at the next start, unless more is said.
pub(super) fn setting(key: &str, environment: &[&str], kind: Kind, help: &str) -> Setting {
    Setting {
        key: key.to_owned(),
        environment: environment.iter().map(|&name| name.to_owned()).collect(),
        kind,
        help: help.to_owned(),
        reload: Reload::Start,
    }
}
