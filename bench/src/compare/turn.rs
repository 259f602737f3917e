//! One turn of a subject: started, asked for its list, held to the truth, loaded, ended. Who is held to another has it beside it: the
//! two are loaded by turns for a part of a second each, so that whatever the machine does meanwhile falls on both.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Duration;

use tokio::time::sleep;

use super::drive::{Driven, busy, due};
use super::process::{Launch, Running, machine_time};
use super::session::{Caller, Listed, Sessions};
use super::started::{CHECKS, Started, callers, start};
use super::subject::Subject;
use super::upstream::Api;
use crate::cost::processor_time;

/// After its first answer a server comes to rest for so long, before its memory is looked at.
const REST: Duration = Duration::from_millis(300);
/// For so long one is loaded before it is the other's turn, which is much shorter than what disturbs a machine lasts: for as long as so many
/// calls take one after the other, so that the first and the last do not matter, and within these bounds.
const CALLS_IN_A_SLICE: u32 = 50;
const SHORTEST_SLICE: Duration = Duration::from_millis(250);
const LONGEST_SLICE: Duration = Duration::from_secs(1);
/// A warm-up takes no longer: some servers close connections on which nothing was said for five seconds.
const LONGEST_WARM_UP: Duration = Duration::from_secs(2);

/// What one turn found.
#[derive(Clone, Debug)]
pub struct Turn {
    /// Milliseconds from its start to its first answer.
    pub start_ms: f64,
    /// Memory then, in MiB.
    pub idle_mib: f64,
    /// Its list of tools; none of a subject that knows nothing but calls.
    pub listed: Listed,
    /// The load.
    pub driven: Driven,
    /// Memory after it, in MiB.
    pub loaded_mib: f64,
    /// Microseconds of processor time of the subject for a call.
    pub micros: f64,
    /// How much of the machine others took meanwhile, in percent.
    pub foreign: f64,
    /// How it did beside whom it is held to.
    pub beside: Option<Beside>,
}

/// What a subject did beside another in the same seconds.
#[derive(Clone, Copy, Debug)]
pub struct Beside {
    /// How many times as many calls it made.
    pub calls: f64,
    /// How many times as much processor time one took.
    pub time: f64,
}

/// What a subject did wrong in its own turn or in that of another.
#[derive(Debug)]
pub struct Wrong {
    /// Its name.
    pub name: &'static str,
    /// What it did.
    pub error: io::Error,
}

/// Has this subject take its turn, beside the one to whom it is held, if any.
pub async fn take(
    subject: &Subject,
    held_to: Option<&Subject>,
    api: &Api,
    lasts: Duration,
    folder: &Path,
) -> Result<Turn, Wrong> {
    let by = |subject: &Subject| {
        let name = subject.name;
        move |error| Wrong { name, error }
    };
    let mut one = Loaded::ready(subject, api, lasts, folder).await.map_err(by(subject))?;
    let mut other = match held_to {
        Some(subject) => Some(Loaded::ready(subject, api, lasts, folder).await.map_err(by(subject))?),
        None => None,
    };
    let slowest = other.iter().chain([&one]).map(|loaded| loaded.usual).max().unwrap_or_default();
    let slice = (slowest * CALLS_IN_A_SLICE).clamp(SHORTEST_SLICE, LONGEST_SLICE);
    let slices = lasts.div_duration_f64(slice).ceil().max(1.0) as u32;
    for _ in 0..slices {
        for loaded in [Some(&mut one), other.as_mut()].into_iter().flatten() {
            loaded.load(lasts / slices).await.map_err(by(loaded.subject))?;
        }
    }
    let beside = other.as_ref().map(|other| one.beside(other));
    let turn = one.turn(beside).map_err(by(subject))?;
    for loaded in [Some(one), other].into_iter().flatten() {
        loaded.running.end().await.map_err(by(loaded.subject))?;
    }
    Ok(turn)
}

/// A subject that has been looked at and warmed up, with what its load came to so far.
struct Loaded<'a> {
    subject: &'a Subject,
    api: &'a Api,
    running: Running,
    callers: Vec<Caller>,
    numbers: Arc<AtomicU64>,
    after: Duration,
    idle_mib: f64,
    listed: Listed,
    /// How long half of the calls took while it was warmed up.
    usual: Duration,
    driven: Driven,
    /// Processor time of its own, and what others than it and this process took.
    used: Duration,
    foreign: Duration,
}

impl<'a> Loaded<'a> {
    async fn ready(
        subject: &'a Subject,
        api: &'a Api,
        lasts: Duration,
        folder: &Path,
    ) -> io::Result<Loaded<'a>> {
        let Started { running, address, session, mut wire, after } =
            start(subject, folder, |launch| launch).await?;
        sleep(REST).await;
        let idle_mib = running.resident_mib();
        let is_asked = subject.dialect.sessions != Sessions::None;
        let listed = if is_asked { session.list(&mut wire).await? } else { Listed::default() };
        let callers = callers(subject, &session, address, wire).await?;
        let numbers = Arc::new(AtomicU64::new(CHECKS));
        let (warm, callers) = busy(callers, (lasts / 4).min(LONGEST_WARM_UP), &numbers).await;
        none_failed(&warm)?;
        let usual = Duration::from_secs_f64(warm.millis(50.0) / 1e3);
        let (driven, used, foreign) = (Driven::default(), Duration::ZERO, Duration::ZERO);
        Ok(Self {
            subject,
            api,
            running,
            callers,
            numbers,
            after,
            idle_mib,
            listed,
            usual,
            driven,
            used,
            foreign,
        })
    }

    /// Keeps its callers busy for so long, and adds up what came of it.
    async fn load(&mut self, lasts: Duration) -> io::Result<()> {
        let (reached, used) = (self.api.answered(), self.running.processor_time());
        let (machine, own) = (machine_time(), processor_time());
        let (driven, callers) = busy(std::mem::take(&mut self.callers), lasts, &self.numbers).await;
        let used = self.running.processor_time().saturating_sub(used);
        let (machine, own) = (machine_time().saturating_sub(machine), processor_time().saturating_sub(own));
        none_failed(&driven)?;
        all_reached(self.subject, &driven, self.api.answered() - reached)?;
        self.callers = callers;
        self.driven.then(driven);
        self.used += used;
        self.foreign += machine.saturating_sub(used + own);
        Ok(())
    }

    fn micros(&self) -> f64 {
        self.used.as_secs_f64() * 1e6 / self.driven.times.len().max(1) as f64
    }

    fn beside(&self, other: &Self) -> Beside {
        Beside { calls: self.driven.rate() / other.driven.rate(), time: self.micros() / other.micros() }
    }

    fn turn(&self, beside: Option<Beside>) -> io::Result<Turn> {
        let processors = thread::available_parallelism()?.get() as f64;
        let foreign = self.foreign.as_secs_f64() / self.driven.lasted.as_secs_f64() / processors * 100.0;
        let start_ms = self.after.as_secs_f64() * 1e3;
        let (micros, driven) = (self.micros(), self.driven.clone());
        let (idle_mib, listed, loaded_mib) = (self.idle_mib, self.listed, self.running.resident_mib());
        Ok(Turn { start_ms, idle_mib, listed, driven, loaded_mib, micros, foreign, beside })
    }
}

/// The times of calls that come so many a second, which is little for this subject.
pub async fn at_rate(subject: &Subject, rate: f64, lasts: Duration, folder: &Path) -> io::Result<Driven> {
    let Started { running, address, session, wire, .. } = start(subject, folder, |launch| launch).await?;
    let callers = callers(subject, &session, address, wire).await?;
    let numbers = Arc::new(AtomicU64::new(CHECKS));
    let (warm, callers) = busy(callers, lasts / 4, &numbers).await;
    none_failed(&warm)?;
    let count = (rate * lasts.as_secs_f64()).ceil() as usize;
    let driven = due(callers, rate, count, &numbers).await;
    running.end().await?;
    none_failed(&driven)?;
    Ok(driven)
}

/// Makes so many calls one by one, and lets it come to its end. `how` changes how it is started.
pub async fn one_by_one(
    subject: &Subject,
    count: usize,
    folder: &Path,
    how: impl Fn(Launch) -> Launch,
) -> io::Result<()> {
    let Started { running, session, wire, .. } = start(subject, folder, how).await?;
    let mut caller = session.caller(wire, 2);
    for number in 0..count as u64 {
        caller.call(number).await?;
    }
    running.stop().await
}

fn none_failed(driven: &Driven) -> io::Result<()> {
    match &driven.failed {
        None => Ok(()),
        Some((error, count)) => {
            let error: String = error.chars().take(300).collect();
            Err(io::Error::other(format!("{count} of {} calls failed: {error}", count + driven.times.len())))
        }
    }
}

/// Each call is one request of the API, unless what is kept answers it.
fn all_reached(subject: &Subject, driven: &Driven, reached: u64) -> io::Result<()> {
    let expected = if subject.dialect.repeats { 0 } else { driven.times.len() as u64 };
    if reached == expected {
        return Ok(());
    }
    Err(io::Error::other(format!(
        "{} calls were {reached} requests of the API, not {expected}",
        driven.times.len()
    )))
}
