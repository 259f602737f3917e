//! Bearer tokens, of all issuers whose tokens are taken: who judges one, and what was found out a moment ago.

use std::time::SystemTime;

use tokio::time::Instant;

use super::introspection::Introspection;
use super::verified::{LONGEST, Verified};
use super::{Caller, Denied, Options, Principal, jwt};
use crate::metrics::Metrics;
use crate::start_error::StartError;

/// Those who judge tokens.
#[derive(Debug)]
pub(super) struct Tokens {
    signed: Vec<jwt::Verifier>,
    introspection: Option<Introspection>,
    verified: Verified,
    /// Whether a token stays with its caller, to be exchanged for one that the API takes.
    are_kept: bool,
}

impl Tokens {
    /// Those of the options. Two who judge the tokens of one issuer would be one who judges too little.
    pub(super) fn new(options: &Options, metrics: &Metrics) -> Result<Self, StartError> {
        let mut signed: Vec<jwt::Verifier> = Vec::new();
        for tokens in &options.tokens {
            if signed.iter().any(|known| known.issuer() == tokens.issuer) {
                let line = format!("AUTH_ISSUER: {:?} is there twice", tokens.issuer);
                return Err(StartError::new(line));
            }
            signed.push(jwt::Verifier::new(tokens.clone(), metrics)?);
        }
        let asked = options.introspection.clone();
        let introspection = asked.map(|asked| Introspection::new(asked, metrics.clone())).transpose()?;
        Ok(Self { signed, introspection, verified: Verified::new(), are_kept: options.keeps_tokens })
    }

    /// Whether any are taken.
    pub(super) fn are_taken(&self) -> bool {
        self.introspection.is_some() || !self.signed.is_empty()
    }

    /// Whose token it is.
    pub(super) async fn admit(&self, token: &str) -> Result<Caller, Denied> {
        let hash = Verified::hash(token);
        if let Some(caller) = self.verified.get(&hash, Instant::now()) {
            return Ok(caller);
        }
        let (identity, memory) = match (self.judge(token), &self.introspection) {
            (Some(judge), _) => (judge.verify(token, SystemTime::now()).await?, LONGEST),
            (None, Some(asked)) => (asked.verify(token, hash).await?, asked.memory()),
            (None, None) => return Err(Denied::Invalid("not_a_token")),
        };
        let principal = Principal::new(identity);
        let principal = if self.are_kept { principal.with_token(token.into()) } else { principal };
        let caller = Caller::Known(principal.into());
        self.verified.put(hash, caller.clone(), memory, Instant::now(), SystemTime::now());
        Ok(caller)
    }

    /// Who judges a token that says all itself: of several the one of whose issuer it says to be. What says to be of none of
    /// them is asked about, where somebody can be asked, and else judged by whoever is there.
    fn judge(&self, token: &str) -> Option<&jwt::Verifier> {
        if let ([only], None) = (&*self.signed, &self.introspection) {
            return Some(only);
        }
        let issuer = jwt::issuer_of(token);
        let named = self.signed.iter().find(|judge| issuer.as_deref() == Some(judge.issuer()));
        named.or_else(|| self.signed.first().filter(|_| self.introspection.is_none()))
    }
}
