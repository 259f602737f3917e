//! rmcp-openapi-server, the nearest to this one: the same protocol library, a document read when it starts.
//!
//! It leaves Nagle's algorithm on, so that every answer waits for the client's delayed acknowledgement, 40 ms with any client. That is
//! how it ships. What it could do is found by forcing `TCP_NODELAY` on its connections from outside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Rival, Workshop};
use crate::compare::process::Launch;
use crate::compare::session::{Dialect, Sessions};
use crate::compare::subject::Subject;

/// As it ships.
pub const SHIPPED: &str = "rmcp-openapi";
/// With sessions.
const STATEFUL: &str = "rmcp-openapi, sessions";
/// With `TCP_NODELAY` forced on it.
pub(super) const NODELAY: &str = "rmcp-openapi, forced nodelay";
/// With both.
pub(super) const STATEFUL_NODELAY: &str = "rmcp-openapi, sessions and forced nodelay";

pub(super) const RIVAL: Rival = Rival { name: "rmcp-openapi", prepare };

const VERSION: &str = "0.32.1";
const NODELAY_SOURCE: &str = include_str!("nodelay.c");

fn prepare(workshop: &Workshop) -> io::Result<Vec<Subject>> {
    let recipe = format!("{VERSION}\n{NODELAY_SOURCE}");
    let folder = workshop.installed("rmcp-openapi", &recipe, |installing| {
        let crate_version = ["rmcp-openapi-server", "--version", VERSION];
        let install = ["cargo", "install", "--quiet", "--locked", "--root", "."];
        installing.run(".", &[&install[..], &crate_version[..]].concat())?;
        fs::write(installing.folder.join("nodelay.c"), NODELAY_SOURCE)?;
        installing.run(".", &["cc", "-O2", "-shared", "-fPIC", "-o", "nodelay.so", "nodelay.c"])
    })?;
    let ways = [
        (SHIPPED, false, false),
        (STATEFUL, true, false),
        (NODELAY, false, true),
        (STATEFUL_NODELAY, true, true),
    ];
    Ok(ways
        .map(|(name, has_sessions, is_forced)| {
            let (folder, document, api) = (folder.clone(), workshop.document.clone(), workshop.api.clone());
            let dialect =
                Dialect { tool: "getAssignments", sessions: Sessions::Each, token: None, repeats: false };
            let start = move |port| Ok(launch(&folder, &document, &api, port, has_sessions, is_forced));
            Subject::new(name, dialect, start)
        })
        .into())
}

fn launch(
    folder: &Path,
    document: &PathBuf,
    api: &str,
    port: u16,
    has_sessions: bool,
    is_forced: bool,
) -> Launch {
    let port = port.to_string();
    let mut arguments = vec!["--base-url", api, "-p", &port, "--bind-address", "127.0.0.1"];
    if has_sessions {
        arguments.push("--stateful");
    }
    // Without this it logs several lines a call.
    let mut launch =
        Launch::new(folder.join("bin/rmcp-openapi-server"), arguments).set("RMCP_OPENAPI_LOG", "error");
    launch.command.push(document.into());
    if is_forced {
        launch = launch.set("LD_PRELOAD", folder.join("nodelay.so").display());
    }
    launch
}
