//! R11: the API takes requests and answers none for a while, and is back then. Callers are told at once instead of waiting, one
//! request at a time finds out, and once the API is back everything goes on without a flood.

use std::collections::HashSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::{Answer, Failure, ToolCall};
use crate::load::{Sample, open_loop, percentile};
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Act, Exchange, Upstream, done};
use crate::verdict::Verdict;

const RATE: f64 = 50.0;
const ATTEMPT: Duration = Duration::from_secs(1);
/// No pause of the circuit is longer, but for the fifth by which it is spread.
const LONGEST: Duration = Duration::from_secs(60);
/// How long calls go well before the outage.
const STEADY: Duration = Duration::from_secs(2);
/// After the first call that is done again, so long the others are watched.
const WATCHED: Duration = Duration::from_secs(5);

/// When what happened.
struct Course {
    /// The first pause of the circuit.
    recovery: Duration,
    gone: Instant,
    back: Instant,
    openings: Vec<Instant>,
}

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    /// From the beginning of the outage until the circuit opened.
    opened_in: Duration,
    openings: usize,
    /// Calls with a request at the API from then until it was back, without those that were on their way when the circuit opened.
    probes: usize,
    /// Calls with a request that was.
    on_their_way: usize,
    /// Calls that were told at once, and how long that took.
    told: usize,
    told_p99: Duration,
    /// The last pause of the circuit at its longest.
    pause: Duration,
    /// From the end of the outage until the first call that was done, and how many of the calls after it were.
    first_in: Duration,
    done_share: f64,
    /// The most requests that the API got in a second afterwards.
    most_a_second: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&is_gone);
    let upstream =
        Upstream::start(
            move |exchange| {
                if gone.load(Ordering::Acquire) { Act::Silence } else { done(&exchange.marker) }
            },
        )
        .await?;
    let recovery = rig.choose(Duration::from_secs(2), Duration::from_millis(500));
    let outage = rig.choose(Duration::from_secs(60), Duration::from_secs(5));
    let settings = Settings::new(&upstream.url())
        .set("CIRCUIT_BREAKER_RECOVERY_TIMEOUT", recovery.as_secs_f64())
        .set("API_CONCURRENT_REQUESTS", 512)
        .set("API_TIMEOUT", ATTEMPT.as_secs());
    let program = Program::start(&rig.program, &settings).await?;
    // The circuit may open once more just before the end of the outage, for as long as all its pauses before.
    let rest = (outage + recovery).mul_f64(0.8)
        + rig.choose(WATCHED + Duration::from_secs(2), Duration::from_secs(2));
    let count = ((STEADY + outage + rest).as_secs_f64() * RATE) as usize;
    let client = program.client();
    let load = tokio::spawn(async move {
        open_loop("R11", RATE, count, |number| {
            let client = client.clone();
            async move { client.call(ToolCall::read(&format!("M{number}"))).await }
        })
        .await
    });
    sleep(STEADY).await;
    is_gone.store(true, Ordering::Release);
    let gone = Instant::now();
    sleep(outage).await;
    is_gone.store(false, Ordering::Release);
    let back = Instant::now();
    let samples = load.await?;
    let course = Course { recovery, gone, back, openings: program.log().openings() };
    Ok(judge(find(&course, &samples, &upstream.exchanges()), rig.patience()))
}

fn find(course: &Course, samples: &[Sample<Answer>], exchanges: &[Exchange]) -> Found {
    let Course { recovery, gone, back, ref openings } = *course;
    let Some(opened) = openings.first().copied() else { return NEVER_OPENED };
    let while_open = |at: Instant| (opened..back).contains(&at);
    // No pause is shorter than the first, so what comes in its first half was let through before.
    let is_late = |at: Instant| at < opened + recovery / 2;
    let calls = |wanted: &dyn Fn(Instant) -> bool| -> HashSet<&str> {
        let wanted = exchanges.iter().filter(|exchange| while_open(exchange.at) && wanted(exchange.at));
        wanted.map(|exchange| exchange.marker.as_str()).collect()
    };
    let (on_their_way, probes) = (calls(&is_late), calls(&|at| !is_late(at)));
    let asked = |sample: &Sample<Answer>| {
        let marker = format!("M{}", sample.number);
        on_their_way.contains(marker.as_str()) || probes.contains(marker.as_str())
    };
    let told: Vec<Duration> = samples
        .iter()
        .filter(|sample| while_open(sample.due) && !asked(sample))
        .filter(|sample| sample.outcome.failure() == Some(Failure::Unavailable))
        .map(|sample| sample.took)
        .collect();
    let good = samples.iter().filter(|sample| sample.outcome.is_done());
    let first = good.map(Sample::ended).filter(|ended| *ended >= back).min();
    let after = samples
        .iter()
        .filter(|sample| first.is_some_and(|first| (first..first + WATCHED).contains(&sample.due)));
    let after: Vec<bool> = after.map(|sample| sample.outcome.is_done()).collect();
    let arrivals: Vec<Instant> =
        exchanges.iter().map(|exchange| exchange.at).filter(|at| *at >= back).collect();
    Found {
        opened_in: opened.saturating_duration_since(gone),
        openings: openings.len(),
        probes: probes.len(),
        on_their_way: on_their_way.len(),
        told: told.len(),
        told_p99: percentile(told, 99.0),
        pause: longest_pause(recovery, openings.len()),
        first_in: first.map_or(Duration::MAX, |first| first - back),
        done_share: after.iter().filter(|done| **done).count() as f64 / after.len().max(1) as f64 * 100.0,
        most_a_second: most_a_second(&arrivals),
    }
}

/// What is found of a circuit that stays closed: nothing that would pass.
const NEVER_OPENED: Found = Found {
    opened_in: Duration::MAX,
    openings: 0,
    probes: 0,
    on_their_way: 0,
    told: 0,
    told_p99: Duration::ZERO,
    pause: Duration::ZERO,
    first_in: Duration::MAX,
    done_share: 0.0,
    most_a_second: 0,
};

/// The pause after so many openings: doubled each time, and a fifth more at most.
fn longest_pause(recovery: Duration, openings: usize) -> Duration {
    let doublings = u32::try_from(openings.saturating_sub(1)).unwrap_or(u32::MAX).min(16);
    (recovery * 2_u32.pow(doublings)).min(LONGEST).mul_f64(1.2)
}

/// The most of these times, which are in order, that lie within one second.
fn most_a_second(times: &[Instant]) -> usize {
    let within = |index: usize| {
        let until = times[index] + Duration::from_secs(1);
        times[index..].iter().take_while(|time| **time < until).count()
    };
    (0..times.len()).map(within).max().unwrap_or(0)
}

fn judge(found: Found, patience: u32) -> Verdict {
    Verdict::default()
        .within("opened after", found.opened_in, Duration::from_secs(10))
        .at_least("openings", found.openings as f64, 1.0)
        .at_most("requests while open", found.probes as f64, found.openings as f64)
        .at_most("on their way when it opened", found.on_their_way as f64, RATE / 5.0)
        .at_least("calls told at once", found.told as f64, 50.0)
        .within("p99 of these", found.told_p99, Duration::from_millis(50) * patience)
        .within("first call done", found.first_in, found.pause + Duration::from_secs(1))
        .at_least("then done %", found.done_share, 95.0)
        .at_most("most requests a second", found.most_a_second as f64, RATE * 1.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        opened_in: Duration::from_secs(10),
        openings: 4,
        probes: 4,
        on_their_way: 10,
        told: 50,
        told_p99: Duration::from_millis(50),
        pause: Duration::from_secs(10),
        first_in: Duration::from_secs(11),
        done_share: 95.0,
        most_a_second: 75,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD, 1).passes());
        for bad in [
            Found { opened_in: Duration::from_millis(10_001), ..GOOD },
            Found { openings: 0, probes: 0, ..GOOD },
            Found { probes: 5, ..GOOD },
            Found { on_their_way: 11, ..GOOD },
            Found { told: 49, ..GOOD },
            Found { told_p99: Duration::from_micros(50_100), ..GOOD },
            Found { first_in: Duration::from_millis(11_001), ..GOOD },
            Found { done_share: 94.9, ..GOOD },
            Found { most_a_second: 76, ..GOOD },
            NEVER_OPENED,
        ] {
            assert!(!judge(bad, 1).passes(), "{bad:?}");
        }
    }

    #[test]
    fn pauses_double_to_a_minute_and_a_fifth() {
        let pause = |openings| longest_pause(Duration::from_secs(2), openings).as_millis();
        assert_eq!([1, 2, 5, 6, 7, 99].map(pause), [2400, 4800, 38_400, 72_000, 72_000, 72_000]);
    }

    #[test]
    fn what_happened_is_told_by_the_times() {
        let start = Instant::now();
        let second = |seconds: f64| start + Duration::from_secs_f64(seconds);
        let course = Course {
            recovery: Duration::from_secs(1),
            gone: second(10.0),
            back: second(30.0),
            openings: vec![second(15.0), second(17.0)],
        };
        let exchange = |at: f64, number: usize| Exchange {
            at: second(at),
            marker: format!("M{number}"),
            attempt: 0,
            is_change: false,
        };
        // One that comes before the circuit opens, one that is on its way then, one probe, and those after the outage.
        let exchanges = [
            exchange(14.0, 1),
            exchange(15.4, 9),
            exchange(16.0, 2),
            exchange(31.0, 5),
            exchange(31.5, 6),
            exchange(32.1, 7),
        ];
        let told = || Answer::Failed(Failure::Unavailable, String::new());
        let sample = |number, due: f64, took: f64, outcome| Sample {
            number,
            due: second(due),
            took: Duration::from_secs_f64(took),
            outcome,
        };
        let samples = [
            sample(1, 14.0, 1.0, told()),
            sample(2, 16.0, 1.0, told()),
            sample(3, 17.0, 0.01, told()),
            sample(4, 18.0, 0.01, told()),
            sample(5, 31.0, 0.5, Answer::Done(String::new())),
            sample(6, 31.6, 0.1, Answer::Done(String::new())),
            sample(7, 32.0, 0.1, told()),
            sample(8, 40.0, 0.1, told()),
        ];
        let found = find(&course, &samples, &exchanges);
        assert_eq!((found.openings, found.on_their_way, found.probes), (2, 1, 1));
        assert_eq!((found.told, found.most_a_second), (2, 2));
        assert_eq!((found.opened_in.as_secs(), found.first_in.as_millis()), (5, 1500));
        assert_eq!(found.pause.as_millis(), 2400);
        assert!((found.done_share - 50.0).abs() < 0.001, "{found:?}");
        assert!(found.told_p99 < Duration::from_millis(20), "{found:?}");
    }
}
