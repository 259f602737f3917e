//! What is connected to: the API itself, or a gateway before it, which has an address and headers of its own. The target of a
//! request is verified with the path of both before it, and only what is connected to is ever sent anything.

use std::fmt;

use http::Uri;
use http::header::{HeaderMap, HeaderName};
use reqwest::Url;
use secrecy::SecretString;

use super::base::Base;
use super::credential::sensitive;
use super::withhold::withhold;
use crate::secret::Headers;
use crate::start_error::StartError;

/// Headers that say how a request is put together, or whose they are; a gateway's own must be others.
const OURS: [&str; 14] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "host",
    "if-none-match",
    "te",
    "traceparent",
    "transfer-encoding",
    "upgrade",
    "x-request-id",
];

/// What stands before the API and is asked in its place.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Where it is; the path of the API's own address follows.
    pub url: String,
    /// What it is told with every request.
    pub headers: Headers,
    /// The header in which it is told where the API is; it is not told without one.
    pub origin_header: Option<String>,
}

/// What is connected to.
pub(super) struct Front {
    api: Base,
    gateway: Option<Before>,
}

/// A gateway, and the path of both addresses.
struct Before {
    base: Base,
    path: String,
    headers: Headers,
}

impl Front {
    /// The API, or this gateway before it.
    pub(super) fn new(api: Base, gateway: Option<Gateway>) -> Result<Self, StartError> {
        let Some(Gateway { url, mut headers, origin_header }) = gateway else {
            return Ok(Self { api, gateway: None });
        };
        let base = Base::parse("UPSTREAM_GATEWAY_URL", &url)?;
        if let Some(name) = origin_header {
            let name: HeaderName = name.parse().map_err(|_| {
                StartError::new("UPSTREAM_GATEWAY_ORIGIN_HEADER: expected the name of a header")
            })?;
            headers.insert(name, SecretString::from(api.origin()));
        }
        if let Some(name) = headers.names().find(|name| OURS.contains(&name.as_str())) {
            return Err(StartError::new(format!(
                "UPSTREAM_GATEWAY_HEADERS: {name} is a header that this server writes itself"
            )));
        }
        let path = format!("{}{}", base.path(), api.path());
        Ok(Self { api, gateway: Some(Before { base, path, headers }) })
    }

    /// Refuses a header for the gateway that a credential for the API is in too: one of them would be lost.
    pub(super) fn check(&self, is_taken: impl Fn(&HeaderName) -> bool) -> Result<(), StartError> {
        let mut names = self.gateway.iter().flat_map(|gateway| gateway.headers.names());
        match names.find(|name| is_taken(name)) {
            Some(name) => Err(StartError::new(format!(
                "UPSTREAM_GATEWAY_HEADERS: a credential for the API is sent in {name} too: expected another header"
            ))),
            None => Ok(()),
        }
    }

    fn base(&self) -> &Base {
        self.gateway.as_ref().map_or(&self.api, |gateway| &gateway.base)
    }

    /// Where the API is, origin and path prefix, and by way of what: what one way leads to is nothing of another.
    pub(super) fn address(&self) -> String {
        let address = format!("{}{}", self.api.origin(), self.api.path());
        match &self.gateway {
            Some(Before { base, .. }) => format!("{address} by way of {}{}", base.origin(), base.path()),
            None => address,
        }
    }

    /// Scheme, host and port of what is connected to.
    pub(super) fn origin(&self) -> &str {
        self.base().origin()
    }

    /// The path before that of every operation, without a slash at its end.
    pub(super) fn path(&self) -> &str {
        self.gateway.as_ref().map_or(self.api.path(), |gateway| &gateway.path)
    }

    /// The address that is connected to, with the setting that says it.
    pub(super) fn connected_to(&self) -> (&'static str, &Url) {
        let setting = if self.gateway.is_some() { "UPSTREAM_GATEWAY_URL" } else { "API_BASE_URL" };
        (setting, self.base().url())
    }

    /// Whether TLS is spoken.
    pub(super) fn is_secure(&self) -> bool {
        self.base().is_secure()
    }

    /// The address of what is connected to and, byte by byte, this target.
    pub(super) fn at(&self, target: &str) -> Option<Uri> {
        self.base().at(target)
    }

    /// Puts what the gateway is told into the headers of a request.
    pub(super) fn tell(&self, headers: &mut HeaderMap) {
        for (name, secret) in self.gateway.iter().flat_map(|gateway| gateway.headers.iter()) {
            // What cannot be sent was refused when it was read.
            if let Some(value) = sensitive(secret) {
                headers.insert(name, value);
            }
        }
    }

    /// Takes what the gateway is told out of what came back.
    pub(super) fn withhold(&self, body: Vec<u8>) -> Vec<u8> {
        let all = self.gateway.iter().flat_map(|gateway| gateway.headers.iter());
        withhold(body, all.map(|(_, secret)| secret))
    }
}

impl fmt::Debug for Front {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Front({})", self.origin())
    }
}
