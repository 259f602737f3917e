//! R9: asked to end, the program lets calls under way come to their end, ends the streams that stand, takes no new calls, and is
//! gone soon after the last. Asked twice, it ends at once, and the journal is on the disk.

use std::fs;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use rustix::process::Signal;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use crate::client::{Answer, Client, ToolCall};
use crate::journal::{self, Changes};
use crate::load::{Sample, together};
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::scratch::Scratch;
use crate::streams::{Kind, Stream};
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;

/// As long as the program lets calls go on.
const DRAIN: Duration = Duration::from_secs(30);

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    calls: usize,
    done: usize,
    /// Streams that stood, those that ended in order, and from the signal until the last did.
    streams: usize,
    orderly: usize,
    streams_in: Duration,
    /// From the signal until it was no longer ready.
    unready_in: Duration,
    /// New connections that were served although it was about to end.
    served: usize,
    /// From the signal until its end, and until the last answer.
    ended_in: Duration,
    last_in: Duration,
    code: Option<i32>,
    /// The same for two signals: how long the end took, how it ended, and what of the changes under way is on the record.
    twice_in: Duration,
    twice_code: Option<i32>,
    is_whole: bool,
    unrecorded: usize,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let once = once(&rig).await?;
    twice(&rig, once).await.map(|found| judge(found, rig.patience()))
}

/// Streams that stand, so many of each kind, and calls under way at the API.
struct UnderWay {
    upstream: Upstream,
    program: Program,
    streams: Vec<Stream>,
    calls: JoinHandle<Vec<Sample<Answer>>>,
}

async fn under_way(
    rig: &Rig,
    streams: usize,
    settings: impl FnOnce(Settings) -> Settings,
) -> io::Result<UnderWay> {
    let takes = rig.choose(Duration::from_secs(3), Duration::from_millis(1500));
    let calls = rig.choose(100, 40);
    let upstream = Upstream::start(move |exchange| done(&exchange.marker).after(takes)).await?;
    let settings = settings(Settings::new(&upstream.url()).set("API_CONCURRENT_REQUESTS", 256));
    let program = Program::start(&rig.program, &settings).await?;
    let mut standing = Vec::new();
    for kind in [Kind::Listening, Kind::OfSession] {
        for _ in 0..streams {
            standing.push(Stream::open(kind, program.address, "").await?);
        }
    }
    let client = program.client();
    let running = tokio::spawn(async move { together(calls, |number| call(client.clone(), number)).await });
    while upstream.exchanges().len() < calls {
        if running.is_finished() {
            return Err(io::Error::other("the calls ended before all of them were at the API"));
        }
        sleep(Duration::from_millis(1)).await;
    }
    Ok(UnderWay { upstream, program, streams: standing, calls: running })
}

/// Half of them are changes.
async fn call(client: Client, number: usize) -> Answer {
    let marker = format!("M{number}");
    let call = if number.is_multiple_of(2) { ToolCall::read(&marker) } else { ToolCall::change(&marker) };
    client.call(call).await
}

async fn once(rig: &Rig) -> io::Result<Found> {
    let folder = Scratch::new()?;
    // Lists change where rules are a file's; elsewhere there is nothing to listen for.
    let rules = folder.path().join("rules.cedar");
    fs::write(&rules, "permit (principal, action, resource);")?;
    let each = rig.choose(100, 20);
    let listening =
        |settings: Settings| settings.set("POLICY_FILE", rules.display()).set("MCP_SESSIONS", each);
    let UnderWay { upstream: _upstream, mut program, streams, calls } =
        under_way(rig, each, listening).await?;
    let address = program.address;
    let standing = streams.len();
    let streams = tokio::spawn(ends(streams));
    let asked = Instant::now();
    program.signal(Signal::TERM)?;
    while Client::new(address).status("/ready").await.is_ok_and(|status| status != 503) {}
    let unready_in = asked.elapsed();
    let mut served = 0;
    for number in 0..10 {
        served += usize::from(call(Client::new(address), 1000 + number).await.is_done());
    }
    let status = program.ended().await?;
    let ended_in = asked.elapsed();
    let samples = calls.await?;
    let (orderly, last) = streams.await?;
    Ok(Found {
        calls: samples.len(),
        done: samples.iter().filter(|sample| sample.outcome.is_done()).count(),
        streams: standing,
        orderly,
        streams_in: last.saturating_duration_since(asked),
        unready_in,
        served,
        ended_in,
        last_in: samples.iter().map(Sample::ended).max().unwrap_or(asked).saturating_duration_since(asked),
        code: status.code(),
        twice_in: Duration::ZERO,
        twice_code: None,
        is_whole: false,
        unrecorded: 0,
    })
}

/// How many of these streams end in order, and when the last has ended.
async fn ends(streams: Vec<Stream>) -> (usize, Instant) {
    let mut orderly = 0;
    for stream in streams {
        orderly += usize::from(stream.ended().await.unwrap_or(false));
    }
    (orderly, Instant::now())
}

async fn twice(rig: &Rig, found: Found) -> io::Result<Found> {
    let folder = Scratch::new()?;
    let UnderWay { upstream, mut program, calls: _calls, .. } =
        under_way(rig, 0, |settings| settings.set("AUDIT_FOLDER", folder.text())).await?;
    program.signal(Signal::TERM)?;
    // Two signals of one kind that are not taken yet are one.
    sleep(Duration::from_millis(100)).await;
    let asked = Instant::now();
    program.signal(Signal::TERM)?;
    let status = program.ended().await?;
    let twice_in = asked.elapsed();
    let verified = journal::verify(&rig.program, folder.path()).await?;
    let records = journal::records(&rig.program, folder.path()).await?;
    let changes = Changes::of(&records);
    let sent = upstream.exchanges().into_iter().filter(|exchange| exchange.is_change);
    Ok(Found {
        twice_in,
        twice_code: status.code().or(status.signal().map(|signal| 128 + signal)),
        is_whole: verified.is_whole && records.last().is_some_and(|record| record["kind"] == "stop"),
        unrecorded: sent.filter(|exchange| !changes.intended.contains(&exchange.marker)).count(),
        ..found
    })
}

fn judge(found: Found, patience: u32) -> Verdict {
    let latest = DRAIN.min(found.last_in + Duration::from_secs(1) * patience);
    Verdict::default()
        .exactly("calls done", found.done, found.calls)
        .exactly("streams ended in order", found.orderly, found.streams)
        .within("streams ended in", found.streams_in, Duration::from_secs(1) * patience)
        .within("not ready after", found.unready_in, Duration::from_millis(100) * patience)
        .exactly("new connections served", found.served, 0)
        .within("end", found.ended_in, latest)
        .holds(&format!("exit code {:?}", found.code), found.code == Some(0))
        .within("end at a second signal", found.twice_in, Duration::from_secs(1) * patience)
        .holds(&format!("exit code {:?}", found.twice_code), found.twice_code == Some(143))
        .holds("the journal is whole to its end", found.is_whole)
        .exactly("changes without an intent", found.unrecorded, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        calls: 100,
        done: 100,
        streams: 200,
        orderly: 200,
        streams_in: Duration::from_secs(1),
        unready_in: Duration::from_millis(100),
        served: 0,
        ended_in: Duration::from_secs(4),
        last_in: Duration::from_secs(3),
        code: Some(0),
        twice_in: Duration::from_secs(1),
        twice_code: Some(143),
        is_whole: true,
        unrecorded: 0,
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        assert!(judge(GOOD, 1).passes());
        let late = Duration::from_secs(40);
        for bad in [
            Found { done: 99, ..GOOD },
            Found { orderly: 199, ..GOOD },
            Found { streams_in: Duration::from_millis(1001), ..GOOD },
            Found { unready_in: Duration::from_millis(101), ..GOOD },
            Found { served: 1, ..GOOD },
            Found { ended_in: Duration::from_millis(4001), ..GOOD },
            Found { ended_in: DRAIN + Duration::from_millis(1), last_in: late, ..GOOD },
            Found { code: Some(1), ..GOOD },
            Found { code: None, ..GOOD },
            Found { twice_in: Duration::from_millis(1001), ..GOOD },
            Found { twice_code: Some(0), ..GOOD },
            Found { is_whole: false, ..GOOD },
            Found { unrecorded: 1, ..GOOD },
        ] {
            assert!(!judge(bad, 1).passes(), "{bad:?}");
        }
    }
}
