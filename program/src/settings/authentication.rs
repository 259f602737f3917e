//! Who may call: from the settings, each by itself, to what vouches for callers. Half of what a provider needs, or what belongs
//! to another one, stops the start: a server that asks nobody, because somebody forgot a line, is worse than none.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use server::identity::jwt::{self, Names};
use server::identity::keys::{Algorithm, Source};
use server::identity::{self, api_keys};

use crate::refusal::Refusal;

/// No key and no set of keys is larger, in bytes.
const LARGEST_KEY: u64 = 64 * 1024;

/// What vouches for callers, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    /// Signed access tokens of one issuer.
    Jwt,
    /// The same, with what the issuer publishes of itself.
    Oidc,
    /// Keys of this server's own.
    ApiKey,
    /// Nothing: nobody is asked.
    Nobody,
}

impl Provider {
    const ALL: [(Self, &'static str); 4] =
        [(Self::Jwt, "jwt"), (Self::Oidc, "oidc"), (Self::ApiKey, "api_key"), (Self::Nobody, "none")];
    /// Providers of the Python server and of the plan that this server does not have.
    const MISSING: [&'static str; 5] = ["github", "google", "workos", "descope", "introspection"];
    /// The classes of the Python library by their lower-case names.
    const CLASSES: [(&'static str, &'static str); 8] = [
        ("jwtverifier", "jwt"),
        ("bearerauthprovider", "jwt"),
        ("githubprovider", "github"),
        ("googleprovider", "google"),
        ("workosprovider", "workos"),
        ("authkitprovider", "workos"),
        ("descopeprovider", "descope"),
        ("introspectiontokenverifier", "introspection"),
    ];

    /// Reads a word, in any letter case, or the path of a class as the Python server had it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let class = lower.strip_prefix("fastmcp.server.auth.").and_then(|path| path.rsplit('.').next());
        let word = match class {
            Some(class) => Self::CLASSES.iter().find(|(name, _)| *name == class).map(|(_, word)| *word),
            None => Some(&*lower),
        };
        if let Some((provider, _)) = Self::ALL.into_iter().find(|(_, known)| Some(*known) == word) {
            return Ok(provider);
        }
        match word.filter(|word| Self::MISSING.contains(word)) {
            Some(word) => Err(format!("expected {}: `{word}` is not available yet", Self::accepted())),
            None => Err(format!(
                "expected {}, got {:?}",
                Self::accepted(),
                text.chars().take(40).collect::<String>()
            )),
        }
    }

    /// The word.
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(provider, _)| *provider == self).map_or("", |(_, word)| word)
    }

    /// What is accepted.
    pub(crate) fn accepted() -> &'static str {
        "`jwt` or `oidc`, `api_key`, one of each with a comma between, or `none`"
    }
}

/// Who may call, as set.
pub(crate) struct Authentication {
    /// Whether anybody is asked at all, where that is said.
    pub(crate) enabled: Option<bool>,
    /// What vouches for callers.
    pub(crate) providers: Vec<Provider>,
    /// Where the issuer publishes its keys.
    pub(crate) jwks_address: Option<String>,
    /// The file of its key, or keys, instead.
    pub(crate) public_key_file: PathBuf,
    /// Who issues tokens.
    pub(crate) issuer: Option<String>,
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
    /// The file of the keys.
    pub(crate) api_keys_file: PathBuf,
    /// Where clients reach the server.
    pub(crate) resource: Option<String>,
    /// Where clients get tokens.
    pub(crate) authorization_servers: Vec<String>,
    /// What every caller must be allowed to do.
    pub(crate) scopes: Vec<String>,
}

impl Default for Authentication {
    fn default() -> Self {
        let jwt::Options { types, leeway, longest_life, names, .. } =
            jwt::Options::new(Source::Pinned(String::new()), "", Vec::new());
        Self {
            enabled: None,
            providers: Vec::new(),
            jwks_address: None,
            public_key_file: PathBuf::new(),
            issuer: None,
            audiences: Vec::new(),
            algorithms: Vec::new(),
            types,
            leeway,
            longest_life,
            names,
            api_keys_file: PathBuf::new(),
            resource: None,
            authorization_servers: Vec::new(),
            scopes: Vec::new(),
        }
    }
}

impl Authentication {
    /// What vouches for callers of a server that listens here.
    pub(crate) fn identity(&self, listen: SocketAddr, has_redis: bool) -> Result<identity::Options, Refusal> {
        if self.enabled == Some(false) {
            return Ok(identity::Options::default());
        }
        self.check_providers(has_redis)?;
        let has = |provider| self.providers.contains(&provider);
        let resource = self.resource(listen);
        let tokens = self.takes_tokens().then(|| self.tokens(resource.as_deref())).transpose()?;
        if tokens.is_some() && resource.is_none() && !listen.ip().is_loopback() {
            return Err(refused(
                "MCP_RESOURCE_URL is not set: clients that look for a token need the address under which they reach this server, such as https://mcp.example.com/mcp",
            ));
        }
        let file = Some(&self.api_keys_file).filter(|file| !file.as_os_str().is_empty());
        let keys = has(Provider::ApiKey).then(|| api_keys::Options { file: file.cloned() });
        let (authorization_servers, scopes) = (self.authorization_servers.clone(), self.scopes.clone());
        Ok(identity::Options { tokens, keys, resource, authorization_servers, scopes, keeps_tokens: false })
    }

    /// Refuses providers that contradict each other or the other settings.
    fn check_providers(&self, has_redis: bool) -> Result<(), Refusal> {
        let has = |provider| self.providers.contains(&provider);
        if has(Provider::Nobody) && (self.providers.len() > 1 || self.enabled == Some(true)) {
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
        if has(Provider::Jwt) && has(Provider::Oidc) {
            return Err(refused(
                "AUTH_PROVIDER: `jwt` and `oidc` are two ways to one issuer: expected one of them",
            ));
        }
        for (provider, name, is_set) in self.belonging() {
            let is_of_tokens =
                !matches!(name, "AUTH_JWKS_URI" | "AUTH_PUBLIC_KEY_FILE") && provider == Provider::Jwt;
            if is_set && !has(provider) && !(is_of_tokens && has(Provider::Oidc)) {
                let word = provider.word();
                return Err(refused(format!(
                    "{name} is set, and AUTH_PROVIDER does not name `{word}`, which it is for"
                )));
            }
        }
        if has(Provider::ApiKey) && self.api_keys_file.as_os_str().is_empty() && !has_redis {
            return Err(refused(
                "AUTH_API_KEYS_FILE is not set: `api_key` needs the file that `keys create` writes, or REDIS_URL for keys in Redis",
            ));
        }
        Ok(())
    }

    /// The settings that mean nothing without a provider, and whether each is set.
    fn belonging(&self) -> [(Provider, &'static str, bool); 6] {
        let is_set = |path: &Path| !path.as_os_str().is_empty();
        [
            (Provider::Jwt, "AUTH_JWKS_URI", self.jwks_address.is_some()),
            (Provider::Jwt, "AUTH_PUBLIC_KEY_FILE", is_set(&self.public_key_file)),
            (Provider::Jwt, "AUTH_ISSUER", self.issuer.is_some()),
            (Provider::Jwt, "AUTH_AUDIENCE", !self.audiences.is_empty()),
            (Provider::Jwt, "AUTH_JWT_ALGORITHMS", !self.algorithms.is_empty()),
            (Provider::ApiKey, "AUTH_API_KEYS_FILE", is_set(&self.api_keys_file)),
        ]
    }

    fn takes_tokens(&self) -> bool {
        self.providers.iter().any(|provider| matches!(provider, Provider::Jwt | Provider::Oidc))
    }

    fn tokens(&self, resource: Option<&str>) -> Result<jwt::Options, Refusal> {
        let is_discovered = self.providers.contains(&Provider::Oidc);
        let keys = if is_discovered { Source::Issuer(self.issuer()?) } else { self.keys()? };
        let issuer = self.issuer()?;
        let audiences = if self.audiences.is_empty() {
            resource.map(str::to_owned).into_iter().collect()
        } else {
            self.audiences.clone()
        };
        if audiences.is_empty() {
            return Err(refused(
                "AUTH_AUDIENCE is not set: tokens need the name of this server in `aud`, or those for other servers would do",
            ));
        }
        Ok(jwt::Options {
            provider: if is_discovered { Provider::Oidc } else { Provider::Jwt }.word(),
            algorithms: self.algorithms.clone(),
            types: self.types.clone(),
            leeway: self.leeway,
            longest_life: self.longest_life,
            names: self.names.clone(),
            ..jwt::Options::new(keys, issuer, audiences)
        })
    }

    fn issuer(&self) -> Result<String, Refusal> {
        self.issuer.clone().ok_or_else(|| {
            refused("AUTH_ISSUER is not set: tokens need the name of their issuer, exactly as they have it in `iss`")
        })
    }

    /// Where the keys are of an issuer that does not say so itself.
    fn keys(&self) -> Result<Source, Refusal> {
        let is_pinned = !self.public_key_file.as_os_str().is_empty();
        match (&self.jwks_address, is_pinned) {
            (Some(address), false) => Ok(Source::Address(address.clone())),
            (None, true) => text_of("AUTH_PUBLIC_KEY_FILE", &self.public_key_file).map(Source::Pinned),
            (Some(_), true) => {
                Err(refused("AUTH_JWKS_URI and AUTH_PUBLIC_KEY_FILE are both set: expected one of them"))
            }
            (None, false) => Err(refused(
                "AUTH_JWKS_URI is not set: `jwt` needs the address of the issuer's keys, or its key in AUTH_PUBLIC_KEY_FILE",
            )),
        }
    }

    /// The address of the server as clients have it: as set, else the audience where that is an address, as RFC 8707 has it.
    fn resource(&self, listen: SocketAddr) -> Option<String> {
        let is_address = |text: &&String| text.starts_with("https://") || text.starts_with("http://");
        let of_audience = || match &*self.audiences {
            [only] => Some(only).filter(is_address).cloned(),
            _ => None,
        };
        let of_listener = || {
            let is_known = listen.ip().is_loopback() && listen.port() != 0 && !self.audiences.is_empty();
            is_known.then(|| format!("http://{listen}/mcp"))
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
