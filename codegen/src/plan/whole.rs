//! Whole numbers: how far they are exact, and numbers without a fraction as such.

use serde_json::{Value, json};

/// Integers beyond this are not exact in every JSON reader, so arguments stay within it.
pub(crate) const EXACT: i64 = 9_007_199_254_740_991;

/// The integer that a number is, if it is one.
pub(crate) fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let float = number.as_f64()?;
        (float.fract() == 0.0 && float.abs() <= EXACT as f64).then_some(float as i64)
    })
}

/// Whole numbers without a fraction point, as people write bounds.
pub(crate) fn plain_number(float: f64) -> Value {
    if float.fract() == 0.0 && float.abs() <= EXACT as f64 { json!(float as i64) } else { json!(float) }
}
