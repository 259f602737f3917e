//! The answer of a person who was asked: yes sends the browser to the provider, no sends it back to the program.
//!
//! What is answered is the very question that was put to this browser: its seal is bound to the cookie, so that a page elsewhere
//! can neither make one nor have it answered for somebody. Nothing of a yes is remembered for another time.

use std::time::{SystemTime, UNIX_EPOCH};

use http::header::ORIGIN;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};

use super::asked::Asked;
use super::browser::Browser;
use super::sealed::Seal;
use super::{Facade, LOGIN, Pending, challenge, page, reply, unguessable};
use crate::http::{RequestBody, Response};

/// How long a question may wait for its answer, in seconds.
const PATIENCE: u64 = 15 * 60;
const KIND: &str = "question";
const NOT_ASKED: &str =
    "This is no answer to a question that this browser was asked a moment ago. Begin again in the program.";

/// A question with the time at which it was put.
#[derive(Serialize, Deserialize)]
pub(super) struct Question {
    asked: Asked,
    at: u64,
}

impl Question {
    /// The question as it goes out to this browser.
    pub(super) fn seal(seal: &Seal, browser: &Browser, asked: &Asked) -> String {
        let at = seconds(SystemTime::now());
        seal.close(KIND, &browser.hash(), &Self { asked: asked.clone(), at })
    }

    /// The question, if it was put to this browser not long before this time.
    fn open(seal: &Seal, browser: &Browser, text: &str, time: SystemTime) -> Option<Asked> {
        let Self { asked, at } = seal.open(KIND, &browser.hash(), text)?;
        let now = seconds(time);
        (at <= now && now < at + PATIENCE).then_some(asked)
    }
}

fn seconds(time: SystemTime) -> u64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

impl Facade {
    /// Does what the person said.
    pub(super) async fn consent(&self, request: &Parts, body: RequestBody) -> Response {
        let from = reply::Sender::of(request);
        let refused = |outcome| {
            self.refused(outcome, &from);
            page::stop(StatusCode::FORBIDDEN, &self.title, NOT_ASKED)
        };
        if !self.is_from_here(&request.headers) {
            return refused("consent_from_elsewhere");
        }
        let Ok(form) = reply::form(&request.headers, body).await else {
            return page::stop(StatusCode::BAD_REQUEST, &self.title, "The answer cannot be read.");
        };
        let Some(browser) = Browser::of(&request.headers, self.is_secure()) else {
            return refused("consent_without_browser");
        };
        let question = form.get("question").unwrap_or_default();
        let Some(asked) = Question::open(&self.seal, &browser, question, SystemTime::now()) else {
            return refused("consent_not_asked");
        };
        match form.get("answer") {
            Some("yes") => self.go_on(asked, &browser, &from),
            Some("no") => self.turn_back(&asked),
            _ => page::stop(StatusCode::BAD_REQUEST, &self.title, "The answer is neither yes nor no."),
        }
    }

    /// Whether a request was made by a page of ours, as far as the browser says. The seal holds without it.
    fn is_from_here(&self, headers: &HeaderMap) -> bool {
        let is = |name: &str, expected: &str| headers.get_all(name).iter().all(|value| value == expected);
        is(ORIGIN.as_str(), &self.issuer) && is("sec-fetch-site", "same-origin")
    }

    /// Sends the browser to the provider; what comes back there is taken once, and in this browser only.
    fn go_on(&self, asked: Asked, browser: &Browser, from: &reply::Sender) -> Response {
        let (state, verifier, nonce) = (unguessable::text(), unguessable::text(), unguessable::text());
        let challenge = challenge::of(&verifier);
        let address = self.upstream.authorization(&self.callback_address(), &state, &challenge, &nonce);
        let pending = Pending { asked, browser: browser.hash(), verifier, nonce };
        let (name, now) = (unguessable::hash(&state), Self::now());
        let kept = super::lock(&self.pending).put(name, pending, from.address, now + LOGIN, now);
        if kept.is_err() {
            tracing::warn!("more logins are under way than there is room for");
            let why = "Too many logins are under way. Try again in a few minutes.";
            return page::stop(StatusCode::SERVICE_UNAVAILABLE, &self.title, why);
        }
        let place = format!("the login of {}", self.upstream.name());
        page::onwards(&self.title, &place, &address)
    }

    fn turn_back(&self, asked: &Asked) -> Response {
        let said = [("error", "access_denied"), ("error_description", "The person said no")];
        let address = reply::back(&asked.redirect, asked.state.as_deref(), &self.issuer, &said);
        page::onwards(&self.title, &asked.name, &address)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn t_27_a_question_is_answered_by_the_browser_that_was_asked_and_in_time() {
        let (seal, browser) = (Seal::new(&"secret".into()), Browser::new());
        let asked = Asked {
            client: "c".to_owned(),
            name: "n".to_owned(),
            redirect: "https://a.example.com/".to_owned(),
            challenge: "x".to_owned(),
            scopes: Vec::new(),
            state: None,
        };
        let now = SystemTime::now();
        let sealed = Question::seal(&seal, &browser, &asked);
        let at = |seconds: u64| now + Duration::from_secs(seconds);
        assert_eq!(Question::open(&seal, &browser, &sealed, at(PATIENCE - 2)), Some(asked));
        assert_eq!(Question::open(&seal, &browser, &sealed, at(PATIENCE + 1)), None, "too late");
        assert_eq!(Question::open(&seal, &Browser::new(), &sealed, at(1)), None, "another browser");
    }
}
