//! A real `redis-server` on a socket in a folder of its own, and what can happen to it.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{UnixListener, UnixStream};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::scratch::Scratch;

/// Far more than a start takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Redis; killed when this is dropped.
#[derive(Debug)]
pub struct Redis {
    folder: Scratch,
    child: Child,
}

/// Somebody at the socket of a Redis who answers every command with an error.
#[derive(Debug)]
pub struct Impostor(JoinHandle<()>);

impl Redis {
    /// Starts one that keeps nothing beyond its end.
    pub async fn start() -> io::Result<Self> {
        let folder = Scratch::in_memory()?;
        let child = run(&socket(&folder))?;
        let redis = Self { folder, child };
        redis.answers().await?;
        Ok(redis)
    }

    /// Its address, as the program's settings have it.
    pub fn url(&self) -> String {
        format!("unix://{}", socket(&self.folder).display())
    }

    /// Kills it.
    pub async fn kill(&mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Starts another one in the place of one that was killed, and waits until it answers.
    pub async fn restart(&mut self) -> io::Result<()> {
        self.child = run(&socket(&self.folder))?;
        self.answers().await
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed()));
        Ok(kill_process(pid.ok_or_else(|| io::Error::other("Redis has ended"))?, signal)?)
    }

    /// Sets one of its settings.
    pub async fn configure(&self, name: &str, value: &str) -> io::Result<()> {
        match self.ask(&format!("CONFIG SET {name} {value}\r\n")).await?.as_str() {
            "+OK" => Ok(()),
            other => Err(io::Error::other(format!("Redis: {name} {value}: {other}"))),
        }
    }

    /// Answers every command with this error in the place of one that was killed.
    pub fn impersonate(&self, error: &'static str) -> io::Result<Impostor> {
        let socket = socket(&self.folder);
        let _ = std::fs::remove_file(&socket);
        let listener = UnixListener::bind(socket)?;
        Ok(Impostor(tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(refuse(stream, error));
            }
        })))
    }

    async fn answers(&self) -> io::Result<()> {
        let begun = Instant::now();
        while self.ask("PING\r\n").await.ok().as_deref() != Some("+PONG") {
            if begun.elapsed() > PATIENCE {
                return Err(io::Error::other("Redis does not answer"));
            }
            sleep(Duration::from_millis(5)).await;
        }
        Ok(())
    }

    /// The first line of its answer.
    async fn ask(&self, command: &str) -> io::Result<String> {
        let mut stream = UnixStream::connect(socket(&self.folder)).await?;
        stream.write_all(command.as_bytes()).await?;
        let mut answer = vec![0; 1024];
        let length = stream.read(&mut answer).await?;
        let text = String::from_utf8_lossy(&answer[..length]).into_owned();
        Ok(text.lines().next().unwrap_or_default().to_owned())
    }
}

impl Drop for Impostor {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// One error for each command: each begins with the number of its words.
async fn refuse(mut stream: UnixStream, error: &str) {
    let mut bytes = vec![0; 64 * 1024];
    while let Ok(length @ 1..) = stream.read(&mut bytes).await {
        let commands =
            bytes[..length].split(|byte| *byte == b'\n').filter(|line| line.starts_with(b"*")).count();
        if stream.write_all(format!("-{error}\r\n").repeat(commands).as_bytes()).await.is_err() {
            return;
        }
    }
}

fn socket(folder: &Scratch) -> PathBuf {
    folder.path().join("redis.sock")
}

fn run(socket: &std::path::Path) -> io::Result<Child> {
    // A socket of the process before would make the new one fail.
    let _ = std::fs::remove_file(socket);
    let mut command = Command::new("redis-server");
    command.args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"]).arg(socket);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command.spawn().map_err(|error| {
        io::Error::other(format!(
            "redis-server does not start (Debian: apt-get install redis-server): {error}"
        ))
    })
}
