//! How much is logged while the program runs: more for a while, when somebody wants to see what happens, and then as much as is
//! configured again.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, SystemTime};

use server::journal::{By, Entry, Event, Journal};
use server::resources::Logged;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};
use tracing_subscriber::filter::Targets;

use super::{Level, targets};

/// For how long more is logged after the last signal that asked for it: a longer log fills disks, and nobody remembers it.
pub(crate) const RAISED: Duration = Duration::from_secs(15 * 60);

/// What a signal asks for.
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
    /// Told when `until` is another time.
    changed: Notify,
    /// Where changes are put on the record.
    journal: OnceLock<Journal>,
}

#[derive(Clone, Copy)]
struct Levels {
    configured: Level,
    current: Level,
    /// When it is as configured again.
    until: Option<End>,
}

/// A moment by both clocks: the one that waits, and the one that people read.
#[derive(Clone, Copy)]
struct End(Instant, SystemTime);

impl End {
    fn after(time: Duration) -> Self {
        Self(Instant::now() + time, SystemTime::now() + time)
    }
}

impl Levels {
    fn logged(self) -> Logged {
        let until = self.until.map(|End(_, time)| time);
        Logged { level: self.current.name(), configured: self.configured.name(), until }
    }
}

impl Volume {
    /// At the level that is configured, changed by this.
    pub(super) fn new(configured: Level, apply: impl Fn(Targets) + Send + Sync + 'static) -> Self {
        let levels = Mutex::new(Levels { configured, current: configured, until: None });
        let (changed, journal) = (Notify::new(), OnceLock::new());
        Self(Arc::new(Inner { apply: Box::new(apply), levels, changed, journal }))
    }

    /// Has every change from now on put on the record, where there is one.
    pub(crate) fn record_in(&self, journal: Option<Journal>) {
        if let Some(journal) = journal {
            // A process has one server, and that has one journal.
            let _ = self.0.journal.set(journal);
        }
    }

    /// Has another level configured, at which the log is from now on.
    pub(crate) fn configure(&self, level: Level) {
        self.change(By::Settings, |levels| {
            *levels = Levels { configured: level, current: level, until: None }
        });
    }

    fn ask(&self, wanted: Wanted) {
        match wanted {
            Wanted::More => {
                let raised = self.change(By::Signal, |levels| {
                    (levels.current, levels.until) = (levels.current.more(), Some(End::after(RAISED)));
                });
                tracing::warn!(
                    logged = raised.level,
                    minutes = RAISED.as_secs() / 60,
                    "more is logged, by a signal"
                );
            }
            Wanted::Usual => {
                self.usual(By::Signal, self.levels());
            }
        }
    }

    fn usual(&self, by: By, levels: MutexGuard<'_, Levels>) -> Logged {
        let word = by.word();
        let usual = |levels: &mut Levels| (levels.current, levels.until) = (levels.configured, None);
        let logged = self.change_from(levels, by, usual);
        tracing::warn!(logged = logged.level, by = word, "as much is logged as is configured");
        logged
    }

    /// Goes back if the time for which it was otherwise is over: it may have become longer meanwhile.
    fn expire(&self) {
        let levels = self.levels();
        if levels.until.is_some_and(|End(at, _)| at <= Instant::now()) {
            self.usual(By::Time, levels);
        }
    }

    fn change(&self, by: By, change: impl FnOnce(&mut Levels)) -> Logged {
        self.change_from(self.levels(), by, change)
    }

    fn change_from(
        &self,
        mut levels: MutexGuard<'_, Levels>,
        by: By,
        change: impl FnOnce(&mut Levels),
    ) -> Logged {
        change(&mut levels);
        (self.0.apply)(targets(levels.current));
        let logged = levels.logged();
        if let Some(journal) = self.0.journal.get() {
            // Before the next change, so that the record has them in their order.
            let event = Event::LogLevel { by, level: logged.level, until: logged.until };
            journal.note(Entry { event, subject: None });
        }
        drop(levels);
        self.0.changed.notify_one();
        logged
    }

    fn levels(&self) -> MutexGuard<'_, Levels> {
        self.0.levels.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does what signals ask for, as long as there are any, and goes back when the time is over for which more or less is logged.
    pub(crate) async fn follow(self, mut next: impl AsyncFnMut() -> Option<Wanted>) {
        loop {
            let until = self.levels().until;
            let over = async {
                match until {
                    Some(End(at, _)) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                wanted = next() => match wanted {
                    Some(wanted) => self.ask(wanted),
                    None => return,
                },
                () = over => self.expire(),
                () = self.0.changed.notified() => {}
            }
        }
    }
}

impl server::resources::Volume for Volume {
    fn levels(&self) -> &'static [&'static str] {
        &Level::NAMES
    }

    fn now(&self) -> Logged {
        self.levels().logged()
    }

    fn set(&self, level: &str, time: Duration, by: By) -> Option<Logged> {
        let level = Level::parse(level)?;
        let (word, minutes) = (by.word(), time.as_secs() / 60);
        let caller = match &by {
            By::Call(asker) => Some(asker.caller.word().to_owned()),
            _ => None,
        };
        let logged =
            self.change(by, |levels| (levels.current, levels.until) = (level, Some(End::after(time))));
        let caller = caller.as_deref();
        tracing::warn!(
            logged = logged.level,
            minutes,
            by = word,
            caller,
            "more or less is logged for a while"
        );
        Some(logged)
    }

    fn reset(&self, by: By) -> Logged {
        self.usual(by, self.levels())
    }
}

impl fmt::Debug for Volume {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Volume")
    }
}

#[cfg(test)]
mod tests {
    use server::resources::Volume as _;
    use tokio::sync::mpsc;
    use tokio::time::advance;

    use super::*;

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

    #[tokio::test(start_paused = true)]
    async fn a_level_that_was_asked_for_holds_for_as_long_as_was_said_and_the_last_word_counts() {
        let volume = Volume::new(Level::Info, |_| {});
        let following = tokio::spawn(volume.clone().follow(async || std::future::pending().await));
        let (minute, second) = (Duration::from_secs(60), Duration::from_secs(1));
        settle().await;
        let set = |level, minutes| volume.set(level, minute * minutes, By::Signal).expect("there is one");
        assert!(volume.set("loud", minute, By::Signal).is_none() && level(&volume) == Level::Info);
        let logged = set("debug", 60);
        assert_eq!((logged.level, logged.configured, logged.until.is_some()), ("debug", "info", true));
        settle().await;
        // A shorter time is taken as well.
        set("error", 1);
        settle().await;
        advance(minute - second).await;
        settle().await;
        assert_eq!(level(&volume), Level::Error, "its time is not over");
        advance(second + second).await;
        settle().await;
        assert_eq!((volume.now().level, volume.now().until), ("info", None));
        set("trace", 1);
        settle().await;
        advance(minute - second).await;
        // And a longer one, when the other is nearly over.
        set("debug", 2);
        settle().await;
        advance(minute).await;
        settle().await;
        assert_eq!(level(&volume), Level::Debug);
        assert_eq!(volume.reset(By::Signal).level, "info");
        settle().await;
        advance(minute * 60).await;
        settle().await;
        assert_eq!(level(&volume), Level::Info);
        following.abort();
    }

    #[test]
    fn libraries_stay_quiet_however_much_is_logged() {
        for (level, expected) in [(Level::Trace, "warn"), (Level::Error, "error"), (Level::Off, "off")] {
            let of_library = targets(level).into_iter().find(|(target, _)| target == "hyper");
            assert_eq!(of_library.map(|(_, level)| level.to_string()).as_deref(), Some(expected));
        }
    }
}
