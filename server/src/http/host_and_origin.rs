//! Serves only requests that name us: one `Host` from an exact list, and no `Origin` that is not on another.
//!
//! A page on the web can make a browser send requests to a local address, also under a name of its own (DNS
//! rebinding). It cannot choose `Host` and `Origin`. So both are compared whole, never by prefix or suffix, on every
//! route; only what is there for clients that look for a token may be read by any page.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use ::http::header::{HOST, HeaderMap, ORIGIN};
use ::http::{StatusCode, Uri};

use super::layer::{Answering, Layer, Next};
use super::{Options, Refusal, Request};
use crate::identity::Gate;

/// The layer.
pub(super) struct HostAndOrigin {
    hosts: Vec<AllowedHost>,
    origins: Vec<Origin>,
    gate: Option<Arc<Gate>>,
    /// Whether a bare address is a host of ours, whichever it is.
    by_address: bool,
}

impl HostAndOrigin {
    /// The names of a listener at `address`, and what the options add. Options are checked before by `Options::check`.
    pub(super) fn new(address: SocketAddr, options: &Options) -> Self {
        let scheme = if options.tls.is_some() { "https" } else { "http" };
        let own = own_hosts(address, default_port(scheme));
        let hosts = own
            .iter()
            .cloned()
            .chain(options.allowed_hosts.iter().filter_map(|text| AllowedHost::parse(text)));
        // A page of ours sends its form from there.
        let page = options.identity.facade.as_ref().and_then(|facade| facade.issuer().ok());
        let origins = options.allowed_origins.iter().chain(&page).filter_map(|text| Origin::parse(text));
        let own_origins = own.iter().filter_map(|host| host.origin(scheme));
        Self {
            origins: own_origins.chain(origins).collect(),
            hosts: hosts.collect(),
            gate: None,
            by_address: false,
        }
    }

    /// The same, which lets any page read what this gate tells everybody.
    pub(super) fn before(self, gate: &Arc<Gate>) -> Self {
        Self { gate: Some(Arc::clone(gate)), ..self }
    }

    /// The same, which serves whoever names an address: a page can have a name of its own lead here, but no address.
    pub(super) fn or_by_address(self) -> Self {
        Self { by_address: true, ..self }
    }

    /// The hosts in the spelling `name[:port]`; one for any port has none.
    pub(super) fn hosts(&self) -> Vec<String> {
        let spell = |host: &AllowedHost| match host.port {
            AllowedPort::Exactly(Some(port)) => format!("{}:{port}", host.name),
            AllowedPort::Exactly(None) | AllowedPort::Any => host.name.clone(),
        };
        self.hosts.iter().map(spell).collect()
    }

    /// The origins in the spelling `scheme://name:port`.
    pub(super) fn origins(&self) -> Vec<String> {
        self.origins
            .iter()
            .map(|origin| format!("{}://{}:{}", origin.scheme, origin.name, origin.port))
            .collect()
    }

    fn judge_host(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refusal> {
        let host = one_host(headers)?;
        // The absolute form carries a second host; a proxy and we must not read different ones.
        if uri.authority().is_some_and(|authority| Host::parse(authority.as_str()).as_ref() != Some(&host)) {
            return Err(Refusal::new(
                StatusCode::BAD_REQUEST,
                "host_mismatch",
                "The request target and Host must name the same host.",
            ));
        }
        let is_address = self.by_address && host.is_address();
        if !is_address && !self.hosts.iter().any(|allowed| allowed.matches(&host)) {
            tracing::warn!("refused a request for a host that is not allowed");
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "host_not_allowed",
                "This Host is not served here. Connect by an address the server was started with, or add the host to its allowed hosts.",
            ));
        }
        Ok(())
    }

    fn judge_origin(&self, headers: &HeaderMap) -> Result<(), Refusal> {
        let mut origins = headers.get_all(ORIGIN).iter();
        let Some(origin) = origins.next() else {
            return Ok(());
        };
        let origin = origin.to_str().ok().and_then(Origin::parse);
        if origins.next().is_some() || !origin.is_some_and(|origin| self.origins.contains(&origin)) {
            tracing::warn!("refused a request from an origin that is not allowed");
            return Err(Refusal::new(
                StatusCode::FORBIDDEN,
                "origin_not_allowed",
                "Requests from this Origin are not served. Add it to the server's allowed origins if it is yours.",
            ));
        }
        Ok(())
    }
}

impl Layer for HostAndOrigin {
    fn name(&self) -> &'static str {
        "host_and_origin"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
        let is_public =
            self.gate.as_ref().is_some_and(|gate| gate.is_public(request.method(), request.uri().path()));
        let judged = self.judge_host(request.uri(), request.headers());
        match judged.and_then(|()| if is_public { Ok(()) } else { self.judge_origin(request.headers()) }) {
            Ok(()) => next.run(request),
            Err(refusal) => refusal.answering(),
        }
    }
}

fn one_host(headers: &HeaderMap) -> Result<Host, Refusal> {
    let mut values = headers.get_all(HOST).iter();
    let host = values.next().and_then(|value| value.to_str().ok()).and_then(Host::parse);
    match host {
        Some(host) if values.next().is_none() => Ok(host),
        _ => Err(Refusal::new(
            StatusCode::BAD_REQUEST,
            "bad_host",
            "Exactly one Host of the form name or name:port is required.",
        )),
    }
}

/// The names under which a client reaches a listener without any setting.
fn own_hosts(address: SocketAddr, default_port: Option<u16>) -> Vec<AllowedHost> {
    let ip = address.ip();
    let own = match ip {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => format!("[{ip}]"),
    };
    let mut names = vec![own];
    if ip.is_loopback() || ip.is_unspecified() {
        names.extend(["localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
    }
    let port = address.port();
    let with_port =
        names.iter().map(|name| AllowedHost { name: name.clone(), port: AllowedPort::Exactly(Some(port)) });
    // Clients leave out the default port.
    let without = names
        .iter()
        .filter(|_| Some(port) == default_port)
        .map(|name| AllowedHost { name: name.clone(), port: AllowedPort::Exactly(None) });
    with_port.chain(without).collect()
}

/// A `Host`: a name in lower case, perhaps a port.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Host {
    name: String,
    port: Option<u16>,
}

impl Host {
    fn parse(text: &str) -> Option<Host> {
        let (name, port) = split_port(text)?;
        let port = match port {
            None => None,
            Some(port) => Some(parse_port(port)?),
        };
        Some(Host { name: host_name(name)?, port })
    }

    fn is_address(&self) -> bool {
        let bare = self.name.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
        bare.unwrap_or(&self.name).parse::<IpAddr>().is_ok()
    }
}

/// A host that is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AllowedHost {
    name: String,
    port: AllowedPort,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AllowedPort {
    Any,
    Exactly(Option<u16>),
}

impl AllowedHost {
    /// Reads `name`, `name:port` or `name:*`.
    pub(super) fn parse(text: &str) -> Option<AllowedHost> {
        if let Some(name) = text.strip_suffix(":*") {
            return Some(AllowedHost { name: host_name(name)?, port: AllowedPort::Any });
        }
        let host = Host::parse(text)?;
        Some(AllowedHost { name: host.name, port: AllowedPort::Exactly(host.port) })
    }

    fn matches(&self, host: &Host) -> bool {
        self.name == host.name
            && match self.port {
                AllowedPort::Any => true,
                AllowedPort::Exactly(port) => port == host.port,
            }
    }

    fn origin(&self, scheme: &str) -> Option<Origin> {
        match self.port {
            AllowedPort::Exactly(Some(port)) => {
                Some(Origin { scheme: scheme.to_owned(), name: self.name.clone(), port })
            }
            _ => None,
        }
    }
}

/// A web origin with its port stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    name: String,
    port: u16,
}

impl Origin {
    /// Reads `scheme://name[:port]` with scheme `http` or `https`; `null` is no origin.
    pub(super) fn parse(text: &str) -> Option<Origin> {
        let (scheme, rest) = text.split_once("://")?;
        let scheme = scheme.to_ascii_lowercase();
        let default_port = default_port(&scheme)?;
        let host = Host::parse(rest)?;
        Some(Origin { scheme, name: host.name, port: host.port.unwrap_or(default_port) })
    }
}

/// The port that addresses of this scheme leave out.
fn default_port(scheme: &str) -> Option<u16> {
    match scheme {
        "http" => Some(80),
        "https" => Some(443),
        _ => None,
    }
}

/// Splits off what follows the colon after a name or a bracketed address.
fn split_port(text: &str) -> Option<(&str, Option<&str>)> {
    let after_bracket =
        if text.starts_with('[') { text.find(']')? + 1 } else { text.find(':').unwrap_or(text.len()) };
    let (name, rest) = text.split_at(after_bracket);
    match rest.strip_prefix(':') {
        Some(port) => Some((name, Some(port))),
        None if rest.is_empty() => Some((name, None)),
        None => None,
    }
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = (1..=5).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// A host's name in lower case: letters, digits, dots, hyphens and underscores, or an IPv6 address in brackets.
fn host_name(text: &str) -> Option<String> {
    if let Some(address) = text.strip_prefix('[') {
        let address: std::net::Ipv6Addr = address.strip_suffix(']')?.parse().ok()?;
        return Some(format!("[{address}]"));
    }
    let plain = !text.is_empty()
        && text.len() <= 253
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    plain.then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(options: &Options, uri: &str, headers: &[(&str, &str)]) -> u16 {
        let layer = HostAndOrigin::new(SocketAddr::from(([127, 0, 0, 1], 8000)), options);
        let mut request = ::http::Request::builder().uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(()).expect("a request");
        let judged = layer.judge_host(request.uri(), request.headers());
        judged
            .and_then(|()| layer.judge_origin(request.headers()))
            .map_or_else(|refusal| refusal.status(), |()| 200)
    }

    fn options() -> Options {
        Options {
            allowed_hosts: vec!["MCP.example.com".into(), "lan.example:8443".into(), "dev.example:*".into()],
            allowed_origins: vec!["https://App.example.com".into(), "http://tool.example:6274".into()],
            ..Options::default()
        }
    }

    #[test]
    fn t20_a_host_is_served_only_when_it_is_on_the_list_whole() {
        for (host, status) in [
            ("127.0.0.1:8000", 200),
            ("localhost:8000", 200),
            ("LOCALHOST:8000", 200),
            ("[::1]:8000", 200),
            ("[0:0:0:0:0:0:0:1]:8000", 200),
            ("mcp.example.com", 200),
            ("lan.example:8443", 200),
            ("dev.example", 200),
            ("dev.example:9", 200),
            ("localhost", 403),
            ("localhost:8001", 403),
            ("mcp.example.com:8000", 403),
            ("mcp.example.com.", 403),
            ("lan.example", 403),
            ("evil.example", 403),
            ("localhost.evil.example:8000", 403),
            ("127.0.0.1.nip.io:8000", 403),
            ("127.1:8000", 403),
            ("", 400),
            ("user@localhost:8000", 400),
            ("localhost:8000:8000", 400),
            ("localhost:", 400),
            ("localhost:+8000", 400),
            ("localhost:99999", 400),
            ("::1", 400),
            ("[::1", 400),
            ("localhost:8000/mcp", 400),
            ("local host", 400),
        ] {
            assert_eq!(judge(&options(), "/mcp", &[("host", host)]), status, "{host:?}");
        }
    }

    #[test]
    fn t20_there_is_exactly_one_host_and_the_target_agrees_with_it() {
        let good = ("host", "localhost:8000");
        assert_eq!(judge(&options(), "/mcp", &[]), 400);
        assert_eq!(judge(&options(), "/mcp", &[good, ("host", "evil.example")]), 400);
        assert_eq!(judge(&options(), "/mcp", &[good, good]), 400);
        assert_eq!(judge(&options(), "http://localhost:8000/mcp", &[good]), 200);
        assert_eq!(judge(&options(), "http://evil.example/mcp", &[good]), 400);
        assert_eq!(judge(&options(), "http://localhost:8001/mcp", &[good]), 400);
    }

    #[test]
    fn t20_an_origin_is_served_only_when_it_is_on_the_list_whole() {
        for (origin, status) in [
            ("http://localhost:8000", 200),
            ("http://127.0.0.1:8000", 200),
            ("http://[::1]:8000", 200),
            ("https://app.example.com", 200),
            ("https://APP.example.com:443", 200),
            ("http://tool.example:6274", 200),
            ("http://app.example.com", 403),
            ("https://localhost:8000", 403),
            ("http://localhost", 403),
            ("http://localhost:80001", 403),
            ("http://localhost.evil.com:8000", 403),
            ("http://127.0.0.1.nip.io:8000", 403),
            ("http://tool.example:6275", 403),
            ("http://localhost:8000/", 403),
            ("http://user@localhost:8000", 403),
            ("null", 403),
            ("", 403),
            ("file://", 403),
        ] {
            assert_eq!(
                judge(&options(), "/mcp", &[("host", "localhost:8000"), ("origin", origin)]),
                status,
                "{origin:?}"
            );
        }
        let twice = [
            ("host", "localhost:8000"),
            ("origin", "http://localhost:8000"),
            ("origin", "http://localhost:8000"),
        ];
        assert_eq!(judge(&options(), "/mcp", &twice), 403);
    }

    #[test]
    fn a_listener_on_every_address_is_reached_by_loopback_names_and_its_settings_only() {
        let every = SocketAddr::from(([0, 0, 0, 0], 80));
        let names: Vec<_> =
            own_hosts(every, Some(80)).into_iter().map(|host| (host.name, host.port)).collect();
        assert!(names.contains(&("localhost".to_owned(), AllowedPort::Exactly(Some(80)))));
        assert!(
            names.contains(&("localhost".to_owned(), AllowedPort::Exactly(None))),
            "port 80 is left out by clients"
        );
        let one: SocketAddr = "10.1.2.3:8000".parse().expect("an address");
        assert_eq!(own_hosts(one, Some(80)), [AllowedHost::parse("10.1.2.3:8000").expect("a host")]);
    }
}
