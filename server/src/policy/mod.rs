//! Who may do what: rules in Cedar over callers, tools and typed arguments.
//!
//! What it promises: no rule means no, and a rule that forbids wins; rules that do not fit the tools are never in force; a
//! decision depends on nothing that the rules do not name, and is remembered by exactly that; a caller is made into what rules
//! read once, not for each call.

mod world;
mod schema;
mod shape;

mod held;
mod among;
mod facts;
mod question;

mod check;
mod rules;
mod reads;
mod broad;

mod source;
mod reload;
mod explanation;

#[cfg(test)]
mod tests;

use std::fmt;
use std::net::IpAddr;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use arc_swap::ArcSwap;
use quick_cache::sync::Cache;
use serde_json::{Map, Value};
use tokio::sync::watch;

use crate::call::{Call, Caller};
use crate::catalog::{Api, Tool};
use crate::digest;
use crate::start_error::StartError;
use held::Held;
use question::Question;
use rules::Rules;
use world::World;

pub use explanation::Explanation;
pub use reload::Reload;
pub use source::{OwnRules, Source};

/// How many callers are kept as rules see them.
const CALLERS: usize = 1_000;

/// What holds where a program brings no rules of its own.
pub const DEFAULT: &str = include_str!("default.cedar");

/// The rules, and what they may read besides.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The rules.
    pub source: Source,
    /// Values that rules treat with more care, such as the levels of production: `resource.protected_levels`, in upper case.
    pub protected_levels: Vec<String>,
    /// Whether somebody who names nobody may read: `resource.anonymous_reads`.
    pub anonymous_reads: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self { source: Source::Text(DEFAULT), protected_levels: Vec::new(), anonymous_reads: false }
    }
}

/// What is decided about a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be made.
    Allowed,
    /// It may not be made with these arguments, or not now or from here.
    Refused,
    /// The caller may not use the tool at all, and is not told that there is one.
    Hidden,
    /// Its arguments are not what the tool takes, so nothing can be decided by them: it may go on to where they are refused.
    Unfit,
}

/// The rules in force. Copies are handles of the same.
#[derive(Clone)]
pub struct Policies(Arc<Shared>);

struct Shared {
    world: World,
    settings: Settings,
    rules: ArcSwap<Rules>,
    /// What came of reading the file the last time.
    seen: Mutex<Result<String, StartError>>,
    /// How often other rules came into force; told to whoever waits for that.
    changes: watch::Sender<u64>,
    callers: Cache<[u8; 32], Arc<Held>>,
    owner: Held,
    anonymous: Held,
}

impl fmt::Debug for Policies {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Policies({})", self.0.settings.source.place())
    }
}

impl Policies {
    /// The rules for the tools of this API; an error is one line that says what is wrong, and where.
    pub fn new(api: &'static Api, mut settings: Settings) -> Result<Self, StartError> {
        settings.protected_levels.iter_mut().for_each(|level| *level = level.to_uppercase());
        let world = World::new(api, &settings)?;
        let text = settings.source.read()?;
        let rules = Rules::read(&text, &settings.source, &world)?;
        let [owner, anonymous] = [Caller::LocalOwner, Caller::Anonymous].map(|caller| Held::of(&caller));
        Ok(Self(Arc::new(Shared {
            world,
            settings,
            rules: ArcSwap::from_pointee(rules),
            seen: Mutex::new(Ok(text)),
            changes: watch::Sender::new(0),
            callers: Cache::new(CALLERS),
            owner,
            anonymous,
        })))
    }

    /// The schema that rules are checked against, as Cedar writes schemas.
    pub fn schema(&self) -> &str {
        &self.0.world.text
    }

    /// The rules in force, as they were written.
    pub fn text(&self) -> String {
        self.rules().text.clone()
    }

    /// Checks the rules in force against the schema, whatever is known of them, and gives the proof of it for [`OwnRules`]: none
    /// where something is odd, which goes to the log.
    pub fn check(&self) -> Result<String, StartError> {
        let Shared { world, settings, .. } = &*self.0;
        let rules = self.rules();
        let odd = check::warnings(&rules.set, &rules.text, &settings.source, world)?;
        odd.iter().for_each(|warning| tracing::warn!("{warning}"));
        Ok(if odd.is_empty() { digest::hex(&check::name(&rules.text, world)) } else { String::new() })
    }

    /// Whether a proof beside the rules in force says that they were checked, so that a start need not do it; nothing where there
    /// is no such thing, as for the rules of a file.
    pub fn is_proved(&self) -> Option<bool> {
        let Shared { world, settings, .. } = &*self.0;
        let proof = matches!(settings.source, Source::Own(_)).then(|| settings.source.proof().trim());
        proof.map(|proof| proof == digest::hex(&check::name(&self.rules().text, world)))
    }

    /// The tools that no rule permits to anybody but the owner of this machine, by name.
    pub fn unpermitted(&self) -> Vec<&'static str> {
        let Shared { world, .. } = &*self.0;
        let rules = self.rules();
        let is_permitted = |action: usize| rules.permit(action, world);
        let places = (0..world.tools.len()).filter(|action| !is_permitted(*action));
        places.map(|action| world.tool(action).name).collect()
    }

    /// Where the rules come from.
    pub fn place(&self) -> String {
        self.0.settings.source.place()
    }

    /// The tools that rules can be about: those of the API, and the server's own whether they are offered or not.
    pub fn tools(&self) -> &[&'static Tool] {
        &self.0.world.tools
    }

    /// How many rules are in force.
    pub fn len(&self) -> usize {
        self.rules().set.num_of_policies()
    }

    /// Whether there is no rule, so that nothing is allowed.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Decides about a call at this time.
    pub fn decide(&self, call: &Call, time: SystemTime) -> Verdict {
        self.decide_for(&call.caller, call.tool, &call.arguments, call.address, time)
    }

    /// Decides about a call of this tool with these arguments, at this time and from this address.
    pub fn decide_for(
        &self,
        caller: &Caller,
        tool: &Tool,
        arguments: &Map<String, Value>,
        address: Option<IpAddr>,
        time: SystemTime,
    ) -> Verdict {
        let Shared { world, .. } = &*self.0;
        let Some(action) = world.place(tool.name) else { return Verdict::Hidden };
        let (rules, held) = (self.rules(), self.held(caller));
        let provider = provider(caller);
        let question = Question { held: &held, action, arguments, time, address, provider };
        match rules.decide(&question, world) {
            Ok(true) => Verdict::Allowed,
            _ if !rules.usable(&held, world, |usable| usable[action]) => Verdict::Hidden,
            Ok(false) => Verdict::Refused,
            Err(shape::Unfit) => Verdict::Unfit,
        }
    }

    /// Whether a caller may use a tool with some arguments, at some time, from somewhere.
    pub fn may_use(&self, caller: &Caller, tool: &Tool) -> bool {
        let Some(place) = self.0.world.place(tool.name) else { return false };
        self.rules().usable(&self.held(caller), &self.0.world, |usable| usable[place])
    }

    /// Of each of these tools, whether a caller may use it with some arguments.
    pub fn usable(&self, caller: &Caller, tools: &[&Tool]) -> Vec<bool> {
        let Shared { world, .. } = &*self.0;
        let places = tools.iter().map(|tool| world.place(tool.name));
        self.rules().usable(&self.held(caller), world, |usable| {
            places.map(|place| place.is_some_and(|place| usable[place])).collect()
        })
    }

    /// Reads the file of the rules again. What is wrong with it leaves the rules as they were, and is told. Nothing is done where
    /// the rules are no file's, or the file is as it was the last time, good or not, unless it is to be read `always`; then the
    /// answer is no.
    pub fn reload(&self, always: bool) -> Result<bool, StartError> {
        let Shared { world, settings, rules, seen, .. } = &*self.0;
        if !settings.source.is_file() {
            return Ok(false);
        }
        let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
        let read = settings.source.read();
        if !always && *seen == read {
            return Ok(false);
        }
        seen.clone_from(&read);
        let text = read?;
        let new = Arc::new(Rules::read(&text, &settings.source, world)?);
        let old = rules.swap(new);
        if old.text != text {
            self.0.changes.send_modify(|changes| *changes += 1);
        }
        Ok(true)
    }

    /// Tells when other rules have come into force; nothing where none ever do.
    pub(crate) fn changes(&self) -> Option<watch::Receiver<u64>> {
        self.0.settings.source.is_file().then(|| self.0.changes.subscribe())
    }

    /// How a call is decided, and by which rules.
    pub fn explain(&self, call: &Call, time: SystemTime) -> Explanation {
        let Shared { world, .. } = &*self.0;
        let (rules, held) = (self.rules(), self.held(&call.caller));
        let verdict = self.decide(call, time);
        let Some(action) = world.place(call.tool.name) else { return Explanation::of(verdict) };
        let (arguments, address, provider) = (&call.arguments, call.address, provider(&call.caller));
        let question = Question { held: &held, action, arguments, time, address, provider };
        Explanation::of(verdict).by(&rules, &question, world)
    }

    fn rules(&self) -> impl Deref<Target = Arc<Rules>> {
        self.0.rules.load()
    }

    /// The caller as rules see it.
    fn held(&self, caller: &Caller) -> Seen<'_> {
        match caller {
            Caller::LocalOwner => Seen::Always(&self.0.owner),
            Caller::Anonymous => Seen::Always(&self.0.anonymous),
            Caller::Known(principal) => {
                let rights = principal.rights();
                Seen::Shared(self.0.callers.get(rights).unwrap_or_else(|| {
                    let held = Arc::new(Held::of(caller));
                    self.0.callers.insert(*rights, Arc::clone(&held));
                    held
                }))
            }
        }
    }
}

/// A caller that was made into what rules read.
enum Seen<'a> {
    /// One that there always is.
    Always(&'a Held),
    /// One of many, which whoever comes again finds.
    Shared(Arc<Held>),
}

impl Deref for Seen<'_> {
    type Target = Held;

    fn deref(&self) -> &Held {
        match self {
            Self::Always(held) => held,
            Self::Shared(held) => held,
        }
    }
}

/// Who vouches for a caller, in a word.
fn provider(caller: &Caller) -> &'static str {
    caller.principal().map_or("none", |principal| principal.identity().provider)
}
