//! Which addresses a provider may have.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// An address that somebody configured, or an issuer published. Refused are those that would let others on the way choose the
/// keys, or that are none of a provider.
pub(crate) fn configured(text: &str) -> Result<Url, &'static str> {
    let address = Url::parse(text).map_err(|_| "expected an address such as https://login.example.com")?;
    let host = address.host_str().unwrap_or_default();
    let ip = literal(&address);
    let is_here = host == "localhost" || ip.is_some_and(|ip| ip.is_loopback());
    if !(address.scheme() == "https" || (address.scheme() == "http" && is_here)) {
        return Err("expected https; http is for this machine only");
    }
    if !address.username().is_empty() || address.password().is_some() || address.fragment().is_some() {
        return Err("expected no `user:password@` and no `#`");
    }
    if ip.is_some_and(is_nowhere) {
        return Err("no identity provider is at an address of that kind");
    }
    Ok(address)
}

/// Whether an address is https, and not by its own words one that only this machine or its network reaches. What its name
/// leads to, [`Somewhere::Public`] finds out.
pub(crate) fn is_public(address: &Url) -> bool {
    address.scheme() == "https" && !literal(address).is_some_and(is_inner)
}

/// The address of a machine, where a URL has one for its host; however it was written, the parser has made it plain.
fn literal(address: &Url) -> Option<IpAddr> {
    address.host_str()?.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

/// Resolves names.
#[derive(Clone, Copy)]
pub(crate) enum Somewhere {
    /// To addresses where a provider may be.
    Any,
    /// To those that everybody reaches.
    Public,
}

impl Resolve for Somewhere {
    fn resolve(&self, name: Name) -> Resolving {
        let is_wrong = match self {
            Self::Any => is_nowhere,
            Self::Public => is_inner,
        };
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|address| !is_wrong(address.ip())).collect();
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
        IpAddr::V6(v6) => {
            v6.is_unspecified()
                || v6.is_multicast()
                || v6.is_unicast_link_local()
                || carried(ip).is_some_and(of_v4)
        }
    }
}

/// Whether it is an address that only this machine or its network reaches, or where no provider is.
fn is_inner(ip: IpAddr) -> bool {
    let of_v4 = |ip: Ipv4Addr| {
        let [first, second, ..] = ip.octets();
        let is_shared = first == 100 && second & 0xc0 == 64;
        ip.is_loopback() || ip.is_private() || is_shared || first == 0 || first >= 240
    };
    is_nowhere(ip)
        || match ip {
            IpAddr::V4(ip) => of_v4(ip),
            IpAddr::V6(v6) => v6.is_loopback() || v6.is_unique_local() || carried(ip).is_some_and(of_v4),
        }
}

/// The address of IPv4 that one of IPv6 leads to: mapped, NAT64, 6to4, Teredo, ISATAP.
pub(crate) fn carried(ip: IpAddr) -> Option<Ipv4Addr> {
    let IpAddr::V6(ip) = ip else { return None };
    let [first, second, third, _, fifth, sixth, seventh, last] = ip.segments();
    let of = |high: u16, low: u16| {
        let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
        Some(Ipv4Addr::new(a, b, c, d))
    };
    let is_mapped = ip.segments()[..5] == [0; 5] && matches!(sixth, 0 | 0xffff);
    let is_nat64 = first == 0x64 && second == 0xff9b;
    let is_isatap = fifth == 0x5efe || sixth == 0x5efe;
    match (first, second) {
        _ if ip.is_loopback() || ip.is_unspecified() => None,
        _ if is_mapped || is_nat64 || is_isatap => of(seventh, last),
        (0x2002, _) => of(second, third),
        (0x2001, 0) => of(!seventh, !last),
        _ => None,
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
            assert!(configured(good).is_ok(), "{good}");
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
            assert!(configured(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a18_a_document_leads_to_what_everybody_reaches() {
        let is_public = |text: &str| configured(text).is_ok_and(|address| super::is_public(&address));
        for good in ["https://keys.example.com/", "https://8.8.8.8/", "https://[2606:4700::1]/"] {
            assert!(is_public(good), "{good}");
        }
        for inner in [
            "http://127.0.0.1/",
            "https://127.0.0.1/",
            "https://10.0.0.1/",
            "https://172.16.0.1/",
            "https://192.168.0.1/",
            "https://100.64.0.1/",
            "https://0.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[fd00::1]/",
            "https://[::ffff:7f00:1]/",
            "https://[64:ff9b::7f00:1]/",
            "https://[2002:7f00:1::]/",
            "https://[2001::80ff:fffe]/",
        ] {
            assert!(!is_public(inner), "{inner}");
        }
    }
}
