//! What others offer for the same document: how each is installed from its registry in one fixed version, and started.
//!
//! Each stands here as it ships and in the best set-up that was found for it. What was needed to make it run at all is said where it is
//! done.

mod fastmcp;
mod rmcp_openapi;
mod generator;
mod awslabs;

pub mod names;
mod workshop;

use std::io;

use super::subject::Subject;

pub use workshop::Workshop;

/// A rival.
#[derive(Clone, Copy, Debug)]
pub struct Rival {
    /// Its name on the command line.
    pub name: &'static str,
    /// Installs it, and gives the ways in which it is compared.
    pub prepare: fn(&Workshop) -> io::Result<Vec<Subject>>,
}

/// All of them.
pub const RIVALS: [Rival; 4] = [fastmcp::RIVAL, rmcp_openapi::RIVAL, generator::RIVAL, awslabs::RIVAL];

/// The rival of this name.
pub fn find(name: &str) -> Option<&'static Rival> {
    RIVALS.iter().find(|rival| rival.name == name)
}
