//! One exchange with a provider: a small document from the one address that is configured, and from nowhere else.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use super::set::Set;
use crate::start_error::StartError;

/// How large a set of keys may be in bytes.
const LARGEST: usize = 64 * 1024;
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(3);
/// How long the whole exchange may take.
const WHOLE: Duration = Duration::from_secs(5);

/// The address, and what it is asked with.
pub(super) struct Fetch {
    client: Client,
    address: Url,
}

impl Fetch {
    /// Refuses addresses that would let others on the way, or somebody's document, choose the keys.
    pub(super) fn new(address: &str) -> Result<Self, StartError> {
        let wrong = |what: &str| StartError::new(format!("AUTH_JWKS_URI: {what}"));
        let address =
            Url::parse(address).map_err(|_| wrong("expected one such as https://login.example.com/jwks"))?;
        let host = address.host_str().unwrap_or_default();
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>().ok();
        let is_here = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
        if !(address.scheme() == "https" || (address.scheme() == "http" && is_here)) {
            return Err(wrong("expected https; http is for this machine only"));
        }
        if !address.username().is_empty() || address.password().is_some() || address.fragment().is_some() {
            return Err(wrong("expected no `user:password@` and no `#`"));
        }
        if ip.is_some_and(is_nowhere) {
            return Err(wrong("no identity provider is at an address of that kind"));
        }
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .referer(false)
            .connect_timeout(CONNECT)
            .timeout(WHOLE)
            .pool_max_idle_per_host(0)
            .dns_resolver(std::sync::Arc::new(Somewhere))
            .user_agent(concat!("mcp-server/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| StartError::new(format!("no HTTP client for the keys: {error}")))?;
        Ok(Self { client, address })
    }

    /// The keys that are published now; else what is wrong, for the log.
    pub(super) async fn get(&self) -> Result<Set, String> {
        let request = self.client.get(self.address.clone()).header("accept", "application/json");
        let mut answer = request.send().await.map_err(|error| told(&error))?;
        if answer.status() != 200 {
            return Err(format!("the answer is {}", answer.status().as_u16()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| told(&error))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(format!("the answer is larger than {LARGEST} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        Set::read(&body).map_err(str::to_owned)
    }
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

/// Resolves names, to addresses where a server may be.
struct Somewhere;

impl Resolve for Somewhere {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|address| !is_nowhere(address.ip())).collect();
            if good.is_empty() {
                return Err("the name leads to no address where a provider may be".into());
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

/// Whether it is an address where no provider is: link-local ones, where clouds keep what machines may know of themselves,
/// and those that are many machines or none. Also where IPv6 carries one of these.
fn is_nowhere(ip: IpAddr) -> bool {
    let of_v4 =
        |ip: Ipv4Addr| ip.is_link_local() || ip.is_unspecified() || ip.is_multicast() || ip.is_broadcast();
    match ip {
        IpAddr::V4(ip) => of_v4(ip),
        IpAddr::V6(ip) => {
            let segments = ip.segments();
            let carried = |high: u16, low: u16| {
                let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
                of_v4(Ipv4Addr::new(a, b, c, d))
            };
            let [first, second, third, .., fifth, sixth, seventh, last] = segments;
            let is_mapped = segments[..5] == [0; 5] && matches!(sixth, 0 | 0xffff) && !ip.is_loopback();
            let is_nat64 = first == 0x64 && second == 0xff9b;
            let is_isatap = fifth == 0x5efe || sixth == 0x5efe;
            ip.is_unspecified()
                || ip.is_multicast()
                || ip.is_unicast_link_local()
                || ((is_mapped || is_nat64 || is_isatap) && carried(seventh, last))
                || (first == 0x2002 && carried(second, third))
                || (first == 0x2001 && second == 0 && carried(!seventh, !last))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a18_keys_come_from_https_or_this_machine_and_never_from_where_no_provider_is() {
        for good in [
            "https://login.example.com/jwks",
            "https://10.1.2.3:8443/jwks",
            "http://127.0.0.1:9/jwks",
            "http://localhost/jwks",
            "http://[::1]:9/jwks",
        ] {
            assert!(Fetch::new(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "login.example.com",
            "http://login.example.com/jwks",
            "http://localhost.example.com/jwks",
            "ftp://127.0.0.1/jwks",
            "file:///etc/passwd",
            "https://user:secret@login.example.com/jwks",
            "https://login.example.com/jwks#x",
            "https://169.254.169.254/latest",
            "https://2852039166/latest",
            "https://0xa9fea9fe/latest",
            "https://\u{2460}\u{2465}\u{2468}.254.169.254/latest",
            "https://[::ffff:169.254.169.254]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://[2002:a9fe:a9fe::]/",
            "https://[2001::5601:5601]/",
            "https://[fe80::1]/",
            "https://0.0.0.0/",
            "https://[::]/",
            "https://224.0.0.1/",
        ] {
            let line = Fetch::new(bad).err().unwrap_or_else(|| panic!("{bad}")).to_string();
            assert!(!line.contains('\n') && !line.contains("secret"), "{line}");
        }
    }
}
