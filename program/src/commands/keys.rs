//! `keys`: makes, lists, withdraws and replaces the keys by which programs call. A key is shown once, when it is made.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use secrecy::ExposeSecret as _;
use serde_json::json;
use server::StartError;
use server::identity::api_keys::{Entry, Key, List, Shared, last_used};

use super::{command_runtime, refused};
use crate::arguments::{Keys, KeysCommand};
use crate::output::{print, print_json};
use crate::refusal::Refusal;
use crate::settings::Config;

/// Does what is asked of the keys.
pub(super) fn run(config: &Config, keys: &Keys) -> Result<ExitCode, Refusal> {
    let file = keys.file.clone().unwrap_or_else(|| config.auth.api_keys_file.clone());
    let place = match config.sharing.settings()? {
        _ if !file.as_os_str().is_empty() => Place::File(file),
        Some(redis) => Place::Redis(Shared::at(redis).map_err(refused)?.into()),
        None => {
            return Err(Refusal::configuration(
                "AUTH_API_KEYS_FILE is not set: expected the file of the keys, there or in --file, or REDIS_URL for keys in Redis",
            ));
        }
    };
    command_runtime(act(&place, &keys.command))?;
    Ok(ExitCode::SUCCESS)
}

async fn act(place: &Place, command: &KeysCommand) -> Result<(), Refusal> {
    match command {
        KeysCommand::Create { owner, roles, scopes, expires } => {
            let new = New { owner, roles, scopes, expires: expires.as_deref().map(later).transpose()? };
            show(&new.make(place).await?)
        }
        KeysCommand::List { json } => list(&place.load().await?, &place.last_used().await?, *json),
        KeysCommand::Revoke { id } => {
            place.change(|list| revoke(list, id, SystemTime::now())).await?;
            print(&format!("{id} is withdrawn; servers refuse it within a second.\n"))
        }
        KeysCommand::Rotate { id, overlap } => {
            let until = overlap.as_deref().map(later).transpose()?;
            show(&rotate(place, id, until).await?)
        }
    }
}

/// Where the keys are.
enum Place {
    File(PathBuf),
    Redis(Box<Shared>),
}

impl Place {
    async fn load(&self) -> Result<List, Refusal> {
        match self {
            Self::File(file) => List::load(file),
            Self::Redis(shared) => shared.load().await,
        }
        .map_err(refused)
    }

    async fn change<T>(&self, change: impl Fn(&mut List) -> Result<T, StartError>) -> Result<T, Refusal> {
        match self {
            Self::File(file) => List::change(file, change),
            Self::Redis(shared) => shared.change(change).await,
        }
        .map_err(refused)
    }

    async fn last_used(&self) -> Result<BTreeMap<String, String>, Refusal> {
        match self {
            Self::File(file) => Ok(last_used(file)),
            Self::Redis(shared) => shared.last_used().await.map_err(refused),
        }
    }
}

/// A key that is to be made.
struct New<'a> {
    owner: &'a str,
    roles: &'a [String],
    scopes: &'a [String],
    expires: Option<SystemTime>,
}

impl New<'_> {
    async fn make(&self, place: &Place) -> Result<Key, Refusal> {
        let is_word = |text: &str| {
            (1..=128).contains(&text.chars().count()) && !text.contains(|letter: char| letter.is_control())
        };
        if !is_word(self.owner) || !self.roles.iter().chain(self.scopes).all(|word| is_word(word)) {
            return Err(Refusal::usage(
                "owner, roles and scopes: expected 1 to 128 characters each, none of them a control character",
            ));
        }
        let key = Key::make();
        let add = |list: &mut List| {
            list.add(&key, self.owner, self.roles, self.scopes, self.expires);
            Ok(())
        };
        place.change(add).await?;
        Ok(key)
    }
}

/// Withdraws a key.
fn revoke(list: &mut List, id: &str, time: SystemTime) -> Result<(), StartError> {
    let entry = known(list, id)?;
    entry.revoked.get_or_insert_with(|| humantime::format_rfc3339_seconds(time).to_string());
    Ok(())
}

/// A new key with the rights and the lifetime of another one, which ends then, or at once.
async fn rotate(place: &Place, id: &str, until: Option<SystemTime>) -> Result<Key, Refusal> {
    let (key, now) = (Key::make(), SystemTime::now());
    let replace = |list: &mut List| {
        let entry = known(list, id)?.clone();
        if entry.revoked.is_some() {
            return Err(StartError::new(format!("{id} is withdrawn: make a new key with `keys create`")));
        }
        let created = humantime::parse_rfc3339(&entry.created).ok();
        let life =
            entry.expires().zip(created).and_then(|(expires, created)| expires.duration_since(created).ok());
        list.add(&key, &entry.owner, &entry.roles, &entry.scopes, life.map(|life| now + life));
        match until {
            None => revoke(list, id, now),
            Some(until) => {
                let until = entry.expires().map_or(until, |expires| expires.min(until));
                known(list, id)?.expires = Some(humantime::format_rfc3339_seconds(until).to_string());
                Ok(())
            }
        }
    };
    place.change(replace).await?;
    Ok(key)
}

fn known<'l>(list: &'l mut List, id: &str) -> Result<&'l mut Entry, StartError> {
    let unknown = || StartError::new(format!("there is no key {id:?}: `keys list` shows the names"));
    list.entry(id).ok_or_else(unknown)
}

/// The key alone on standard output, so that it can be piped to where it is kept.
fn show(key: &Key) -> Result<(), Refusal> {
    eprintln!("{} is made. It is shown this once:", key.id());
    print(&format!("{}\n", key.reveal().expose_secret()))
}

fn list(list: &List, used: &BTreeMap<String, String>, as_json: bool) -> Result<(), Refusal> {
    let now = SystemTime::now();
    let state = |entry: &Entry| match entry.revoked {
        Some(_) => "revoked",
        None if entry.is_over(now) => "expired",
        None => "good",
    };
    if as_json {
        let keys = list.entries().iter().map(|entry| {
            json!({
                "id": entry.id, "owner": entry.owner, "roles": entry.roles, "scopes": entry.scopes,
                "created": entry.created, "expires": entry.expires, "revoked": entry.revoked,
                "last_used": used.get(&entry.id), "state": state(entry),
            })
        });
        return print_json(&keys.collect());
    }
    let mut rows = vec![
        ["KEY", "OWNER", "STATE", "ROLES", "SCOPES", "CREATED", "EXPIRES", "LAST USED"].map(str::to_owned),
    ];
    for entry in list.entries() {
        let some = |text: Option<&String>| text.map_or("-", |text| text).to_owned();
        rows.push([
            entry.id.clone(),
            entry.owner.clone(),
            state(entry).to_owned(),
            entry.roles.join(","),
            entry.scopes.join(" "),
            entry.created.clone(),
            some(entry.expires.as_ref()),
            some(used.get(&entry.id)),
        ]);
    }
    print(&table(&rows))
}

fn table(rows: &[[String; 8]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 8] = std::array::from_fn(width);
    let line = |row: &[String; 8]| {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}

/// So much later than now.
fn later(text: &str) -> Result<SystemTime, Refusal> {
    let length = humantime::parse_duration(text).ok().filter(|length| *length > Duration::ZERO);
    length
        .and_then(|length| SystemTime::now().checked_add(length))
        .ok_or_else(|| Refusal::usage(format!("expected how long, such as 90d or 12h, got {text:?}")))
}
