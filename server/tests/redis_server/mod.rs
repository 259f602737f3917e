//! A real Redis for one test: on a socket in a folder of its own, without a port, gone with the test.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program includes this file and uses its own part of it"
)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running `redis-server`.
pub struct RedisServer {
    folder: PathBuf,
    options: Vec<String>,
    child: Child,
}

impl RedisServer {
    /// A Redis that keeps nothing beyond its end.
    pub fn start(folder: &Path) -> Self {
        Self::with(folder, &[])
    }

    /// A Redis with these options of its command line.
    pub fn with(folder: &Path, options: &[&str]) -> Self {
        std::fs::create_dir_all(folder).expect("a folder for Redis");
        let options: Vec<String> = options.iter().map(|&option| option.to_owned()).collect();
        let child = run(folder, &options);
        let server = Self { folder: folder.to_owned(), options, child };
        server.wait();
        server
    }

    /// The address for `REDIS_URL`.
    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Ends it at once, as a power failure would.
    pub fn kill(&mut self) {
        self.child.kill().expect("Redis is killed");
        self.child.wait().expect("Redis has ended");
    }

    /// Starts it again after [`RedisServer::kill`].
    pub fn restart(&mut self) {
        self.child = run(&self.folder, &self.options);
        self.wait();
    }

    /// Stops it without ending it: connections stay, and nothing is answered.
    pub fn signal(&self, signal: &str) {
        let done = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(done.expect("kill runs").success(), "{signal}");
    }

    /// What Redis answers to a command, by its own client.
    pub fn ask(&self, command: &[&str]) -> String {
        let mut client = Command::new("redis-cli");
        let output = client.arg("-s").arg(self.socket()).args(command).output().expect("redis-cli runs");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    fn socket(&self) -> PathBuf {
        self.folder.join("redis.sock")
    }

    fn wait(&self) {
        let begun = Instant::now();
        while self.ask(&["ping"]) != "PONG" {
            assert!(begun.elapsed() < Duration::from_secs(20), "Redis does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(folder: &Path, options: &[String]) -> Child {
    // A socket of the process before would make the new one fail.
    let _ = std::fs::remove_file(folder.join("redis.sock"));
    Command::new("redis-server")
        .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
        .arg(folder.join("redis.sock"))
        .arg("--dir")
        .arg(folder)
        .args(options)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("redis-server is installed (apt-get install redis-server)")
}
