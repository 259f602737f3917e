//! awslabs.openapi-mcp-server. It offers standard input and output only; HTTP it has by a variable of the framework below it.

use std::io;

use super::{Rival, Workshop};
use crate::compare::process::Launch;
use crate::compare::session::{Dialect, Sessions};
use crate::compare::subject::Subject;

/// As it ships, but for HTTP.
const SHIPPED: &str = "awslabs.openapi-mcp-server";

pub(super) const RIVAL: Rival = Rival { name: "awslabs", prepare };

const REQUIREMENTS: &str = include_str!("awslabs.txt");

fn prepare(workshop: &Workshop) -> io::Result<Vec<Subject>> {
    let folder = workshop.installed("awslabs", REQUIREMENTS, |installing| installing.python(REQUIREMENTS))?;
    let dialect = Dialect { tool: "getAssignments", sessions: Sessions::Each, token: None, repeats: false };
    let (document, api) = (workshop.document.clone(), workshop.api.clone());
    Ok(vec![Subject::new(SHIPPED, dialect, move |port| {
        let documents = document.parent().unwrap_or(&document).display().to_string();
        let arguments = [
            "--api-name",
            "ispw",
            "--api-url",
            &api,
            "--spec-path",
            &document.display().to_string(),
            "--allow-insecure-http",
            "--allow-private-networks",
            "--allowed-spec-dirs",
            &documents,
            "--log-level",
            "ERROR",
        ];
        let launch = Launch::new(folder.join("venv/bin/awslabs.openapi-mcp-server"), arguments);
        let launch = launch.set("FASTMCP_TRANSPORT", "http").set("FASTMCP_HOST", "127.0.0.1");
        Ok(launch.set("FASTMCP_PORT", port).set("FASTMCP_CHECK_FOR_UPDATES", "off"))
    })])
}
