//! Ports of loopback that can be given up and taken again: below those that the system gives to outgoing connections, so that
//! nothing else takes one meanwhile.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;

use tokio::net::TcpListener;

const RANGE: Range<u16> = 20_000..30_000;
const TRIES: usize = 100;

/// A listener on a free port.
pub async fn listener() -> io::Result<TcpListener> {
    let mut last = io::Error::other("no port was tried");
    for _ in 0..TRIES {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, fastrand::u16(RANGE)));
        match TcpListener::bind(address).await {
            Ok(listener) => return Ok(listener),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// An address on which nothing listens now.
pub async fn free() -> io::Result<SocketAddr> {
    listener().await?.local_addr()
}
