//! A record as it is read at a start: only what tells what became of changes, borrowed from the file, since there may be a
//! hundred thousand of them and nobody may call meanwhile.

use std::borrow::Cow;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde::Deserialize;

use super::{chain, folder};

/// What a record says of a call. What it does not say is empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Line<'l> {
    /// When it was recorded, RFC 3339 in UTC with milliseconds.
    #[serde(borrow)]
    pub time: Cow<'l, str>,
    /// The process that recorded it.
    #[serde(borrow)]
    pub epoch: Cow<'l, str>,
    /// What kind of record it is.
    #[serde(borrow)]
    pub kind: Cow<'l, str>,
    /// The tool.
    #[serde(borrow)]
    pub tool: Cow<'l, str>,
    /// Who called, as people know it.
    #[serde(borrow)]
    pub caller: Cow<'l, str>,
    /// The request's id.
    #[serde(borrow)]
    pub request_id: Cow<'l, str>,
    /// The name that the journal has for a change.
    #[serde(borrow)]
    pub key: Cow<'l, str>,
    /// How the call ended.
    #[serde(borrow)]
    pub outcome: Cow<'l, str>,
    /// The API's status.
    pub status: Option<u16>,
    /// Whether a byte may have left.
    pub sent: Option<bool>,
}

/// Shows the records of this time and later, oldest first. What is no record is passed over.
pub(super) fn each_since(place: &Path, time: SystemTime, see: &mut dyn FnMut(&Line<'_>)) -> io::Result<()> {
    // Written in one form, so that texts stand in the order of times.
    let first = humantime::format_rfc3339_millis(time).to_string();
    let mut files = Vec::new();
    for number in folder::numbers(place)?.into_iter().rev() {
        let bytes = std::fs::read(folder::path(place, number))?;
        let is_older = records(&bytes).next().is_some_and(|line| *line.time < *first);
        files.push(bytes);
        if is_older {
            break;
        }
    }
    for line in files.iter().rev().flat_map(|bytes| records(bytes)).filter(|line| *line.time >= *first) {
        see(&line);
    }
    Ok(())
}

fn records(bytes: &[u8]) -> impl Iterator<Item = Line<'_>> {
    let whole = bytes.split(|byte| *byte == b'\n').filter(|line| chain::is_whole(line));
    whole.filter_map(|line| serde_json::from_slice(line).ok())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::{Duration, SystemTime};

    use serde_json::{Value, json};

    use super::*;

    /// A file with a record for each of these seconds.
    fn file(place: &Path, number: u64, seconds: &[u64]) {
        let mut link = chain::Link::default();
        let mut text = String::new();
        for second in seconds {
            let Value::Object(members) =
                json!({ "kind": "intent", "key": format!("\"{second}\""), "more": [1] })
            else {
                unreachable!()
            };
            let (line, next) =
                link.seal(&members, "e", SystemTime::UNIX_EPOCH + Duration::from_secs(*second));
            (text, link) = (text + &line, next);
        }
        fs::write(folder::path(place, number), text).unwrap();
    }

    fn seen(place: &Path, since: u64) -> Vec<String> {
        let mut seen = Vec::new();
        let since = SystemTime::UNIX_EPOCH + Duration::from_secs(since);
        each_since(place, since, &mut |line| seen.push(line.key.to_string())).unwrap();
        seen
    }

    #[test]
    fn records_of_that_time_and_later_are_shown_in_order_and_nothing_else() {
        let place =
            std::env::temp_dir().join(format!("journal-lines-{}-{}", std::process::id(), fastrand::u64(..)));
        fs::create_dir(&place).unwrap();
        file(&place, 1, &[1, 2]);
        file(&place, 2, &[3, 4]);
        file(&place, 3, &[5]);
        assert_eq!(seen(&place, 0).len(), 5);
        assert_eq!(seen(&place, 4), ["\"4\"", "\"5\""]);
        assert!(seen(&place, 6).is_empty());
        let path = folder::path(&place, 3);
        let changed = fs::read_to_string(&path).unwrap().replace("[1]", "[2]");
        fs::write(&path, changed + "torn").unwrap();
        assert_eq!(seen(&place, 4), ["\"4\""], "a record that was changed is none");
        fs::remove_dir_all(&place).unwrap();
    }
}
