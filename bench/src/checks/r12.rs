//! R12: three servers behind a balancer share a Redis, and lose it: it is killed and comes back empty, stands still, answers
//! that it is loading or out of memory; and one of the servers is killed. Every change is asked for twice at the same time, by
//! way of two connections. No reader notices more than a moment; no change is made twice, and each that was made is on record.

use std::collections::HashMap;
use std::io;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep, sleep_until};

use crate::balancer::Balancer;
use crate::client::{Answer, Client, Failure, ToolCall};
use crate::journal::{self, Changes};
use crate::load::{Sample, open_loop, percentile};
use crate::program::{Program, Settings};
use crate::redis::Redis;
use crate::rig::Rig;
use crate::scratch::Scratch;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// How long the API takes.
const TAKES: Duration = Duration::from_millis(5);
/// Reads and pairs of changes a second.
const READS: f64 = 60.0;
const CHANGES: f64 = 10.0;
/// How many things are read.
const THINGS: usize = 20;
/// How long after a loss its finding out may be noticed.
const FINDING: Duration = Duration::from_secs(3);
/// How long changes wait after Redis came back empty.
const SETTLE: Duration = Duration::from_secs(6);

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    reads: usize,
    /// Reads that failed, but for those under way at the server that was killed.
    failed: usize,
    /// How long reads took with Redis, and without it once that was found out.
    p99_with: Duration,
    p99_without: Duration,
    room: Duration,
    /// The longest time until a server used Redis again.
    slowest_return: Duration,
    /// How often one did.
    returns: usize,
    /// How much more memory a server held without Redis, in MiB.
    grown: f64,
    changes: usize,
    /// Changes that callers heard to be made; that nobody made since Redis was away.
    made: usize,
    refused: usize,
    /// Changes that were refused although Redis had long been there.
    refused_needlessly: usize,
    /// The most requests that one change made.
    most: usize,
    /// Changes that the API has seen and no journal.
    unrecorded: usize,
}

/// When what happened.
struct Course {
    begun: Instant,
    /// From when until when Redis could not be used.
    losses: Vec<(Instant, Instant)>,
    killed: Instant,
    grown: f64,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let upstream = Upstream::start(|exchange| done(&exchange.marker).after(TAKES)).await?;
    let mut redis = Redis::start().await?;
    let folders = [Scratch::new()?, Scratch::new()?, Scratch::new()?];
    let mut programs = Vec::new();
    for folder in &folders {
        let settings = Settings::new(&upstream.url())
            .set("LOG_LEVEL", "info")
            .set("AUDIT_FOLDER", folder.text())
            .set("CACHE_BACKEND", "multi_tier")
            .set("RATE_LIMIT_REQUESTS_PER_MINUTE", 1_000_000)
            .set("RATE_LIMIT_BURST_SIZE", 10_000)
            .set("ALLOWED_HOSTS", "127.0.0.1:*")
            .set("REDIS_SETTLE", SETTLE.as_secs())
            .set("REDIS_URL", redis.url())
            .set("REDIS_SECRET", SECRET);
        programs.push(Program::start(&rig.program, &settings).await?);
    }
    let balancer = Balancer::start(programs.iter().map(|program| program.address).collect()).await?;
    let (calm, lost) = (rig.choose(20, 9), rig.choose(60, 5));
    let (calm, lost) = (Duration::from_secs(calm), Duration::from_secs(lost));
    // Redis settles first; then four losses, each with a calm time before it, and one after all.
    let seconds = (SETTLE + 5 * calm + 4 * lost).as_secs_f64();
    let load = Load { client: Client::new(balancer.address), seconds };
    let (reads, changes) = (tokio::spawn(load.clone().reads()), tokio::spawn(load.changes()));
    let course = lose(&mut redis, &mut programs, calm, lost).await?;
    let (reads, changes) = (reads.await?, changes.await?);
    let mut found =
        Found { room: rig.choose(Duration::from_millis(5), Duration::from_millis(100)), ..Found::default() };
    judge_reads(&reads, &course, &mut found);
    judge_changes(&changes, &course, &mut found);
    returns(&programs, &course, &mut found);
    for program in programs {
        program.stop().await?;
    }
    let mut intended = std::collections::HashSet::new();
    for folder in &folders {
        let records = journal::records(&rig.program, folder.path()).await?;
        intended.extend(Changes::of(&records).intended);
    }
    let attempts: HashMap<String, usize> =
        upstream.attempts().into_iter().filter(|(marker, _)| marker.starts_with('C')).collect();
    found.most = attempts.values().copied().max().unwrap_or(0);
    found.unrecorded = attempts.keys().filter(|marker| !intended.contains(*marker)).count();
    Ok(judge(found))
}

/// Loses Redis in four ways and a server in one.
async fn lose(
    redis: &mut Redis,
    programs: &mut Vec<Program>,
    calm: Duration,
    lost: Duration,
) -> io::Result<Course> {
    let begun = Instant::now();
    let mut losses = Vec::new();
    sleep(SETTLE + calm).await;
    let before = memory(programs)?;

    let from = Instant::now();
    redis.kill().await?;
    sleep(lost).await;
    let grown = memory(programs)? - before;
    redis.restart().await?;
    losses.push((from, Instant::now()));
    sleep(calm).await;

    let killed = Instant::now();
    programs.remove(0).kill().await?;
    let from = Instant::now();
    redis.signal(Signal::STOP)?;
    sleep(lost).await;
    redis.signal(Signal::CONT)?;
    losses.push((from, Instant::now()));
    sleep(calm).await;

    let from = Instant::now();
    redis.configure("maxmemory", "1").await?;
    sleep(lost).await;
    redis.configure("maxmemory", "0").await?;
    losses.push((from, Instant::now()));
    sleep(calm).await;

    let from = Instant::now();
    redis.kill().await?;
    let impostor = redis.impersonate("LOADING Redis is loading the dataset in memory")?;
    sleep(lost).await;
    drop(impostor);
    redis.restart().await?;
    losses.push((from, Instant::now()));
    sleep_until(Instant::now() + calm).await;
    Ok(Course { begun, losses, killed, grown })
}

fn memory(programs: &[Program]) -> io::Result<f64> {
    programs.iter().map(Program::resident_mib).try_fold(0.0, |most: f64, one| Ok(most.max(one?)))
}

#[derive(Clone)]
struct Load {
    client: Client,
    seconds: f64,
}

type Read = Sample<Answer>;
type Pair = Sample<[Answer; 2]>;

impl Load {
    async fn reads(self) -> Vec<Read> {
        open_loop("R12: reads", READS, (READS * self.seconds) as usize, |number| {
            let client = self.client.clone();
            async move { client.call_anew(ToolCall::kept_read(&format!("R{}", number % THINGS))).await }
        })
        .await
    }

    /// Each change is asked for twice at once.
    async fn changes(self) -> Vec<Pair> {
        open_loop("R12: changes", CHANGES, (CHANGES * self.seconds) as usize, |number| {
            let client = self.client.clone();
            async move {
                let call = ToolCall::change(&format!("C{number}"));
                let (one, other) = tokio::join!(client.call_anew(call.clone()), client.call_anew(call));
                [one, other]
            }
        })
        .await
    }
}

impl Course {
    /// Whether somebody who came then may have met the server that was killed.
    fn may_have_met_the_killed(&self, due: Instant, ended: Instant) -> bool {
        due <= self.killed + Duration::from_secs(1) && ended >= self.killed
    }

    /// Whether Redis was known to be away then.
    fn is_known_away(&self, due: Instant) -> bool {
        self.losses.iter().any(|(from, until)| *from + FINDING <= due && due < *until)
    }

    /// Whether Redis was surely in use then.
    fn is_surely_here(&self, due: Instant) -> bool {
        let calm = |until: Instant| until + SETTLE + FINDING;
        due >= calm(self.begun)
            && self.losses.iter().all(|(from, until)| due + FINDING < *from || due >= calm(*until))
    }
}

fn judge_reads(reads: &[Read], course: &Course, found: &mut Found) {
    let is_excused = |read: &&Read| {
        matches!(read.outcome, Answer::Lost(_)) && course.may_have_met_the_killed(read.due, read.ended())
    };
    let failed: Vec<_> = reads.iter().filter(|read| !read.outcome.is_done() && !is_excused(read)).collect();
    if let Some(read) = failed.first() {
        eprintln!("R12: a read was told {:?}", read.outcome);
    }
    found.reads = reads.len();
    found.failed = failed.len();
    let took = |is_counted: &dyn Fn(Instant) -> bool| {
        percentile(reads.iter().filter(|read| is_counted(read.due)).map(|read| read.took), 99.0)
    };
    found.p99_with = took(&|due| course.is_surely_here(due));
    found.p99_without = took(&|due| course.is_known_away(due));
    found.grown = course.grown;
}

fn judge_changes(changes: &[Pair], course: &Course, found: &mut Found) {
    found.changes = changes.len();
    for pair in changes {
        let is_made = pair.outcome.iter().any(Answer::is_done);
        let is_refused = pair.outcome.iter().all(|answer| answer.failure() == Some(Failure::Unshared));
        found.made += usize::from(is_made);
        found.refused += usize::from(is_refused);
        let is_excused = course.may_have_met_the_killed(pair.due, pair.ended());
        if !is_made && course.is_surely_here(pair.due) && !is_excused {
            if found.refused_needlessly == 0 {
                eprintln!("R12: a change was told {:?}", pair.outcome);
            }
            found.refused_needlessly += 1;
        }
    }
}

/// How long the servers took to use Redis again after it was back. One that never lost its connection has nothing to return
/// to: Redis that answers with errors is away for whoever asks, and there again with the first answer.
fn returns(programs: &[Program], course: &Course, found: &mut Found) {
    for (_, until) in &course.losses {
        for program in programs {
            let joined = program.log().times(&["Redis is connected"]);
            let after = joined.into_iter().filter(|time| time >= until && *time < *until + SETTLE + FINDING);
            if let Some(first) = after.min() {
                found.returns += 1;
                found.slowest_return = found.slowest_return.max(first - *until);
            }
        }
    }
}

fn judge(found: Found) -> Verdict {
    Verdict::default()
        .note(format!("{} reads", found.reads))
        .exactly("failed", found.failed, 0)
        .note(format!("p99 with Redis {:.1} ms", found.p99_with.as_secs_f64() * 1e3))
        .within("p99 without", found.p99_without, found.p99_with + found.room)
        .at_least("returns", found.returns as f64, 4.0)
        .within("slowest", found.slowest_return, Duration::from_secs(5))
        .at_most("memory in MiB", found.grown, 8.0)
        .note(format!("{} changes, each asked for twice", found.changes))
        .at_least("made", found.made as f64, found.changes as f64 / 4.0)
        .at_least("refused without Redis", found.refused as f64, 1.0)
        .exactly("not made with Redis", found.refused_needlessly, 0)
        .exactly("most requests of one", found.most, 1)
        .exactly("not on record", found.unrecorded, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        reads: 1000,
        failed: 0,
        p99_with: Duration::from_millis(10),
        p99_without: Duration::from_millis(15),
        room: Duration::from_millis(5),
        slowest_return: Duration::from_secs(5),
        returns: 4,
        grown: 8.0,
        changes: 100,
        made: 25,
        refused: 1,
        refused_needlessly: 0,
        most: 1,
        unrecorded: 0,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD).passes());
        for bad in [
            Found { failed: 1, ..GOOD },
            Found { p99_without: Duration::from_millis(16), ..GOOD },
            Found { slowest_return: Duration::from_millis(5001), ..GOOD },
            Found { returns: 3, ..GOOD },
            Found { grown: 8.1, ..GOOD },
            Found { made: 24, ..GOOD },
            Found { refused: 0, ..GOOD },
            Found { refused_needlessly: 1, ..GOOD },
            Found { most: 2, ..GOOD },
            Found { most: 0, ..GOOD },
            Found { unrecorded: 1, ..GOOD },
        ] {
            assert!(!judge(bad).passes(), "{bad:?}");
        }
    }

    #[test]
    fn a_time_belongs_to_a_loss_once_that_was_found_out_and_to_none_once_all_is_settled() {
        let begun = Instant::now();
        let at = |seconds: u64| begun + Duration::from_secs(seconds);
        let course = Course { begun, losses: vec![(at(30), at(40))], killed: at(60), grown: 0.0 };
        for (second, away, here) in [
            (8, false, false),
            (9, false, true),
            (26, false, true),
            (27, false, false),
            (32, false, false),
            (33, true, false),
            (39, true, false),
            (40, false, false),
            (48, false, false),
            (49, false, true),
        ] {
            assert_eq!(
                (course.is_known_away(at(second)), course.is_surely_here(at(second))),
                (away, here),
                "{second}"
            );
        }
        assert!(
            course.may_have_met_the_killed(at(59), at(60)) && !course.may_have_met_the_killed(at(58), at(59))
        );
        assert!(
            course.may_have_met_the_killed(at(61), at(62)) && !course.may_have_met_the_killed(at(62), at(62))
        );
    }
}
