//! Keeps the connection: makes it, looks every second whether it is still the same Redis, and tries again when it is lost.

use std::sync::Weak;
use std::time::Duration;

use tokio::time::timeout;

use super::Away;
use super::epoch;
use super::shared::Shared;

/// How often is looked.
const EVERY: Duration = Duration::from_secs(1);
/// The pauses between attempts to connect: each twice the one before. With what an attempt takes, Redis is used again within
/// five seconds of its return.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
/// How long the first questions may take.
const PATIENCE: Duration = Duration::from_secs(1);

/// Works until nobody holds the link any more.
pub(super) async fn keep(link: Weak<Shared>) {
    let mut pause = FIRST_PAUSE;
    loop {
        let Some(shared) = link.upgrade() else { return };
        let is_here = match shared.here() {
            Some(_) => look(&shared).await,
            None => join(&shared).await,
        };
        let wanted = shared.wanted.clone();
        drop(shared);
        if is_here {
            pause = FIRST_PAUSE;
            // A question that failed, or an epoch that is over, is no reason to wait.
            let _ = timeout(EVERY, wanted.notified()).await;
        } else {
            tokio::time::sleep(pause.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }
}

/// Connects and joins the epoch. Whether that could be done.
async fn join(shared: &Shared) -> bool {
    let joining = async {
        let mut connection = shared.connect().await?;
        let epoch = epoch::join(&mut connection, &shared.prefix).await?;
        Ok::<_, Away>((connection, epoch))
    };
    let joined = timeout(2 * PATIENCE, joining).await;
    match joined.unwrap_or_else(|_| Err(Away::new("it gave no answer to the first questions"))) {
        Ok((connection, epoch)) => {
            shared.arrived(connection, epoch);
            true
        }
        Err(why) => {
            shared.refused(why);
            false
        }
    }
}

/// Looks whether it is still the Redis that it was, and joins anew where it is not. Whether it can be asked.
async fn look(shared: &Shared) -> bool {
    let Some((mut connection, epoch)) = shared.here() else { return false };
    match timeout(PATIENCE, epoch::lasts(&mut connection, &shared.prefix, &epoch)).await {
        Ok(Ok(true)) => true,
        Ok(Ok(false)) => join(shared).await,
        Ok(Err(why)) => {
            shared.failed(why, true);
            false
        }
        Err(_) => {
            shared.failed(Away::new("it gave no answer to a look"), true);
            false
        }
    }
}
