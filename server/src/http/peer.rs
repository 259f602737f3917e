//! Whose request it is, as far as an address can say: the one that the connection comes from, or the one that a trusted
//! proxy names. What anybody else names is not looked at, since everybody can write a header.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::str::FromStr;

use ::http::header::{HeaderMap, HeaderName};

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
/// How much of an address of IPv6 tells one site from another: whoever has one address has all behind these bits.
const SITE: u32 = 64;

/// The address that a connection comes from. In the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer(pub IpAddr);

/// The site that a request comes from, as [`site`] says. In the request's extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Site(pub(crate) IpAddr);

/// A range of addresses, such as `10.0.0.0/8`; an address alone is a range of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u32,
}

impl Network {
    /// Whether an address is one of it.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        self.first.is_ipv4() == address.is_ipv4() && masked(address, self.bits) == self.first
    }
}

/// Why a text names no network: what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoNetwork;

impl FromStr for Network {
    type Err = NoNetwork;

    fn from_str(text: &str) -> Result<Self, NoNetwork> {
        let (address, bits) =
            text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
        let first: IpAddr = address.parse().map_err(|_| NoNetwork)?;
        let most = width(first);
        let bits = bits.map_or(Ok(most), |bits| bits.parse().map_err(|_| NoNetwork))?;
        // A bit beyond the range is a mistake that would make the range another one.
        (bits <= most && masked(first, bits) == first).then_some(Self { first, bits }).ok_or(NoNetwork)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first, bits } = self;
        if *bits == width(*first) { write!(out, "{first}") } else { write!(out, "{first}/{bits}") }
    }
}

fn width(address: IpAddr) -> u32 {
    if address.is_ipv4() { 32 } else { 128 }
}

/// The address with its first bits only.
fn masked(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(address) => {
            let mask = u32::MAX.checked_shl(32 - bits).unwrap_or_default();
            IpAddr::from((u32::from(address) & mask).to_be_bytes())
        }
        IpAddr::V6(address) => {
            let mask = u128::MAX.checked_shl(128 - bits).unwrap_or_default();
            IpAddr::from((u128::from(address) & mask).to_be_bytes())
        }
    }
}

/// The site that a request comes from: an address of IPv4, or the first 64 bits of one of IPv6. Of several that proxies
/// name it is the last that is no proxy of ours; what stands before it was written by that one.
pub(super) fn site(peer: IpAddr, headers: &HeaderMap, proxies: &[Network]) -> IpAddr {
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.holds(address));
    let mut site = peer.to_canonical();
    let lines: Vec<&str> =
        headers.get_all(FORWARDED_FOR).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    let mut hops = lines.iter().rev().flat_map(|line| line.rsplit(','));
    while is_proxy(site)
        && let Some(hop) = hops.next().and_then(hop)
    {
        site = hop;
    }
    let bits = if site.is_ipv4() { 32 } else { SITE };
    masked(site, bits)
}

/// The site that a connection comes from; none where that is a trusted proxy.
pub(super) fn site_of_connection(peer: IpAddr, proxies: &[Network]) -> Option<IpAddr> {
    let peer = peer.to_canonical();
    let is_proxy = proxies.iter().any(|proxy| proxy.holds(peer));
    (!is_proxy).then(|| site(peer, &HeaderMap::new(), &[]))
}

/// An address as proxies write it: bare, in brackets, or with a port.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::from);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use ::http::HeaderValue;

    use super::*;

    fn networks(texts: &[&str]) -> Vec<Network> {
        texts.iter().map(|text| text.parse().unwrap_or_else(|_| panic!("{text}"))).collect()
    }

    fn site_of(peer: &str, lines: &[&str], proxies: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(FORWARDED_FOR, HeaderValue::from_str(line).expect("a header value"));
        }
        site(peer.parse().expect("an address"), &headers, &networks(proxies)).to_string()
    }

    #[test]
    fn a_network_is_read_and_written_alike() {
        for text in ["10.0.0.0/8", "10.1.2.3", "0.0.0.0/0", "2001:db8::/32", "::1", "::/0"] {
            assert_eq!(text.parse::<Network>().map(|network| network.to_string()), Ok(text.to_owned()));
        }
        for text in ["", "proxy", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "2001:db8::1/32", "::/129", "1/8"]
        {
            assert_eq!(text.parse::<Network>(), Err(NoNetwork), "{text}");
        }
    }

    #[test]
    fn a_network_ends_where_its_bits_say() {
        let network: Network = "10.1.0.0/16".parse().expect("a network");
        for (address, holds) in
            [("10.1.0.0", true), ("10.1.255.255", true), ("10.2.0.0", false), ("::ffff", false)]
        {
            assert_eq!(network.holds(address.parse().expect("an address")), holds, "{address}");
        }
    }

    #[test]
    fn t_3a_a_site_of_ipv6_is_64_bits_and_one_of_ipv4_an_address() {
        for (peer, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::"),
            ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ] {
            assert_eq!(site_of(peer, &[], &[]), expected, "{peer}");
        }
    }

    #[test]
    fn t_3a_only_what_a_trusted_proxy_names_is_believed() {
        let proxies = ["10.0.0.0/8", "2001:db8:f::/64"];
        for (peer, lines, expected) in [
            ("192.0.2.7", &["198.51.100.1"][..], "192.0.2.7"),
            ("10.0.0.1", &[], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9, 198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["203.0.113.9", "198.51.100.1, 10.0.0.2"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1:443"], "198.51.100.1"),
            ("2001:db8:f::1", &["[2001:db8:1:2:3::4]:443"], "2001:db8:1:2::"),
            ("10.0.0.1", &["[2001:db8:1:2:3::4]"], "2001:db8:1:2::"),
            ("10.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("10.0.0.1", &["198.51.100.1, unknown"], "10.0.0.1"),
            ("10.0.0.1", &["198.51.100.1, unknown, 10.0.0.3"], "10.0.0.3"),
            ("10.0.0.1", &["10.0.0.4, 10.0.0.3"], "10.0.0.4"),
        ] {
            assert_eq!(site_of(peer, lines, &proxies), expected, "{peer} {lines:?}");
        }
    }
}
