//! One exchange with a provider: small documents from the one address that is configured, and from where its own document
//! says that its keys are.

use std::time::SystemTime;

use reqwest::{Client, Url};
use serde_json::Value;

use super::set::Set;
use crate::identity::address::{self, Somewhere};
use crate::identity::exchange;
use crate::start_error::StartError;

/// How large a document may be in bytes.
const LARGEST: usize = 64 * 1024;

/// Where the keys are, and what is asked for them.
pub(super) struct Fetch {
    client: Client,
    place: Place,
}

/// Keys as they are published now.
pub(super) struct Look {
    /// The address at which they are.
    pub(super) place: String,
    pub(super) set: Set,
    /// What the clock of the provider says, if it says it.
    pub(super) date: Option<SystemTime>,
}

enum Place {
    /// At this address.
    Keys(Url),
    /// Where one of these documents of the issuer says.
    Issuer { name: String, documents: [Url; 2], elsewhere: Client },
}

impl Fetch {
    /// The keys at this address.
    pub(super) fn keys(text: &str) -> Result<Self, StartError> {
        let place =
            address::configured(text).map_err(|wrong| StartError::new(format!("AUTH_JWKS_URI: {wrong}")))?;
        Ok(Self { client: client(Somewhere::Any)?, place: Place::Keys(place) })
    }

    /// The keys of this issuer, wherever it says that they are (OpenID Connect Discovery; RFC 8414).
    pub(super) fn issuer(name: &str) -> Result<Self, StartError> {
        let wrong = |wrong: &str| StartError::new(format!("AUTH_ISSUER: {wrong}"));
        let issuer = address::configured(name).map_err(wrong)?;
        if issuer.query().is_some() {
            return Err(wrong("expected an address without `?`"));
        }
        let path = issuer.path().trim_end_matches('/').to_owned();
        let document = |path: String| {
            let mut document = issuer.clone();
            document.set_path(&path);
            document
        };
        let documents = [
            document(format!("{path}/.well-known/openid-configuration")),
            document(format!("/.well-known/oauth-authorization-server{path}")),
        ];
        let place = Place::Issuer { name: name.to_owned(), documents, elsewhere: client(Somewhere::Public)? };
        Ok(Self { client: client(Somewhere::Any)?, place })
    }

    /// The keys that are published now; else what is wrong, for the log.
    pub(super) async fn get(&self) -> Result<Set, String> {
        self.look().await.map(|look| look.set)
    }

    /// The same, with where they are and what the clock of the provider says.
    pub(super) async fn look(&self) -> Result<Look, String> {
        let (place, client) = match &self.place {
            Place::Keys(place) => (place.clone(), &self.client),
            Place::Issuer { name, documents, elsewhere } => {
                let place = self.discover(name, documents).await?;
                // Its document may send us on, but not to what only this machine or its network reaches.
                let is_own = place.host_str() == documents[0].host_str();
                (place, if is_own { &self.client } else { elsewhere })
            }
        };
        let (body, date) = exchange::dated(client.get(place.clone()), LARGEST).await?;
        let set = Set::read(&body).map_err(str::to_owned)?;
        Ok(Look { place: place.into(), set, date })
    }

    /// Where the issuer says that its keys are, in the first of its documents that there is.
    async fn discover(&self, name: &str, documents: &[Url; 2]) -> Result<Url, String> {
        let mut body = read(&self.client, &documents[0]).await;
        if body.is_err() {
            body = read(&self.client, &documents[1]).await;
        }
        let document: Value =
            serde_json::from_slice(&body?).map_err(|_| "the issuer's document is not JSON".to_owned())?;
        // Else somebody could answer for another issuer (RFC 8414, section 3.3).
        if document.get("issuer").and_then(Value::as_str) != Some(name) {
            return Err("the issuer's document is of another issuer".to_owned());
        }
        let place = document.get("jwks_uri").and_then(Value::as_str).unwrap_or_default();
        let place = address::configured(place).map_err(|wrong| format!("jwks_uri: {wrong}"))?;
        let is_own = place.host_str() == documents[0].host_str();
        if is_own || address::is_public(&place) {
            Ok(place)
        } else {
            Err("jwks_uri: it leads to where only this machine or its network reaches".to_owned())
        }
    }
}

/// Keys are fetched so rarely that no connection is kept for it.
fn client(somewhere: Somewhere) -> Result<Client, StartError> {
    exchange::client(somewhere, 0)
}

/// A small document, whole.
async fn read(client: &Client, place: &Url) -> Result<Vec<u8>, String> {
    exchange::read(client.get(place.clone()), LARGEST).await
}
