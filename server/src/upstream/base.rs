//! The API's address as configured: checked once, then only origin and path prefix.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use reqwest::Url;

use crate::start_error::StartError;

/// Origin and path prefix of the API.
#[derive(Clone, Debug)]
pub(super) struct Base {
    url: Url,
    scheme: Scheme,
    authority: Authority,
    origin: String,
    path: String,
}

impl Base {
    /// Reads the value of a setting. Nothing is repaired but slashes at the end: a base that means something else to
    /// someone else would send a credential there.
    pub(super) fn parse(setting: &str, text: &str) -> Result<Self, StartError> {
        let refuse = |why: &str| {
            Err(StartError::new(format!("{setting}: {why}, such as https://api.example.com:8443/v1")))
        };
        if text.is_empty() {
            return refuse("an address is needed");
        }
        if text.bytes().any(|byte| !byte.is_ascii_graphic() || byte == b'\\') {
            return refuse("visible ASCII characters without `\\` are accepted");
        }
        let Ok(url) = Url::parse(text) else { return refuse("this is no URL; one is needed") };
        let Some((scheme, rest)) =
            text.split_once("://").filter(|_| matches!(url.scheme(), "http" | "https"))
        else {
            return refuse("an http:// or https:// address is accepted");
        };
        if !scheme.eq_ignore_ascii_case(url.scheme()) {
            return refuse("an http:// or https:// address is accepted");
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if authority.is_empty() || authority.contains('@') {
            return refuse("a host without user name or password is accepted");
        }
        if url.query().is_some() || url.fragment().is_some() {
            return refuse("an address without query and fragment is accepted");
        }
        let written = rest[authority.len()..].trim_end_matches('/');
        let path = url.path().trim_end_matches('/');
        if path != written || path.contains("//") || path.contains('%') {
            return refuse(
                "a plain path without dot segments, empty segments and percent-encodings is accepted",
            );
        }
        let (origin, path) = (url.origin().ascii_serialization(), path.to_owned());
        let authority = origin.split_once("://").and_then(|(_, authority)| authority.parse().ok());
        let Some(authority) = authority else { return refuse("a host that a request can name is accepted") };
        let scheme = if url.scheme() == "https" { Scheme::HTTPS } else { Scheme::HTTP };
        Ok(Self { url, scheme, authority, origin, path })
    }

    /// All of it.
    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Scheme, host and port, as a prefix of URLs.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// The path prefix, without a slash at its end.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// Whether TLS is spoken.
    pub(super) fn is_secure(&self) -> bool {
        self.scheme == Scheme::HTTPS
    }

    /// The address of this origin and, byte by byte, this target; nothing where the library would send another one, or where some
    /// server would read another one: a segment of dots leads elsewhere, however it is written.
    pub(super) fn at(&self, target: &str) -> Option<Uri> {
        let path = target.split('?').next().unwrap_or_default();
        let is_visible = target.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
        if !is_visible || !path.starts_with('/') || path.split('/').any(is_dots) {
            return None;
        }
        let sent = PathAndQuery::try_from(target).ok().filter(|sent| sent.as_str() == target)?;
        // Of the address that was read at the start, so that scheme and host are not read again with each request.
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        parts.path_and_query = Some(sent);
        Uri::from_parts(parts).ok()
    }
}

/// Whether a segment says "here" or "one up".
fn is_dots(segment: &str) -> bool {
    [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"].iter().any(|dots| segment.eq_ignore_ascii_case(dots))
}

#[cfg(test)]
mod tests {
    use super::Base;

    #[test]
    fn a_prefix_is_kept_and_a_pasted_slash_is_cut() {
        for (text, origin, path) in [
            ("http://ces", "http://ces", ""),
            ("http://ces/", "http://ces", ""),
            ("https://CES.example:2020/api/v1/", "https://ces.example:2020", "/api/v1"),
            ("https://ces:443/api//", "https://ces", "/api"),
            ("http://[::1]:8080/x", "http://[::1]:8080", "/x"),
        ] {
            let base = Base::parse("API_BASE_URL", text).unwrap();
            assert_eq!((base.origin(), base.path()), (origin, path), "{text}");
        }
    }

    #[test]
    fn t02_a_url_is_that_of_its_target_or_none() {
        let base = Base::parse("API_BASE_URL", "https://ces:2020/api").unwrap();
        for target in [
            "/api/a",
            "/api/a%20b?x=%2F&y=",
            "/api//a/",
            "/",
            "/a:b@c?d",
            "/...",
            "/.a",
            "/%2ea?..",
            "//evil.example/a",
        ] {
            let url = base.at(target).map(|uri| uri.to_string());
            assert_eq!(url, Some(format!("https://ces:2020{target}")));
        }
        for target in [
            "/api/../b",
            "/api/%2e%2e/b",
            "/api/.%2E",
            "/api/./b",
            "/%2e",
            "/a\\b",
            "/a b",
            "a",
            "",
            "/a#b",
            "/a?b#c",
            "/a?b c",
            "/a\u{e9}",
            "*",
            "http://elsewhere/a",
        ] {
            assert_eq!(base.at(target), None, "{target}");
        }
    }

    #[test]
    fn t10_an_address_that_means_two_things_is_refused_and_the_setting_is_named() {
        for text in [
            "",
            "ces",
            "ces:2020",
            "ftp://ces",
            "file:///etc/passwd",
            "http:ces",
            "http:///ces",
            "https://ces:2020@evil/",
            "https://user:password@ces/",
            "https://@ces/",
            "https://ces/?a=b",
            "https://ces/#a",
            "https://ces/a/../b",
            "https://ces/a/%2e%2e/b",
            "https://ces//a",
            "https://ces\\@evil",
            " https://ces",
            "https://ces/\n",
            "https://cés/",
        ] {
            let error = Base::parse("API_BASE_URL", text).expect_err(text).to_string();
            assert!(error.starts_with("API_BASE_URL: "), "{error}");
            assert!(!error.contains('\n') && !error.contains("password@"), "{error}");
        }
    }
}
