//! ID tokens (OpenID Connect Core, section 2): who logged in, for one client and one login. They let nobody in: whoever has one was
//! merely there.

use std::time::{Duration, SystemTime};

use super::{Options, Signed};
use crate::identity::claims::Claims;
use crate::identity::keys::{Algorithm, Keys, Source};
use crate::identity::{Denied, Names};
use crate::metrics::Metrics;
use crate::start_error::StartError;

/// How far the clocks of the provider and of this machine may differ.
const LEEWAY: Duration = Duration::from_secs(30);

/// Checks the ID tokens of one issuer for one client.
pub(crate) struct IdTokens {
    /// How headers must be.
    options: Options,
    /// What the issuer calls itself.
    issuers: Vec<String>,
    client: String,
    keys: Keys,
}

impl IdTokens {
    /// Those of an issuer that has these names and publishes its keys there; nothing is fetched yet.
    pub(crate) fn new(
        keys: Source,
        issuers: Vec<String>,
        client: &str,
        metrics: Metrics,
    ) -> Result<Self, StartError> {
        let mut options = Options::new(keys.clone(), "", Vec::new());
        options.algorithms = vec![Algorithm::Rs256, Algorithm::Es256];
        options.types = vec!["JWT".to_owned()];
        Ok(Self { options, issuers, client: client.to_owned(), keys: Keys::new(keys, metrics)? })
    }

    /// What a token says, if it is good at this time, and was made for the login of this nonce, where there is one.
    pub(crate) async fn verify(
        &self,
        token: &str,
        nonce: Option<&str>,
        time: SystemTime,
    ) -> Result<Claims, Denied> {
        let token = Signed::read(token, &self.options)?;
        self.judge(&token.claims, nonce, time)?;
        token.check(&self.keys).await?;
        Ok(token.claims)
    }

    fn judge(&self, claims: &Claims, nonce: Option<&str>, time: SystemTime) -> Result<(), Denied> {
        let is_of_issuer =
            claims.text("iss").is_some_and(|name| self.issuers.iter().any(|known| known == name));
        if !is_of_issuer {
            return Err(Denied::Invalid("issuer"));
        }
        // One audience, as one text: a token for several is for others too.
        if claims.text("aud") != Some(&self.client) {
            return Err(Denied::Invalid("audience"));
        }
        if claims.get("azp").is_some() && claims.text("azp") != Some(&self.client) {
            return Err(Denied::Invalid("authorized_party"));
        }
        if nonce.is_some() && claims.text("nonce") != nonce {
            return Err(Denied::Invalid("nonce"));
        }
        claims.times(LEEWAY, time)?.expires.ok_or(Denied::Invalid("no_expiry"))?;
        claims.subject(&Names::default().user).map(|_| ())
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn judged(name: &str, value: Value, nonce: Option<&str>) -> Result<(), Denied> {
        let keys = Source::Address("https://login.example.com/keys".to_owned());
        let tokens =
            IdTokens::new(keys, vec!["https://login.example.com".to_owned()], "us", Metrics::default())
                .expect("sound");
        let mut claims = json!({
            "iss": "https://login.example.com", "aud": "us", "azp": "us", "sub": "1", "nonce": "n",
            "iat": NOW - 10, "exp": NOW + 600,
        });
        let members = claims.as_object_mut().expect("an object");
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.to_owned(), value),
        };
        let claims = Claims::from(members.clone());
        tokens.judge(&claims, nonce, UNIX_EPOCH + Duration::from_secs(NOW))
    }

    #[test]
    fn an_id_token_is_for_one_client_and_one_login() {
        assert_eq!(judged("", json!(1), Some("n")), Ok(()));
        assert_eq!(judged("azp", Value::Null, Some("n")), Ok(()));
        assert_eq!(judged("nonce", Value::Null, None), Ok(()), "a refreshed one has none");
        for (name, value, reason) in [
            ("iss", json!("https://login.example.org"), "issuer"),
            ("iss", json!(["https://login.example.com"]), "issuer"),
            ("aud", json!("them"), "audience"),
            ("aud", json!(["us", "them"]), "audience"),
            ("aud", Value::Null, "audience"),
            ("azp", json!("them"), "authorized_party"),
            ("azp", json!(7), "authorized_party"),
            ("nonce", json!("m"), "nonce"),
            ("nonce", Value::Null, "nonce"),
            ("exp", json!(NOW - 31), "expired"),
            ("exp", Value::Null, "no_expiry"),
            ("iat", json!(NOW + 31), "issued_later"),
            ("sub", json!(""), "subject"),
        ] {
            assert_eq!(
                judged(name, value.clone(), Some("n")),
                Err(Denied::Invalid(reason)),
                "{name}={value}"
            );
        }
    }
}
