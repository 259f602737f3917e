//! Spans and log lines as OTLP has them (`ExportTraceServiceRequest`, `ExportLogsServiceRequest`).

use std::time::SystemTime;

use serde_json::{Value, json};

use crate::otlp::Collector;
use crate::otlp::form::{nanoseconds, resource, text, whole};

/// The longest text of an attribute, in bytes; what is longer is cut.
const LONGEST: usize = 4096;

/// A span that has ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Span {
    /// What was done.
    pub name: String,
    /// The number of the trace.
    pub trace: u128,
    /// Its own number.
    pub id: u64,
    /// The number of the one above it; 0 for none.
    pub parent: u64,
    /// What it is to others, by the numbers of OTLP.
    pub kind: u64,
    /// When it began.
    pub begun: SystemTime,
    /// When it ended.
    pub ended: SystemTime,
    /// What went wrong, in a word.
    pub error: Option<String>,
    /// What is known besides.
    pub attributes: Vec<(&'static str, Told)>,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When it was said.
    pub at: SystemTime,
    /// How bad it is, by the number of OTLP and in a word.
    pub severity: (u8, &'static str),
    /// Who says it.
    pub target: &'static str,
    /// What.
    pub message: String,
    /// What is known besides.
    pub attributes: Vec<(&'static str, Told)>,
    /// The numbers of the trace and of the span in which it was said.
    pub within: Option<(u128, u64)>,
}

/// A value of an attribute.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// A text.
    Text(String),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Yes or no.
    Flag(bool),
}

/// A request with these spans.
pub(super) fn spans(collector: &Collector) -> impl Fn(&[Span]) -> String + use<> {
    let (resource, scope) = (resource(collector), scope(collector));
    move |spans| {
        let spans: Vec<Value> = spans.iter().map(span).collect();
        let scoped = json!({ "scope": scope, "spans": spans });
        json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": [scoped] }] }).to_string()
    }
}

/// A request with these lines.
pub(super) fn lines(collector: &Collector) -> impl Fn(&[Line]) -> String + use<> {
    let (resource, scope) = (resource(collector), scope(collector));
    move |lines| {
        let lines: Vec<Value> = lines.iter().map(line).collect();
        let scoped = json!({ "scope": scope, "logRecords": lines });
        json!({ "resourceLogs": [{ "resource": resource, "scopeLogs": [scoped] }] }).to_string()
    }
}

/// What says it.
pub(super) fn scope(collector: &Collector) -> Value {
    json!({ "name": "server", "version": collector.version })
}

fn span(span: &Span) -> Value {
    let mut attributes: Vec<Value> =
        span.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
    attributes.extend(span.error.iter().map(|word| text("error.type", word)));
    let mut told = json!({
        "traceId": format!("{:032x}", span.trace),
        "spanId": format!("{:016x}", span.id),
        "name": span.name,
        "kind": span.kind,
        "startTimeUnixNano": nanoseconds(span.begun),
        "endTimeUnixNano": nanoseconds(span.ended),
        "attributes": attributes,
        "status": if span.error.is_some() { json!({ "code": 2 }) } else { json!({}) },
    });
    if span.parent != 0 {
        told["parentSpanId"] = format!("{:016x}", span.parent).into();
    }
    told
}

fn line(line: &Line) -> Value {
    let (number, word) = line.severity;
    let mut attributes: Vec<Value> =
        line.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
    attributes.push(text("code.namespace", line.target));
    let time = nanoseconds(line.at);
    let mut told = json!({
        "timeUnixNano": time,
        "observedTimeUnixNano": time,
        "severityNumber": number,
        "severityText": word,
        "body": { "stringValue": cut(&line.message) },
        "attributes": attributes,
    });
    if let Some((trace, span)) = line.within {
        told["traceId"] = format!("{trace:032x}").into();
        told["spanId"] = format!("{span:016x}").into();
    }
    told
}

fn attribute(key: &str, value: &Told) -> Value {
    match value {
        Told::Text(value) => text(key, cut(value)),
        Told::Whole(value) => whole(key, *value),
        Told::Number(value) => json!({ "key": key, "value": { "doubleValue": value } }),
        Told::Flag(value) => json!({ "key": key, "value": { "boolValue": value } }),
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(LONGEST)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_where_it_is_too_long_and_between_letters() {
        let longest = "x".repeat(LONGEST);
        assert_eq!(cut(&longest), longest);
        assert_eq!(cut(&format!("{longest}x")), longest);
        assert_eq!(cut(&format!("{}ä", &longest[1..])).len(), LONGEST - 1);
    }
}
