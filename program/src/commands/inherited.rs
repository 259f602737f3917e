//! A socket that whoever started this program has bound already, as systemd does by a unit of sockets: it outlives the program, so
//! that nobody is refused while the program is started again, and several processes may accept from one.

use std::net::TcpListener;

use crate::refusal::Refusal;

/// The socket, if one was handed over (`LISTEN_PID`, `LISTEN_FDS`).
#[cfg(unix)]
pub(crate) fn listener() -> Result<Option<TcpListener>, Refusal> {
    let mut handed_over = listenfd::ListenFd::from_env();
    if handed_over.len() > 1 {
        return Err(Refusal::configuration(format!(
            "{} sockets were handed over (LISTEN_FDS): expected one that listens on TCP",
            handed_over.len()
        )));
    }
    let listener = handed_over.take_tcp_listener(0).map_err(|error| {
        Refusal::configuration(format!(
            "the socket that was handed over (LISTEN_FDS) is of another kind: expected one that listens on TCP, \
             as ListenStream=8080 makes it: {error}"
        ))
    })?;
    if let Some(listener) = &listener {
        listener.set_nonblocking(true).map_err(|error| {
            Refusal::failure(format!("the socket that was handed over cannot be used: {error}"))
        })?;
    }
    Ok(listener)
}

/// Nobody does so here.
#[cfg(not(unix))]
pub(crate) fn listener() -> Result<Option<TcpListener>, Refusal> {
    Ok(None)
}
