//! A subject as processes of the system: started in a group of its own, watched from outside, ended with all that it started.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::param::clock_ticks_per_second;
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::{Child, Command};

/// How a subject is started.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// The program and its arguments.
    pub command: Vec<OsString>,
    /// Its environment, besides what finds programs.
    pub environment: Vec<(String, String)>,
    /// Where it runs.
    pub folder: Option<PathBuf>,
}

impl Launch {
    /// A program with arguments.
    pub fn new<A: Into<OsString>>(
        program: impl Into<OsString>,
        arguments: impl IntoIterator<Item = A>,
    ) -> Self {
        let command = [program.into()].into_iter().chain(arguments.into_iter().map(Into::into)).collect();
        Self { command, ..Self::default() }
    }

    /// With a variable of its environment.
    pub fn set(mut self, name: &str, value: impl ToString) -> Self {
        self.environment.push((name.to_owned(), value.to_string()));
        self
    }
}

/// A subject that runs; ended when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    group: Pid,
    log: PathBuf,
}

impl Running {
    /// Starts it; what it says goes to a file.
    pub fn start(launch: &Launch, log: &Path) -> io::Result<Self> {
        let said = File::create(log)?;
        let mut command = Command::new(&launch.command[0]);
        command.args(&launch.command[1..]).env_clear();
        for name in ["PATH", "HOME", "LANG"] {
            command.env(name, std::env::var_os(name).unwrap_or_default());
        }
        command.envs(launch.environment.iter().map(|(name, value)| (name, value)));
        if let Some(folder) = &launch.folder {
            command.current_dir(folder);
        }
        command
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .process_group(0)
            .kill_on_drop(true);
        let child = command.spawn()?;
        let group = child.id().and_then(|id| Pid::from_raw(id.cast_signed())).expect("it was not waited for");
        Ok(Self { child, group, log: log.to_owned() })
    }

    /// An error once it has ended, with the last of what it said.
    pub fn still_runs(&mut self) -> io::Result<()> {
        match self.child.try_wait()? {
            None => Ok(()),
            Some(status) => Err(io::Error::other(format!("it ended with {status}: {}", self.last_words()))),
        }
    }

    /// The last lines that it said.
    pub fn last_words(&self) -> String {
        let said = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&said).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }

    /// Processor time of it and of all that it started, so far.
    pub fn processor_time(&self) -> Duration {
        let ticks: u64 =
            self.family().iter().filter_map(|id| Status::of(*id)).map(|status| status.ticks).sum();
        Duration::from_secs_f64(ticks as f64 / clock_ticks_per_second() as f64)
    }

    /// The memory that it and all that it started hold, in MiB. What several processes share counts for each.
    pub fn resident_mib(&self) -> f64 {
        let kib: f64 = self.family().into_iter().filter_map(resident_kib).sum();
        kib / 1024.0
    }

    /// Its own process and all that descend from it.
    fn family(&self) -> BTreeSet<i32> {
        let all: Vec<(i32, i32)> = processes().filter_map(|id| Some((id, Status::of(id)?.parent))).collect();
        let mut family = BTreeSet::from([self.group.as_raw_nonzero().get()]);
        loop {
            let found = all.iter().filter(|(id, parent)| family.contains(parent) && !family.contains(id));
            let found: Vec<i32> = found.map(|(id, _)| *id).collect();
            if found.is_empty() {
                return family;
            }
            family.extend(found);
        }
    }

    /// Asks it to end, and waits until it has.
    pub async fn stop(mut self) -> io::Result<()> {
        kill_process_group(self.group, Signal::TERM)?;
        self.child.wait().await.map(drop)
    }

    /// Ends it, and waits until it is gone.
    pub async fn end(mut self) -> io::Result<()> {
        self.kill();
        self.child.wait().await.map(drop)
    }

    fn kill(&self) {
        // Whoever is gone already needs no end.
        let _ = kill_process_group(self.group, Signal::KILL);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            self.kill();
        }
    }
}

/// What the system tells of a process.
#[derive(Debug, PartialEq, Eq)]
struct Status {
    parent: i32,
    /// Processor time, of its own and of the kernel for it.
    ticks: u64,
}

impl Status {
    fn of(id: i32) -> Option<Self> {
        Self::read(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    /// The name stands in parentheses and may hold anything, so that the rest is found from the end.
    fn read(line: &str) -> Option<Self> {
        let fields: Vec<&str> = line.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |place: usize| fields.get(place)?.parse::<u64>().ok();
        Some(Self { parent: fields.get(1)?.parse().ok()?, ticks: number(11)? + number(12)? })
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn resident_kib(id: i32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// Processor time that all of the machine's processors spent on anything, so far.
pub fn machine_time() -> Duration {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields = text.lines().next().unwrap_or_default().split_whitespace().skip(1);
    let ticks: Vec<u64> = fields.filter_map(|field| field.parse().ok()).collect();
    // Of processes and of the kernel, not of idleness nor of interrupts, which are nobody's.
    let busy: u64 = ticks.iter().take(3).sum();
    Duration::from_secs_f64(busy as f64 / clock_ticks_per_second() as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_parentheses_is_a_name() {
        let line = "17 (a) b (c) S 4 17 17 0 -1 4194560 1 2 3 4 120 30 0 0 20 0 1 0 5";
        assert_eq!(Status::read(line), Some(Status { parent: 4, ticks: 150 }));
        assert_eq!(Status::read("17 (a) S"), None);
    }

    #[tokio::test]
    async fn what_a_subject_starts_is_counted_and_ended_with_it() {
        let log = std::env::temp_dir().join(format!("bench-process-{}", std::process::id()));
        let launch = Launch::new("sh", ["-c", "sleep 60 & echo began; wait"]);
        let mut running = Running::start(&launch, &log).expect("it starts");
        while !running.last_words().contains("began") || running.family().len() < 2 {
            tokio::task::yield_now().await;
        }
        running.still_runs().expect("it runs");
        assert!(running.resident_mib() > 0.1);
        let family = running.family();
        running.end().await.expect("it ends");
        // What is killed may be known for a moment longer, until its new parent has looked.
        let is_gone = |id: &i32| {
            fs::read_to_string(format!("/proc/{id}/stat")).map_or(true, |text| text.contains(") Z "))
        };
        while !family.iter().all(is_gone) {
            tokio::task::yield_now().await;
        }
        fs::remove_file(&log).expect("there is a log");
    }

    #[tokio::test]
    async fn whoever_ends_early_is_told_with_its_last_words() {
        let log = std::env::temp_dir().join(format!("bench-process-ends-{}", std::process::id()));
        let launch = Launch::new("sh", ["-c", "echo no licence >&2; exit 7"]);
        let mut running = Running::start(&launch, &log).expect("it starts");
        let error = loop {
            match running.still_runs() {
                Ok(()) => tokio::task::yield_now().await,
                Err(error) => break error.to_string(),
            }
        };
        assert!(error.contains("exit status: 7") && error.contains("no licence"), "{error}");
        fs::remove_file(&log).expect("there is a log");
    }
}
