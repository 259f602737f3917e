//! R4: reads go on while one in ten exchanges with the API fails, each fault for itself. Repetitions mend nearly all of them and
//! are few, no call outlives its deadline, and the circuit stays closed.

use std::io;
use std::time::Duration;

use crate::client::{Answer, ToolCall};
use crate::faults;
use crate::load::{Sample, open_loop, percentile};
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Act, Exchange, Upstream, done, failed};
use crate::verdict::Verdict;

const DEADLINE: Duration = Duration::from_secs(10);
/// What one request may take: a fault that answers nothing holds a call this long.
const ATTEMPT: Duration = Duration::from_secs(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Unavailable,
    Reset,
    Silence,
    TooMany,
    Half,
}

const FAULTS: &[(f64, Fault)] = &[
    (0.04, Fault::Unavailable),
    (0.02, Fault::Reset),
    (0.02, Fault::Silence),
    (0.01, Fault::TooMany),
    (0.01, Fault::Half),
];

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    calls: usize,
    succeeded: usize,
    attempts: usize,
    p99: Duration,
    openings: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let seed = rig.seed;
    let upstream = Upstream::start(move |exchange| script(seed, exchange)).await?;
    let settings = Settings::new(&upstream.url())
        .set("MAX_RETRY_ATTEMPTS", 3)
        .set("API_TIMEOUT", ATTEMPT.as_secs())
        .set("CALL_DEADLINE", DEADLINE.as_secs());
    let program = Program::start(&rig.program, &settings).await?;
    let client = program.client();
    let samples = open_loop("R4", rig.choose(200.0, 60.0), rig.choose(100_000, 400), |number| {
        let client = client.clone();
        async move { client.call(ToolCall::read(&format!("M{number}"))).await }
    })
    .await;
    let found =
        Found { attempts: upstream.exchanges().len(), ..told(&samples, program.log().openings().len()) };
    Ok(judge(found))
}

fn script(seed: u64, exchange: &Exchange) -> Act {
    let good = done(&exchange.marker);
    match faults::pick(faults::draw(seed, &exchange.marker, exchange.attempt), FAULTS) {
        None => good,
        Some(Fault::Unavailable) => failed(503, ""),
        Some(Fault::Reset) => Act::Reset,
        Some(Fault::Silence) => Act::Silence,
        Some(Fault::TooMany) => failed(429, "Retry-After: 1\r\n"),
        Some(Fault::Half) => good.halved(),
    }
}

fn told(samples: &[Sample<Answer>], openings: usize) -> Found {
    let succeeded = samples.iter().filter(|sample| sample.outcome.is_done()).count();
    let p99 = percentile(samples.iter().map(|sample| sample.took), 99.0);
    Found { calls: samples.len(), succeeded, attempts: 0, p99, openings }
}

fn judge(found: Found) -> Verdict {
    let Found { calls, succeeded, attempts, p99, openings } = found;
    Verdict::default()
        .note(format!("{calls} reads"))
        .at_least("success %", succeeded as f64 / calls as f64 * 100.0, 99.85)
        .at_most("requests a call", attempts as f64 / calls as f64, 1.2)
        .within("p99", p99, DEADLINE)
        .exactly("openings of the circuit", openings, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found =
        Found { calls: 100_000, succeeded: 99_850, attempts: 120_000, p99: DEADLINE, openings: 0 };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD).passes());
        for bad in [
            Found { succeeded: 99_849, ..GOOD },
            Found { attempts: 120_001, ..GOOD },
            Found { p99: DEADLINE + Duration::from_millis(1), ..GOOD },
            Found { openings: 1, ..GOOD },
        ] {
            assert!(!judge(bad).passes(), "{bad:?}");
        }
    }

    /// Nobody could do better than the script lets them: the share that fails three times is within the goal.
    #[test]
    fn the_script_fails_one_exchange_in_ten_and_hardly_any_three_times() {
        let fails = |number: usize, attempt| {
            let draw = faults::draw(1, &format!("M{number}"), attempt);
            faults::pick(draw, FAULTS).is_some()
        };
        let first = (0..100_000).filter(|number| fails(*number, 0)).count();
        assert!((9500..10_500).contains(&first), "{first}");
        for calls in [400, 100_000] {
            let lost = (0..calls).filter(|number| (0..3).all(|attempt| fails(*number, attempt))).count();
            assert!(lost * 10_000 <= calls * 15, "{lost} of {calls}");
        }
    }
}
