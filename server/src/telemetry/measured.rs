//! What is counted, as OTLP has it (`ExportMetricsServiceRequest`), under the names that it has at `/metrics`.

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::metrics::{Exemplar, Family, Kind, Measure, Point, Range};
use crate::otlp::Collector;
use crate::otlp::form::{nanoseconds, resource, text};

/// Sums are since the program began.
const CUMULATIVE: u8 = 2;

/// Writes requests.
pub(super) struct Form {
    resource: Value,
    scope: Value,
    begun: String,
}

impl Form {
    /// Requests to this collector, of a program that begins now.
    pub(super) fn new(collector: &Collector) -> Self {
        let (resource, scope) = (resource(collector), super::told::scope(collector));
        Self { resource, scope, begun: nanoseconds(SystemTime::now()) }
    }

    /// A request with this, and how many points it has.
    pub(super) fn request(&self, families: &[Family], now: SystemTime) -> (String, u64) {
        let now = nanoseconds(now);
        let metrics: Vec<Value> = families.iter().map(|family| self.metric(family, &now)).collect();
        let points = families.iter().map(|family| family.points.len() as u64).sum();
        let scoped = json!({ "scope": self.scope, "metrics": metrics });
        let request = json!({ "resourceMetrics": [{ "resource": self.resource, "scopeMetrics": [scoped] }] });
        (request.to_string(), points)
    }

    fn metric(&self, family: &Family, now: &str) -> Value {
        let points: Vec<Value> = family.points.iter().map(|point| self.point(point, now)).collect();
        let mut metric = json!({ "name": family.name, "description": family.help });
        let (key, value) = match family.kind {
            Kind::Gauge => ("gauge", json!({ "dataPoints": points })),
            Kind::Counter => (
                "sum",
                json!({ "dataPoints": points, "aggregationTemporality": CUMULATIVE, "isMonotonic": true }),
            ),
            Kind::Histogram => {
                ("histogram", json!({ "dataPoints": points, "aggregationTemporality": CUMULATIVE }))
            }
        };
        metric[key] = value;
        metric
    }

    fn point(&self, point: &Point, now: &str) -> Value {
        let attributes: Vec<Value> = point.labels.iter().map(|(key, value)| text(key, value)).collect();
        let mut told = json!({
            "attributes": attributes,
            "startTimeUnixNano": self.begun,
            "timeUnixNano": now,
        });
        match &point.measure {
            Measure::Number(number) => told["asInt"] = number.to_string().into(),
            Measure::Times { ranges, sum } => {
                let counts: Vec<String> = ranges.iter().map(|range| range.count.to_string()).collect();
                let bounds: Vec<f64> = ranges.iter().filter_map(|range| range.end).collect();
                let count: u64 = ranges.iter().map(|range| range.count).sum();
                told["count"] = count.to_string().into();
                told["sum"] = sum.as_secs_f64().into();
                told["bucketCounts"] = counts.into();
                told["explicitBounds"] = bounds.into();
                told["exemplars"] = ranges.iter().filter_map(exemplar).collect();
            }
        }
        told
    }
}

fn exemplar(range: &Range) -> Option<Value> {
    let Exemplar { trace, span, took, at } = range.exemplar?;
    Some(json!({
        "timeUnixNano": nanoseconds(at),
        "asDouble": took.as_secs_f64(),
        "traceId": format!("{trace:032x}"),
        "spanId": format!("{span:016x}"),
    }))
}
