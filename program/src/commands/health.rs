//! `health`: one request to a running server, so that a container needs no other program for its health
//! check.

mod unverified;

use std::io;
use std::process::ExitCode;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::commands::listener::from_here;
use crate::output::print;
use crate::refusal::Refusal;
use crate::settings::Config;

/// A server that takes longer is not well.
const PATIENCE: Duration = Duration::from_secs(3);
/// More than any answer of ours.
const LARGEST_ANSWER: u64 = 64 * 1024;

/// Asks, and says how it is: 0 if the server is well, 1 if it is not. The server of these settings is asked as it speaks; another
/// address without TLS.
pub(crate) async fn run(config: &Config, url: Option<&str>) -> Result<ExitCode, Refusal> {
    let own = from_here(config.listen());
    let is_own_by_tls = url.is_none() && config.tls.is_wanted();
    let (authority, path) = match url {
        Some(url) => split(url)?,
        None => (own.to_string(), "/health".to_owned()),
    };
    let asking = async {
        if is_own_by_tls {
            let stream = TcpStream::connect(own).await?;
            status(unverified::connect(own, stream).await?, &authority, &path).await
        } else {
            status(TcpStream::connect(&authority).await?, &authority, &path).await
        }
    };
    match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(200)) => print("healthy").map(|()| ExitCode::SUCCESS),
        Ok(Ok(status)) => {
            Err(Refusal::failure(format!("not healthy: {authority} answered with status {status}")))
        }
        Ok(Err(error)) => Err(Refusal::failure(format!("not healthy: {authority}: {error}"))),
        Err(_) => Err(Refusal::failure(format!(
            "not healthy: {authority} did not answer within {} s",
            PATIENCE.as_secs()
        ))),
    }
}

/// Host with port, and path with query, of a plain HTTP address.
fn split(url: &str) -> Result<(String, String), Refusal> {
    let uri =
        url.parse::<http::Uri>().ok().filter(|uri| uri.scheme_str() == Some("http") && !url.contains('@'));
    let refused = || Refusal::usage("--url: expected an address such as http://127.0.0.1:8080/health");
    let uri = uri.ok_or_else(refused)?;
    let host = uri.host().ok_or_else(refused)?;
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    let path = if path == "/" { "/health" } else { path };
    Ok((format!("{host}:{}", uri.port_u16().unwrap_or(80)), path.to_owned()))
}

/// The status that a GET is answered with.
async fn status(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    authority: &str,
    path: &str,
) -> io::Result<u16> {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: {authority}\r\nConnection: close\r\nAccept: application/json\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut answer = Vec::new();
    stream.take(LARGEST_ANSWER).read_to_end(&mut answer).await?;
    let line = answer.split(|&byte| byte == b'\r').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let code =
        line.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)).and_then(|code| code.parse().ok());
    code.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "this is no HTTP answer"))
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn an_address_is_split_into_whom_to_ask_and_what() {
        let parts = |url| split(url).map_err(|refusal| refusal.code);
        assert_eq!(parts("http://127.0.0.1:8080/health"), Ok(("127.0.0.1:8080".into(), "/health".into())));
        assert_eq!(parts("http://[::1]:8080"), Ok(("[::1]:8080".into(), "/health".into())));
        assert_eq!(parts("http://mcp.example.com/ready"), Ok(("mcp.example.com:80".into(), "/ready".into())));
        assert_eq!(parts("https://mcp.example.com/"), Err(64));
        assert_eq!(parts("http://user:canary@mcp.example.com/"), Err(64));
        assert_eq!(parts("127.0.0.1:8080"), Err(64));
    }
}
