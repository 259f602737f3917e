//! Bounds of numbers: how they are written, and which of two is tighter.

use std::cmp::Ordering;

use serde_json::Number;

use crate::judge;

/// A number without fraction is written without one.
pub(super) fn whole(number: &Number) -> Number {
    match number.as_f64() {
        // Below 2^53 the cast is exact.
        Some(float) if number.is_f64() && float.fract() == 0.0 && float.abs() < 9e15 => {
            Number::from(float as i64)
        }
        _ => number.clone(),
    }
}

/// Sets the limit of an integer format unless the schema's own bound is as tight.
pub(super) fn tighten(
    bound: &mut Option<Number>,
    exclusive: Option<&Number>,
    limit: Number,
    tighter: Ordering,
) {
    let is_tight =
        |own: &Number| matches!(judge::compare(own, &limit), order if order == tighter || order.is_eq());
    if exclusive.is_some_and(is_tight) || bound.as_ref().is_some_and(is_tight) {
        return;
    }
    *bound = Some(limit);
}
