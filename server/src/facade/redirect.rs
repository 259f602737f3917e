//! Where a browser may be sent with a code: to an address of https, or to a program on this machine (RFC 8252), and only to one
//! that the program named before, letter by letter. A port on this machine may be another, since the system chooses it.

use reqwest::Url;

use crate::request::query_text;

/// The longest address in bytes.
const LONGEST: usize = 1024;

/// Refuses what a browser must never be sent to. The address must be written as a browser would write it, so that two who read it
/// do not read two addresses.
pub(super) fn check(text: &str) -> Result<(), &'static str> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte);
    if text.len() > LONGEST || !text.bytes().all(is_plain) {
        return Err("a redirect address is at most 1024 visible ASCII characters");
    }
    let address =
        Url::parse(text).map_err(|_| "a redirect address is https://..., or http:// on this machine")?;
    if !(address.scheme() == "https" || is_here(&address)) {
        return Err("a redirect address is https://..., or http:// on this machine");
    }
    if !address.username().is_empty() || address.password().is_some() || text.contains(['#', '@']) {
        return Err("a redirect address has no user, no password and no fragment");
    }
    let written = address.as_str();
    if written != text && written.strip_suffix('/') != Some(text) {
        return Err(
            "a redirect address is written plainly: host in lower case, no dot segments, no default port",
        );
    }
    Ok(())
}

/// Whether a browser may be sent to the address that is asked for, when this one was named before. Both have been checked.
pub(super) fn is_named(named: &str, asked: &str) -> bool {
    named == asked || without_port(named).is_some_and(|named| without_port(asked) == Some(named))
}

/// An address on this machine without its port.
fn without_port(text: &str) -> Option<Url> {
    let mut address = Url::parse(text).ok().filter(is_here)?;
    address.set_port(None).ok()?;
    Some(address)
}

/// Where it leads, for people: the host, and whether that is this machine.
pub(super) fn place(text: &str) -> (String, bool) {
    let Ok(address) = Url::parse(text) else { return (String::new(), false) };
    let host = address.host_str().unwrap_or_default();
    let host = address.port().map_or(host.to_owned(), |port| format!("{host}:{port}"));
    (host, is_here(&address))
}

/// The address with more parameters.
pub(super) fn with(address: &str, parameters: &[(&str, &str)]) -> String {
    let mut separator = if address.contains('?') { '&' } else { '?' };
    let mut whole = address.to_owned();
    for (name, value) in parameters {
        whole.push(separator);
        whole.push_str(&format!("{name}={}", query_text(value)));
        separator = '&';
    }
    whole
}

fn is_here(address: &Url) -> bool {
    address.scheme() == "http" && matches!(address.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t_27_a_browser_is_sent_to_https_or_to_this_machine() {
        for good in [
            "https://app.example.com/callback",
            "https://app.example.com:8443/callback?x=1",
            "https://app.example.com",
            "http://127.0.0.1:33418/callback",
            "http://localhost/callback",
            "http://[::1]:9/",
        ] {
            assert_eq!(check(good), Ok(()), "{good}");
        }
        for bad in [
            "",
            "callback",
            "javascript:alert(1)",
            "data:text/html,x",
            "cursor://callback",
            "http://evil",
            "http://evil.example.com/",
            "http://localhost.evil/",
            "http://127.0.0.1.nip.io/",
            "http://127.0.0.1@evil.example.com/",
            "https://ok/../evil",
            "https://ok/%2e%2e/evil",
            "https://ok\\evil/",
            "https://OK.example.com/",
            "https://ok.example.com:443/",
            "https://u:p@ok.example.com/",
            "https://ok.example.com/#x",
            "https://ok.example.com/ x",
            "https://\u{2460}\u{2461}.example.com/",
            "//ok.example.com/",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
        let long = |length: usize| format!("https://a.example.com/{}", "x".repeat(length - 22));
        assert!(check(&long(LONGEST)).is_ok() && check(&long(LONGEST + 1)).is_err());
    }

    #[test]
    fn t_27_an_address_is_compared_letter_by_letter_but_for_a_port_on_this_machine() {
        for (named, asked) in [
            ("https://a.example.com/cb", "https://a.example.com/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:33418/cb"),
            ("http://127.0.0.1:1/cb", "http://127.0.0.1:2/cb"),
            ("http://localhost/cb", "http://localhost:2/cb"),
            ("http://[::1]/cb", "http://[::1]:2/cb"),
        ] {
            assert!(is_named(named, asked), "{named} {asked}");
        }
        for (named, asked) in [
            ("https://a.example.com/cb", "https://a.example.com/cb/"),
            ("https://a.example.com/cb", "https://a.example.com/cb?x"),
            ("https://a.example.com/cb", "https://a.example.com:8443/cb"),
            ("https://a.example.com/cb", "https://a.example.com/c"),
            ("http://127.0.0.1/cb", "http://localhost/cb"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cB"),
            ("http://127.0.0.1/cb", "http://127.0.0.1:1/cb?x=1"),
            ("http://127.0.0.1/cb", "https://127.0.0.1/cb"),
        ] {
            assert!(!is_named(named, asked), "{named} {asked}");
        }
    }

    #[test]
    fn parameters_come_after_those_that_an_address_has() {
        assert_eq!(
            with("https://a/cb", &[("code", "x y&"), ("iss", "https://b")]),
            "https://a/cb?code=x%20y%26&iss=https%3A%2F%2Fb"
        );
        assert_eq!(with("https://a/cb?x=1", &[("code", "c")]), "https://a/cb?x=1&code=c");
        assert_eq!(place("http://127.0.0.1:33/cb"), ("127.0.0.1:33".to_owned(), true));
        assert_eq!(place("https://app.example.com/cb"), ("app.example.com".to_owned(), false));
    }
}
