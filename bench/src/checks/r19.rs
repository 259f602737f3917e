//! R19: an hour of everything at once: reads that are kept and that are not, changes, an API that fails now and then, keys that
//! are replaced, rules that are read again, sessions that come and go, streams that stand, and a Redis that is killed. What the
//! program holds is in the end what it was, and nothing fails that is not explained.
//!
//! The clock is not set: a process cannot be given another one without rights that a check should not need, or a library that is
//! put under it.

mod load;
mod slope;

use std::fs;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, interval, sleep, sleep_until};

use crate::callers::Callers;
use crate::faults;
use crate::journal;
use crate::program::{Program, Settings};
use crate::redis::Redis;
use crate::rig::Rig;
use crate::scratch::Scratch;
use crate::streams::{Kind, Stream};
use crate::upstream::{Act, Exchange, Upstream, done, failed};
use crate::verdict::Verdict;
use load::{Load, Shared, Told};
use slope::Slope;

/// How long Redis is away.
const AWAY: Duration = Duration::from_secs(2);
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// How long changes wait after Redis came back empty, and how long after that its return may be noticed.
const SETTLE: Duration = Duration::from_secs(6);
const FINDING: Duration = Duration::from_secs(3);
/// Streams that stand all the time, and sessions that there may be.
const LISTENING: usize = 10;
const SESSIONS: usize = 8;
/// How long what was held may take to be given back: the API's connections are kept for a while.
const GIVEN_BACK: Duration = Duration::from_secs(60);
/// Rules that let everybody do everything, in two spellings.
const RULES: [&str; 2] =
    ["permit (principal, action, resource);", "permit (principal, action, resource); // again"];

/// How an exchange with the API fails: one in a hundred does.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Unavailable,
    Reset,
    TooMany,
    Half,
}

const FAULTS: &[(f64, Fault)] =
    &[(0.004, Fault::Unavailable), (0.003, Fault::Reset), (0.002, Fault::TooMany), (0.001, Fault::Half)];

/// What was found.
#[derive(Clone, Debug)]
struct Found {
    told: Told,
    slope: Slope,
    /// Of it what is no file's.
    own: Slope,
    /// How much memory may grow, in MiB, by the line through all that was seen of it.
    room: f64,
    /// Files and threads, before and after.
    before: [usize; 2],
    after: [usize; 2],
    /// Sessions that could be begun when all had ended.
    sessions: usize,
    /// Streams that stood to the end, and of those that heard of changed rules as often as they did change at least once.
    heard: usize,
    happened: Happened,
    panics: usize,
    is_whole: bool,
}

/// How long the program is warmed up, and by how many calls a second, while everything happens that does in the hour, and oftener. What is
/// remembered of calls is full after a while, and so is the memory around it: in an hour only what grows without end must be seen.
const WARMING: (Duration, f64) = (Duration::from_secs(180), 300.0);
const WARMING_PERIOD: Duration = Duration::from_secs(6);
const WARMING_LOSSES: Duration = Duration::from_secs(40);
/// How many sessions come and go before: the memory around the first hundred stays, and in the hour they come four a minute.
const WARMING_SESSIONS: usize = 240;
/// The number of the first call by which the program is warmed up.
const WARM: usize = 1 << 40;

/// When what happens besides.
#[derive(Clone, Copy, Debug)]
struct Course {
    /// How long it is from one key, reading of the rules and few sessions to the next.
    period: Duration,
    /// How long it is from one loss of Redis to the next; half of that to the first.
    loss: Duration,
    /// When it ends.
    until: Instant,
}

/// How often what happened.
#[derive(Clone, Copy, Debug, Default)]
struct Happened {
    rotations: usize,
    reloads: usize,
    losses: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let long = rig.long.unwrap_or(rig.choose(Duration::from_secs(3600), Duration::from_secs(75)));
    let seed = rig.seed;
    let upstream = Upstream::start(move |exchange| script(seed, exchange)).await?;
    let (mut redis, folder) = (Redis::start().await?, Scratch::new()?);
    let mut callers = Callers::new(&rig.program, load::CALLERS).await?;
    let rules = folder.path().join("rules.cedar");
    fs::write(&rules, RULES[0])?;
    let settings = callers
        .known_to(Settings::new(&upstream.url()))
        .set("AUDIT_FOLDER", folder.path().join("journal").display())
        .set("POLICY_FILE", rules.display())
        .set("MCP_SESSIONS", SESSIONS)
        .set("CACHE_BACKEND", "multi_tier")
        // What is remembered of changes and answers is all there after a minute, and no more from then on.
        .set("LEDGER_WINDOW", 20)
        .set("LEDGER_UNKNOWN", 20)
        .set("CACHE_TTL_SECONDS", 5)
        .set("MAX_RETRY_ATTEMPTS", 3)
        .set("RATE_LIMIT_REQUESTS_PER_MINUTE", 1_000_000)
        .set("RATE_LIMIT_BURST_SIZE", 10_000)
        .set("REDIS_SETTLE", SETTLE.as_secs())
        .set("REDIS_URL", redis.url())
        .set("REDIS_SECRET", SECRET);
    let program = Program::start(&rig.program, &settings).await?;
    let shared = Shared::new(program.client(), callers.headers());
    sleep(SETTLE).await;
    let (warming, rate) = rig.choose(WARMING, (Duration::from_secs(5), load::RATE));
    let warm = Load::new(shared.clone(), seed, warming, WARM).at(rate).patient(true).run();
    let course = Course { period: WARMING_PERIOD, loss: WARMING_LOSSES, until: Instant::now() + warming };
    let happens = happen(&rig, &program, &shared, (&mut redis, &mut callers), &rules, course);
    tokio::join!(warm, happens).1?;
    for _ in 0..rig.choose(WARMING_SESSIONS, 1) {
        Stream::open(Kind::OfSession, program.address, &shared.headers(0)).await?.end().await?;
    }
    shared.leave();
    sleep(FINDING).await;
    let before = program.held()?;

    let mut streams = Vec::new();
    for _ in 0..LISTENING {
        streams.push(Stream::open(Kind::Listening, program.address, &shared.headers(0)).await?);
    }
    let load = tokio::spawn(Load::new(shared.clone(), seed, long, 0).patient(rig.short).run());
    let begun = Instant::now();
    let course = Course {
        period: rig.choose(Duration::from_secs(60), WARMING_PERIOD),
        loss: long.min(Duration::from_secs(1800)),
        until: begun + long,
    };
    let happens = happen(&rig, &program, &shared, (&mut redis, &mut callers), &rules, course);
    let (happened, slope) = tokio::join!(happens, watch(&program, begun, long));
    let (happened, (slope, own), told) = (happened?, slope?, load.await?);
    let heard = streams.iter_mut().map(|stream| usize::from(stream.heard().contains("list_changed"))).sum();
    drop(streams);
    shared.leave();
    let after = given_back(&program, before).await?;
    let sessions = begin_all(&program, &shared).await?;
    let log = program.log().clone();
    program.stop().await?;
    let verified = journal::verify(&rig.program, &folder.path().join("journal")).await?;
    let panics = log.times(&["panicked"]).len();
    let room = if rig.short { 8.0 } else { long.as_secs_f64() / 3600.0 };
    let is_whole = verified.is_whole;
    Ok(judge(Found { told, slope, own, room, before, after, sessions, heard, happened, panics, is_whole }))
}

fn script(seed: u64, exchange: &Exchange) -> Act {
    let good = done(&exchange.marker).after(Duration::from_millis(5));
    match faults::pick(faults::draw(seed, &exchange.marker, exchange.attempt), FAULTS) {
        None => good,
        Some(Fault::Unavailable) => failed(503, ""),
        Some(Fault::Reset) => Act::Reset,
        Some(Fault::TooMany) => failed(429, "Retry-After: 1\r\n"),
        Some(Fault::Half) => good.halved(),
    }
}

/// What happens besides: in each period a key is replaced, the rules are read again, sessions come and go; and now and then Redis is
/// killed and comes back empty.
async fn happen(
    rig: &Rig,
    program: &Program,
    shared: &Shared,
    (redis, callers): (&mut Redis, &mut Callers),
    rules: &std::path::Path,
    Course { period, loss, until }: Course,
) -> io::Result<Happened> {
    let mut happened = Happened::default();
    let mut next_loss = Instant::now() + loss / 2;
    // Nothing happens in the last seconds, so that what it brings is over in the end.
    while Instant::now() + period + SETTLE < until {
        sleep(period).await;
        let number = happened.rotations % load::CALLERS;
        callers.rotate(&rig.program, number, 5).await?;
        // Servers look at the file every second.
        sleep(Duration::from_millis(1500)).await;
        shared.replace(callers.headers());
        happened.rotations += 1;
        fs::write(rules, RULES[(happened.reloads + 1) % 2])?;
        happened.reloads += 1;
        for _ in 0..SESSIONS / 2 {
            Stream::open(Kind::OfSession, program.address, &shared.headers(0)).await?.end().await?;
        }
        if Instant::now() >= next_loss {
            let from = Instant::now();
            redis.kill().await?;
            sleep(AWAY).await;
            redis.restart().await?;
            shared.was_away(from, Instant::now() + SETTLE + FINDING);
            happened.losses += 1;
            next_loss += loss;
        }
    }
    sleep_until(until).await;
    Ok(happened)
}

/// Looks at the memory every second once the program is warm: all of it, and what is no file's.
async fn watch(program: &Program, begun: Instant, long: Duration) -> io::Result<(Slope, Slope)> {
    let warm = begun + (long / 3).min(Duration::from_secs(600));
    let (mut looks, mut all, mut own) =
        (interval(Duration::from_secs(1)), Slope::default(), Slope::default());
    sleep_until(warm).await;
    while Instant::now() < begun + long {
        looks.tick().await;
        all.see(begun.elapsed(), program.resident_mib()?);
        own.see(begun.elapsed(), program.own_mib()?);
    }
    Ok((all, own))
}

/// Waits until the program holds what it held, and one in fifty.
async fn given_back(program: &Program, before: [usize; 2]) -> io::Result<[usize; 2]> {
    let ended = Instant::now();
    loop {
        let after = program.held()?;
        if is_back(before, after) || ended.elapsed() > GIVEN_BACK {
            return Ok(after);
        }
        sleep(Duration::from_secs(1)).await;
    }
}

fn is_back(before: [usize; 2], after: [usize; 2]) -> bool {
    before.iter().zip(after).all(|(before, after)| after <= before + before.div_ceil(50))
}

/// Begins as many sessions as there may be; of those that came and went none has a place any more.
async fn begin_all(program: &Program, shared: &Shared) -> io::Result<usize> {
    let mut begun = Vec::new();
    for _ in 0..SESSIONS {
        begun.push(Stream::open(Kind::OfSession, program.address, &shared.headers(0)).await?);
    }
    let count = begun.len();
    for stream in begun {
        stream.end().await?;
    }
    Ok(count)
}

fn judge(found: Found) -> Verdict {
    let Found { told, slope, own, room, before, after, sessions, heard, happened, panics, is_whole } = found;
    Verdict::default()
        .note(format!("{} calls", told.calls))
        .exactly("unexplained errors", told.unexplained, 0)
        .at_least("done %", told.done as f64 / told.calls as f64 * 100.0, 90.0)
        .at_most("MiB grown", slope.growth(), room)
        .note(format!("{:.1} MiB an hour, without pages of files {:.1}", slope.an_hour(), own.an_hour()))
        .note(format!("files {} then {}, threads {} then {}", before[0], after[0], before[1], after[1]))
        .holds("back to what was held", is_back(before, after))
        .exactly("sessions at the end", sessions, SESSIONS)
        .exactly("streams that heard of rules", heard, LISTENING)
        .at_least("keys replaced", happened.rotations as f64, 1.0)
        .at_least("rules read again", happened.reloads as f64, 1.0)
        .at_least("losses of Redis", happened.losses as f64, 1.0)
        .exactly("panics", panics, 0)
        .holds("the journal is whole", is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good() -> Found {
        Found {
            told: Told { calls: 1000, done: 900, unexplained: 0 },
            slope: [(0.0, 100.0), (3600.0, 101.0)].into_iter().collect(),
            own: Slope::default(),
            room: 1.0,
            before: [50, 10],
            after: [51, 11],
            sessions: SESSIONS,
            heard: LISTENING,
            happened: Happened { rotations: 1, reloads: 1, losses: 1 },
            panics: 0,
            is_whole: true,
        }
    }

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(good()).passes());
        let happened = good().happened;
        for bad in [
            Found { told: Told { unexplained: 1, ..good().told }, ..good() },
            Found { told: Told { done: 899, ..good().told }, ..good() },
            Found { slope: [(0.0, 100.0), (3600.0, 101.01)].into_iter().collect(), ..good() },
            Found { after: [52, 11], ..good() },
            Found { after: [51, 12], ..good() },
            Found { sessions: SESSIONS - 1, ..good() },
            Found { heard: LISTENING - 1, ..good() },
            Found { happened: Happened { rotations: 0, ..happened }, ..good() },
            Found { happened: Happened { reloads: 0, ..happened }, ..good() },
            Found { happened: Happened { losses: 0, ..happened }, ..good() },
            Found { panics: 1, ..good() },
            Found { is_whole: false, ..good() },
        ] {
            assert!(!judge(bad.clone()).passes(), "{bad:?}");
        }
    }
}
