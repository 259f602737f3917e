//! What is sent to a collector by OTLP over HTTP, in protobuf's JSON form, which every collector that speaks OTLP over HTTP takes.
//! The journal sends its records so, and telemetry its spans, measurements and log lines.

mod attributes;
pub(crate) mod form;
mod losses;
mod post;

use std::time::Duration;

use crate::secret::Headers;

pub use attributes::{Attributes, NoAttributes};
pub(crate) use losses::{Losses, Words};
pub(crate) use post::Post;

/// A collector, and who sends to it.
#[derive(Clone, Debug)]
pub struct Collector {
    /// Where the collector takes what is sent, such as `http://localhost:4318/v1/logs`.
    pub address: String,
    /// What is sent with every request, often a credential.
    pub headers: Headers,
    /// The name of this service.
    pub service: String,
    /// Its version.
    pub version: String,
    /// What is said of this service besides, by the names of OpenTelemetry.
    pub attributes: Attributes,
    /// How long is tried.
    pub patience: Patience,
}

impl Collector {
    /// The collector at this address, and the usual times.
    pub fn at(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            headers: Headers::default(),
            service: String::new(),
            version: String::new(),
            attributes: Attributes::default(),
            patience: Patience::default(),
        }
    }
}

/// How long something is tried to be sent.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One request.
    pub attempt: Duration,
    /// All requests for the same content.
    pub whole: Duration,
    /// The pause before the second request; it doubles.
    pub pause: Duration,
    /// The end of the program, for all that still waits.
    pub end: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        let seconds = Duration::from_secs;
        Self { attempt: seconds(10), whole: seconds(30), pause: Duration::from_millis(500), end: seconds(2) }
    }
}

/// A runtime for a thread that sends.
pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()
}
