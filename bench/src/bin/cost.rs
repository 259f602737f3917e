//! What it costs to find out who calls and may, what the stages cost, and what keeping answers brings: a line for each figure beside its goal.
//!
//! Usage: `cargo run --release -p bench --bin cost -- [--rounds N] [--program FILE]`

// The allocator of the program, so that what is measured here is what it costs there.
use program as _;

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bench::access::{self, Access};
use bench::client::{Steady, ToolCall};
use bench::cost::{Bench, Kind, closed_loop, median};
use bench::program::{Program, Settings};
use bench::rig::build_program;
use bench::upstream::{Upstream, done};
use bench::verdict::Verdict;

/// Calls of a round, and connections that are kept busy.
const CALLS: usize = 2000;
const CALLERS: usize = 32;
const ROUND: Duration = Duration::from_secs(2);

/// Microseconds that authentication and policy may take together of a call once warm.
const MOST_ACCESS_MICROS: f64 = 20.0;
/// Microseconds that the stages may take of a call, the record included, and how many times as many hits as misses are to be
/// answered.
const MOST_MICROS: f64 = 15.0;
const LEAST_RATIO: f64 = 3.0;

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cost: {error}");
            ExitCode::from(64)
        }
    }
}

fn run() -> io::Result<bool> {
    let (rounds, program) = read(std::env::args().skip(1))?;
    let one_thread = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut all_pass = one_thread.block_on(access(rounds))?;
    all_pass &= one_thread.block_on(stages(rounds))?;
    let program = program.map_or_else(build_program, Ok)?;
    let threads = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    all_pass &= threads.block_on(kept(rounds, program))?;
    Ok(all_pass)
}

fn read(arguments: impl Iterator<Item = String>) -> io::Result<(usize, Option<PathBuf>)> {
    let (mut rounds, mut program, mut arguments) = (9, None, arguments);
    while let Some(argument) = arguments.next() {
        let value = arguments.next();
        match (argument.as_str(), value) {
            ("--rounds", Some(value)) => rounds = value.parse().map_err(io::Error::other)?,
            ("--program", Some(value)) => program = Some(value.into()),
            _ => return Err(io::Error::other("usage: cost [--rounds N] [--program FILE]")),
        }
    }
    Ok((rounds, program))
}

/// Processor time of finding out who calls and whether that one may.
async fn access(rounds: usize) -> io::Result<bool> {
    let mut access = Access::new()?;
    let mut all_pass = true;
    for kind in access::Kind::ALL {
        access.cost(kind, CALLS).await;
        let mut figures = Vec::new();
        for _ in 0..rounds {
            figures.push(access.cost(kind, CALLS).await);
        }
        let figure = median(figures);
        let verdict = match kind {
            access::Kind::Token | access::Kind::Key => {
                Verdict::default().at_most("us", figure, MOST_ACCESS_MICROS)
            }
            access::Kind::Anew | access::Kind::NewCaller => {
                Verdict::default().note(format!("us {figure:.1}"))
            }
        };
        all_pass &= print(&format!("access, {}", kind.word()), &verdict);
    }
    Ok(all_pass)
}

/// Processor time of the stages, for each kind of call and for ten calls of which one is a change.
///
/// A change has no bound of its own: most of its time goes to two records, of which the first is on the disk before it leaves.
async fn stages(rounds: usize) -> io::Result<bool> {
    let mut bench = Bench::new()?;
    let (mut all_pass, mut reads, mut changes) = (true, Vec::new(), 0.0);
    for kind in Kind::ALL {
        let [staged, bare, journal] = stages_of(&mut bench, kind, rounds).await;
        let micros = staged - bare + journal;
        let verdict = Verdict::default();
        let verdict = if kind == Kind::Change {
            changes = micros;
            verdict.note(format!("us {micros:.1}"))
        } else {
            reads.push(micros);
            verdict.at_most("us", micros, MOST_MICROS)
        };
        let verdict = verdict
            .note(format!("{staged:.1} with, {bare:.1} without, {:.1} times as much", staged / bare))
            .note(format!("{journal:.1} more on the thread that writes the record"));
        all_pass &= print(&format!("stages, {}", kind.word()), &verdict);
    }
    let dearest = reads.into_iter().fold(0.0, f64::max);
    let verdict = Verdict::default().at_most("us", dearest.mul_add(0.9, changes * 0.1), MOST_MICROS);
    Ok(all_pass & print("stages, nine of the dearest reads for each change", &verdict))
}

/// What a call of this kind takes with stages, without them, and for the record on its thread, in microseconds.
async fn stages_of(bench: &mut Bench, kind: Kind, rounds: usize) -> [f64; 3] {
    let mut figures = [const { Vec::new() }; 3];
    bench.staged(kind, CALLS).await;
    for _ in 0..rounds {
        let (with, without) = (bench.staged(kind, CALLS).await, bench.bare(kind, CALLS).await);
        for (figures, figure) in figures.iter_mut().zip([with.calls, without.calls, with.journal]) {
            figures.push(figure);
        }
    }
    figures.map(median)
}

/// Calls a second that the program answers from what it keeps, and from an API that answers at once, in turn.
async fn kept(rounds: usize, program: PathBuf) -> io::Result<bool> {
    let upstream = Upstream::start(|exchange| done(&exchange.marker)).await?;
    let program =
        Program::start(&program, &Settings::new(&upstream.url()).set("CACHE_MAX_SIZE", 100_000)).await?;
    let (address, next) = (program.address, Arc::new(AtomicUsize::new(0)));
    let (mut hits, mut misses) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        hits.push(calls_a_second(address, &next, false).await?);
        misses.push(calls_a_second(address, &next, true).await?);
    }
    let (hits, misses) = (median(hits), median(misses));
    let verdict = Verdict::default()
        .at_least("times as many hits as misses", hits / misses, LEAST_RATIO)
        .note(format!("{hits:.0} and {misses:.0} calls a second"));
    Ok(print("kept", &verdict))
}

async fn calls_a_second(address: SocketAddr, next: &Arc<AtomicUsize>, is_miss: bool) -> io::Result<f64> {
    let next = Arc::clone(next);
    let mut callers = Vec::new();
    for _ in 0..CALLERS {
        callers.push(Steady::open(address, ToolCall::kept_read).await?);
    }
    closed_loop(callers, ROUND, move || if is_miss { next.fetch_add(1, Ordering::Relaxed) + 1 } else { 0 })
        .await
}

fn print(name: &str, verdict: &Verdict) -> bool {
    println!("{name}: {} {verdict}", if verdict.passes() { "pass" } else { "fail" });
    verdict.passes()
}
