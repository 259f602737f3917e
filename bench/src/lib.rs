//! Checks of the program as a process: what becomes of calls when the API, the disk or the program itself fails.
//!
//! A check starts the compiled program with settings of its own against a scripted API ([`upstream`]), drives it as clients
//! would ([`load`], [`client`]), and compares what the API saw with what callers were told and what the journal holds. What
//! must hold is a plain function of the figures ([`verdict`]), so that it is tested with figures just inside and just outside. What it
//! costs is measured beside something that costs the least that it can ([`cost`]), and beside what others offer ([`compare`]).

pub mod command;
pub mod checks;
pub mod rig;
pub mod verdict;

pub mod program;
pub mod journal;
pub mod upstream;
pub mod faults;
pub mod full_disk;
pub mod redis;
pub mod balancer;
pub mod client;
pub mod callers;
pub mod streams;
pub mod load;

pub mod sim;
pub mod cost;
pub mod access;
pub mod issuer;

pub mod compare;
pub mod counts;

pub mod ports;
pub mod progress;
pub mod scratch;
