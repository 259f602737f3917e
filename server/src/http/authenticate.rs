//! Says who calls: asks the gate where there are providers; else whoever can reach the listener may call.
//!
//! Credentials in odd places are refused also where nothing reads them, so that a client learns its mistake here and
//! not when authentication is switched on, and so that no token travels in an address.

use std::net::SocketAddr;
use std::sync::Arc;

use ::http::header::AUTHORIZATION;
use ::http::{Extensions, StatusCode, Uri};
use percent_encoding::percent_decode_str;

use super::challenge::{Challenges, Lacking};
use super::layer::{Answering, Layer, Next};
use super::peer::{Network, Peer, Site, site};
use super::{Options, Refusal, Request, RequestId};
use crate::identity::{Caller, Denied, Gate, Presented};
use crate::start_error::StartError;
use crate::telemetry::Pending;

/// The paths that are served to strangers, besides the metadata for clients that look for a token, and besides the places where
/// they get one.
const EXEMPT: [&str; 2] = ["/health", "/ready"];

/// The layer.
pub(super) struct Authenticate {
    gate: Arc<Gate>,
    challenges: Challenges,
    proxies: Vec<Network>,
    /// Whoever calls where nobody is asked.
    unasked: Caller,
}

impl Authenticate {
    /// The layer of a listener at `address`.
    pub(super) fn new(address: SocketAddr, options: &Options, gate: Arc<Gate>) -> Self {
        let unasked = if address.ip().is_loopback() { Caller::LocalOwner } else { Caller::Anonymous };
        let (challenges, proxies) = (Challenges::of(&gate), options.trusted_proxies.clone());
        Self { gate, challenges, proxies, unasked }
    }

    /// Decided by the path as it was sent and by nothing else: headers and other spellings are written by whoever asks. A token
    /// in the address is refused also where none is needed, since addresses are in the logs of others.
    fn is_exempt(&self, uri: &Uri) -> bool {
        let path = uri.path();
        let is_for_all = EXEMPT.contains(&path)
            || self.gate.metadata().is_some_and(|metadata| metadata.is_at(path))
            || self.gate.facade().is_some_and(|facade| facade.is_at(path));
        is_for_all && !has_token_in_query(uri.query().unwrap_or_default())
    }

    async fn admit(&self, request: &::http::request::Parts) -> Result<Caller, Denied> {
        if has_token_in_query(request.uri.query().unwrap_or_default()) {
            return Err(Denied::Malformed("token_in_query"));
        }
        self.gate.admit(Presented::of(&request.headers, self.gate.takes_keys())?).await
    }

    fn record(&self, outcome: Result<&Caller, Denied>, request: &::http::request::Parts) {
        let request_id = request.extensions.get::<RequestId>().map_or("", |id| &id.0);
        let address = request.extensions.get::<Site>().map(|Site(address)| *address);
        self.gate.record(outcome, request_id, address);
    }

    /// Says from where a request comes, as far as that can be known.
    fn place(&self, request: &mut Request) {
        let peer = request.extensions().get::<Peer>().map(|Peer(peer)| *peer);
        if let Some(peer) = peer {
            let site = Site(site(peer, request.headers(), &self.proxies));
            request.extensions_mut().insert(site);
        }
    }

    /// Lets a request pass where nobody is asked.
    fn unasked<'a>(&self, mut request: Request, next: Next<'a>) -> Answering<'a> {
        if has_token_in_query(request.uri().query().unwrap_or_default()) {
            let sentence = "A token must never be part of an address; send it in the Authorization header.";
            return Refusal::new(StatusCode::BAD_REQUEST, "invalid_request", sentence).answering();
        }
        let mut credentials = request.headers().get_all(AUTHORIZATION).iter();
        let joined = credentials.next().is_some_and(|first| first.as_bytes().contains(&b','));
        if joined || credentials.next().is_some() {
            let sentence = "At most one Authorization header with one credential is allowed.";
            return Refusal::new(StatusCode::BAD_REQUEST, "invalid_request", sentence).answering();
        }
        settle(request.extensions(), &self.unasked);
        request.extensions_mut().insert(self.unasked.clone());
        next.run(request)
    }
}

impl Layer for Authenticate {
    fn name(&self) -> &'static str {
        "authenticate"
    }

    fn handle<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answering<'a> {
        self.place(&mut request);
        if !self.gate.asks() {
            return self.unasked(request, next);
        }
        if self.is_exempt(request.uri()) {
            request.extensions_mut().insert(Caller::Anonymous);
            return next.run(request);
        }
        Box::pin(async move {
            let (mut parts, body) = request.into_parts();
            let outcome = self.admit(&parts).await;
            self.record(outcome.as_ref().map_err(|denied| *denied), &parts);
            match outcome {
                Ok(caller) => {
                    // It has done its work, and nothing behind this has any use for it.
                    Presented::take(&mut parts.headers);
                    settle(&parts.extensions, &caller);
                    parts.extensions.insert(caller);
                    let response = next.run(Request::from_parts(parts, body)).await;
                    match response.extensions().get::<Lacking>() {
                        Some(lacking) => self.challenges.lacking(&self.gate, lacking),
                        None => response,
                    }
                }
                Err(denied) => self.challenges.answer(denied),
            }
        })
    }
}

/// Says who makes a request that may be traced.
fn settle(extensions: &Extensions, caller: &Caller) {
    if let Some(pending) = extensions.get::<Pending>() {
        pending.settle(caller);
    }
}

/// Refuses to serve everyone by accident: without authentication only loopback listeners are served.
pub fn refuse_open_listener(address: SocketAddr, options: &Options) -> Result<(), StartError> {
    if address.ip().is_loopback() || options.allow_unauthenticated || options.identity.asks() {
        return Ok(());
    }
    Err(StartError::new(format!(
        "HOST={} would serve everyone on the network without authentication: set AUTH_PROVIDER, use HOST=127.0.0.1, or set ALLOW_UNAUTHENTICATED=i-understand if that is wanted",
        address.ip()
    )))
}

fn has_token_in_query(query: &str) -> bool {
    query.split('&').any(|pair| {
        let name = pair.split_once('=').map_or(pair, |(name, _)| name);
        percent_decode_str(name).eq(*b"access_token")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t22_a_token_in_the_query_is_seen_however_it_is_written() {
        for (query, seen) in [
            ("access_token=x", true),
            ("a=b&access_token=x", true),
            ("access_token", true),
            ("access%5Ftoken=x", true),
            ("", false),
            ("a=access_token", false),
            ("my_access_token=x", false),
        ] {
            assert_eq!(has_token_in_query(query), seen, "{query:?}");
        }
    }

    #[test]
    fn a_listener_for_others_needs_to_be_wanted() {
        let check = |address: &str, allow_unauthenticated| {
            let options = Options { allow_unauthenticated, ..Options::default() };
            refuse_open_listener(address.parse().expect("an address"), &options)
                .map_err(|error| error.to_string())
        };
        for loopback in ["127.0.0.1:8000", "127.0.0.2:1", "[::1]:8000"] {
            assert_eq!(check(loopback, false), Ok(()));
        }
        for open in ["0.0.0.0:8000", "10.1.2.3:8000", "[::]:8000"] {
            assert_eq!(check(open, true), Ok(()));
            let line = check(open, false).expect_err("refused");
            assert!(line.contains("HOST=") && line.contains("ALLOW_UNAUTHENTICATED"), "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
    }
}
