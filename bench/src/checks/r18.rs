//! R18: a caller who asks ten times too much gets exactly its quota, whatever addresses it claims to come from; another one,
//! who asks for what it may have, loses nothing by that; and whoever waits as long as it is told is admitted.

use std::io;
use std::time::Duration;

use tokio::time::sleep;

use crate::callers::Callers;
use crate::client::{Client, Failure, ToolCall};
use crate::load::open_loop;
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

/// Calls a second that are admitted, and as many as may come at once.
const QUOTA: f64 = 20.0;
const BURST: usize = 10;
/// Calls a second that are made.
const RATE: f64 = QUOTA * 10.0;

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    calls: usize,
    admitted: usize,
    /// Neither admitted nor told to come again.
    otherwise: usize,
    at_api: usize,
    /// Calls of the other caller, and those of them that were admitted.
    calm: usize,
    calm_admitted: usize,
    /// Calls after the time that was named, and those of them that were admitted.
    waited: usize,
    admitted_after: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let upstream = Upstream::start(|exchange| done(&exchange.marker)).await?;
    let settings = Settings::new(&upstream.url())
        .set("SECURITY_RATE_LIMIT_PER_USER_RPM", (QUOTA * 60.0) as usize)
        .set("RATE_LIMIT_BURST_SIZE", BURST);
    let callers = Callers::new(&rig.program, 2).await?;
    let settings = callers.known_to(settings);
    let [flood, calm] = [0, 1].map(|place| callers.headers()[place].clone());
    let program = Program::start(&rig.program, &settings).await?;
    let client = program.client();
    let calls = rig.choose(12_000, 800);
    let beside = tokio::spawn(calmly(client.clone(), calm, calls / 10));
    let samples = open_loop("R18", RATE, calls, |number| {
        let (client, flood) = (client.clone(), flood.clone());
        async move {
            let [high, low] = u16::try_from(number % 65_536).unwrap_or(0).to_be_bytes();
            let spoofed = format!("{flood}X-Forwarded-For: 10.{}.{high}.{low}\r\n", fastrand::u8(..));
            client.call_with(ToolCall::read(&format!("M{number}")), &spoofed).await
        }
    })
    .await;
    let (calm, calm_admitted) = beside.await?;
    let at_api = upstream.exchanges().len();
    let limited =
        samples.iter().filter(|sample| matches!(sample.outcome.failure(), Some(Failure::Limited(_))));
    let (admitted, limited) =
        (samples.iter().filter(|sample| sample.outcome.is_done()).count(), limited.count());
    let waited = rig.choose(100, 2);
    let admitted_after = after_the_time_named(&client, &flood, waited).await;
    let otherwise = calls - admitted - limited;
    Ok(judge(Found { calls, admitted, otherwise, at_api, calm, calm_admitted, waited, admitted_after }))
}

/// Calls as often as the quota allows; how often, and how often that was admitted.
async fn calmly(client: Client, header: String, calls: usize) -> (usize, usize) {
    let samples = open_loop("R18: the other caller", QUOTA, calls, |number| {
        let (client, header) = (client.clone(), header.clone());
        async move { client.call_with(ToolCall::read(&format!("C{number}")), &header).await }
    })
    .await;
    (calls, samples.iter().filter(|sample| sample.outcome.is_done()).count())
}

/// Uses the quota up, waits as long as it is told, calls, and counts how often that is admitted.
async fn after_the_time_named(client: &Client, header: &str, times: usize) -> usize {
    let progress = crate::progress::Progress::new("R18: waits", times);
    let mut admitted = 0;
    for time in 0..times {
        let mut seconds = None;
        for number in 0.. {
            let answer = client.call_with(ToolCall::read(&format!("W{time}-{number}")), header).await;
            if let Some(Failure::Limited(told)) = answer.failure() {
                seconds = Some(told);
                break;
            }
        }
        sleep(Duration::from_secs(seconds.unwrap_or(0))).await;
        admitted +=
            usize::from(client.call_with(ToolCall::read(&format!("W{time}")), header).await.is_done());
        progress.step();
    }
    admitted
}

fn judge(found: Found) -> Verdict {
    // From the first call to the last.
    let seconds = (found.calls - 1) as f64 / RATE;
    let quota = BURST as f64 + QUOTA * seconds;
    // One call more or less is a matter of a moment.
    let room = (quota * 0.02).max(2.0);
    Verdict::default()
        .note(format!("{} calls", found.calls))
        .at_least("admitted", found.admitted as f64, quota - room)
        .at_most("admitted", found.admitted as f64, quota + room)
        .exactly("neither admitted nor told to come again", found.otherwise, 0)
        .exactly("requests at the API", found.at_api, found.admitted + found.calm_admitted)
        .at_least(
            "admitted of the other caller %",
            found.calm_admitted as f64 / found.calm as f64 * 100.0,
            99.0,
        )
        .at_least(
            "admitted after the time named %",
            found.admitted_after as f64 / found.waited as f64 * 100.0,
            99.0,
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixty seconds at twenty a second, and ten at once.
    const GOOD: Found = Found {
        calls: 12_001,
        admitted: 1210,
        otherwise: 0,
        at_api: 2398,
        calm: 1200,
        calm_admitted: 1188,
        waited: 100,
        admitted_after: 99,
    };

    #[test]
    fn two_percent_around_the_quota_pass_and_no_more() {
        for (admitted, passes) in [(1185, false), (1186, true), (1210, true), (1234, true), (1235, false)] {
            assert_eq!(
                judge(Found { admitted, at_api: admitted + 1188, ..GOOD }).passes(),
                passes,
                "{admitted}"
            );
        }
        for bad in [
            Found { otherwise: 1, ..GOOD },
            Found { at_api: 2399, ..GOOD },
            Found { calm_admitted: 1187, at_api: 2397, ..GOOD },
            Found { admitted_after: 98, ..GOOD },
        ] {
            assert!(!judge(bad).passes(), "{bad:?}");
        }
    }
}
