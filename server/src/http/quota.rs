//! Bounds how often requests come from one site, whoever makes them and whatever they ask. What is over is refused before its
//! body is read, with the time after which a request is admitted again; every answer tells how much is left.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use ::http::StatusCode;
use ::http::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use tokio::time::Instant;

use super::layer::{Answering, Layer, Next};
use super::peer::{Network, Peer, site};
use super::{Options, Refusal, Request};
use crate::changing::Changing;
use crate::metrics::{Count, Metrics};
use crate::quota::{Rate, Table, whole_seconds};

/// As draft-ietf-httpapi-ratelimit-headers has them.
const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");
/// As programs knew them before; the last is a time in seconds since 1970.
const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// How often requests may come from one site: so many a minute, and so many at once.
#[derive(Clone, Copy, Debug)]
pub struct SiteRate {
    rate: Rate,
    per_minute: usize,
    burst: usize,
}

impl SiteRate {
    /// That of the options; no bound where they name none.
    pub fn of(options: &Options) -> Option<Self> {
        let Options { site_requests_per_minute: per_minute, site_burst: burst, .. } = *options;
        (per_minute > 0).then(|| Self { rate: Rate::per_minute(per_minute, burst), per_minute, burst })
    }
}

/// The layer.
pub(super) struct Quota {
    /// No bound where there is none.
    rate: Changing<Option<SiteRate>>,
    used: Used,
    metrics: Metrics,
}

impl Quota {
    /// The quota of this rate, of which nothing is used.
    pub(super) fn new(rate: &Changing<Option<SiteRate>>, options: &Options, metrics: Metrics) -> Self {
        Self { rate: rate.clone(), used: Used::new(options), metrics }
    }
}

impl Layer for Quota {
    fn name(&self) -> &'static str {
        "quota"
    }

    fn handle<'a>(&'a self, request: Request, next: Next<'a>) -> Answering<'a> {
        // Who watches the server must see it also while others ask too much of it.
        let is_watching = matches!(request.uri().path(), "/health" | "/ready");
        let Some(rate) = self.rate.now().filter(|_| !is_watching) else {
            return next.run(request);
        };
        // Without a connection, as in a test, all requests are of one.
        let peer = request.extensions().get().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |Peer(peer)| *peer);
        let Used { proxies, began, .. } = &self.used;
        let state = self.used.charge(&rate, site(peer, request.headers(), proxies), began.elapsed());
        if state.wait.is_zero() {
            return Box::pin(async move {
                let mut response = next.run(request).await;
                rate.tell(&state, response.headers_mut());
                response
            });
        }
        self.metrics.count(Count::TooMany);
        let mut response = over(state.wait).answer();
        rate.tell(&state, response.headers_mut());
        response.headers_mut().insert(RETRY_AFTER, whole_seconds(state.wait).into());
        Box::pin(std::future::ready(response))
    }
}

fn over(wait: Duration) -> Refusal {
    let sentence = format!(
        "More requests came from this address than are admitted in a minute. Send the next one in {} s.",
        whole_seconds(wait)
    );
    Refusal::new(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", sentence)
}

/// How much of its quota each site has used.
struct Used {
    proxies: Vec<Network>,
    began: Instant,
    sites: Mutex<Table>,
}

/// How a site stands after a request.
#[derive(Debug, PartialEq, Eq)]
struct State {
    /// How long the request must wait; zero when it is admitted.
    wait: Duration,
    /// How many more may come at once.
    left: u128,
    /// How long until its quota is whole again.
    whole_in: Duration,
}

impl Used {
    fn new(options: &Options) -> Self {
        Self { proxies: options.trusted_proxies.clone(), began: Instant::now(), sites: Mutex::default() }
    }

    fn charge(&self, SiteRate { rate, .. }: &SiteRate, site: IpAddr, now: Duration) -> State {
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = sites.of(&site.to_string(), now);
        // More may have been used at a slower rate before.
        *whole = rate.at_most(*whole, now);
        let wait = match rate.charge(*whole, 1, now) {
            Ok(after) => {
                *whole = after;
                Duration::ZERO
            }
            Err(wait) => wait,
        };
        State { wait, left: rate.left(*whole, now), whole_in: whole.saturating_sub(now) }
    }
}

impl SiteRate {
    fn tell(&self, state: &State, headers: &mut HeaderMap) {
        let (Self { per_minute, burst, .. }, State { left, whole_in, .. }) = (self, state);
        let whole_in = whole_seconds(*whole_in);
        let epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        for (name, value) in [
            (POLICY, format!("\"burst\";q={burst}, \"minute\";q={per_minute};w=60")),
            (STATE, format!("\"burst\";r={left};t={whole_in}")),
            (LIMIT, burst.to_string()),
            (REMAINING, left.to_string()),
            (RESET, (epoch.as_secs() + whole_in).to_string()),
        ] {
            headers.insert(name, HeaderValue::try_from(value).expect("digits and letters"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many requests a minute, so many at once.
    fn rate(per_minute: usize, burst: usize) -> SiteRate {
        let options =
            Options { site_requests_per_minute: per_minute, site_burst: burst, ..Options::default() };
        SiteRate::of(&options).expect("a bound")
    }

    /// 120 requests a minute, four at once.
    struct Bound(SiteRate, Used);

    impl Bound {
        fn charge(&self, site: IpAddr, now: Duration) -> State {
            self.1.charge(&self.0, site, now)
        }
    }

    fn bound() -> Bound {
        Bound(rate(120, 4), Used::new(&Options::default()))
    }

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn t_3b_ten_times_too_much_gets_the_burst_and_the_rate() {
        let (bound, site) = (bound(), address("192.0.2.7"));
        let tries = (0..1200u32).map(|number| Duration::from_millis(u64::from(number) * 50));
        let admitted = tries.filter(|now| bound.charge(site, *now).wait.is_zero()).count();
        assert!((122..=126).contains(&admitted), "4 + 120 and two in a hundred: {admitted}");
    }

    #[test]
    fn t_3a_one_site_takes_nothing_from_another() {
        let (bound, now) = (bound(), Duration::from_secs(1));
        assert!((0..100).map(|_| bound.charge(address("192.0.2.7"), now)).any(|state| !state.wait.is_zero()));
        assert!(bound.charge(address("192.0.2.8"), now).wait.is_zero());
    }

    #[test]
    fn the_state_tells_what_is_left_and_the_wait_is_enough() {
        let (bound, site, now) = (bound(), address("192.0.2.7"), Duration::from_secs(5));
        for left in (0..4).rev() {
            let whole_in = Duration::from_millis(500) * (4 - u32::try_from(left).expect("a few"));
            assert_eq!(bound.charge(site, now), State { wait: Duration::ZERO, left, whole_in });
        }
        let over = bound.charge(site, now);
        assert_eq!((over.left, over.wait), (0, Duration::from_millis(500)));
        assert!(!bound.charge(site, now + over.wait - Duration::from_nanos(1)).wait.is_zero());
        assert!(bound.charge(site, now + over.wait).wait.is_zero());
    }

    #[test]
    fn another_rate_counts_from_the_next_request() {
        let (mut bound, site, now) = (bound(), address("192.0.2.7"), Duration::from_secs(5));
        bound.0 = rate(1, 4);
        assert_eq!((0..5).filter(|_| bound.charge(site, now).wait.is_zero()).count(), 4);
        bound.0 = rate(60, 2);
        let over = bound.charge(site, now);
        assert_eq!(
            (over.left, over.wait, over.whole_in),
            (0, Duration::from_secs(1), Duration::from_secs(2))
        );
        assert!(bound.charge(site, now + over.wait).wait.is_zero());
    }

    #[test]
    fn t_3a_a_hundred_thousand_names_from_one_peer_are_one_site() {
        let (bound, now) = (bound(), Duration::from_secs(1));
        let peer = address("192.0.2.7");
        for number in 0..100_000u32 {
            let mut headers = HeaderMap::with_capacity(1);
            let forged = Ipv4Addr::from(number.wrapping_mul(0x9E37_79B9)).to_string();
            headers.insert("x-forwarded-for", HeaderValue::try_from(forged).expect("an address"));
            bound.charge(site(peer, &headers, &bound.1.proxies), now);
        }
        assert_eq!(bound.1.sites.lock().expect("not poisoned").len(), 1);
    }
}
