//! How many connections one site has: it may have some of all there are, and others find room.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::Options;
use super::peer::{Network, site_of_connection};

/// The connections of each site.
#[derive(Debug)]
pub(super) struct Sites {
    /// How many one may have; zero is no bound.
    most: usize,
    proxies: Vec<Network>,
    held: Mutex<HashMap<IpAddr, Held>>,
}

#[derive(Debug, Default)]
struct Held {
    connections: usize,
    /// That it has as many as it may was said, and is not said again until it has none.
    was_told: bool,
}

impl Sites {
    /// None yet.
    pub(super) fn new(options: &Options) -> Arc<Self> {
        let (most, proxies) = (options.max_connections_per_site, options.trusted_proxies.clone());
        Arc::new(Self { most, proxies, held: Mutex::default() })
    }

    /// Room for one more connection from this address; none where its site has as many as it may. Those of trusted proxies
    /// are everybody's and are not counted.
    pub(super) fn admit(self: &Arc<Self>, peer: IpAddr) -> Option<Admitted> {
        let counted = site_of_connection(peer, &self.proxies).filter(|_| self.most > 0);
        let Some(site) = counted else { return Some(Admitted(None)) };
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_site = held.entry(site).or_default();
        if of_site.connections < self.most {
            of_site.connections += 1;
            return Some(Admitted(Some((Arc::clone(self), site))));
        }
        if !std::mem::replace(&mut of_site.was_told, true) {
            tracing::warn!(
                %site,
                most = self.most,
                "refused connections from one address: it has as many as it may (SECURITY_MAX_CONNECTIONS_PER_SITE; a proxy belongs in TRUSTED_PROXIES)"
            );
        }
        None
    }

    fn left(&self, site: IpAddr) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(of_site) = held.get_mut(&site) {
            of_site.connections -= 1;
            if of_site.connections == 0 {
                held.remove(&site);
            }
        }
    }
}

/// A connection that is counted until this is dropped.
#[derive(Debug)]
pub(super) struct Admitted(Option<(Arc<Sites>, IpAddr)>);

impl Drop for Admitted {
    fn drop(&mut self) {
        if let Some((sites, site)) = &self.0 {
            sites.left(*site);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn t_44_a_site_may_have_so_many_connections_and_not_one_more() {
        let proxies = vec!["10.0.0.0/8".parse().expect("a network")];
        let options = Options { max_connections_per_site: 2, trusted_proxies: proxies, ..Options::default() };
        let sites = Sites::new(&options);
        let one = sites.admit(address("2001:db8::1"));
        let other = sites.admit(address("2001:db8::2"));
        assert!(one.is_some() && other.is_some());
        assert!(sites.admit(address("2001:db8::3")).is_none(), "of the same 64 bits");
        let elsewhere = sites.admit(address("2001:db8:0:1::1"));
        assert!(elsewhere.is_some(), "others find room");
        drop(one);
        let again = sites.admit(address("2001:db8::3"));
        assert!(again.is_some(), "one has left");
        let through: Vec<_> = (0..5).map(|_| sites.admit(address("10.1.2.3"))).collect();
        assert!(through.iter().all(Option::is_some), "a trusted proxy's are everybody's");
        drop((other, elsewhere, again, through));
        assert!(sites.held.lock().expect("not poisoned").is_empty(), "nobody is remembered who has left");
    }

    #[test]
    fn zero_is_no_bound() {
        let sites = Sites::new(&Options { max_connections_per_site: 0, ..Options::default() });
        let many: Vec<_> = (0..1000).map(|_| sites.admit(address("192.0.2.7"))).collect();
        assert!(many.iter().all(Option::is_some));
    }
}
