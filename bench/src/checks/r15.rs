//! R15: many clients take their time: some to send a head, some to send a body, some to read what they asked for. They are left
//! when their time is over, cost little memory, and others are served as before.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::OnceLock;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::join;
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, interval, sleep, timeout};

use crate::client::{Client, ToolCall};
use crate::load::{Sample, on_one_thread, open_loop, percentile};
use crate::program::{Program, Settings};
use crate::rig::Rig;
use crate::upstream::{Act, Exchange, Upstream, answer, done};
use crate::verdict::Verdict;

/// What one of those who read slowly takes in a second, and what it asked for has in all.
const SLOWLY: usize = 1000;
const LARGE: usize = 1 << 20;
/// Begins the markers of what they ask for.
const OF_READERS: &str = "LARGE";
/// Calls a second of those who do not take their time.
const RATE: f64 = 100.0;
/// Less than this is what any machine takes now and then: in a full run, and in a short one by a program that is compiled for tests and
/// takes a tenth of a second for each large answer.
const NOTHING: (Duration, Duration) = (Duration::from_millis(5), Duration::from_millis(500));

/// What was found.
#[derive(Clone, Copy, Debug)]
struct Found {
    heads: usize,
    bodies: usize,
    readers: usize,
    /// When the last of them was left, and how many were never.
    heads_left_in: Duration,
    bodies_left_in: Duration,
    kept: usize,
    /// What a head and a body may take.
    head: Duration,
    body: Duration,
    /// Memory before and at most, in MiB.
    base: f64,
    most: f64,
    /// Calls of others, those that were done, and the p99 before and meanwhile.
    calls: usize,
    done: usize,
    before: Duration,
    meanwhile: Duration,
}

pub(super) async fn run(rig: Rig) -> io::Result<Verdict> {
    let (head, body) = rig.choose((10, 30), (2, 5));
    let (heads, bodies, readers) = rig.choose((1000, 500, 500), (100, 50, 20));
    let upstream = Upstream::start(script).await?;
    let settings = Settings::new(&upstream.url())
        .set("SECURITY_MAX_CONNECTIONS", 4096)
        .set("API_CONCURRENT_REQUESTS", 1024)
        .set("SECURITY_HEAD_TIMEOUT", head)
        .set("SECURITY_BODY_TIMEOUT", body);
    let program = Program::start(&rig.program, &settings).await?;
    let (head, body) = (Duration::from_secs(head), Duration::from_secs(body));
    let before = normal(program.address, "R15: before", rig.choose(1500, 200)).await?;
    let base = program.resident_mib()?;

    let (address, count) = (program.address, rig.choose(3000, 400));
    let (ended, calls_ended) = oneshot::channel::<()>();
    let slow = on_one_thread(move || async move {
        let mut reading = JoinSet::new();
        for number in 0..readers {
            reading.spawn(read_slowly(address, number));
        }
        let slow_heads = left_in(heads, head * 3, || send_slowly(address, "Host: "));
        let slow_bodies = left_in(bodies, body * 3, || send_slowly(address, "Content-Length: 9999\r\n\r\n"));
        let left = join!(slow_heads, slow_bodies);
        // An error says too that they have ended.
        let _ = calls_ended.await;
        reading.shutdown().await;
        Ok(left)
    });
    let calls = async {
        let calls = normal(address, "R15: meanwhile", count).await;
        drop(ended);
        calls
    };
    let (most, (left, calls)) = watched(&program, async { join!(slow, calls) }).await?;
    let (((heads_left_in, heads_kept), (bodies_left_in, bodies_kept)), calls) = (left?, calls?);
    let found = Found {
        heads,
        bodies,
        readers,
        heads_left_in,
        bodies_left_in,
        kept: heads_kept + bodies_kept,
        head,
        body,
        base,
        most,
        calls: calls.len(),
        done: calls.iter().filter(|call| call.outcome).count(),
        before: p99(&before),
        meanwhile: p99(&calls),
    };
    Ok(judge(found, rig.choose(NOTHING.0, NOTHING.1), rig.patience()))
}

fn script(exchange: &Exchange) -> Act {
    if !exchange.marker.contains(OF_READERS) {
        return done(&exchange.marker);
    }
    large().clone()
}

/// Made once: the API is no part of what is looked at, and shares the machine with it.
fn large() -> &'static Act {
    static LARGEST: OnceLock<Act> = OnceLock::new();
    LARGEST.get_or_init(|| {
        let task = format!(r#"{{"taskId":"{}"}}"#, "7".repeat(100));
        let tasks = vec![task.as_str(); LARGE / task.len()].join(",");
        answer(200, "", &format!(r#"{{"setId":"S000000001","message":"","tasks":[{tasks}]}}"#))
    })
}

/// Calls of somebody who does not take time, and whether each was done. With a thread of their own, as the slow ones have another: they
/// shall wait for the server, and not for those who take its time from here.
async fn normal(address: SocketAddr, what: &'static str, count: usize) -> io::Result<Vec<Sample<bool>>> {
    on_one_thread(move || async move {
        let client = Client::new(address);
        let call = |number| {
            let client = client.clone();
            async move { client.call(ToolCall::read(&format!("M{number}"))).await.is_done() }
        };
        Ok(open_loop(what, RATE, count, call).await)
    })
    .await
}

/// Does this, and says how many MiB the program had at most meanwhile.
async fn watched<T>(program: &Program, work: impl Future<Output = T>) -> io::Result<(f64, T)> {
    let (mut most, mut looks) = (0.0, interval(Duration::from_millis(100)));
    let mut work = pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return Ok((most, done)),
            _ = looks.tick() => most = program.resident_mib()?.max(most),
        }
    }
}

/// Does this so often at once; when the last was left, and how many were not in this time.
async fn left_in<R>(count: usize, longest: Duration, mut work: impl FnMut() -> R) -> (Duration, usize)
where
    R: Future<Output = io::Result<Duration>> + Send + 'static,
{
    let mut running = JoinSet::new();
    for _ in 0..count {
        running.spawn(timeout(longest, work()));
    }
    let ended = running.join_all().await;
    let left: Vec<Duration> =
        ended.iter().filter_map(|ended| ended.as_ref().ok()?.as_ref().ok()).copied().collect();
    (left.iter().max().copied().unwrap_or_default(), count - left.len())
}

/// Sends a request up to here, then a byte a second, and says after what time it was left.
async fn send_slowly(address: SocketAddr, rest: &'static str) -> io::Result<Duration> {
    let mut stream = TcpStream::connect(address).await?;
    let begun = Instant::now();
    let host = if rest.ends_with("\r\n\r\n") { format!("Host: {address}\r\n") } else { String::new() };
    let head = format!("POST /mcp HTTP/1.1\r\n{host}Content-Type: application/json\r\n{rest}");
    stream.write_all(head.as_bytes()).await?;
    let mut answer = [0; 4096];
    loop {
        tokio::select! {
            read = stream.read(&mut answer) => match read {
                Ok(1..) => {}
                // A reset is an end too: what was sent meanwhile is not read.
                Ok(0) | Err(_) => return Ok(begun.elapsed()),
            },
            () = sleep(Duration::from_secs(1)) => {
                // It may just have been left; then there is an end to read.
                let _ = stream.write_all(b"1").await;
            }
        }
    }
}

/// Asks for much, and reads it slowly without end.
async fn read_slowly(address: SocketAddr, number: usize) -> io::Result<()> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(4096)?;
    let mut stream = socket.connect(address).await?;
    let request = ToolCall::read(&format!("{OF_READERS}{number}")).request(address, "");
    stream.write_all(&request).await?;
    let mut bytes = [0; SLOWLY];
    while stream.read(&mut bytes).await? > 0 {
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

fn p99(calls: &[Sample<bool>]) -> Duration {
    percentile(calls.iter().map(|call| call.took), 99.0)
}

fn judge(found: Found, nothing: Duration, patience: u32) -> Verdict {
    let second = Duration::from_secs(1) * patience;
    Verdict::default()
        .note(format!("{} heads, {} bodies, {} readers", found.heads, found.bodies, found.readers))
        .exactly("never left", found.kept, 0)
        .within("heads left in", found.heads_left_in, found.head + second)
        .within("bodies left in", found.bodies_left_in, found.body + second)
        .at_most("MiB more", found.most - found.base, 160.0)
        .exactly("calls of others done", found.done, found.calls)
        .note(format!("p99 before {:.1} ms", found.before.as_secs_f64() * 1e3))
        .within("p99 meanwhile", found.meanwhile, (found.before * 2).max(nothing) * patience)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: Found = Found {
        heads: 1000,
        bodies: 500,
        readers: 500,
        heads_left_in: Duration::from_secs(11),
        bodies_left_in: Duration::from_secs(31),
        kept: 0,
        head: Duration::from_secs(10),
        body: Duration::from_secs(30),
        base: 40.0,
        most: 200.0,
        calls: 3000,
        done: 3000,
        before: Duration::from_millis(5),
        meanwhile: Duration::from_millis(10),
    };

    #[test]
    fn the_bounds_themselves_pass_and_a_step_beyond_any_fails() {
        let step = Duration::from_millis(1);
        assert!(judge(GOOD, NOTHING.0, 1).passes());
        for bad in [
            Found { kept: 1, ..GOOD },
            Found { heads_left_in: GOOD.heads_left_in + step, ..GOOD },
            Found { bodies_left_in: GOOD.bodies_left_in + step, ..GOOD },
            Found { most: 200.1, ..GOOD },
            Found { done: 2999, ..GOOD },
            Found { meanwhile: GOOD.meanwhile + step, ..GOOD },
        ] {
            assert!(!judge(bad, NOTHING.0, 1).passes(), "{bad:?}");
        }
    }
}
