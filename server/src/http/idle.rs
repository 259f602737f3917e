//! The clock of a connection that waits for its next request.
//!
//! The HTTP library asks for a timer before each request and drops it when the request has come. Each such timer is put into the list of
//! all timers and taken out again, under a lock that all connections share. Here a connection has one: it stays in the list, and is wound
//! again only when it rings before the time of whoever waits.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::time::{Sleep, sleep};

/// The clock, which rings for the last one who waits by it.
#[derive(Clone, Debug)]
pub(super) struct Idle(Arc<Mutex<Pin<Box<Sleep>>>>);

impl Idle {
    /// A clock for waits that take about so long.
    pub(super) fn new(usual: Duration) -> Self {
        Self(Arc::new(Mutex::new(Box::pin(sleep(usual)))))
    }
}

impl hyper::rt::Timer for Idle {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn hyper::rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn hyper::rt::Sleep>> {
        Box::pin(Until { clock: self.clone(), deadline: deadline.into() })
    }

    fn now(&self) -> Instant {
        tokio::time::Instant::now().into()
    }
}

/// A wait until then.
struct Until {
    clock: Idle,
    deadline: tokio::time::Instant,
}

impl Future for Until {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut clock = self.clock.0.lock().unwrap_or_else(PoisonError::into_inner);
        if clock.deadline() > self.deadline {
            clock.as_mut().reset(self.deadline);
        }
        loop {
            ready!(clock.as_mut().poll(context));
            if clock.deadline() >= self.deadline {
                return Poll::Ready(());
            }
            // It was wound for an earlier wait.
            clock.as_mut().reset(self.deadline);
        }
    }
}

impl hyper::rt::Sleep for Until {}

#[cfg(test)]
mod tests {
    use futures_util::poll;
    use hyper::rt::Timer as _;
    use tokio::time::advance;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test(start_paused = true)]
    async fn each_wait_ends_at_its_own_time_whatever_was_waited_for_before() {
        let clock = Idle::new(SECOND * 10);
        let begun = clock.now();
        let mut first = clock.sleep(SECOND * 10);
        assert!(poll!(&mut first).is_pending());
        advance(SECOND * 4).await;
        drop(first);
        // Longer than the one before, which rings meanwhile.
        clock.sleep(SECOND * 10).await;
        assert_eq!((clock.now() - begun).as_secs(), 14);
        // Shorter, and after the clock has rung.
        clock.sleep(SECOND * 3).await;
        assert_eq!((clock.now() - begun).as_secs(), 17);
        let mut long = clock.sleep(SECOND * 10);
        assert!(poll!(&mut long).is_pending());
        drop(long);
        clock.sleep(SECOND).await;
        assert_eq!((clock.now() - begun).as_secs(), 18);
    }

    #[tokio::test(start_paused = true)]
    async fn a_time_that_is_over_is_not_waited_for() {
        let clock = Idle::new(SECOND);
        let past = clock.now();
        advance(SECOND / 2).await;
        assert!(poll!(clock.sleep_until(past)).is_ready());
    }
}
