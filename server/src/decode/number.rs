//! Booleans, null, integers and numbers; an integer is one that any JSON reader keeps exactly.

use serde_json::Value;

use super::{Decoder, Rule, type_of};

/// The greatest integer that a double, and so any JSON reader, keeps exactly: 2^53 - 1.
pub(crate) const EXACT: i64 = 9_007_199_254_740_991;

/// Null.
#[derive(Clone, Copy, Debug)]
pub struct Null;

impl Rule for Null {
    type Output = ();

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<()> {
        if value.is_null() {
            return Some(());
        }
        at.push("type", format!("expected null, got {}", type_of(&value)));
        None
    }
}

/// A boolean.
#[derive(Clone, Copy, Debug)]
pub struct Boolean;

impl Rule for Boolean {
    type Output = bool;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<bool> {
        if let Value::Bool(truth) = value {
            return Some(truth);
        }
        at.push("type", format!("expected a boolean, got {}", type_of(&value)));
        None
    }
}

/// An integer within bounds; `5.0` is one, `5.5` is not.
#[derive(Clone, Copy, Debug)]
pub struct Integer {
    /// The least accepted.
    pub minimum: i64,
    /// The greatest accepted.
    pub maximum: i64,
    /// What it must be a multiple of.
    pub multiple_of: Option<i64>,
}

impl Integer {
    /// Any integer that is kept exactly.
    pub const ANY: Self = Self { minimum: -EXACT, maximum: EXACT, multiple_of: None };
}

impl Rule for Integer {
    type Output = i64;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<i64> {
        let Value::Number(number) = &value else {
            at.push("type", format!("expected an integer, got {}", type_of(&value)));
            return None;
        };
        if number.as_f64().is_some_and(|float| float.fract() != 0.0) {
            at.push("type", "expected an integer, got a number with a fraction");
            return None;
        }
        let Some(integer) = exact(number) else {
            at.push(
                "range",
                format!("integers from -{EXACT} to {EXACT} are accepted (kept exactly by JSON readers)"),
            );
            return None;
        };
        if integer < self.minimum {
            at.push("minimum", format!("at least {} is accepted", self.minimum));
            return None;
        }
        if integer > self.maximum {
            at.push("maximum", format!("at most {} is accepted", self.maximum));
            return None;
        }
        if let Some(step) = self.multiple_of.filter(|step| *step != 0 && integer % step != 0) {
            at.push("multipleOf", format!("multiples of {step} are accepted"));
            return None;
        }
        Some(integer)
    }
}

/// The integer that a JSON number is, if it is kept exactly.
fn exact(number: &serde_json::Number) -> Option<i64> {
    let integer = match number.as_i64() {
        Some(integer) => integer,
        None => {
            let float = number.as_f64()?;
            // The cast is exact for what passes this test.
            if float.fract() != 0.0 || float.abs() > EXACT as f64 {
                return None;
            }
            float as i64
        }
    };
    (-EXACT..=EXACT).contains(&integer).then_some(integer)
}

/// A number within bounds.
#[derive(Clone, Copy, Debug)]
pub struct Number {
    /// The least accepted.
    pub minimum: Option<f64>,
    /// The greatest accepted.
    pub maximum: Option<f64>,
    /// What it must exceed.
    pub exclusive_minimum: Option<f64>,
    /// What it must stay below.
    pub exclusive_maximum: Option<f64>,
}

impl Number {
    /// Any number.
    pub const ANY: Self =
        Self { minimum: None, maximum: None, exclusive_minimum: None, exclusive_maximum: None };
}

impl Rule for Number {
    type Output = serde_json::Number;

    fn decode(&self, value: Value, at: &mut Decoder<'_>) -> Option<serde_json::Number> {
        let Value::Number(number) = value else {
            at.push("type", format!("expected a number, got {}", type_of(&value)));
            return None;
        };
        let float = number.as_f64()?;
        let broken = if let Some(bound) = self.minimum.filter(|bound| float < *bound) {
            Some(("minimum", format!("at least {bound} is accepted")))
        } else if let Some(bound) = self.maximum.filter(|bound| float > *bound) {
            Some(("maximum", format!("at most {bound} is accepted")))
        } else if let Some(bound) = self.exclusive_minimum.filter(|bound| float <= *bound) {
            Some(("exclusiveMinimum", format!("more than {bound} is accepted")))
        } else {
            self.exclusive_maximum
                .filter(|bound| float >= *bound)
                .map(|bound| ("exclusiveMaximum", format!("less than {bound} is accepted")))
        };
        if let Some((rule, message)) = broken {
            at.push(rule, message);
            return None;
        }
        Some(number)
    }
}
