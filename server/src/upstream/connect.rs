//! Connections to the API: whom they may go to, what TLS asks for, and how long they may take to come about.

use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use http_body_util::Full;
use hyper::body::Bytes;
use hyper_rustls::{HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::rustls::ClientConfig;
use tower::Service;

use super::reach::Reach;
use super::version::HttpVersion;

/// After how long without a word, and then how often, a connection is asked whether it still stands; how many questions may stay without
/// an answer; and for how long what was sent may stay unacknowledged. Past these the other side is gone, and its calls are told so.
const SILENCE: Duration = Duration::from_secs(15);
const QUESTIONS: u32 = 3;
#[cfg(target_os = "linux")]
const UNACKNOWLEDGED: Duration = Duration::from_secs(30);

/// What a connection reads ahead and holds, in bytes, and so how large the head of an answer may be: the library's own bound is six times
/// as large, which five hundred large answers at once would take.
const AHEAD: usize = 64 << 10;

/// Sends requests on connections that are kept. It follows nothing, asks no proxy, and sends again only what was not sent at all.
pub(super) type Client = legacy::Client<Connector, Full<Bytes>>;

type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// How connections come about.
#[derive(Clone)]
pub(super) struct Connector {
    inner: HttpsConnector<HttpConnector<Reach>>,
    /// How long one may take, TLS and all.
    longest: Duration,
    shown: Shown,
}

/// The certificate that the API has shown first, in DER.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown(Arc<OnceLock<Vec<u8>>>);

impl Shown {
    /// The certificate, once a connection with TLS has stood.
    pub(super) fn certificate(&self) -> Option<Vec<u8>> {
        self.0.get().cloned()
    }

    fn look(&self, stream: &Stream) {
        if let MaybeHttpsStream::Https(stream) = stream {
            let chain = stream.inner().get_ref().1.peer_certificates();
            if let Some(certificate) = chain.and_then(<[_]>::first) {
                self.0.get_or_init(|| certificate.to_vec());
            }
        }
    }
}

impl Connector {
    /// Connections to where these may go, by this TLS.
    pub(super) fn new(
        reach: Reach,
        mut tls: ClientConfig,
        version: HttpVersion,
        longest: Duration,
        shown: Shown,
    ) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(reach);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(longest));
        tcp.set_keepalive(Some(SILENCE));
        tcp.set_keepalive_interval(Some(SILENCE));
        tcp.set_keepalive_retries(Some(QUESTIONS));
        #[cfg(target_os = "linux")]
        tcp.set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        tls.alpn_protocols = version.offered();
        Self { inner: HttpsConnector::from((tcp, tls)), longest, shown }
    }

    /// The client of these, which keeps so many of them for so long where nobody uses them.
    pub(super) fn client(self, version: HttpVersion, idle: usize, keep: Duration) -> Client {
        let mut builder = legacy::Client::builder(TokioExecutor::new());
        version.put(&mut builder);
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(keep)
            .pool_max_idle_per_host(idle)
            .http1_max_buf_size(AHEAD)
            .build(self)
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, Self::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, address: Uri) -> Self::Future {
        let connecting = self.inner.call(address);
        let (longest, shown) = (self.longest, self.shown.clone());
        Box::pin(async move {
            let late = |_| io::Error::new(io::ErrorKind::TimedOut, "it took too long to connect");
            let stream = timeout(longest, connecting).await.map_err(late)??;
            shown.look(&stream);
            Ok(stream)
        })
    }
}

/// Whether nothing was sent since no connection came about in its time.
pub(super) fn was_late(error: &legacy::Error) -> bool {
    let mut cause = error.source();
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::TimedOut) {
            return true;
        }
        cause = error.source();
    }
    false
}
