//! One turn of a subject: started, asked for its list, held to the truth, loaded, ended.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::thread;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::drive::{CONNECTIONS, Driven, busy, due};
use super::process::{Launch, Running, machine_time};
use super::session::{Caller, Listed, Session, Sessions};
use super::subject::Subject;
use super::upstream::Api;
use super::wire::Wire;
use crate::cost::processor_time;
use crate::ports;

/// Whoever takes longer to start does not start.
const PATIENCE: Duration = Duration::from_secs(60);
/// A first answer that does not come within this is asked for again.
const FIRST: Duration = Duration::from_secs(20);
/// After its first answer a server comes to rest for so long, before its memory is looked at.
const REST: Duration = Duration::from_millis(300);
/// Whole answers that are looked at before the load.
const CHECKS: u64 = 3;

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
}

/// A subject that was started and answers.
struct Started {
    running: Running,
    address: SocketAddr,
    session: Session,
    wire: Wire,
    after: Duration,
}

/// Has this subject take its turn. An error says what it did wrong.
pub async fn take(subject: &Subject, api: &Api, lasts: Duration, folder: &Path) -> io::Result<Turn> {
    let Started { running, address, session, mut wire, after } =
        start(subject, folder, |launch| launch).await?;
    sleep(REST).await;
    let idle_mib = running.resident_mib();
    let is_asked = subject.dialect.sessions != Sessions::None;
    let listed = if is_asked { session.list(&mut wire).await? } else { Listed::default() };
    let callers = callers(subject, &session, address, wire).await?;
    let numbers = Arc::new(AtomicU64::new(CHECKS));
    let (warm, callers) = busy(callers, lasts / 4, &numbers).await;
    none_failed(&warm)?;
    let (reached, used) = (api.answered(), running.processor_time());
    let (machine, own) = (machine_time(), processor_time());
    let (driven, _) = busy(callers, lasts, &numbers).await;
    let used = running.processor_time().saturating_sub(used);
    let (machine, own) = (machine_time().saturating_sub(machine), processor_time().saturating_sub(own));
    none_failed(&driven)?;
    all_reached(subject, &driven, api.answered() - reached)?;
    let loaded_mib = running.resident_mib();
    running.end().await?;
    let processors = thread::available_parallelism()?.get() as f64;
    let foreign = machine.saturating_sub(used + own).as_secs_f64() / driven.lasted.as_secs_f64() / processors;
    let micros = used.as_secs_f64() * 1e6 / driven.times.len().max(1) as f64;
    let start_ms = after.as_secs_f64() * 1e3;
    Ok(Turn { start_ms, idle_mib, listed, driven, loaded_mib, micros, foreign: foreign * 100.0 })
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

async fn start(subject: &Subject, folder: &Path, how: impl Fn(Launch) -> Launch) -> io::Result<Started> {
    let address = ports::free().await?;
    let launch = how(subject.launch(address.port())?);
    let begun = Instant::now();
    let mut running = Running::start(&launch, &folder.join(format!("{}.log", address.port())))?;
    loop {
        running.still_runs()?;
        let error = match timeout(FIRST, first_answer(subject, address)).await {
            Ok(Ok((session, wire))) => {
                return Ok(Started { running, address, session, wire, after: begun.elapsed() });
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer came".to_owned(),
        };
        if begun.elapsed() > PATIENCE {
            return Err(io::Error::other(format!("it does not start: {error}: {}", running.last_words())));
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// The handshake, or the first call of a subject that has none.
async fn first_answer(subject: &Subject, address: SocketAddr) -> io::Result<(Session, Wire)> {
    let mut wire = Wire::open(address).await?;
    let session = Session::begin(address, &subject.dialect, &mut wire).await?;
    if subject.dialect.sessions == Sessions::None {
        session.caller(Wire::open(address).await?, 2).call(0).await?;
    }
    Ok((session, wire))
}

/// Callers on connections of their own. The first looks at whole answers.
async fn callers(
    subject: &Subject,
    session: &Session,
    address: SocketAddr,
    wire: Wire,
) -> io::Result<Vec<Caller>> {
    let mut first = session.caller(wire, 2);
    for number in 0..CHECKS {
        first.check(number).await?;
    }
    let mut callers = vec![first];
    while callers.len() < CONNECTIONS {
        let (mut wire, id) = (Wire::open(address).await?, callers.len() + 2);
        let caller = match subject.dialect.sessions {
            Sessions::Each => Session::begin(address, &subject.dialect, &mut wire).await?.caller(wire, id),
            Sessions::One | Sessions::None => session.caller(wire, id),
        };
        callers.push(caller);
    }
    Ok(callers)
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
