//! Objects: declared members, undeclared ones, gates, and how many there may be.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::place::Step;
use super::suggestion::{list, nearest, quote};
use super::{Decoder, Rest, Rule, characters, type_of};

/// The declared names of an object and what else it may hold.
#[derive(Clone, Copy, Debug)]
pub struct ObjectRule {
    /// The declared names, in the document's order.
    pub names: &'static [&'static str],
    /// What happens to undeclared names.
    pub undeclared: Undeclared,
    /// Names that the document declares but this program does not offer.
    pub hidden: &'static [&'static str],
    /// Names that need an open gate.
    pub gated: &'static [(&'static str, Gate)],
    /// The least number of members.
    pub min: u64,
    /// The greatest number of members.
    pub max: u64,
}

/// What a deployment can allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Callback addresses chosen by the caller: some callback host is allowed.
    Callbacks,
}

/// What happens to undeclared names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undeclared {
    /// Each is a problem.
    Refuse,
    /// They are kept, to be taken with [`Members::rest`] or [`Members::rest_of`].
    Keep,
}

impl ObjectRule {
    /// An object that holds nothing but these names.
    pub const fn closed(names: &'static [&'static str]) -> Self {
        Self { names, undeclared: Undeclared::Refuse, hidden: &[], gated: &[], min: 0, max: u64::MAX }
    }
}

/// The members of one object that are not taken yet.
#[derive(Debug)]
pub struct Members {
    left: Map<String, Value>,
    given: u64,
    rule: &'static ObjectRule,
}

impl Decoder<'_> {
    /// Opens an object; `None` means that the value is none, which is then a reported problem.
    pub fn object(&mut self, value: Value, rule: &'static ObjectRule) -> Option<Members> {
        let Value::Object(mut left) = value else {
            self.push("type", format!("expected an object, got {}", type_of(&value)));
            return None;
        };
        let given = left.len() as u64;
        self.close_gates(&mut left, rule);
        Some(Members { left, given, rule })
    }

    fn close_gates(&mut self, members: &mut Map<String, Value>, rule: &'static ObjectRule) {
        for (name, gate) in rule.gated {
            let closed = match gate {
                Gate::Callbacks => self.callback_hosts().is_empty(),
            };
            if closed && members.shift_remove(*name).is_some() {
                let message =
                    "not permitted: this deployment allows no callback hosts (setting WEBHOOK_ALLOWED_HOSTS)";
                self.push_at(Step::Name(name), "gate", message.to_owned());
            }
        }
    }
}

/// Decodes a member. Not written out in every place that calls it: a program has thousands of them.
#[inline(never)]
fn below<R: Rule>(at: &mut Decoder<'_>, name: &'static str, value: Value, rule: &R) -> Option<R::Output> {
    let decoded = if at.descend(Step::Name(name)) { rule.decode(value, at) } else { None };
    at.ascend();
    decoded
}

impl Members {
    /// Takes a member that must be there.
    #[inline(never)]
    pub fn required<R: Rule>(
        &mut self,
        at: &mut Decoder<'_>,
        name: &'static str,
        rule: &R,
    ) -> Option<R::Output> {
        match self.left.shift_remove(name) {
            Some(value) => below(at, name, value, rule),
            None => {
                self.miss(at, name);
                None
            }
        }
    }

    fn miss(&self, at: &mut Decoder<'_>, name: &'static str) {
        let message = match self.misspelt(name) {
            Some(given) => format!("required and missing; {} was given instead", quote(given)),
            None => "required and missing".to_owned(),
        };
        at.push_at(Step::Name(name), "required", message);
    }

    /// Takes a member that may be absent. The outer `None` means that a problem was pushed.
    #[inline(never)]
    pub fn optional<R: Rule>(
        &mut self,
        at: &mut Decoder<'_>,
        name: &'static str,
        rule: &R,
    ) -> Option<Option<R::Output>> {
        let Some(value) = self.left.shift_remove(name) else { return Some(None) };
        below(at, name, value, rule).map(Some)
    }

    /// Takes all undeclared members as they are.
    pub fn rest(&mut self, at: &mut Decoder<'_>) -> Rest {
        let members = self.take_undeclared(at);
        for (key, value) in &members {
            at.enter(Step::Key(key.clone()), |at| super::checked::scan(value, at).then_some(()));
        }
        members
    }

    /// Takes all undeclared members, each by the rule.
    pub fn rest_of<R: Rule>(
        &mut self,
        at: &mut Decoder<'_>,
        rule: &R,
    ) -> Option<IndexMap<String, R::Output>> {
        let members = self.take_undeclared(at);
        super::collection::entries(members, at, rule)
    }

    fn take_undeclared(&mut self, at: &mut Decoder<'_>) -> Rest {
        let hidden = self.rule.hidden;
        let (kept, refused): (Rest, Rest) =
            std::mem::take(&mut self.left).into_iter().partition(|(key, _)| !hidden.contains(&key.as_str()));
        self.left = refused;
        for key in kept.keys() {
            if let Some(refused) = characters::refused(key, false) {
                at.push("characters", format!("the name {} holds a {refused}", quote(key)));
            }
        }
        kept
    }

    /// Closes the object: undeclared names and the number of members are judged. `None` means a problem was
    /// pushed.
    pub fn finish(self, at: &mut Decoder<'_>) -> Option<()> {
        let mut fine = true;
        let Self { left, given, rule } = self;
        for key in left.into_iter().map(|(key, _)| key) {
            fine = false;
            let message = unknown(&key, rule);
            at.push_at(Step::Key(key), UNDECLARED, message);
        }
        if given < rule.min {
            fine = false;
            at.push("minProperties", format!("at least {} members are needed, {given} were given", rule.min));
        }
        if given > rule.max {
            fine = false;
            at.push(
                "maxProperties",
                format!("at most {} members are accepted, {given} were given", rule.max),
            );
        }
        fine.then_some(())
    }

    /// An undeclared name that was given and resembles this one.
    fn misspelt(&self, name: &str) -> Option<&str> {
        if self.left.len() > 64 {
            return None;
        }
        self.left
            .keys()
            .map(String::as_str)
            .find(|given| !self.rule.names.contains(given) && nearest(given, [name]).is_some())
    }
}

/// The rule that a name breaks which is not declared.
pub(super) const UNDECLARED: &str = "additionalProperties";
const NONE: &str = "unknown name; no names are accepted here";
const ACCEPTED: &str = "unknown name; accepted are ";

fn unknown(key: &str, rule: &ObjectRule) -> String {
    if rule.hidden.contains(&key) {
        return "is not offered by this server; leave it out".to_owned();
    }
    match nearest(key, rule.names.iter().copied()) {
        Some(name) => meant(name),
        None if rule.names.is_empty() => NONE.to_owned(),
        None => format!("{ACCEPTED}{}", list(rule.names)),
    }
}

fn meant(name: &str) -> String {
    format!("unknown name; did you mean `{name}`?")
}

/// The same message where these names are accepted besides those that it speaks of.
pub(super) fn unknown_besides(key: &str, message: &str, names: &[&str]) -> String {
    let is_list = message.starts_with(ACCEPTED);
    if message != NONE && !is_list {
        return message.to_owned();
    }
    match nearest(key, names.iter().copied()) {
        Some(name) => meant(name),
        None if is_list => format!("{message}, and besides {}", list(names)),
        None => format!("{ACCEPTED}{}", list(names)),
    }
}
