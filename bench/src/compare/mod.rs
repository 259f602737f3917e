//! The server beside its rivals: one document, one upstream, one load, one after another in interleaved rounds.
//!
//! Every subject is started anew for every turn ([`turn`]), so that a start is measured as often as a load, nobody but whom it is held
//! to is idle beside another's load, and a rival that serves one session per process is served as well. Nothing counts that was not answered
//! right: each call names something of its own, and its answer must hold what the upstream alone says of it ([`upstream`]).

pub mod command;
pub mod builds;
pub mod document;
pub mod upstream;

pub mod wire;
pub mod session;
pub mod process;
pub mod drive;

pub mod subject;
pub mod ours;
pub mod rivals;

mod started;
pub mod turn;
pub mod figures;
pub mod goals;
pub mod report;
