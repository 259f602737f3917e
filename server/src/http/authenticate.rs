//! Says who calls. There is one kind of caller yet: whoever can reach the loopback address.
//!
//! Credentials in odd places are refused although nothing reads them, so that a client learns its mistake here and
//! not when authentication is switched on, and so that no token travels in an address.

use std::net::SocketAddr;

use ::http::StatusCode;
use ::http::header::AUTHORIZATION;
use percent_encoding::percent_decode_str;

use super::layer::{Answering, Layer, Next};
use super::{Options, Refusal, Request};
use crate::call::Caller;
use crate::start_error::StartError;

/// The layer.
pub(super) struct Authenticate;

impl Layer for Authenticate {
    fn name(&self) -> &'static str {
        "authenticate"
    }

    fn handle<'a>(&'a self, mut request: Request, next: Next<'a>) -> Answering<'a> {
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
        request.extensions_mut().insert(Caller::LocalOwner);
        next.run(request)
    }
}

/// Refuses to serve everyone by accident: without authentication only loopback listeners are served.
pub fn refuse_open_listener(address: SocketAddr, options: &Options) -> Result<(), StartError> {
    if address.ip().is_loopback() || options.allow_unauthenticated {
        return Ok(());
    }
    Err(StartError::new(format!(
        "HOST={} would serve everyone on the network without authentication: use HOST=127.0.0.1, or set ALLOW_UNAUTHENTICATED=i-understand if that is wanted",
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
