//! Work that takes long says on standard error what it is and for how long it has been going on.

use std::io::{self, IsTerminal as _};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

/// Shorter work says nothing; longer work speaks again each time this has passed.
const PATIENCE: Duration = Duration::from_secs(2);

/// Whether anybody is told.
pub(super) struct Progress {
    is_wanted: bool,
    /// Told from the start, not only what takes long.
    is_asked_for: bool,
}

impl Progress {
    /// Progress for a terminal; elsewhere only if it is asked for.
    pub(super) fn new(is_asked_for: bool) -> Progress {
        Progress { is_wanted: is_asked_for || io::stderr().is_terminal(), is_asked_for }
    }

    /// Does the work, and tells of it in `words`.
    pub(super) fn during<T>(&self, words: &str, work: impl FnOnce() -> T) -> T {
        if !self.is_wanted {
            return work();
        }
        if self.is_asked_for {
            eprintln!("mcp-codegen: {words}");
        }
        let started = Instant::now();
        let (done, wait) = mpsc::channel::<()>();
        // The scope waits for the thread, and the thread for the end of the work.
        thread::scope(|scope| {
            scope.spawn(move || {
                while wait.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                    eprintln!("mcp-codegen: {words}, for {} s", started.elapsed().as_secs());
                }
            });
            let _ends_the_thread = done;
            work()
        })
    }

    /// Does the work, tells of it, and how long it took.
    pub(super) fn timed<T>(&self, words: &str, work: impl FnOnce() -> T) -> (T, Duration) {
        let started = Instant::now();
        let found = self.during(words, work);
        (found, started.elapsed())
    }
}
