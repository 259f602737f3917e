//! A bare hop from MCP to REST: one `tools/call` in, one GET out, the upstream's JSON back inside a JSON-RPC answer.
//! It checks nothing, so nothing that does its job can be faster with the same libraries; the server is measured beside it.
//!
//! Usage: `hop PORT PATH`, with `API_BASE_URL` and `API_TOKEN` in the environment. `{name}` in PATH is filled from the arguments.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::serve::ListenerExt;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use tokio::net::TcpListener;

/// The part of a `tools/call` request that a hop needs.
#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    id: &'a RawValue,
    #[serde(borrow)]
    params: Params<'a>,
}

#[derive(Deserialize)]
struct Params<'a> {
    #[serde(borrow)]
    arguments: BTreeMap<&'a str, &'a str>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    jsonrpc: &'static str,
    id: &'a RawValue,
    result: CallResult<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CallResult<'a> {
    result_type: &'static str,
    content: [Text<'a>; 1],
    structured_content: &'a RawValue,
    is_error: bool,
}

#[derive(Serialize)]
struct Text<'a> {
    r#type: &'static str,
    text: &'a str,
}

struct Upstream {
    client: reqwest::Client,
    address: String,
    token: String,
}

async fn call(State(upstream): State<Arc<Upstream>>, body: Bytes) -> Response {
    match hop(&upstream, &body).await {
        Ok(answer) => ([(header::CONTENT_TYPE, "application/json")], answer).into_response(),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn hop(upstream: &Upstream, body: &[u8]) -> Result<Vec<u8>, Box<dyn std::error::Error + Send + Sync>> {
    let request: Request = serde_json::from_slice(body)?;
    let mut address = upstream.address.clone();
    for (name, value) in &request.params.arguments {
        address = address.replace(&format!("{{{name}}}"), value);
    }
    let reply = upstream.client.get(address).header(header::AUTHORIZATION, &upstream.token).send().await?;
    let reply = reply.error_for_status()?.bytes().await?;
    let structured_content: &RawValue = serde_json::from_slice(&reply)?;
    let content = [Text { r#type: "text", text: structured_content.get() }];
    let result = CallResult { result_type: "complete", content, structured_content, is_error: false };
    Ok(serde_json::to_vec(&Answer { jsonrpc: "2.0", id: request.id, result })?)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().ok_or("the port to listen on is missing")?.parse()?;
    let path = arguments.next().ok_or("the path to call is missing")?;
    let upstream = Upstream {
        client: reqwest::Client::builder().no_proxy().tcp_nodelay(true).build()?,
        address: std::env::var("API_BASE_URL")? + &path,
        token: std::env::var("API_TOKEN")?,
    };
    let router = Router::new().route("/mcp", post(call)).with_state(Arc::new(upstream));
    let listener = TcpListener::bind(("127.0.0.1", port)).await?.tap_io(|stream| {
        // The server does the same; a connection that refuses it is only slower.
        let _ = stream.set_nodelay(true);
    });
    axum::serve(listener, router).await?;
    Ok(())
}
