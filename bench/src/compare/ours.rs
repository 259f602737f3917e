//! The server of `examples/ispw` in the ways in which it is compared, and the bare hop beside it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Launch;
use super::session::{Dialect, Sessions};
use super::subject::Subject;
use crate::issuer::{AUDIENCE, ISSUER, Issuer};
use crate::scratch::Scratch;

/// The bare hop.
pub const HOP: &str = "bare hop";
/// The server doing what the hop does.
pub const PLAIN: &str = "this server";
/// The same with everything on that a deployment has.
pub const GUARDED: &str = "this server, guarded";
/// The same answering from memory.
pub const KEPT: &str = "this server, kept answers";
/// The same without output schemas.
pub const UNDESCRIBED: &str = "this server, no output schemas";
/// The same of a document of many operations, built by cargo alone.
pub const MANY: &str = "this server, many tools";
/// The same of few tools, built as that of many is.
pub const FEW: &str = "this server, few tools";

/// Whether this is the hop or a way of this server, and not a rival.
pub fn is_ours(name: &str) -> bool {
    [HOP, PLAIN, GUARDED, KEPT, UNDESCRIBED, FEW, MANY].contains(&name)
}

/// A setting that a program may not have yet.
const OUTPUT_SCHEMAS: &str = "TOOLS_OUTPUT_SCHEMAS";

/// How the server is spoken to.
fn dialect() -> Dialect {
    Dialect { tool: "get_assignments", sessions: Sessions::Each, token: None, repeats: false }
}

/// The hop.
pub fn hop(program: PathBuf, api: String) -> Subject {
    let dialect = Dialect { sessions: Sessions::None, ..dialect() };
    Subject::new(HOP, dialect, move |port| {
        let launch = Launch::new(&program, [port.to_string(), "/ispw/{srid}/assignments".to_owned()]);
        Ok(launch.set("API_BASE_URL", &api).set("API_TOKEN", "bench"))
    })
}

/// The server with no more to do than the hop has, which is also what rivals do: nobody is asked who they are, nothing is kept nor
/// recorded, the tools are those of the document, and answers are given whole.
pub fn plain(name: &'static str, program: PathBuf, api: String) -> Subject {
    Subject::new(name, dialect(), move |port| Ok(bare(&program, &api, port)))
}

fn bare(program: &Path, api: &str, port: u16) -> Launch {
    usual(program, api, port)
        .set("CACHE_ENABLED", false)
        .set("MCP_ABOUT_TOOLS", false)
        .set("MCP_MAX_ANSWER_SIZE", 0)
}

fn usual(program: &Path, api: &str, port: u16) -> Launch {
    Launch::new(program, ["serve", "--listen", &format!("127.0.0.1:{port}")])
        .set("API_BASE_URL", api)
        .set("API_TOKEN", "bench")
        .set("LOG_LEVEL", "warn")
}

/// The server as it is deployed: signed tokens, rules by role, quotas that admit all, changes on the record, answers in parts.
pub fn guarded(program: PathBuf, api: String, folder: &Path) -> io::Result<Subject> {
    let issuer = Issuer::new()?;
    let keys = folder.join("issuer.json");
    fs::write(&keys, issuer.keys())?;
    let token = issuer.token("observer")?;
    let dialect = Dialect { token: Some(token), ..dialect() };
    Ok(Subject::new(GUARDED, dialect, move |port| {
        // One process writes to a journal's folder, and this one is not waited for longer than it runs.
        let journal = keys.with_file_name(format!("journal-{port}"));
        Ok(usual(&program, &api, port)
            .set("CACHE_ENABLED", false)
            .set("AUTH_PROVIDER", "jwt")
            .set("AUTH_PUBLIC_KEY_FILE", keys.display())
            .set("AUTH_ISSUER", ISSUER)
            .set("AUTH_AUDIENCE", AUDIENCE)
            .set("RATE_LIMIT_REQUESTS_PER_MINUTE", 60_000_000)
            .set("SECURITY_RATE_LIMIT_PER_USER_RPM", 60_000_000)
            .set("RATE_LIMIT_BURST_SIZE", 1_000_000)
            .set("AUDIT_FOLDER", journal.display())
            .set("AUDIT_READS", false))
    }))
}

/// The server answering the same call from what it keeps.
pub fn kept(program: PathBuf, api: String) -> Subject {
    let dialect = Dialect { repeats: true, ..dialect() };
    Subject::new(KEPT, dialect, move |port| {
        Ok(bare(&program, &api, port).set("CACHE_ENABLED", true).set("CACHE_TTL_SECONDS", 3600))
    })
}

/// The server without output schemas, where it knows such a setting.
pub fn undescribed(program: PathBuf, api: String) -> io::Result<Option<Subject>> {
    let table = Command::new(&program).args(["config", "--markdown"]).output()?.stdout;
    if !String::from_utf8_lossy(&table).contains(OUTPUT_SCHEMAS) {
        return Ok(None);
    }
    let start = move |port| Ok(bare(&program, &api, port).set(OUTPUT_SCHEMAS, "off"));
    Ok(Some(Subject::new(UNDESCRIBED, dialect(), start)))
}

/// Every way of the server of fifteen tools, and the hop.
pub fn all(program: &Path, hop_program: &Path, api: &str, folder: &Scratch) -> io::Result<Vec<Subject>> {
    let (program, api) = (|| program.to_owned(), || api.to_owned());
    let mut subjects = vec![
        hop(hop_program.to_owned(), api()),
        plain(PLAIN, program(), api()),
        guarded(program(), api(), folder.path())?,
        kept(program(), api()),
    ];
    match undescribed(program(), api())? {
        Some(subject) => subjects.push(subject),
        None => eprintln!(
            "this program does not know {OUTPUT_SCHEMAS}, so its list without output schemas is not measured"
        ),
    }
    Ok(subjects)
}
