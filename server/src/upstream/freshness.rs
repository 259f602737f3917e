//! For how long the API itself lets its answer be kept. Its word only ever narrows what the overlay or the settings
//! allow: an API that says nothing has not asked for anything to be kept.

use std::time::{Duration, SystemTime};

use http::header::{AGE, CACHE_CONTROL, DATE, EXPIRES, HeaderMap, HeaderName, PRAGMA, SET_COOKIE, VARY};

/// What a request always sends alike, so that an answer that depends on it is the same for the next request.
const SENT_ALIKE: [&str; 3] = ["accept", "accept-encoding", "origin"];

/// For how long the API lets its answer be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    /// The longest time; zero where it must not be kept.
    longest: Duration,
    /// How old the answer was when it came.
    age: Duration,
}

impl Freshness {
    /// An answer that must not be kept.
    const FORBIDDEN: Self = Self { longest: Duration::ZERO, age: Duration::ZERO };

    /// Reads the headers of an answer that came `now`. What cannot be read forbids: nobody knows what it asked for.
    pub fn of(headers: &HeaderMap, now: SystemTime) -> Self {
        let is_personal = headers.contains_key(SET_COOKIE);
        let varies = items(headers, &VARY).iter().any(|name| !SENT_ALIKE.contains(&name.as_str()));
        let pragma = items(headers, &PRAGMA).iter().any(|item| item == "no-cache");
        let (Some(age), false) = (age(headers), is_personal || varies || pragma) else {
            return Self::FORBIDDEN;
        };
        let controlled = items(headers, &CACHE_CONTROL).iter().map(|item| directive(item)).min();
        let longest = controlled.unwrap_or(Duration::MAX).min(until_expiry(headers, now));
        Self { longest, age }
    }

    /// For how long the answer may be kept where `wanted` is allowed; zero where it must not be.
    pub fn lifetime(self, wanted: Duration) -> Duration {
        wanted.min(self.longest).saturating_sub(self.age)
    }
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

/// The longest time that one directive of `Cache-Control` leaves. This program keeps answers for several callers, so
/// `private` forbids.
fn directive(item: &str) -> Duration {
    let (name, value) = item.split_once('=').map_or((item, ""), |(name, value)| (name.trim(), value.trim()));
    match name {
        "no-store" | "no-cache" | "private" => Duration::ZERO,
        "max-age" | "s-maxage" => seconds(value.trim_matches('"')).unwrap_or_default(),
        _ => Duration::MAX,
    }
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

    /// Seconds left of a hundred after these lines of headers.
    fn left(lines: &[&str]) -> u64 {
        let mut headers = HeaderMap::new();
        for line in lines {
            let (name, value) = line.split_once(": ").unwrap();
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            headers.append(name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
        }
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        Freshness::of(&headers, now).lifetime(Duration::from_secs(100)).as_secs()
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
            (&["Vary: Accept, accept-encoding", "Vary: Origin"], 100),
            (&["Expires: Sun, 09 Sep 2001 01:46:50 GMT"], 10),
            (&["Expires: Sun, 09 Sep 2001 01:46:50 GMT", "Date: Sun, 09 Sep 2001 01:46:45 GMT"], 5),
            (&["Expires: Sun, 09 Sep 2001 02:46:50 GMT"], 100),
        ] {
            assert_eq!(left(lines), expected, "{lines:?}");
        }
    }
}
