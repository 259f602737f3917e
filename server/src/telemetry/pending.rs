//! A request over HTTP whose span has begun. Whether it is traced can hang on who makes it, which is known later.

use std::sync::{Arc, OnceLock};

use ::http::Extensions;

use super::sampling::Sampling;
use super::spans::Open;
use super::trace::{Remote, Trace, Traced, is_known};
use crate::call::Caller;

/// A request that may be traced; in its extensions.
#[derive(Clone, Debug)]
pub(crate) struct Pending(Arc<Held>);

#[derive(Debug)]
struct Held {
    sampling: Sampling,
    remote: Option<Remote>,
    open: Option<Open>,
    is_traced: OnceLock<bool>,
}

impl Pending {
    /// Begins the span of a request, whose `traceparent` is well formed where it has one.
    pub(crate) fn begin(
        sampling: Sampling,
        traceparent: Option<&str>,
        (method, route): (&'static str, &'static str),
        request_id: &str,
    ) -> Self {
        let remote = traceparent.and_then(Remote::parse);
        let is_traced = OnceLock::new();
        if remote.is_none() {
            // Whoever makes it, so that most of what is not traced has no span at all.
            let _ = is_traced.set(sampling.takes(None, false));
        }
        let may_be = is_traced.get() != Some(&false);
        let open = may_be.then(|| Trace::below(remote.as_ref()).request(method, route, request_id));
        Self(Arc::new(Held { sampling, remote, open, is_traced }))
    }

    /// Decides whether it is traced, now that it is known who makes it.
    pub(crate) fn settle(&self, caller: &Caller) {
        self.0.is_traced.get_or_init(|| self.0.sampling.takes(self.0.remote.as_ref(), is_known(caller)));
    }

    /// Whether it is traced, as far as that is decided.
    fn traced(&self) -> Traced {
        match (self.0.is_traced.get(), &self.0.open) {
            (Some(true), Some(open)) => Traced::Below(open.below()),
            _ => Traced::Not,
        }
    }

    /// What the request is answered within.
    pub(crate) fn span(&self) -> tracing::Span {
        self.0.open.as_ref().map_or_else(tracing::Span::none, |open| open.span().clone())
    }

    /// Notes how it was answered. Who was not let in is a stranger.
    pub(crate) fn end(&self, status: u16) {
        self.settle(&Caller::Anonymous);
        let Some(open) = &self.0.open else { return };
        open.status(status);
        open.span().record("traced", self.0.is_traced.get() == Some(&true));
        if status >= 500 {
            open.fail("answered_5xx");
        }
    }
}

impl Traced {
    /// Whether a request is traced that came through the layers of HTTP.
    pub(crate) fn of(extensions: &Extensions) -> Self {
        extensions.get::<Pending>().map_or(Self::Undecided, Pending::traced)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FLAGGED: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    fn traced(sampling: Sampling, traceparent: Option<&str>, caller: Option<Caller>) -> bool {
        let pending = Pending::begin(sampling, traceparent, ("POST", "/mcp"), "r-1");
        if let Some(caller) = caller {
            pending.settle(&caller);
        }
        pending.traced() != Traced::Not
    }

    #[test]
    fn t_56_a_flag_counts_once_it_is_known_whose_it_is() {
        let never = Sampling { follows_caller: true, part: 0.0 };
        assert!(traced(never, Some(FLAGGED), Some(Caller::LocalOwner)));
        assert!(!traced(never, Some(FLAGGED), Some(Caller::Anonymous)));
        assert!(!traced(never, Some(FLAGGED), None));
        assert!(!traced(never, None, Some(Caller::LocalOwner)));
        assert!(traced(Sampling::default(), None, None));
    }
}
