//! The gate: from a credential to a caller, by the one provider that it is for; and the record of those who are kept out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::SystemTime;

use http::Method;

use super::api_keys::{self, ApiKeys};
use super::tokens::Tokens;
use super::{Caller, Denied, Metadata, Options, Presented};
use crate::facade::{self, Facade, Offer};
use crate::journal::{Entry, Event, Journal};
use crate::metrics::Metrics;
use crate::replicas::Replicas;
use crate::scopes::Scopes;
use crate::start_error::StartError;

/// What callers must pass.
#[derive(Debug)]
pub struct Gate {
    tokens: Tokens,
    facade: Option<Facade>,
    keys: Option<ApiKeys>,
    /// What every caller must be allowed to do.
    required: Vec<String>,
    /// What clients ask for at first.
    asked: Vec<String>,
    scopes: Arc<Scopes>,
    metadata: Option<Metadata>,
    journal: Option<Journal>,
    metrics: Metrics,
}

impl Gate {
    /// The gate of a server of this name, whose tools need these scopes, and which puts on the record whom it keeps out;
    /// nothing is fetched yet.
    pub fn new(
        options: &Options,
        name: &str,
        scopes: Arc<Scopes>,
        journal: Option<Journal>,
        metrics: Metrics,
        replicas: Option<Replicas>,
    ) -> Result<Self, StartError> {
        options.check()?;
        let tokens = Tokens::new(options, &metrics)?;
        let keys = options.keys.clone().map(|keys| ApiKeys::open(keys, replicas)).transpose()?;
        let required = options.scopes.clone();
        // A key keeps the scopes that it has, so that whoever has one is not sent for others.
        let basic = if tokens.are_taken() || options.facade.is_some() { scopes.basic() } else { &[] };
        let asked = joined(&required, basic);
        let offer = Offer { all: joined(&asked, &scopes.all()), usual: asked.clone() };
        let facade = |options| Facade::new(options, name, offer, journal.clone(), metrics.clone());
        let facade = options.facade.clone().map(facade).transpose()?;
        let metadata = Metadata::of(options, facade.as_ref().map(Facade::issuer), &asked, name);
        Ok(Self { tokens, facade, keys, required, asked, scopes, metadata, journal, metrics })
    }

    /// Whether callers are asked who they are.
    pub fn asks(&self) -> bool {
        self.tokens.are_taken() || self.facade.is_some() || self.keys.is_some()
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
            Presented::Bearer(token) if facade::is_token(token) => self.own(token)?,
            Presented::Bearer(token) => self.tokens.admit(token).await?,
        };
        if self.scopes.include(&caller, &self.required) { Ok(caller) } else { Err(Denied::Insufficient) }
    }

    fn own(&self, token: &str) -> Result<Caller, Denied> {
        let facade = self.facade.as_ref().ok_or(Denied::Invalid("unknown_token"))?;
        facade.admit(token)
    }

    async fn key(&self, key: &str) -> Result<Caller, Denied> {
        let keys = self.keys.as_ref().ok_or(Denied::Invalid("unknown_api_key"))?;
        keys.admit(key, SystemTime::now()).await
    }

    /// Writes down, at the end, what is only gathered while callers come.
    pub(crate) async fn end(&self) {
        if let Some(keys) = &self.keys {
            keys.write_down_uses().await;
        }
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

    /// Where everything is counted.
    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// What clients ask for at first: what every caller needs, and enough to read.
    pub(crate) fn asked(&self) -> &[String] {
        &self.asked
    }

    /// What a client asks for that lacks these: what every caller needs, and all of them.
    pub(crate) fn with(&self, scopes: &[String]) -> Vec<String> {
        joined(&self.required, scopes)
    }

    /// Who logs people in for tokens of this server's own.
    pub(crate) fn facade(&self) -> Option<&Facade> {
        self.facade.as_ref()
    }

    /// Whether a request of this method only reads, or asks whether it may, what is said there to everybody.
    pub(crate) fn is_public(&self, method: &Method, path: &str) -> bool {
        let reads = matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS);
        reads && self.metadata.as_ref().is_some_and(|metadata| metadata.is_at(path))
    }

    /// What is said of this server to clients that look for a token.
    pub(crate) fn metadata(&self) -> Option<&Metadata> {
        self.metadata.as_ref()
    }
}

/// Each once, in their order.
fn joined(some: &[String], others: &[String]) -> Vec<String> {
    let mut all = some.to_vec();
    all.extend(others.iter().filter(|scope| !some.contains(scope)).cloned());
    all
}
