//! The compiled program as a process of its own: started with settings, signalled, watched from outside.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, Command};
use tokio::time::{Instant, sleep, timeout};

use crate::client::Client;
use crate::ports;

/// Far more than a start or an end takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// Hands over what is on standard input as systemd hands over a socket: as the first descriptor after the three usual ones.
const HAND_OVER: &str = r#"exec 3<&0 </dev/null; export LISTEN_PID=$$ LISTEN_FDS=1; exec "$@""#;

/// What the program is told by its environment.
#[derive(Clone, Debug, Default)]
pub struct Settings(Vec<(&'static str, String)>);

impl Settings {
    /// For the API at this address: nobody is asked before a change, one address may have all connections, and only what goes wrong is logged.
    pub fn new(api: &str) -> Self {
        Self::default()
            .set("API_BASE_URL", api)
            .set("API_TOKEN", "bench")
            .set("CONFIRM", "off")
            // Everybody comes from this machine.
            .set("SECURITY_MAX_CONNECTIONS_PER_SITE", 0)
            .set("LOG_LEVEL", "warn")
            .set("LOG_FORMAT", "json")
    }

    /// With one more; a later one is stronger.
    pub fn set(mut self, name: &'static str, value: impl ToString) -> Self {
        self.0.push((name, value.to_string()));
        self
    }
}

/// A program that serves; killed when this is dropped.
#[derive(Debug)]
pub struct Program {
    child: Child,
    pid: Pid,
    log: Log,
    begun: Instant,
    /// Where it listens.
    pub address: SocketAddr,
    /// How long it took from its start until it accepted a connection.
    pub started_in: Duration,
}

/// What a program logged, each line with the time at which it was read.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<(Instant, String)>>>);

impl Program {
    /// Starts it, and waits until it listens.
    pub async fn start(program: &Path, settings: &Settings) -> io::Result<Self> {
        Self::start_as(&[program.into()], settings).await
    }

    /// Starts it through a command that runs what follows it.
    pub async fn start_as(command: &[OsString], settings: &Settings) -> io::Result<Self> {
        let address = ports::free().await?;
        let mut started = Command::new(&command[0]);
        started.args(&command[1..]).args(["serve", "--listen", &address.to_string()]).stdin(Stdio::null());
        let mut program = Self::spawn(started, settings, address)?;
        program.until(async || TcpStream::connect(address).await.is_ok()).await?;
        Ok(program)
    }

    /// Starts it with a socket that is bound already, and waits until it serves there. Several may have the same.
    pub async fn start_on(socket: &TcpListener, program: &Path, settings: &Settings) -> io::Result<Self> {
        let mut started = Command::new("sh");
        started
            .args(["-c", HAND_OVER, "sh"])
            .arg(program)
            .arg("serve")
            .stdin(OwnedFd::from(socket.try_clone()?));
        let settings = settings.clone().set("LOG_LEVEL", "info");
        let mut program = Self::spawn(started, &settings, socket.local_addr()?)?;
        // Others may accept on the socket, so that connecting says nothing.
        let log = program.log.clone();
        program.until(async || !log.times(&[r#""serving""#]).is_empty()).await?;
        Ok(program)
    }

    fn spawn(mut started: Command, settings: &Settings, address: SocketAddr) -> io::Result<Self> {
        started.env_clear().envs(settings.0.iter().map(|(name, value)| (name, value)));
        started.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        started.stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let begun = Instant::now();
        let mut child = started.spawn()?;
        let log = Log::default();
        tokio::spawn(log.clone().follow(child.stderr.take().expect("it is piped")));
        let pid = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it was not waited for");
        Ok(Self { child, pid, log, address, begun, started_in: Duration::ZERO })
    }

    /// Waits until it is so, unless the program ends before.
    async fn until(&mut self, mut is_so: impl AsyncFnMut() -> bool) -> io::Result<()> {
        while !is_so().await {
            if let Some(status) = self.child.try_wait()? {
                sleep(Duration::from_millis(100)).await;
                return Err(io::Error::other(format!(
                    "the program ended with {status}: {}",
                    self.log.text()
                )));
            }
            if self.begun.elapsed() > PATIENCE {
                return Err(io::Error::other("the program does not listen"));
            }
            sleep(Duration::from_millis(1)).await;
        }
        self.started_in = self.begun.elapsed();
        Ok(())
    }

    /// A client of it.
    pub fn client(&self) -> Client {
        Client::new(self.address)
    }

    /// What it logged.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// Its process.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) -> io::Result<()> {
        Ok(kill_process(self.pid, signal)?)
    }

    /// Kills it, and waits until it is gone.
    pub async fn kill(mut self) -> io::Result<()> {
        self.child.kill().await
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> io::Result<ExitStatus> {
        timeout(PATIENCE, self.child.wait())
            .await
            .map_err(|_| io::Error::other("the program does not end"))?
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(mut self) -> io::Result<ExitStatus> {
        self.signal(Signal::TERM)?;
        self.ended().await
    }

    /// The memory that it holds, in MiB.
    pub fn resident_mib(&self) -> io::Result<f64> {
        self.memory_mib("VmRSS:")
    }

    /// What of the memory that it holds is no file's, in MiB: pages of its text come in when they are first needed, and the system
    /// takes them away again when it likes.
    pub fn own_mib(&self) -> io::Result<f64> {
        self.memory_mib("RssAnon:")
    }

    fn memory_mib(&self, which: &str) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid.as_raw_nonzero()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(which));
        let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
        kib.map(|kib| kib / 1024.0)
            .ok_or_else(|| io::Error::other("the system does not tell a process's memory"))
    }

    /// How many files and connections it has open, and how many threads it has.
    pub fn held(&self) -> io::Result<[usize; 2]> {
        let count = |what: &str| {
            fs::read_dir(format!("/proc/{}/{what}", self.pid.as_raw_nonzero())).map(Iterator::count)
        };
        Ok([count("fd")?, count("task")?])
    }

    /// The processor time that it has spent.
    pub fn processor_time(&self) -> io::Result<Duration> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid.as_raw_nonzero()))?;
        // The name before it may hold anything; after it the times are the 12th and the 13th word.
        let words = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace().skip(11));
        let ticks: Option<Vec<f64>> =
            words.and_then(|words| words.take(2).map(|word| word.parse().ok()).collect());
        match ticks.as_deref() {
            Some([user, system]) => Ok(Duration::from_secs_f64((user + system) / TICKS)),
            _ => Err(io::Error::other("the system does not tell a process's time")),
        }
    }
}

/// How many of the units in which the system counts a process's time make a second.
const TICKS: f64 = 100.0;

impl Log {
    async fn follow(self, stderr: ChildStderr) {
        let mut lines = BufReader::new(stderr).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push((Instant::now(), line));
        }
    }

    /// When lines came that hold all of these words.
    pub fn times(&self, words: &[&str]) -> Vec<Instant> {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = lines.iter().filter(|(_, line)| words.iter().all(|word| line.contains(word)));
        wanted.map(|(time, _)| *time).collect()
    }

    /// How often the circuit opened.
    pub fn openings(&self) -> Vec<Instant> {
        self.times(&["the circuit of the API changed", "\"open\""])
    }

    /// All of it.
    pub fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|(_, line)| line.as_str()).collect::<Vec<_>>().join("\n")
    }
}
