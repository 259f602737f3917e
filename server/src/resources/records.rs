//! A caller's own recent records, and nobody else's.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::call::{CallError, Caller};
use crate::journal::Journal;

/// How far back is looked.
const BACK: Duration = Duration::from_secs(60 * 60);
/// How many records are given.
const MOST: usize = 50;

/// The last records of this caller, oldest first, as JSON text. The files are read by a thread that may wait for the disk.
pub(super) async fn of(journal: &Journal, caller: &Caller) -> Result<String, CallError> {
    let (journal, word) = (journal.clone(), caller.word().to_owned());
    let read = tokio::task::spawn_blocking(move || last(&journal, &word)).await;
    let failed =
        |cause: String| CallError::Internal { cause: format!("the journal cannot be read: {cause}") };
    let records =
        read.map_err(|error| failed(error.to_string()))?.map_err(|error| failed(error.to_string()))?;
    Ok(json!({ "records": records }).to_string())
}

fn last(journal: &Journal, word: &str) -> io::Result<VecDeque<Value>> {
    let mut records = VecDeque::new();
    let since = SystemTime::now().checked_sub(BACK).unwrap_or(SystemTime::UNIX_EPOCH);
    journal.each_since(since, &mut |line| {
        if *line.caller != *word {
            return;
        }
        if records.len() == MOST {
            records.pop_front();
        }
        records.push_back(json!({
            "time": line.time, "kind": line.kind, "tool": line.tool, "request_id": line.request_id,
            "outcome": line.outcome, "status": line.status, "sent": line.sent,
        }));
    })?;
    Ok(records)
}
