//! R6: the program is killed while changes are being made, again and again, and started on the same journal. Each change that
//! the API has seen has its intent on the record, the chain is whole, and what was under way is known to be unknown: whoever
//! asks for it again is told so, and it is not made twice.

use std::collections::HashSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::client::{Answer, Client, Failure, ToolCall};
use crate::journal::{self, Changes};
use crate::load::open_loop;
use crate::program::{Program, Settings};
use crate::progress::Progress;
use crate::rig::Rig;
use crate::scratch::Scratch;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

/// How long the API takes, so that some changes are always under way.
const TAKES: Duration = Duration::from_millis(20);

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    kills: usize,
    /// Changes that the API has seen, and those of them without an intent.
    seen: usize,
    missing: usize,
    /// Kills after which the journal was not whole.
    broken: usize,
    torn: usize,
    slowest: Duration,
    /// Changes without an outcome, and those that callers were told to be unknown.
    open: usize,
    unknown: usize,
    /// Changes about which a caller was told something else than the journal says.
    wrong: usize,
    /// The most requests that one change made.
    most: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let folder = Scratch::new()?;
    let upstream = Upstream::start(|exchange| done(&exchange.marker).after(TAKES)).await?;
    let settings = Settings::new(&upstream.url()).set("AUDIT_FOLDER", folder.text());
    let (kills, rate) = (rig.choose(50, 3), rig.choose(200.0, 60.0));
    let mut random = fastrand::Rng::with_seed(rig.seed);
    let mut found = Found { kills, ..Found::default() };
    let mut settled = HashSet::new();
    let progress = Progress::new("R6: kills", kills);
    let mut program = Program::start(&rig.program, &settings).await?;
    for kill in 0..kills {
        let after = rig.choose(2.0, 0.4) + random.f64() * rig.choose(4.0, 0.6);
        let unanswered = load_and_kill(program, kill, rate, Duration::from_secs_f64(after)).await?;
        let verified = journal::verify(&rig.program, folder.path()).await?;
        found.broken += usize::from(!verified.is_whole);
        found.torn = found.torn.max(verified.torn);
        let changes = Changes::of(&journal::records(&rig.program, folder.path()).await?);
        found.missing =
            upstream.attempts().keys().filter(|marker| !changes.intended.contains(*marker)).count();
        program = Program::start(&rig.program, &settings).await?;
        found.slowest = found.slowest.max(program.started_in);
        let asked: HashSet<String> = unanswered.union(&changes.open).cloned().collect();
        ask_again(&program.client(), asked.difference(&settled), &changes, &mut found).await;
        found.open += changes.open.difference(&settled).count();
        settled.extend(asked);
        progress.step();
    }
    program.stop().await?;
    let attempts = upstream.attempts();
    let found = Found { seen: attempts.len(), most: attempts.values().copied().max().unwrap_or(0), ..found };
    Ok(judge(found, rig.patience()))
}

/// Makes changes until the program is killed, and gives those that got no answer.
async fn load_and_kill(
    program: Program,
    kill: usize,
    rate: f64,
    after: Duration,
) -> io::Result<HashSet<String>> {
    let unanswered = Arc::new(Mutex::new(HashSet::new()));
    let (client, waiting) = (program.client(), Arc::clone(&unanswered));
    let load = tokio::spawn(async move {
        let what = format!("R6: changes before kill {}", kill + 1);
        let plenty = 100_000;
        open_loop(&what, rate, plenty, |number| {
            let (client, waiting, marker) =
                (client.clone(), Arc::clone(&waiting), format!("M{kill}-{number}"));
            async move {
                waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(marker.clone());
                if !matches!(client.call(ToolCall::change(&marker)).await, Answer::Lost(_)) {
                    waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&marker);
                }
            }
        })
        .await
    });
    sleep(after).await;
    let killed = program.kill().await;
    load.abort();
    let _ = load.await;
    let unanswered = unanswered.lock().unwrap_or_else(PoisonError::into_inner).clone();
    killed.map(|()| unanswered)
}

/// Asks for changes once more, and compares what is told with what the journal says.
async fn ask_again(
    client: &Client,
    markers: impl Iterator<Item = &String>,
    changes: &Changes,
    found: &mut Found,
) {
    for marker in markers {
        let answer = client.call(ToolCall::change(marker)).await;
        found.unknown += usize::from(answer.failure() == Some(Failure::Before(None)));
        let expected = if changes.open.contains(marker) {
            answer.failure() == Some(Failure::Before(None))
        } else if changes.intended.contains(marker) {
            matches!(answer.failure(), Some(Failure::Before(Some(_))))
        } else {
            answer.is_done()
        };
        found.wrong += usize::from(!expected);
    }
}

fn judge(found: Found, patience: u32) -> Verdict {
    let Found { kills, seen, missing, broken, torn, slowest, open, unknown, wrong, most } = found;
    Verdict::default()
        .note(format!("{kills} kills"))
        .at_least("changes at the API", seen as f64, kills as f64 * 20.0)
        .exactly("without an intent", missing, 0)
        .exactly("broken chains", broken, 0)
        .at_most("torn records", torn as f64, kills as f64)
        .within("slowest start", slowest, Duration::from_secs(1) * patience)
        .at_least("under way at a kill", open as f64, kills as f64 / 2.0)
        .exactly("told to be unknown", unknown, open)
        .exactly("told wrongly", wrong, 0)
        .exactly("most requests of one", most, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        kills: 50,
        seen: 1000,
        missing: 0,
        broken: 0,
        torn: 50,
        slowest: Duration::from_secs(1),
        open: 25,
        unknown: 25,
        wrong: 0,
        most: 1,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD, 1).passes());
        for bad in [
            Found { seen: 999, ..GOOD },
            Found { missing: 1, ..GOOD },
            Found { broken: 1, ..GOOD },
            Found { torn: 51, ..GOOD },
            Found { slowest: Duration::from_millis(1001), ..GOOD },
            Found { open: 24, unknown: 24, ..GOOD },
            Found { unknown: 24, ..GOOD },
            Found { unknown: 26, ..GOOD },
            Found { wrong: 1, ..GOOD },
            Found { most: 2, ..GOOD },
        ] {
            assert!(!judge(bad, 1).passes(), "{bad:?}");
        }
    }
}
