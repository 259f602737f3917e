//! A simulator with a clock that stands still, and an HTTP client that sends the token to it.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use simulator::{Builder, Clock, Running, Simulator};

/// Where the paths of most operations begin.
pub(crate) const BASE: &str = "/ispw/cw09-47623";

/// A served simulator and a client for it.
pub(crate) struct Client {
    pub(crate) simulator: Running,
    pub(crate) http: reqwest::Client,
}

impl Client {
    /// Starts a simulator on a manual clock.
    pub(crate) async fn start() -> Self {
        Self::of(Simulator::builder().clock(Clock::manual())).await
    }

    /// Starts a simulator that is set up otherwise.
    pub(crate) async fn of(builder: Builder) -> Self {
        Self { simulator: builder.start().await.expect("loopback has a free port"), http: http() }
    }

    /// A request with the token, not yet sent; the path begins after the instance.
    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let address = self.address(path);
        self.http.request(method, address).header("authorization", self.simulator.token())
    }

    /// The whole address of a path.
    pub(crate) fn address(&self, path: &str) -> String {
        let base = if path.starts_with("/ispw/") || path.starts_with("/compuware/") { "" } else { BASE };
        format!("{}{base}{path}", self.simulator.url())
    }

    /// Reads a path.
    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        reply(self.request(Method::GET, path)).await
    }

    /// Posts a JSON body to a path.
    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let request = self.request(Method::POST, path).header("content-type", "application/json");
        reply(request.body(body.to_owned())).await
    }

    /// Posts and expects the id of the set that was made.
    pub(crate) async fn open_set(&self, path: &str, body: &str) -> String {
        let (status, answer) = self.post(path, body).await;
        assert_eq!(status, 200, "{path}: {answer}");
        answer["setId"].as_str().unwrap_or_else(|| panic!("{path}: {answer}")).to_owned()
    }

    /// The state of a set.
    pub(crate) async fn state(&self, set: &str) -> String {
        let (status, answer) = self.get(&format!("/sets/{set}")).await;
        assert_eq!(status, 200, "{answer}");
        answer["state"].as_str().expect("a set has a state").to_owned()
    }

    /// The level of a task of an assignment.
    pub(crate) async fn level(&self, assignment: &str, task: &str) -> String {
        let (status, answer) = self.get(&format!("/assignments/{assignment}/tasks/{task}")).await;
        assert_eq!(status, 200, "{answer}");
        answer["level"].as_str().expect("a task has a level").to_owned()
    }

    /// Advances the clock by this many milliseconds.
    pub(crate) fn advance(&self, millis: u64) {
        self.simulator.clock().advance(Duration::from_millis(millis));
    }
}

/// A client that follows nothing, keeps to itself and gives up eventually.
fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
        .expect("the settings are valid")
}

/// Sends a request and reads the answer as JSON; an answer that is not JSON reads as null.
pub(crate) async fn reply(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.expect("the simulator answers");
    let status: StatusCode = response.status();
    let body = response.bytes().await.expect("the answer is whole");
    (status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
}

/// Checks status and that the message holds these words.
pub(crate) fn check_message((status, answer): (u16, Value), expected: u16, words: &str) {
    let message = answer["message"].as_str().unwrap_or_default();
    assert_eq!(status, expected, "{answer}");
    assert!(message.contains(words), "{words:?} is not in {message:?}");
    assert!(answer.get("setId").is_none(), "{answer}");
}
