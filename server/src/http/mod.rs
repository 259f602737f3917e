//! HTTP in front of the protocol: own accept loop, strict framing, and the layers that every request passes.
//!
//! It promises that a request which reaches the protocol has one checked host, an allowed origin, a bounded body that
//! arrives in bounded time, and an identity; and that whatever it answers carries the request's id.

mod answer_pieces;
mod app;
mod authenticate;
mod body_limit;
mod body_timeout;
mod body_whole;
mod challenge;
mod connection;
mod counted;
mod cors;
mod frames;
mod framing;
mod host_and_origin;
mod identify;
mod idle;
mod layer;
mod listener;
mod panic_guard;
mod parameters;
mod peer;
mod quota;
mod refusal;
mod routes;
mod security_headers;
mod sites;
mod streams;
pub mod tls;
mod version;
mod well_formed;
mod wire;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::combinators::{BoxBody, UnsyncBoxBody};

use crate::changing::Changing;
use crate::identity::{self, Gate};
use crate::start_error::StartError;
use crate::telemetry::Sampling;

pub use app::App;
pub use authenticate::refuse_open_listener;
pub(crate) use body_limit::unread_body;
pub(crate) use body_whole::whole;
pub(crate) use challenge::Lacking;
pub use identify::{RequestId, TraceParent, well_formed_traceparent};
pub use layer::{Answering, Endpoint};
pub(crate) use listener::serve;
pub(crate) use parameters::Parameters;
pub(crate) use peer::Site;
pub use peer::{Network, NoNetwork, Peer};
pub use quota::SiteRate;
pub(crate) use refusal::{Refusal, json_answer};
pub use routes::Status;
pub(crate) use routes::{method_not_allowed, public};
pub(crate) use security_headers::Page;

/// How HTTP is served.
#[derive(Clone, Debug)]
pub struct Options {
    /// Values of `Host` that are served besides the listener's own: `name`, `name:port`, or `name:*` for any port.
    pub allowed_hosts: Vec<String>,
    /// Values of `Origin` that are served besides the listener's own loopback ones: `https://name[:port]`.
    pub allowed_origins: Vec<String>,
    /// Whether pages of these origins may read what is answered.
    pub cors: bool,
    /// The largest request body in bytes.
    pub max_body_bytes: usize,
    /// How long a request head may take from its first byte, and a new connection until its first request's head.
    pub head_timeout: Duration,
    /// How long a body may pause.
    pub body_idle_timeout: Duration,
    /// How long a body may take in all.
    pub body_timeout: Duration,
    /// How long a connection may wait for its next request.
    pub keep_alive: Duration,
    /// How long a client may leave what we write unread.
    pub write_timeout: Duration,
    /// How many connections are served at once; further ones wait to be accepted.
    pub max_connections: usize,
    /// How many of them one site may have; further ones are closed. Zero is no bound.
    pub max_connections_per_site: usize,
    /// How many requests one connection of HTTP/2 may have under way.
    pub max_streams: usize,
    /// The certificate by which this server shows who it is; without one it speaks no TLS.
    pub tls: Option<tls::Settings>,
    /// The path at which what was counted is told, to whoever is let in; nowhere without one.
    pub metrics: Option<String>,
    /// Requests per minute from one site: an address of IPv4, the first 64 bits of one of IPv6; zero is no bound.
    pub site_requests_per_minute: usize,
    /// How many requests may come at once from one site.
    pub site_burst: usize,
    /// Proxies whose `X-Forwarded-For` says from which site a request comes; nobody else's is looked at.
    pub trusted_proxies: Vec<Network>,
    /// How long what is in flight may go on after shutdown began.
    pub drain: Duration,
    /// Serves everyone who can reach the listener, without asking who they are.
    pub allow_unauthenticated: bool,
    /// What vouches for callers.
    pub identity: identity::Options,
    /// Which requests are traced; none without it.
    pub sampling: Option<Sampling>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            cors: true,
            max_body_bytes: 1024 * 1024,
            head_timeout: Duration::from_secs(10),
            body_idle_timeout: Duration::from_secs(10),
            body_timeout: Duration::from_secs(30),
            keep_alive: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            max_connections: 1024,
            max_connections_per_site: 256,
            max_streams: 100,
            tls: None,
            metrics: Some("/metrics".to_owned()),
            site_requests_per_minute: 0,
            site_burst: 20,
            trusted_proxies: Vec::new(),
            drain: Duration::from_secs(30),
            allow_unauthenticated: false,
            identity: identity::Options::default(),
            sampling: None,
        }
    }
}

impl Options {
    /// Refuses hosts and origins that could never match, before anything is bound.
    pub fn check(&self) -> Result<(), StartError> {
        for host in &self.allowed_hosts {
            host_and_origin::AllowedHost::parse(host).ok_or_else(|| {
                StartError::new(format!(
                    "allowed host {host:?}: expected a name, name:port or name:*, such as mcp.example.com"
                ))
            })?;
        }
        for origin in &self.allowed_origins {
            host_and_origin::Origin::parse(origin).ok_or_else(|| {
                StartError::new(format!("allowed origin {origin:?}: expected scheme://name[:port], such as https://app.example.com"))
            })?;
        }
        if let Some(path) = self.metrics.as_deref().filter(|path| !is_free(path)) {
            return Err(StartError::new(format!(
                "the path of metrics (PROMETHEUS_METRICS_PATH): expected one such as /metrics where nothing else is, got {path:?}"
            )));
        }
        let above_zero = [self.max_body_bytes, self.max_connections, self.max_streams, self.site_burst];
        if above_zero.contains(&0) {
            return Err(StartError::new(
                "the largest body, connections, streams and requests at once must be above zero",
            ));
        }
        Ok(())
    }

    /// The hosts that are served on a listener at this address, in the spelling `name[:port]`.
    pub(crate) fn trusted_hosts(&self, address: SocketAddr) -> Vec<String> {
        host_and_origin::HostAndOrigin::new(address, self).hosts()
    }

    /// The origins that are served on a listener at this address, in the spelling `scheme://name:port`.
    pub(crate) fn trusted_origins(&self, address: SocketAddr) -> Vec<String> {
        host_and_origin::HostAndOrigin::new(address, self).origins()
    }
}

/// Whether nothing else is served at this path.
fn is_free(path: &str) -> bool {
    const TAKEN: [&str; 6] = ["/mcp", "/health", "/ready", "/status", "/status/log-level", "/openapi.json"];
    let is_below = |place: &str| path.strip_prefix(place).is_some_and(|rest| rest.starts_with('/'));
    path.len() > 1
        && path.starts_with('/')
        && !TAKEN.contains(&path)
        && !is_below("/mcp")
        && !is_below("/.well-known")
}

/// A request on its way inwards.
pub type Request = ::http::Request<RequestBody>;
/// An answer on its way outwards.
pub type Response = ::http::Response<ResponseBody>;
/// A request's body; every layer may wrap it.
pub type RequestBody = UnsyncBoxBody<Bytes, BodyError>;
/// An answer's body.
pub type ResponseBody = BoxBody<Bytes, std::convert::Infallible>;

/// Why a body could not be read to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyError {
    /// It is larger than this many bytes.
    TooLarge(usize),
    /// It paused, or took in all, longer than this.
    TooSlow(Duration),
    /// The connection broke or the framing was wrong.
    Broken(String),
}

impl std::fmt::Display for BodyError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLarge(limit) => write!(formatter, "the body is larger than {limit} bytes"),
            Self::TooSlow(limit) => write!(formatter, "the body did not arrive within {} s", limit.as_secs()),
            Self::Broken(cause) => write!(formatter, "the body could not be read: {cause}"),
        }
    }
}

impl std::error::Error for BodyError {}

/// The layers from outside to inside. The order is pinned by a test.
fn layers(
    address: SocketAddr,
    options: &Options,
    site_rate: &Changing<Option<SiteRate>>,
    has_sessions: bool,
    gate: &Arc<Gate>,
) -> Vec<Box<dyn layer::Layer>> {
    vec![
        // First, so that every answer and every event names its request.
        Box::new(identify::Identify { sampling: options.sampling }),
        // Outside of all that may refuse, so that refusals carry them too.
        Box::new(security_headers::SecurityHeaders),
        // Outside of everything that could panic.
        Box::new(panic_guard::PanicGuard),
        // Before anything reads what HTTP/2 says in another place.
        Box::new(well_formed::WellFormed),
        // Before any work is done for a page that reached us by rebinding a name.
        Box::new(host_and_origin::HostAndOrigin::new(address, options).before(gate)),
        // Inside of what judges origins; outside of all that refuses callers, so that a page can read why, and before anybody
        // is asked who they are: a browser asks without a credential whether it may send one.
        Box::new(cors::Cors::new(options, has_sessions, gate)),
        // Inside of what refuses strangers, who would use up the quota of the address that they misuse; before the body.
        Box::new(quota::Quota::new(site_rate, options, gate.metrics().clone())),
        // Before the body is touched; wraps it so that whoever reads it is stopped at the limit.
        Box::new(body_limit::BodyLimit::new(options)),
        // Inside the limit: a body that is refused for its size is not waited for.
        Box::new(body_timeout::BodyTimeout::new(options)),
        // Last: only what may be served is asked who it is; before the protocol, so that nothing is done for a stranger.
        Box::new(authenticate::Authenticate::new(address, options, Arc::clone(gate))),
    ]
}

/// The same for a listener that only tells what was counted: as bounded, with nobody to ask who they are and no page to let read.
fn layers_of_metrics(
    address: SocketAddr,
    options: &Options,
    site_rate: &Changing<Option<SiteRate>>,
    gate: &Arc<Gate>,
) -> Vec<Box<dyn layer::Layer>> {
    vec![
        Box::new(identify::Identify { sampling: None }),
        Box::new(security_headers::SecurityHeaders),
        Box::new(panic_guard::PanicGuard),
        Box::new(well_formed::WellFormed),
        // Whoever collects metrics goes from address to address.
        Box::new(host_and_origin::HostAndOrigin::new(address, options).or_by_address()),
        Box::new(quota::Quota::new(site_rate, options, gate.metrics().clone())),
        Box::new(body_limit::BodyLimit::new(options)),
        Box::new(body_timeout::BodyTimeout::new(options)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::Metrics;

    #[test]
    fn the_order_of_the_layers_is_pinned() {
        let address = SocketAddr::from(([127, 0, 0, 1], 8000));
        let gate =
            Gate::new(&identity::Options::default(), "", Arc::default(), None, Metrics::default(), None)
                .expect("no provider");
        let names: Vec<_> = layers(address, &Options::default(), &None.into(), false, &Arc::new(gate))
            .iter()
            .map(|layer| layer.name())
            .collect();
        assert_eq!(
            names,
            [
                "identify",
                "security_headers",
                "panic_guard",
                "well_formed",
                "host_and_origin",
                "cors",
                "quota",
                "body_limit",
                "body_timeout",
                "authenticate"
            ]
        );
    }

    #[test]
    fn hosts_origins_and_paths_that_could_never_match_stop_the_start() {
        let check = |host: &str, origin: &str| {
            let options = Options {
                allowed_hosts: vec![host.to_owned()],
                allowed_origins: vec![origin.to_owned()],
                ..Options::default()
            };
            options.check().map_err(|error| error.to_string())
        };
        assert_eq!(check("mcp.example.com:*", "https://app.example.com"), Ok(()));
        for (path, is_free) in [
            ("/metrics", true),
            ("/a/b", true),
            ("metrics", false),
            ("/", false),
            ("/mcp", false),
            ("/mcp/metrics", false),
            ("/health", false),
        ] {
            let options = Options { metrics: Some(path.to_owned()), ..Options::default() };
            assert_eq!(options.check().is_ok(), is_free, "{path}");
        }
        for (host, origin) in [
            ("https://mcp.example.com", "https://app.example.com"),
            ("*", "https://app.example.com"),
            ("mcp.example.com", "app.example.com"),
            ("mcp.example.com", "*"),
            ("mcp.example.com", "null"),
        ] {
            let line = check(host, origin).expect_err(host);
            assert!(line.contains("allowed") && line.contains("expected") && !line.contains('\n'), "{line}");
        }
    }
}
