//! Credentials: which of them an operation needs, and how they travel.

use std::fmt;

use base64::Engine as _;
use http::header::{AUTHORIZATION, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};

use super::withhold::withhold;
use crate::call::CallError;
use crate::catalog::{Carrier, Need, SecurityScheme, Tool};
use crate::request;
use crate::start_error::StartError;

/// The credentials that this server has for everybody, ready to be sent.
pub(super) struct Credentials(Vec<Credential>);

/// A credential, ready to be sent. Its debug form names its scheme only.
pub(crate) struct Credential {
    scheme: &'static str,
    way: Way,
    /// As configured, and as sent where that differs, to be found when the API repeats it.
    sought: Vec<SecretString>,
}

/// How one credential travels; texts are already encoded for their place, and wiped when they are dropped.
enum Way {
    Header(HeaderName, SecretString),
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

/// The scheme of this name, or a line that names those there are.
pub(super) fn scheme_of(
    schemes: &'static [SecurityScheme],
    name: &str,
) -> Result<&'static SecurityScheme, StartError> {
    schemes.iter().find(|scheme| scheme.name == name).ok_or_else(|| {
        let known = schemes.iter().map(|scheme| scheme.name).collect::<Vec<_>>().join(", ");
        let line = format!("credential {name:?}: the API has no such security scheme; it has: {known}");
        StartError::new(line)
    })
}

impl Credentials {
    /// Prepares each credential for the carrier of its scheme; `word` goes before one that travels bare in
    /// `Authorization`.
    pub(super) fn new(
        schemes: &'static [SecurityScheme],
        configured: Vec<(String, SecretString)>,
        word: Option<&str>,
    ) -> Result<Self, StartError> {
        let prepared = configured
            .into_iter()
            .map(|(name, secret)| Credential::new(scheme_of(schemes, &name)?, secret, word));
        prepared.collect::<Result<_, _>>().map(Self)
    }

    /// What the tool's request carries: the first alternative of which everything is there. One that needs something goes
    /// before one that needs nothing, so that a credential we have is used. Where callers have credentials of their `own`, a
    /// request that carries any carries one of these, and never only what this server has for everybody.
    pub(super) fn choose(&self, tool: &Tool, own: Option<&[Credential]>) -> Result<Carried, CallError> {
        let mine = |need: &Need| own.into_iter().flatten().find(|have| have.scheme == need.scheme);
        let have = |need: &Need| mine(need).or(self.0.iter().find(|have| have.scheme == need.scheme));
        let complete = |needs: &&&[Need]| {
            !needs.is_empty()
                && needs.iter().all(|need| have(need).is_some())
                && (own.is_none() || needs.iter().any(|need| mine(need).is_some()))
        };
        let mut carried = Carried::default();
        match tool.security.iter().find(complete) {
            Some(needs) => {
                needs.iter().filter_map(have).for_each(|credential| credential.way.carry(&mut carried));
                Ok(carried)
            }
            None if is_open(tool) => Ok(carried),
            None => Err(CallError::NoCredential { schemes: alternatives(tool.security) }),
        }
    }

    /// Takes these credentials and the caller's own out of what the API sent.
    pub(super) fn withhold(&self, body: Vec<u8>, own: Option<&[Credential]>) -> Vec<u8> {
        let all = self.0.iter().chain(own.into_iter().flatten());
        withhold(body, all.flat_map(|credential| &credential.sought))
    }

    /// Whether one of them travels in this header.
    pub(super) fn are_in(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|credential| matches!(&credential.way, Way::Header(own, _) if own == name))
    }
}

/// Whether an operation can be asked for without a credential.
pub(crate) fn is_open(tool: &Tool) -> bool {
    tool.security.is_empty() || tool.security.iter().any(|needs| needs.is_empty())
}

impl Credential {
    /// Prepares a secret for the carrier of its scheme.
    pub(crate) fn new(
        scheme: &SecurityScheme,
        secret: SecretString,
        word: Option<&str>,
    ) -> Result<Self, StartError> {
        let way = Way::new(scheme, &secret, word)?;
        Ok(Self { scheme: scheme.name, way, sought: sought(scheme.carrier, secret) })
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Credential({})", self.scheme)
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
        let header = |name, value: String| {
            let value = SecretString::from(value);
            sensitive(&value).map(|_| Self::Header(name, value))
        };
        Ok(match scheme.carrier {
            Carrier::Header(name) => {
                let name = HeaderName::from_bytes(name.as_bytes())
                    .map_err(|_| refuse("its header has no valid name"))?;
                let word = word.filter(|word| name == AUTHORIZATION && !word.is_empty());
                let value = word.map_or_else(|| text.to_owned(), |word| format!("{word} {text}"));
                header(name, value).ok_or_else(|| refuse("it cannot be sent in a header"))?
            }
            Carrier::Authorization(word) => {
                let basic = word.eq_ignore_ascii_case("basic");
                if basic && !text.contains(':') {
                    return Err(refuse("the form `user:password` is accepted"));
                }
                let value = if basic { encoded(text) } else { text.to_owned() };
                header(AUTHORIZATION, format!("{word} {value}"))
                    .ok_or_else(|| refuse("it cannot be sent in a header"))?
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
            // What cannot be sent was refused when it was prepared.
            Self::Header(name, value) => {
                carried.headers.extend(sensitive(value).map(|value| (name.clone(), value)));
            }
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
pub(super) fn sensitive(secret: &SecretString) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(secret.expose_secret()).ok()?;
    value.set_sensitive(true);
    Some(value)
}
