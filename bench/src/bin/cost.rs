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
/// Microseconds that the stages may take of a call, and how many times as many hits as misses are to be answered.
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

/// Processor time of a call through all stages and through none, in turn.
async fn stages(rounds: usize) -> io::Result<bool> {
    let mut bench = Bench::new()?;
    let mut all_pass = true;
    for kind in Kind::ALL {
        let (mut staged, mut bare) = (Vec::new(), Vec::new());
        bench.staged(kind, CALLS).await;
        for _ in 0..rounds {
            staged.push(bench.staged(kind, CALLS).await);
            bare.push(bench.bare(kind, CALLS).await);
        }
        let (staged, bare) = (median(staged), median(bare));
        all_pass &= print(
            &format!("stages, {}", kind.word()),
            &Verdict::default()
                .at_most("us", staged - bare, MOST_MICROS)
                .note(format!("{staged:.1} with, {bare:.1} without, {:.1} times as much", staged / bare)),
        );
    }
    Ok(all_pass)
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
