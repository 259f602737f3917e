//! Where the provider sends the browser back after a login: it must be the browser in which somebody agreed, or nothing comes of it.

use http::StatusCode;
use http::request::Parts;

use super::asked::Asked;
use super::browser::Browser;
use super::upstream::Failure;
use super::{Agreed, CODE, Code, Facade, Pending, page, reply, unguessable};
use crate::http::{Parameters, Response};

const UNKNOWN: &str = "No login of this browser is under way. Begin again in the program.";

impl Facade {
    /// Gives the program a code for who logged in.
    pub(super) async fn callback(&self, request: &Parts) -> Response {
        let from = reply::Sender::of(request);
        let refused = |outcome| {
            self.refused(outcome, &from);
            page::stop(StatusCode::FORBIDDEN, &self.title, UNKNOWN)
        };
        let Ok(parameters) = Parameters::read(request.uri.query().unwrap_or_default()) else {
            return refused("login_malformed");
        };
        let state = unguessable::hash(parameters.get("state").unwrap_or_default());
        // Taken whatever comes of it: whoever can show the state has had one try.
        let Some(pending) = super::lock(&self.pending).take(&state, Self::now()) else {
            return refused("login_unknown");
        };
        let browser = Browser::of(&request.headers, self.is_secure()).map(|browser| browser.hash());
        if browser != Some(pending.browser) {
            return refused("login_in_another_browser");
        }
        let address = match self.logged_in(&pending, &parameters).await {
            Ok(agreed) => self.code(agreed, &from),
            Err(failure) => self.failed(&pending.asked, failure, &from),
        };
        reply::to(&address)
    }

    async fn logged_in(&self, pending: &Pending, parameters: &Parameters) -> Result<Agreed, Failure> {
        if parameters.get("iss").is_some_and(|issuer| !self.upstream.is_called(issuer)) {
            return Err(Failure::Refused("login_of_another_issuer"));
        }
        let Some(code) = parameters.get("code") else {
            // What the provider says of it is not repeated: anybody who has the state writes it.
            return Err(Failure::Refused("login_declined"));
        };
        let Pending { asked, verifier, nonce, .. } = pending;
        let (user, kept) = self.upstream.log_in(code, &self.callback_address(), verifier, nonce).await?;
        Ok(Agreed { asked: asked.clone(), user, kept })
    }

    /// The way back to the program with a code, which only the program's verifier makes worth anything.
    fn code(&self, agreed: Agreed, from: &reply::Sender) -> String {
        let Asked { redirect, state, .. } = agreed.asked.clone();
        let (code, now) = (unguessable::text(), Self::now());
        let name = unguessable::hash(&code);
        let kept =
            super::lock(&self.codes).put(name, Code::Good(agreed.into()), from.address, now + CODE, now);
        let said = match kept {
            Ok(()) => [("code", code.as_str())],
            Err(_) => [("error", "temporarily_unavailable")],
        };
        reply::back(&redirect, state.as_deref(), &self.issuer, &said)
    }

    fn failed(&self, asked: &Asked, failure: Failure, from: &reply::Sender) -> String {
        let error = match failure {
            Failure::Refused(outcome) => {
                self.refused(outcome, from);
                "access_denied"
            }
            Failure::Away(cause) => {
                tracing::error!(cause, provider = self.upstream.name(), "a login could not be finished");
                "temporarily_unavailable"
            }
        };
        reply::back(&asked.redirect, asked.state.as_deref(), &self.issuer, &[("error", error)])
    }
}
