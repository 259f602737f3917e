//! The API as an HTTP server: one request out, one bounded answer in.
//!
//! What is promised: the bytes on the request line are those of the verified target; no redirect, proxy or
//! repetition happens by itself; the credential is in no log, error or debug text; a failure says whether
//! anything was sent.

pub mod account;
mod base;
mod body;
mod connect;
mod credential;
mod freshness;
mod gateway;
mod outgoing;
mod reach;
mod room;
mod sign;
mod tls;
mod version;
mod withhold;

use std::error::Error;
use std::fmt;
use std::time::{Duration, SystemTime};

use http::Response;
use http::header::{
    CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, IF_NONE_MATCH, RETRY_AFTER,
};
use hyper::body::Incoming;
use secrecy::SecretString;

use crate::answer;
use crate::call::{CallError, Heard, Progress, Reply};
use crate::catalog::{Api, Effect, Tool};
use crate::http::Network;
use crate::large;
use crate::request::Parts;
use crate::start_error::StartError;
use base::Base;
use connect::{Client, Connector, Shown};
use credential::Credentials;
use gateway::Front;
use reach::Reach;
use room::Room;

pub(crate) use credential::{Credential, is_open};
pub use freshness::Freshness;
pub use gateway::Gateway;
pub(crate) use room::Part;
pub use sign::Sign;
pub use tls::Certificates;
pub use version::HttpVersion;

/// The status of an answer that is still as it was (RFC 9110, section 15.4.5); only where the request asked for it.
pub const NOT_MODIFIED: u16 = 304;

/// How many characters of a header's value are returned.
const LONGEST_HEADER: usize = 4096;

/// The API's address, the credentials for it, and what one exchange may cost.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the API is; http or https, a path prefix is kept.
    pub base_url: String,
    /// Credentials by the name of their security scheme in the document.
    pub credentials: Vec<(String, SecretString)>,
    /// As whom calls go to the API.
    pub account: account::Settings,
    /// What stands before the API and is asked in its place.
    pub gateway: Option<Gateway>,
    /// Whom this program trusts, and how it shows who it is, where TLS is spoken.
    pub certificates: Certificates,
    /// Which version of HTTP is spoken.
    pub version: HttpVersion,
    /// The networks that may be connected to; any where none is named.
    pub allowed: Vec<Network>,
    /// A word before a credential that the document sends bare in `Authorization`, for a site that wants one.
    pub authorization_word: Option<String>,
    /// What one attempt may take, from the connection to the last byte.
    pub attempt_timeout: Duration,
    /// What a connection may take.
    pub connect_timeout: Duration,
    /// How large an answer may be.
    pub max_answer_bytes: usize,
    /// How many idle connections are kept.
    pub max_idle_connections: usize,
    /// How long an idle connection is kept; below the usual 20 s of the other side, so that a request does
    /// not meet a connection that is just being closed.
    pub idle_timeout: Duration,
    /// How this program names itself to the API.
    pub user_agent: String,
}

impl Options {
    /// The usual limits, for the API at this address, without credentials.
    pub fn new(base_url: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            credentials: Vec::new(),
            account: account::Settings::default(),
            gateway: None,
            certificates: Certificates::default(),
            version: HttpVersion::default(),
            allowed: Vec::new(),
            authorization_word: None,
            attempt_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_answer_bytes: 4 << 20,
            max_idle_connections: 32,
            idle_timeout: Duration::from_secs(15),
            user_agent: concat!("mcp-server/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

/// The API.
pub struct Upstream {
    client: Client,
    front: Front,
    credentials: Credentials,
    user_agent: HeaderValue,
    shown: Shown,
    connect_timeout: Duration,
    max_answer_bytes: usize,
    room: Room,
}

/// What one request is made of.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The tool.
    pub tool: &'static Tool,
    /// What the arguments made.
    pub parts: &'a Parts,
    /// Sent as `X-Request-Id`.
    pub request_id: &'a str,
    /// Sent as `traceparent`.
    pub traceparent: Option<&'a str>,
    /// Told when the request leaves.
    pub progress: &'a Progress,
    /// Told for how long the answer may be kept.
    pub heard: &'a Heard,
    /// Sent as `If-None-Match`, unless an argument is.
    pub validator: Option<&'a str>,
}

impl Request<'_> {
    /// What the API is asked to compare with; an argument's word goes first.
    fn condition(&self) -> Option<&str> {
        let is_condition = |name: &str| name.eq_ignore_ascii_case(IF_NONE_MATCH.as_str());
        self.validator.filter(|_| !self.parts.headers().iter().any(|(name, _)| is_condition(name)))
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Received {
    /// The status; never a redirect, and 304 only where the request asked for it.
    pub status: u16,
    /// The `Content-Type` as sent.
    pub content_type: Option<String>,
    /// The `Retry-After` as sent.
    pub retry_after: Option<String>,
    /// The headers that the tool returns, by the names that it asks for.
    pub headers: Vec<(&'static str, String)>,
    /// The body; empty for an error answer whose body was too large or broken.
    pub body: Vec<u8>,
}

impl Received {
    /// The answer is as it was.
    fn unchanged() -> Self {
        let (content_type, retry_after, headers, body) = (None, None, Vec::new(), Vec::new());
        Self { status: NOT_MODIFIED, content_type, retry_after, headers, body }
    }
}

impl Upstream {
    /// Checks the options and makes the client; nothing is sent.
    pub fn new(api: &'static Api, options: Options) -> Result<Self, StartError> {
        let front = Front::new(Base::parse("API_BASE_URL", &options.base_url)?, options.gateway)?;
        let credentials = Credentials::new(
            api.security_schemes,
            options.credentials,
            options.authorization_word.as_deref(),
        )?;
        let has_accounts = !matches!(options.account, account::Settings::Service);
        let is_of_account =
            |name: &HeaderName| has_accounts && api.security_schemes.iter().any(|scheme| scheme.is_in(name));
        front.check(|name| credentials.are_in(name) || is_of_account(name))?;
        if options.attempt_timeout.is_zero()
            || options.connect_timeout.is_zero()
            || options.max_answer_bytes == 0
        {
            return Err(StartError::new("times and sizes for the API must be above zero"));
        }
        let (setting, url) = front.connected_to();
        let reach = Reach::new(options.allowed);
        reach.check(setting, url)?;
        let tls = options.certificates.config(front.is_secure())?;
        let user_agent = HeaderValue::try_from(options.user_agent)
            .map_err(|_| StartError::new("this program's name cannot be sent to the API"))?;
        let shown = Shown::default();
        let connector = Connector::new(reach, tls, options.version, options.connect_timeout, shown.clone());
        Ok(Self {
            client: connector.client(options.version, options.max_idle_connections, options.idle_timeout),
            front,
            credentials,
            user_agent,
            shown,
            connect_timeout: options.connect_timeout,
            max_answer_bytes: options.max_answer_bytes,
            room: Room::new(),
        })
    }

    /// Where the API is, origin and path prefix.
    pub fn address(&self) -> String {
        self.front.address()
    }

    /// Sends one request, with these credentials of the caller's own where callers have any, and reads its answer.
    pub(crate) async fn exchange(
        &self,
        request: &Request<'_>,
        own: Option<&[Credential]>,
    ) -> Result<(Received, Part), CallError> {
        let outgoing = self.outgoing(request, own)?;
        // Said before connecting already: a caller who gives up meanwhile hears "perhaps" rather than a wrong
        // "no".
        let before = request.progress.sending();
        let response = self.client.request(outgoing).await.map_err(|error| {
            if !error.is_connect() {
                return CallError::Interrupted { cause: told(&error) };
            }
            request.progress.restore(before);
            if connect::was_late(&error) {
                return CallError::TimedOut { after: self.connect_timeout, sent: before };
            }
            CallError::Unreachable { cause: told(&error) }
        })?;
        request.heard.set(Freshness::of(response.headers(), SystemTime::now()));
        if response.status().as_u16() == NOT_MODIFIED && request.condition().is_some() {
            return Ok((Received::unchanged(), Part::default()));
        }
        self.receive(request, own, response).await
    }

    async fn receive(
        &self,
        request: &Request<'_>,
        own: Option<&[Credential]>,
        response: Response<Incoming>,
    ) -> Result<(Received, Part), CallError> {
        let tool = request.tool;
        let status = response.status().as_u16();
        if (300..400).contains(&status) {
            return Err(CallError::Redirected { status });
        }
        let header =
            |name| response.headers().get(name).map(|value| String::from_utf8_lossy(value.as_bytes()).into());
        let (content_type, retry_after): (Option<String>, Option<String>) =
            (header(CONTENT_TYPE), header(RETRY_AFTER));
        let encoded = response
            .headers()
            .get_all(CONTENT_ENCODING)
            .iter()
            .any(|value| !value.as_bytes().eq_ignore_ascii_case(b"identity"));
        let headers = self.returned(tool, own, response.headers());
        let failed = status >= 400;
        if encoded && !failed {
            let what = "expected an answer without content encoding, got an encoded one".to_owned();
            return Err(CallError::Unexpected { status, what });
        }
        let room = waits(tool).then_some(&self.room);
        let (body, part) = match body::read(response, self.max_answer_bytes, room, request.progress).await {
            Ok(read) if !encoded => read,
            Err(error) if !failed => return Err(error),
            // The status says enough of an error; without its body only words are missing.
            _ => Default::default(),
        };
        let body = self.withheld(body, own);
        Ok((Received { status, content_type, retry_after, headers, body }, part))
    }

    /// Makes sense of an answer: of a large one in its turn, so that small ones pass.
    pub(crate) async fn read(
        tool: &'static Tool,
        received: Received,
        part: Part,
    ) -> Result<Reply, CallError> {
        if !waits(tool) || received.body.len() <= large::SMALL {
            return answer::read(tool, received);
        }
        let work = move || {
            let _part = part;
            answer::read(tool, received)
        };
        large::in_line(work).await
    }

    /// The headers that the tool returns; several of one name are joined as one (RFC 9110, section 5.2).
    fn returned(
        &self,
        tool: &'static Tool,
        own: Option<&[Credential]>,
        headers: &HeaderMap,
    ) -> Vec<(&'static str, String)> {
        let joined = |name: &'static str| {
            let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
            let value = self.withheld(values.join(&b", "[..]), own);
            let value: String = String::from_utf8_lossy(&value).chars().take(LONGEST_HEADER).collect();
            (!values.is_empty()).then_some((name, value))
        };
        tool.answer_headers.iter().filter_map(|name| joined(name)).collect()
    }

    /// What the API sent, without anything that is secret here.
    fn withheld(&self, body: Vec<u8>, own: Option<&[Credential]>) -> Vec<u8> {
        self.front.withhold(self.credentials.withhold(body, own))
    }
}

/// Options and credentials are not for printing.
impl fmt::Debug for Upstream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Upstream({})", self.front.origin())
    }
}

/// Whether a large answer of this tool may wait for others.
fn waits(tool: &Tool) -> bool {
    tool.effect == Effect::Read
}

/// The error of an exchange without its URL, which may hold a credential, and what caused it.
pub(crate) fn describe(error: reqwest::Error) -> String {
    told(&error.without_url())
}

/// The error and what caused it.
fn told(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
