//! Rules as they were read, checked against the schema, and what they decide.

use std::sync::{Arc, OnceLock};

use cedar_policy::ffi::DetailedError;
use cedar_policy::{
    ActionConstraint, Authorizer, Context, Decision, ParseErrors, Policy, PolicyId, PolicySet,
    PrincipalConstraint, Request, Response,
};
use quick_cache::sync::Cache;
use serde_json::Value;

use super::broad::broad;
use super::check;
use super::facts::{pairs, write_record};
use super::held::{self, Held, Kind};
use super::question::{Facts, Question};
use super::reads::Reads;
use super::shape::Unfit;
use super::source::Source;
use super::world::World;
use crate::catalog::Effect;
use crate::start_error::StartError;

/// How many decisions are remembered.
const DECISIONS: usize = 10_000;
/// How many lists of tools are.
const LISTS: usize = 1_000;

/// A set of rules.
pub(super) struct Rules {
    /// As they were written.
    pub(super) text: String,
    pub(super) set: PolicySet,
    /// The same made broad.
    broad: PolicySet,
    /// What is read for each action.
    reads: Vec<Reads>,
    /// What of a caller is read to decide what it may use at all.
    listing: held::Reads,
    decisions: Cache<Box<[u8]>, bool>,
    lists: Cache<Box<[u8]>, Arc<Usable>>,
    owner: Only,
    anonymous: Only,
}

/// What is remembered of a caller of whose kind there is one, the owner or whoever is unnamed: found without a name for it.
struct Only {
    usable: OnceLock<Usable>,
    /// Of each action, the decision where nothing of the call is read.
    decisions: Vec<OnceLock<bool>>,
}

impl Only {
    fn among(actions: usize) -> Self {
        Self { usable: OnceLock::new(), decisions: (0..actions).map(|_| OnceLock::new()).collect() }
    }
}

/// The places of the tools that a caller may use with some arguments.
pub(super) type Usable = Vec<bool>;

impl Rules {
    /// Reads rules, of which this is the text. An error is one line that names the place.
    pub(super) fn read(text: &str, source: &Source, world: &World) -> Result<Self, StartError> {
        let place = source.place();
        let at = |error: &DetailedError| StartError::new(format!("{place}{}", check::told(text, error)));
        let set: PolicySet = text.parse().map_err(|errors: ParseErrors| at(&DetailedError::from(&errors)))?;
        if let Some(template) = set.templates().next() {
            return Err(StartError::new(format!(
                "{place}: {} has a slot, which nobody fills here: name whom it is about",
                name_of(&set, template.id())
            )));
        }
        names_are_unique(&set, &place)?;
        check::fit(&set, text, source, world)?;
        Self::prepared(text, set, world).map_err(|what| StartError::new(format!("{place}: {what}")))
    }

    fn prepared(text: &str, set: PolicySet, world: &World) -> Result<Self, String> {
        let mut written: Vec<(&Policy, Value)> = Vec::new();
        for policy in set.policies() {
            written.push((policy, policy.to_json().map_err(|error| error.to_string())?));
        }
        let broadened = written.iter().map(|(policy, rule)| {
            Policy::from_json(Some(policy.id().clone()), broad(rule)).map_err(|error| error.to_string())
        });
        let broad = PolicySet::from_policies(broadened.collect::<Result<Vec<_>, _>>()?)
            .map_err(|error| error.to_string())?;
        let reads: Vec<Reads> = (0..world.actions.len())
            .map(|action| {
                let about = written.iter().filter(|(policy, _)| is_about(policy, action, world));
                Reads::of(about.map(|(_, rule)| rule))
            })
            .collect();
        let mut listing = held::Reads::default();
        reads.iter().for_each(|reads| listing.add(reads.caller));
        let (decisions, lists) = (Cache::new(DECISIONS), Cache::new(LISTS));
        let only = || Only::among(world.actions.len());
        let (owner, anonymous) = (only(), only());
        Ok(Self { text: text.to_owned(), set, broad, reads, listing, decisions, lists, owner, anonymous })
    }

    /// Whether there is a rule that permits this action to somebody else than the owner of this machine.
    pub(super) fn permit(&self, action: usize, world: &World) -> bool {
        let is_for_others = |policy: &&Policy| {
            let whom = policy.principal_constraint();
            let is_owner = matches!(whom, PrincipalConstraint::Is(kind) if kind.to_string() == held::OWNER);
            policy.effect() == cedar_policy::Effect::Permit && !is_owner
        };
        self.set.policies().filter(is_for_others).any(|policy| is_about(policy, action, world))
    }

    /// What is read for an action.
    pub(super) fn reads(&self, action: usize) -> &Reads {
        &self.reads[action]
    }

    /// Whether this call is allowed, by what was decided before for one that is alike, or anew.
    pub(super) fn decide(&self, question: &Question<'_>, world: &World) -> Result<bool, Unfit> {
        let reads = self.reads(question.action);
        let only = self.only(question.held.kind()).filter(|_| reads.call.is_empty());
        let Some(only) = only.map(|only| &only.decisions[question.action]) else {
            return self.as_before(question, reads, world);
        };
        if let Some(decided) = only.get() {
            return Ok(*decided);
        }
        let decided = self.anew(question, &question.facts(reads, world)?, world);
        Ok(*only.get_or_init(|| decided))
    }

    /// What is remembered of callers of this kind, if there is one of it.
    fn only(&self, kind: Kind) -> Option<&Only> {
        match kind {
            Kind::LocalOwner => Some(&self.owner),
            Kind::Anonymous => Some(&self.anonymous),
            Kind::User | Kind::ApiKey => None,
        }
    }

    /// The same by what was decided for a call that is alike in all that is read, or anew.
    fn as_before(&self, question: &Question<'_>, reads: &Reads, world: &World) -> Result<bool, Unfit> {
        let mut key = Vec::with_capacity(128);
        key.extend((question.action as u64).to_be_bytes());
        question.held.write(reads.caller, &mut key);
        // Where nothing of the call is read its facts are always the same.
        let facts = if reads.call.is_empty() { None } else { Some(question.facts(reads, world)?) };
        if let Some(facts) = &facts {
            write_record(facts, &mut key);
        }
        if let Some(decided) = self.decisions.get(key.as_slice()) {
            return Ok(decided);
        }
        let facts = facts.map_or_else(|| question.facts(reads, world), Ok)?;
        let decided = self.anew(question, &facts, world);
        self.decisions.insert(key.into_boxed_slice(), decided);
        Ok(decided)
    }

    fn anew(&self, question: &Question<'_>, facts: &Facts<'_>, world: &World) -> bool {
        let context = Context::from_pairs(pairs(facts)).expect("facts are values");
        self.ask(&self.set, question.held, question.action, context, world).decision() == Decision::Allow
    }

    /// The same, anew, told these parts of the call, with the rules that decided.
    pub(super) fn judge(
        &self,
        question: &Question<'_>,
        reads: &Reads,
        world: &World,
    ) -> Result<Response, Unfit> {
        let context = Context::from_pairs(pairs(&question.facts(reads, world)?)).expect("facts are values");
        Ok(self.ask(&self.set, question.held, question.action, context, world))
    }

    /// Looks at what this caller may use with some arguments.
    pub(super) fn usable<T>(&self, held: &Held, world: &World, look: impl FnOnce(&Usable) -> T) -> T {
        match self.only(held.kind()) {
            Some(only) => look(only.usable.get_or_init(|| self.list(held, world))),
            None => look(&self.remembered_list(held, world)),
        }
    }

    /// What a caller may use, by what was found before for one who is alike in all that is read, or anew.
    fn remembered_list(&self, held: &Held, world: &World) -> Arc<Usable> {
        let mut key = Vec::with_capacity(128);
        held.write(self.listing, &mut key);
        if let Some(usable) = self.lists.get(key.as_slice()) {
            return usable;
        }
        let usable = Arc::new(self.list(held, world));
        self.lists.insert(key.into_boxed_slice(), Arc::clone(&usable));
        usable
    }

    fn list(&self, held: &Held, world: &World) -> Usable {
        (0..world.actions.len())
            .map(|action| {
                let response = self.ask(&self.broad, held, action, Context::empty(), world);
                let diagnostics = response.diagnostics();
                // One that fails here may not fail with what a call brings.
                let is_open = diagnostics.reason().next().is_none() && diagnostics.errors().next().is_some();
                response.decision() == Decision::Allow || (is_open && is_for(held, action, world))
            })
            .collect()
    }

    /// How many decisions and lists are remembered.
    #[cfg(test)]
    pub(super) fn remembered(&self) -> (usize, usize) {
        (self.decisions.len(), self.lists.len())
    }

    /// Asks Cedar. Nobody can give an anonymous caller more than reads, as the schema says.
    fn ask(&self, set: &PolicySet, held: &Held, action: usize, context: Context, world: &World) -> Response {
        if !is_for(held, action, world) {
            return Response::new(Decision::Deny, [].into(), Vec::new());
        }
        asked(set, held, action, context, world)
    }
}

/// Whether an action is for this kind of caller at all.
fn is_for(held: &Held, action: usize, world: &World) -> bool {
    held.kind() != Kind::Anonymous || world.tool(action).effect == Effect::Read
}

/// What Cedar says to a set of rules.
pub(super) fn asked(
    set: &PolicySet,
    held: &Held,
    action: usize,
    context: Context,
    world: &World,
) -> Response {
    let (caller, action) = (held.uid().clone(), world.actions[action].clone());
    let request = Request::new(caller, action, world.api.clone(), context, None)
        .expect("without a schema every request is one");
    Authorizer::new().is_authorized(&request, set, &world.among.with(held))
}

/// Whether a rule is about this action.
pub(super) fn is_about(policy: &Policy, action: usize, world: &World) -> bool {
    let uid = &world.actions[action];
    let is_in = |group| uid == group || world.among.common().is_ancestor_of(group, uid);
    match policy.action_constraint() {
        ActionConstraint::Any => true,
        ActionConstraint::Eq(only) => only == *uid,
        ActionConstraint::In(groups) => groups.iter().any(is_in),
    }
}

/// How people name a rule: by its `@id`, or by its place.
pub(super) fn name_of(set: &PolicySet, id: &PolicyId) -> String {
    let annotated = set.annotation(id, "id").or_else(|| set.template_annotation(id, "id"));
    annotated.map_or_else(|| format!("rule {} (it has no @id)", number(id)), str::to_owned)
}

/// The place of a rule among those that were read with it, counted from one.
pub(super) fn number(id: &PolicyId) -> usize {
    let place = id.to_string().trim_start_matches("policy").parse::<usize>();
    place.map_or(0, |place| place + 1)
}

fn names_are_unique(set: &PolicySet, place: &str) -> Result<(), StartError> {
    let mut names: Vec<&str> =
        set.policies().filter_map(|policy| set.annotation(policy.id(), "id")).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        Some(pair) => Err(StartError::new(format!("{place}: two rules have the @id {:?}", pair[0]))),
        None => Ok(()),
    }
}
