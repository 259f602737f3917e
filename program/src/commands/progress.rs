//! A word on standard error, every few seconds, about a call that lets wait for itself.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// How often.
const EVERY: Duration = Duration::from_secs(3);

/// Waits for the work of this tool; it tells each new state of what it started.
pub(super) async fn told<T>(
    tool: &str,
    mut states: mpsc::Receiver<String>,
    work: impl Future<Output = T>,
) -> T {
    let begun = Instant::now();
    let mut words = interval_at(begun + EVERY, EVERY);
    // Whoever was asked something meanwhile took their time.
    words.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut state = None;
    tokio::pin!(work);
    loop {
        tokio::select! {
            biased;
            done = &mut work => return done,
            Some(new) = states.recv() => state = Some(new),
            _ = words.tick() => eprintln!("{}", line(tool, begun.elapsed(), state.as_deref())),
        }
    }
}

fn line(tool: &str, elapsed: Duration, state: Option<&str>) -> String {
    let state: String = state.unwrap_or_default().chars().filter(|letter| !letter.is_control()).collect();
    let what = if state.is_empty() { String::new() } else { format!(", whose work is in the state {state}") };
    format!("still waiting for {tool} after {} s{what}", elapsed.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_waited_for_is_told_with_the_state_that_is_known() {
        assert_eq!(line("get", Duration::from_secs(3), None), "still waiting for get after 3 s");
        assert_eq!(
            line("run", Duration::from_secs(6), Some("Held\n")),
            "still waiting for run after 6 s, whose work is in the state Held"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_with_the_work_whether_or_not_it_tells_anything() {
        let (sender, states) = mpsc::channel(1);
        drop(sender);
        let work = async {
            tokio::time::sleep(EVERY * 3).await;
            7
        };
        assert_eq!(told("run", states, work).await, 7);
    }
}
