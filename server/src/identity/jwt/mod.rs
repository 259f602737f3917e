//! Access tokens that are signed and say all themselves (RFC 7519, RFC 9068). The signature is checked by `jsonwebtoken`;
//! everything that a token says is checked here, and by the clock that is given.

mod claims;
mod head;

pub(crate) mod id_tokens;

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::Claims;
use super::keys::{Algorithm, Keys, Source};
use super::{Denied, Identity, Names};
use crate::metrics::Metrics;
use crate::start_error::StartError;
use head::Head;

/// Whose tokens are taken, and which of them.
#[derive(Clone, Debug)]
pub struct Options {
    /// The provider in a word.
    pub provider: &'static str,
    /// Where its keys are.
    pub keys: Source,
    /// Its name, exactly as tokens have it.
    pub issuer: String,
    /// For whom tokens must be: one of these.
    pub audiences: Vec<String>,
    /// How tokens may be signed; in every way that its kind of key can, while none is named.
    pub algorithms: Vec<Algorithm>,
    /// What kinds of token are taken, as their header says; one that says nothing is a `JWT`.
    pub types: Vec<String>,
    /// How far the clocks of the provider and of this machine may differ.
    pub leeway: Duration,
    /// For how long a token may be good in all.
    pub longest_life: Duration,
    /// What the claims are called that say who it is, and more.
    pub names: Names,
}

impl Options {
    /// Tokens of this issuer for these audiences, signed by one of these keys.
    pub fn new(keys: Source, issuer: impl Into<String>, audiences: Vec<String>) -> Self {
        Self {
            provider: "jwt",
            keys,
            issuer: issuer.into(),
            audiences,
            algorithms: Vec::new(),
            types: ["at+jwt", "JWT"].map(str::to_owned).to_vec(),
            leeway: Duration::from_secs(30),
            longest_life: Duration::from_secs(24 * 60 * 60),
            names: Names::default(),
        }
    }
}

/// Checks tokens.
#[derive(Debug)]
pub(super) struct Verifier {
    options: Options,
    keys: Keys,
}

impl Verifier {
    /// Refuses to be without an issuer or an audience: then a token for anybody would do.
    pub(super) fn new(options: Options, metrics: &Metrics) -> Result<Self, StartError> {
        if options.issuer.is_empty() {
            return Err(StartError::new(
                "AUTH_ISSUER is not set: tokens need an issuer, or anybody's would do",
            ));
        }
        if options.audiences.is_empty() || options.audiences.iter().any(String::is_empty) {
            return Err(StartError::new(
                "AUTH_AUDIENCE is not set: tokens need an audience, or those for other servers would do",
            ));
        }
        if options.leeway > Duration::from_secs(30) || options.longest_life.is_zero() {
            return Err(StartError::new(
                "clocks may differ by 30 s at most, and tokens must be good for some time",
            ));
        }
        let keys = Keys::new(options.keys.clone(), metrics.clone())?;
        Ok(Self { options, keys })
    }

    /// Whose tokens it judges.
    pub(super) fn issuer(&self) -> &str {
        &self.options.issuer
    }

    /// Whose token it is at this time.
    pub(super) async fn verify(&self, token: &str, time: SystemTime) -> Result<Identity, Denied> {
        let token = Signed::read(token, &self.options)?;
        // Judged before the signature is checked, and believed only after it: a token that is not for us is not worth a key.
        let identity = claims::judge(&token.claims, &self.options, time)?;
        token.check(&self.keys).await?;
        Ok(identity)
    }
}

/// A token taken apart. Nothing in it is to be believed before it has been checked.
struct Signed<'t> {
    head: Head,
    claims: Claims,
    message: &'t [u8],
    signature: &'t str,
}

impl<'t> Signed<'t> {
    fn read(token: &'t str, options: &Options) -> Result<Self, Denied> {
        const NO_TOKEN: Denied = Denied::Invalid("not_a_token");
        let mut parts = token.split('.');
        let (Some(head), Some(claims), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(NO_TOKEN);
        };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| NO_TOKEN);
        let head = Head::read(&decode(head)?, options)?;
        let claims = Claims::read(&decode(claims)?).ok_or(NO_TOKEN)?;
        let message = &token.as_bytes()[..token.len() - signature.len() - 1];
        Ok(Self { head, claims, message, signature })
    }

    /// Whether one of these keys signed it.
    async fn check(&self, keys: &Keys) -> Result<(), Denied> {
        let Self { head, message, signature, .. } = self;
        let key = keys.find(head.kid.as_deref(), head.algorithm).await?;
        if key.verifies(message, signature, head.algorithm) {
            Ok(())
        } else {
            Err(Denied::Invalid("signature"))
        }
    }
}

/// Whose token it says to be. Whoever makes a token writes that, so it chooses who judges it and nothing else.
pub(super) fn issuer_of(token: &str) -> Option<String> {
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    Claims::read(&claims)?.text("iss").map(str::to_owned)
}
