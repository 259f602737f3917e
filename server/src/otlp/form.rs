//! Pieces that all requests by OTLP have, in protobuf's JSON form: 64-bit numbers are texts there, and ids hexadecimal.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::Collector;

/// Who sends, as every request says it. What an operator says of the service does not change its name.
pub(crate) fn resource(collector: &Collector) -> Value {
    let own = [("service.name", collector.service.as_str()), ("service.version", &collector.version)];
    let others = collector.attributes.iter().filter(|(key, _)| own.iter().all(|(name, _)| name != key));
    let attributes: Vec<Value> = own.into_iter().chain(others).map(|(key, value)| text(key, value)).collect();
    json!({ "attributes": attributes })
}

/// An attribute that is a text.
pub(crate) fn text(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

/// An attribute that is a whole number.
pub(crate) fn whole(key: &str, value: i64) -> Value {
    json!({ "key": key, "value": { "intValue": value.to_string() } })
}

/// A time.
pub(crate) fn nanoseconds(time: SystemTime) -> String {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos().to_string()
}
