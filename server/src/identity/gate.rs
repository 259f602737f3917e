//! The gate: from a credential to a caller, by the one provider that it is for; and the record of those who are kept out.

use std::net::IpAddr;
use std::time::SystemTime;

use super::api_keys::{self, ApiKeys};
use super::tokens::Tokens;
use super::{Caller, Denied, Metadata, Options, Presented};
use crate::journal::{Entry, Event, Journal};
use crate::metrics::Metrics;
use crate::replicas::Replicas;
use crate::start_error::StartError;

/// What callers must pass.
#[derive(Debug)]
pub struct Gate {
    tokens: Tokens,
    keys: Option<ApiKeys>,
    scopes: Vec<String>,
    metadata: Option<Metadata>,
    journal: Option<Journal>,
    metrics: Metrics,
}

impl Gate {
    /// The gate of a server of this name, which puts on the record whom it keeps out; nothing is fetched yet.
    pub fn new(
        options: &Options,
        name: &str,
        journal: Option<Journal>,
        metrics: Metrics,
        replicas: Option<Replicas>,
    ) -> Result<Self, StartError> {
        options.check()?;
        let tokens = Tokens::new(options)?;
        let keys = options.keys.clone().map(|keys| ApiKeys::open(keys, replicas)).transpose()?;
        let (scopes, metadata) = (options.scopes.clone(), Metadata::of(options, name));
        Ok(Self { tokens, keys, scopes, metadata, journal, metrics })
    }

    /// Whether callers are asked who they are.
    pub fn asks(&self) -> bool {
        self.tokens.are_taken() || self.keys.is_some()
    }

    /// Whether keys are taken that are no tokens.
    pub fn takes_keys(&self) -> bool {
        self.keys.is_some()
    }

    /// Who shows this credential, or why it is not good enough.
    pub async fn admit(&self, presented: Presented<'_>) -> Result<Caller, Denied> {
        let caller = match presented {
            Presented::Nothing => return Err(Denied::Missing),
            Presented::Key(key) => self.key(key).await?,
            Presented::Bearer(key) if api_keys::Key::is_like(key) => self.key(key).await?,
            Presented::Bearer(token) => self.tokens.admit(token).await?,
        };
        let has = |scope: &String| {
            caller.principal().is_some_and(|principal| principal.identity().scopes.contains(scope))
        };
        if self.scopes.iter().all(has) { Ok(caller) } else { Err(Denied::Insufficient) }
    }

    async fn key(&self, key: &str) -> Result<Caller, Denied> {
        let keys = self.keys.as_ref().ok_or(Denied::Invalid("unknown_api_key"))?;
        keys.admit(key, SystemTime::now()).await
    }

    /// Puts on the record how an attempt to be let in went, by whoever is at this address.
    pub(crate) fn record(&self, outcome: Result<&Caller, Denied>, request_id: &str, address: Option<IpAddr>) {
        match outcome {
            Ok(caller) => {
                let provider = caller.principal().map(|principal| principal.identity().provider);
                self.metrics.authenticated(provider.unwrap_or("none"), true);
            }
            Err(denied) => {
                let reason = denied.reason();
                self.metrics.authenticated("none", false);
                tracing::info!(reason, request_id, "not let in");
                if let Some(journal) = &self.journal {
                    let request_id = request_id.to_owned();
                    let event = Event::Denied { outcome: reason, request_id, address };
                    journal.note(Entry { event, subject: None });
                }
            }
        }
    }

    /// What every caller must be allowed to do.
    pub(crate) fn scopes(&self) -> &[String] {
        &self.scopes
    }

    /// What is said of this server to clients that look for a token.
    pub(crate) fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }
}
