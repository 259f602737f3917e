//! For how long the API itself lets its answer be kept, and what it names it by. Its word only ever narrows what the overlay or
//! the settings allow: an API that says nothing has not asked for anything to be kept.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::header::{
    AGE, CACHE_CONTROL, DATE, ETAG, EXPIRES, HeaderMap, HeaderName, HeaderValue, PRAGMA, SET_COOKIE, VARY,
};

/// What differs between requests that ask the same, or may: an answer that depends on it is no answer to the next one. All
/// else that is sent is either the same for all requests or follows from the arguments.
const SENT_APART: [&str; 11] = [
    "*",
    "authorization",
    "baggage",
    "cookie",
    "date",
    "if-none-match",
    "idempotency-key",
    "proxy-authorization",
    "traceparent",
    "tracestate",
    "x-request-id",
];

/// A validator that is longer is not remembered.
const LONGEST_VALIDATOR: usize = 256;

/// For how long the API lets its answer be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The longest time; zero where the answer must not be given again without asking.
    longest: Duration,
    /// How old the answer was when it came.
    age: Duration,
    /// Whether it may be given after its time, when the API is down.
    may_be_stale: bool,
    /// Whether it says anything of keeping it.
    is_said: bool,
    /// What the API names this state of the answer by; none where the answer must not be kept at all.
    validator: Option<Arc<str>>,
}

impl Freshness {
    /// An answer that must not be kept.
    const FORBIDDEN: Self = Self {
        longest: Duration::ZERO,
        age: Duration::ZERO,
        may_be_stale: false,
        is_said: true,
        validator: None,
    };

    /// Reads the headers of an answer that came `now`. What cannot be read forbids: nobody knows what it asked for.
    pub fn of(headers: &HeaderMap, now: SystemTime) -> Self {
        let is_personal = headers.contains_key(SET_COOKIE);
        let differs = |name: &String| SENT_APART.contains(&name.as_str()) || !name.is_ascii();
        let varies = items(headers, &VARY).iter().any(differs);
        let controls = items(headers, &CACHE_CONTROL);
        let is_forbidden = controls.iter().any(|item| matches!(name(item), "no-store" | "private"));
        let (Some(age), false) = (age(headers), is_personal || varies || is_forbidden) else {
            return Self::FORBIDDEN;
        };
        let pragma = items(headers, &PRAGMA).iter().any(|item| item == "no-cache");
        let controlled = controls.iter().map(|item| directive(item)).min();
        let longest = controlled.unwrap_or(Duration::MAX).min(until_expiry(headers, now));
        let longest = if pragma { Duration::ZERO } else { longest };
        let may_be_stale = !pragma && !controls.iter().any(|item| forbids_stale(item));
        let is_said = pragma || !controls.is_empty() || headers.contains_key(EXPIRES);
        Self { longest, age, may_be_stale, is_said, validator: validator(headers) }
    }

    /// For how long the answer may be given again where `wanted` is allowed; zero where the API must be asked each time.
    pub fn lifetime(&self, wanted: Duration) -> Duration {
        wanted.min(self.longest).saturating_sub(self.age)
    }

    /// For how long after that it may be given while the API is down, where `wanted` is allowed.
    pub fn stale(&self, wanted: Duration) -> Duration {
        if self.may_be_stale { wanted } else { Duration::ZERO }
    }

    /// Whether it must not be kept, nor what is known of it.
    pub fn is_forbidden(&self) -> bool {
        *self == Self::FORBIDDEN
    }

    /// Whether the answer says for how long it may be kept. Of one that is still as it was, what the first answer said
    /// goes on to count where this one is silent (RFC 9111, section 3.2).
    pub fn is_said(&self) -> bool {
        self.is_said
    }

    /// What the API can be asked with whether the answer is still right (RFC 9110, section 8.8.3).
    pub fn validator(&self) -> Option<&Arc<str>> {
        self.validator.as_ref()
    }
}

/// The entity tag, weak or strong, if there is one that reads like one.
fn validator(headers: &HeaderMap) -> Option<Arc<str>> {
    let mut tags = headers.get_all(ETAG).iter();
    let (Some(tag), None) = (tags.next().map(HeaderValue::to_str), tags.next()) else { return None };
    let tag = tag.ok()?.trim();
    let opaque = tag.strip_prefix("W/").unwrap_or(tag).strip_prefix('"')?.strip_suffix('"')?;
    let is_tag = tag.len() <= LONGEST_VALIDATOR && !opaque.contains(['"', ' ']);
    is_tag.then(|| tag.into())
}

/// The items of a list that may stand in several headers, in small letters. A quoted text with a comma falls into
/// pieces, each of which can only narrow.
fn items(headers: &HeaderMap, name: &HeaderName) -> Vec<String> {
    let mut items = Vec::new();
    for value in headers.get_all(name) {
        let text = String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase();
        items.extend(text.split(',').map(|item| item.trim().to_owned()).filter(|item| !item.is_empty()));
    }
    items
}

/// The name of a directive of `Cache-Control`. This program keeps answers for several callers, so `private` forbids.
fn name(item: &str) -> &str {
    item.split('=').next().unwrap_or_default().trim()
}

/// The longest time that one directive leaves.
fn directive(item: &str) -> Duration {
    let value = item.split_once('=').map_or("", |(_, value)| value.trim());
    match name(item) {
        "no-cache" => Duration::ZERO,
        "max-age" | "s-maxage" => seconds(value.trim_matches('"')).unwrap_or_default(),
        _ => Duration::MAX,
    }
}

/// Whether a directive says that the API must be asked once the time is over (RFC 9111, section 4.2.4).
fn forbids_stale(item: &str) -> bool {
    matches!(name(item), "no-cache" | "must-revalidate" | "proxy-revalidate" | "s-maxage")
}

/// The time until `Expires`, by the clock of whoever wrote it. A text that is no date has expired, as `0` does.
fn until_expiry(headers: &HeaderMap, now: SystemTime) -> Duration {
    let date = |name| {
        let value = headers.get(name)?.to_str().ok();
        Some(value.and_then(|text| httpdate::parse_http_date(text.trim()).ok()))
    };
    let Some(expires) = date(EXPIRES) else { return Duration::MAX };
    let written = date(DATE).flatten().unwrap_or(now);
    expires.and_then(|expires| expires.duration_since(written).ok()).unwrap_or_default()
}

/// How old the answer was; none where that cannot be read.
fn age(headers: &HeaderMap) -> Option<Duration> {
    items(headers, &AGE)
        .iter()
        .map(|text| seconds(text))
        .try_fold(Duration::ZERO, |most, age| Some(most.max(age?)))
}

fn seconds(text: &str) -> Option<Duration> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    // More digits than a number holds are a very long time.
    is_number.then(|| Duration::from_secs(text.parse().unwrap_or(u64::from(u32::MAX))))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use http::header::{HeaderMap, HeaderName, HeaderValue};

    use super::Freshness;

    fn freshness(lines: &[&str]) -> Freshness {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        Freshness::of(&headers, now)
    }

    /// Seconds left of a hundred after these lines of headers.
    fn left(lines: &[&str]) -> u64 {
        freshness(lines).lifetime(Duration::from_secs(100)).as_secs()
    }

    #[test]
    fn t31_what_the_api_says_forbids() {
        for line in [
            "Cache-Control: no-store",
            "Cache-Control: max-age=50, No-Store",
            "Cache-Control: private",
            "Cache-Control: private=\"x, y\"",
            "Cache-Control: no-cache",
            "Cache-Control: no-cache=\"set-cookie\"",
            "Cache-Control: max-age=0",
            "Cache-Control: max-age=-1",
            "Cache-Control: max-age=often",
            "Cache-Control: max-age",
            "Set-Cookie: a=b",
            "Vary: *",
            "Vary: Accept, Authorization",
            "Vary: x-request-id",
            "Vary: Cookie",
            "Vary: \u{e9}",
            "Pragma: no-cache",
            "Expires: 0",
            "Expires: \u{e9}",
            "Expires: Sun, 09 Sep 2001 01:46:39 GMT",
            "Age: 100",
            "Age: old",
        ] {
            assert_eq!(left(&[line]), 0, "{line}");
        }
        assert_eq!(left(&["Cache-Control: max-age=50", "Cache-Control: no-store"]), 0, "in a second header");
    }

    #[test]
    fn t31_what_the_api_says_narrows_and_never_widens() {
        for (lines, expected) in [
            (&[][..], 100),
            (&["Cache-Control: public, must-revalidate"], 100),
            (&["Cache-Control: max-age=99999999999999999999999"], 100),
            (&["Cache-Control: max-age=30"], 30),
            (&["Cache-Control: MAX-AGE=\"30\""], 30),
            (&["Cache-Control: s-maxage=20, max-age=30"], 20),
            (&["Cache-Control: s-maxage=30, max-age=20"], 20),
            (&["Cache-Control: max-age=30", "Age: 10"], 20),
            (&["Age: 10", "Age: 40"], 60),
            (&["Cache-Control: max-age=10", "Age: 10"], 0),
            (&["Vary: Accept, accept-encoding", "Vary: Origin", "Vary: Accept-Language"], 100),
            (&["Expires: Sun, 09 Sep 2001 01:46:50 GMT"], 10),
            (&["Expires: Sun, 09 Sep 2001 01:46:50 GMT", "Date: Sun, 09 Sep 2001 01:46:45 GMT"], 5),
            (&["Expires: Sun, 09 Sep 2001 02:46:50 GMT"], 100),
        ] {
            assert_eq!(left(lines), expected, "{lines:?}");
        }
    }

    #[test]
    fn t31_what_must_not_be_kept_has_no_validator_and_what_must_be_asked_for_has_one() {
        let tag = |lines: &[&str]| freshness(lines).validator().map(|tag| tag.to_string());
        assert_eq!(tag(&["ETag: \"a\""]).as_deref(), Some("\"a\""));
        assert_eq!(tag(&["ETag: W/\"a\"", "Cache-Control: no-cache"]).as_deref(), Some("W/\"a\""));
        for lines in [
            &["ETag: \"a\"", "Cache-Control: no-store"][..],
            &["ETag: \"a\"", "Cache-Control: private"],
            &["ETag: \"a\"", "Set-Cookie: a=b"],
            &["ETag: \"a\"", "Vary: *"],
            &["ETag: \"a\"", "ETag: \"b\""],
            &["ETag: a"],
            &["ETag: \"a\", \"b\""],
            &["ETag: \"\u{e9}\""],
        ] {
            assert_eq!(tag(lines), None, "{lines:?}");
        }
        let of_length = |length: usize| tag(&[&format!("ETag: \"{}\"", "x".repeat(length - 2))]).is_some();
        assert!(of_length(256) && !of_length(257));
    }

    #[test]
    fn t34_the_api_may_forbid_what_is_stale() {
        let minute = Duration::from_secs(60);
        for (line, expected) in [
            ("Cache-Control: max-age=5", minute),
            ("Cache-Control: max-age=5, must-revalidate", Duration::ZERO),
            ("Cache-Control: proxy-revalidate", Duration::ZERO),
            ("Cache-Control: s-maxage=5", Duration::ZERO),
            ("Cache-Control: no-cache", Duration::ZERO),
            ("Cache-Control: no-store", Duration::ZERO),
            ("Pragma: no-cache", Duration::ZERO),
        ] {
            assert_eq!(freshness(&[line]).stale(minute), expected, "{line}");
        }
    }
}
