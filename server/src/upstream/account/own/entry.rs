//! One credential of one caller, as it is kept.

use std::fmt;
use std::time::SystemTime;

use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::super::super::credential::Credential;
use super::super::name;
use super::seal::Seal;
use crate::call::Caller;
use crate::catalog::SecurityScheme;
use crate::digest;
use crate::identity::api_keys;
use crate::start_error::StartError;

/// Whose a credential is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Owner {
    /// Whom an issuer names in its tokens.
    Subject {
        /// The issuer.
        issuer: String,
        /// Its name for the caller.
        subject: String,
    },
    /// The owner of API keys of this server.
    ApiKeys {
        /// As `keys create --owner` has it.
        owner: String,
    },
    /// Whoever runs this program on standard input and output, or reaches it where nobody is asked.
    Local,
}

impl Owner {
    /// As whose a caller's credentials are kept. A subject means something only together with its issuer; who is not named has
    /// none.
    pub(super) fn of(caller: &Caller) -> Option<Self> {
        match caller {
            Caller::LocalOwner => Some(Self::Local),
            Caller::Anonymous => None,
            Caller::Known(principal) => {
                let identity = principal.identity();
                let subject = identity.subject.clone();
                Some(match identity.provider {
                    api_keys::PROVIDER => Self::ApiKeys { owner: subject },
                    _ => Self::Subject { issuer: identity.issuer.clone(), subject },
                })
            }
        }
    }

    fn fields(&self) -> [&str; 3] {
        match self {
            Self::Subject { issuer, subject } => ["subject", issuer, subject],
            Self::ApiKeys { owner } => ["api_keys", owner, ""],
            Self::Local => ["local", "", ""],
        }
    }

    /// Names the owner for this program: no two have the same.
    pub(super) fn name(&self) -> String {
        name(&self.fields())
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subject { issuer, subject } => write!(out, "{subject} of {issuer}"),
            Self::ApiKeys { owner } => write!(out, "API keys of {owner}"),
            Self::Local => out.write_str("local owner"),
        }
    }
}

/// A credential as it is kept: whose it is and for which scheme can be read, the secret cannot. It is good for this owner and
/// this scheme only, so that moving it to another makes nothing of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    owner: Owner,
    scheme: String,
    sealed: String,
    /// When it was added, RFC 3339.
    added: String,
}

impl Entry {
    /// This secret for this scheme, sealed for its owner; refused where it could not be sent.
    pub fn new(
        owner: Owner,
        scheme: &SecurityScheme,
        secret: &SecretString,
        seal: &Seal,
    ) -> Result<Self, StartError> {
        Credential::new(scheme, secret.clone(), None)?;
        let sealed = seal.close(secret, &about(&owner, scheme.name));
        let added = humantime::format_rfc3339_seconds(SystemTime::now()).to_string();
        Ok(Self { owner, scheme: scheme.name.to_owned(), sealed, added })
    }

    /// Whose it is.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// For which security scheme of the document.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// When it was added, RFC 3339.
    pub fn added(&self) -> &str {
        &self.added
    }

    /// The secret, if this key sealed it for this owner and scheme.
    pub(super) fn open(&self, seal: &Seal) -> Result<SecretString, StartError> {
        seal.open(&self.sealed, &about(&self.owner, &self.scheme)).ok_or_else(|| {
            StartError::new(format!(
                "API_CREDENTIALS_KEY does not open the credential of {} for {:?}: it was added with another key, or changed since",
                self.owner, self.scheme
            ))
        })
    }
}

/// What a seal is for.
fn about(owner: &Owner, scheme: &str) -> [u8; 32] {
    let [kind, first, second] = owner.fields();
    digest::of(&["credential 1", kind, first, second, scheme])
}
