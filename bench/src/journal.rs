//! The journal as operators read it: by the program's own `audit`.

use std::collections::HashSet;
use std::io;
use std::path::Path;

use serde_json::Value;
use tokio::process::Command;

/// What `audit verify` said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// Whether every record is there and unchanged.
    pub is_whole: bool,
    /// Records that a crash tore.
    pub torn: usize,
    /// All of it.
    pub words: String,
}

/// Verifies the journal in this folder.
pub async fn verify(program: &Path, folder: &Path) -> io::Result<Verified> {
    let (is_whole, words) = audit(program, folder, &["verify"]).await?;
    Ok(Verified { is_whole, torn: torn(&words), words })
}

/// The records of the journal in this folder, oldest first.
pub async fn records(program: &Path, folder: &Path) -> io::Result<Vec<Value>> {
    let (is_read, text) = audit(program, folder, &["export"]).await?;
    if !is_read {
        return Err(io::Error::other(text));
    }
    text.lines().map(|line| serde_json::from_str(line).map_err(io::Error::other)).collect()
}

/// Whether it succeeded, and what it said.
async fn audit(program: &Path, folder: &Path, command: &[&str]) -> io::Result<(bool, String)> {
    let output =
        Command::new(program).arg("audit").args(command).arg("--folder").arg(folder).output().await?;
    let said = if output.status.success() { output.stdout } else { output.stderr };
    Ok((output.status.success(), String::from_utf8_lossy(&said).trim().to_owned()))
}

fn torn(words: &str) -> usize {
    let before = words.split(" torn by a crash").next().filter(|before| before.len() < words.len());
    before.and_then(|before| before.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}

/// What the records say of changes, by their markers.
#[derive(Debug, Default)]
pub struct Changes {
    /// Those with an intent.
    pub intended: HashSet<String>,
    /// Those with an intent and without an outcome.
    pub open: HashSet<String>,
}

impl Changes {
    /// Reads them from the records of a journal.
    pub fn of(records: &[Value]) -> Self {
        let mut changes = Self::default();
        let ended: HashSet<[&str; 2]> =
            records.iter().filter(|record| record["kind"] == "outcome").map(call_of).collect();
        for intent in records.iter().filter(|record| record["kind"] == "intent") {
            let marker = intent["arguments"]["runtimeConfiguration"].as_str().unwrap_or_default();
            changes.intended.insert(marker.to_owned());
            if !ended.contains(&call_of(intent)) {
                changes.open.insert(marker.to_owned());
            }
        }
        changes
    }
}

fn call_of(record: &Value) -> [&str; 2] {
    ["epoch", "request_id"].map(|member| record[member].as_str().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn torn_records_are_read_from_the_words() {
        assert_eq!(torn("whole: 7 records in 1 files, written by 3 processes; 2 torn by a crash; 1 lost"), 2);
        assert_eq!(torn("whole: 7 records in 1 files, written by 3 processes"), 0);
    }

    #[test]
    fn a_change_is_open_until_its_outcome_is_there() {
        let intent = |marker: &str, request: &str| json!({ "kind": "intent", "epoch": "e", "request_id": request, "arguments": { "runtimeConfiguration": marker } });
        let outcome = json!({ "kind": "outcome", "epoch": "e", "request_id": "r1" });
        let other = json!({ "kind": "outcome", "epoch": "f", "request_id": "r2" });
        let changes = Changes::of(&[intent("a", "r1"), intent("b", "r2"), outcome, other]);
        assert_eq!(changes.intended.len(), 2);
        assert_eq!(changes.open, HashSet::from(["b".to_owned()]));
    }
}
