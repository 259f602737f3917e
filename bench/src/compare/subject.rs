//! Whoever is compared: how it is started, and how it is spoken to.

use std::fmt;
use std::io;

use super::process::Launch;
use super::session::Dialect;

/// Gives the command that serves on this port.
type Start = dyn Fn(u16) -> io::Result<Launch> + Send + Sync;

/// Whoever is compared.
pub struct Subject {
    /// Its name in the table.
    pub name: &'static str,
    /// How it is spoken to.
    pub dialect: Dialect,
    start: Box<Start>,
}

impl Subject {
    /// One that is started so and spoken to so.
    pub fn new(
        name: &'static str,
        dialect: Dialect,
        start: impl Fn(u16) -> io::Result<Launch> + Send + Sync + 'static,
    ) -> Self {
        Self { name, dialect, start: Box::new(start) }
    }

    /// The command that serves on this port.
    pub fn launch(&self, port: u16) -> io::Result<Launch> {
        (self.start)(port)
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Subject({})", self.name)
    }
}
