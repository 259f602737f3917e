//! Logins at a provider that registers no MCP clients, GitHub or Google, for tokens of this server's own.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;
use server::facade::{self, Documents, Store};

use super::{Authentication, Provider, refused};
use crate::refusal::Refusal;

/// Where GitHub is unless it is said.
const GITHUB: &str = "https://github.com";
const GITHUB_API: &str = "https://api.github.com";

/// What such a login needs, and what comes of it, as set.
pub(crate) struct Facade {
    /// The app at GitHub.
    pub(crate) github: Registered,
    /// Where GitHub's API is.
    pub(crate) github_api: Option<String>,
    /// Organisations of which people must be members of one.
    pub(crate) organizations: Vec<String>,
    /// The client at Google.
    pub(crate) google: Registered,
    /// Domains of Google Workspace of which accounts must be.
    pub(crate) domains: Vec<String>,
    /// What whoever logs in is here.
    pub(crate) roles: Vec<String>,
    /// Which programs are known by an address.
    pub(crate) documents: Documents,
    /// Whether programs may register.
    pub(crate) registers: bool,
    /// How long access tokens are good.
    pub(crate) access_life: Duration,
    /// How long a login lasts.
    pub(crate) login_life: Duration,
    /// The file of the logins.
    pub(crate) logins_file: PathBuf,
    /// What encrypts what is secret in it.
    pub(crate) logins_key: Option<SecretString>,
}

/// What this server is registered as at a provider.
#[derive(Default)]
pub(crate) struct Registered {
    /// Where the provider is.
    pub(crate) address: Option<String>,
    /// Our name there.
    pub(crate) client_id: Option<String>,
    /// What proves it.
    pub(crate) client_secret: Option<SecretString>,
}

impl Default for Facade {
    fn default() -> Self {
        let provider = facade::Provider::Google(facade::Google {
            client_id: String::new(),
            client_secret: "".into(),
            address: None,
            domains: Vec::new(),
        });
        let facade::Options { documents, registers, access_life, login_life, .. } =
            facade::Options::new(provider, "");
        Self {
            github: Registered::default(),
            github_api: None,
            organizations: Vec::new(),
            google: Registered::default(),
            domains: Vec::new(),
            roles: Vec::new(),
            documents,
            registers,
            access_life,
            login_life,
            logins_file: PathBuf::new(),
            logins_key: None,
        }
    }
}

impl Facade {
    /// The settings that mean nothing without one of these providers, and whether each is set.
    pub(super) fn belonging(&self) -> [(&'static [Provider], &'static str, bool); 13] {
        use Provider::{GitHub, Google};
        let Self { github, google, .. } = self;
        [
            (&[GitHub], "AUTH_GITHUB_CLIENT_ID", github.client_id.is_some()),
            (&[GitHub], "AUTH_GITHUB_CLIENT_SECRET", github.client_secret.is_some()),
            (&[GitHub], "AUTH_GITHUB_URL", github.address.is_some()),
            (&[GitHub], "AUTH_GITHUB_API_URL", self.github_api.is_some()),
            (&[GitHub], "AUTH_GITHUB_ORGANIZATIONS", !self.organizations.is_empty()),
            (&[Google], "AUTH_GOOGLE_CLIENT_ID", google.client_id.is_some()),
            (&[Google], "AUTH_GOOGLE_CLIENT_SECRET", google.client_secret.is_some()),
            (&[Google], "AUTH_GOOGLE_URL", google.address.is_some()),
            (&[Google], "AUTH_GOOGLE_DOMAINS", !self.domains.is_empty()),
            (&[GitHub, Google], "AUTH_LOGIN_ROLES", !self.roles.is_empty()),
            (&[GitHub, Google], "AUTH_CLIENT_REGISTRATION", self.registers),
            (&[GitHub, Google], "AUTH_LOGINS_FILE", !self.logins_file.as_os_str().is_empty()),
            (&[GitHub, Google], "AUTH_LOGINS_KEY", self.logins_key.is_some()),
        ]
    }

    fn github(&self) -> Result<facade::Provider, Refusal> {
        let (client_id, client_secret) = self.github.client("GITHUB", "an OAuth app of GitHub")?;
        let address = self.github.address.clone().unwrap_or_else(|| GITHUB.to_owned());
        let address = address.trim_end_matches('/').to_owned();
        // An Enterprise Server has its API below its own address.
        let usual = if address == GITHUB { GITHUB_API.to_owned() } else { format!("{address}/api/v3") };
        let api = self.github_api.clone().unwrap_or(usual);
        let organizations = self.organizations.clone();
        Ok(facade::Provider::GitHub(facade::GitHub { client_id, client_secret, address, api, organizations }))
    }

    fn google(&self) -> Result<facade::Provider, Refusal> {
        let (client_id, client_secret) = self.google.client("GOOGLE", "an OAuth client of Google")?;
        let (address, domains) = (self.google.address.clone(), self.domains.clone());
        Ok(facade::Provider::Google(facade::Google { client_id, client_secret, address, domains }))
    }

    /// Where logins are kept, if that is said whole.
    fn store(&self) -> Result<Option<Store>, Refusal> {
        let is_file = !self.logins_file.as_os_str().is_empty();
        match (is_file, self.logins_key.clone()) {
            (false, None) => Ok(None),
            (true, Some(key)) => Ok(Some(Store { file: self.logins_file.clone(), key })),
            (true, None) => Err(refused(
                "AUTH_LOGINS_KEY is not set: what is secret in AUTH_LOGINS_FILE is encrypted with 32 bytes or more, such as `openssl rand -hex 32` prints",
            )),
            (false, Some(_)) => {
                Err(refused("AUTH_LOGINS_FILE is not set: AUTH_LOGINS_KEY is, which is of no use without it"))
            }
        }
    }

    /// Refuses to make everybody with an account something.
    fn check_roles(&self, provider: Provider) -> Result<(), Refusal> {
        let (name, is_narrow) = match provider {
            Provider::GitHub => ("AUTH_GITHUB_ORGANIZATIONS", !self.organizations.is_empty()),
            _ => ("AUTH_GOOGLE_DOMAINS", !self.domains.is_empty()),
        };
        if self.roles.is_empty() || is_narrow {
            return Ok(());
        }
        Err(refused(format!(
            "AUTH_LOGIN_ROLES would be for everybody who has an account at `{}`: say whose with {name}, or unset it",
            provider.word()
        )))
    }
}

impl Registered {
    /// Name and secret; half of it is refused.
    fn client(&self, provider: &str, what: &str) -> Result<(String, SecretString), Refusal> {
        let missing = |which: &str| {
            refused(format!(
                "AUTH_{provider}_CLIENT_{which} is not set: `{}` needs the name and the secret of {what}",
                provider.to_ascii_lowercase()
            ))
        };
        let client_id = self.client_id.clone().ok_or_else(|| missing("ID"))?;
        Ok((client_id, self.client_secret.clone().ok_or_else(|| missing("SECRET"))?))
    }
}

impl Authentication {
    /// The authorization server of a server that clients reach at this address, where people log in at a provider.
    pub(super) fn facade(
        &self,
        resource: Option<&str>,
        has_redis: bool,
    ) -> Result<Option<facade::Options>, Refusal> {
        let set = &self.facade;
        let provider = match (self.has(Provider::GitHub), self.has(Provider::Google)) {
            (false, false) => return Ok(None),
            (true, true) => {
                return Err(refused(
                    "AUTH_PROVIDER: `github` and `google` are two places to log in: expected one of them",
                ));
            }
            (true, false) => Provider::GitHub,
            (false, true) => Provider::Google,
        };
        let login = if provider == Provider::GitHub { set.github()? } else { set.google()? };
        set.check_roles(provider)?;
        if has_redis {
            return Err(refused(format!(
                "REDIS_URL is for several servers, and a login with `{}` is good at the one where it began: unset it, or use `oidc`",
                provider.word()
            )));
        }
        let Some(resource) = resource else {
            return Err(refused(format!(
                "MCP_RESOURCE_URL is not set: `{}` needs the address under which browsers and clients reach this server, such as https://mcp.example.com/mcp",
                provider.word()
            )));
        };
        Ok(Some(facade::Options {
            roles: set.roles.clone(),
            documents: set.documents,
            registers: set.registers,
            access_life: set.access_life,
            login_life: set.login_life,
            store: set.store()?,
            ..facade::Options::new(login, resource)
        }))
    }
}
