//! Credentials: which of them an operation needs, and how they travel.

use std::ops::Range;

use base64::Engine as _;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use memchr::{memchr2_iter, memmem};
use secrecy::{ExposeSecret, SecretString};

use crate::call::CallError;
use crate::catalog::{Carrier, Need, SecurityScheme, Tool};
use crate::request;
use crate::start_error::StartError;

/// The configured credentials, ready to be sent.
pub(super) struct Credentials(Vec<Credential>);

struct Credential {
    scheme: &'static str,
    way: Way,
    /// As configured, and as sent where that differs, to be found when the API repeats it.
    sought: Vec<SecretString>,
}

/// The shortest credential that is looked for in answers: a shorter one would be found where it is not meant.
const SHORTEST_SOUGHT: usize = 8;

/// What stands in an answer where a credential stood.
const WITHHELD: &[u8] = b"[withheld credential]";

/// How one credential travels; texts are already encoded for their place.
enum Way {
    Header(HeaderName, HeaderValue),
    Query(String, SecretString),
    Cookie(String, SecretString),
}

/// What one request carries. It has no `Debug`.
#[derive(Default)]
pub(super) struct Carried {
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) cookies: Vec<(String, String)>,
}

impl Credentials {
    /// Prepares each credential for the carrier of its scheme; `word` goes before one that travels bare in
    /// `Authorization`.
    pub(super) fn new(
        schemes: &'static [SecurityScheme],
        configured: Vec<(String, SecretString)>,
        word: Option<&str>,
    ) -> Result<Self, StartError> {
        let mut credentials = Vec::new();
        for (name, secret) in configured {
            let Some(scheme) = schemes.iter().find(|scheme| scheme.name == name) else {
                let known = schemes.iter().map(|scheme| scheme.name).collect::<Vec<_>>().join(", ");
                let line =
                    format!("credential {name:?}: the API has no such security scheme; it has: {known}");
                return Err(StartError::new(line));
            };
            let way = Way::new(scheme, &secret, word)?;
            let sought = sought(scheme.carrier, secret);
            credentials.push(Credential { scheme: scheme.name, way, sought });
        }
        Ok(Self(credentials))
    }

    /// What the tool's request carries: the first alternative of which everything is configured. One that
    /// needs something goes before one that needs nothing, so that a credential we have is used.
    pub(super) fn choose(&self, tool: &Tool) -> Result<Carried, CallError> {
        let complete = |needs: &&&[Need]| {
            !needs.is_empty() && needs.iter().all(|need| self.0.iter().any(|have| have.scheme == need.scheme))
        };
        let mut carried = Carried::default();
        match tool.security.iter().find(complete) {
            Some(needs) => {
                for need in *needs {
                    self.0
                        .iter()
                        .filter(|have| have.scheme == need.scheme)
                        .for_each(|have| have.way.carry(&mut carried));
                }
                Ok(carried)
            }
            None if tool.security.is_empty() || tool.security.iter().any(|needs| needs.is_empty()) => {
                Ok(carried)
            }
            None => Err(CallError::NoCredential { schemes: alternatives(tool.security) }),
        }
    }
}

impl Credentials {
    /// Takes our credentials out of what the API sent: it may repeat one in a message, and that must not reach callers.
    pub(super) fn withhold(&self, mut body: Vec<u8>) -> Vec<u8> {
        for sought in self.0.iter().flat_map(|credential| &credential.sought) {
            let sought = sought.expose_secret().as_bytes();
            if sought.len() >= SHORTEST_SOUGHT {
                body = replaced(body, plain(sought));
                body = replaced(body, escaped(sought));
            }
        }
        body
    }
}

/// What to look for in answers.
fn sought(carrier: Carrier, secret: SecretString) -> Vec<SecretString> {
    let text = secret.expose_secret();
    let sent = match carrier {
        Carrier::Authorization(word) if word.eq_ignore_ascii_case("basic") => encoded(text),
        Carrier::Query(_) => request::query_text(text),
        Carrier::Authorization(_) | Carrier::Header(_) | Carrier::Cookie(_) => return vec![secret],
    };
    vec![secret, sent.into()]
}

fn encoded(text: &str) -> String {
    base64::engine::general_purpose::STANDARD.encode(text)
}

/// Finds the first place of a secret in a text.
type Find<'a> = Box<dyn Fn(&[u8]) -> Option<Range<usize>> + 'a>;

/// Finds it as it is.
fn plain(sought: &[u8]) -> Find<'_> {
    let finder = memmem::Finder::new(sought);
    Box::new(move |text| finder.find(text).map(|begin| begin..begin + sought.len()))
}

/// Finds it as JSON may spell it: any character may be escaped there, and some must be.
fn escaped(sought: &[u8]) -> Find<'_> {
    let first = sought[0];
    Box::new(move |text| {
        memchr2_iter(first, b'\\', text)
            .find_map(|begin| Some(begin..begin + spelled(&text[begin..], sought)?))
    })
}

/// How many bytes of the text's beginning spell the secret, if they do.
fn spelled(text: &[u8], sought: &[u8]) -> Option<usize> {
    sought.iter().try_fold(0, |at, byte| Some(at + spelled_byte(&text[at..], *byte)?))
}

fn spelled_byte(text: &[u8], byte: u8) -> Option<usize> {
    match text {
        [b'\\', b'u', b'0', b'0', high, low, ..] => {
            let digits = [*high, *low];
            let value = u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?;
            (value == byte).then_some(6)
        }
        [b'\\', next @ (b'"' | b'\\' | b'/'), ..] => (*next == byte).then_some(2),
        [next, ..] => (*next == byte).then_some(1),
        [] => None,
    }
}

fn replaced(body: Vec<u8>, find: Find<'_>) -> Vec<u8> {
    let (mut clean, mut from) = (Vec::new(), 0);
    while let Some(place) = find(&body[from..]) {
        clean.extend_from_slice(&body[from..from + place.start]);
        clean.extend_from_slice(WITHHELD);
        from += place.end;
    }
    if from == 0 {
        return body;
    }
    clean.extend_from_slice(&body[from..]);
    clean
}

fn alternatives(security: &[&[Need]]) -> String {
    let together = |needs: &&[Need]| needs.iter().map(|need| need.scheme).collect::<Vec<_>>().join(" with ");
    security.iter().map(together).collect::<Vec<_>>().join(" or ")
}

impl Way {
    fn new(scheme: &SecurityScheme, secret: &SecretString, word: Option<&str>) -> Result<Self, StartError> {
        let text = secret.expose_secret();
        let refuse = |why: &str| StartError::new(format!("credential {:?}: {why}", scheme.name));
        if text.is_empty() || text.bytes().any(|byte| !(0x20..=0x7e).contains(&byte)) {
            return Err(refuse("visible ASCII characters are accepted, at least one"));
        }
        if text.starts_with(' ') || text.ends_with(' ') {
            return Err(refuse("a blank at the beginning or end is not accepted"));
        }
        Ok(match scheme.carrier {
            Carrier::Header(name) => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| refuse("its header has no valid name"))?;
                let word = word.filter(|word| name == AUTHORIZATION && !word.is_empty());
                let value = word.map_or_else(|| text.to_owned(), |word| format!("{word} {text}"));
                Self::Header(name, sensitive(&value).ok_or_else(|| refuse("it cannot be sent in a header"))?)
            }
            Carrier::Authorization(word) => {
                let basic = word.eq_ignore_ascii_case("basic");
                if basic && !text.contains(':') {
                    return Err(refuse("the form `user:password` is accepted"));
                }
                let value = if basic { encoded(text) } else { text.to_owned() };
                let value = sensitive(&format!("{word} {value}"));
                Self::Header(AUTHORIZATION, value.ok_or_else(|| refuse("it cannot be sent in a header"))?)
            }
            Carrier::Query(name) => Self::Query(request::query_text(name), request::query_text(text).into()),
            Carrier::Cookie(name) => {
                if text.bytes().any(|byte| b" \",;\\".contains(&byte)) {
                    return Err(refuse(
                        "blanks and the characters `\"` `,` `;` `\\` are not accepted in a cookie",
                    ));
                }
                Self::Cookie(request::query_text(name), text.to_owned().into())
            }
        })
    }

    fn carry(&self, carried: &mut Carried) {
        match self {
            Self::Header(name, value) => carried.headers.push((name.clone(), value.clone())),
            Self::Query(name, secret) => {
                carried.query.push((name.clone(), secret.expose_secret().to_owned()))
            }
            Self::Cookie(name, secret) => {
                carried.cookies.push((name.clone(), secret.expose_secret().to_owned()))
            }
        }
    }
}

/// A header value that shows nothing when printed.
fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}
