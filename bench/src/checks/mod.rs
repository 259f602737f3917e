//! The checks, each in a file of its own: what is done, what is found, and the rule by which what was found is judged.

mod r04;
mod r05;
mod r06;
mod r07;
mod r08;
mod r09;
mod r10;
mod r11;
mod r12;
mod r13;
mod r14;
mod r15;
mod r16;
mod r18;
mod r19;
mod r20;

use std::future::Future;
use std::io;
use std::pin::Pin;

use crate::rig::Rig;
use crate::verdict::Verdict;

/// A check that is running; an error says why it could not.
pub type Running = Pin<Box<dyn Future<Output = io::Result<Verdict>>>>;

/// A check.
#[derive(Debug)]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// What must hold, in a few words.
    pub about: &'static str,
    /// Does it.
    pub run: fn(Rig) -> Running,
}

/// Every check, in the order in which they are run.
pub const CHECKS: &[Check] = &[
    Check { name: "R4", about: "reads through faults", run: |rig| Box::pin(r04::run(rig)) },
    Check { name: "R5", about: "no change twice", run: |rig| Box::pin(r05::run(rig)) },
    Check { name: "R6", about: "no record lost by a kill", run: |rig| Box::pin(r06::run(rig)) },
    Check { name: "R7", about: "a full disk under the journal", run: |rig| Box::pin(r07::run(rig)) },
    Check {
        name: "R8",
        about: "one deployment asked for a hundred times",
        run: |rig| Box::pin(r08::run(rig)),
    },
    Check { name: "R9", about: "an orderly end", run: |rig| Box::pin(r09::run(rig)) },
    Check { name: "R10", about: "two programs started again in turn", run: |rig| Box::pin(r10::run(rig)) },
    Check { name: "R11", about: "an outage of the API and its end", run: |rig| Box::pin(r11::run(rig)) },
    Check { name: "R12", about: "three servers without their Redis", run: |rig| Box::pin(r12::run(rig)) },
    Check { name: "R13", about: "one request for many callers", run: |rig| Box::pin(r13::run(rig)) },
    Check { name: "R14", about: "streams that stand and say nothing", run: |rig| Box::pin(r14::run(rig)) },
    Check { name: "R15", about: "clients that take their time", run: |rig| Box::pin(r15::run(rig)) },
    Check { name: "R16", about: "bodies that mean harm", run: |rig| Box::pin(r16::run(rig)) },
    Check { name: "R18", about: "a quota under ten times its load", run: |rig| Box::pin(r18::run(rig)) },
    Check { name: "R19", about: "an hour of everything", run: |rig| Box::pin(r19::run(rig)) },
    Check { name: "R20", about: "simulated faults and interleavings", run: |rig| Box::pin(r20::run(rig)) },
];
