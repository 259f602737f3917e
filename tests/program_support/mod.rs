//! The built program from outside: started with an environment of its own, fed, signalled, and judged by what it prints.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

/// Far more than anything here takes, so that a program that hangs fails its test.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a finished program went.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// Its exit code.
    pub(crate) code: i32,
    /// Its standard output.
    pub(crate) stdout: String,
    /// Its standard error.
    pub(crate) stderr: String,
}

fn command(arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_code-pipeline-mcp"));
    command.args(arguments).env_clear().envs(environment.iter().copied()).kill_on_drop(true);
    command
}

/// Runs the program to its end, with this on its standard input.
pub(crate) async fn run_with_input(arguments: &[&str], environment: &[(&str, &str)], input: &str) -> Outcome {
    let mut command = command(arguments, environment);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    // A program that refuses its command line reads no input; then there is nobody to write to.
    let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes()).await;
    let output = patiently(child.wait_with_output()).await.expect("the program ends");
    Outcome {
        code: output.status.code().expect("the program ends by itself"),
        stdout: String::from_utf8(output.stdout).expect("standard output is text"),
        stderr: String::from_utf8(output.stderr).expect("standard error is text"),
    }
}

/// Runs the program to its end.
pub(crate) async fn run(arguments: &[&str], environment: &[(&str, &str)]) -> Outcome {
    run_with_input(arguments, environment, "").await
}

/// A program that goes on running.
pub(crate) struct Running {
    child: Child,
    /// What it is told.
    pub(crate) stdin: Option<ChildStdin>,
    /// What it answers.
    pub(crate) stdout: Lines<BufReader<ChildStdout>>,
    /// The lines of its log.
    stderr: UnboundedReceiver<String>,
}

/// Starts a program.
pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)]) -> Running {
    let mut command = command(arguments, environment);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the program starts");
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    Running {
        child,
        stdin,
        stdout: BufReader::new(stdout.expect("it is piped")).lines(),
        stderr: read(stderr.expect("it is piped")),
    }
}

/// Reads a log to its end, whether or not anybody wants its lines: a program whose log nobody reads stands still.
fn read(log: ChildStderr) -> UnboundedReceiver<String> {
    let (line, lines) = unbounded_channel();
    let mut log = BufReader::new(log).lines();
    tokio::spawn(async move {
        while let Some(next) = log.next_line().await.expect("standard error is text") {
            // Whoever wanted it may have gone.
            let _ = line.send(next);
        }
    });
    lines
}

/// Starts `serve` on a free port, and gives the address it listens on.
pub(crate) async fn serve(environment: &[(&str, &str)]) -> (Running, SocketAddr) {
    let mut running = start(&["serve", "--listen", "127.0.0.1:0"], environment);
    let line = running.log_line("serving").await;
    let address = line
        .split("http://")
        .nth(1)
        .and_then(|rest| rest.split("/mcp").next())
        .expect("the line names the endpoint");
    (running, address.parse().expect("the endpoint is an address"))
}

impl Running {
    /// The next line of standard error that contains `what`.
    pub(crate) async fn log_line(&mut self, what: &str) -> String {
        let mut seen = Vec::new();
        while let Some(line) = patiently(self.stderr.recv()).await {
            if line.contains(what) {
                return line;
            }
            seen.push(line);
        }
        panic!("the program ended without saying {what:?}: {seen:#?}");
    }

    /// The next line of standard output that contains `what`.
    pub(crate) async fn line(&mut self, what: &str) -> String {
        while let Some(line) = patiently(self.stdout.next_line()).await.expect("standard output is text") {
            if line.contains(what) {
                return line;
            }
        }
        panic!("the program ended without printing {what:?}");
    }

    /// The address that it listens on, and what it logged until it said so.
    pub(crate) async fn address(&mut self) -> (SocketAddr, String) {
        let mut log = String::new();
        while let Some(line) = patiently(self.stderr.recv()).await {
            log.push_str(&line);
            log.push('\n');
            if line.contains("serving")
                && let Some(rest) = line.split("http://").nth(1)
                && let Some(address) = rest.split("/mcp").next().and_then(|text| text.parse().ok())
            {
                return (address, log);
            }
        }
        panic!("the program ended without saying where it listens: {log}");
    }

    /// Everything that it still writes, to its end.
    pub(crate) async fn rest(mut self) -> String {
        drop(self.stdin.take());
        let mut written = String::new();
        patiently(self.stdout.into_inner().read_to_string(&mut written)).await.expect("it writes text");
        while let Some(line) = patiently(self.stderr.recv()).await {
            written.push_str(&line);
            written.push('\n');
        }
        patiently(self.child.wait()).await.expect("the program ends");
        written
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = self.child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("the program runs");
        kill_process(pid, signal).expect("the program takes signals");
    }

    /// Kills it, and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        patiently(self.child.kill()).await.expect("the program can be killed");
    }

    /// Waits for its end.
    pub(crate) async fn exit_code(mut self) -> i32 {
        drop(self.stdin.take());
        let status = patiently(self.child.wait()).await.expect("the program ends");
        status.code().expect("the program ends by itself")
    }
}

/// Sends a tool call of the handshake era and gives the whole answer as it came.
pub(crate) async fn post_call(address: SocketAddr, tool: &str, arguments: &str) -> String {
    post(address, &call_of(tool, arguments)).await
}

/// Sends a tool call of the handshake era and goes away.
pub(crate) async fn send_call(address: SocketAddr, tool: &str, arguments: &str) {
    drop(send(address, &call_of(tool, arguments)).await);
}

fn call_of(tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    )
}

/// Sends a message of the handshake era and gives the whole answer as it came.
pub(crate) async fn post(address: SocketAddr, message: &str) -> String {
    let mut stream = send(address, message).await;
    let mut answer = String::new();
    patiently(stream.read_to_string(&mut answer)).await.expect("the server answers");
    answer
}

async fn send(address: SocketAddr, message: &str) -> TcpStream {
    let request = format!(
        "POST /mcp HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\nContent-Length: {}\r\n\r\n{message}",
        message.len()
    );
    let mut stream = TcpStream::connect(address).await.expect("the server listens");
    stream.write_all(request.as_bytes()).await.expect("the server reads");
    stream
}

/// Waits, but not for ever.
pub(crate) async fn patiently<T>(work: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, work).await.expect("this does not take a minute")
}
