//! R13: many callers ask for the same thing at the same time, and the API is asked once. Whoever asked first may leave; an
//! answer that is a failure is not kept, and a failing API is not asked over and over.

mod burst;

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use self::burst::Heard;
use crate::callers::Callers;
use crate::client::{Answer, Connection, ToolCall};
use crate::load::{Sample, together};
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Exchange, Upstream, done, failed};
use crate::verdict::Verdict;

/// How long the API takes.
const TAKES: Duration = Duration::from_secs(1);
/// How long it takes to fail.
const FAILS_IN: Duration = Duration::from_millis(500);
/// Callers of whom the first leaves, and callers of an API that fails.
const FEW: usize = 100;
/// Callers who are told apart.
const PRINCIPALS: usize = 10;
/// How often the callers come for something new. The middle one of so many tells what the server takes: the machine lends its
/// processors to others now and then.
const ROUNDS: usize = 5;
/// How long a caller waits before asking again.
const PAUSE: Duration = Duration::from_millis(20);

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    rounds: usize,
    callers: usize,
    done: usize,
    requests: usize,
    /// How much longer than the API the callers waited, in the middle round, and how much they may.
    p99: Duration,
    room: Duration,
    /// Where the first caller left: those who stayed and got their answer, and what the API was asked.
    done_without: usize,
    requests_without: usize,
    /// Requests while the API failed, and for how many seconds it did; whether a call after that was done.
    requests_failing: usize,
    failing_seconds: f64,
    is_mended: bool,
    /// Where callers are told apart: how many there are, what they asked and got, and what the API was asked for them.
    principals: usize,
    asked_apart: usize,
    done_apart: usize,
    requests_apart: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let is_failing = Arc::new(AtomicBool::new(true));
    let failing = Arc::clone(&is_failing);
    let upstream = Upstream::start(move |exchange| answer(exchange, failing.load(Ordering::Acquire))).await?;
    let settings = Settings::new(&upstream.url()).set("SECURITY_MAX_CONNECTIONS", 4096);
    let program = Program::start(&rig.program, &settings).await?;
    let callers = rig.choose(1000, 100);
    // A program that is compiled for tests needs longer for as many answers.
    let room = rig.choose(Duration::from_millis(20), Duration::from_secs(2));
    let rounds = rig.choose(ROUNDS, 1);
    let mut heard = Heard::default();
    for round in 0..rounds {
        heard.add(&burst::all_at_once(&program, callers, round).await?, &upstream, round);
    }
    let without = without_the_first(&program, &upstream).await?;
    let period = rig.choose(Duration::from_secs(20), Duration::from_secs(3));
    ask_again_and_again(&program, period).await;
    let requests_failing = requests(&upstream, "FAILING");
    is_failing.store(false, Ordering::Release);
    let is_mended = mended(&program).await;
    program.stop().await?;
    let apart = told_apart(&rig, &upstream, callers).await?;
    Ok(judge(Found {
        rounds,
        callers,
        done: heard.done,
        requests: heard.requests,
        p99: heard.middle(),
        room,
        done_without: count_done(&without),
        requests_without: requests(&upstream, "LEFT"),
        requests_failing,
        failing_seconds: period.as_secs_f64(),
        is_mended,
        principals: PRINCIPALS,
        asked_apart: apart.len(),
        done_apart: count_done(&apart),
        requests_apart: requests(&upstream, "APART"),
    }))
}

/// The same for callers who must not see each other's answers.
async fn told_apart(rig: &Rig, upstream: &Upstream, callers: usize) -> io::Result<Vec<Told>> {
    let known = Callers::new(&rig.program, PRINCIPALS).await?;
    let settings = known.known_to(Settings::new(&upstream.url()).set("SECURITY_MAX_CONNECTIONS", 4096));
    let program = Program::start(&rig.program, &settings).await?;
    let client = program.client();
    client.connect(callers).await?;
    let samples = together(callers, |number| {
        let (client, header) = (client.clone(), known.headers()[number % PRINCIPALS].clone());
        async move { client.call_with(ToolCall::kept_read("APART"), &header).await }
    })
    .await;
    program.stop().await?;
    Ok(samples)
}

fn answer(exchange: &Exchange, is_failing: bool) -> crate::upstream::Act {
    if is_failing && exchange.marker == "FAILING" {
        return failed(503, "").after(FAILS_IN);
    }
    done(&exchange.marker).after(TAKES)
}

fn requests(upstream: &Upstream, marker: &str) -> usize {
    upstream.attempts().get(marker).copied().unwrap_or(0)
}

type Told = Sample<Answer>;

fn count_done(samples: &[Told]) -> usize {
    samples.iter().filter(|sample| sample.outcome.is_done()).count()
}

/// The first caller's connection breaks while the others wait for the same answer.
async fn without_the_first(program: &Program, upstream: &Upstream) -> io::Result<Vec<Told>> {
    let mut first = Connection::open(program.address).await?;
    first.send(&ToolCall::kept_read("LEFT").request(program.address, "")).await?;
    while requests(upstream, "LEFT") == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    let client = program.client();
    let others = tokio::spawn(async move {
        together(FEW, |_| {
            let client = client.clone();
            async move { client.call(ToolCall::kept_read("LEFT")).await }
        })
        .await
    });
    // Long enough for the others to have joined, and well before the answer comes.
    sleep(TAKES / 2).await;
    drop(first);
    Ok(others.await?)
}

async fn ask_again_and_again(program: &Program, period: Duration) {
    let (client, until) = (program.client(), Instant::now() + period);
    together(FEW, |_| {
        let client = client.clone();
        async move {
            while Instant::now() < until {
                client.call(ToolCall::kept_read("FAILING")).await;
                sleep(PAUSE).await;
            }
        }
    })
    .await;
}

/// Whether a call is done as soon as the API is left alone no longer.
async fn mended(program: &Program) -> bool {
    let (client, until) = (program.client(), Instant::now() + Duration::from_secs(15));
    while Instant::now() < until {
        if client.call(ToolCall::kept_read("FAILING")).await.is_done() {
            return true;
        }
        sleep(PAUSE).await;
    }
    false
}

fn judge(found: Found) -> Verdict {
    Verdict::default()
        .exactly("callers done", found.done, found.callers * found.rounds)
        .exactly("requests, one for each round", found.requests, found.rounds)
        .within("p99 more than the API takes, middle round", found.p99, found.room)
        .exactly("done although the first one left", found.done_without, FEW)
        .at_most("requests then", found.requests_without as f64, 2.0)
        // One of them is under way when the time is over.
        .at_most("requests while failing", found.requests_failing as f64, found.failing_seconds * 2.0 + 1.0)
        .holds("the failure was not kept", found.is_mended)
        .exactly("done where callers are told apart", found.done_apart, found.asked_apart)
        .exactly("requests, one for each caller", found.requests_apart, found.principals)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        rounds: 5,
        callers: 1000,
        done: 5000,
        requests: 5,
        p99: Duration::from_millis(20),
        room: Duration::from_millis(20),
        done_without: FEW,
        requests_without: 2,
        requests_failing: 41,
        failing_seconds: 20.0,
        is_mended: true,
        principals: 10,
        asked_apart: 1000,
        done_apart: 1000,
        requests_apart: 10,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD).passes());
        for bad in [
            Found { done: 4999, ..GOOD },
            Found { requests: 6, ..GOOD },
            Found { requests: 4, ..GOOD },
            Found { p99: Duration::from_millis(21), ..GOOD },
            Found { done_without: FEW - 1, ..GOOD },
            Found { requests_without: 3, ..GOOD },
            Found { requests_failing: 42, ..GOOD },
            Found { is_mended: false, ..GOOD },
            Found { done_apart: 999, ..GOOD },
            Found { requests_apart: 9, ..GOOD },
            Found { requests_apart: 11, ..GOOD },
        ] {
            assert!(!judge(bad).passes(), "{bad:?}");
        }
    }
}
