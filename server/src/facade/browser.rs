//! The browser in which somebody agrees: known by a cookie that it has from us and that nobody else can set, read or guess.
//!
//! By https its name begins with `__Host-`, so that no other host, not even one below ours, can put one of its own in the place;
//! on this machine by http no such name is possible.

use http::header::{COOKIE, HeaderMap, HeaderValue};

use super::unguessable::{self, Hash};

const SECURE: &str = "__Host-mcp-login";
const PLAIN: &str = "mcp-login";
/// For how many seconds a browser keeps it: longer than a login may take.
const SECONDS: u32 = 1800;

/// A browser.
pub(super) struct Browser(String);

impl Browser {
    /// The browser that sends these headers, if it has a cookie from us. Two cookies of one name are of two who set them.
    pub(super) fn of(headers: &HeaderMap, is_secure: bool) -> Option<Self> {
        let name = name(is_secure);
        let lines = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
        let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut values = pairs.filter(|(known, _)| *known == name).map(|(_, value)| value);
        let value = values.next().filter(|value| super::challenge::is_one(value))?;
        values.next().is_none().then(|| Self(value.to_owned()))
    }

    /// A browser that is not known yet.
    pub(super) fn new() -> Self {
        Self(unguessable::text())
    }

    /// What the browser is kept as.
    pub(super) fn hash(&self) -> Hash {
        unguessable::hash(&self.0)
    }

    /// What makes it known from now on. `Lax`, since it comes back by a link from the provider.
    pub(super) fn cookie(&self, is_secure: bool) -> HeaderValue {
        let secure = if is_secure { "; Secure" } else { "" };
        let name = name(is_secure);
        let cookie = format!("{name}={}; Path=/; Max-Age={SECONDS}; HttpOnly; SameSite=Lax{secure}", self.0);
        let mut value = HeaderValue::try_from(cookie).expect("letters and digits");
        value.set_sensitive(true);
        value
    }
}

fn name(is_secure: bool) -> &'static str {
    if is_secure { SECURE } else { PLAIN }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str], is_secure: bool) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(COOKIE, HeaderValue::from_str(line).expect("a value"));
        }
        Browser::of(&headers, is_secure).map(|Browser(value)| value)
    }

    #[test]
    fn t_27_a_browser_is_known_by_the_one_cookie_that_only_this_host_can_set() {
        let (value, other) = ("A".repeat(43), "B".repeat(43));
        let pair = |name: &str, value: &str| format!("{name}={value}");
        let (secure, plain) = (pair(SECURE, &value), pair(PLAIN, &value));
        assert_eq!(of(&[&format!("a=b; {secure}; c=d")], true), Some(value.clone()));
        assert_eq!(of(&[&plain], false), Some(value.clone()));
        assert_eq!(of(&[&plain], true), None, "any host may have set that");
        assert_eq!(of(&[&secure, &pair(SECURE, &other)], true), None, "two who set it");
        assert_eq!(of(&[&pair(SECURE, "short")], true), None);
        assert_eq!(of(&[], true), None);
        let cookie = Browser(value.clone()).cookie(true);
        let expected = format!("{secure}; Path=/; Max-Age=1800; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(cookie.to_str().expect("ASCII"), expected);
        assert!(!format!("{cookie:?}").contains(&value), "it is not printed");
    }
}
