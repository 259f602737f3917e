//! Records as OTLP log records (`opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`).

use serde::Deserialize;
use serde_json::{Value, json};

use crate::otlp::Collector;
use crate::otlp::form::{nanoseconds, resource, text};

/// Attributes of a log record, each with the member of the record that it is.
const ATTRIBUTES: [(&str, &str); 6] = [
    ("audit.kind", "kind"),
    ("audit.tool", "tool"),
    ("audit.effect", "effect"),
    ("audit.outcome", "outcome"),
    ("audit.request_id", "request_id"),
    ("audit.epoch", "epoch"),
];

/// How bad something is: its number and its name.
type Severity = (u8, &'static str);

const INFO: Severity = (9, "INFO");
const WARN: Severity = (13, "WARN");
const ERROR: Severity = (17, "ERROR");

/// The form of requests by one service.
pub(super) struct Form {
    resource: Value,
    scope: Value,
}

/// What is read of a record besides its attributes.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Read {
    seq: u64,
    time: String,
    trace_id: Option<String>,
    #[serde(flatten)]
    members: serde_json::Map<String, Value>,
}

impl Form {
    /// Requests to this collector.
    pub(super) fn new(collector: &Collector) -> Self {
        Self { resource: resource(collector), scope: json!({ "name": "journal" }) }
    }

    /// A request with these records, each a line of the journal.
    pub(super) fn request(&self, lines: &[String]) -> Value {
        let records: Vec<Value> = lines.iter().map(|line| record(line)).collect();
        let logs = json!({ "scope": self.scope, "logRecords": records });
        json!({ "resourceLogs": [{ "resource": self.resource, "scopeLogs": [logs] }] })
    }
}

fn record(line: &str) -> Value {
    let read: Read = serde_json::from_str(line).unwrap_or_default();
    let time = humantime::parse_rfc3339(&read.time).ok().map(nanoseconds).unwrap_or_default();
    let member = |name: &str| read.members.get(name).and_then(Value::as_str).unwrap_or_default();
    let said = ATTRIBUTES.iter().filter(|(_, name)| !member(name).is_empty());
    let number = json!({ "key": "audit.seq", "value": { "intValue": read.seq.to_string() } });
    let texts = said.map(|(attribute, name)| text(attribute, member(name)));
    let attributes: Vec<Value> = texts.chain([number]).collect();
    let (severity, word) = severity(member("kind"), member("outcome"));
    let mut record = json!({
        "timeUnixNano": time,
        "observedTimeUnixNano": time,
        "severityNumber": severity,
        "severityText": word,
        "body": { "stringValue": line },
        "attributes": attributes,
    });
    if let Some(trace) = read.trace_id {
        record["traceId"] = trace.into();
    }
    record
}

/// A call that was answered is news, one that was refused is worth a look, and one that failed or of which nobody knows what
/// became is an error.
fn severity(kind: &str, outcome: &str) -> Severity {
    match (kind, outcome) {
        ("gap", _) => ERROR,
        ("outcome", "answered" | "cancelled") => INFO,
        (
            "outcome",
            "internal" | "unrecorded" | "interrupted" | "timed_out" | "outcome_unknown" | "unexpected",
        ) => ERROR,
        ("outcome" | "refusals", _) | ("rules" | "settings", "refused") => WARN,
        _ => INFO,
    }
}
