//! What stands before several programs: each connection goes to the next one that is there.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::ports;

/// It lives as long as this.
#[derive(Debug)]
pub struct Balancer {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Balancer {
    /// Starts it before these.
    pub async fn start(programs: Vec<SocketAddr>) -> io::Result<Self> {
        let listener = ports::listener().await?;
        let address = listener.local_addr()?;
        let (programs, next) = (Arc::new(programs), Arc::new(AtomicUsize::new(0)));
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (programs, first) = (Arc::clone(&programs), next.fetch_add(1, Ordering::Relaxed));
                tokio::spawn(async move { pass(client, &programs, first).await });
            }
        });
        Ok(Self { address, task })
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A program that refuses the connection is passed by.
async fn pass(mut client: TcpStream, programs: &[SocketAddr], first: usize) {
    for place in 0..programs.len() {
        if let Ok(mut program) = TcpStream::connect(programs[(first + place) % programs.len()]).await {
            let _ = (client.set_nodelay(true), program.set_nodelay(true));
            let _ = copy_bidirectional(&mut client, &mut program).await;
            return;
        }
    }
}
