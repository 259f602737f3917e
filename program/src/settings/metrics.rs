//! The settings of what is counted: rows of the table.

use std::net::SocketAddr;

use super::Config;
use super::setting::{Setting, setting};
use super::value::Kind;

/// Whether and where what is counted is told.
pub(crate) struct Counting {
    /// Whether it is told at all.
    pub(crate) told: bool,
    /// The listener of its own, if it has one.
    pub(crate) address: Option<SocketAddr>,
    /// At which path.
    pub(crate) path: String,
}

impl Default for Counting {
    fn default() -> Self {
        Self { told: true, address: None, path: "/metrics".to_owned() }
    }
}

impl Counting {
    /// The listener of its own, if it has one.
    pub(crate) fn listener(&self) -> Option<SocketAddr> {
        self.address.filter(|_| self.told)
    }

    /// The path on the listener of the server, if it is told there.
    pub(crate) fn path_of_server(&self) -> Option<String> {
        (self.told && self.address.is_none()).then(|| self.path.clone())
    }
}

/// The rows of the table.
pub(super) fn rows() -> [Setting; 3] {
    [
        setting(
            "metrics.enabled",
            &["PROMETHEUS_ENABLED", "FASTMCP_MONITORING_ENABLED"],
            Kind::Switch(|config: &mut Config| &mut config.counting.told),
            "Whether what is counted is told, in the text format of Prometheus.",
        ),
        setting(
            "metrics.address",
            &["METRICS_ADDRESS", "PROMETHEUS_METRICS_PORT", "FASTMCP_METRICS_PORT"],
            Kind::Listener(|config| &mut config.counting.address),
            "A listener of its own for that, where nobody is asked who they are and nothing else is served; a port alone is one of this machine only. While it is unset, the server itself tells it, to whoever it lets in.",
        ),
        setting(
            "metrics.path",
            &["PROMETHEUS_METRICS_PATH", "FASTMCP_METRICS_PATH"],
            Kind::Path(|config| &mut config.counting.path),
            "The path at which it is told.",
        ),
    ]
}
