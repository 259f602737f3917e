//! Who may call: from the settings, each by itself, to what vouches for callers. Half of what a provider needs, or what belongs
//! to another one, stops the start: a server that asks nobody, because somebody forgot a line, is worse than none.

mod facade;
mod issuers;
mod presets;
mod provider;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use secrecy::SecretString;
use server::identity::jwt;
use server::identity::keys::{Algorithm, Source};
use server::identity::{self, Names, api_keys, introspection};

use crate::refusal::Refusal;

/// No key and no set of keys is larger, in bytes.
const LARGEST_KEY: u64 = 64 * 1024;

pub(crate) use facade::Facade;
pub(crate) use presets::Presets;
pub(crate) use provider::Provider;

/// Who may call, as set.
pub(crate) struct Authentication {
    /// Whether anybody is asked at all, where that is said.
    pub(crate) enabled: Option<bool>,
    /// What vouches for callers.
    pub(crate) providers: Vec<Provider>,
    /// Where the issuers publish their keys, in the order of the issuers.
    pub(crate) jwks_addresses: Vec<String>,
    /// The file of the one issuer's key, or keys, instead.
    pub(crate) public_key_file: PathBuf,
    /// Who issues tokens.
    pub(crate) issuers: Vec<String>,
    /// For whom.
    pub(crate) audiences: Vec<String>,
    /// How they may be signed.
    pub(crate) algorithms: Vec<Algorithm>,
    /// What kinds of token are taken.
    pub(crate) types: Vec<String>,
    /// How far clocks may differ.
    pub(crate) leeway: Duration,
    /// How long tokens may be good.
    pub(crate) longest_life: Duration,
    /// What claims are called.
    pub(crate) names: Names,
    /// How an issuer is asked about its tokens.
    pub(crate) introspection: Introspection,
    /// What names the issuers of providers that have presets.
    pub(crate) presets: Presets,
    /// What a login at a provider needs, and what comes of it.
    pub(crate) facade: Facade,
    /// The file of the keys.
    pub(crate) api_keys_file: PathBuf,
    /// Where clients reach the server.
    pub(crate) resource: Option<String>,
    /// Where clients get tokens.
    pub(crate) authorization_servers: Vec<String>,
    /// What every caller must be allowed to do.
    pub(crate) scopes: Vec<String>,
}

/// How an issuer is asked about its tokens, as set.
#[derive(Default)]
pub(crate) struct Introspection {
    /// Where.
    pub(crate) address: Option<String>,
    /// Who this server is to the issuer.
    pub(crate) client_id: Option<String>,
    /// What proves that.
    pub(crate) client_secret: Option<SecretString>,
    /// The programs to which tokens must have been given.
    pub(crate) clients: Vec<String>,
    /// How long an answer is remembered.
    pub(crate) memory: Duration,
}

impl Default for Authentication {
    fn default() -> Self {
        let jwt::Options { types, leeway, longest_life, names, .. } =
            jwt::Options::new(Source::Pinned(String::new()), "", Vec::new());
        let introspection::Options { memory, .. } =
            introspection::Options::new("", ("", "".into()), "", Vec::new());
        Self {
            enabled: None,
            providers: Vec::new(),
            jwks_addresses: Vec::new(),
            public_key_file: PathBuf::new(),
            issuers: Vec::new(),
            audiences: Vec::new(),
            algorithms: Vec::new(),
            types,
            leeway,
            longest_life,
            names,
            introspection: Introspection { memory, ..Introspection::default() },
            presets: Presets::default(),
            facade: Facade::default(),
            api_keys_file: PathBuf::new(),
            resource: None,
            authorization_servers: Vec::new(),
            scopes: Vec::new(),
        }
    }
}

impl Authentication {
    /// What vouches for callers of a server that listens here, at addresses of this scheme.
    pub(crate) fn identity(
        &self,
        listen: SocketAddr,
        scheme: &str,
        has_redis: bool,
    ) -> Result<identity::Options, Refusal> {
        if self.enabled == Some(false) {
            return Ok(identity::Options::default());
        }
        self.check_providers(has_redis)?;
        let resource = self.resource(listen, scheme);
        let (tokens, introspection) = self.issuers(resource.as_deref())?;
        let facade = self.facade(resource.as_deref(), has_redis)?;
        let takes_tokens = introspection.is_some() || !tokens.is_empty() || facade.is_some();
        if takes_tokens && resource.is_none() && !listen.ip().is_loopback() {
            return Err(refused(
                "MCP_RESOURCE_URL is not set: clients that look for a token need the address under which they reach this server, such as https://mcp.example.com/mcp",
            ));
        }
        let file = Some(&self.api_keys_file).filter(|file| !file.as_os_str().is_empty());
        let keys = self.has(Provider::ApiKey).then(|| api_keys::Options { file: file.cloned() });
        let (authorization_servers, scopes) = (self.authorization_servers.clone(), self.scopes.clone());
        let keeps_tokens = false;
        Ok(identity::Options {
            tokens,
            introspection,
            facade,
            keys,
            resource,
            authorization_servers,
            scopes,
            keeps_tokens,
        })
    }

    /// Whether callers over HTTP are asked who they are.
    pub(crate) fn asks(&self) -> bool {
        self.enabled != Some(false) && self.providers.iter().any(|provider| *provider != Provider::Nobody)
    }

    fn has(&self, provider: Provider) -> bool {
        self.providers.contains(&provider)
    }

    /// Refuses providers that contradict each other or the other settings.
    fn check_providers(&self, has_redis: bool) -> Result<(), Refusal> {
        if self.has(Provider::Nobody) && (self.providers.len() > 1 || self.enabled == Some(true)) {
            return Err(refused(
                "AUTH_PROVIDER: `none` asks nobody, and stands alone and without AUTH_ENABLED=true",
            ));
        }
        if self.providers.is_empty() && self.enabled == Some(true) {
            return Err(refused(format!(
                "AUTH_PROVIDER is not set, and AUTH_ENABLED asks for authentication: expected {}",
                Provider::accepted()
            )));
        }
        if self.has(Provider::Jwt) && self.has(Provider::Oidc) {
            return Err(refused(
                "AUTH_PROVIDER: `jwt` and `oidc` are two ways to one issuer: expected one of them",
            ));
        }
        for (owners, name, is_set) in self.belonging().into_iter().chain(self.facade.belonging()) {
            if is_set && !owners.iter().any(|owner| self.has(*owner)) {
                let words: Vec<_> = owners.iter().map(|owner| format!("`{}`", owner.word())).collect();
                return Err(refused(format!(
                    "{name} is set, and AUTH_PROVIDER does not name {}, which it is for",
                    words.join(" or ")
                )));
            }
        }
        if self.has(Provider::ApiKey) && self.api_keys_file.as_os_str().is_empty() && !has_redis {
            return Err(refused(
                "AUTH_API_KEYS_FILE is not set: `api_key` needs the file that `keys create` writes, or REDIS_URL for keys in Redis",
            ));
        }
        Ok(())
    }

    /// The settings that mean nothing without one of these providers, and whether each is set.
    fn belonging(&self) -> [(&'static [Provider], &'static str, bool); 14] {
        use Provider::{ApiKey, Descope, Introspection, Jwt, Oidc, Workos};
        let is_set = |path: &Path| !path.as_os_str().is_empty();
        let (asking, presets) = (&self.introspection, &self.presets);
        [
            (&[Jwt], "AUTH_JWKS_URI", !self.jwks_addresses.is_empty()),
            (&[Jwt], "AUTH_PUBLIC_KEY_FILE", is_set(&self.public_key_file)),
            (&[Jwt, Oidc, Introspection], "AUTH_ISSUER", !self.issuers.is_empty()),
            (&[Jwt, Oidc, Introspection, Workos, Descope], "AUTH_AUDIENCE", !self.audiences.is_empty()),
            (&[Jwt, Oidc, Workos, Descope], "AUTH_JWT_ALGORITHMS", !self.algorithms.is_empty()),
            (&[Introspection], "AUTH_INTROSPECTION_URL", asking.address.is_some()),
            (&[Introspection], "AUTH_INTROSPECTION_CLIENT_ID", asking.client_id.is_some()),
            (&[Introspection], "AUTH_INTROSPECTION_CLIENT_SECRET", asking.client_secret.is_some()),
            (&[Introspection], "AUTH_INTROSPECTION_CLIENTS", !asking.clients.is_empty()),
            (&[Workos], "AUTH_AUTHKIT_DOMAIN", presets.authkit_domain.is_some()),
            (&[Descope], "AUTH_DESCOPE_PROJECT_ID", presets.descope_project.is_some()),
            (&[Descope], "AUTH_DESCOPE_BASE_URL", presets.descope_base.is_some()),
            (&[Descope], "AUTH_DESCOPE_CONFIG_URL", presets.descope_document.is_some()),
            (&[ApiKey], "AUTH_API_KEYS_FILE", is_set(&self.api_keys_file)),
        ]
    }

    /// The address of the server as clients have it: as set, else the audience where that is an address, as RFC 8707 has it.
    fn resource(&self, listen: SocketAddr, scheme: &str) -> Option<String> {
        let is_address = |text: &&String| text.starts_with("https://") || text.starts_with("http://");
        let of_audience = || match &*self.audiences {
            [only] => Some(only).filter(is_address).cloned(),
            _ => None,
        };
        let of_listener = || {
            // Else it would become the audience, which whoever runs the server must name.
            let needs_audience = |one: &Provider| {
                use Provider::{ApiKey, Descope, GitHub, Google};
                !matches!(one, Descope | GitHub | Google | ApiKey)
            };
            let is_named = !self.audiences.is_empty() || !self.providers.iter().any(needs_audience);
            (listen.ip().is_loopback() && listen.port() != 0 && is_named)
                .then(|| format!("{scheme}://{listen}/mcp"))
        };
        let found = self.resource.clone().or_else(of_audience).or_else(of_listener)?;
        Some(found.trim_end_matches('/').to_owned())
    }
}

fn refused(line: impl Into<String>) -> Refusal {
    Refusal::configuration(line.into())
}

/// The text of a file of keys or certificates that this setting names.
pub(super) fn text_of(setting: &str, path: &Path) -> Result<String, Refusal> {
    let cannot = |what: String| refused(format!("{setting}: {} cannot be {what}", path.display()));
    let length = std::fs::metadata(path).map_err(|error| cannot(format!("read: {error}")))?.len();
    if length > LARGEST_KEY {
        return Err(cannot("used: it is too large for keys".to_owned()));
    }
    std::fs::read_to_string(path).map_err(|error| cannot(format!("read: {error}")))
}
