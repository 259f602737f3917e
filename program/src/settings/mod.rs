//! What the program runs with: every setting from its default, the settings file, the environment and the
//! flags, in that order of strength, each with the place it came from.
//!
//! Nothing is guessed: a wrong value, an unknown name or two names that disagree stop the start, even where a
//! stronger source would have won.

mod access;
mod account;
mod authentication;
mod environment;
mod file;
mod logins;
mod main_scheme;
mod metrics;
mod otlp;
mod page;
mod predecessor;
mod providers;
mod replicas;
mod setting;
pub(crate) mod show;
pub(crate) mod shown;
mod table;
mod tasks;
mod tls;
pub(crate) mod value;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read as _;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use server::catalog::Api;

pub(crate) use self::access::Access;
pub(crate) use self::account::Account;
pub(crate) use self::authentication::Authentication;
pub(crate) use self::environment::{Environment, nearest};
pub(crate) use self::main_scheme::main_scheme;
pub(crate) use self::metrics::Counting;
pub(crate) use self::otlp::Exporting;
pub(crate) use self::replicas::Sharing;
pub(crate) use self::setting::{Reload, Setting};
pub(crate) use self::table::table;
pub(crate) use self::tls::Encryption;
use crate::refusal::Refusal;
use crate::telemetry;

/// The environment's name for the settings file.
const SETTINGS_FILE: &str = "SETTINGS_FILE";
/// No secret is longer; a longer file is a mistake, such as a whole key store.
const LONGEST_SECRET: u64 = 64 * 1024;

/// The table of every setting of a server for this API, with names, default and meaning, in Markdown.
pub fn markdown(api: &'static Api) -> String {
    show::as_markdown(api)
}

/// The page about every setting of a server for this API, with its form, bounds and older names, in Markdown.
pub fn page(api: &'static Api) -> String {
    page::markdown(api)
}

/// The values in effect.
pub(crate) struct Config {
    /// Where to listen.
    pub(crate) host: IpAddr,
    /// The port to listen on.
    pub(crate) port: u16,
    /// Whether and how TLS is spoken there.
    pub(crate) tls: Encryption,
    /// What is logged.
    pub(crate) log: telemetry::Options,
    /// Whether and where what is counted is told.
    pub(crate) counting: Counting,
    /// The runtime's own options.
    pub(crate) server: server::Options,
    /// The journal.
    pub(crate) journal: Journaling,
    /// What is sent to a collector.
    pub(crate) otlp: Exporting,
    /// What is shared with other servers.
    pub(crate) sharing: Sharing,
    /// Who may call.
    pub(crate) auth: Authentication,
    /// As whom calls go to the API.
    pub(crate) account: Account,
    /// Who may do what.
    pub(crate) access: Access,
}

/// Whether and how calls are put on the record.
pub(crate) struct Journaling {
    /// Whether they are, where a folder is named.
    pub(crate) enabled: bool,
    /// Whether every record is printed as well.
    pub(crate) copied: bool,
    /// Whether every record is sent to a collector as well.
    pub(crate) collected: bool,
    /// The file of the key that signs; nothing is signed without one.
    pub(crate) signing_key: PathBuf,
    /// Where, and how files are kept; without a folder there is no journal.
    pub(crate) options: server::journal::Options,
}

impl Config {
    /// What holds where nothing is set.
    pub(crate) fn of_program(name: &str) -> Self {
        Self {
            host: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 8080,
            tls: Encryption::default(),
            log: telemetry::Options::default(),
            counting: Counting::default(),
            server: server::Options {
                engine: server::engine::Options::new(""),
                http: server::http::Options::default(),
                mcp: server::mcp::Options {
                    name: name.to_owned(),
                    resources: server::resources::Settings { offered: true, ..Default::default() },
                    ..server::mcp::Options::default()
                },
            },
            journal: Journaling {
                enabled: true,
                copied: false,
                collected: false,
                signing_key: PathBuf::new(),
                options: server::journal::Options::new(""),
            },
            otlp: Exporting::default(),
            sharing: Sharing::default(),
            auth: Authentication::default(),
            account: Account::default(),
            access: Access::default(),
        }
    }

    /// Where to listen.
    pub(crate) fn listen(&self) -> SocketAddr {
        SocketAddr::new(self.host, self.port)
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// Nobody set it.
    Default,
    /// A line of the settings file, `FILE:LINE`.
    File(String),
    /// A variable of the environment.
    Environment(String),
    /// A flag.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => formatter.write_str("default"),
            Self::File(place) => formatter.write_str(place),
            Self::Environment(name) => write!(formatter, "environment {name}"),
            Self::Flag(flag) => write!(formatter, "flag {flag}"),
        }
    }
}

/// A setting given on the command line.
#[derive(Clone, Debug)]
pub(crate) struct Flag {
    /// The setting's key.
    pub(crate) key: String,
    /// Its value.
    pub(crate) value: String,
    /// The flag as typed.
    pub(crate) flag: &'static str,
}

/// The settings in effect, with where each came from.
pub(crate) struct Settings {
    /// The values.
    pub(crate) config: Config,
    /// Every setting, in the order of the table, with its origin.
    pub(crate) settings: Vec<(Setting, Origin)>,
    /// Names in the environment that the Python server knew and that have no effect here.
    pub(crate) without_effect: Vec<String>,
}

/// Puts the settings together.
pub(crate) fn load(
    name: &str,
    api: &'static Api,
    environment: &Environment,
    settings_file: Option<&Path>,
    flags: &[Flag],
) -> Result<Settings, Refusal> {
    let file = match settings_file {
        Some(path) => Some(path.to_owned()),
        None => environment.get(SETTINGS_FILE)?.map(PathBuf::from),
    };
    let entries = || Ok(file.as_deref().map(file::read).transpose()?.unwrap_or_default());
    together(name, api, environment, entries, flags)
}

/// Puts the settings together from a settings file that is not written yet: its name for messages, and its text.
pub(crate) fn load_text(
    name: &str,
    api: &'static Api,
    environment: &Environment,
    (shown, text): (&str, &str),
) -> Result<Settings, Refusal> {
    together(name, api, environment, || file::parse(shown, text), &[])
}

fn together(
    name: &str,
    api: &'static Api,
    environment: &Environment,
    entries: impl FnOnce() -> Result<Vec<file::Entry>, Refusal>,
    flags: &[Flag],
) -> Result<Settings, Refusal> {
    let table = table(api);
    let without_effect = environment.check_names(&environment_names(&table))?;
    let mut from_file = by_setting(&table, entries()?)?;
    check_flags(&table, flags)?;

    let mut config = Config::of_program(name);
    let mut settings = Vec::new();
    for setting in table {
        let mut origin = Origin::Default;
        let file = from_file.remove(&setting.key).unwrap_or_default();
        for (text, source) in
            [agreed(&setting, file)?, agreed(&setting, from_environment(&setting, environment)?)?]
                .into_iter()
                .flatten()
                .chain(from_flags(&setting, flags))
        {
            put(&setting, &mut config, &text, &source)?;
            origin = source;
        }
        settings.push((setting, origin));
    }
    Ok(Settings { config, settings, without_effect })
}

/// A value of a setting with where it stands. It may be a secret, and is wiped when it has been read.
type Given = (Zeroizing<String>, Origin);

fn put(setting: &Setting, config: &mut Config, text: &str, origin: &Origin) -> Result<(), Refusal> {
    setting
        .kind
        .put(config, text)
        .map_err(|wrong| Refusal::configuration(format!("{}: {wrong}", named(setting, origin))))
}

/// How a message names a setting: by what its owner wrote.
fn named(setting: &Setting, origin: &Origin) -> String {
    match origin {
        Origin::Default => setting.key.clone(),
        Origin::File(place) => format!("{place}: {}", setting.key),
        Origin::Environment(name) => name.clone(),
        Origin::Flag("--set") => format!("--set {}", setting.key),
        Origin::Flag(flag) => (*flag).to_owned(),
    }
}

/// Every name in the environment that means something.
fn environment_names(table: &[Setting]) -> Vec<String> {
    let mut names = vec![SETTINGS_FILE.to_owned()];
    for setting in table {
        names.extend(setting.environment.iter().cloned());
        if setting.kind.is_secret() {
            names.extend(setting.environment.iter().map(|name| format!("{name}_FILE")));
        }
    }
    names
}

/// The file's entries by the setting they are for; a key that is for none stops the start.
fn by_setting(table: &[Setting], entries: Vec<file::Entry>) -> Result<BTreeMap<String, Vec<Given>>, Refusal> {
    let mut found: BTreeMap<String, Vec<Given>> = BTreeMap::new();
    for file::Entry { key, value, place } in entries {
        let direct = table.iter().find(|setting| setting.key == key);
        let by_file = || table.iter().find(|setting| setting.kind.is_secret() && key_of_file(setting) == key);
        let setting = direct.or_else(by_file).ok_or_else(|| unknown_key(table, &key, &place))?;
        let text = value
            .text(setting.kind.notation())
            .map_err(|wrong| Refusal::configuration(format!("{place}: {key}: {wrong}")))?;
        if text.trim().is_empty() {
            continue;
        }
        let text = if direct.is_none() {
            secret_in(Path::new(&text), &format!("{place}: {key}"))?
        } else {
            Zeroizing::new(text)
        };
        found.entry(setting.key.clone()).or_default().push((text, Origin::File(place)));
    }
    Ok(found)
}

/// The key for the path of a file that holds this secret.
pub(crate) fn key_of_file(setting: &Setting) -> String {
    format!("{}_file", setting.key)
}

fn unknown_key(table: &[Setting], key: &str, place: &str) -> Refusal {
    let suggestion = nearest(key, table.iter().map(|setting| &*setting.key));
    let advice = suggestion.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
    Refusal::configuration(format!("{place}: {key}: there is no such setting{advice}"))
}

/// All names of the environment that give this setting a value, most precise first.
fn from_environment(setting: &Setting, environment: &Environment) -> Result<Vec<Given>, Refusal> {
    let mut given = Vec::new();
    for name in &setting.environment {
        if let Some(text) = environment.get(name)? {
            given.push((Zeroizing::new(text.to_owned()), Origin::Environment(name.clone())));
        }
        let name = format!("{name}_FILE");
        if setting.kind.is_secret()
            && let Some(path) = environment.get(&name)?
        {
            given.push((secret_in(Path::new(path), &name)?, Origin::Environment(name)));
        }
    }
    Ok(given)
}

/// The first of several values in one source, if all of them mean the same.
fn agreed(setting: &Setting, given: Vec<Given>) -> Result<Option<Given>, Refusal> {
    let mut meanings = Vec::new();
    for (text, origin) in &given {
        let mut config = Config::of_program("");
        put(setting, &mut config, text, origin)?;
        let meaning = if setting.kind.is_secret() {
            text.clone()
        } else {
            Zeroizing::new(setting.kind.show(&mut config))
        };
        meanings.push((meaning, origin));
    }
    if let [(first, origin), others @ ..] = meanings.as_slice()
        && let Some((_, other)) = others.iter().find(|(meaning, _)| meaning != first)
    {
        let (one, other) = (named(setting, origin), named(setting, other));
        return Err(Refusal::configuration(format!(
            "{one} and {other} are the same setting with different values; unset one"
        )));
    }
    Ok(given.into_iter().next())
}

/// The secret that a file holds, without the line end after it.
fn secret_in(path: &Path, name: &str) -> Result<Zeroizing<String>, Refusal> {
    let refuse = |wrong: &str| Refusal::configuration(format!("{name}: {}: {wrong}", path.display()));
    // Bounded while it is read: a device or a pipe has no size to look at before.
    let mut bytes = Zeroizing::new(Vec::new());
    std::fs::File::open(path)
        .and_then(|file| file.take(LONGEST_SECRET + 1).read_to_end(&mut bytes))
        .map_err(|error| refuse(&format!("cannot be read: {error}")))?;
    if bytes.len() as u64 > LONGEST_SECRET {
        return Err(refuse("expected a file of at most 65536 bytes that holds one secret"));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| refuse("expected text in UTF-8, got other bytes"))?;
    let secret = text.trim();
    if secret.is_empty() {
        return Err(refuse("expected a file that holds one secret, and it is empty"));
    }
    Ok(Zeroizing::new(secret.to_owned()))
}

/// Refuses flags that name no setting, name one twice, or would show a secret to every user of the machine.
fn check_flags(table: &[Setting], flags: &[Flag]) -> Result<(), Refusal> {
    for (index, Flag { key, flag, .. }) in flags.iter().enumerate() {
        let Some(setting) = table.iter().find(|setting| setting.key == *key) else {
            let suggestion = nearest(key, table.iter().map(|setting| &*setting.key));
            let advice = suggestion.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            return Err(Refusal::usage(format!("{flag} {key}: there is no such setting{advice}")));
        };
        if setting.kind.is_secret() {
            let name = &setting.environment[0];
            return Err(Refusal::usage(format!(
                "{flag} {key}: a secret is not taken from the command line, where others can see it; use {name} or {name}_FILE"
            )));
        }
        if let Some(other) = flags[..index].iter().find(|other| other.key == *key) {
            return Err(Refusal::usage(format!("{key} is given twice, by {} and {flag}", other.flag)));
        }
    }
    Ok(())
}

fn from_flags(setting: &Setting, flags: &[Flag]) -> Vec<Given> {
    let mine = flags.iter().filter(|flag| flag.key == setting.key && !flag.value.trim().is_empty());
    mine.map(|flag| (Zeroizing::new(flag.value.trim().to_owned()), Origin::Flag(flag.flag))).collect()
}
