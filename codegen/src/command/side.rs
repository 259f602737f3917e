//! A side of a comparison: a document, a lock, or an address that gives one of them or the hash of a contract.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use codegen::contract::{self, Contract};
use openapi::{Reading, Source};
use serde_json::Value;

use super::fetch;

/// Exit status: a document or a lock has errors.
pub(super) const BAD_INPUT: u8 = 65;
/// Exit status: a file could not be written.
pub(super) const NOT_WRITTEN: u8 = 74;

/// What was found at a side.
pub(super) enum Side {
    /// The whole contract.
    Contract(Contract),
    /// Only its hash: what a server's `/health` tells.
    Hash(String),
}

/// Reads a side by its name: a path, or an http(s) address. Of a document with errors it is what can be carried, if that
/// is wanted.
pub(super) fn read(name: &str, overlay: Option<&Path>, is_lenient: bool) -> Result<Side, ExitCode> {
    if fetch::is_address(name) {
        return of_address(name, is_lenient);
    }
    let path = Path::new(name);
    let is_lock = std::fs::read_to_string(path).ok().filter(|text| looks_like_lock(text));
    match is_lock {
        Some(text) => lock_of(&text, name).map(Side::Contract),
        None => document(path, overlay, is_lenient).map(Side::Contract),
    }
}

/// The contract that a document's tools make.
fn document(path: &Path, overlay: Option<&Path>, is_lenient: bool) -> Result<Contract, ExitCode> {
    let source = Source { document: path.to_owned(), overlay: overlay.map(Path::to_owned) };
    of_reading(&openapi::read(&source), is_lenient)
}

/// The contract of a reading; its errors are printed, and refuse it unless what is left is wanted.
fn of_reading(reading: &Reading, is_lenient: bool) -> Result<Contract, ExitCode> {
    let (contract, report) = Contract::of_what_is_carried(reading);
    if report.has_errors() {
        eprint!("{}", openapi::text::render(&report));
    }
    contract.filter(|_| is_lenient || !report.has_errors()).ok_or(ExitCode::from(BAD_INPUT))
}

/// The contract of a lock file; `None` when there is no such file.
pub(super) fn lock(path: &Path) -> Result<Option<Contract>, ExitCode> {
    match std::fs::read_to_string(path) {
        Ok(text) => lock_of(&text, &path.display().to_string()).map(Some),
        Err(cause) if cause.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(refused(&format!("cannot read {}: {cause}", path.display()))),
    }
}

/// Where overlay and lock of a document are, unless they are named: beside it.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub(super) document: PathBuf,
    pub(super) overlay: Option<PathBuf>,
    pub(super) lock: PathBuf,
}

impl Files {
    pub(super) fn of(document: &Path, overlay: Option<PathBuf>, lock: Option<PathBuf>) -> Self {
        let beside = |name: &str| document.with_file_name(name);
        let overlay = overlay.or_else(|| Some(beside("overlay.yaml")).filter(|path| path.is_file()));
        Self {
            document: document.to_owned(),
            overlay,
            lock: lock.unwrap_or_else(|| beside("tools.lock.json")),
        }
    }

    pub(super) fn contract(&self) -> Result<Contract, ExitCode> {
        document(&self.document, self.overlay.as_deref(), false)
    }
}

/// Tells why nothing was done.
pub(super) fn refused(message: &str) -> ExitCode {
    eprintln!("mcp-codegen: {message}");
    ExitCode::from(BAD_INPUT)
}

fn lock_of(text: &str, name: &str) -> Result<Contract, ExitCode> {
    contract::read(text, name).map_err(|bad| refused(&bad.to_string()))
}

fn looks_like_lock(text: &str) -> bool {
    text.trim_start().starts_with('{')
        && serde_json::from_str::<Value>(text).is_ok_and(|value| value.get("lock").is_some())
}

fn of_address(address: &str, is_lenient: bool) -> Result<Side, ExitCode> {
    let bytes = fetch::get(&fetch::or_health(address)).map_err(|message| refused(&message))?;
    let text = String::from_utf8_lossy(&bytes).into_owned();
    if looks_like_lock(&text) {
        return lock_of(&text, address).map(Side::Contract);
    }
    let health = serde_json::from_str::<Value>(&text).ok();
    if let Some(hash) = health.as_ref().and_then(|health| health.get("contract")).and_then(Value::as_str) {
        return Ok(Side::Hash(hash.to_owned()));
    }
    let name = fetch::file_name(address);
    let reading = openapi::read_texts(vec![(name, bytes)], None);
    of_reading(&reading, is_lenient).map(Side::Contract).map_err(|_| {
        refused(&format!("{address} gives neither a lock, nor a server's health with the hash of its contract, nor a document"))
    })
}
