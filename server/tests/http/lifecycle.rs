//! Start and end: who may be served, and what happens to requests in flight at shutdown.

use std::sync::Arc;
use std::time::Duration;

use server::Server;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::fake_upstream::{Act, FakeUpstream};
use crate::http_support::{self, Served, read_to_close};
use crate::sample;

fn held(until: &Arc<Notify>) -> Act {
    let answer =
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{\"setId\":\"S-1\"}";
    Act::Hold(Arc::clone(until), answer.to_vec())
}

#[tokio::test]
async fn a_listener_for_everyone_is_refused_in_one_line_unless_wanted() {
    let upstream = FakeUpstream::start([]).await;
    for (allow, served) in [(false, false), (true, true)] {
        let mut options = http_support::options(&upstream);
        options.http.allow_unauthenticated = allow;
        let server = Arc::new(Server::new(&sample::API, options).unwrap());
        // A listener for every address, on which nobody calls.
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        let outcome = server.serve(listener, shutdown).await.map_err(|error| error.to_string());
        assert_eq!(outcome.is_ok(), served);
        if let Err(line) = outcome {
            assert!(
                line.contains("HOST") && line.contains("ALLOW_UNAUTHENTICATED") && !line.contains('\n'),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn shutdown_refuses_new_connections_and_answers_what_is_in_flight() {
    let release = Arc::new(Notify::new());
    let served = Arc::new(Served::start([held(&release)]).await);
    let calling = {
        let served = Arc::clone(&served);
        tokio::spawn(async move { served.call("read", sample::reading("level", "DEV")).await })
    };
    served.upstream.arrival().await;
    served.shutdown.cancel();
    // The listener is closed once a connection is refused; that is soon, and until then connecting succeeds.
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    release.notify_one();
    let answer = calling.await.unwrap();
    assert_eq!(answer.result()["structuredContent"]["setId"], "S-1", "{answer:?}");
    let served = Arc::into_inner(served).unwrap();
    served.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn shutdown_ends_although_a_request_never_does() {
    let served =
        Served::start_with([Act::Silence], |options| options.http.drain = Duration::from_millis(100)).await;
    let mut stuck = Box::pin(served.call("read", sample::reading("level", "DEV")));
    tokio::select! {
        _ = &mut stuck => panic!("the API never answers"),
        () = served.upstream.arrival() => {}
    }
    served.shutdown.cancel();
    assert_eq!(stuck.await.status, 0, "the connection is closed without an answer");
    served.task.await.unwrap().unwrap();
}

/// Reads one answer, whose body is an object, on a connection that stays open.
async fn read_one(stream: &mut TcpStream) -> String {
    let mut answer = String::new();
    while !answer.ends_with('}') {
        let mut bytes = [0; 1024];
        let read = stream.read(&mut bytes).await.unwrap();
        answer.push_str(std::str::from_utf8(&bytes[..read]).unwrap());
    }
    answer
}

#[tokio::test]
async fn r10_who_has_connected_is_answered_once_more_and_told_that_it_was_the_last() {
    let served = Served::start([]).await;
    let (mut kept, new) = (served.connect().await, served.connect().await);
    let request = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    kept.write_all(request.as_bytes()).await.unwrap();
    let first = read_one(&mut kept).await;
    assert!(!first.to_lowercase().contains("connection: close"), "{first}");
    served.shutdown.cancel();
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    for mut stream in [kept, new] {
        stream.write_all(request.as_bytes()).await.unwrap();
        let answer = read_to_close(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.to_lowercase().contains("\r\nconnection: close\r\n"), "{answer}");
    }
    served.task.await.unwrap().unwrap();
}

#[tokio::test]
async fn r10_who_has_no_place_is_left_to_who_listens_on_the_same_socket() {
    let upstream = FakeUpstream::start([]).await;
    let mut options = http_support::options(&upstream);
    options.http.max_connections = 1;
    let server = Arc::new(Server::new(&sample::API, options).unwrap());
    let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    let (address, shutdown) = (socket.local_addr().unwrap(), CancellationToken::new());
    let listener = TcpListener::from_std(socket.try_clone().unwrap()).unwrap();
    let serving = tokio::spawn(server.serve(listener, shutdown.clone()));
    let mut kept = TcpStream::connect(address).await.unwrap();
    let request = format!("GET /health HTTP/1.1\r\nHost: {address}\r\n\r\n");
    kept.write_all(request.as_bytes()).await.unwrap();
    read_one(&mut kept).await;
    let waiting = TcpStream::connect(address).await.unwrap();
    shutdown.cancel();
    serving.await.unwrap().unwrap();
    let (_, next) = socket.accept().expect("it was left in the queue");
    assert_eq!(next, waiting.local_addr().unwrap());
}

/// How a machine that has other work to do looks from here: the time in which a last request may come goes by before the server
/// looks at those that came in it.
#[tokio::test]
async fn r10_a_last_request_that_came_in_time_is_answered_however_late_it_is_seen() {
    let served = Served::start([]).await;
    let request = format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", served.address);
    let mut kept = Vec::new();
    for number in 0..32 {
        let mut stream = served.connect().await;
        if number % 2 == 0 {
            stream.write_all(request.as_bytes()).await.unwrap();
            read_one(&mut stream).await;
        }
        kept.push(stream);
    }
    served.shutdown.cancel();
    // Nobody can connect any more: every connection knows that the server ends.
    while TcpStream::connect(served.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let mut kept: Vec<_> = kept.into_iter().map(|stream| stream.into_std().unwrap()).collect();
    // The thread on which everything is done here is held up for longer than the second that a request may take.
    std::thread::sleep(Duration::from_millis(1100));
    for stream in &mut kept {
        std::io::Write::write_all(stream, request.as_bytes()).unwrap();
    }
    for stream in kept {
        let answer = read_to_close(&mut TcpStream::from_std(stream).unwrap()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
    }
    served.task.await.unwrap().unwrap();
}

/// What a caller waits for and what goes on without one have the same time, and not one after the other.
#[tokio::test]
async fn an_end_takes_the_time_that_it_may_and_takes_it_once() {
    let served = Served::start_with([Act::Silence], |options| {
        options.http.drain = Duration::from_secs(100);
        options.engine.deadline = Duration::from_secs(10_000);
        options.engine.upstream.attempt_timeout = Duration::from_secs(10_000);
    })
    .await;
    let mut calling = Box::pin(served.call("deploy", sample::deploying()));
    tokio::select! {
        _ = &mut calling => panic!("the API never answers"),
        () = served.upstream.arrival() => {}
    }
    tokio::time::pause();
    let begun = tokio::time::Instant::now();
    served.shutdown.cancel();
    assert_eq!(calling.await.status, 0, "the connection is closed without an answer");
    served.task.await.unwrap().unwrap();
    assert_eq!(begun.elapsed().as_secs(), 100);
}

#[tokio::test]
async fn a_mutation_in_flight_is_waited_for_although_its_caller_left() {
    let release = Arc::new(Notify::new());
    let served = Served::start([held(&release)]).await;
    {
        let mut leaving = Box::pin(served.call("deploy", sample::deploying()));
        tokio::select! {
            _ = &mut leaving => panic!("the API holds the answer"),
            () = served.upstream.arrival() => {}
        }
    }
    served.shutdown.cancel();
    let mut task = served.task;
    let waiting = tokio::time::timeout(Duration::from_millis(200), &mut task).await;
    assert!(waiting.is_err(), "the change is still being made");
    release.notify_one();
    task.await.unwrap().unwrap();
}

#[tokio::test]
async fn t37_a_caller_that_leaves_cancels_its_read() {
    let served = Served::start([Act::Silence]).await;
    {
        let mut leaving = Box::pin(served.call("read", sample::reading("level", "DEV")));
        tokio::select! {
            _ = &mut leaving => panic!("the API never answers"),
            () = served.upstream.arrival() => {}
        }
    }
    served.upstream.departure().await;
}
