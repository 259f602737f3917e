//! A stateful stand-in for the CES REST API of Code Pipeline, for demonstrations, tests and benchmarks.
//!
//! It serves all 61 operations over a small shop held in memory, follows the rules of the real API where they are
//! known, has its quirks on purpose, plays scripted faults, and records every request that it receives.
//!
//! ```no_run
//! # async fn example() -> std::io::Result<()> {
//! use simulator::{Clock, Simulator};
//!
//! let simulator = Simulator::builder().clock(Clock::manual()).start().await?;
//! println!("CES at {} with token {}", simulator.url(), simulator.token());
//! simulator.clock().advance(std::time::Duration::from_secs(3));
//! simulator.shutdown().await;
//! # Ok(())
//! # }
//! ```

mod simulator;

mod clock;
mod fault;
mod record;

mod connection;
mod running;
mod service;

mod admission;
mod answer;
mod inquiry;
mod routes;
mod wire;

mod seed;
mod state;

pub use clock::Clock;
pub use fault::{Decision, Fault, FaultKind, Matching, Times};
pub use record::Received;
pub use routes::{Operation, operations};
pub use running::Running;
pub use simulator::{ADVERTISED_ORIGIN, Builder, DEMO_TOKEN, Simulator};
