//! Where a program gives a token up (RFC 7009): the whole login ends with either of its tokens.

use http::StatusCode;
use http::header::AUTHORIZATION;
use http::request::Parts;

use super::Facade;
use super::reply::{self, Wrong};
use crate::http::{RequestBody, Response};

impl Facade {
    /// Ends the login of a token. That there is none is no error, and nobody learns it.
    pub(super) async fn revoke(&self, request: &Parts, body: RequestBody) -> Response {
        if request.headers.contains_key(AUTHORIZATION) {
            return Wrong::client("Programs have no secret here; send client_id in the form").answer();
        }
        let form = match reply::form(&request.headers, body).await {
            Ok(form) => form,
            Err(wrong) => return wrong.answer(),
        };
        let (Some(token), Some(client)) = (form.get("token"), form.get("client_id")) else {
            return Wrong::request("token and client_id are needed").answer();
        };
        self.logins.give_up(token, client);
        self.logins.save().await;
        reply::empty(StatusCode::OK)
    }
}
