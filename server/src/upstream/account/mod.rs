//! As whom a call goes to the API: as the one account that this server has for everybody, as the caller's own, or as whoever
//! a token says that is got for the call. What the API shows to one of them is nothing to another, so that each has a partition
//! of what is kept.

pub mod own;
pub mod token;

use std::fmt;
use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::credential::{Credential, scheme_of};
use crate::call::{CallError, Caller, NoAccount};
use crate::catalog::Api;
use crate::digest;
use crate::metrics::Metrics;
use crate::replicas::Replicas;
use crate::start_error::StartError;

/// As whom calls go to the API.
#[derive(Clone, Debug, Default)]
pub enum Settings {
    /// As one account for everybody.
    #[default]
    Service,
    /// As an account of each caller's own.
    Own(own::Settings),
    /// As the caller, by a token that is got for the caller's own (RFC 8693).
    Exchanged(token::Settings),
    /// As this program, by a token that is got for it (RFC 6749, section 4.4).
    Client(token::Settings),
}

/// As whom one call goes to the API; as the one account for everybody where nothing is known of it.
#[derive(Clone, Default)]
pub struct Account(Option<Arc<Known>>);

struct Known {
    partition: String,
    has: Has,
}

enum Has {
    /// What this server has for everybody.
    Common,
    /// These credentials; none where the operation needs none.
    Own(Arc<[Credential]>),
    /// A token that is got when it is needed.
    Token(Arc<token::Tokens>, token::Subject),
}

impl Account {
    /// The account that is named by these fields, which nobody can find from its name.
    fn new(fields: &[&str], has: Has) -> Self {
        Self(Some(Arc::new(Known { partition: name(fields), has })))
    }

    /// What is kept of answers to this account is nothing to one with another partition.
    pub(crate) fn partition(&self) -> &str {
        self.0.as_ref().map_or("", |known| &known.partition)
    }

    fn has(&self) -> &Has {
        self.0.as_ref().map_or(&Has::Common, |known| &known.has)
    }

    /// The credentials of the account's own; nothing where this server has one for everybody.
    pub(crate) async fn credentials(&self) -> Result<Option<Arc<[Credential]>>, CallError> {
        match self.has() {
            Has::Common => Ok(None),
            Has::Own(credentials) => Ok(Some(Arc::clone(credentials))),
            Has::Token(tokens, subject) => tokens.get(subject).await.map(Some),
        }
    }

    /// Says that the API refused these credentials. Whether it is worth asking for others.
    pub(crate) fn refused(&self, credentials: &Arc<[Credential]>) -> bool {
        match self.has() {
            Has::Token(tokens, subject) => tokens.refused(subject, credentials),
            Has::Common | Has::Own(_) => false,
        }
    }
}

/// Nothing of an account is for printing.
impl fmt::Debug for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Account")
    }
}

/// Finds the account of a caller.
pub(crate) struct Accounts {
    /// Names what this server has for everybody.
    common: String,
    way: Way,
}

enum Way {
    Common,
    Own(Box<own::Owners>),
    Exchanged(Arc<token::Tokens>),
    Client(Account),
}

impl Accounts {
    /// The accounts that these options name.
    pub(crate) fn new(
        api: &'static Api,
        options: &super::Options,
        replicas: Option<&Replicas>,
        metrics: &Metrics,
    ) -> Result<Self, StartError> {
        let word = options.authorization_word.as_deref();
        let tokens = |settings: &token::Settings| {
            let scheme = scheme_of(api.security_schemes, &settings.scheme)?;
            token::Tokens::new(settings, scheme, word, metrics.clone()).map(Arc::new)
        };
        let way = match &options.account {
            Settings::Service => Way::Common,
            Settings::Own(settings) => {
                let word = word.map(str::to_owned);
                Way::Own(own::Owners::new(settings, api.security_schemes, word, replicas.cloned())?.into())
            }
            Settings::Exchanged(settings) => Way::Exchanged(tokens(settings)?),
            Settings::Client(settings) => {
                let has = Has::Token(tokens(settings)?, token::Subject::ThisProgram);
                Way::Client(Account::new(&["client", &settings.endpoint, &settings.client_id], has))
            }
        };
        let secrets = options.credentials.iter();
        let secrets = secrets.flat_map(|(scheme, secret)| [scheme.as_str(), secret.expose_secret()]);
        let fields: Vec<&str> = ["common"].into_iter().chain(secrets).collect();
        Ok(Self { common: name(&fields), way })
    }

    /// One account for everybody, where there is nothing that needs one.
    pub(crate) fn one() -> Self {
        Self { common: String::new(), way: Way::Common }
    }

    /// Whether calls go as different accounts, or by tokens; else each goes with what this server has for everybody.
    pub(crate) fn differ(&self) -> bool {
        !matches!(self.way, Way::Common)
    }

    /// Names the API at this address as this server sees it: what it shows to another server's account is something else.
    pub(crate) fn view(&self, address: &str) -> String {
        format!("{address} as {}", self.common)
    }

    /// The account of this caller. Nothing is asked of anybody but of whoever keeps callers' own credentials.
    pub(crate) async fn of(&self, caller: &Caller) -> Result<Account, CallError> {
        match &self.way {
            Way::Common => Ok(Account::default()),
            Way::Client(account) => Ok(account.clone()),
            Way::Own(owners) => owners.of(caller).await?.ok_or(CallError::NoAccount(NoAccount::Unknown)),
            Way::Exchanged(tokens) => {
                let principal =
                    caller.principal().filter(|principal| tokens.take(&principal.identity().issuer));
                let token = principal.and_then(|principal| principal.token());
                let token = token.ok_or(CallError::NoAccount(NoAccount::NoToken))?;
                let has = Has::Token(Arc::clone(tokens), token::Subject::Caller(token.clone()));
                // Two tokens of one caller may be good for different things, and so are those that are got for them.
                Ok(Account::new(&["exchanged", token.expose_secret()], has))
            }
        }
    }

    /// An account without any credential, for operations that need none.
    pub(crate) fn nobody() -> Account {
        Account::new(&["nobody"], Has::Own(Arc::from([])))
    }
}

/// Options and credentials are not for printing.
impl fmt::Debug for Accounts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match &self.way {
            Way::Common => "Accounts(common)",
            Way::Own(_) => "Accounts(own)",
            Way::Exchanged(_) => "Accounts(exchanged)",
            Way::Client(_) => "Accounts(client)",
        })
    }
}

/// A name that tells nothing of the fields.
fn name(fields: &[&str]) -> String {
    digest::hex(&digest::of(fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::upstream::Options;

    static API: Api = Api::bare(&[]);

    #[test]
    fn t_30_servers_that_share_answers_share_those_of_one_credential_only() {
        let view = |credentials: &[(&str, &str)]| {
            let mut options = Options::new("http://api");
            let owned = credentials.iter().map(|&(scheme, secret)| (scheme.to_owned(), secret.into()));
            options.credentials = owned.collect();
            Accounts::new(&API, &options, None, &Metrics::default())
                .expect("sound options")
                .view("http://api")
        };
        let views = [
            view(&[]),
            view(&[("token", "secret-1")]),
            view(&[("token", "secret-2")]),
            view(&[("key", "secret-1")]),
            view(&[("token", "secret-1"), ("key", "secret-1")]),
        ];
        for (place, view) in views.iter().enumerate() {
            assert!(view.starts_with("http://api as ") && !view.contains("secret"), "{view}");
            assert!(!views[..place].contains(view), "{place}");
        }
        assert_eq!(view(&[("token", "secret-1")]), views[1]);
    }
}
