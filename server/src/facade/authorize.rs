//! Where a login begins: a program sends a browser with what it asks for, and a person is asked.
//!
//! Nothing is kept before somebody agrees: the question goes out sealed, for this browser alone, and comes back with the answer.

use http::StatusCode;
use http::header::SET_COOKIE;
use http::request::Parts;

use super::asked::{Asked, redirect_of};
use super::browser::Browser;
use super::clients::{Client, NoClient};
use super::consent::Question;
use super::{Facade, page, reply};
use crate::http::{Parameters, Response};

/// Why nobody is asked.
enum Turned {
    /// The browser may not be sent anywhere: what is wrong is said here.
    Here(StatusCode, &'static str),
    /// The program is told.
    Back(String),
}

impl Facade {
    /// Asks the person at the browser.
    pub(super) async fn authorize(&self, request: &Parts) -> Response {
        let (client, asked) = match self.question(request).await {
            Ok(found) => found,
            Err(Turned::Here(status, why)) => return page::stop(status, &self.title, why),
            Err(Turned::Back(address)) => return reply::to(&address),
        };
        let browser = Browser::of(&request.headers, self.is_secure()).unwrap_or_else(Browser::new);
        let sealed = Question::seal(&self.seal, &browser, &asked);
        let shown = page::Shown {
            title: &self.title,
            resource: &self.options.resource,
            client: &client,
            asked: &asked,
            provider: self.upstream.name(),
        };
        let mut response = page::consent(&shown, &sealed);
        response.headers_mut().insert(SET_COOKIE, browser.cookie(self.is_secure()));
        response
    }

    async fn question(&self, request: &Parts) -> Result<(Client, Asked), Turned> {
        let here = |why| Turned::Here(StatusCode::BAD_REQUEST, why);
        let parameters = Parameters::read(request.uri.query().unwrap_or_default()).map_err(here)?;
        let id = parameters.get("client_id").unwrap_or_default();
        let client = self.clients.find(id, &self.seal, self.options.registers).await;
        let client = client.map_err(|no| match no {
            NoClient::Unknown(why) => here(why),
            NoClient::Away(why) => Turned::Here(StatusCode::SERVICE_UNAVAILABLE, why),
        })?;
        // Only from here on the browser may be sent there: an address that nobody checked would be anybody's.
        let redirect = redirect_of(&client, &parameters).map_err(here)?;
        let asked = self.asked(&client, &redirect, &parameters).map_err(|fault| {
            let said = [("error", fault.word), ("error_description", fault.why)];
            Turned::Back(reply::back(&redirect, parameters.get("state"), &self.issuer, &said))
        })?;
        Ok((client, asked))
    }
}
