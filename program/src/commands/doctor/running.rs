//! Checks at once: each within its own time, and with a word on standard error about those that let wait for themselves.

use std::pin::Pin;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at, timeout};

use super::clock::Clock;
use super::finding::Finding;

/// How long one check may take.
const LONGEST: Duration = Duration::from_secs(10);
/// How often it is said what is waited for.
const WORD: Duration = Duration::from_secs(2);

/// What came of a check.
#[derive(Default)]
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    /// What the clocks of others said.
    pub(super) clocks: Vec<Clock>,
}

impl From<Vec<Finding>> for Checked {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, clocks: Vec::new() }
    }
}

/// A check that is to be made.
pub(super) struct Check {
    name: &'static str,
    work: Pin<Box<dyn Future<Output = Checked> + Send>>,
}

impl Check {
    /// One that waits for somebody else.
    pub(super) fn waiting(
        name: &'static str,
        work: impl Future<Output = impl Into<Checked>> + Send + 'static,
    ) -> Self {
        Self { name, work: Box::pin(async move { work.await.into() }) }
    }

    /// One that works on this machine.
    pub(super) fn at_once(name: &'static str, work: impl FnOnce() -> Vec<Finding> + Send + 'static) -> Self {
        let work = async move {
            let done = tokio::task::spawn_blocking(work).await;
            done.unwrap_or_else(|_| vec![fault(name)])
        };
        Self::waiting(name, work)
    }
}

/// Makes all checks; what came of them, in their order.
pub(super) async fn all(checks: Vec<Check>) -> Checked {
    let names: Vec<&'static str> = checks.iter().map(|check| check.name).collect();
    let mut outcomes: Vec<Option<Checked>> = names.iter().map(|_| None).collect();
    let mut running = JoinSet::new();
    for (place, Check { name, work }) in checks.into_iter().enumerate() {
        running.spawn(async move {
            let late = |_| vec![too_long(name)].into();
            (place, timeout(LONGEST, work).await.unwrap_or_else(late))
        });
    }
    let mut words = interval_at(Instant::now() + WORD, WORD);
    words.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = running.join_next() => match ended {
                None => break,
                Some(Ok((place, checked))) => outcomes[place] = Some(checked),
                // Its place stays empty, which is told below.
                Some(Err(_)) => {}
            },
            _ = words.tick() => {
                let open = names.iter().zip(&outcomes).filter(|(_, outcome)| outcome.is_none());
                let open: Vec<&str> = open.map(|(name, _)| *name).collect();
                eprintln!("still waiting for: {}", open.join(", "));
            }
        }
    }
    let mut all = Checked::default();
    for (name, outcome) in names.into_iter().zip(outcomes) {
        let Checked { findings, clocks } = outcome.unwrap_or_else(|| vec![fault(name)].into());
        all.findings.extend(findings);
        all.clocks.extend(clocks);
    }
    all
}

fn too_long(name: &'static str) -> Finding {
    let found = format!("nothing was found out within {} s", LONGEST.as_secs());
    Finding::failed(name, found, "look at what is on the way there, such as a firewall")
}

fn fault(name: &'static str) -> Finding {
    Finding::failed(name, "a fault of this program", "report it, with the line that is on standard error")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::State;

    #[tokio::test(start_paused = true)]
    async fn a_check_that_does_not_end_fails_and_holds_up_no_other() {
        let begun = Instant::now();
        let fine = |name| async move { vec![Finding::fine(name, "well")] };
        let checks = vec![
            Check::waiting("silent", std::future::pending::<Vec<Finding>>()),
            Check::waiting("quick", fine("quick")),
            Check::waiting("silent too", std::future::pending::<Vec<Finding>>()),
        ];
        let all = all(checks).await;
        let states: Vec<_> = all.findings.iter().map(|finding| (finding.check, finding.state)).collect();
        assert_eq!(
            states,
            [("silent", State::Failed), ("quick", State::Fine), ("silent too", State::Failed)]
        );
        assert_eq!(begun.elapsed(), LONGEST, "they wait together");
    }

    #[tokio::test]
    async fn a_check_that_breaks_is_told_and_holds_up_no_other() {
        let checks = vec![Check::at_once("broken", || panic!("broken"))];
        let all = all(checks).await;
        assert_eq!(all.findings, [fault("broken")]);
    }
}
