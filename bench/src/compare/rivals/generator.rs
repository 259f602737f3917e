//! openapi-mcp-generator, which writes a server in TypeScript.
//!
//! What it writes names versions that do not work together: with the newest of its ranges the process ends at the first request.
//! So the versions below are those with which it runs. It serves one session in the life of a process.

use std::fs;
use std::io;
use std::path::Path;

use serde_json::{Value, json};

use super::{Rival, Workshop};
use crate::compare::process::Launch;
use crate::compare::session::{Dialect, Sessions};
use crate::compare::subject::Subject;

/// As it ships.
pub const SHIPPED: &str = "openapi-mcp-generator";

pub(super) const RIVAL: Rival = Rival { name: "openapi-mcp-generator", prepare };

const TOOL: &str = "openapi-mcp-generator@4.0.1";
const DEPENDENCIES: [(&str, &str); 9] = [
    ("@hono/node-server", "1.19.9"),
    ("@modelcontextprotocol/sdk", "1.24.3"),
    ("axios", "1.9.0"),
    ("dotenv", "16.4.5"),
    ("fetch-to-node", "2.1.0"),
    ("hono", "4.7.7"),
    ("json-schema-to-zod", "2.6.1"),
    ("uuid", "11.1.0"),
    ("zod", "3.24.3"),
];

/// The port stands in the program that it writes, and is put in there anew for each start.
const PORT: u16 = 47_114;

fn prepare(workshop: &Workshop) -> io::Result<Vec<Subject>> {
    let recipe = format!("{TOOL} {DEPENDENCIES:?} {PORT}");
    let folder = workshop.installed("openapi-mcp-generator", &recipe, |installing| {
        let (document, port) = (workshop.document.display().to_string(), PORT.to_string());
        installing.run(".", &["npm", "install", "--prefix", "tool", "--no-fund", "--no-audit", TOOL])?;
        let generate = "tool/node_modules/.bin/openapi-mcp-generator";
        let options = ["-i", &document, "-o", "app", "-t", "streamable-http", "-p", &port, "--force"];
        installing.run(".", &[&[generate], &options[..]].concat())?;
        pin(&installing.folder.join("app/package.json"))?;
        installing.run("app", &["npm", "install", "--no-fund", "--no-audit"])?;
        installing.run("app", &["npm", "run", "build"])
    })?;
    let dialect = Dialect { tool: "getAssignments", sessions: Sessions::One, token: None, repeats: false };
    let api = workshop.api.clone();
    Ok(vec![Subject::new(SHIPPED, dialect, move |port| {
        let program = with_port(&folder.join("app/build"), port)?;
        let launch = Launch::new("node", [program, "--transport=streamable-http".to_owned()]);
        let launch = launch.set("API_BASE_URL", &api).set("NODE_ENV", "production");
        Ok(launch.set("BEARER_TOKEN_PERSONALACCESSTOKEN", "bench"))
    })])
}

/// Holds the package to these versions.
fn pin(manifest: &Path) -> io::Result<()> {
    let mut package: Value = serde_json::from_str(&fs::read_to_string(manifest)?)?;
    for (name, version) in DEPENDENCIES {
        package["dependencies"][name] = json!(version);
    }
    fs::write(manifest, format!("{package:#}\n"))
}

/// The program with this port in it; which one it is. Its files name each other, so that all of them are copied.
fn with_port(build: &Path, port: u16) -> io::Result<String> {
    let copy = build.with_file_name("build-on-a-port");
    fs::create_dir_all(&copy)?;
    for file in fs::read_dir(build)? {
        let file = file?;
        if file.file_type()?.is_file() {
            fs::copy(file.path(), copy.join(file.file_name()))?;
        }
    }
    let program = copy.join("index.js");
    let text = fs::read_to_string(&program)?;
    let (before, after) = (PORT.to_string(), port.to_string());
    if !text.contains(&before) {
        return Err(io::Error::other(format!(
            "the program that was written does not name the port {before}"
        )));
    }
    fs::write(&program, text.replace(&before, &after))?;
    Ok(program.display().to_string())
}
