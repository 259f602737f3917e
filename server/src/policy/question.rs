//! A call as rules are asked about it.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::SystemTime;

use serde_json::{Map, Value};

use super::facts::{Fact, Moment};
use super::held::Held;
use super::reads::{Part, Reads};
use super::shape::{Case, Unfit};
use super::world::World;

/// A call.
pub(super) struct Question<'q> {
    /// Who calls.
    pub(super) held: &'q Held,
    /// The place of the tool.
    pub(super) action: usize,
    /// The arguments as given.
    pub(super) arguments: &'q Map<String, Value>,
    /// When.
    pub(super) time: SystemTime,
    /// From where, if that is known.
    pub(super) address: Option<IpAddr>,
    /// Who vouches for the caller.
    pub(super) provider: &'static str,
}

/// What rules are told: the members of a record.
pub(super) type Facts<'a> = BTreeMap<&'a str, Fact<'a>>;

impl Question<'_> {
    /// The parts of the call that are read, and no others: what is decided cannot depend on anything else.
    pub(super) fn facts<'a>(&self, reads: &'a Reads, world: &'a World) -> Result<Facts<'a>, Unfit> {
        let shape = &world.shapes[self.action];
        let moment = Moment(self.time);
        let (mut given, mut upper, mut time) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let mut facts = BTreeMap::new();
        for part in &reads.call {
            match part {
                Part::Address => {
                    facts.extend(self.address.map(|address| ("address", Fact::Address(address))));
                }
                Part::Provider => {
                    facts.insert("provider", Fact::Text(self.provider.to_owned()));
                }
                Part::Time(name) => time.extend(moment.part(name).map(|part| (*name, part))),
                Part::Argument(case, path) => {
                    let into = if *case == Case::Upper { &mut upper } else { &mut given };
                    shape.pick(self.arguments, path, *case, into)?;
                }
            }
        }
        facts.insert("arguments", Fact::Record(given));
        facts.insert("upper", Fact::Record(upper));
        facts.insert("time", Fact::Record(time));
        Ok(facts)
    }
}
