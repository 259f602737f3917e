//! What is large is made sense of on a thread of its own, one thing after the other: otherwise those who asked for a line wait
//! while all processors read what others asked for.

use std::hint::black_box;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;

use crate::call::CallError;

/// What is not large, in bytes: nearly all answers.
pub(crate) const SMALL: usize = 64 << 10;

/// How much the thread yields to others, of 19: beside as many as want all of a processor it has a tenth of it left.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// After this time without work the thread has nothing to do; the allocator sets aside for a tenth of it.
const SOON: Duration = Duration::from_secs(1);

type Job = Box<dyn FnOnce() + Send>;

/// The thread.
static THREAD: LazyLock<Option<Sender<Job>>> = LazyLock::new(thread);

/// One turn for the whole process, since its processors are what is shared.
static TURN: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(1)));

/// Of those who begin with something large only one may want a turn: what is made of it is several times as large, and whoever has
/// it wants another turn to make it small again. With all of them in one line everything would be large before anything was small.
static LINE: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(1)));

/// The same for whoever begins with it: after all who have begun.
pub(crate) async fn in_line<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CallError> + Send + 'static,
) -> Result<T, CallError> {
    let line = Arc::clone(&LINE).acquire_owned().await.expect("it is never closed");
    in_turn(move || {
        let _line = line;
        work()
    })
    .await
}

/// Does this on the thread, when it is its turn. It is done to its end, also where nobody waits for it any more.
pub(crate) async fn in_turn<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, CallError> + Send + 'static,
) -> Result<T, CallError> {
    let turn = Arc::clone(&TURN).acquire_owned().await.expect("it is never closed");
    let (tell, told) = oneshot::channel();
    let job = move || {
        let done = catch_unwind(AssertUnwindSafe(work));
        drop(turn);
        // Nobody may wait any more.
        let _ = tell.send(done);
    };
    match &*THREAD {
        Some(thread) => thread.send(Box::new(job)).expect("the thread takes work to the end of the process"),
        None => drop(spawn_blocking(job)),
    }
    match told.await {
        Ok(Ok(done)) => done,
        Ok(Err(panic)) => resume_unwind(panic),
        Err(_) => Err(CallError::Internal { cause: "the server stops".to_owned() }),
    }
}

/// Works off what it is sent; nothing where the system gives no thread.
fn thread() -> Option<Sender<Job>> {
    let (send, jobs) = mpsc::channel::<Job>();
    let work = move || {
        // Whoever waits for a line is served first when both want a processor. Only Linux has this for a thread, and a process
        // that may not have it loses nothing else.
        #[cfg(target_os = "linux")]
        let _ = rustix::process::setpriority_process(None, NICE);
        while let Ok(job) = jobs.recv() {
            job();
            give_back(&jobs);
        }
    };
    thread::Builder::new().name("large-answers".to_owned()).spawn(work).ok().map(|_| send)
}

/// Works off what comes soon; then the allocator is made to give back what it has set aside, which it does with the next thing of a
/// size that has pages of its own. There may be none for hours.
fn give_back(jobs: &Receiver<Job>) {
    while let Ok(job) = jobs.recv_timeout(SOON) {
        job();
    }
    drop(black_box(Vec::<u8>::with_capacity(4 * SMALL)));
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use tokio::time::timeout;

    use super::*;
    use crate::catalog::{AnswerRule, Content, Effect, Tool, Work};
    use crate::shape::Shape;
    use crate::upstream::{Part, Received, Upstream};

    /// The turn is the whole process's, so tests of it stand in a line too.
    static ALONE: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

    #[tokio::test]
    async fn r15_one_thing_is_done_at_a_time_and_to_its_end_when_nobody_waits() {
        let _alone = ALONE.lock().await;
        let (begun, has_begun) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let first = in_turn(move || {
            begun.send(()).expect("somebody waits");
            wait.recv().map_err(|_| CallError::Internal { cause: String::new() })
        });
        // Whoever asked leaves once it has begun.
        let mut first = Box::pin(first);
        while timeout(Duration::from_millis(1), &mut first).await.is_err() && has_begun.try_recv().is_err() {}
        drop(first);
        let mut second = Box::pin(in_turn(|| Ok(7)));
        assert!(futures_util::poll!(second.as_mut()).is_pending());
        assert_eq!(TURN.available_permits(), 0);
        go_on.send(()).expect("it goes on");
        assert_eq!(second.await.expect("it is done"), 7);
    }

    #[tokio::test]
    async fn r15_what_has_begun_goes_before_what_has_not() {
        let _alone = ALONE.lock().await;
        let (begun, has_begun) = mpsc::channel();
        let (go_on, wait) = mpsc::channel::<()>();
        let first = tokio::spawn(in_line(move || {
            begun.send(()).expect("somebody waits");
            wait.recv().map_err(|_| CallError::Internal { cause: String::new() })
        }));
        while has_begun.try_recv().is_err() {
            tokio::task::yield_now().await;
        }
        let (did, done) = mpsc::channel();
        let doing = |what: &'static str| {
            let did = did.clone();
            move || did.send(what).map_err(|_| CallError::Internal { cause: String::new() })
        };
        let mut begins = Box::pin(in_line(doing("begins")));
        let mut ends = Box::pin(in_turn(doing("ends")));
        assert!(futures_util::poll!(begins.as_mut()).is_pending());
        assert!(futures_util::poll!(ends.as_mut()).is_pending());
        go_on.send(()).expect("it goes on");
        let (begins, ends, first) = tokio::join!(begins, ends, first);
        begins.and(ends).and(first.expect("no panic")).expect("all were done");
        assert_eq!(done.try_iter().collect::<Vec<_>>(), ["ends", "begins"]);
    }

    /// Also where nothing is made of it but a copy without blanks, since looking at each byte takes its time too.
    #[tokio::test]
    async fn r15_an_answer_waits_for_its_turn_from_the_first_byte_that_is_too_many() {
        static TEXTS: Tool = Tool {
            answers: &[AnswerRule {
                from: 200,
                to: 299,
                media_type: "application/json",
                content: Content::Json { shape: Shape::List(&Shape::Text), wrap: Some("value") },
            }],
            ..Tool::bare(Effect::Read, Work::Rest)
        };
        let _alone = ALONE.lock().await;
        for (bytes, waits) in [(SMALL, false), (SMALL + 1, true)] {
            let turn = Arc::clone(&TURN).acquire_owned().await.expect("it is never closed");
            let body = format!(r#"["{}"]"#, "x".repeat(bytes - r#"[""]"#.len()));
            let expected = format!(r#"{{"value":{body}}}"#);
            let (content_type, retry_after, headers) = (None, None, Vec::new());
            let received = Received { status: 200, content_type, retry_after, headers, body: body.into() };
            let mut reading = Box::pin(Upstream::read(&TEXTS, received, Part::default()));
            let told = match futures_util::poll!(reading.as_mut()) {
                Poll::Ready(told) => (false, told),
                Poll::Pending => {
                    drop(turn);
                    (true, reading.await)
                }
            };
            assert_eq!(told.0, waits, "{bytes} bytes");
            assert_eq!(told.1.expect("it is read").text, expected);
        }
    }

    #[tokio::test]
    #[should_panic(expected = "a fault of ours")]
    async fn a_panic_there_is_a_panic_here() {
        let _: Result<(), _> = in_turn(|| panic!("a fault of ours")).await;
    }
}
