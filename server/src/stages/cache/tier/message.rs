//! What processes tell each other, as bytes: that a place is being changed or was, and that the way between them works.

use crate::stages::cache::place::Mark;

/// What is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// By this process with this number, to itself: whoever hears it has heard everything before it.
    Beat {
        /// Who.
        process: u64,
        /// Which one.
        number: u64,
    },
    /// Of a change.
    Change {
        /// By whom.
        process: u64,
        /// Which one.
        change: u64,
        /// How far it is.
        phase: Phase,
        /// Where.
        marks: Vec<Mark>,
    },
}

/// How far a change is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stages::cache) enum Phase {
    /// It is about to be made.
    Begun = 1,
    /// It has ended, and it is known how.
    Settled = 2,
    /// It has ended for us, and may still be made.
    Unsettled = 3,
}

const BEAT: u8 = 0;

impl Message {
    /// As bytes.
    pub(super) fn encoded(&self) -> Vec<u8> {
        let (kind, numbers) = match self {
            Self::Beat { process, number } => (BEAT, vec![*process, *number]),
            Self::Change { process, change, phase, marks } => {
                (*phase as u8, [&[*process, *change], &marks[..]].concat())
            }
        };
        let numbers = numbers.into_iter().flat_map(u64::to_be_bytes);
        [kind].into_iter().chain(numbers).collect()
    }

    /// The message that these bytes are, if they are one.
    pub(super) fn decoded(bytes: &[u8]) -> Option<Self> {
        let (kind, numbers) = bytes.split_first()?;
        let (numbers, []) = numbers.as_chunks::<8>() else { return None };
        let mut numbers = numbers.iter().map(|bytes| u64::from_be_bytes(*bytes));
        let (process, number) = (numbers.next()?, numbers.next()?);
        let phase = match kind {
            &BEAT => return Some(Self::Beat { process, number }),
            1 => Phase::Begun,
            2 => Phase::Settled,
            3 => Phase::Unsettled,
            _ => return None,
        };
        Some(Self::Change { process, change: number, phase, marks: numbers.collect() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_reads_back_as_it_was() {
        let change =
            |phase, marks: &[Mark]| Message::Change { process: 1, change: 2, phase, marks: marks.to_vec() };
        for message in [
            Message::Beat { process: u64::MAX, number: 3 },
            change(Phase::Begun, &[7, 8]),
            change(Phase::Settled, &[]),
            change(Phase::Unsettled, &[9]),
        ] {
            assert_eq!(Message::decoded(&message.encoded()), Some(message));
        }
        for wrong in [&[][..], &[0], &[9; 17], &[1; 16], &[1; 18]] {
            assert_eq!(Message::decoded(wrong), None, "{wrong:?}");
        }
    }
}
