//! R14: as many streams as there may be stand open and say nothing. They cost little memory and hardly any time, and when they
//! have ended the memory is given back.

use std::fs;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::client::ToolCall;
use crate::program::{Program, Settings};
use crate::progress::Progress;
use crate::rig::Rig;
use crate::scratch::Scratch;
use crate::streams::{Kind, Stream};
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

/// How often the program says on each that it is still there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(15);
/// How long the memory may take to be given back.
const GIVEN_BACK: Duration = Duration::from_secs(60);
/// What one stream of either kind may take, in KiB: of a session the protocol library keeps tasks and channels.
const EACH: [f64; 2] = [40.0, 160.0];
/// What all may take, in MiB.
const ALL: f64 = 400.0;
const KIB: f64 = 1024.0;

/// What was found of the streams of one kind.
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
    let listening = stand(&rig, Kind::Listening, rig.choose(10_000, 400)).await?;
    let of_sessions = stand(&rig, Kind::OfSession, rig.choose(2000, 200)).await?;
    Ok(judge([listening, of_sessions]))
}

async fn stand(rig: &Rig, kind: Kind, streams: usize) -> io::Result<Found> {
    let upstream = Upstream::start(|exchange| done(&exchange.marker)).await?;
    let folder = Scratch::new()?;
    // Lists change where rules are a file's; elsewhere there is nothing to listen for.
    let rules = folder.path().join("rules.cedar");
    fs::write(&rules, "permit (principal, action, resource);")?;
    let settings = Settings::new(&upstream.url())
        .set("POLICY_FILE", rules.display())
        .set("MCP_SESSIONS", if kind == Kind::OfSession { streams } else { 0 })
        .set("SECURITY_MAX_CONNECTIONS", streams + 100);
    let program = Program::start(&rig.program, &settings).await?;
    warmed_up(&program, kind).await?;
    let base = program.resident_mib()?;

    let progress = Progress::new("R14: streams", streams);
    let mut all = Vec::with_capacity(streams);
    for _ in 0..streams {
        all.push(Stream::open(kind, program.address, "").await?);
        progress.step();
    }
    let (begun, spent) = (Instant::now(), program.processor_time()?);
    sleep(SIGN_OF_LIFE * rig.choose(3, 1) + Duration::from_secs(1)).await;
    let spent = program.processor_time()?.saturating_sub(spent);
    let processor = spent.as_secs_f64() / begun.elapsed().as_secs_f64();
    let standing = program.resident_mib()?;
    let alive = all.iter_mut().map(|stream| usize::from(!stream.heard().is_empty())).sum();

    for stream in all {
        stream.end().await?;
    }
    let (after, given_back_in) = given_back(&program, base).await?;
    Ok(Found { streams, alive, base, standing, after, given_back_in, processor })
}

/// Lets the program do once what it does for each, so that what it keeps for ever is not counted.
async fn warmed_up(program: &Program, kind: Kind) -> io::Result<()> {
    let client = program.client();
    for number in 0..200 {
        client.call(ToolCall::read(&format!("M{number}"))).await;
    }
    for _ in 0..20 {
        Stream::open(kind, program.address, "").await?.end().await?;
    }
    Ok(())
}

/// Waits until the memory is what it was, and a fifth.
async fn given_back(program: &Program, base: f64) -> io::Result<(f64, Duration)> {
    let ended = Instant::now();
    loop {
        let after = program.resident_mib()?;
        if after <= base * 1.2 || ended.elapsed() > GIVEN_BACK {
            return Ok((after, ended.elapsed()));
        }
        sleep(Duration::from_millis(200)).await;
    }
}

fn judge(found: [Found; 2]) -> Verdict {
    let mut verdict = Verdict::default();
    for ((found, most), what) in found.into_iter().zip(EACH).zip(["listening", "of sessions"]) {
        let each = (found.standing - found.base).max(0.0) * KIB / found.streams as f64;
        verdict = verdict
            .note(format!("{} {what}", found.streams))
            .exactly("signs of life", found.alive, found.streams)
            .at_most("KiB each", each, most)
            .at_most("MiB with all", found.standing, ALL)
            .at_most("MiB when they have ended", found.after, found.base * 1.2)
            .within("given back in", found.given_back_in, GIVEN_BACK)
            .at_most("of one processor %", found.processor * 100.0, 25.0);
    }
    verdict
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        streams: 4096,
        alive: 4096,
        base: 100.0,
        standing: 260.0,
        after: 120.0,
        given_back_in: GIVEN_BACK,
        processor: 0.25,
    };
    const OF_SESSIONS: Found = Found { streams: 1024, alive: 1024, ..GOOD };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge([GOOD, OF_SESSIONS]).passes());
        for bad in [
            Found { alive: 4095, ..GOOD },
            Found { standing: 260.1, ..GOOD },
            Found { base: 390.0, standing: 400.1, ..GOOD },
            Found { after: 120.1, ..GOOD },
            Found { given_back_in: GIVEN_BACK + Duration::from_millis(1), ..GOOD },
            Found { processor: 0.2501, ..GOOD },
        ] {
            assert!(!judge([bad, OF_SESSIONS]).passes(), "{bad:?}");
        }
        assert!(!judge([GOOD, Found { standing: 260.1, ..OF_SESSIONS }]).passes());
    }
}
