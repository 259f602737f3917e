//! Which version of HTTP the API is spoken to, and that calls are the same in both.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{StreamExt as _, stream};
use http::{Response, Version};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use server::call::CallError;
use server::engine::Engine;
use server::upstream::{Certificates, HttpVersion};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Barrier;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::certificates::Authority;
use crate::sample::{self, DEPLOY, READ, call, deploying, options, reading};

/// What the stand-in is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Seen {
    version: Version,
    connection: usize,
    body: String,
}

/// A stand-in for the API that speaks both versions.
struct Api {
    address: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

/// What a stand-in does with requests.
#[derive(Clone)]
struct Manners {
    /// Answers when so many are there.
    together: Arc<Barrier>,
    /// Answers none of them, and takes the request back.
    resets: bool,
}

impl Manners {
    fn usual() -> Self {
        Self { together: Arc::new(Barrier::new(1)), resets: false }
    }
}

impl Api {
    /// Starts it: by TLS and what is offered there, or without TLS as this version.
    async fn start(manners: Manners, tls: Option<(&Authority, &[&str])>, plain: Version) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let acceptor =
            tls.map(|(authority, offered)| TlsAcceptor::from(Arc::new(authority.server(false, offered))));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let recorded = Arc::clone(&seen);
        tokio::spawn(async move {
            for connection in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let (acceptor, manners, seen) = (acceptor.clone(), manners.clone(), Arc::clone(&recorded));
                tokio::spawn(async move {
                    let Some(acceptor) = acceptor else {
                        return serve(stream, plain, connection, manners, seen).await;
                    };
                    let Ok(stream) = acceptor.accept(stream).await else { return };
                    let is_two = stream.get_ref().1.alpn_protocol() == Some(b"h2");
                    let version = if is_two { Version::HTTP_2 } else { Version::HTTP_11 };
                    serve(stream, version, connection, manners, seen).await;
                });
            }
        });
        Self { address: format!("{scheme}://localhost:{port}/api"), seen }
    }

    fn engine(&self, version: HttpVersion, authority: Option<&Authority>) -> Engine {
        let mut options = options(&self.address);
        options.upstream.version = version;
        let authorities = authority.map(Authority::pem);
        options.upstream.certificates = Certificates { authorities, ..Certificates::default() };
        Engine::new(&sample::API, options).unwrap()
    }

    fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }
}

async fn serve<S>(
    stream: S,
    version: Version,
    connection: usize,
    manners: Manners,
    seen: Arc<Mutex<Vec<Seen>>>,
) where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let service = service_fn(move |request: http::Request<Incoming>| {
        let (manners, seen) = (manners.clone(), Arc::clone(&seen));
        async move {
            let version = request.version();
            let body = request.into_body().collect().await.unwrap().to_bytes();
            let body = String::from_utf8(body.to_vec()).unwrap();
            seen.lock().unwrap().push(Seen { version, connection, body });
            manners.together.wait().await;
            if manners.resets {
                return Err("taken back".to_owned());
            }
            let response = Response::builder().header("content-type", "application/json");
            Ok(response.body(Full::new(Bytes::from_static(b"{\"setId\":\"S-1\"}"))).unwrap())
        }
    });
    // How a connection ends is no matter here.
    if version == Version::HTTP_2 {
        let _ =
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
    } else {
        let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
    }
}

#[tokio::test]
async fn the_version_is_what_was_set_and_what_both_sides_speak() {
    let authority = Authority::new();
    let both = &["h2", "http/1.1"][..];
    for (set, offered, spoken) in [
        (HttpVersion::One, Some(both), Version::HTTP_11),
        (HttpVersion::One, None, Version::HTTP_11),
        (HttpVersion::Two, Some(both), Version::HTTP_2),
        (HttpVersion::Two, None, Version::HTTP_2),
        (HttpVersion::Best, Some(both), Version::HTTP_2),
        (HttpVersion::Best, Some(&["http/1.1"]), Version::HTTP_11),
        (HttpVersion::Best, Some(&[]), Version::HTTP_11),
        (HttpVersion::Best, None, Version::HTTP_11),
    ] {
        let tls = offered.map(|offered| (&authority, offered));
        let api = Api::start(Manners::usual(), tls, spoken).await;
        let engine = api.engine(set, tls.map(|(authority, _)| authority));
        let reply = call(&engine, &READ, reading("level", "DEV")).await;
        assert!(reply.is_ok(), "{set:?} {offered:?}: {reply:?}");
        let mut arguments = deploying();
        arguments["description"] = "once".into();
        call(&engine, &DEPLOY, arguments).await.unwrap();
        let seen = api.seen();
        assert!(seen.iter().all(|one| one.version == spoken && one.connection == 0), "{set:?} {seen:?}");
        assert_eq!((&*seen[0].body, &*seen[1].body), ("", r#"{"description":"once"}"#));
    }
}

#[tokio::test]
async fn requests_of_version_2_share_a_connection_and_go_out_at_once() {
    const MANY: usize = 20;
    for (version, spoken, connections) in
        [(HttpVersion::Two, Version::HTTP_2, 1), (HttpVersion::One, Version::HTTP_11, MANY)]
    {
        let manners = Manners { together: Arc::new(Barrier::new(MANY)), resets: false };
        let api = Api::start(manners, None, spoken).await;
        let engine = Arc::new(api.engine(version, None));
        let calls: Vec<_> = (0..MANY)
            .map(|number| {
                let engine = Arc::clone(&engine);
                tokio::spawn(
                    async move { call(&engine, &READ, reading("level", format!("L{number}"))).await },
                )
            })
            .collect();
        for call in calls {
            call.await.unwrap().unwrap();
        }
        let last = api.seen().iter().map(|one| one.connection).max().unwrap();
        assert_eq!(last + 1, connections, "{version:?}");
    }
}

#[tokio::test]
async fn a_change_that_is_taken_back_by_version_2_is_not_known_and_sent_once() {
    let manners = Manners { resets: true, ..Manners::usual() };
    let api = Api::start(manners, None, Version::HTTP_2).await;
    let outcome = call(&api.engine(HttpVersion::Two, None), &DEPLOY, deploying()).await;
    assert!(matches!(outcome, Err(CallError::Interrupted { .. })), "{outcome:?}");
    assert_eq!(api.seen().len(), 1);
}

/// A stand-in of version 2 that gives eight times half of a large answer and no more, then large ones, then small ones; how often it was
/// asked, and how many pieces of the large ones it could send so far.
async fn flooding() -> (String, Arc<AtomicUsize>, Arc<AtomicUsize>) {
    const PIECE: usize = 64 << 10;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/api", listener.local_addr().unwrap());
    let (asked, sent) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counted = (Arc::clone(&asked), Arc::clone(&sent));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = service_fn(move |_: http::Request<Incoming>| {
            let (asked, sent) = &counted;
            let (number, sent) = (asked.fetch_add(1, Ordering::SeqCst), Arc::clone(sent));
            async move {
                let response = Response::builder().header("content-type", "application/json");
                if number >= HELD + WAITING {
                    let small = Full::new(Bytes::from_static(b"{\"assignmentId\":\"PLAY000313\"}"));
                    return Ok::<_, Infallible>(response.body(small.boxed()).unwrap());
                }
                let pieces = if number < HELD { LARGE / PIECE / 2 } else { LARGE / PIECE };
                let all = stream::iter(0..pieces).map(move |_| {
                    sent.fetch_add(1, Ordering::SeqCst);
                    Ok(Frame::data(Bytes::from_static(&[b' '; PIECE])))
                });
                let body = StreamBody::new(all.chain(stream::pending()));
                Ok(response.header("content-length", LARGE).body(BodyExt::boxed(body)).unwrap())
            }
        });
        let _ =
            http2::Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await;
    });
    (address, asked, sent)
}

const LARGE: usize = 1 << 20;
/// So many take the room, and so many wait for it.
const HELD: usize = 8;
const WAITING: usize = 12;

/// All answers of version 2 come by one connection, which says how much of them may be on the way: what is not read must not use that up.
#[tokio::test(flavor = "multi_thread")]
async fn r15_answers_that_wait_for_room_keep_no_other_on_their_connection() {
    let (address, asked, sent) = flooding().await;
    let mut options = options(&address);
    options.upstream.version = HttpVersion::Two;
    let engine = Arc::new(Engine::new(&sample::API, options).unwrap());
    let mut waiting = JoinSet::new();
    // All of them have asked: what a few send may be as many pieces, and who asks later would get what is meant for one of these.
    let until = async |calls: usize, pieces: usize| {
        while asked.load(Ordering::SeqCst) < calls || sent.load(Ordering::SeqCst) < pieces {
            tokio::task::yield_now().await;
        }
    };
    for (count, calls, pieces) in [(HELD, HELD, HELD * 8), (WAITING, HELD + WAITING, HELD * 8 + WAITING * 2)]
    {
        for _ in 0..count {
            let engine = Arc::clone(&engine);
            waiting.spawn(async move { call(&engine, &READ, reading("level", "DEV")).await });
        }
        timeout(Duration::from_secs(20), until(calls, pieces)).await.expect("it could send these");
    }
    for _ in 0..20 {
        let small = call(&engine, &READ, reading("level", "DEV"));
        timeout(Duration::from_secs(20), small).await.expect("in time").unwrap();
    }
    assert!(waiting.try_join_next().is_none(), "the others wait");
}
