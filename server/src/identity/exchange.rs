//! Exchanges with providers: over connections of their own, to where a provider may be and no further, and with answers no
//! larger than what is expected.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response};

use super::address::Somewhere;
use crate::start_error::StartError;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one exchange may take.
const WHOLE: Duration = Duration::from_secs(5);

/// What makes exchanges; it keeps this many connections that nobody uses.
pub(crate) fn client(somewhere: Somewhere, idle: usize) -> Result<Client, StartError> {
    Client::builder()
        .redirect(Policy::none())
        .http1_only()
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .pool_max_idle_per_host(idle)
        .dns_resolver(Arc::new(somewhere))
        .user_agent(concat!("mcp-server/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| StartError::new(format!("no HTTP client for the identity provider: {error}")))
}

/// The body of an answer that says 200, whole; else what is wrong, for the log.
pub(crate) async fn read(request: RequestBuilder, largest: usize) -> Result<Vec<u8>, String> {
    dated(request, largest).await.map(|(body, _)| body)
}

/// The same with what the clock of the provider says, if it says it.
pub(crate) async fn dated(
    request: RequestBuilder,
    largest: usize,
) -> Result<(Vec<u8>, Option<SystemTime>), String> {
    let request = request.header("accept", "application/json");
    let answer = request.send().await.map_err(|error| told(&error))?;
    if answer.status() != 200 {
        return Err(format!("the answer is {}", answer.status().as_u16()));
    }
    let date = answer.headers().get("date").and_then(|date| date.to_str().ok());
    let date = date.and_then(|date| httpdate::parse_http_date(date).ok());
    Ok((whole(answer, largest).await?, date))
}

/// An answer whatever it says: its status, and its body, whole; else what is wrong, for the log.
pub(crate) async fn answer(request: RequestBuilder, largest: usize) -> Result<(u16, Vec<u8>), String> {
    let answer = request.send().await.map_err(|error| told(&error))?;
    Ok((answer.status().as_u16(), whole(answer, largest).await?))
}

async fn whole(mut answer: Response, largest: usize) -> Result<Vec<u8>, String> {
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| told(&error))? {
        if body.len() + chunk.len() > largest {
            return Err(format!("the answer is larger than {largest} bytes"));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// An error with its causes.
fn told(error: &reqwest::Error) -> String {
    let mut told = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        told = format!("{told}: {error}");
        cause = error.source();
    }
    told
}
