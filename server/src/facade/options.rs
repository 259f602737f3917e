//! Who logs people in, and what programs may have.

use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use crate::start_error::StartError;

/// Who logs people in, and what programs may have.
#[derive(Clone, Debug)]
pub struct Options {
    /// Who logs people in.
    pub provider: Provider,
    /// The address under which clients reach this server. Its origin is the name of the authorization server.
    pub resource: String,
    /// What whoever logs in is here.
    pub roles: Vec<String>,
    /// Which programs are known by an address at which they describe themselves.
    pub documents: Documents,
    /// Whether any program may register (RFC 7591).
    pub registers: bool,
    /// How long an access token is good.
    pub access_life: Duration,
    /// How long a login lasts in all, however often its token is refreshed.
    pub login_life: Duration,
    /// Where logins are kept; in memory alone without that.
    pub store: Option<Store>,
}

/// Where logins are kept.
#[derive(Clone, Debug)]
pub struct Store {
    /// The file, which one server has.
    pub file: PathBuf,
    /// 32 bytes or more with which the provider's tokens in it are encrypted.
    pub key: SecretString,
}

/// Who logs people in.
#[derive(Clone, Debug)]
pub enum Provider {
    /// GitHub, or a GitHub Enterprise Server.
    GitHub(GitHub),
    /// Google.
    Google(Google),
}

/// An app that is registered at GitHub.
#[derive(Clone, Debug)]
pub struct GitHub {
    /// Its name there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: SecretString,
    /// Where people log in.
    pub address: String,
    /// Where its API is.
    pub api: String,
    /// Organisations of which people must be members of one; of none while none is named.
    pub organizations: Vec<String>,
}

/// A client that is registered at Google.
#[derive(Clone, Debug)]
pub struct Google {
    /// Its name there.
    pub client_id: String,
    /// What proves it.
    pub client_secret: SecretString,
    /// Where it is, when that is not Google's own place: the name of its issuer, below which all of it is.
    pub address: Option<String>,
    /// Domains of Google Workspace of which accounts must be; any account does while none is named.
    pub domains: Vec<String>,
}

/// Which programs are known by an address at which they describe themselves (client id metadata documents).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Documents {
    /// None.
    Off,
    /// Those at addresses of https that everybody reaches.
    #[default]
    Public,
    /// Those too that are on this machine or its network, for trying things out.
    Loopback,
}

impl Provider {
    /// What proves to the provider who asks.
    pub(super) fn secret(&self) -> &SecretString {
        match self {
            Self::GitHub(github) => &github.client_secret,
            Self::Google(google) => &google.client_secret,
        }
    }
}

impl Options {
    /// The usual ones for a server at this address.
    pub fn new(provider: Provider, resource: impl Into<String>) -> Self {
        Self {
            provider,
            resource: resource.into().trim_end_matches('/').to_owned(),
            roles: Vec::new(),
            documents: Documents::default(),
            registers: false,
            access_life: Duration::from_secs(60 * 60),
            login_life: Duration::from_secs(30 * 24 * 60 * 60),
            store: None,
        }
    }

    /// The name of the authorization server: the origin of the address. Browsers keep its cookie for https alone, so that http
    /// is for this machine only.
    pub(crate) fn issuer(&self) -> Result<String, StartError> {
        let address = crate::identity::address::configured(&self.resource)
            .map_err(|wrong| StartError::new(format!("MCP_RESOURCE_URL: {wrong}")))?;
        Ok(address.origin().ascii_serialization())
    }
}
