//! No socket waits to fill a segment: neither those of clients nor those to the API. Read from the sockets themselves,
//! which are all that its process has: in a program of its own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod fake_upstream;
mod http_support;
mod sample;

use std::fs;
use std::net::{SocketAddr, TcpStream};

use http_support::Served;
use rustix::process::{PidfdFlags, PidfdGetfdFlags, getpid, pidfd_getfd, pidfd_open};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

/// Both ends and the option of every connection of this process.
fn connections() -> Vec<(SocketAddr, SocketAddr, bool)> {
    let own = pidfd_open(getpid(), PidfdFlags::empty()).unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc/self/fd").unwrap().flatten() {
        let is_socket =
            fs::read_link(entry.path()).is_ok_and(|target| target.to_string_lossy().starts_with("socket:"));
        let number = entry.file_name().to_string_lossy().parse().unwrap();
        if let Some(copy) =
            is_socket.then(|| pidfd_getfd(&own, number, PidfdGetfdFlags::empty()).ok()).flatten()
        {
            let socket = TcpStream::from(copy);
            if let (Ok(local), Ok(peer)) = (socket.local_addr(), socket.peer_addr()) {
                found.push((local, peer, socket.nodelay().unwrap()));
            }
        }
    }
    found
}

#[tokio::test]
async fn segments_leave_at_once_both_ways() {
    let served = Served::start([]).await;
    let answer = served.call("read", sample::reading("level", "DEV")).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    // A client that is still there.
    let mut client = served.connect().await;
    client
        .write_all(format!("GET /health HTTP/1.1\r\nHost: {}\r\n\r\n", served.address).as_bytes())
        .await
        .unwrap();
    client.read_u8().await.unwrap();
    let client = client.local_addr().unwrap();
    let upstream: SocketAddr = served.upstream.authority().parse().unwrap();
    let connections = connections();
    let of = |wanted: &dyn Fn(&SocketAddr, &SocketAddr) -> bool| -> Vec<bool> {
        connections
            .iter()
            .filter(|(local, peer, _)| wanted(local, peer))
            .map(|(_, _, nodelay)| *nodelay)
            .collect()
    };
    assert_eq!(of(&|local, peer| *local == served.address && *peer == client), [true], "the client's");
    assert_eq!(of(&|_, peer| *peer == upstream), [true], "that to the API");
}
