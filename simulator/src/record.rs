//! The record of every request received, for tests that pin what a client sent.

use std::collections::VecDeque;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method};

/// One request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The operation that its path and method name, if any does.
    pub operation: Option<&'static str>,
    /// The method.
    pub method: Method,
    /// The request target exactly as sent: path and query, still percent-encoded.
    pub target: String,
    /// The headers, names in lower case.
    pub headers: HeaderMap,
    /// The body, byte by byte; empty when it was not read.
    pub body: Bytes,
    /// Whether the body was read to its end; a fault, its size or a client that left can prevent that.
    pub whole: bool,
    /// When its head had arrived, on the monotonic clock.
    pub at: Instant,
}

impl Received {
    /// The path without the query.
    pub fn path(&self) -> &str {
        self.target.split('?').next().unwrap_or_default()
    }

    /// The query, empty when there is none.
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The first value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// The requests kept, oldest first; when full, the oldest makes room.
#[derive(Debug)]
pub(crate) struct Record {
    kept: VecDeque<Received>,
    most: usize,
}

impl Record {
    pub(crate) fn new(most: usize) -> Self {
        Self { kept: VecDeque::new(), most }
    }

    pub(crate) fn add(&mut self, received: Received) {
        if self.most == 0 {
            return;
        }
        if self.kept.len() == self.most {
            self.kept.pop_front();
        }
        self.kept.push_back(received);
    }

    pub(crate) fn all(&self) -> Vec<Received> {
        self.kept.iter().cloned().collect()
    }

    pub(crate) fn take(&mut self) -> Vec<Received> {
        std::mem::take(&mut self.kept).into()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Received> {
        self.kept.iter()
    }
}
