//! Tokens that are got for calls: for the caller's own token (RFC 8693), or for this program itself (RFC 6749, section 4.4).
//! They are kept in memory until shortly before they expire, and got once for all who need the same.

mod endpoint;
mod kept;

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};
use tokio::time::Instant;

use super::super::credential::Credential;
use crate::call::{CallError, NoAccount};
use crate::catalog::SecurityScheme;
use crate::metrics::{Count, Metrics};
use crate::start_error::StartError;
use endpoint::{Endpoint, Failure, Granted};
use kept::{Kept, Known, Name};

/// Where tokens come from, and what is asked for them.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address of the token endpoint. A caller's token is sent there and nowhere else.
    pub endpoint: String,
    /// Who this program is there.
    pub client_id: String,
    /// What shows that.
    pub client_secret: SecretString,
    /// For which security scheme of the document the token is.
    pub scheme: String,
    /// For whom the token shall be, by name (RFC 8693).
    pub audience: Option<String>,
    /// For whom the token shall be, by address (RFC 8707).
    pub resource: Option<String>,
    /// What the token shall be good for.
    pub scopes: Vec<String>,
    /// Whose tokens are exchanged, by the issuers' names; those of an issuer at the endpoint's own host while none is named.
    pub issuers: Vec<String>,
}

/// For whom a token is got.
#[derive(Clone)]
pub(super) enum Subject {
    /// For this program.
    ThisProgram,
    /// For the caller who showed this token.
    Caller(SecretString),
}

impl Subject {
    /// The token that is exchanged.
    fn token(&self) -> Option<&SecretString> {
        match self {
            Self::ThisProgram => None,
            Self::Caller(token) => Some(token),
        }
    }

    /// The name of what is got for it; a token cannot be found from it.
    fn name(&self) -> Name {
        Sha256::digest(self.token().map_or("", |token| token.expose_secret())).into()
    }
}

/// The tokens of one endpoint.
pub(super) struct Tokens {
    endpoint: Endpoint,
    scheme: &'static SecurityScheme,
    word: Option<String>,
    issuers: Vec<String>,
    kept: Mutex<Kept>,
    metrics: Metrics,
}

impl Tokens {
    /// None yet; nothing is asked.
    pub(super) fn new(
        settings: &Settings,
        scheme: &'static SecurityScheme,
        word: Option<&str>,
        metrics: Metrics,
    ) -> Result<Self, StartError> {
        let endpoint = Endpoint::new(settings)?;
        let (word, issuers) = (word.map(str::to_owned), settings.issuers.clone());
        Ok(Self { endpoint, scheme, word, issuers, kept: Mutex::new(Kept::new()), metrics })
    }

    /// Whether a token of this issuer may be sent to the endpoint: to another it would be a token that somebody else can use.
    pub(super) fn take(&self, issuer: &str) -> bool {
        if self.issuers.is_empty() {
            return self.endpoint.is_of(issuer);
        }
        self.issuers.iter().any(|named| named == issuer)
    }

    /// The token for this subject: one that is kept, or one that is got now. Whoever asks first gets it for all who wait; if
    /// that one leaves, the next does.
    pub(super) async fn get(&self, subject: &Subject) -> Result<Arc<[Credential]>, CallError> {
        let slot = self.kept().slot(subject.name(), Instant::now());
        let known = slot.get_or_try_init(|| self.fetch(subject)).await?;
        known.outcome.clone().map_err(|()| CallError::NoAccount(NoAccount::NotExchanged))
    }

    /// Says that the API refused this token. Whether another one is worth a try.
    pub(super) fn refused(&self, subject: &Subject, token: &Arc<[Credential]>) -> bool {
        self.kept().refused(&subject.name(), token, Instant::now())
    }

    async fn fetch(&self, subject: &Subject) -> Result<Known, CallError> {
        let asked = Instant::now();
        let outcome = self.endpoint.ask(subject.token()).await;
        self.metrics.count(match &outcome {
            Ok(_) => Count::TokenGranted,
            Err(Failure::Refused(_)) => Count::TokenRefused,
            Err(Failure::Away(_)) => Count::EndpointAway,
        });
        match outcome {
            Ok(Granted { token, lasts }) => {
                let unusable = |error: StartError| unavailable(format!("the token cannot be sent: {error}"));
                let credential =
                    Credential::new(self.scheme, token, self.word.as_deref()).map_err(unusable)?;
                Ok(Known::good([credential].into(), asked, lasts))
            }
            Err(Failure::Refused(why)) => {
                tracing::warn!(why, "the token endpoint refused to give a token for the API");
                match subject {
                    Subject::Caller(_) => Ok(Known::refused(asked)),
                    // Then it is this program that is set up wrongly, and no caller can mend it.
                    Subject::ThisProgram => Err(unavailable(format!("it was refused: {why}"))),
                }
            }
            Err(Failure::Away(why)) => Err(unavailable(why)),
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unavailable(why: String) -> CallError {
    CallError::CredentialUnavailable { cause: format!("the token endpoint: {why}") }
}

impl fmt::Debug for Tokens {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Tokens({})", self.scheme.name)
    }
}
