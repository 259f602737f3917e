//! The program while it serves.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::Result;
use crate::asking::Asking;

/// How long a start may take, and an end: a program that counts is slow.
const PATIENCE: Duration = Duration::from_secs(60);

/// A command of the program that knows nothing of who starts it: settings of theirs may name a journal, a Redis or an API that are in use.
pub fn alone(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear();
    command
}

/// What the program says of itself.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// All that it logs where nothing is set; nobody reads it.
    All,
    /// Errors, to whoever trains it.
    Errors,
}

/// The program; killed when this is dropped.
pub struct Served {
    child: Child,
    /// Where it is.
    pub address: String,
}

impl Served {
    /// Starts it with these settings, and waits until it answers.
    pub fn start(program: &Path, settings: &[(&str, String)], words: Words) -> Result<Self> {
        // Free now, and taken again before anybody else is likely to ask for one.
        let place = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut command = alone(program);
        command.args(["serve", "--listen", &place.to_string()]).stdin(Stdio::null());
        if words == Words::All {
            command.stderr(Stdio::null());
        }
        command.envs(settings.iter().map(|(name, value)| (name, value)));
        let mut served = Self { child: command.spawn()?, address: format!("http://{place}") };
        let begun = Instant::now();
        while Asking::new(&served.address, None).page("/health").is_err() {
            if let Some(status) = served.child.try_wait()? {
                return Err(format!("{} ended with {status}", program.display()).into());
            }
            if begun.elapsed() > PATIENCE {
                return Err(format!("{} does not answer", program.display()).into());
            }
            sleep(Duration::from_millis(20));
        }
        Ok(served)
    }

    /// Ends it as a system does, so that it comes to its own end.
    pub fn stop(mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        if !Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status()?.success() {
            return Err("it could not be told to end".into());
        }
        let begun = Instant::now();
        while begun.elapsed() < PATIENCE {
            match self.child.try_wait()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => return Err(format!("it ended with {status}").into()),
                None => sleep(Duration::from_millis(20)),
            }
        }
        Err("it does not end".into())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
