//! R7: the journal's disk is full for a while. Changes are refused at once and none is made without its intent, reads go on,
//! memory does not grow, and as soon as there is room again everything goes on without a restart.

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::{Answer, Client, Failure, ToolCall};
use crate::full_disk::FullDisk;
use crate::journal::{self, Changes};
use crate::load::{Sample, open_loop};
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

/// Calls before the disk is full, and after.
const AROUND: usize = 50;

/// What was found.
#[derive(Clone, Copy, Debug, Default)]
struct Found {
    /// Calls that were not done while there was room.
    failed_around: usize,
    /// Changes while the disk was full, those refused for it, and those neither refused for it nor done.
    changes: usize,
    refused: usize,
    otherwise: usize,
    slowest: Duration,
    failed_reads: usize,
    /// Changes that the API has seen without an intent.
    unrecorded: usize,
    growth_mib: f64,
    recovered_in: Duration,
    is_whole: bool,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let disk = FullDisk::new()?;
    let upstream = Upstream::start(|exchange| done(&exchange.marker)).await?;
    let settings = Settings::new(&upstream.url()).set("AUDIT_FOLDER", disk.path().display());
    let program = Program::start_as(&disk.command(&rig.program), &settings).await?;
    let (client, rate) = (program.client(), rig.choose(100.0, 50.0));

    let before = load("before", &client, rate, AROUND).await;
    let resident = program.resident_mib()?;
    disk.fill(program.pid())?;
    let during = load("full", &client, rate, rig.choose(3000, 100)).await;
    let growth_mib = program.resident_mib()? - resident;
    disk.free(program.pid())?;
    let recovered_in = recovery(&client).await;
    let after = load("after", &client, rate, AROUND).await;

    program.stop().await?;
    let verified = journal::verify(&rig.program, disk.path()).await?;
    let changes = Changes::of(&journal::records(&rig.program, disk.path()).await?);
    let sent = upstream.exchanges().into_iter().filter(|exchange| exchange.is_change);
    let unrecorded = sent.filter(|exchange| !changes.intended.contains(&exchange.marker)).count();
    let failed_around = before.iter().chain(&after).filter(|sample| !sample.outcome.is_done()).count();
    let is_whole = verified.is_whole;
    let found =
        Found { failed_around, unrecorded, growth_mib, recovered_in, is_whole, ..while_full(&during) };
    Ok(judge(found, rig.patience()).note(disk.kind()))
}

/// Reads and changes in turn.
async fn load(phase: &'static str, client: &Client, rate: f64, count: usize) -> Vec<Sample<Answer>> {
    open_loop(&format!("R7, {phase}"), rate, count, |number| {
        let (client, marker) = (client.clone(), format!("{phase}-{number}"));
        let call = if is_change(number) { ToolCall::change(&marker) } else { ToolCall::read(&marker) };
        async move { client.call(call).await }
    })
    .await
}

fn is_change(number: usize) -> bool {
    number % 2 == 1
}

/// How long it takes until a change is made.
async fn recovery(client: &Client) -> Duration {
    let begun = Instant::now();
    for number in 0..1000 {
        if client.call(ToolCall::change(&format!("recovery-{number}"))).await.is_done() {
            break;
        }
        sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}

fn while_full(samples: &[Sample<Answer>]) -> Found {
    let (changes, reads): (Vec<_>, Vec<_>) = samples.iter().partition(|sample| is_change(sample.number));
    let is_refused = |sample: &&Sample<Answer>| sample.outcome.failure() == Some(Failure::Unrecorded);
    let refused: Vec<_> = changes.iter().copied().filter(is_refused).collect();
    let done = changes.iter().filter(|sample| sample.outcome.is_done()).count();
    Found {
        changes: changes.len(),
        refused: refused.len(),
        otherwise: changes.len() - refused.len() - done,
        slowest: refused.iter().map(|sample| sample.took).max().unwrap_or_default(),
        failed_reads: reads.iter().filter(|sample| !sample.outcome.is_done()).count(),
        ..Found::default()
    }
}

fn judge(found: Found, patience: u32) -> Verdict {
    Verdict::default()
        .exactly("calls not done while there was room", found.failed_around, 0)
        // A few records still find room in the page that was begun.
        .at_least("changes refused", found.refused as f64, found.changes as f64 * 0.9)
        .exactly("neither refused for it nor done", found.otherwise, 0)
        .within("slowest refusal", found.slowest, Duration::from_secs(1) * patience)
        .exactly("reads not done", found.failed_reads, 0)
        .exactly("changes without an intent", found.unrecorded, 0)
        .at_most("growth MiB", found.growth_mib, 16.0)
        .within("recovery", found.recovered_in, Duration::from_secs(2) * patience)
        .holds("the chain is whole", found.is_whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        failed_around: 0,
        changes: 1000,
        refused: 900,
        otherwise: 0,
        slowest: Duration::from_secs(1),
        failed_reads: 0,
        unrecorded: 0,
        growth_mib: 16.0,
        recovered_in: Duration::from_secs(2),
        is_whole: true,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD, 1).passes());
        for bad in [
            Found { failed_around: 1, ..GOOD },
            Found { refused: 899, ..GOOD },
            Found { otherwise: 1, ..GOOD },
            Found { slowest: Duration::from_millis(1001), ..GOOD },
            Found { failed_reads: 1, ..GOOD },
            Found { unrecorded: 1, ..GOOD },
            Found { growth_mib: 16.1, ..GOOD },
            Found { recovered_in: Duration::from_millis(2001), ..GOOD },
            Found { is_whole: false, ..GOOD },
        ] {
            assert!(!judge(bad, 1).passes(), "{bad:?}");
        }
    }

    #[test]
    fn calls_while_the_disk_is_full_are_sorted_by_what_became_of_them() {
        let failed = |failure| Answer::Failed(failure, String::new());
        let outcomes = [
            Answer::Done(String::new()),
            failed(Failure::Unrecorded),
            failed(Failure::Unrecorded),
            Answer::Done(String::new()),
            Answer::Done(String::new()),
            failed(Failure::Unknown),
        ];
        let now = Instant::now();
        let took = |number: usize| Duration::from_millis(number as u64);
        let samples = outcomes.into_iter().enumerate();
        let samples =
            samples.map(|(number, outcome)| Sample { number, due: now, took: took(number), outcome });
        let found = while_full(&samples.collect::<Vec<_>>());
        assert_eq!((found.changes, found.refused, found.otherwise, found.failed_reads), (3, 1, 1, 1));
        assert_eq!(found.slowest, took(1));
    }
}
