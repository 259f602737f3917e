//! The process itself: its memory is its own, and signals end it in order.

use std::io;

use server::journal::Journal;
use tokio_util::sync::CancellationToken;

use crate::telemetry::Volume;
#[cfg(unix)]
use crate::telemetry::Wanted;

/// Keeps the process's memory, which holds credentials, out of core dumps and from other processes of the
/// same user.
pub(crate) fn keep_memory_private() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, set_dumpable_behavior};
        // A system that does not allow it is no reason not to serve.
        let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    }
}

/// A token that is cancelled by the first SIGTERM or SIGINT. A second one ends the process at once, as soon as the journal
/// is on the disk: whoever sends it does not want to wait any longer.
///
/// The task that listens lives as long as the process, and nothing waits for it.
#[cfg(unix)]
pub(crate) fn shutdown_on_signal(journal: Option<Journal>) -> io::Result<CancellationToken> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let shutdown = CancellationToken::new();
    let first = shutdown.clone();
    tokio::spawn(async move {
        let mut next = async || {
            tokio::select! {
                _ = terminate.recv() => SignalKind::terminate(),
                _ = interrupt.recv() => SignalKind::interrupt(),
            }
        };
        next().await;
        tracing::info!("stopping: calls in progress come to their end; a second signal stops at once");
        first.cancel();
        let signal = next().await;
        tracing::warn!("stopped at once, by a second signal");
        close(journal);
        std::process::exit(128 + signal.as_raw_value());
    });
    Ok(shutdown)
}

/// Does this at each SIGHUP, on a thread where it may take its time. The task that listens lives as long as the process, and
/// nothing waits for it.
#[cfg(unix)]
pub(crate) fn on_hangup(reload: impl Fn() + Clone + Send + 'static) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut hangup = signal(SignalKind::hangup())?;
    tokio::spawn(async move {
        while hangup.recv().await.is_some() {
            // A panic there is told by whoever panics, and leaves everything as it was.
            let _ = tokio::task::spawn_blocking(reload.clone()).await;
        }
    });
    Ok(())
}

/// Has one step more logged at each SIGUSR1, and as much as is configured at SIGUSR2 and when the time for something else is over.
/// The task that listens lives as long as the process, and nothing waits for it.
#[cfg(unix)]
pub(crate) fn adjust_log(volume: Volume) -> io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut more = signal(SignalKind::user_defined1())?;
    let mut usual = signal(SignalKind::user_defined2())?;
    tokio::spawn(volume.follow(async move || {
        tokio::select! {
            more = more.recv() => more.map(|()| Wanted::More),
            usual = usual.recv() => usual.map(|()| Wanted::Usual),
        }
    }));
    Ok(())
}

/// There are no such signals here, and the time is over all the same.
#[cfg(not(unix))]
pub(crate) fn adjust_log(volume: Volume) -> io::Result<()> {
    tokio::spawn(volume.follow(async || std::future::pending().await));
    Ok(())
}

/// There is no such signal here; a changed file is read all the same.
#[cfg(not(unix))]
pub(crate) fn on_hangup(_: impl Fn() + Clone + Send + 'static) -> io::Result<()> {
    Ok(())
}

fn close(journal: Option<Journal>) {
    if let Some(journal) = journal {
        journal.close();
    }
}

/// A token that is cancelled by Ctrl-C; a second one ends the process at once.
#[cfg(not(unix))]
pub(crate) fn shutdown_on_signal(journal: Option<Journal>) -> io::Result<CancellationToken> {
    let shutdown = CancellationToken::new();
    let first = shutdown.clone();
    tokio::spawn(async move {
        // An error means that no signal can be received; then none will stop the server.
        if tokio::signal::ctrl_c().await.is_ok() {
            first.cancel();
            if tokio::signal::ctrl_c().await.is_ok() {
                close(journal);
                std::process::exit(130);
            }
        }
    });
    Ok(shutdown)
}
