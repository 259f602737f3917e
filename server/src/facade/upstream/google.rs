//! Google: its ID token says who logged in, is signed, and is for our client and this very login.

use std::time::SystemTime;

use reqwest::Client;
use secrecy::ExposeSecret as _;

use super::exchange::Tokens;
use super::{Failure, Kept, User};
use crate::facade::options;
use crate::identity::address::{self, Somewhere};
use crate::identity::claims::Claims;
use crate::identity::exchange;
use crate::identity::jwt::id_tokens::IdTokens;
use crate::identity::keys::Source;
use crate::identity::{Denied, Names};
use crate::metrics::Metrics;
use crate::start_error::StartError;

/// How many connections are kept.
const IDLE: usize = 4;
/// Google's name in its tokens; some have it without its scheme.
const ISSUER: &str = "https://accounts.google.com";
const ISSUER_BARE: &str = "accounts.google.com";

/// Google, for our client there.
pub(in crate::facade) struct Google {
    options: options::Google,
    client: Client,
    issuer: String,
    login: String,
    token: String,
    id_tokens: IdTokens,
}

impl Google {
    pub(super) fn new(options: options::Google, metrics: Metrics) -> Result<Self, StartError> {
        let (issuer, login, token, keys, names) = match &options.address {
            None => (
                ISSUER.to_owned(),
                format!("{ISSUER}/o/oauth2/v2/auth"),
                "https://oauth2.googleapis.com/token".to_owned(),
                "https://www.googleapis.com/oauth2/v3/certs".to_owned(),
                vec![ISSUER.to_owned(), ISSUER_BARE.to_owned()],
            ),
            Some(text) => {
                let wrong = |wrong| StartError::new(format!("AUTH_GOOGLE_URL: {wrong}"));
                let address = address::configured(text).map_err(wrong)?;
                let base = address.as_str().trim_end_matches('/').to_owned();
                let at = |path: &str| format!("{base}{path}");
                (
                    base.clone(),
                    at("/o/oauth2/v2/auth"),
                    at("/token"),
                    at("/oauth2/v3/certs"),
                    vec![base.clone()],
                )
            }
        };
        let id_tokens = IdTokens::new(Source::Address(keys), names, &options.client_id, metrics)?;
        let client = exchange::client(Somewhere::Any, IDLE)?;
        Ok(Self { options, client, issuer, login, token, id_tokens })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where people log in. A refresh token is given only where it is asked for and agreed to anew; by it is found out later
    /// whether the account is still there.
    pub(super) fn authorization(&self, nonce: &str) -> (String, Vec<(&'static str, String)>) {
        let mut own = vec![
            ("client_id", self.options.client_id.clone()),
            ("scope", "openid email".to_owned()),
            ("nonce", nonce.to_owned()),
            ("access_type", "offline".to_owned()),
            ("prompt", "consent".to_owned()),
        ];
        // It only chooses what the page offers; what counts is in the token.
        if let [only] = &*self.options.domains {
            own.push(("hd", only.clone()));
        }
        (self.login.clone(), own)
    }

    pub(super) async fn log_in(
        &self,
        form: &[(&str, &str)],
        nonce: Option<&str>,
    ) -> Result<(User, Kept), Failure> {
        self.asked(form, nonce, None).await
    }

    pub(super) async fn renew(&self, kept: &Kept) -> Result<(User, Kept), Failure> {
        let refresh = kept.refresh.as_ref().ok_or(Failure::Refused("login_without_refresh_token"))?;
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())];
        self.asked(&form, None, Some(kept)).await
    }

    async fn asked(
        &self,
        form: &[(&str, &str)],
        nonce: Option<&str>,
        before: Option<&Kept>,
    ) -> Result<(User, Kept), Failure> {
        let client = (&*self.options.client_id, &self.options.client_secret);
        let tokens = Tokens::ask(&self.client, &self.token, client, form).await?;
        let missing = || Failure::Away("the answer has no ID token".to_owned());
        let token = tokens.id_token.as_deref().ok_or_else(missing)?;
        let claims = self.id_tokens.verify(token, nonce, SystemTime::now()).await;
        let claims = claims.map_err(|denied| match denied {
            Denied::Unavailable(cause) => Failure::Away(format!("the provider's keys: {cause}")),
            other => Failure::Refused(other.reason()),
        })?;
        Ok((self.user(&claims)?, tokens.kept(before)?))
    }

    /// Who it is, if that person may log in.
    fn user(&self, claims: &Claims) -> Result<User, Failure> {
        if claims.get("email_verified").and_then(serde_json::Value::as_bool) != Some(true) {
            return Err(Failure::Refused("login_with_unverified_address"));
        }
        // What an address ends in says nothing: an account elsewhere may have any.
        let domain = claims.text("hd").map(str::to_owned);
        let domains = &self.options.domains;
        let is_inside = domain.as_ref().is_some_and(|domain| domains.contains(domain));
        if !domains.is_empty() && !is_inside {
            return Err(Failure::Refused("login_outside_domain"));
        }
        let subject =
            claims.subject(&Names::default().user).map_err(|denied| Failure::Refused(denied.reason()))?;
        let name = claims.text("email").map(str::to_owned);
        Ok(User { subject, name, groups: Vec::new(), tenant: domain })
    }
}
