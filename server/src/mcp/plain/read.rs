//! Resources by their places: a page of those that there are, or what is at one of them.

use bytes::Bytes;
use serde_json::json;

use super::problem::Problem;
use super::{Asked, answered, decoded, in_json};
use crate::call::CallError;
use crate::client::Client;
use crate::content::{Located, Piece};
use crate::http::{RequestId, Response};
use crate::mcp::answer;
use crate::mcp::reading::contents;
use crate::resources::{OURS, Reading, Source, arguments};

impl Asked<'_> {
    /// What is at the address that the query names; without one, a page of what there is.
    pub(super) async fn resources(&self) -> Result<Response, Problem> {
        match self.query.get("uri") {
            Some(uri) => self.read(uri).await,
            None => {
                let page = self.shared.resources(&self.caller, &self.view, self.query.get("cursor"));
                let page = page.map_err(|_| Problem::no_such_page())?;
                Ok(in_json(&serde_json::to_string(&page).expect("a list of resources is JSON")))
            }
        }
    }

    /// What is at an address of the server's own.
    pub(super) async fn ours(&self, name: &str) -> Result<Response, Problem> {
        let name = decoded(name).ok_or_else(Problem::no_such_resource)?;
        self.read(&format!("{OURS}{name}")).await
    }

    async fn read(&self, uri: &str) -> Result<Response, Problem> {
        let shelf = self.shared.shelf();
        let (entry, values) = shelf.find(uri).ok_or_else(Problem::no_such_resource)?;
        if let Source::Answer(tool) = entry.source
            && self.view.has(tool)
        {
            let reply = self.made(self.call_of(tool, arguments(tool, values))).await?;
            let media_type = if reply.structured.is_some() { "application/json" } else { "text/plain" };
            return Ok(answered(media_type, Bytes::from(reply.into_parts().0.text)));
        }
        if !shelf.may_read(&self.caller, &self.view, entry) {
            tracing::info!(resource = entry.name, outcome = "denied", "read");
            return Err(Problem::no_such_resource());
        }
        let reading =
            Reading { uri: uri.to_owned(), values, caller: self.caller.clone(), client: Client::default() };
        let read = shelf.read(entry, reading).await;
        tracing::info!(
            resource = entry.name,
            outcome = read.as_ref().map_or_else(CallError::kind, |_| "answered"),
            "read"
        );
        read.map(whole).map_err(|error| {
            let request_id = self.head.extensions.get::<RequestId>();
            let request_id = request_id.map_or_else(String::new, |id| id.0.as_ref().to_owned());
            let words = answer::failed(&error, &request_id, None, false).message.into_owned();
            Problem::of_call(&error, words, &request_id)
        })
    }
}

/// One piece as it is; several as the protocol has them.
fn whole(mut pieces: Vec<Located>) -> Response {
    if pieces.len() != 1 {
        let pieces: Vec<_> = pieces.into_iter().map(contents).collect();
        return in_json(&json!({ "contents": pieces }).to_string());
    }
    let Located { media_type, piece, .. } = pieces.remove(0);
    let body = match piece {
        Piece::Text(text) => Bytes::from(text),
        Piece::Bytes(bytes) => Bytes::from(bytes),
    };
    answered(&media_type, body)
}
