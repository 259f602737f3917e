//! Credentials: which of them an operation needs, and how they travel.

use base64::Engine as _;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use memchr::memmem;
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
    /// As configured, to be found when the API repeats it.
    secret: SecretString,
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
            credentials.push(Credential { scheme: scheme.name, way, secret });
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
        for credential in &self.0 {
            let sought = credential.secret.expose_secret().as_bytes();
            if sought.len() >= SHORTEST_SOUGHT {
                body = replaced(body, sought);
            }
        }
        body
    }
}

fn replaced(body: Vec<u8>, sought: &[u8]) -> Vec<u8> {
    let places: Vec<usize> = memmem::find_iter(&body, sought).collect();
    if places.is_empty() {
        return body;
    }
    let (mut clean, mut from) = (Vec::with_capacity(body.len()), 0);
    for place in places {
        clean.extend_from_slice(&body[from..place]);
        clean.extend_from_slice(WITHHELD);
        from = place + sought.len();
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
                let encoded = if basic {
                    base64::engine::general_purpose::STANDARD.encode(text)
                } else {
                    text.to_owned()
                };
                let value = sensitive(&format!("{word} {encoded}"));
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
