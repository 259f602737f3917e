//! The provider at which people log in, as its client: with a state, a challenge and a nonce of our own, which are none of the
//! program's.

mod exchange;
mod github;
mod google;

use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use super::Provider;
use crate::metrics::Metrics;
use crate::request::query_text;
use crate::start_error::StartError;
use github::GitHub;
use google::Google;

/// Who logged in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct User {
    /// Never given to anybody else by this provider.
    pub(super) subject: String,
    pub(super) name: Option<String>,
    pub(super) groups: Vec<String>,
    pub(super) tenant: Option<String>,
}

/// What the provider gave, to be asked again whether the person still has the account. It never leaves this program but to
/// there.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    access: SecretString,
    refresh: Option<SecretString>,
}

impl Kept {
    /// All of it as one secret.
    pub(super) fn to_text(&self) -> SecretString {
        let texts =
            (self.access.expose_secret(), self.refresh.as_ref().map(|refresh| refresh.expose_secret()));
        serde_json::to_string(&texts).expect("texts are JSON").into()
    }

    /// What such a secret says.
    pub(super) fn of_text(text: &SecretString) -> Option<Self> {
        let texts: (String, Option<String>) = serde_json::from_str(text.expose_secret()).ok()?;
        Some(Self { access: texts.0.into(), refresh: texts.1.map(SecretString::from) })
    }
}

/// Why nobody is logged in.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The provider, or a rule of ours, does not let the person in: a word for the record.
    Refused(&'static str),
    /// The provider cannot be asked, or answers what is no answer: words for the log.
    Away(String),
}

/// The provider.
pub(super) enum Upstream {
    GitHub(GitHub),
    Google(Box<Google>),
}

impl Upstream {
    /// Checks the settings; nothing is asked.
    pub(super) fn new(provider: &Provider, metrics: &Metrics) -> Result<Self, StartError> {
        Ok(match provider {
            Provider::GitHub(options) => Self::GitHub(GitHub::new(options.clone())?),
            Provider::Google(options) => Self::Google(Google::new(options.clone(), metrics.clone())?.into()),
        })
    }

    /// Its word among the providers.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::GitHub(_) => "github",
            Self::Google(_) => "google",
        }
    }

    /// What people know it as.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::GitHub(_) => "GitHub",
            Self::Google(_) => "Google",
        }
    }

    /// Who vouches for people.
    pub(super) fn issuer(&self) -> &str {
        match self {
            Self::GitHub(github) => github.issuer(),
            Self::Google(google) => google.issuer(),
        }
    }

    /// Whether an answer that names its issuer so is the provider's (RFC 9207).
    pub(super) fn is_called(&self, issuer: &str) -> bool {
        match self {
            // Its logins are at an address below.
            Self::GitHub(github) => issuer.starts_with(github.issuer()),
            Self::Google(google) => issuer == google.issuer(),
        }
    }

    /// Where the browser goes to log in.
    pub(super) fn authorization(&self, callback: &str, state: &str, challenge: &str, nonce: &str) -> String {
        let (place, own) = match self {
            Self::GitHub(github) => github.authorization(),
            Self::Google(google) => google.authorization(nonce),
        };
        let mut all = vec![
            ("response_type", "code"),
            ("redirect_uri", callback),
            ("state", state),
            ("code_challenge", challenge),
            ("code_challenge_method", "S256"),
        ];
        all.extend(own.iter().map(|(name, value)| (*name, value.as_str())));
        format!("{place}?{}", exchange::form(&all))
    }

    /// Who logged in, by the code with which the browser came back.
    pub(super) async fn log_in(
        &self,
        code: &str,
        callback: &str,
        verifier: &str,
        nonce: &str,
    ) -> Result<(User, Kept), Failure> {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", callback),
            ("code_verifier", verifier),
        ];
        match self {
            Self::GitHub(github) => github.log_in(&form).await,
            Self::Google(google) => google.log_in(&form, Some(nonce)).await,
        }
    }

    /// Who it still is.
    pub(super) async fn renew(&self, kept: &Kept) -> Result<(User, Kept), Failure> {
        match self {
            Self::GitHub(github) => github.renew(kept).await,
            Self::Google(google) => google.renew(kept).await,
        }
    }
}

/// A word of a path.
fn step(text: &str) -> String {
    query_text(text)
}

/// What a provider gave, for tests of what keeps it.
#[cfg(test)]
pub(super) fn kept(access: &str) -> Kept {
    Kept { access: access.into(), refresh: None }
}
