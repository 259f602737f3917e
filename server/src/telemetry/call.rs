//! How a call is traced: decided once, and carried by the call from span to span.

use super::sampling::Sampling;
use super::spans::Open;
use super::trace::{Remote, Trace, Traced, is_known};
use crate::call::Call;

impl Call {
    /// Decides whether it is traced, unless that is decided.
    pub(crate) fn decide_trace(&mut self, sampling: Option<Sampling>) {
        if self.traced != Traced::Undecided {
            return;
        }
        self.traced = Traced::Not;
        if let Some(sampling) = sampling {
            let remote = self.traceparent.as_deref().and_then(Remote::parse);
            if sampling.takes(remote.as_ref(), is_known(&self.caller)) {
                self.traced = Traced::Below(Trace::below(remote.as_ref()));
            }
        }
    }

    /// The trace that it is part of, in 32 digits: that in which it is traced, or the one that its caller named.
    pub(crate) fn trace_id(&self) -> Option<String> {
        match self.traced.trace() {
            Some(trace) => Some(trace.id()),
            None => self.traceparent.as_deref().and_then(|text| text.split('-').nth(1)).map(str::to_owned),
        }
    }

    /// Begins the span of a stage, below which the rest stands, if the call is traced.
    pub(crate) fn open_stage(&mut self, name: &'static str) -> Option<Open> {
        let open = self.traced.trace()?.stage(name);
        self.traced = Traced::Below(open.below());
        Some(open)
    }

    /// Begins the span of the whole call, below which the rest stands, if it is traced.
    pub(crate) fn open_trace(&mut self) -> Option<Open> {
        let open = self.traced.trace()?.call(self);
        self.traced = Traced::Below(open.below());
        Some(open)
    }
}
