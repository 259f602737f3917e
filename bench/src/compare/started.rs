//! A subject that was started and has answered once, and the callers that speak to it.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::drive::CONNECTIONS;
use super::process::{Launch, Running};
use super::session::{Caller, Session, Sessions};
use super::subject::Subject;
use super::wire::Wire;
use crate::ports;

/// Whoever takes longer to start does not start.
const PATIENCE: Duration = Duration::from_secs(60);
/// A first answer that does not come within this is asked for again.
const FIRST: Duration = Duration::from_secs(20);
/// Whole answers that are looked at before the load.
pub(super) const CHECKS: u64 = 3;

/// A subject that was started and answers.
pub(super) struct Started {
    pub(super) running: Running,
    pub(super) address: SocketAddr,
    pub(super) session: Session,
    pub(super) wire: Wire,
    /// How long after its start it answered.
    pub(super) after: Duration,
}

/// Starts it, and waits for its first answer. `how` changes how it is started.
pub(super) async fn start(
    subject: &Subject,
    folder: &Path,
    how: impl Fn(Launch) -> Launch,
) -> io::Result<Started> {
    let address = ports::free().await?;
    let launch = how(subject.launch(address.port())?);
    let begun = Instant::now();
    let mut running = Running::start(&launch, &folder.join(format!("{}.log", address.port())))?;
    loop {
        running.still_runs()?;
        let error = match timeout(FIRST, first_answer(subject, address)).await {
            Ok(Ok((session, wire))) => {
                return Ok(Started { running, address, session, wire, after: begun.elapsed() });
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "no answer came".to_owned(),
        };
        if begun.elapsed() > PATIENCE {
            return Err(io::Error::other(format!("it does not start: {error}: {}", running.last_words())));
        }
        sleep(Duration::from_millis(1)).await;
    }
}

/// The handshake, or the first call of a subject that has none.
async fn first_answer(subject: &Subject, address: SocketAddr) -> io::Result<(Session, Wire)> {
    let mut wire = Wire::open(address).await?;
    let session = Session::begin(address, &subject.dialect, &mut wire).await?;
    if subject.dialect.sessions == Sessions::None {
        session.caller(Wire::open(address).await?, 2).call(0).await?;
    }
    Ok((session, wire))
}

/// Callers on connections of their own. The first looks at whole answers.
pub(super) async fn callers(
    subject: &Subject,
    session: &Session,
    address: SocketAddr,
    wire: Wire,
) -> io::Result<Vec<Caller>> {
    let mut first = session.caller(wire, 2);
    for number in 0..CHECKS {
        first.check(number).await?;
    }
    let mut callers = vec![first];
    while callers.len() < CONNECTIONS {
        let (mut wire, id) = (Wire::open(address).await?, callers.len() + 2);
        let caller = match subject.dialect.sessions {
            Sessions::Each => Session::begin(address, &subject.dialect, &mut wire).await?.caller(wire, id),
            Sessions::One | Sessions::None => session.caller(wire, id),
        };
        callers.push(caller);
    }
    Ok(callers)
}
