//! A program on a terminal of its own: what it shows there, and what somebody types.

#![allow(dead_code, reason = "each test file uses its own part of this")]

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{Read as _, Write as _};
use std::os::unix::ffi::OsStrExt as _;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// A program that has a terminal for its input, its output and its errors.
pub(crate) struct Terminal {
    child: Child,
    screen: File,
    /// Everything that it has shown.
    pub(crate) seen: String,
    /// How much of it was waited for.
    looked: usize,
}

impl Terminal {
    /// Starts the program on a terminal of so many columns.
    pub(crate) fn start(arguments: &[&str], environment: &[(&str, &str)], columns: u16) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_code-pipeline-mcp"));
        command.args(arguments).env_clear().envs(environment.iter().copied());
        Self::of(command, columns)
    }

    /// Starts this on a terminal of so many columns.
    pub(crate) fn of(mut command: Command, columns: u16) -> Self {
        let screen = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("the system has terminals");
        grantpt(&screen).expect("it is ours");
        unlockpt(&screen).expect("it can be opened");
        let size = Winsize { ws_row: 24, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&screen, size).expect("it has a size");
        let name = ptsname(&screen, Vec::new()).expect("it has a name");
        let side = || -> Stdio {
            let path = OsStr::from_bytes(name.as_bytes());
            OpenOptions::new().read(true).write(true).open(path).expect("it can be opened").into()
        };
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().expect("the program starts");
        Self { child, screen: screen.into(), seen: String::new(), looked: 0 }
    }

    /// Waits until it shows this, behind what was waited for before.
    pub(crate) fn until(&mut self, text: &str) {
        loop {
            if let Some(place) = self.seen[self.looked..].find(text) {
                self.looked += place + text.len();
                return;
            }
            assert!(self.read(), "the program ended without showing {text:?}: {}", self.seen);
        }
    }

    /// Types a line.
    pub(crate) fn type_line(&mut self, line: &str) {
        self.screen.write_all(format!("{line}\n").as_bytes()).expect("the program reads");
    }

    /// Types what ends the input.
    pub(crate) fn type_end(&mut self) {
        self.screen.write_all(&[4]).expect("the program reads");
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.child.id().cast_signed()).expect("the program runs");
        kill_process(pid, signal).expect("the program takes signals");
    }

    /// Waits for its end; the exit code, and everything that it has shown.
    pub(crate) fn end(mut self) -> (i32, String) {
        while self.read() {}
        let status = self.child.wait().expect("the program ends");
        (status.code().expect("it ends by itself"), std::mem::take(&mut self.seen))
    }

    /// Reads more; whether there was any.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        // A terminal that nobody else has open any more cannot be read.
        let count = self.screen.read(&mut bytes).unwrap_or_default();
        self.seen.push_str(&String::from_utf8_lossy(&bytes[..count]));
        count > 0
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
