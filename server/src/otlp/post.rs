//! One request to the collector, and what its answer means (OTLP 1.x, "OTLP/HTTP response").

use std::time::Duration;

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, Response};
use serde_json::Value;
use tokio::time::Instant;

use super::Collector;
use crate::start_error::StartError;

/// What is read of an answer at most.
const ANSWER: usize = 64 << 10;
/// The longest wait that a collector may ask for.
const LONGEST: Duration = Duration::from_secs(30);

/// What becomes of the content of a request.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// It is taken, all but so many parts.
    Taken {
        /// How many are not.
        rejected: u64,
    },
    /// It is worth another request, after this time where the collector says so.
    Later {
        /// What went wrong, for the log.
        why: String,
        /// When to come again.
        after: Option<Duration>,
    },
    /// It will not be taken.
    Refused(String),
}

/// The client of a collector.
pub(crate) struct Post {
    client: Client,
    collector: Collector,
}

impl Post {
    /// A client; nothing is sent yet.
    pub(crate) fn new(collector: &Collector) -> Result<Self, StartError> {
        let mut builder = Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .http1_only()
            .timeout(collector.patience.attempt)
            .pool_max_idle_per_host(1)
            .user_agent(concat!("mcp-server/", env!("CARGO_PKG_VERSION")));
        if collector.address.starts_with("http://") {
            // TLS is never spoken then, so the machine's certificates need not be read.
            builder = builder.tls_certs_only([]);
        }
        let wrong = |error: reqwest::Error| {
            StartError::new(format!("the collector cannot be reached: {}", error.without_url()))
        };
        let client = builder.build().map_err(wrong)?;
        client.post(&collector.address).build().map_err(wrong)?;
        Ok(Self { client, collector: collector.clone() })
    }

    /// Sends this until it is taken, or is not worth another request: how many parts of it the collector rejected, or why it took
    /// none.
    pub(crate) async fn deliver(&self, body: String) -> Result<u64, String> {
        let patience = self.collector.patience;
        let (body, until) = (Bytes::from(body), Instant::now() + patience.whole);
        let mut pause = patience.pause;
        loop {
            let (why, wait) = match self.once(body.clone()).await {
                Told::Taken { rejected } => return Ok(rejected),
                Told::Refused(why) => return Err(why),
                // Half of it at random, so that many programs do not come back together.
                Told::Later { why, after } => {
                    (why, after.unwrap_or(pause.mul_f64(0.5 + fastrand::f64() / 2.0)))
                }
            };
            if Instant::now() + wait >= until {
                return Err(why);
            }
            tokio::time::sleep(wait).await;
            pause *= 2;
        }
    }

    async fn once(&self, body: Bytes) -> Told {
        let request = self.client.post(&self.collector.address).headers(self.collector.headers.to_send());
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match request.body(body).send().await {
            Ok(response) => told(response).await,
            // The address may hold a credential, and the collector is known.
            Err(error) => Told::Later { why: error.without_url().to_string(), after: None },
        }
    }
}

async fn told(response: Response) -> Told {
    let status = response.status();
    if status.is_success() {
        return Told::Taken { rejected: rejected(response).await };
    }
    let why = format!("the collector answered {}", status.as_u16());
    if !matches!(status.as_u16(), 429 | 502 | 503 | 504) {
        return Told::Refused(why);
    }
    let after =
        response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    Told::Later { why, after: after.map(|seconds| Duration::from_secs(seconds).min(LONGEST)) }
}

/// How many records, spans or points a collector says that it did not take. What cannot be read says nothing.
async fn rejected(mut response: Response) -> u64 {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > ANSWER {
            return 0;
        }
        body.extend_from_slice(&chunk);
    }
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    // A 64-bit number is a text in protobuf's JSON; some write it as a number.
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.parse().ok());
    let names = ["rejectedLogRecords", "rejectedSpans", "rejectedDataPoints"];
    names.iter().find_map(|name| number(&body["partialSuccess"][name])).unwrap_or_default()
}
