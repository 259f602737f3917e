//! One exchange with a token endpoint: a form out, a small document in. What the caller showed goes to this one address, and
//! the answer is believed only where it is a token of a kind that can be sent.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use secrecy::zeroize::{Zeroize as _, Zeroizing};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use tokio::time::Instant;

use super::Settings;
use crate::identity::address::{self, Somewhere};
use crate::request::query_text;
use crate::start_error::StartError;
use crate::upstream::credential::sensitive;
use crate::upstream::describe;

/// How large a document may be in bytes.
const LARGEST: usize = 64 * 1024;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long one exchange may take.
const WHOLE: Duration = Duration::from_secs(5);
/// How long nothing is asked after a failure.
const PAUSE: Duration = Duration::from_secs(1);
/// However long the endpoint asks to wait, nobody waits longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// How long a token is good that does not say so.
const USUAL: Duration = Duration::from_secs(300);

/// A token, and for how long it is good.
pub(super) struct Granted {
    pub(super) token: SecretString,
    pub(super) lasts: Duration,
}

/// Why there is none. The words are for the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The endpoint cannot be asked, or answers what is no answer: later it may.
    Away(String),
    /// It gives none for this.
    Refused(String),
}

/// A token endpoint.
pub(super) struct Endpoint {
    client: Client,
    place: Url,
    /// Who we are, as the header has it.
    basic: SecretString,
    /// What stays the same of the form.
    form: Vec<(&'static str, String)>,
    /// Until when nothing is asked.
    paused: Mutex<Option<Instant>>,
}

impl Endpoint {
    /// Checks the settings; nothing is asked.
    pub(super) fn new(settings: &Settings) -> Result<Self, StartError> {
        let place = address::configured(&settings.endpoint)
            .map_err(|wrong| StartError::new(format!("API_TOKEN_ENDPOINT: {wrong}")))?;
        // Encoded first (RFC 6749, section 2.3.1), so that a colon in either is none between them.
        let pair = SecretString::from(format!(
            "{}:{}",
            query_text(&settings.client_id),
            query_text(settings.client_secret.expose_secret())
        ));
        let basic = format!("Basic {}", STANDARD.encode(pair.expose_secret())).into();
        let optional = |name, value: &Option<String>| value.clone().map(|value| (name, value));
        let scopes = (!settings.scopes.is_empty()).then(|| settings.scopes.join(" "));
        let form = [
            optional("audience", &settings.audience),
            optional("resource", &settings.resource),
            optional("scope", &scopes),
        ];
        let form = form.into_iter().flatten().collect();
        Ok(Self { client: client(&place)?, place, basic, form, paused: Mutex::default() })
    }

    /// Whether an issuer is at the same host.
    pub(super) fn is_of(&self, issuer: &str) -> bool {
        Url::parse(issuer).is_ok_and(|issuer| issuer.host().is_some() && issuer.host() == self.place.host())
    }

    /// A token for this one of a caller, or one for this program.
    pub(super) async fn ask(&self, subject: Option<&SecretString>) -> Result<Granted, Failure> {
        if self.is_paused(Instant::now()) {
            return Err(Failure::Away("it failed a moment ago".to_owned()));
        }
        let outcome = self.exchange(subject).await;
        if let Err((Failure::Away(_), pause)) = &outcome {
            let until = Instant::now() + pause.unwrap_or(PAUSE).clamp(PAUSE, LONGEST_PAUSE);
            *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
        }
        outcome.map_err(|(failure, _)| failure)
    }

    fn is_paused(&self, now: Instant) -> bool {
        self.paused.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| now < until)
    }

    async fn exchange(&self, subject: Option<&SecretString>) -> Result<Granted, (Failure, Option<Duration>)> {
        let away = |why: String| (Failure::Away(why), None);
        let basic = sensitive(&self.basic).ok_or_else(|| away("the client cannot be named".to_owned()))?;
        let request = self
            .client
            .post(self.place.clone())
            .header(ACCEPT, "application/json")
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(AUTHORIZATION, basic)
            .body(self.body(subject));
        let mut answer = request.send().await.map_err(|error| away(describe(error)))?;
        let status = answer.status().as_u16();
        let pause = answer.headers().get(RETRY_AFTER).and_then(|after| after.to_str().ok()?.parse().ok());
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = answer.chunk().await.map_err(|error| away(describe(error)))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(away(format!("the answer is larger than {LARGEST} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        read(status, &body, subject).map_err(|failure| (failure, pause.map(Duration::from_secs)))
    }

    /// The form (RFC 8693, section 2.1; RFC 6749, section 4.4.2).
    fn body(&self, subject: Option<&SecretString>) -> String {
        const ACCESS_TOKEN: &str = "urn:ietf:params:oauth:token-type:access_token";
        let mut pairs = match subject {
            Some(token) => vec![
                ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
                ("subject_token", token.expose_secret()),
                ("subject_token_type", ACCESS_TOKEN),
                ("requested_token_type", ACCESS_TOKEN),
            ],
            None => vec![("grant_type", "client_credentials")],
        };
        pairs.extend(self.form.iter().map(|(name, value)| (*name, value.as_str())));
        let pairs: Vec<String> =
            pairs.iter().map(|(name, value)| format!("{name}={}", query_text(value))).collect();
        pairs.join("&")
    }
}

fn client(place: &Url) -> Result<Client, StartError> {
    let mut builder = Client::builder()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECT)
        .timeout(WHOLE)
        .pool_max_idle_per_host(1)
        .dns_resolver(Arc::new(Somewhere::Any))
        .user_agent(concat!("mcp-server/", env!("CARGO_PKG_VERSION")));
    if place.scheme() == "http" {
        // TLS is never spoken then, so the machine's certificates need not be read.
        builder = builder.tls_certs_only([]);
    }
    builder.build().map_err(|error| {
        StartError::new(format!("no HTTP client for API_TOKEN_ENDPOINT: {}", describe(error)))
    })
}

/// What is read of an answer. It has no `Debug`.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: String,
    issued_token_type: Option<String>,
    expires_in: Option<serde_json::Number>,
}

/// What is read of a refusal (RFC 6749, section 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

fn read(status: u16, body: &[u8], subject: Option<&SecretString>) -> Result<Granted, Failure> {
    match status {
        200 => granted(body, subject),
        // A word of a list, not what the endpoint says at length: that may repeat what it was sent.
        400 | 401 | 403 => match serde_json::from_slice::<Refusal>(body) {
            Ok(Refusal { error }) if is_of_the_caller(&error) => Err(Failure::Refused(error)),
            Ok(Refusal { error }) => Err(Failure::Away(format!("{status}, {}", word(&error)))),
            Err(_) => Err(Failure::Away(format!("the answer is {status}"))),
        },
        _ => Err(Failure::Away(format!("the answer is {status}"))),
    }
}

/// Whether an error says that none is given for what the caller showed; others say that this program is set up wrongly.
fn is_of_the_caller(error: &str) -> bool {
    matches!(
        error,
        "invalid_grant" | "invalid_request" | "invalid_target" | "access_denied" | "invalid_scope"
    )
}

/// An error's name, if it is one.
fn word(error: &str) -> &str {
    let is_word = error.len() <= 64 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_word { error } else { "without a name that can be told" }
}

fn granted(body: &[u8], subject: Option<&SecretString>) -> Result<Granted, Failure> {
    let wrong = |why: &str| Err(Failure::Away(why.to_owned()));
    // What is wrong is not told by the parser, which might repeat it.
    let Ok(Answer { mut access_token, token_type, issued_token_type, expires_in }) =
        serde_json::from_slice(body)
    else {
        return wrong("the answer is not one of RFC 6749");
    };
    let token = SecretString::from(access_token.as_str());
    access_token.zeroize();
    if !token_type.eq_ignore_ascii_case("bearer") {
        return wrong("it gave a token that is no bearer token");
    }
    const ACCEPTED: [&str; 2] =
        ["urn:ietf:params:oauth:token-type:access_token", "urn:ietf:params:oauth:token-type:jwt"];
    if issued_token_type.is_some_and(|issued| !ACCEPTED.contains(&&*issued)) {
        return wrong("it gave something else than an access token");
    }
    let text = token.expose_secret();
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return wrong("it gave a token that cannot be sent");
    }
    // Else the API would be shown what the caller showed us.
    if subject.is_some_and(|subject| subject.expose_secret() == text) {
        return wrong("it gave back the caller's own token, which never goes to the API");
    }
    let lasts = expires_in.and_then(|seconds| seconds.as_u64()).map_or(USUAL, Duration::from_secs);
    Ok(Granted { token, lasts })
}
