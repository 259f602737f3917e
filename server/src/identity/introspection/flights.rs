//! One question for all who show the same token at the same time. It is nobody's: whoever waits for it may leave, and the
//! others still get its answer; when all have left, it ends.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::future::{BoxFuture, FutureExt as _, Shared, WeakShared};

use crate::identity::verified::Hash;
use crate::identity::{Denied, Identity};

type Outcome = Result<Identity, Denied>;
type Question = BoxFuture<'static, Outcome>;

/// The questions that somebody waits for.
#[derive(Default)]
pub(super) struct Flights(Mutex<HashMap<Hash, WeakShared<Question>>>);

impl Flights {
    /// The answer to the question about the token of this hash, which is begun unless it is open already.
    pub(super) async fn join(&self, hash: Hash, begin: impl FnOnce() -> Question) -> Outcome {
        let mut seat = Seat { flights: self, hash, question: Some(self.board(hash, begin)) };
        let question = seat.question.as_mut().expect("a seat has its question until it is given up");
        question.await
    }

    fn board(&self, hash: Hash, begin: impl FnOnce() -> Question) -> Shared<Question> {
        let mut open = self.open();
        if let Some(question) = open.get(&hash).and_then(WeakShared::upgrade) {
            return question;
        }
        let question = begin().shared();
        open.extend(question.downgrade().map(|weak| (hash, weak)));
        question
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Hash, WeakShared<Question>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Somebody who waits. The last one to go, with an answer or without, takes the question along.
struct Seat<'f> {
    flights: &'f Flights,
    hash: Hash,
    question: Option<Shared<Question>>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.question = None;
        let mut open = self.flights.open();
        if open.get(&self.hash).is_some_and(|question| question.upgrade().is_none()) {
            open.remove(&self.hash);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::future::{join_all, poll_immediate};
    use tokio::sync::Notify;

    use super::*;

    /// Questions that are counted, and answered when this says so.
    #[derive(Clone, Default)]
    struct Counted(Arc<(AtomicUsize, Notify)>);

    impl Counted {
        fn begin(&self) -> Question {
            let counted = self.clone();
            async move {
                counted.0.0.fetch_add(1, Ordering::SeqCst);
                counted.0.1.notified().await;
                Err(Denied::Invalid("inactive"))
            }
            .boxed()
        }

        fn asked(&self) -> usize {
            self.0.0.load(Ordering::SeqCst)
        }
    }

    #[tokio::test]
    async fn t_2a_all_who_show_one_token_wait_for_one_question() {
        let (flights, counted) = (Flights::default(), Counted::default());
        let callers = (0..100).map(|_| flights.join([1; 32], || counted.begin()));
        let mut callers = Box::pin(join_all(callers));
        assert!(poll_immediate(&mut callers).await.is_none());
        counted.0.1.notify_one();
        let answers = callers.await;
        assert!(answers.iter().all(|answer| *answer == Err(Denied::Invalid("inactive"))));
        assert_eq!(counted.asked(), 1);
        assert!(flights.open().is_empty());
        counted.0.1.notify_one();
        drop(flights.join([1; 32], || counted.begin()).await);
        assert_eq!(counted.asked(), 2, "an answer is for those who wait; who remembers it is not asked here");
    }

    #[tokio::test]
    async fn t_2a_whoever_asked_first_may_leave_and_the_last_takes_the_question_along() {
        let (flights, counted) = (Flights::default(), Counted::default());
        let (mut first, mut second) = (
            Box::pin(flights.join([1; 32], || counted.begin())),
            Box::pin(flights.join([1; 32], || counted.begin())),
        );
        assert!(poll_immediate(&mut first).await.is_none() && poll_immediate(&mut second).await.is_none());
        drop(first);
        counted.0.1.notify_one();
        assert_eq!(second.await, Err(Denied::Invalid("inactive")));
        let mut alone = Box::pin(flights.join([2; 32], || counted.begin()));
        assert!(poll_immediate(&mut alone).await.is_none());
        assert_eq!(flights.open().len(), 1);
        drop(alone);
        assert!(flights.open().is_empty(), "nothing stays behind");
        assert_eq!(counted.asked(), 2);
    }
}
