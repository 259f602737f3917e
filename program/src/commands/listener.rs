//! Where a program listens: an address is bound, and told as clients reach it.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::net::TcpListener;

use crate::refusal::Refusal;

/// Binds the address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, Refusal> {
    TcpListener::bind(address).await.map_err(|error| match error.kind() {
        ErrorKind::AddrInUse => Refusal::failure(format!(
            "{address} is taken by another program: stop that one, or choose another address with --listen, such as \
             --listen 127.0.0.1:0 for any free port"
        )),
        _ => Refusal::failure(format!("cannot listen on {address} (--listen, HOST, PORT): {error}")),
    })
}

/// The address that was bound, with the port that the system chose.
pub(crate) fn bound(listener: &TcpListener) -> Result<SocketAddr, Refusal> {
    listener.local_addr().map_err(|error| Refusal::failure(format!("the listener has no address: {error}")))
}

/// Where clients on this machine connect.
pub(crate) fn endpoint(scheme: &str, address: SocketAddr) -> String {
    format!("{scheme}://{}/mcp", from_here(address))
}

/// An address to connect to for one that was listened on: "any address" is none to connect to.
pub(crate) fn from_here(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        let loopback =
            if address.is_ipv4() { [127, 0, 0, 1].into() } else { std::net::Ipv6Addr::LOCALHOST.into() };
        address.set_ip(loopback);
    }
    address
}

#[cfg(test)]
mod tests {
    use super::endpoint;

    #[test]
    fn clients_connect_to_an_address_that_exists() {
        let endpoint = |address: &str| endpoint("http", address.parse().unwrap());
        assert_eq!(endpoint("0.0.0.0:80"), "http://127.0.0.1:80/mcp");
        assert_eq!(endpoint("[::]:80"), "http://[::1]:80/mcp");
        assert_eq!(endpoint("10.0.0.7:80"), "http://10.0.0.7:80/mcp");
    }
}
