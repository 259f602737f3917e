//! Credentials of callers' own: who has which, encrypted in a file or in Redis by a key that neither of them knows.

mod entry;
mod file;
mod seal;
mod shared;

use std::collections::HashMap;
use std::path::PathBuf;

use secrecy::{ExposeSecret as _, SecretString};

use super::super::credential::{Credential, scheme_of};
use super::{Account, Has};
use crate::call::{CallError, Caller};
use crate::catalog::SecurityScheme;
use crate::replicas::Replicas;
use crate::start_error::StartError;
use file::Watched;
use seal::Seal;

pub use entry::{Entry, Owner};
pub use file::List;
pub use seal::{SHORTEST_KEY, Seal as Key};
pub use shared::Shared;

/// Where callers' credentials are.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file; in Redis without one.
    pub file: Option<PathBuf>,
    /// What they are encrypted with.
    pub key: SecretString,
}

/// Finds the account of a caller.
pub(super) struct Owners {
    place: Place,
    opening: Opening,
}

enum Place {
    File(Watched),
    Redis(Shared),
}

impl Owners {
    /// Those in the file, which must be there, or those in Redis.
    pub(super) fn new(
        settings: &Settings,
        schemes: &'static [SecurityScheme],
        word: Option<String>,
        replicas: Option<Replicas>,
    ) -> Result<Self, StartError> {
        let opening = Opening { seal: Seal::new(&settings.key)?, schemes, word };
        let place = match (&settings.file, replicas) {
            (Some(file), _) => Place::File(Watched::open(file, &opening)?),
            (None, Some(replicas)) => Place::Redis(Shared::new(replicas)),
            (None, None) => {
                return Err(StartError::new(
                    "API_CREDENTIALS_FILE is not set, and neither is REDIS_URL: callers' credentials must be somewhere",
                ));
            }
        };
        Ok(Self { place, opening })
    }

    /// The account of this caller, if there is one.
    pub(super) async fn of(&self, caller: &Caller) -> Result<Option<Account>, CallError> {
        let Some(owner) = Owner::of(caller) else { return Ok(None) };
        match &self.place {
            Place::File(file) => Ok(file.of(&owner, &self.opening)),
            Place::Redis(shared) => shared.of(&owner, &self.opening).await,
        }
    }
}

/// Makes accounts of entries.
struct Opening {
    seal: Seal,
    schemes: &'static [SecurityScheme],
    word: Option<String>,
}

impl Opening {
    /// The account that has the entries of one owner; an error where one of them cannot be opened or sent.
    fn account(&self, entries: &[&Entry]) -> Result<Account, StartError> {
        let mut credentials = Vec::new();
        // By what they are, so that another credential of the same owner is another partition.
        let mut secrets = Vec::new();
        let mut entries = entries.to_vec();
        entries.sort_by_key(|entry| entry.scheme());
        for entry in entries {
            let secret = entry.open(&self.seal)?;
            secrets.push((entry.scheme(), secret.clone()));
            let scheme = scheme_of(self.schemes, entry.scheme())?;
            credentials.push(Credential::new(scheme, secret, self.word.as_deref())?);
        }
        let fields = secrets.iter().flat_map(|(scheme, secret)| [*scheme, secret.expose_secret()]);
        let fields: Vec<&str> = ["own"].into_iter().chain(fields).collect();
        Ok(Account::new(&fields, Has::Own(credentials.into())))
    }

    /// The accounts of all, by the names of their owners.
    fn all(&self, entries: &[Entry]) -> Result<HashMap<String, Account>, StartError> {
        let mut by_owner: HashMap<String, Vec<&Entry>> = HashMap::new();
        for entry in entries {
            by_owner.entry(entry.owner().name()).or_default().push(entry);
        }
        by_owner.into_iter().map(|(name, entries)| Ok((name, self.account(&entries)?))).collect()
    }
}
