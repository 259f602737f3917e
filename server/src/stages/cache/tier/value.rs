//! A kept answer as bytes in Redis. What cannot be read is no value.

use std::sync::Arc;
use std::time::Duration;

use crate::call::Reply;
use crate::replicas::{packed, unpacked};
use crate::stages::cache::Lifetime;

/// The form of values; another form is no value.
const FORM: u8 = 1;
/// The form, four numbers, and how long the validator is.
const HEAD: usize = 1 + 4 * 8 + 2;

/// An answer in Redis.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Value {
    /// The clock of changes when it was asked for.
    pub(super) stamp: u64,
    /// The time of Redis when it was asked for, in milliseconds.
    pub(super) since: u64,
    /// For how long it may be given, from then on.
    pub(super) lifetime: Lifetime,
    /// The answer.
    pub(super) reply: Arc<Reply>,
}

impl Value {
    /// As bytes.
    pub(super) fn encoded(&self) -> Vec<u8> {
        let validator = self.lifetime.validator.as_deref().unwrap_or_default();
        let length = u16::try_from(validator.len()).expect("a validator is bounded where it is read");
        let mut bytes = vec![FORM];
        for number in
            [self.stamp, self.since, milliseconds(self.lifetime.fresh), milliseconds(self.lifetime.stale)]
        {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(validator.as_bytes());
        bytes.extend_from_slice(&packed(&self.reply));
        bytes
    }

    /// The value that these bytes are, if they are one.
    pub(super) fn decoded(bytes: &[u8]) -> Option<Self> {
        let (&[FORM, ref head @ ..], rest) = bytes.split_first_chunk::<HEAD>()? else { return None };
        let number = |place: usize| Some(u64::from_be_bytes(*head[place * 8..].first_chunk()?));
        let length = u16::from_be_bytes(*head.last_chunk()?);
        let (validator, reply) = rest.split_at_checked(usize::from(length))?;
        let validator = std::str::from_utf8(validator).ok()?;
        let lifetime = Lifetime {
            fresh: Duration::from_millis(number(2)?),
            stale: Duration::from_millis(number(3)?),
            validator: (!validator.is_empty()).then(|| validator.into()),
        };
        Some(Self { stamp: number(0)?, since: number(1)?, lifetime, reply: Arc::new(unpacked(reply)?) })
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(validator: Option<&str>) -> Value {
        let lifetime = Lifetime {
            fresh: Duration::from_millis(1500),
            stale: Duration::from_secs(60),
            validator: validator.map(Into::into),
        };
        let reply = Reply::text("{}").with_notes(vec!["a note".to_owned()]);
        Value { stamp: 7, since: 1_700_000_000_000, lifetime, reply: Arc::new(reply) }
    }

    #[test]
    fn t_32_a_value_reads_back_as_it_was_and_what_is_cut_or_of_another_form_is_none() {
        for value in [value(None), value(Some("W/\"a\""))] {
            let bytes = value.encoded();
            assert_eq!(Value::decoded(&bytes), Some(value));
            for end in 0..bytes.len() {
                assert_eq!(Value::decoded(&bytes[..end]), None, "cut at {end}");
            }
            let other = [&[FORM + 1], &bytes[1..]].concat();
            assert_eq!(Value::decoded(&other), None);
        }
    }
}
