//! R20: many seeds of faults and interleavings of the stages above a simulated API, in which nothing may ever go wrong. A seed
//! that fails is named, and can be run again by itself with `--seed`.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use crate::progress::Progress;
use crate::rig::Rig;
use crate::sim::{self, Outcome};
use crate::verdict::Verdict;

/// What was found.
#[derive(Clone, Debug, Default)]
struct Found {
    seeds: usize,
    requests: usize,
    changes: usize,
    openings: usize,
    /// Seeds in which something did not hold, and the first thing that did not.
    failed: Vec<u64>,
    first: Option<String>,
    took: Duration,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let (begun, count) = (Instant::now(), rig.choose(2000, 50));
    let seeds = if rig.is_replay { rig.seed..rig.seed + 1 } else { rig.seed..rig.seed + count };
    let progress = Progress::new("R20: seeds", seeds.clone().count());
    let mut found = Found::default();
    for seed in seeds {
        // A runtime of its own, which must not stand within this one.
        let outcome = tokio::task::spawn_blocking(move || sim::run(seed)).await??;
        if rig.is_replay {
            outcome.history.iter().for_each(|line| eprintln!("{line}"));
        }
        found.add(seed, outcome);
        progress.step();
    }
    Ok(judge(&Found { took: begun.elapsed(), ..found }))
}

impl Found {
    fn add(&mut self, seed: u64, outcome: Outcome) {
        self.seeds += 1;
        self.requests += outcome.requests;
        self.changes += outcome.changes;
        self.openings += outcome.openings;
        if let Some(first) = outcome.broken.into_iter().next() {
            self.failed.push(seed);
            self.first.get_or_insert(first);
        }
    }
}

fn judge(found: &Found) -> Verdict {
    let Found { seeds, requests, changes, openings, failed, first, took } = found;
    let verdict = Verdict::default()
        .note(format!(
            "{seeds} seeds, {requests} requests, {changes} changes, {openings} openings of the circuit"
        ))
        .within("took", *took, Duration::from_secs(300))
        .exactly("seeds that fail", failed.len(), 0);
    match (failed.first(), first) {
        (Some(seed), Some(first)) => verdict.note(format!("repeat with --seed {seed} R20: {first}")),
        // Nothing is shown by seeds in which nothing happens.
        _ => verdict.at_least("changes a seed", *changes as f64 / *seeds as f64, 1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(broken: &[&str]) -> Outcome {
        let broken = broken.iter().map(|&broken| broken.to_owned()).collect();
        Outcome { broken, requests: 20, changes: 5, openings: 1, history: Vec::new() }
    }

    #[test]
    fn one_seed_that_fails_fails_all_and_is_named() {
        let mut found = Found::default();
        found.add(7, outcome(&[]));
        assert!(judge(&found).passes());
        found.add(8, outcome(&["change C1 was made 2 times", "and more"]));
        let verdict = judge(&found);
        assert!(!verdict.passes());
        assert!(
            verdict.to_string().ends_with("repeat with --seed 8 R20: change C1 was made 2 times"),
            "{verdict}"
        );
    }

    #[test]
    fn seeds_that_take_too_long_or_change_nothing_do_not_pass() {
        let mut found = Found::default();
        found.add(7, outcome(&[]));
        assert!(!judge(&Found { took: Duration::from_secs(301), ..found.clone() }).passes());
        assert!(!judge(&Found { changes: 0, ..found }).passes());
    }
}
