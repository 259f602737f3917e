//! The settings of as whom calls go to the API: rows of the table, and what they are put together to. Half of what one way
//! needs, or what belongs to another one, stops the start.

use std::path::{Path, PathBuf};

use secrecy::SecretString;
use server::catalog::Api;
use server::secret::Headers;
use server::upstream::account::{self, own, token};
use server::upstream::{Certificates, Gateway};

use super::Config;
use super::authentication::text_of;
use super::main_scheme::main_scheme;
use super::setting::{Setting, setting};
use super::value::Kind;
use crate::refusal::Refusal;

/// As whom calls go to the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Way {
    #[default]
    Service,
    Own,
    Exchange,
    Client,
}

const WAYS: [(Way, &str); 4] =
    [(Way::Service, "service"), (Way::Own, "own"), (Way::Exchange, "exchange"), (Way::Client, "client")];
const WORDS: [&str; 4] = [WAYS[0].1, WAYS[1].1, WAYS[2].1, WAYS[3].1];

/// As whom calls go to the API, as set.
#[derive(Default)]
pub(crate) struct Account {
    way: Way,
    credentials_file: PathBuf,
    credentials_key: Option<SecretString>,
    endpoint: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    scheme: Option<String>,
    audience: Option<String>,
    resource: Option<String>,
    scopes: Vec<String>,
    issuers: Vec<String>,
    certificate: Option<SecretString>,
    key: Option<SecretString>,
    authorities_file: PathBuf,
    gateway: String,
    gateway_headers: Headers,
    gateway_origin: Option<String>,
}

impl Account {
    /// Whether this server has one credential for everybody.
    pub(crate) fn is_common(&self) -> bool {
        self.way == Way::Service
    }

    /// Whether callers' tokens are exchanged.
    pub(crate) fn exchanges(&self) -> bool {
        self.way == Way::Exchange
    }

    /// Where callers' own credentials are.
    pub(crate) fn own(&self, has_redis: bool) -> Result<own::Settings, Refusal> {
        let is_file = !self.credentials_file.as_os_str().is_empty();
        if !is_file && !has_redis {
            return Err(missing(
                "API_CREDENTIALS_FILE",
                "callers' own credentials are in the file that `credentials add` writes, or in Redis with REDIS_URL",
            ));
        }
        let key = self.credentials_key.clone().ok_or_else(|| {
            missing(
                "API_CREDENTIALS_KEY",
                "callers' own credentials are encrypted with 32 bytes or more, such as `openssl rand -hex 32` prints",
            )
        })?;
        Ok(own::Settings { file: is_file.then(|| self.credentials_file.clone()), key })
    }

    /// What the runtime is given. `takes_tokens` says whether callers show tokens that could be exchanged.
    pub(crate) fn put(
        &self,
        api: &'static Api,
        takes_tokens: bool,
        has_redis: bool,
        upstream: &mut server::upstream::Options,
    ) -> Result<(), Refusal> {
        self.check_belonging()?;
        upstream.account = match self.way {
            Way::Service => account::Settings::Service,
            Way::Own => account::Settings::Own(self.own(has_redis)?),
            Way::Exchange if !takes_tokens => {
                return Err(Refusal::configuration(
                    "API_ACCOUNT: `exchange` needs callers who show access tokens: over HTTP with AUTH_PROVIDER `jwt` or `oidc`",
                ));
            }
            Way::Exchange => account::Settings::Exchanged(self.tokens(api, upstream)?),
            Way::Client => account::Settings::Client(self.tokens(api, upstream)?),
        };
        upstream.certificates = self.certificates()?;
        upstream.gateway = self.gateway()?;
        Ok(())
    }

    /// Refuses settings that mean nothing with this way.
    fn check_belonging(&self) -> Result<(), Refusal> {
        let of_tokens = [Way::Exchange, Way::Client];
        let belonging = [
            (&[Way::Own][..], "API_CREDENTIALS_FILE", !self.credentials_file.as_os_str().is_empty()),
            (&[Way::Own], "API_CREDENTIALS_KEY", self.credentials_key.is_some()),
            (&of_tokens, "API_TOKEN_ENDPOINT", self.endpoint.is_some()),
            (&of_tokens, "API_CLIENT_ID", self.client_id.is_some()),
            (&of_tokens, "API_CLIENT_SECRET", self.client_secret.is_some()),
            (&of_tokens, "API_TOKEN_SECURITY_SCHEME", self.scheme.is_some()),
            (&of_tokens, "API_TOKEN_AUDIENCE", self.audience.is_some()),
            (&of_tokens, "API_TOKEN_RESOURCE", self.resource.is_some()),
            (&of_tokens, "API_TOKEN_SCOPES", !self.scopes.is_empty()),
            (&[Way::Exchange], "API_TOKEN_ISSUERS", !self.issuers.is_empty()),
        ];
        for (ways, name, is_set) in belonging {
            if is_set && !ways.contains(&self.way) {
                let words = WAYS.iter().filter(|(way, _)| ways.contains(way));
                let words: Vec<String> = words.map(|(_, word)| format!("`{word}`")).collect();
                return Err(Refusal::configuration(format!(
                    "{name} is set, and API_ACCOUNT is not {}, which it is for",
                    words.join(" or ")
                )));
            }
        }
        Ok(())
    }

    /// Where tokens come from.
    fn tokens(
        &self,
        api: &'static Api,
        upstream: &server::upstream::Options,
    ) -> Result<token::Settings, Refusal> {
        let needed = |name, value: &Option<String>| {
            value.clone().ok_or_else(|| missing(name, "tokens for the API come from there, for that client"))
        };
        let scheme = self.scheme.clone().or_else(|| main_scheme(api).map(str::to_owned));
        let scheme = needed("API_TOKEN_SECURITY_SCHEME", &scheme)?;
        if upstream.credentials.iter().any(|(name, _)| *name == scheme) {
            return Err(Refusal::configuration(format!(
                "API_ACCOUNT: a token is got for the security scheme {scheme:?}, and a credential is set for it too (API_TOKEN); unset that"
            )));
        }
        Ok(token::Settings {
            endpoint: needed("API_TOKEN_ENDPOINT", &self.endpoint)?,
            client_id: needed("API_CLIENT_ID", &self.client_id)?,
            client_secret: self.client_secret.clone().ok_or_else(|| {
                missing("API_CLIENT_SECRET", "the token endpoint must know that it is this program that asks")
            })?,
            scheme,
            audience: self.audience.clone(),
            resource: self.resource.clone(),
            scopes: self.scopes.clone(),
            issuers: self.issuers.clone(),
        })
    }

    fn certificates(&self) -> Result<Certificates, Refusal> {
        let is_set = |path: &Path| !path.as_os_str().is_empty();
        let authorities =
            is_set(&self.authorities_file).then(|| text_of("API_CA_FILE", &self.authorities_file));
        Ok(Certificates {
            authorities: authorities.transpose()?,
            certificate: self.certificate.clone(),
            key: self.key.clone(),
        })
    }

    fn gateway(&self) -> Result<Option<Gateway>, Refusal> {
        if !self.gateway.is_empty() {
            let (headers, origin_header) = (self.gateway_headers.clone(), self.gateway_origin.clone());
            return Ok(Some(Gateway { url: self.gateway.clone(), headers, origin_header }));
        }
        let needless = [
            ("UPSTREAM_GATEWAY_HEADERS", !self.gateway_headers.is_empty()),
            ("UPSTREAM_GATEWAY_ORIGIN_HEADER", self.gateway_origin.is_some()),
        ];
        match needless.iter().find(|(_, is_set)| *is_set) {
            Some((name, _)) => {
                Err(missing("UPSTREAM_GATEWAY_URL", &format!("{name} is, which is of no use without it")))
            }
            None => Ok(None),
        }
    }
}

fn missing(name: &str, what: &str) -> Refusal {
    Refusal::configuration(format!("{name} is not set: {what}"))
}

/// The rows of the table.
pub(super) fn rows() -> Vec<Setting> {
    let mut rows = Vec::from(accounts());
    rows.extend(tokens());
    rows.extend(connecting());
    rows
}

fn accounts() -> [Setting; 3] {
    [
        setting(
            "api.account",
            &["API_ACCOUNT"],
            Kind::OneOf {
                at: |config| WAYS.iter().position(|(way, _)| *way == config.account.way).unwrap_or_default(),
                put: |config, index| config.account.way = WAYS[index].0,
                words: &WORDS,
            },
            "As whom calls go to the API: one account for everybody (`service`), each caller's `own`, a token that is got for the caller's token (`exchange`, RFC 8693), or one that is got for this program (`client`, RFC 6749).",
        ),
        setting(
            "api.credentials_file",
            &["API_CREDENTIALS_FILE"],
            Kind::File(|config: &mut Config| &mut config.account.credentials_file),
            "The file of callers' own credentials, which `credentials` writes; its changes take effect within a second. In Redis while unset, with `REDIS_URL`.",
        )
        .read_again(),
        setting(
            "api.credentials_key",
            &["API_CREDENTIALS_KEY"],
            Kind::Secret(|config| &mut config.account.credentials_key),
            "32 bytes or more with which callers' own credentials are encrypted, in the file or in Redis.",
        ),
    ]
}

fn tokens() -> [Setting; 8] {
    let text =
        |key, environment, at, help| setting(key, &[environment], Kind::Text { at, longest: 2048 }, help);
    [
        text(
            "api.token_endpoint",
            "API_TOKEN_ENDPOINT",
            |config| &mut config.account.endpoint,
            "Where tokens for the API are got: https, or http on this machine. With `exchange` callers' tokens are sent there, and nowhere else.",
        ),
        text(
            "api.client_id",
            "API_CLIENT_ID",
            |config| &mut config.account.client_id,
            "Who this program is at the token endpoint.",
        ),
        setting(
            "api.client_secret",
            &["API_CLIENT_SECRET"],
            Kind::Secret(|config| &mut config.account.client_secret),
            "What shows it.",
        ),
        text(
            "api.token_security_scheme",
            "API_TOKEN_SECURITY_SCHEME",
            |config| &mut config.account.scheme,
            "The security scheme of the API's document for which the token is; that of `API_TOKEN` while unset.",
        ),
        text(
            "api.token_audience",
            "API_TOKEN_AUDIENCE",
            |config| &mut config.account.audience,
            "For whom the token shall be, by the name that the endpoint knows (RFC 8693).",
        ),
        text(
            "api.token_resource",
            "API_TOKEN_RESOURCE",
            |config| &mut config.account.resource,
            "For whom the token shall be, by address (RFC 8707).",
        ),
        setting(
            "api.token_scopes",
            &["API_TOKEN_SCOPES"],
            Kind::Texts(|config| &mut config.account.scopes),
            "Scopes that the token shall have.",
        ),
        setting(
            "api.token_issuers",
            &["API_TOKEN_ISSUERS"],
            Kind::Texts(|config| &mut config.account.issuers),
            "With `exchange`, whose tokens are sent to the token endpoint, as they have it in `iss`; those of an issuer at the endpoint's own host while unset.",
        ),
    ]
}

fn connecting() -> [Setting; 6] {
    [
        setting(
            "api.client_certificate",
            &["API_CLIENT_CERTIFICATE"],
            Kind::Secret(|config| &mut config.account.certificate),
            "The certificate by which this program shows the API who it is (mutual TLS), in PEM, with those that lead to its authority.",
        ),
        setting(
            "api.client_key",
            &["API_CLIENT_KEY"],
            Kind::Secret(|config| &mut config.account.key),
            "The private key of that certificate, in PEM.",
        ),
        setting(
            "api.ca_file",
            &["API_CA_FILE"],
            Kind::File(|config| &mut config.account.authorities_file),
            "Authorities in PEM that are trusted for the API's certificate besides the machine's own.",
        ),
        setting(
            "gateway.url",
            &["UPSTREAM_GATEWAY_URL"],
            Kind::Address(|config| &mut config.account.gateway),
            "A gateway that is connected to in the API's place: the path of `API_BASE_URL` and that of the operation follow its own.",
        ),
        setting(
            "gateway.headers",
            &["UPSTREAM_GATEWAY_HEADERS"],
            Kind::Headers(|config| &mut config.account.gateway_headers),
            "Headers for the gateway, such as `x-gateway-key=VALUE`, separated by commas, values percent-encoded.",
        ),
        setting(
            "gateway.origin_header",
            &["UPSTREAM_GATEWAY_ORIGIN_HEADER"],
            Kind::Word(|config| &mut config.account.gateway_origin),
            "The header in which the gateway is told the origin of `API_BASE_URL`; it is not told while unset.",
        ),
    ]
}
