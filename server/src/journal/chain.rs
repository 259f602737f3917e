//! Records as lines: numbered, dated and chained by SHA-256. The hash covers every byte of the line before it, the hash
//! of the record before among them.

use std::borrow::Cow;
use std::time::SystemTime;

use serde::Serialize;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::escape::escaped;

/// What stands before the hash in a line, and behind it.
const BEFORE_HASH: &str = ",\"hash\":\"";
const AFTER_HASH: &str = "\"}";
/// Hexadecimal digits of a hash.
const DIGITS: usize = 64;

/// Where the chain ends: what the next record follows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Link {
    /// The number of the last record; 0 before the first.
    pub(super) sequence: u64,
    /// Its hash; zeros before the first.
    pub(super) hash: String,
}

/// A record without its hash.
#[derive(Serialize)]
struct Record<'r, M> {
    seq: u64,
    time: &'r str,
    epoch: &'r str,
    #[serde(flatten)]
    members: &'r M,
    prev: &'r str,
}

/// Before the first record.
impl Default for Link {
    fn default() -> Self {
        Self { sequence: 0, hash: "0".repeat(DIGITS) }
    }
}

impl Link {
    /// The line of the next record, with the line feed at its end, and the link that it makes.
    pub(super) fn seal<M: Serialize>(&self, members: &M, epoch: &str, time: SystemTime) -> (String, Link) {
        let sequence = self.sequence + 1;
        let time = humantime::format_rfc3339_millis(time).to_string();
        let record = Record { seq: sequence, time: &time, epoch, members, prev: &self.hash };
        let text = serde_json::to_string(&record).expect("a record is plain data");
        let changed = match escaped(&text) {
            Cow::Borrowed(_) => None,
            Cow::Owned(line) => Some(line),
        };
        let mut line = changed.unwrap_or(text);
        line.pop();
        let hash = hash(line.as_bytes());
        line.push_str(BEFORE_HASH);
        line.push_str(&hash);
        line.push_str(AFTER_HASH);
        line.push('\n');
        (line, Link { sequence, hash })
    }
}

/// Why a line is no record of the chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// It is no whole record: a crash tore it, or it was never one.
    Torn,
    /// It is one, but its hash is not that of its bytes: it was changed.
    Changed,
}

/// A line read back.
#[derive(Clone, Debug)]
pub(super) struct Sealed {
    /// The record.
    pub(super) record: Map<String, Value>,
    /// The link that it makes.
    pub(super) link: Link,
    /// The hash that it says is that of the record before.
    pub(super) before: String,
}

/// Reads a line without its line feed.
pub(super) fn open(line: &[u8]) -> Result<Sealed, Broken> {
    let Ok(Value::Object(record)) = serde_json::from_slice(line) else { return Err(Broken::Torn) };
    let text = |key: &str| record.get(key).and_then(Value::as_str);
    let (Some(sequence), Some(said), Some(before)) =
        (record.get("seq").and_then(Value::as_u64), text("hash"), text("prev"))
    else {
        return Err(Broken::Torn);
    };
    let tail = BEFORE_HASH.len() + DIGITS + AFTER_HASH.len();
    let is_last = line.ends_with(format!("{BEFORE_HASH}{said}{AFTER_HASH}").as_bytes());
    if !is_last || line.len() < tail || hash(&line[..line.len() - tail]) != said {
        return Err(Broken::Changed);
    }
    let (link, before) = (Link { sequence, hash: said.to_owned() }, before.to_owned());
    Ok(Sealed { link, before, record })
}

/// Whether a line without its line feed ends in the hash of its bytes, so that it is as it was written.
pub(super) fn is_whole(line: &[u8]) -> bool {
    let tail = BEFORE_HASH.len() + DIGITS + AFTER_HASH.len();
    let Some((text, end)) = line.len().checked_sub(tail).map(|length| line.split_at(length)) else {
        return false;
    };
    end == format!("{BEFORE_HASH}{}{AFTER_HASH}", hash(text)).as_bytes()
}

/// The members that every record has besides those of its entry.
#[cfg(test)]
pub(super) const FRAME: [&str; 5] = ["seq", "time", "epoch", "prev", "hash"];

fn hash(bytes: &[u8]) -> String {
    const DIGIT: [u8; 16] = *b"0123456789abcdef";
    let mut text = String::with_capacity(DIGITS);
    for byte in Sha256::digest(bytes) {
        text.extend([byte >> 4, byte & 15].map(|half| char::from(DIGIT[usize::from(half)])));
    }
    text
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sealed(sequence: usize) -> (String, Link) {
        let mut link = Link::default();
        let mut line = String::new();
        for number in 0..sequence {
            let Value::Object(members) = json!({ "kind": "outcome", "number": number }) else {
                unreachable!()
            };
            (line, link) = link.seal(&members, "e", SystemTime::UNIX_EPOCH);
        }
        (line, link)
    }

    #[test]
    fn a_line_reads_back_as_it_was_sealed() {
        let (line, link) = sealed(2);
        let back = open(line.trim_end().as_bytes()).unwrap();
        assert_eq!(back.link, link);
        assert_eq!((back.link.sequence, &back.before), (2, &sealed(1).1.hash));
        assert_eq!(back.record["time"], "1970-01-01T00:00:00.000Z");
        assert!(FRAME.iter().all(|member| back.record.contains_key(*member)));
    }

    #[test]
    fn t54_every_changed_byte_shows() {
        let (line, _) = sealed(1);
        let line = line.trim_end().as_bytes();
        for index in 0..line.len() {
            let mut changed = line.to_vec();
            changed[index] ^= 1;
            assert!(!is_whole(&changed) && is_whole(line), "byte {index}");
            assert!(open(&changed).is_err(), "byte {index} of {}", String::from_utf8_lossy(&changed));
            assert_eq!(open(&line[..index]).unwrap_err(), Broken::Torn, "cut after {index}");
        }
    }
}
