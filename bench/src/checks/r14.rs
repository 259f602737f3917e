//! R14: as many streams as there may be stand open and say nothing. They cost little memory and hardly any time, and when they have
//! ended the memory is given back.

mod session;

use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::ToolCall;
use crate::program::{Program, Settings};
use crate::progress::Progress;
use crate::rig::Rig;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;
use session::Session;

/// How often the program says on each that it is still there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How long the memory may take to be given back.
const GIVEN_BACK: Duration = Duration::from_secs(60);
const KIB: f64 = 1024.0;

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    streams: usize,
    /// Streams on which the program said that it was still there.
    alive: usize,
    /// Memory before, with all of them, and at last, in MiB.
    base: f64,
    standing: f64,
    after: f64,
    given_back_in: Duration,
    /// The part of one processor that they take.
    processor: f64,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let streams = rig.choose(4000, 300);
    let upstream = Upstream::start(|exchange| done(&exchange.marker)).await?;
    let settings = Settings::new(&upstream.url())
        .set("MCP_SESSIONS", streams)
        .set("SECURITY_MAX_CONNECTIONS", streams + 100);
    let program = Program::start(&rig.program, &settings).await?;
    warmed_up(&program).await?;
    let base = program.resident_mib()?;

    let progress = Progress::new("R14: streams", streams);
    let mut sessions = Vec::with_capacity(streams);
    for _ in 0..streams {
        sessions.push(Session::begin(program.address).await?);
        progress.step();
    }
    let (begun, spent) = (Instant::now(), program.processor_time()?);
    sleep(SIGN_OF_LIFE * rig.choose(3, 1) + Duration::from_secs(1)).await;
    let spent = program.processor_time()?.saturating_sub(spent);
    let processor = spent.as_secs_f64() / begun.elapsed().as_secs_f64();
    let standing = program.resident_mib()?;
    let alive = sessions.iter_mut().map(|session| usize::from(session.heard_a_sign())).sum();

    for session in sessions {
        session.end(program.address).await?;
    }
    let ended = Instant::now();
    let after = loop {
        let after = program.resident_mib()?;
        if after <= base * 1.2 || ended.elapsed() > GIVEN_BACK {
            break after;
        }
        sleep(Duration::from_millis(200)).await;
    };
    let given_back_in = ended.elapsed();
    Ok(judge(Found { streams, alive, base, standing, after, given_back_in, processor }))
}

/// Lets the program do once what it does for each, so that what it keeps for ever is not counted.
async fn warmed_up(program: &Program) -> io::Result<()> {
    let client = program.client();
    for number in 0..200 {
        client.call(ToolCall::read(&format!("M{number}"))).await;
    }
    for _ in 0..20 {
        Session::begin(program.address).await?.end(program.address).await?;
    }
    Ok(())
}

fn judge(found: Found) -> Verdict {
    let each = (found.standing - found.base).max(0.0) * KIB / found.streams as f64;
    Verdict::default()
        .note(format!("{} streams", found.streams))
        .exactly("signs of life", found.alive, found.streams)
        .at_most("KiB each", each, 40.0)
        .at_most("MiB with all", found.standing, 400.0)
        .at_most("MiB when they have ended", found.after, found.base * 1.2)
        .within("given back in", found.given_back_in, GIVEN_BACK)
        .at_most("of one processor %", found.processor * 100.0, 25.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        streams: 4000,
        alive: 4000,
        base: 100.0,
        standing: 256.25,
        after: 120.0,
        given_back_in: GIVEN_BACK,
        processor: 0.25,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD).passes());
        for bad in [
            Found { alive: 3999, ..GOOD },
            Found { standing: 256.3, ..GOOD },
            Found { base: 390.0, standing: 400.1, ..GOOD },
            Found { after: 120.1, ..GOOD },
            Found { given_back_in: GIVEN_BACK + Duration::from_millis(1), ..GOOD },
            Found { processor: 0.2501, ..GOOD },
        ] {
            assert!(!judge(bad).passes(), "{bad:?}");
        }
    }
}
