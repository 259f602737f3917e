//! R16: thousands of bodies that mean harm, over and over and many at once. Each is refused, costs little, reaches no API, and the
//! program is there afterwards as before.

mod corpus;

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::time::{Instant, interval};

use crate::client::{Client, ToolCall};
use crate::load::together;
use crate::program::{Program, Settings};
use crate::progress::Progress;
use crate::rig::Rig;
use crate::upstream::{Upstream, done};
use crate::verdict::Verdict;
use corpus::{Body, LARGEST};

/// How many of the largest come at once.
const AT_ONCE: usize = 100;

/// What was found.
#[derive(Clone, Debug)]
struct Found {
    bodies: usize,
    rounds: usize,
    /// Bodies that were not refused, by their kind.
    taken: Vec<&'static str>,
    /// The kind that costs most, and what one of it costs in processor time.
    dearest: (&'static str, Duration),
    slowest: Duration,
    at_api: usize,
    /// Memory before and at most, in MiB.
    base: f64,
    most: f64,
    serves: bool,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let upstream = Upstream::start(|exchange| done(&exchange.marker)).await?;
    let program = Program::start(&rig.program, &Settings::new(&upstream.url())).await?;
    let client = program.client();
    for number in 0..200 {
        client.call(ToolCall::read(&format!("M{number}"))).await;
    }
    let (base, known) = (program.resident_mib()?, upstream.exchanges().len());
    let (bodies, rounds) = (corpus::all(rig.seed, rig.choose(1500, 300)), rig.choose(5, 1));
    let mut found = Found {
        bodies: bodies.len(),
        rounds,
        taken: Vec::new(),
        dearest: ("none", Duration::ZERO),
        slowest: Duration::ZERO,
        at_api: 0,
        base,
        most: base,
        serves: false,
    };
    one_by_one(&program, &client, &bodies, &mut found).await?;
    all_at_once(&program, &client, &bodies, &mut found).await?;
    found.at_api = upstream.exchanges().len() - known;
    found.serves = client.call(ToolCall::read("LAST")).await.is_done();
    Ok(judge(&found, rig.patience()))
}

/// Sends each body so often, those of a kind in a row, so that what a kind costs can be told.
async fn one_by_one(
    program: &Program,
    client: &Client,
    bodies: &[Body],
    found: &mut Found,
) -> io::Result<()> {
    let mut kinds: BTreeMap<&'static str, Vec<&Body>> = BTreeMap::new();
    for body in bodies {
        kinds.entry(body.kind).or_default().push(body);
    }
    let progress = Progress::new("R16", bodies.len() * found.rounds);
    for (kind, bodies) in kinds {
        let spent = program.processor_time()?;
        for body in bodies.iter().cycle().take(bodies.len() * found.rounds) {
            let begun = Instant::now();
            if !is_refused(client, program, body).await {
                found.taken.push(kind);
            }
            found.slowest = found.slowest.max(begun.elapsed());
            progress.step();
        }
        let count = u32::try_from(bodies.len() * found.rounds).unwrap_or(u32::MAX);
        let each = program.processor_time()?.saturating_sub(spent) / count;
        if each > found.dearest.1 {
            found.dearest = (kind, each);
        }
        found.most = found.most.max(program.resident_mib()?);
    }
    Ok(())
}

/// Sends many of the largest that are read to their end at once.
async fn all_at_once(
    program: &Program,
    client: &Client,
    bodies: &[Body],
    found: &mut Found,
) -> io::Result<()> {
    let largest =
        bodies.iter().filter(|body| body.bytes.len() <= LARGEST).max_by_key(|body| body.bytes.len());
    let largest = largest.ok_or_else(|| io::Error::other("there are no bodies"))?;
    let request = largest.request(program.address);
    let sending = together(AT_ONCE, |_| {
        let (client, request) = (client.clone(), request.clone());
        async move { client.exchange(&request).await.is_ok_and(|response| corpus::refuses(&response)) }
    });
    tokio::pin!(sending);
    let mut looks = interval(Duration::from_millis(2));
    let samples = loop {
        tokio::select! {
            samples = &mut sending => break samples,
            _ = looks.tick() => found.most = found.most.max(program.resident_mib()?),
        }
    };
    found.taken.extend(samples.iter().filter(|sample| !sample.outcome).map(|_| "at once"));
    Ok(())
}

/// Whether the answer is a refusal. Of a body that is larger than is read, so is a connection that ends while it is sent.
async fn is_refused(client: &Client, program: &Program, body: &Body) -> bool {
    match client.exchange(&body.request(program.address)).await {
        Ok(response) => corpus::refuses(&response),
        Err(_) => body.bytes.len() > LARGEST,
    }
}

fn judge(found: &Found, patience: u32) -> Verdict {
    let mut taken = found.taken.clone();
    taken.dedup();
    Verdict::default()
        .note(format!("{} bodies {} times, and {AT_ONCE} at once", found.bodies, found.rounds))
        .exactly(&format!("not refused {taken:?}"), found.taken.len(), 0)
        .within(
            &format!("processor time of one ({})", found.dearest.0),
            found.dearest.1,
            Duration::from_millis(50) * patience,
        )
        .note(format!("slowest answer {:.1} ms", found.slowest.as_secs_f64() * 1e3))
        .exactly("at the API", found.at_api, 0)
        .at_most("MiB more", found.most - found.base, 64.0)
        .holds("serves afterwards", found.serves)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        let good = Found {
            bodies: 2000,
            rounds: 5,
            taken: Vec::new(),
            dearest: ("keys", Duration::from_millis(50)),
            slowest: Duration::ZERO,
            at_api: 0,
            base: 40.0,
            most: 104.0,
            serves: true,
        };
        assert!(judge(&good, 1).passes());
        for bad in [
            Found { taken: vec!["keys"], ..good.clone() },
            Found { dearest: ("keys", Duration::from_millis(51)), ..good.clone() },
            Found { at_api: 1, ..good.clone() },
            Found { most: 104.1, ..good.clone() },
            Found { serves: false, ..good },
        ] {
            assert!(!judge(&bad, 1).passes(), "{bad:?}");
        }
    }
}
