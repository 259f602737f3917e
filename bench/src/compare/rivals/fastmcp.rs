//! FastMCP, by its own way from a document to a server.

use std::fs;
use std::io;
use std::thread;

use super::{Rival, Workshop};
use crate::compare::process::Launch;
use crate::compare::session::{Dialect, Sessions};
use crate::compare::subject::Subject;

/// As it ships.
pub const SHIPPED: &str = "FastMCP";
/// The best set-up: no sessions, plain JSON, uvloop and httptools, a process for each processor, no log of requests.
pub const TUNED: &str = "FastMCP, tuned";

pub(super) const RIVAL: Rival = Rival { name: "fastmcp", prepare };

const REQUIREMENTS: &str = include_str!("fastmcp.txt");
const SERVER: &str = include_str!("fastmcp.py");

fn prepare(workshop: &Workshop) -> io::Result<Vec<Subject>> {
    let folder = workshop.installed("fastmcp", REQUIREMENTS, |installing| installing.python(REQUIREMENTS))?;
    fs::write(folder.join("fastmcp_server.py"), SERVER)?;
    let dialect = Dialect { tool: "getAssignments", sessions: Sessions::Each, token: None, repeats: false };
    let (document, api) = (workshop.document.clone(), workshop.api.clone());
    let told = move |launch: Launch| {
        // Nothing is asked of the network while it starts, and what it logs are warnings.
        let launch = launch.set("FASTMCP_CHECK_FOR_UPDATES", "off").set("FASTMCP_LOG_LEVEL", "WARNING");
        Launch { folder: Some(folder.clone()), ..launch.set("DOCUMENT", document.display()).set("API", &api) }
    };
    let shipped = told.clone();
    let shipped = move |port: u16| {
        Ok(shipped(Launch::new("venv/bin/python", ["fastmcp_server.py".to_owned(), port.to_string()])))
    };
    let tuned = move |port: u16| {
        let workers = thread::available_parallelism()?.to_string();
        let port = port.to_string();
        let arguments = [
            "fastmcp_server:app",
            "--factory",
            "--host",
            "127.0.0.1",
            "--port",
            &port,
            "--workers",
            &workers,
            "--loop",
            "uvloop",
            "--http",
            "httptools",
            "--log-level",
            "warning",
            "--no-access-log",
        ];
        Ok(told(Launch::new("venv/bin/uvicorn", arguments)))
    };
    let stateless = Dialect { sessions: Sessions::Each, ..dialect.clone() };
    Ok(vec![Subject::new(SHIPPED, dialect, shipped), Subject::new(TUNED, stateless, tuned)])
}
