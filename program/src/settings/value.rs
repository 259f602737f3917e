//! The kinds of value a setting can have: how each is read from text, where it is kept, how it is shown, and
//! the words for what is accepted. The text that a kind writes is text that it reads.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use server::http::Network;
use server::identity::keys::Algorithm;
use server::otlp::Attributes;
use server::scopes::Hierarchy;
use server::secret::Headers;

use crate::settings::Config;
use crate::settings::authentication::Provider;
use crate::telemetry::{Format, Level};

/// The word that lets the server listen beyond the loopback interface without authentication.
pub(crate) const ACKNOWLEDGEMENT: &str = "i-understand";
/// The form of values in Redis.
const JSON: &str = "json";
/// The word for a list that is empty on purpose.
const NONE: &str = "none";
/// The longest name of a claim, in characters.
const LONGEST_CLAIM: usize = 256;
/// No list of tools needs larger pages.
const LARGEST_PAGE: usize = 10_000;
/// No file of the journal is larger, in bytes: it is read whole when it is verified.
const LARGEST_FILE: u64 = 1 << 30;

/// What kind of value a setting has, and where in the configuration it is kept.
pub(crate) enum Kind {
    /// An address of this machine.
    Host(fn(&mut Config) -> &mut IpAddr),
    /// A TCP port; 0 lets the system choose.
    Port(fn(&mut Config) -> &mut u16),
    /// A listener of this machine; a port alone is one on loopback.
    Listener(fn(&mut Config) -> &mut Option<SocketAddr>),
    /// The path of an address.
    Path(fn(&mut Config) -> &mut String),
    /// How much is logged.
    Level(fn(&mut Config) -> &mut Level),
    /// How log lines look.
    Format(fn(&mut Config) -> &mut Format),
    /// A time in seconds, decimals allowed.
    Seconds { at: fn(&mut Config) -> &mut Duration, minimum: f64, maximum: f64 },
    /// A time in whole milliseconds, as OpenTelemetry has them.
    Milliseconds { at: fn(&mut Config) -> &mut Duration, minimum: u64, maximum: u64 },
    /// A whole number.
    Count { at: fn(&mut Config) -> &mut usize, minimum: usize, maximum: usize },
    /// The address of the API; may be unset.
    Address(fn(&mut Config) -> &mut String),
    /// One word of a header; may be unset.
    Word(fn(&mut Config) -> &mut Option<String>),
    /// A name that people read; never empty.
    Name(fn(&mut Config) -> &mut String),
    /// Text that clients pass on to people or models; may be unset.
    Text { at: fn(&mut Config) -> &mut Option<String>, longest: usize },
    /// On or off.
    Switch(fn(&mut Config) -> &mut bool),
    /// A part of a whole, from 0 to 1.
    Part(fn(&mut Config) -> &mut f64),
    /// The form of values in Redis; there is one, so that nothing has to be remembered.
    Serializer,
    /// How many at once; 0 stands for all.
    PageSize(fn(&mut Config) -> &mut Option<NonZeroUsize>),
    /// Host names, each with or without a port.
    Hosts { at: fn(&mut Config) -> &mut Vec<String>, ports: bool },
    /// Ranges of addresses.
    Networks(fn(&mut Config) -> &mut Vec<Network>),
    /// Origins of web pages.
    Origins(fn(&mut Config) -> &mut Vec<String>),
    /// On or off, or neither is said.
    Decision(fn(&mut Config) -> &mut Option<bool>),
    /// What vouches for callers.
    Providers(fn(&mut Config) -> &mut Vec<Provider>),
    /// Ways to sign tokens.
    Algorithms(fn(&mut Config) -> &mut Vec<Algorithm>),
    /// Which scopes include others.
    Hierarchy(fn(&mut Config) -> &mut Hierarchy),
    /// Names of claims, one at least.
    Claims(fn(&mut Config) -> &mut Vec<String>),
    /// Texts without commas; may be none.
    Texts(fn(&mut Config) -> &mut Vec<String>),
    /// Off, or the word that says that somebody meant it.
    Acknowledgement(fn(&mut Config) -> &mut bool),
    /// One of several words, by its place among them.
    OneOf { at: fn(&mut Config) -> usize, put: fn(&mut Config, usize), words: &'static [&'static str] },
    /// A folder; may be unset.
    Folder(fn(&mut Config) -> &mut PathBuf),
    /// A file; may be unset.
    File(fn(&mut Config) -> &mut PathBuf),
    /// A number of bytes.
    Bytes { at: fn(&mut Config) -> &mut u64, minimum: u64 },
    /// Something that only this program and its like may know; may be unset.
    Secret(fn(&mut Config) -> &mut Option<SecretString>),
    /// Headers of requests to somebody else, which may hold a credential.
    Headers(fn(&mut Config) -> &mut Headers),
    /// What an operator says of the service.
    Attributes(fn(&mut Config) -> &mut Attributes),
    /// The credential of this security scheme.
    Credential(&'static str),
}

/// How a value may be written in a TOML file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Text in quotes.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Number,
    /// A list of text.
    List,
    /// `true` or `false`.
    Boolean,
}

impl Kind {
    /// Reads `text`, which is not empty, and keeps the value; what is wrong with it otherwise. The text of a
    /// secret or an address, which may hold one, is never part of the answer.
    pub(crate) fn put(&self, config: &mut Config, text: &str) -> Result<(), String> {
        match self {
            Self::Host(at) => *at(config) = host(text).ok_or_else(|| self.not(text))?,
            Self::Port(at) => *at(config) = in_range(text, 0, u16::MAX).ok_or_else(|| self.not(text))?,
            Self::Listener(at) => *at(config) = Some(listener(text).ok_or_else(|| self.not(text))?),
            Self::Path(at) => *at(config) = path(text).ok_or_else(|| self.not(text))?.to_owned(),
            Self::Level(at) => *at(config) = Level::parse(text).ok_or_else(|| self.not(text))?,
            Self::Format(at) => *at(config) = Format::parse(text).ok_or_else(|| self.not(text))?,
            Self::Seconds { at, minimum, maximum } => {
                *at(config) = in_range(text, *minimum, *maximum)
                    .map(Duration::from_secs_f64)
                    .ok_or_else(|| self.not(text))?;
            }
            Self::Milliseconds { at, minimum, maximum } => {
                *at(config) = in_range(text, *minimum, *maximum)
                    .map(Duration::from_millis)
                    .ok_or_else(|| self.not(text))?;
            }
            Self::Count { at, minimum, maximum } => {
                *at(config) = in_range(text, *minimum, *maximum).ok_or_else(|| self.not(text))?;
            }
            Self::Address(at) => *at(config) = address(text)?,
            Self::Word(at) => *at(config) = Some(token(text).ok_or_else(|| self.not(text))?.to_owned()),
            Self::Name(at) => *at(config) = name(text).ok_or_else(|| self.not(text))?.to_owned(),
            Self::Text { at, longest } => {
                *at(config) = Some(prose(text, *longest).ok_or_else(|| self.not(text))?.to_owned());
            }
            Self::Switch(at) => *at(config) = switch(text).ok_or_else(|| self.not(text))?,
            Self::Part(at) => *at(config) = in_range(text, 0.0, 1.0).ok_or_else(|| self.not(text))?,
            Self::Serializer => serializer(text).unwrap_or_else(|| Err(self.not(text)))?,
            Self::PageSize(at) => {
                *at(config) =
                    NonZeroUsize::new(in_range(text, 0, LARGEST_PAGE).ok_or_else(|| self.not(text))?);
            }
            Self::Hosts { at, ports } => *at(config) = list(text, |item| listed_host(item, *ports))?,
            Self::Networks(at) => *at(config) = list(text, network)?,
            Self::Origins(at) => *at(config) = list(text, origin)?,
            Self::Decision(at) => *at(config) = Some(switch(text).ok_or_else(|| self.not(text))?),
            Self::Providers(at) => *at(config) = list(text, Provider::parse)?,
            Self::Algorithms(at) => {
                *at(config) = list(text, |name| Algorithm::named(name).ok_or_else(|| self.not(name)))?;
            }
            Self::Texts(at) => {
                let item = |item: &str| prose(item, 2048).map(str::to_owned).ok_or_else(|| self.not(item));
                *at(config) = list(text, item)?;
            }
            Self::Claims(at) => {
                let names = list(text, |name| claim(name).ok_or_else(|| self.not(name)))?;
                *at(config) = Some(names).filter(|names| !names.is_empty()).ok_or_else(|| self.not(text))?;
            }
            Self::Hierarchy(at) => *at(config) = hierarchy(text).ok_or_else(|| self.not(text))?,
            Self::Acknowledgement(at) if text == ACKNOWLEDGEMENT => *at(config) = true,
            Self::Acknowledgement(_) => return Err(self.not(text)),
            Self::OneOf { put, words, .. } => {
                let found = words.iter().position(|word| word.eq_ignore_ascii_case(text));
                put(config, found.ok_or_else(|| self.not(text))?);
            }
            Self::Folder(at) | Self::File(at) => {
                *at(config) = PathBuf::from(prose(text, 4096).ok_or_else(|| self.not(text))?)
            }
            Self::Bytes { at, minimum } => {
                *at(config) = in_range(text, *minimum, LARGEST_FILE).ok_or_else(|| self.not(text))?;
            }
            Self::Secret(at) => *at(config) = Some(text.into()),
            Self::Headers(at) => {
                *at(config) = Headers::parse(text)
                    .map_err(|_| format!("expected {}, and this is none", self.accepted()))?;
            }
            Self::Attributes(at) => *at(config) = Attributes::parse(text).map_err(|_| self.not(text))?,
            Self::Credential(scheme) => put_credential(config, scheme, text)?,
        }
        Ok(())
    }

    /// The value as text that [`Kind::put`] reads; empty when unset, stars for a secret that is set.
    pub(crate) fn show(&self, config: &mut Config) -> String {
        match self {
            Self::Host(at) => at(config).to_string(),
            Self::Port(at) => at(config).to_string(),
            Self::Listener(at) => at(config).map(|address| address.to_string()).unwrap_or_default(),
            Self::Path(at) => at(config).clone(),
            Self::Level(at) => at(config).name().to_owned(),
            Self::Format(at) => at(config).name().to_owned(),
            Self::Seconds { at, .. } => at(config).as_secs_f64().to_string(),
            Self::Milliseconds { at, .. } => at(config).as_millis().to_string(),
            Self::Attributes(at) => at(config).to_string(),
            Self::Count { at, .. } => at(config).to_string(),
            Self::Address(at) | Self::Name(at) => at(config).clone(),
            Self::Word(at) | Self::Text { at, .. } => at(config).clone().unwrap_or_default(),
            Self::Switch(at) => at(config).to_string(),
            Self::Part(at) => at(config).to_string(),
            Self::Serializer => JSON.to_owned(),
            Self::PageSize(at) => at(config).map_or(0, NonZeroUsize::get).to_string(),
            Self::Hosts { at, .. } | Self::Origins(at) | Self::Claims(at) | Self::Texts(at) => {
                at(config).join(",")
            }
            Self::Decision(at) => at(config).map(|is_on| is_on.to_string()).unwrap_or_default(),
            Self::Providers(at) => {
                at(config).iter().map(|provider| provider.word()).collect::<Vec<_>>().join(",")
            }
            Self::Algorithms(at) => at(config).iter().map(|way| way.name()).collect::<Vec<_>>().join(","),
            Self::Hierarchy(at) if at(config).chains().is_empty() => NONE.to_owned(),
            Self::Hierarchy(at) => at(config).chains().join(","),
            Self::Networks(at) => at(config).iter().map(Network::to_string).collect::<Vec<_>>().join(","),
            Self::Acknowledgement(at) => if *at(config) { ACKNOWLEDGEMENT } else { "" }.to_owned(),
            Self::OneOf { at, words, .. } => words[at(config)].to_owned(),
            Self::Folder(at) | Self::File(at) => at(config).display().to_string(),
            Self::Bytes { at, .. } => at(config).to_string(),
            Self::Secret(at) => if at(config).is_some() { "****" } else { "" }.to_owned(),
            Self::Headers(at) => if at(config).is_empty() { "" } else { "****" }.to_owned(),
            Self::Credential(scheme) => {
                let set = config.server.engine.upstream.credentials.iter().any(|(name, _)| name == scheme);
                if set { "****" } else { "" }.to_owned()
            }
        }
    }

    /// Whether both have the same value; secrets are compared and shown to nobody.
    pub(crate) fn is_same(&self, one: &mut Config, other: &mut Config) -> bool {
        let exposed = |secret: Option<&SecretString>| secret.map(|secret| secret.expose_secret().to_owned());
        match self {
            Self::Secret(at) => exposed(at(one).as_ref()) == exposed(at(other).as_ref()),
            Self::Headers(at) => at(one) == at(other),
            Self::Credential(scheme) => {
                let of = |config: &Config| {
                    let credentials = &config.server.engine.upstream.credentials;
                    exposed(credentials.iter().find(|(name, _)| name == scheme).map(|(_, secret)| secret))
                };
                of(one) == of(other)
            }
            _ => self.show(one) == self.show(other),
        }
    }

    /// How it is written in a TOML file.
    pub(crate) fn notation(&self) -> Notation {
        match self {
            Self::Port(_)
            | Self::Count { .. }
            | Self::Milliseconds { .. }
            | Self::PageSize(_)
            | Self::Bytes { .. } => Notation::Integer,
            Self::Seconds { .. } | Self::Part(_) => Notation::Number,
            Self::Hosts { .. }
            | Self::Networks(_)
            | Self::Origins(_)
            | Self::Providers(_)
            | Self::Algorithms(_)
            | Self::Hierarchy(_)
            | Self::Claims(_)
            | Self::Texts(_) => Notation::List,
            Self::Switch(_) => Notation::Boolean,
            _ => Notation::Text,
        }
    }

    /// Whether the value must never be shown.
    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::Credential(_) | Self::Secret(_) | Self::Headers(_))
    }

    /// What is accepted, in words that follow "expected".
    pub(crate) fn accepted(&self) -> String {
        match self {
            Self::Host(_) => "an IP address or `localhost`".to_owned(),
            Self::Port(_) => "a whole number from 0 to 65535".to_owned(),
            Self::Listener(_) => "a port, or an address such as 127.0.0.1:9464".to_owned(),
            Self::Path(_) => "a path such as /metrics".to_owned(),
            Self::Level(_) => format!("one of {}", Level::NAMES.join(", ")),
            Self::Format(_) => format!("one of {}", Format::NAMES.join(", ")),
            Self::Seconds { minimum, maximum, .. } => {
                format!("seconds, a number from {minimum} to {maximum}")
            }
            Self::Milliseconds { minimum, maximum, .. } => {
                format!("milliseconds, a whole number from {minimum} to {maximum}")
            }
            Self::Attributes(_) => {
                "attributes such as `service.namespace=change`, separated by commas, values percent-encoded".to_owned()
            }
            Self::Count { minimum, maximum, .. } => format!("a whole number from {minimum} to {maximum}"),
            Self::Address(_) => "an address such as https://api.example.com:8443".to_owned(),
            Self::Word(_) => "one word of letters, digits and -._~+".to_owned(),
            Self::Name(_) => "1 to 128 characters, none of them a control character".to_owned(),
            Self::Text { longest, .. } => format!("text of at most {longest} characters"),
            Self::Switch(_) | Self::Decision(_) => "`true` or `false`".to_owned(),
            Self::Providers(_) => Provider::accepted().to_owned(),
            Self::Algorithms(_) => {
                let names: Vec<_> = Algorithm::ALL.iter().map(|(_, name)| *name).collect();
                format!("some of {}, separated by commas", names.join(", "))
            }
            Self::Hierarchy(_) => {
                format!("chains of scopes such as `admin>write>read`, separated by commas, or `{NONE}`")
            }
            Self::Claims(_) => {
                "names of claims separated by commas, where dots lead into objects, such as `realm_access.roles`"
                    .to_owned()
            }
            Self::Texts(_) => "texts separated by commas".to_owned(),
            Self::Part(_) => "a number from 0 to 1".to_owned(),
            Self::Serializer => format!("`{JSON}`"),
            Self::PageSize(_) => format!("a whole number from 0 to {LARGEST_PAGE}, where 0 stands for all"),
            Self::Hosts { ports: true, .. } => {
                "host names separated by commas, each with or without `:port` or `:*`".to_owned()
            }
            Self::Hosts { ports: false, .. } => "host names separated by commas".to_owned(),
            Self::Networks(_) => {
                "addresses such as 10.1.2.3 or ranges such as 10.0.0.0/8, separated by commas".to_owned()
            }
            Self::Origins(_) => "origins such as https://app.example.com, separated by commas".to_owned(),
            Self::Acknowledgement(_) => format!("`{ACKNOWLEDGEMENT}`"),
            Self::OneOf { words, .. } => {
                words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ")
            }
            Self::Folder(_) => "the path of a folder".to_owned(),
            Self::File(_) => "the path of a file".to_owned(),
            Self::Bytes { minimum, .. } => format!("a whole number from {minimum} to {LARGEST_FILE}"),
            Self::Secret(_) => "text".to_owned(),
            Self::Headers(_) => {
                "headers such as `api-key=VALUE`, separated by commas, values percent-encoded".to_owned()
            }
            Self::Credential(_) => "visible ASCII characters".to_owned(),
        }
    }

    fn not(&self, text: &str) -> String {
        format!("expected {}, got {}", self.accepted(), quoted(text))
    }
}

/// A wrong value as it may stand in a message: short, and on one line.
fn quoted(text: &str) -> String {
    match text.char_indices().nth(40) {
        Some((end, _)) => format!("{:?}...", &text[..end]),
        None => format!("{text:?}"),
    }
}

fn host(text: &str) -> Option<IpAddr> {
    if text.eq_ignore_ascii_case("localhost") {
        return Some(IpAddr::from([127, 0, 0, 1]));
    }
    text.trim_start_matches('[').trim_end_matches(']').parse().ok()
}

fn listener(text: &str) -> Option<SocketAddr> {
    if let Some(port) = in_range(text, 0, u16::MAX) {
        return Some((Ipv4Addr::LOCALHOST, port).into());
    }
    let (ip, port) = text.rsplit_once(':')?;
    Some((host(ip)?, in_range(port, 0, u16::MAX)?).into())
}

fn path(text: &str) -> Option<&str> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    (text.starts_with('/') && text.len() <= 256 && text.bytes().all(is_plain)).then_some(text)
}

fn in_range<T: FromStr + PartialOrd>(text: &str, minimum: T, maximum: T) -> Option<T> {
    // Rust reads `inf`, `nan` and `+5` as numbers; nobody means them.
    if !text.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|value| (minimum..=maximum).contains(value))
}

/// Checks an address and gives it back without a slash at its end. What is wrong is said without the address:
/// the part before an `@` is a password.
fn address(text: &str) -> Result<String, String> {
    const EXAMPLE: &str = "expected an address such as https://api.example.com:8443";
    if text.contains('@') {
        return Err(format!("{EXAMPLE}, without `user:password@`: the credential has its own setting"));
    }
    if text.contains(['?', '#']) {
        return Err(format!("{EXAMPLE}, without `?` and `#`"));
    }
    let uri: http::Uri = text.parse().map_err(|_| format!("{EXAMPLE}, and this is no address"))?;
    if !matches!(uri.scheme_str(), Some("http" | "https")) {
        return Err(format!("{EXAMPLE}, beginning with http:// or https://"));
    }
    if uri.host().unwrap_or_default().is_empty() {
        return Err(format!("{EXAMPLE}, and this one names no host"));
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// The words that the Python server took, in any letter case.
fn switch(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}

/// Accepts the one form of values. The other one of the Python server is refused by name: reading it runs whatever it says.
fn serializer(text: &str) -> Option<Result<(), String>> {
    match text.to_ascii_lowercase().as_str() {
        JSON => Some(Ok(())),
        "pickle" => Some(Err(format!(
            "expected `{JSON}`: whoever can write to Redis could run any program by a `pickle`, so that none is ever read"
        ))),
        _ => None,
    }
}

fn token(text: &str) -> Option<&str> {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~+".contains(&byte)).then_some(text)
}

fn name(text: &str) -> Option<&str> {
    (text.chars().count() <= 128 && !text.contains(char::is_control)).then_some(text)
}

fn prose(text: &str, longest: usize) -> Option<&str> {
    let fits = text.chars().count() <= longest;
    (fits && !text.contains(|letter: char| letter.is_control() && !matches!(letter, '\n' | '\t')))
        .then_some(text)
}

fn list<T>(text: &str, item: impl Fn(&str) -> Result<T, String>) -> Result<Vec<T>, String> {
    text.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(item).collect()
}

/// The name of a claim, which may be an address as well, or the steps to it.
fn claim(text: &str) -> Option<String> {
    let is_visible = text.len() <= LONGEST_CLAIM && text.bytes().all(|byte| byte.is_ascii_graphic());
    (is_visible && text.split('.').all(|step| !step.is_empty())).then(|| text.to_owned())
}

fn hierarchy(text: &str) -> Option<Hierarchy> {
    let chains = if text == NONE { Vec::new() } else { list(text, |chain| Ok(chain.to_owned())).ok()? };
    Hierarchy::new(chains).ok()
}

fn listed_host(text: &str, ports: bool) -> Result<String, String> {
    const EXPECTED: &str = "expected exact host names separated by commas";
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let bare = host.strip_prefix('[').and_then(|inner| inner.strip_suffix(']'));
    let host_is_valid = match bare {
        Some(inner) => inner.parse::<std::net::Ipv6Addr>().is_ok(),
        None => {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
        }
    };
    let port_is_valid = port.is_none_or(|port| ports && (port == "*" || port.parse::<u16>().is_ok()));
    if !host_is_valid || !port_is_valid {
        let shape = if ports { "name, name:port or name:*" } else { "a name without scheme, port or path" };
        return Err(format!("{EXPECTED}, each {shape}, got {}", quoted(text)));
    }
    Ok(text.to_ascii_lowercase())
}

fn network(text: &str) -> Result<Network, String> {
    let expected = || {
        let got = quoted(text);
        format!(
            "expected addresses such as 10.1.2.3 or ranges such as 10.0.0.0/8, with no bit set beyond them, got {got}"
        )
    };
    text.parse().map_err(|_| expected())
}

fn origin(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "expected origins such as https://app.example.com, separated by commas";
    if text.contains('*') {
        return Err(format!("{EXPECTED}: `*` would let every web page call this server and is not accepted"));
    }
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    host.and_then(|host| listed_host(host, true).ok())
        .map(|_| text.to_ascii_lowercase())
        .ok_or_else(|| format!("{EXPECTED}, got {}", quoted(text)))
}

/// Keeps a credential, in place of one from a weaker source.
fn put_credential(config: &mut Config, scheme: &'static str, text: &str) -> Result<(), String> {
    if !text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return Err(
            "expected visible ASCII characters; there are others, which no header can carry".to_owned()
        );
    }
    let credentials = &mut config.server.engine.upstream.credentials;
    credentials.retain(|(name, _)| name != scheme);
    credentials.push((scheme.to_owned(), SecretString::from(text)));
    Ok(())
}
