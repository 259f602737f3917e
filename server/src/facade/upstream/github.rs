//! GitHub: its tokens say nothing, so GitHub is asked whose a token is and to whose app it was given. One that was given to another
//! app is not good here, whoever it is of.

use reqwest::{Client, Url};
use secrecy::ExposeSecret as _;
use serde::Deserialize;
use serde_json::json;

use super::exchange::{Tokens, ask};
use super::{Failure, Kept, User, step};
use crate::facade::options;
use crate::identity::address::{self, Somewhere};
use crate::identity::exchange;
use crate::start_error::StartError;

/// How many connections are kept.
const IDLE: usize = 4;
/// How many organisations may be named: each is asked about at each login.
const MOST: usize = 16;
const JSON: &str = "application/vnd.github+json";

/// GitHub, for our app there.
pub(in crate::facade) struct GitHub {
    options: options::GitHub,
    client: Client,
    /// Its name, which is where people log in.
    issuer: String,
    api: String,
}

/// Whose a token is.
#[derive(Deserialize)]
struct Checked {
    app: App,
    user: Account,
}

#[derive(Deserialize)]
struct App {
    client_id: String,
}

#[derive(Deserialize)]
struct Account {
    /// A name can be given up and taken by somebody else; this cannot.
    id: u64,
    login: String,
}

#[derive(Deserialize)]
struct Membership {
    state: String,
}

impl GitHub {
    pub(super) fn new(options: options::GitHub) -> Result<Self, StartError> {
        let place = |setting: &str, text: &str| -> Result<String, StartError> {
            let wrong = |wrong| StartError::new(format!("{setting}: {wrong}"));
            let address: Url = address::configured(text).map_err(wrong)?;
            Ok(address.as_str().trim_end_matches('/').to_owned())
        };
        if options.organizations.len() > MOST {
            return Err(StartError::new(format!(
                "AUTH_GITHUB_ORGANIZATIONS: expected at most {MOST} organisations, got {}",
                options.organizations.len()
            )));
        }
        let issuer = place("AUTH_GITHUB_URL", &options.address)?;
        let api = place("AUTH_GITHUB_API_URL", &options.api)?;
        Ok(Self { client: exchange::client(Somewhere::Any, IDLE)?, issuer, api, options })
    }

    pub(super) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Where people log in, and what is asked for there: to read who they are needs no scope, to read their memberships one.
    pub(super) fn authorization(&self) -> (String, Vec<(&'static str, String)>) {
        let mut own =
            vec![("client_id", self.options.client_id.clone()), ("allow_signup", "false".to_owned())];
        if !self.options.organizations.is_empty() {
            own.push(("scope", "read:org".to_owned()));
        }
        (format!("{}/login/oauth/authorize", self.issuer), own)
    }

    pub(super) async fn log_in(&self, form: &[(&str, &str)]) -> Result<(User, Kept), Failure> {
        let kept = self.tokens(form).await?.kept(None)?;
        Ok((self.user(&kept).await?, kept))
    }

    /// Who it still is. Tokens of some apps end after hours, and others are got for them.
    pub(super) async fn renew(&self, kept: &Kept) -> Result<(User, Kept), Failure> {
        let refresh = kept.refresh.as_ref();
        match (self.user(kept).await, refresh) {
            (Err(Failure::Refused(_)), Some(refresh)) => {
                let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())];
                let kept = self.tokens(&form).await?.kept(Some(kept))?;
                Ok((self.user(&kept).await?, kept))
            }
            (user, _) => Ok((user?, kept.clone())),
        }
    }

    async fn tokens(&self, form: &[(&str, &str)]) -> Result<Tokens, Failure> {
        let place = format!("{}/login/oauth/access_token", self.issuer);
        let client = (&*self.options.client_id, &self.options.client_secret);
        Tokens::ask(&self.client, &place, client, form).await
    }

    /// Whose token it is, if it is for our app and of somebody who may log in.
    async fn user(&self, kept: &Kept) -> Result<User, Failure> {
        let options::GitHub { client_id, client_secret, organizations, .. } = &self.options;
        let request = self
            .client
            .post(format!("{}/applications/{}/token", self.api, step(client_id)))
            .basic_auth(client_id, Some(client_secret.expose_secret()))
            .header("content-type", "application/json")
            .body(json!({ "access_token": kept.access.expose_secret() }).to_string());
        let answer = ask(request.header("accept", JSON)).await?;
        let Checked { app, user } = match answer.status {
            200 => answer.read()?,
            404 | 422 => return Err(Failure::Refused("login_withdrawn")),
            _ => return Err(answer.odd()),
        };
        if app.client_id != *client_id {
            return Err(Failure::Refused("login_of_another_app"));
        }
        let groups = self.memberships(kept).await?;
        if groups.is_empty() && !organizations.is_empty() {
            return Err(Failure::Refused("login_outside_organization"));
        }
        Ok(User { subject: user.id.to_string(), name: Some(user.login), groups, tenant: None })
    }

    /// The organisations that matter here and of which the person is a member.
    async fn memberships(&self, kept: &Kept) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        for organization in &self.options.organizations {
            let place = format!("{}/user/memberships/orgs/{}", self.api, step(organization));
            let request = self.client.get(place).bearer_auth(kept.access.expose_secret());
            let answer = ask(request.header("accept", JSON)).await?;
            match answer.status {
                200 if answer.read::<Membership>()?.state == "active" => found.push(organization.clone()),
                // Who is invited is none yet.
                200 | 403 | 404 => {}
                _ => return Err(answer.odd()),
            }
        }
        Ok(found)
    }
}
