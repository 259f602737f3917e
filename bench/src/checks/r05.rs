//! R5: no change is made twice, whatever breaks: the connection after the request was read, or before it was made, or nothing
//! at all within the time. What may have been made is told to be so, and what certainly was not is made after all.

use std::collections::HashSet;
use std::io;
use std::time::Duration;

use crate::client::{Answer, Failure, ToolCall};
use crate::faults;
use crate::load::{Sample, open_loop};
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Act, Blinking, Exchange, Upstream, done};
use crate::verdict::Verdict;

/// A connection in twenty is refused, since each change makes one of its own.
const BLINKING: Blinking = Blinking { open: Duration::from_millis(95), gone: Duration::from_millis(5) };
const AMBIGUOUS: &[(f64, Act)] = &[(0.10, Act::Reset), (0.05, Act::Silence)];

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    calls: usize,
    /// The most requests that one change made.
    most: usize,
    /// Changes whose exchange was broken after the request was read, and those of them that were told to be unknown.
    injected: usize,
    reported: usize,
    /// Told to be unknown although the request was never read: the connection went with the listener.
    unread: usize,
    /// Neither broken nor done.
    failed: usize,
    /// Connections that were refused, of changes that were made in the end.
    refused: usize,
    openings: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let seed = rig.seed;
    let upstream = Upstream::blinking(BLINKING, move |exchange| script(seed, exchange)).await?;
    let settings = Settings::new(&upstream.url())
        .set("CONNECTION_POOL_SIZE", 0)
        .set("MAX_RETRY_ATTEMPTS", 5)
        .set("CIRCUIT_BREAKER_FAILURE_THRESHOLD", 1000)
        .set("API_CONCURRENT_REQUESTS", 512)
        .set("API_TIMEOUT", 2);
    let program = Program::start(&rig.program, &settings).await?;
    let client = program.client();
    let samples = open_loop("R5", rig.choose(200.0, 60.0), rig.choose(10_000, 300), |number| {
        let client = client.clone();
        async move { client.call(ToolCall::change(&marker(number))).await }
    })
    .await;
    let refused = program.log().times(&["repeating after a wait", "\"unreachable\""]).len();
    let openings = program.log().openings().len();
    Ok(judge(Found { refused, openings, ..compare(seed, &samples, &upstream.exchanges()) }))
}

fn marker(number: usize) -> String {
    format!("M{number}")
}

fn ambiguous(seed: u64, marker: &str) -> Option<&'static Act> {
    let draw = faults::draw(seed, marker, 0);
    let shares: Vec<(f64, &'static Act)> = AMBIGUOUS.iter().map(|(share, act)| (*share, act)).collect();
    faults::pick(draw, &shares)
}

fn script(seed: u64, exchange: &Exchange) -> Act {
    ambiguous(seed, &exchange.marker).cloned().unwrap_or_else(|| done(&exchange.marker))
}

/// What callers were told beside what the API has seen.
fn compare(seed: u64, samples: &[Sample<Answer>], exchanges: &[Exchange]) -> Found {
    let read: HashSet<&str> = exchanges.iter().map(|exchange| exchange.marker.as_str()).collect();
    let most = exchanges.iter().map(|exchange| exchange.attempt + 1).max().unwrap_or(0);
    let (mut injected, mut reported, mut unread, mut failed) = (0, 0, 0, 0);
    for sample in samples {
        let marker = marker(sample.number);
        let is_unknown = sample.outcome.failure() == Some(Failure::Unknown);
        let is_read = read.contains(marker.as_str());
        if !is_read && is_unknown {
            unread += 1;
        } else if is_read && ambiguous(seed, &marker).is_some() {
            injected += 1;
            reported += usize::from(is_unknown);
        } else if !sample.outcome.is_done() {
            failed += 1;
            eprintln!("R5: {marker} was told {:?}", sample.outcome);
        }
    }
    Found { calls: samples.len(), most, injected, reported, unread, failed, refused: 0, openings: 0 }
}

fn judge(found: Found) -> Verdict {
    let Found { calls, most, injected, reported, unread, failed, refused, openings } = found;
    Verdict::default()
        .note(format!("{calls} changes"))
        .exactly("most requests of one", most, 1)
        .at_least("broken after they were read", injected as f64, calls as f64 / 10.0)
        .exactly("of these told to be unknown", reported, injected)
        .at_most("told so and never read", unread as f64, (calls as f64 / 200.0).max(1.0))
        .exactly("others not done", failed, 0)
        .at_least("refused connections made again", refused as f64, calls as f64 / 100.0)
        .note(format!("circuit opened {openings} times"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::Instant;

    const GOOD: Found = Found {
        calls: 10_000,
        most: 1,
        injected: 1500,
        reported: 1500,
        unread: 50,
        failed: 0,
        refused: 100,
        openings: 0,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD).passes());
        for bad in [
            Found { most: 2, ..GOOD },
            Found { most: 0, ..GOOD },
            Found { injected: 999, reported: 999, ..GOOD },
            Found { reported: 1499, ..GOOD },
            Found { unread: 51, ..GOOD },
            Found { failed: 1, ..GOOD },
            Found { refused: 99, ..GOOD },
        ] {
            assert!(!judge(bad).passes(), "{bad:?}");
        }
    }

    #[test]
    fn each_change_is_counted_by_what_was_read_and_what_was_told() {
        let is_broken = |number: &usize| ambiguous(1, &marker(*number)).is_some();
        let broken: Vec<usize> = (0..100).filter(is_broken).take(3).collect();
        let whole: Vec<usize> = (0..100).filter(|number| !is_broken(number)).take(3).collect();
        let now = Instant::now();
        let exchange =
            |number: &usize, attempt| Exchange { at: now, marker: marker(*number), attempt, is_change: true };
        let told = |number: &usize, outcome: Answer| Sample {
            number: *number,
            due: now,
            took: Duration::ZERO,
            outcome,
        };
        let unknown = || Answer::Failed(Failure::Unknown, String::new());
        let done = || Answer::Done(String::new());
        let exchanges = [
            exchange(&broken[0], 0),
            exchange(&broken[1], 0),
            exchange(&whole[0], 0),
            exchange(&whole[1], 1),
        ];
        let samples = [
            told(&broken[0], unknown()),
            told(&broken[1], done()),
            told(&broken[2], Answer::Failed(Failure::Other, String::new())),
            told(&whole[0], done()),
            told(&whole[1], Answer::Lost(String::new())),
            told(&whole[2], unknown()),
        ];
        let found = compare(1, &samples, &exchanges);
        assert_eq!((found.most, found.injected, found.reported), (2, 2, 1));
        assert_eq!((found.unread, found.failed), (1, 2));
    }
}
