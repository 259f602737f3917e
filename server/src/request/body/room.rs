//! Bytes up to a limit: what goes beyond it is refused while it is written, not afterwards.

use std::io;

use bytes::Bytes;
use serde_json::Value;

use super::Refusal;

/// Bytes that are being written.
pub(super) struct Room {
    bytes: Vec<u8>,
    limit: usize,
}

impl Room {
    pub(super) fn new(limit: usize) -> Self {
        Self { bytes: Vec::new(), limit }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.len() > self.limit - self.bytes.len() {
            return Err(self.full());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn json(&mut self, value: &Value) -> Result<(), Refusal> {
        serde_json::to_writer(&mut *self, value).map_err(|_| self.full())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }

    fn full(&self) -> Refusal {
        let limit = self.limit;
        Refusal::new("size", format!("makes a body larger than the {limit} bytes that are accepted"))
    }
}

/// For the writer of JSON, which can only fail where the room ends.
impl io::Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.push(bytes) {
            Ok(()) => Ok(bytes.len()),
            Err(refusal) => Err(io::Error::other(refusal.message)),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
