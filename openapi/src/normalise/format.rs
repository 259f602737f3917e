//! Formats that say which values there are: their meaning is written out as rules, so that every reader of the schema
//! refuses the same values, also one that knows no formats.

use serde_json::Number;

use crate::held::{Held, Types};

/// Formats of text: a schema without `type` that has one speaks of text.
pub(super) const OF_TEXT: &[&str] = &[
    "date",
    "date-time",
    "time",
    "duration",
    "email",
    "uuid",
    "uri",
    "url",
    "hostname",
    "ipv4",
    "ipv6",
    "byte",
    "binary",
    "password",
];

/// A number written with digits and at most one point.
const DECIMAL: &str = r"^[+-]?[0-9]+(\.[0-9]+)?$";

/// The smallest and the largest number of an integer format; one that is only unsigned has no largest.
pub(super) fn range(format: &str) -> Option<(Number, Option<Number>)> {
    let signed = |least: i64, most: i64| Some((least.into(), Some(most.into())));
    let unsigned = |most: u64| Some((0.into(), Some(most.into())));
    match format {
        "int8" => signed(i8::MIN.into(), i8::MAX.into()),
        "int16" => signed(i16::MIN.into(), i16::MAX.into()),
        "int32" => signed(i32::MIN.into(), i32::MAX.into()),
        "int64" => signed(i64::MIN, i64::MAX),
        "uint8" => unsigned(u8::MAX.into()),
        "uint16" => unsigned(u16::MAX.into()),
        "uint32" => unsigned(u32::MAX.into()),
        "uint64" => unsigned(u64::MAX),
        "uint" => Some((0.into(), None)),
        _ => None,
    }
}

/// Writes the meaning of a format of text as a pattern, unless the schema has one.
pub(super) fn spell_out(held: &mut Held) {
    let is_text = held.types.is_some_and(|types| types.without(Types::NULL) == Types::STRING);
    if is_text && held.format.as_deref() == Some("decimal") && held.text.pattern.is_none() {
        held.text.pattern = Some(DECIMAL.to_owned());
    }
}
