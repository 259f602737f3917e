//! Where programs get tokens: for a code, once, with what proves that they asked for it; and for a refresh token, which is
//! replaced each time.

use std::time::SystemTime;

use http::StatusCode;
use http::header::AUTHORIZATION;
use http::request::Parts;
use serde_json::json;

use super::logins::{Given, Id, NoLogin};
use super::reply::{self, Wrong};
use super::upstream::Failure;
use super::{Agreed, CODE, Code, Facade, challenge, unguessable};
use crate::http::{Parameters, RequestBody, Response, json_answer};

const NO_CODE: Wrong = Wrong::grant("The code is unknown, was used, is too old, or is for another program");
const NO_TOKEN: Wrong =
    Wrong::grant("The refresh token is unknown, was used, is too old, or is for another program");

impl Facade {
    /// Gives tokens.
    pub(super) async fn token(&self, request: &Parts, body: RequestBody) -> Response {
        let from = reply::Sender::of(request);
        if request.headers.contains_key(AUTHORIZATION) {
            return Wrong::client("Programs have no secret here; send client_id in the form").answer();
        }
        let form = match reply::form(&request.headers, body).await {
            Ok(form) => form,
            Err(wrong) => return wrong.answer(),
        };
        let given = match form.get("grant_type") {
            Some("authorization_code") => self.for_code(&form, &from),
            Some("refresh_token") => self.for_refresh(&form, &from).await,
            Some(_) => Err(Wrong::of(
                "unsupported_grant_type",
                "grant_type must be authorization_code or refresh_token",
            )),
            None => Err(Wrong::request("grant_type is missing")),
        };
        // Before the answer: what a program was told must be so after a restart too.
        self.logins.save().await;
        given.map_or_else(Wrong::answer, |given| self.given(&given))
    }

    fn given(&self, given: &Given) -> Response {
        let mut body = json!({
            "access_token": given.access,
            "token_type": "Bearer",
            "expires_in": given.access_life.as_secs(),
            "refresh_token": given.refresh,
        });
        if !given.scopes.is_empty() {
            body["scope"] = given.scopes.join(" ").into();
        }
        json_answer(StatusCode::OK, &body)
    }

    fn for_code(&self, form: &Parameters, from: &reply::Sender) -> Result<Given, Wrong> {
        let needed = |name| form.get(name);
        let (Some(code), Some(client), Some(redirect), Some(verifier)) =
            (needed("code"), needed("client_id"), needed("redirect_uri"), needed("code_verifier"))
        else {
            return Err(Wrong::request("code, client_id, redirect_uri and code_verifier are needed"));
        };
        let (name, now) = (unguessable::hash(code), Self::now());
        // Taken before anything is compared: it is good for one try.
        let found = super::lock(&self.codes).take(&name, now);
        let agreed = match found {
            None => return Err(NO_CODE),
            Some(Code::Used(login)) => {
                self.end(login, "code_replayed", from);
                return Err(NO_CODE);
            }
            Some(Code::Good(agreed)) => agreed,
        };
        let asked = &agreed.asked;
        let is_theirs = asked.client == client && asked.redirect == redirect;
        if !is_theirs || !challenge::is_met(&asked.challenge, verifier) {
            self.refused("code_of_another_program", from);
            return Err(NO_CODE);
        }
        if !self.is_for_us(form) {
            return Err(Wrong::of("invalid_target", "resource must be the address of this server"));
        }
        let Agreed { asked, user, kept } = *agreed;
        let begun = self.logins.begin(asked.client, asked.scopes, user, kept, SystemTime::now());
        let (login, given) = begun.map_err(|_| Wrong::later("There is no room for another login"))?;
        self.metrics.authenticated(self.upstream.word(), true);
        // Kept as used for as long as it could be shown again; where there is no room, it is merely unknown.
        let _ = super::lock(&self.codes).put(name, Code::Used(login), from.address, now + CODE, now);
        Ok(given)
    }

    async fn for_refresh(&self, form: &Parameters, from: &reply::Sender) -> Result<Given, Wrong> {
        let (Some(token), Some(client)) = (form.get("refresh_token"), form.get("client_id")) else {
            return Err(Wrong::request("refresh_token and client_id are needed"));
        };
        if !self.is_for_us(form) {
            return Err(Wrong::of("invalid_target", "resource must be the address of this server"));
        }
        let rotation = match self.logins.rotate(token, client, SystemTime::now()) {
            Ok(rotation) => rotation,
            Err(NoLogin::Unknown) => return Err(NO_TOKEN),
            Err(NoLogin::Busy) => return Err(Wrong::later("The same token is being refreshed")),
            Err(NoLogin::Replayed(login)) => {
                self.end(login, "refresh_token_replayed", from);
                return Err(NO_TOKEN);
            }
        };
        // Whoever lost the account at the provider, or its trust in this server, loses the login here.
        match self.upstream.renew(rotation.kept()).await {
            Ok((user, kept)) if user.subject == rotation.subject() => {
                rotation.finish(user, kept, SystemTime::now()).ok_or(NO_TOKEN)
            }
            Ok(_) => {
                self.end(rotation.end(), "login_of_another_person", from);
                Err(NO_TOKEN)
            }
            Err(Failure::Refused(outcome)) => {
                self.end(rotation.end(), outcome, from);
                Err(NO_TOKEN)
            }
            Err(Failure::Away(cause)) => {
                tracing::error!(cause, provider = self.upstream.name(), "a login could not be renewed");
                Err(Wrong::later("The login cannot be renewed at the moment; the token is still good"))
            }
        }
    }

    /// Ends a login, and puts on the record why.
    fn end(&self, login: Id, outcome: &'static str, from: &reply::Sender) {
        self.logins.end(&login);
        self.refused(outcome, from);
    }
}
