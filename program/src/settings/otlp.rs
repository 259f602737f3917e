//! The settings of telemetry: rows of the table, and what comes of them. The names are those of OpenTelemetry and of the Python
//! server; the journal's copy for a collector (`AUDIT_OTLP`) goes the same way.

use std::time::Duration;

use server::otlp::{Attributes, Collector, Patience};
use server::secret::Headers;
use server::telemetry::{self, Batches, Sampling};

use super::Config;
use super::setting::{Setting, setting};
use super::value::Kind;
use crate::Program;
use crate::refusal::Refusal;

/// Where a collector is that nobody placed elsewhere.
const USUAL: &str = "http://localhost:4318";
/// The port at which collectors take OTLP by gRPC, which is not spoken here.
const GRPC: &str = ":4317";

/// Whether something is exported.
const EXPORTERS: [&str; 3] = ["auto", "none", "otlp"];
/// The samplers of OpenTelemetry.
const SAMPLERS: [&str; 6] = [
    "always_on",
    "always_off",
    "traceidratio",
    "parentbased_always_on",
    "parentbased_always_off",
    "parentbased_traceidratio",
];
/// The forms in which it is sent.
const PROTOCOLS: [&str; 1] = ["http/json"];

/// What is sent to a collector, as it is set.
pub(crate) struct Exporting {
    /// Nothing but the journal's copy, whatever else is said.
    disabled: bool,
    /// The Python server's switch for everything, and those for spans and measurements.
    enabled: Option<bool>,
    tracing: Option<bool>,
    measuring: Option<bool>,
    /// By their places among [`EXPORTERS`].
    traces: usize,
    metrics: usize,
    logs: usize,
    endpoint: String,
    traces_endpoint: String,
    metrics_endpoint: String,
    logs_endpoint: String,
    headers: Headers,
    timeout: Duration,
    service: Option<String>,
    version: Option<String>,
    environment: Option<String>,
    attributes: Attributes,
    /// By its place among [`SAMPLERS`].
    sampler: usize,
    part: f64,
    batches: Batches,
    batch_timeout: Duration,
    interval: Duration,
}

impl Default for Exporting {
    fn default() -> Self {
        let patience = Patience::default();
        Self {
            disabled: false,
            enabled: None,
            tracing: None,
            measuring: None,
            traces: 0,
            metrics: 0,
            logs: 0,
            endpoint: String::new(),
            traces_endpoint: String::new(),
            metrics_endpoint: String::new(),
            logs_endpoint: String::new(),
            headers: Headers::default(),
            timeout: patience.attempt,
            service: None,
            version: None,
            environment: None,
            attributes: Attributes::default(),
            sampler: SAMPLERS.len() - 1,
            part: 1.0,
            batches: Batches::default(),
            batch_timeout: patience.whole,
            interval: Duration::from_secs(60),
        }
    }
}

impl Exporting {
    /// What is sent, if anything is, and by a program that goes on.
    pub(crate) fn settings(&self, program: &Program) -> Result<Option<telemetry::Settings>, Refusal> {
        if self.batches.together > self.batches.waiting {
            return Err(Refusal::configuration(format!(
                "OTEL_BSP_MAX_EXPORT_BATCH_SIZE: expected no more than OTEL_BSP_MAX_QUEUE_SIZE, which is {}, got {}",
                self.batches.waiting, self.batches.together
            )));
        }
        let traces = self.address(self.traces, self.tracing, &self.traces_endpoint, "traces");
        let metrics = self.address(self.metrics, self.measuring, &self.metrics_endpoint, "metrics");
        let logs = self.address(self.logs, None, &self.logs_endpoint, "logs");
        if traces.is_none() && metrics.is_none() && logs.is_none() {
            return Ok(None);
        }
        Ok(Some(telemetry::Settings {
            collector: self.collector(program, String::new()),
            spans: traces.map(|address| (address, self.sampling())),
            batches: self.batches,
            spans_patience: self.batch_timeout,
            lines: logs,
            measurements: metrics.map(|address| (address, self.interval)),
        }))
    }

    /// Where the journal's copy goes.
    pub(crate) fn of_journal(&self, program: &Program) -> Collector {
        self.collector(program, self.place(&self.logs_endpoint, "logs"))
    }

    /// What looks wrong although it can be tried.
    pub(crate) fn doubt(&self) -> Option<&'static str> {
        let all = [&self.endpoint, &self.traces_endpoint, &self.metrics_endpoint, &self.logs_endpoint];
        let is_grpc = |address: &&String| address.contains(&format!("{GRPC}/")) || address.ends_with(GRPC);
        all.iter().any(is_grpc).then_some(
            "port 4317 is where collectors take OTLP by gRPC, which this program does not speak: they take it over HTTP at 4318",
        )
    }

    fn collector(&self, program: &Program, address: String) -> Collector {
        let mut attributes = self.attributes.clone();
        if let Some(environment) = &self.environment {
            attributes.add("deployment.environment.name", environment);
        }
        let said =
            |name: &str| attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| value.to_owned());
        let service = self.service.clone().or_else(|| said("service.name"));
        let version = self.version.clone().or_else(|| said("service.version"));
        Collector {
            headers: self.headers.clone(),
            service: service.unwrap_or_else(|| program.name.to_owned()),
            version: version.unwrap_or_else(|| program.version.to_owned()),
            attributes,
            patience: Patience { attempt: self.timeout, ..Patience::default() },
            ..Collector::at(address)
        }
    }

    /// Where a signal is sent, if it is. Unless that is said, it is where somebody says where the collector is, or switched the
    /// Python server's telemetry on.
    fn address(&self, exporter: usize, switch: Option<bool>, own: &str, signal: &str) -> Option<String> {
        let is_off = self.disabled || self.enabled == Some(false) || switch == Some(false);
        let is_placed = !own.is_empty() || !self.endpoint.is_empty();
        let is_on = match EXPORTERS[exporter] {
            "none" => false,
            "otlp" => true,
            _ => is_placed || self.enabled == Some(true),
        };
        (is_on && !is_off).then(|| self.place(own, signal))
    }

    fn place(&self, own: &str, signal: &str) -> String {
        let below = if self.endpoint.is_empty() { USUAL } else { &self.endpoint };
        if own.is_empty() { format!("{below}/v1/{signal}") } else { own.to_owned() }
    }

    fn sampling(&self) -> Sampling {
        let name = SAMPLERS[self.sampler];
        let part = match name.rsplit_once("always_") {
            Some((_, "on")) => 1.0,
            Some(_) => 0.0,
            None => self.part,
        };
        Sampling { follows_caller: name.starts_with("parentbased"), part }
    }
}

/// The rows of the table.
pub(super) fn rows() -> Vec<Setting> {
    let mut rows = switches();
    rows.extend(places());
    rows.extend(names());
    rows.extend(amounts());
    rows
}

fn exporter(
    key: &str,
    names: &[&str],
    at: fn(&mut Config) -> usize,
    put: fn(&mut Config, usize),
    what: &str,
) -> Setting {
    let help = format!(
        "Whether {what} sent to a collector: `otlp`, `none`, or `auto`, which sends them where the collector's address or `OTEL_ENABLED` is set."
    );
    setting(key, names, Kind::OneOf { at, put, words: &EXPORTERS }, &help)
}

fn switches() -> Vec<Setting> {
    vec![
        setting(
            "otlp.disabled",
            &["OTEL_SDK_DISABLED"],
            Kind::Switch(|config| &mut config.otlp.disabled),
            "`true` sends no spans, measurements and log lines, whatever else is set; the journal's copy is `AUDIT_OTLP` alone.",
        ),
        setting(
            "otlp.enabled",
            &["OTEL_ENABLED"],
            Kind::Decision(|config| &mut config.otlp.enabled),
            "`true` sends spans, measurements and log lines although no address is set; `false` sends none.",
        ),
        exporter(
            "otlp.traces",
            &["OTEL_TRACES_EXPORTER"],
            |config| config.otlp.traces,
            |config, index| config.otlp.traces = index,
            "spans of requests, stages and requests to the API are",
        ),
        exporter(
            "otlp.metrics",
            &["OTEL_METRICS_EXPORTER"],
            |config| config.otlp.metrics,
            |config, index| config.otlp.metrics = index,
            "the numbers of `/metrics` are",
        ),
        exporter(
            "otlp.logs",
            &["OTEL_LOGS_EXPORTER"],
            |config| config.otlp.logs,
            |config, index| config.otlp.logs = index,
            "the lines of the log are",
        ),
        setting(
            "otlp.tracing_enabled",
            &["OTEL_TRACING_ENABLED", "TRACING_ENABLED"],
            Kind::Decision(|config| &mut config.otlp.tracing),
            "`false` sends no spans.",
        ),
        setting(
            "otlp.metrics_enabled",
            &["OTEL_METRICS_ENABLED", "METRICS_ENABLED", "FASTMCP_METRICS_ENABLED"],
            Kind::Decision(|config| &mut config.otlp.measuring),
            "`false` sends no measurements; `/metrics` has them all the same.",
        ),
    ]
}

fn places() -> Vec<Setting> {
    vec![
        setting(
            "otlp.endpoint",
            &["OTEL_EXPORTER_OTLP_ENDPOINT"],
            Kind::Address(|config| &mut config.otlp.endpoint),
            "The address of the collector, below which it takes spans at `/v1/traces`, measurements at `/v1/metrics` and logs at `/v1/logs`; `http://localhost:4318` where something is sent and nothing is set.",
        ),
        setting(
            "otlp.traces_endpoint",
            &["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"],
            Kind::Address(|config| &mut config.otlp.traces_endpoint),
            "The whole address at which it takes spans, where that is another.",
        ),
        setting(
            "otlp.metrics_endpoint",
            &["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"],
            Kind::Address(|config| &mut config.otlp.metrics_endpoint),
            "The whole address at which it takes measurements, where that is another.",
        ),
        setting(
            "otlp.logs_endpoint",
            &["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"],
            Kind::Address(|config| &mut config.otlp.logs_endpoint),
            "The whole address at which it takes logs, where that is another; the journal's copy goes there too.",
        ),
        setting(
            "otlp.headers",
            &["OTEL_EXPORTER_OTLP_HEADERS"],
            Kind::Headers(|config| &mut config.otlp.headers),
            "Headers for the collector, `name=value` separated by commas, values percent-encoded.",
        ),
        setting(
            "otlp.protocol",
            &["OTEL_EXPORTER_OTLP_PROTOCOL"],
            Kind::OneOf { at: |_| 0, put: |_, _| {}, words: &PROTOCOLS },
            "The form in which it is sent: OTLP over HTTP in JSON. Neither `http/protobuf` nor `grpc` is spoken; a collector's receiver for HTTP takes JSON as well.",
        ),
        setting(
            "otlp.timeout_milliseconds",
            &["OTEL_EXPORTER_OTLP_TIMEOUT"],
            Kind::Milliseconds { at: |config| &mut config.otlp.timeout, minimum: 1, maximum: 600_000 },
            "What one request to the collector may take.",
        ),
    ]
}

fn names() -> Vec<Setting> {
    vec![
        setting(
            "otlp.service_name",
            &["OTEL_SERVICE_NAME"],
            Kind::Text { at: |config| &mut config.otlp.service, longest: 128 },
            "What the collector is told that this service is called; the program's name while unset.",
        ),
        setting(
            "otlp.service_version",
            &["OTEL_SERVICE_VERSION"],
            Kind::Text { at: |config| &mut config.otlp.version, longest: 128 },
            "The version that it is told; the program's while unset.",
        ),
        setting(
            "otlp.environment",
            &["OTEL_ENVIRONMENT"],
            Kind::Text { at: |config| &mut config.otlp.environment, longest: 128 },
            "The environment that it is told (`deployment.environment.name`).",
        ),
        setting(
            "otlp.resource_attributes",
            &["OTEL_RESOURCE_ATTRIBUTES"],
            Kind::Attributes(|config| &mut config.otlp.attributes),
            "What it is told of this service besides, `name=value` separated by commas, values percent-encoded.",
        ),
    ]
}

fn amounts() -> Vec<Setting> {
    vec![
        setting(
            "otlp.sampler",
            &["OTEL_TRACES_SAMPLER"],
            Kind::OneOf {
                at: |config| config.otlp.sampler,
                put: |config, index| config.otlp.sampler = index,
                words: &SAMPLERS,
            },
            "Which requests are traced. With `parentbased_` a caller's own trace decides, if it is known who calls; what a stranger's says counts for nothing.",
        ),
        setting(
            "otlp.sampler_part",
            &["OTEL_TRACES_SAMPLER_ARG", "OTEL_TRACE_SAMPLE_RATE"],
            Kind::Part(|config| &mut config.otlp.part),
            "Which part of the requests is traced, with the samplers that end in `traceidratio`.",
        ),
        setting(
            "otlp.queue_size",
            &["OTEL_BSP_MAX_QUEUE_SIZE"],
            Kind::Count { at: |config| &mut config.otlp.batches.waiting, minimum: 1, maximum: 65_536 },
            "How many spans may wait to be sent; what is more is lost and counted.",
        ),
        setting(
            "otlp.batch_size",
            &["OTEL_BSP_MAX_EXPORT_BATCH_SIZE"],
            Kind::Count { at: |config| &mut config.otlp.batches.together, minimum: 1, maximum: 65_536 },
            "How many spans are sent together.",
        ),
        setting(
            "otlp.batch_delay_milliseconds",
            &["OTEL_BSP_SCHEDULE_DELAY"],
            Kind::Milliseconds {
                at: |config| &mut config.otlp.batches.delay,
                minimum: 0,
                maximum: 3_600_000,
            },
            "How long a span waits for others.",
        ),
        setting(
            "otlp.batch_timeout_milliseconds",
            &["OTEL_BSP_EXPORT_TIMEOUT"],
            Kind::Milliseconds {
                at: |config| &mut config.otlp.batch_timeout,
                minimum: 1,
                maximum: 3_600_000,
            },
            "For how long the same spans are tried to be sent.",
        ),
        setting(
            "otlp.metric_interval_milliseconds",
            &["OTEL_METRIC_EXPORT_INTERVAL"],
            Kind::Milliseconds { at: |config| &mut config.otlp.interval, minimum: 100, maximum: 86_400_000 },
            "How often measurements are sent.",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(change: impl FnOnce(&mut Exporting)) -> Exporting {
        let mut exporting = Exporting::default();
        change(&mut exporting);
        exporting
    }

    fn traces(change: impl FnOnce(&mut Exporting)) -> Option<String> {
        let exporting = of(change);
        exporting.address(exporting.traces, exporting.tracing, &exporting.traces_endpoint, "traces")
    }

    #[test]
    fn spans_are_sent_where_somebody_says_so() {
        let usual = Some("http://localhost:4318/v1/traces".to_owned());
        let placed = |exporting: &mut Exporting| exporting.endpoint = "http://c:1/x".to_owned();
        assert_eq!(traces(|_| {}), None);
        assert_eq!(traces(|exporting| exporting.traces = 2), usual);
        assert_eq!(traces(|exporting| exporting.enabled = Some(true)), usual);
        assert_eq!(traces(|exporting| exporting.tracing = Some(true)), None, "it switches nothing on alone");
        assert_eq!(traces(placed), Some("http://c:1/x/v1/traces".to_owned()));
        let whole = |exporting: &mut Exporting| exporting.traces_endpoint = "http://c:1/here".to_owned();
        assert_eq!(traces(whole), Some("http://c:1/here".to_owned()));
        let offs: [fn(&mut Exporting); 4] = [
            |exporting| exporting.disabled = true,
            |exporting| exporting.enabled = Some(false),
            |exporting| exporting.tracing = Some(false),
            |exporting| exporting.traces = 1,
        ];
        for off in offs {
            let both = |exporting: &mut Exporting| {
                placed(exporting);
                off(exporting);
            };
            assert_eq!(traces(both), None);
        }
    }

    #[test]
    fn samplers_are_those_of_open_telemetry() {
        let sampling =
            |sampler| of(|exporting| (exporting.sampler, exporting.part) = (sampler, 0.25)).sampling();
        let found: Vec<(bool, f64)> =
            (0..SAMPLERS.len()).map(sampling).map(|of| (of.follows_caller, of.part)).collect();
        assert_eq!(
            found,
            [(false, 1.0), (false, 0.0), (false, 0.25), (true, 1.0), (true, 0.0), (true, 0.25)]
        );
        assert_eq!(Exporting::default().sampling(), Sampling::default());
    }

    #[test]
    fn the_port_of_grpc_is_doubted() {
        let at = |address: &str| of(|exporting| exporting.endpoint = address.to_owned()).doubt().is_some();
        assert!(at("http://collector:4317") && at("http://collector:4317/x"));
        assert!(!at("http://collector:4318") && !at("http://collector:43170") && !at(""));
    }
}
