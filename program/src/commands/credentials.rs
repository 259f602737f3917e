//! `credentials`: adds, lists and removes the credentials with which callers' calls go to the API. A credential comes from
//! standard input, never from the command line, which others can see, and nothing shows it again.

use std::io::Read as _;
use std::path::Path;
use std::process::ExitCode;

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::json;
use server::StartError;
use server::catalog::{Api, SecurityScheme};
use server::upstream::account::own::{Entry, Key, List, Owner, Settings, Shared};

use super::{command_runtime, refused};
use crate::arguments::{Credentials, CredentialsCommand, Whose};
use crate::output::{print, print_json};
use crate::refusal::Refusal;
use crate::settings::{Config, main_scheme};
use crate::table::columns;

/// No credential is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Does what is asked of callers' credentials.
pub(crate) fn run(api: &'static Api, config: &Config, what: &Credentials) -> Result<ExitCode, Refusal> {
    let replicas = config.sharing.settings()?;
    let settings = config.account.own(replicas.is_some())?;
    let place = match (&settings.file, replicas) {
        (Some(file), _) => Place::File(file),
        (None, Some(replicas)) => Place::Redis(Shared::at(replicas).map_err(refused)?.into()),
        (None, None) => unreachable!("the settings say where they are"),
    };
    command_runtime(async {
        match &what.command {
            CredentialsCommand::Add(whose) => add(api, &settings, &place, whose).await,
            CredentialsCommand::List { json } => list(&place.entries().await?, *json),
            CredentialsCommand::Remove(whose) => remove(&place, whose).await,
        }
    })?;
    Ok(ExitCode::SUCCESS)
}

/// Where callers' credentials are.
enum Place<'s> {
    File(&'s Path),
    Redis(Box<Shared>),
}

impl Place<'_> {
    async fn add(&self, entry: Entry) -> Result<bool, Refusal> {
        match self {
            Self::File(file) => List::change(file, |list| Ok(list.add(entry))),
            Self::Redis(shared) => shared.add(&entry).await,
        }
        .map_err(refused)
    }

    async fn remove(&self, owner: &Owner, scheme: Option<&str>) -> Result<usize, Refusal> {
        match self {
            Self::File(file) => List::change(file, |list| Ok(list.remove(owner, scheme))),
            Self::Redis(shared) => shared.remove(owner, scheme).await,
        }
        .map_err(refused)
    }

    async fn entries(&self) -> Result<Vec<Entry>, Refusal> {
        match self {
            Self::File(file) => List::load(file).map(|list| list.entries().to_vec()),
            Self::Redis(shared) => shared.entries().await,
        }
        .map_err(refused)
    }
}

async fn add(
    api: &'static Api,
    settings: &Settings,
    place: &Place<'_>,
    whose: &Whose,
) -> Result<(), Refusal> {
    let (owner, scheme) = (owner(whose)?, scheme(api, whose.scheme.as_deref())?);
    let key = Key::new(&settings.key).map_err(refused)?;
    let entry = Entry::new(owner.clone(), scheme, &from_input()?, &key).map_err(refused)?;
    let was_there = place.add(entry).await?;
    let what = if was_there { "replaced" } else { "added" };
    eprintln!("The credential of {owner} for {:?} is {what}.", scheme.name);
    Ok(())
}

async fn remove(place: &Place<'_>, whose: &Whose) -> Result<(), Refusal> {
    let owner = owner(whose)?;
    match place.remove(&owner, whose.scheme.as_deref()).await? {
        0 => Err(refused(StartError::new(format!(
            "there is no such credential of {owner}: `credentials list` shows those there are"
        )))),
        count => {
            eprintln!("{count} of {owner} removed.");
            Ok(())
        }
    }
}

fn owner(whose: &Whose) -> Result<Owner, Refusal> {
    let is_name = |text: &str| !text.is_empty() && text.len() <= 2048 && !text.contains(char::is_control);
    let owner = match whose {
        Whose { subject: Some(subject), issuer: Some(issuer), .. } => {
            Owner::Subject { issuer: issuer.clone(), subject: subject.clone() }
        }
        Whose { api_keys: Some(owner), .. } => Owner::ApiKeys { owner: owner.clone() },
        Whose { local: true, .. } => Owner::Local,
        _ => {
            return Err(Refusal::usage(
                "whose credential? --issuer ISSUER --subject SUBJECT, --api-keys OWNER, or --local",
            ));
        }
    };
    let named = [&whose.subject, &whose.issuer, &whose.api_keys];
    if named.into_iter().flatten().all(|text| is_name(text)) {
        Ok(owner)
    } else {
        Err(Refusal::usage(
            "issuer, subject and owner are texts of 1 to 2048 bytes without control characters",
        ))
    }
}

fn scheme(api: &'static Api, name: Option<&str>) -> Result<&'static SecurityScheme, Refusal> {
    let name = name.or_else(|| main_scheme(api)).unwrap_or_default();
    api.security_schemes.iter().find(|scheme| scheme.name == name).ok_or_else(|| {
        let known: Vec<&str> = api.security_schemes.iter().map(|scheme| scheme.name).collect();
        Refusal::usage(format!(
            "--scheme: the API has no security scheme {name:?}; it has: {}",
            known.join(", ")
        ))
    })
}

/// The credential on standard input, without the line end after it.
fn from_input() -> Result<SecretString, Refusal> {
    let mut text = Zeroizing::new(String::new());
    std::io::stdin()
        .take(LONGEST + 1)
        .read_to_string(&mut text)
        .map_err(|error| Refusal::failure(format!("standard input cannot be read: {error}")))?;
    let secret = SecretString::from(text.trim_end_matches(['\r', '\n']));
    if secret.expose_secret().is_empty() || text.len() as u64 > LONGEST {
        return Err(Refusal::usage("expected the credential on standard input, 1 to 65536 bytes"));
    }
    Ok(secret)
}

fn list(entries: &[Entry], as_json: bool) -> Result<(), Refusal> {
    if as_json {
        let entries = entries
            .iter()
            .map(|entry| json!({ "owner": entry.owner(), "scheme": entry.scheme(), "added": entry.added() }));
        return print_json(&entries.collect());
    }
    let mut rows = vec![["CALLER", "SCHEME", "ADDED"].map(str::to_owned)];
    rows.extend(
        entries
            .iter()
            .map(|entry| [entry.owner().to_string(), entry.scheme().to_owned(), entry.added().to_owned()]),
    );
    print(&columns(&rows))
}
