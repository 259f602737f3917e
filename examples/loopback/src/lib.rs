//! What the tests of the examples share: a stand-in for an API, which answers as a test says and keeps what it was
//! asked, and one call of a tool in front of it.

pub mod questions;

use std::collections::BTreeMap;

use serde_json::Value;
use server::catalog::Api;
use server::engine::OutputSchemas;
use server::{Options, Server};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the API answers.
#[derive(Clone, Debug)]
pub struct Answer {
    status: &'static str,
    media_type: &'static str,
    body: Vec<u8>,
}

impl Answer {
    /// JSON with status 200.
    pub fn json(body: &Value) -> Self {
        Self::new("200 OK", "application/json", body.to_string())
    }

    /// Any body with any status, such as `201 Created`.
    pub fn new(status: &'static str, media_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        Self { status, media_type, body: body.into() }
    }
}

/// What arrived at the API.
#[derive(Clone, Debug)]
pub struct Received {
    /// The request line.
    pub line: String,
    /// The headers by name, but for `host` and `x-request-id`, which differ from call to call.
    pub headers: BTreeMap<String, String>,
    /// The body.
    pub body: String,
}

/// Calls a tool of this API in a server of its own, which has this credential, if any: a security scheme and a
/// secret. Every request is answered by `answer`. Gives the result, as a client reads it, and the requests in the order of their
/// arrival.
///
/// # Panics
///
/// If there is no such tool, or what is sent is no HTTP: both are faults that a test is to find.
pub async fn call(
    api: &'static Api,
    credential: Option<(&str, &str)>,
    tool: &str,
    arguments: Value,
    answer: impl Fn(&Received) -> Answer,
) -> (Value, Vec<Received>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    let mut options = Options {
        engine: server::engine::Options::new(format!("http://{address}/base")),
        http: server::http::Options::default(),
        mcp: server::mcp::Options::default(),
    };
    options.engine.upstream.credentials =
        credential.into_iter().map(|(scheme, secret)| (scheme.to_owned(), secret.into())).collect();
    let server = Server::new(api, options).expect("the options are right");
    let yes = |_: &str| server::call::Answer::Yes;
    let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
    let mut received = Vec::new();
    let answering = async {
        loop {
            let (stream, _) = listener.accept().await.expect("somebody connects");
            received.push(answer_one(stream, &answer).await);
        }
    };
    let result = tokio::select! {
        result = server.call(tool, arguments, None, yes) => result.expect("there is such a tool"),
        () = answering => unreachable!("it answers without end"),
    };
    for request in &mut received {
        assert_eq!(request.headers.remove("host"), Some(address.to_string()));
        assert!(request.headers.remove("x-request-id").is_some(), "{:?}", request.headers);
    }
    (result, received)
}

/// The list of this API's tools as a client reads it that may use all of them, with so much of what they answer.
///
/// # Panics
///
/// If no server can be made of the API.
pub fn list(api: &'static Api, answers: OutputSchemas) -> Value {
    let mut options = Options {
        engine: server::engine::Options::new("http://127.0.0.1:1"),
        http: server::http::Options::default(),
        mcp: server::mcp::Options::default(),
    };
    options.engine.output_schemas = answers;
    Server::new(api, options).expect("the options are right").tools()
}

/// Takes one request and answers it.
async fn answer_one(stream: TcpStream, answer: impl Fn(&Received) -> Answer) -> Received {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await.expect("a request has a line");
    let mut headers = BTreeMap::new();
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.expect("a request has headers");
        let Some((name, value)) = header.trim_end().split_once(": ") else { break };
        assert!(headers.insert(name.to_owned(), value.to_owned()).is_none(), "{name} comes once");
    }
    let length =
        headers.get("content-length").map_or(0, |length| length.parse().expect("a length is a number"));
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.expect("the body is as long as it says");
    let body = String::from_utf8(body).expect("the body is text");
    let received = Received { line: line.trim_end().to_owned(), headers, body };
    let Answer { status, media_type, body } = answer(&received);
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(&[head.as_bytes(), &body].concat()).await.expect("somebody reads the answer");
    received
}
