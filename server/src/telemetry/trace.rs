//! Where a request stands among others: the trace that it is part of, and the span below which what is done for it stands.
//!
//! It goes with the call, so that whoever is not traced costs a comparison, and spans are made for those alone who are.

use crate::call::Caller;

/// The trace of a caller, as its `traceparent` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Remote {
    pub(super) trace: u128,
    pub(super) span: u64,
    pub(super) is_sampled: bool,
}

impl Remote {
    /// Reads a `traceparent` that is well formed.
    pub(super) fn parse(traceparent: &str) -> Option<Self> {
        let mut parts = traceparent.split('-').skip(1);
        let trace = u128::from_str_radix(parts.next()?, 16).ok()?;
        let span = u64::from_str_radix(parts.next()?, 16).ok()?;
        let flags = u8::from_str_radix(parts.next()?, 16).ok()?;
        Some(Self { trace, span, is_sampled: flags & 1 == 1 })
    }
}

/// The span below which others stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    pub(super) id: u128,
    /// Zero where there is none: what stands below begins the trace.
    pub(super) span: u64,
    /// Whether it is a span of this program.
    pub(super) is_own: bool,
}

impl Trace {
    /// Below a caller's span, or at the beginning.
    pub(super) fn below(remote: Option<&Remote>) -> Self {
        match remote {
            Some(remote) => Self { id: remote.trace, span: remote.span, is_own: false },
            None => Self { id: fastrand::u128(1..), span: 0, is_own: false },
        }
    }

    /// Below a new span that stands below this one.
    pub(super) fn next(self) -> Self {
        Self { span: fastrand::u64(1..), is_own: true, ..self }
    }

    /// The number of the trace, in 32 digits.
    pub(crate) fn id(self) -> String {
        format!("{:032x}", self.id)
    }

    /// What the span is told others by. What is written down is sampled.
    pub(crate) fn traceparent(self) -> String {
        format!("00-{:032x}-{:016x}-01", self.id, self.span)
    }

    /// The numbers of trace and span.
    pub(crate) fn numbers(self) -> (u128, u64) {
        (self.id, self.span)
    }
}

/// Whether a call is traced.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Traced {
    /// Nobody has decided.
    #[default]
    Undecided,
    /// It is not.
    Not,
    /// It is, below this span.
    Below(Trace),
}

impl Traced {
    /// The span below which it stands, if it is traced.
    pub(crate) fn trace(self) -> Option<Trace> {
        match self {
            Self::Below(trace) => Some(trace),
            Self::Undecided | Self::Not => None,
        }
    }
}

/// Whether a caller is known, so that its words about tracing count.
pub(super) fn is_known(caller: &Caller) -> bool {
    !matches!(caller, Caller::Anonymous)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACEPARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_traceparent_is_read_and_written_alike() {
        let remote = Remote::parse(TRACEPARENT).expect("it is well formed");
        assert!(remote.is_sampled);
        let below = Trace::below(Some(&remote));
        assert_eq!((below.traceparent(), below.is_own), (TRACEPARENT.to_owned(), false));
        let next = below.next();
        assert_eq!((next.id, next.is_own), (below.id, true));
        assert_ne!(next.span, below.span);
        let unsampled = Remote::parse("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-02-more");
        assert_eq!(unsampled.map(|remote| remote.is_sampled), Some(false));
    }
}
