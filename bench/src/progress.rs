//! Tells on standard error how far something is that takes longer than two seconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;

const PAUSE: Duration = Duration::from_secs(2);

/// Something on its way; told for as long as it lives.
#[derive(Debug)]
pub struct Progress {
    done: Arc<AtomicUsize>,
    telling: JoinHandle<()>,
}

impl Progress {
    /// Of so many steps.
    pub fn new(what: &str, of: usize) -> Self {
        let done = Arc::new(AtomicUsize::new(0));
        let (what, seen) = (what.to_owned(), Arc::clone(&done));
        let telling = tokio::spawn(async move {
            loop {
                tokio::time::sleep(PAUSE).await;
                eprintln!("{what}: {} of {of}", seen.load(Ordering::Relaxed));
            }
        });
        Self { done, telling }
    }

    /// One step more is done.
    pub fn step(&self) {
        self.done.fetch_add(1, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.telling.abort();
    }
}
