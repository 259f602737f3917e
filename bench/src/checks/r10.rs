//! R10: two programs serve on one socket and are started again in turn, while callers read over connections that they keep, and
//! over new ones. Nobody notices: whoever is under way is answered, and whoever comes next meets the other one.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::{Answer, Client, ToolCall};
use crate::load::{Sample, open_loop, percentile};
use crate::ports;
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

/// Reads a second; every tenth over a new connection.
const RATE: f64 = 100.0;
const ANEW: usize = 10;
/// How long the API takes, so that something is under way whenever a program ends.
const TAKES: Duration = Duration::from_millis(100);
/// How many of a hundred reads may meet the end of the connection that they are made over, and be made again.
const MET_THE_END: f64 = 1.0;
/// How long a program may take to end: what is under way, and a little.
const END: Duration = Duration::from_secs(5);

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    calls: usize,
    failed: usize,
    /// Reads that met the end of their connection and were made again; and those of them that the API got although nothing was told.
    again: usize,
    swallowed: usize,
    restarts: usize,
    /// Ends that were no orderly ones.
    disorderly: usize,
    slowest_end: Duration,
    p99: Duration,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let upstream = Upstream::start(|exchange| done(&exchange.marker).after(TAKES)).await?;
    let settings = Settings::new(&upstream.url()).set("API_CONCURRENT_REQUESTS", 256);
    let socket = TcpListener::bind(ports::free().await?)?;
    let start = || Program::start_on(&socket, &rig.program, &settings);
    let mut programs = VecDeque::from([start().await?, start().await?]);
    let (restarts, pause) = rig.choose((15, Duration::from_secs(20)), (4, Duration::from_secs(2)));
    let calls = (RATE * (pause * (restarts + 1)).as_secs_f64()) as usize;
    let reading = tokio::spawn(read(Client::new(socket.local_addr()?), calls));
    let (mut disorderly, mut slowest_end) = (0, Duration::ZERO);
    for _ in 0..restarts {
        sleep(pause).await;
        let began = Instant::now();
        let ended = programs.pop_front().expect("there are two").stop().await?;
        slowest_end = slowest_end.max(began.elapsed());
        disorderly += usize::from(!ended.success());
        programs.push_back(start().await?);
    }
    let calls = reading.await?;
    let failed: Vec<_> = calls.iter().filter(|call| !call.outcome.0.is_done()).collect();
    let mut kinds = BTreeMap::<String, usize>::new();
    for call in &failed {
        *kinds.entry(format!("{:?}", call.outcome.0)).or_default() += 1;
    }
    let again: Vec<_> = calls.iter().filter(|call| call.outcome.1).collect();
    // What a program had begun to answer it must answer.
    let attempts = upstream.attempts();
    let swallowed = again.iter().filter(|call| attempts.get(&marker(call.number)) > Some(&1)).count();
    for (kind, count) in kinds {
        eprintln!("R10: {count} times {kind}");
    }
    let found = Found {
        calls: calls.len(),
        failed: failed.len(),
        again: again.len(),
        swallowed,
        restarts: restarts as usize,
        disorderly,
        slowest_end,
        p99: percentile(calls.iter().map(|call| call.took), 99.0),
    };
    Ok(judge(found, rig.patience()))
}

/// The answers, and whether each read was made again.
async fn read(client: Client, calls: usize) -> Vec<Sample<(Answer, bool)>> {
    open_loop("R10: reads", RATE, calls, |number| {
        let (client, call) = (client.clone(), ToolCall::read(&marker(number)));
        async move {
            if number % ANEW == 0 { (client.call_anew(call).await, false) } else { client.read(call).await }
        }
    })
    .await
}

fn marker(number: usize) -> String {
    format!("M{number}")
}

fn judge(found: Found, patience: u32) -> Verdict {
    Verdict::default()
        .note(format!("{} reads, {} restarts", found.calls, found.restarts))
        .exactly("failed", found.failed, 0)
        .at_most(
            "made again %",
            found.again as f64 * 100.0 / found.calls as f64,
            MET_THE_END * f64::from(patience),
        )
        .exactly("swallowed", found.swallowed, 0)
        .exactly("disorderly ends", found.disorderly, 0)
        .within("slowest end", found.slowest_end, END * patience)
        .note(format!("p99 {:.1} ms", found.p99.as_secs_f64() * 1e3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        calls: 32_000,
        failed: 0,
        again: 320,
        swallowed: 0,
        restarts: 15,
        disorderly: 0,
        slowest_end: END,
        p99: Duration::from_millis(110),
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD, 1).passes());
        for bad in [
            Found { failed: 1, ..GOOD },
            Found { again: 321, ..GOOD },
            Found { swallowed: 1, ..GOOD },
            Found { disorderly: 1, ..GOOD },
            Found { slowest_end: END + Duration::from_millis(1), ..GOOD },
        ] {
            assert!(!judge(bad, 1).passes(), "{bad:?}");
        }
    }
}
