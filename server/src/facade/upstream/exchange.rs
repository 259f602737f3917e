//! Questions to the provider, each with an answer in JSON that says yes or no; everything else is an outage.

use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;

use super::{Failure, Kept};
use crate::identity::exchange;
use crate::request::query_text;

/// How large an answer may be in bytes.
const LARGEST: usize = 64 * 1024;

/// An answer by its status.
pub(super) struct Answer {
    pub(super) status: u16,
    body: Vec<u8>,
}

impl Answer {
    /// What it says.
    pub(super) fn read<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|_| self.odd())
    }

    /// It is none of those that are expected. What it says is not repeated: it may hold a token.
    pub(super) fn odd(&self) -> Failure {
        Failure::Away(format!("an answer of {} is none that is expected", self.status))
    }
}

/// Asks.
pub(super) async fn ask(request: RequestBuilder) -> Result<Answer, Failure> {
    let (status, body) = exchange::answer(request, LARGEST).await.map_err(Failure::Away)?;
    Ok(Answer { status, body })
}

/// A form, or the query of an address.
pub(super) fn form(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{name}={}", query_text(value))).collect();
    pairs.join("&")
}

/// What a token endpoint answers, of all providers together (RFC 6749, sections 5.1 and 5.2).
#[derive(serde::Deserialize)]
pub(super) struct Tokens {
    access_token: Option<String>,
    refresh_token: Option<String>,
    pub(super) id_token: Option<String>,
    error: Option<String>,
}

impl Tokens {
    /// Asks a token endpoint with this form, as this client.
    pub(super) async fn ask(
        client: &Client,
        place: &str,
        (id, secret): (&str, &SecretString),
        pairs: &[(&str, &str)],
    ) -> Result<Self, Failure> {
        let of_client = [("client_id", id), ("client_secret", secret.expose_secret())];
        let request = client
            .post(place)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form(&[pairs, &of_client[..]].concat()));
        let answer = ask(request).await?;
        let tokens: Self = answer.read()?;
        match tokens.error.as_deref() {
            None if answer.status == 200 => Ok(tokens),
            // The code or the token is not good; GitHub has words of its own for it.
            Some("invalid_grant" | "bad_verification_code" | "bad_refresh_token") => {
                Err(Failure::Refused("login_refused_by_provider"))
            }
            Some("invalid_client" | "incorrect_client_credentials" | "redirect_uri_mismatch") => Err(
                Failure::Away("the provider does not take this server's name, secret or address".to_owned()),
            ),
            _ => Err(answer.odd()),
        }
    }

    /// What is kept of them. A refresh token that is not replaced stays.
    pub(super) fn kept(&self, before: Option<&Kept>) -> Result<Kept, Failure> {
        let secret = |text: &Option<String>| text.clone().map(SecretString::from);
        let access = secret(&self.access_token);
        let access = access.ok_or_else(|| Failure::Away("the answer has no token".to_owned()))?;
        let refresh = secret(&self.refresh_token);
        Ok(Kept { access, refresh: refresh.or_else(|| before.and_then(|kept| kept.refresh.clone())) })
    }
}
