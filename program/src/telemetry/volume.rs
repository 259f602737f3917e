//! How much is logged while the program runs: more for a while, when somebody wants to see what happens, and then as much as is
//! configured again.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tracing_subscriber::filter::Targets;

use super::{Level, targets};

/// For how long more is logged after somebody last asked for it: a longer log fills disks, and nobody remembers it.
pub(crate) const RAISED: Duration = Duration::from_secs(15 * 60);

/// What somebody asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// One step more than now.
    More,
    /// As much as is configured.
    Usual,
}

/// How much is logged. Copies are handles of the same.
#[derive(Clone)]
pub(crate) struct Volume(Arc<Inner>);

struct Inner {
    /// Has what is logged judged by these from now on.
    apply: Box<dyn Fn(Targets) + Send + Sync>,
    levels: Mutex<Levels>,
}

#[derive(Clone, Copy)]
struct Levels {
    configured: Level,
    current: Level,
}

impl Volume {
    /// At the level that is configured, changed by this.
    pub(super) fn new(configured: Level, apply: impl Fn(Targets) + Send + Sync + 'static) -> Self {
        let levels = Mutex::new(Levels { configured, current: configured });
        Self(Arc::new(Inner { apply: Box::new(apply), levels }))
    }

    /// Logs so much from now on, and says so.
    fn ask(&self, wanted: Wanted) {
        let level = self.change(|levels| match wanted {
            Wanted::More => levels.current = levels.current.more(),
            Wanted::Usual => levels.current = levels.configured,
        });
        let (logged, minutes) = (level.name(), RAISED.as_secs() / 60);
        match wanted {
            Wanted::More => tracing::warn!(logged, minutes, "more is logged, by a signal"),
            Wanted::Usual => tracing::warn!(logged, "as much is logged as is configured"),
        }
    }

    /// Has another level configured, at which the log is from now on.
    pub(crate) fn configure(&self, level: Level) {
        self.change(|levels| *levels = Levels { configured: level, current: level });
    }

    fn change(&self, change: impl FnOnce(&mut Levels)) -> Level {
        let mut levels = self.0.levels.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut levels);
        (self.0.apply)(targets(levels.current));
        levels.current
    }

    /// Does what is asked for, as long as somebody may ask; goes back by itself when nobody did for a while.
    pub(crate) async fn follow(self, mut next: impl AsyncFnMut() -> Option<Wanted>) {
        let mut until: Option<Instant> = None;
        loop {
            let over = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            let wanted = tokio::select! {
                wanted = next() => wanted,
                () = over => Some(Wanted::Usual),
            };
            let Some(wanted) = wanted else { return };
            self.ask(wanted);
            until = (wanted == Wanted::More).then(|| Instant::now() + RAISED);
        }
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Volume")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::mpsc;
    use tokio::time::advance;

    fn level(volume: &Volume) -> Level {
        volume.0.levels.lock().expect("nobody panicked").current
    }

    /// Lets the task that follows do all that it can do now.
    async fn settle() {
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
    }

    #[tokio::test(start_paused = true)]
    async fn more_is_logged_step_by_step_and_for_a_while() {
        let volume = Volume::new(Level::Info, |_| {});
        let (asking, mut asked) = mpsc::unbounded_channel();
        let following = tokio::spawn(volume.clone().follow(async move || asked.recv().await));
        for expected in [Level::Debug, Level::Trace, Level::Trace] {
            asking.send(Wanted::More).expect("it listens");
            settle().await;
            assert_eq!(level(&volume), expected);
        }
        advance(RAISED - Duration::from_secs(1)).await;
        settle().await;
        assert_eq!(level(&volume), Level::Trace, "its time is not over");
        advance(Duration::from_secs(2)).await;
        settle().await;
        assert_eq!(level(&volume), Level::Info);
        asking.send(Wanted::More).expect("it listens");
        asking.send(Wanted::Usual).expect("it listens");
        settle().await;
        assert_eq!(level(&volume), Level::Info);
        volume.configure(Level::Warn);
        asking.send(Wanted::More).expect("it listens");
        asking.send(Wanted::More).expect("it listens");
        asking.send(Wanted::Usual).expect("it listens");
        settle().await;
        assert_eq!(level(&volume), Level::Warn, "that is what is configured now");
        drop(asking);
        following.await.expect("it ends with those who may ask");
    }

    #[test]
    fn libraries_stay_quiet_however_much_is_logged() {
        for (level, expected) in [(Level::Trace, "warn"), (Level::Error, "error"), (Level::Off, "off")] {
            let of_library = targets(level).into_iter().find(|(target, _)| target == "hyper");
            assert_eq!(of_library.map(|(_, level)| level.to_string()).as_deref(), Some(expected));
        }
    }
}
