//! Which addresses may be connected to in the API's place. What its name means is looked up for each new connection, every address
//! that comes back is judged, and the connection goes to one of those and to nothing that is looked up again: a name that means
//! another machine the next time leads nowhere.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::vec;

use hyper_util::client::legacy::connect::dns::Name;
use reqwest::Url;
use tower::Service;

use crate::http::Network;
use crate::identity::address::carried;
use crate::start_error::StartError;

type Found = Pin<Box<dyn Future<Output = io::Result<Vec<SocketAddr>>> + Send>>;
type Lookup = dyn Fn(String) -> Found + Send + Sync;

/// The addresses that may be connected to; all where none is named.
#[derive(Clone)]
pub(super) struct Reach {
    networks: Arc<[Network]>,
    lookup: Arc<Lookup>,
}

impl Reach {
    /// Those of these networks, as the system's resolver finds them.
    pub(super) fn new(networks: Vec<Network>) -> Self {
        let lookup = |name: String| -> Found {
            Box::pin(async move { Ok(tokio::net::lookup_host((name, 0)).await?.collect()) })
        };
        Self { networks: networks.into(), lookup: Arc::new(lookup) }
    }

    /// An address that stands in the URL itself is never looked up, so it is judged now.
    pub(super) fn check(&self, setting: &str, url: &Url) -> Result<(), StartError> {
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(address) if !self.holds(address) => Err(StartError::new(format!(
                "{setting}: {address} is in none of UPSTREAM_ALLOWED_CIDRS, so nothing could be sent there; name its network, such as {}",
                if led_to(address).is_ipv4() { "10.20.0.0/16" } else { "2001:db8::/32" }
            ))),
            _ => Ok(()),
        }
    }

    /// Whether an address may be connected to: the one that it leads to counts, however it is written.
    fn holds(&self, address: IpAddr) -> bool {
        let address = led_to(address);
        self.networks.is_empty() || self.networks.iter().any(|network| network.holds(address))
    }

    async fn found(self, name: String) -> io::Result<vec::IntoIter<SocketAddr>> {
        let found = (self.lookup)(name).await?;
        // One that may not be is a name that is not what it should be: none of the others is believed either.
        if let Some(elsewhere) = found.iter().find(|address| !self.holds(address.ip())) {
            let address = elsewhere.ip();
            tracing::error!(%address, "the API's name means an address in none of UPSTREAM_ALLOWED_CIDRS: nothing is sent");
            return Err(io::Error::other(
                "the name means an address that may not be connected to (UPSTREAM_ALLOWED_CIDRS)",
            ));
        }
        Ok(found.into_iter())
    }
}

/// The address of IPv4 that one of IPv6 carries, or the address itself.
fn led_to(address: IpAddr) -> IpAddr {
    carried(address).map_or(address, IpAddr::V4)
}

/// Looks up what a name means.
impl Service<Name> for Reach {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        Box::pin(self.clone().found(name.as_str().to_owned()))
    }
}

impl fmt::Debug for Reach {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Reach").field(&self.networks).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::sync::Mutex;
    use std::time::Duration;

    use http::Uri;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::time::timeout;

    use super::super::connect::{Connector, Shown};
    use super::super::tls::Certificates;
    use super::super::told;
    use super::super::version::HttpVersion;
    use super::*;

    fn networks(all: &[&str]) -> Vec<Network> {
        all.iter().map(|one| one.parse().expect("a network")).collect()
    }

    #[test]
    fn t_12_an_address_counts_as_the_one_that_it_leads_to() {
        let reach = Reach::new(networks(&["10.20.0.0/16", "2001:db8::/32"]));
        for inside in [
            "10.20.3.4",
            "::ffff:10.20.3.4",
            "64:ff9b::10.20.3.4",
            "2002:0a14:0304::1",
            "2001:0:1::f5eb:fcfb",
            "2001:db8:7::1",
            "fe80::5efe:10.20.3.4",
        ] {
            assert!(reach.holds(inside.parse().expect("an address")), "{inside}");
        }
        for outside in [
            "10.21.0.0",
            "127.0.0.1",
            "::1",
            "::ffff:127.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:0:1::80ff:fffe",
            "2001:db8::5efe:127.0.0.1",
            "2001:db9::1",
            "169.254.169.254",
        ] {
            assert!(!reach.holds(outside.parse().expect("an address")), "{outside}");
        }
    }

    #[test]
    fn t_12_an_address_in_the_url_is_judged_at_the_start() {
        let put = |url: &str, all: &[&str]| {
            let url = Url::parse(url).expect("a URL");
            Reach::new(networks(all)).check("API_BASE_URL", &url)
        };
        assert!(put("http://127.0.0.1:9", &[]).is_ok(), "where nothing is named everything may be");
        assert!(put("http://127.0.0.1:9", &["127.0.0.0/8"]).is_ok());
        assert!(put("http://ces.example.com", &["10.0.0.0/8"]).is_ok(), "a name is judged when it is used");
        for url in ["http://127.0.0.1:9", "http://[::ffff:7f00:1]/", "http://2130706433/", "http://[::1]:9"] {
            let line = put(url, &["10.0.0.0/8"]).expect_err(url).to_string();
            assert!(line.starts_with("API_BASE_URL: ") && line.contains("UPSTREAM_ALLOWED_CIDRS"), "{line}");
            assert!(!line.contains('\n'), "{line}");
        }
    }

    /// The name means one machine the first time and another the second: nothing reaches the other one.
    #[tokio::test]
    async fn t_12_a_name_that_means_another_machine_the_second_time_leads_nowhere() {
        let other = listener("127.0.0.1:0").await;
        let port = other.local_addr().expect("an address").port();
        let api = listener(&format!("127.0.0.2:{port}")).await;
        let answering = tokio::spawn(async move {
            let (mut stream, _) = api.accept().await.expect("a connection");
            let mut request = [0; 1024];
            assert!(stream.read(&mut request).await.expect("a request") > 0);
            let answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
            stream.write_all(answer).await.expect("written");
        });
        let meanings = ["127.0.0.2", "127.0.0.1", "127.0.0.2,127.0.0.1"];
        let meanings = Mutex::new(meanings.map(str::to_owned).into_iter().collect::<VecDeque<_>>());
        let lookup = move |_: String| -> Found {
            let meaning = meanings.lock().expect("not poisoned").pop_front().expect("another one");
            let found =
                meaning.split(',').map(|ip| SocketAddr::new(ip.parse().expect("an address"), 0)).collect();
            Box::pin(async move { Ok(found) })
        };
        let reach = Reach { networks: networks(&["127.0.0.2"]).into(), lookup: Arc::new(lookup) };
        let address: Uri = format!("http://ces.example.com:{port}/").parse().expect("an address");
        // Whoever is called by mistake says nothing, which must not last.
        let patience = Duration::from_secs(10);
        let tls = Certificates::default().config(false).expect("no TLS");
        let version = HttpVersion::One;
        let client =
            Connector::new(reach, tls, version, patience, Shown::default()).client(version, 0, patience);
        let asked = || timeout(patience, client.get(address.clone()));
        assert!(asked().await.expect("in time").expect("the right machine").status().is_success());
        answering.await.expect("answered");
        for _ in 0..2 {
            let error = asked().await.expect("in time").expect_err("the wrong one");
            assert!(error.is_connect(), "nothing was sent: {error:?}");
            assert!(told(&error).contains("UPSTREAM_ALLOWED_CIDRS"));
        }
        assert!(futures_util::poll!(Box::pin(other.accept())).is_pending(), "nobody came");
    }

    async fn listener(address: &str) -> TcpListener {
        TcpListener::bind(address).await.expect("a port")
    }
}
