//! Why a call may be made or not: the rules that decided, and what the others would have needed.

use cedar_policy::{Context, Decision, Effect, Policy, PolicySet, PrincipalConstraint};
use serde_json::{Value, json};

use super::Verdict;
use super::facts::pairs;
use super::question::Question;
use super::rules::{Rules, asked, is_about, name_of, number};
use super::world::World;

/// Why a call may be made or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// What is decided.
    pub verdict: Verdict,
    /// The rules that decided, by their `@id`: those that permit, or those that forbid.
    pub decided: Vec<String>,
    /// Rules about the tool that permit nothing here, each with what it would need, and rules that failed.
    pub missing: Vec<(String, String)>,
}

impl Explanation {
    /// Nothing but what is decided.
    pub(super) fn of(verdict: Verdict) -> Self {
        Self { verdict, decided: Vec::new(), missing: Vec::new() }
    }

    /// The same with the rules.
    pub(super) fn by(mut self, rules: &Rules, question: &Question<'_>, world: &World) -> Self {
        let set = &rules.set;
        let reads = rules.reads(question.action);
        let (Ok(response), Ok(facts)) = (rules.judge(question, reads, world), question.facts(reads, world))
        else {
            return self;
        };
        let diagnostics = response.diagnostics();
        self.decided = diagnostics.reason().map(|id| name_of(set, id)).collect();
        self.decided.sort();
        if self.verdict == Verdict::Allowed || !self.decided.is_empty() {
            return self;
        }
        let needs = |policy: &Policy| {
            let context = Context::from_pairs(pairs(&facts)).expect("facts are values");
            let holds = |rule: &Value| holds(rule, &context, question, world);
            missing(policy, &holds)
        };
        let mut permitting: Vec<&Policy> = set
            .policies()
            .filter(|policy| policy.effect() == Effect::Permit && is_about(policy, question.action, world))
            .collect();
        permitting.sort_by_key(|policy| number(policy.id()));
        self.missing =
            permitting.into_iter().map(|policy| (name_of(set, policy.id()), needs(policy))).collect();
        self
    }
}

/// The first thing that a rule lacks, in words.
fn missing(policy: &Policy, holds: &dyn Fn(&Value) -> bool) -> String {
    let Ok(rule) = policy.to_json() else { return "it cannot be told".to_owned() };
    let alone = |principal: &Value, condition: Option<Value>| {
        json!({
            "effect": "permit", "principal": principal, "action": { "op": "All" }, "resource": { "op": "All" },
            "conditions": condition.into_iter().collect::<Vec<_>>(),
        })
    };
    if !holds(&alone(&rule["principal"], None)) {
        return format!("the caller is not {}", whom(&policy.principal_constraint()));
    }
    let conditions = rule["conditions"].as_array().into_iter().flatten();
    for (kind, body) in conditions.flat_map(|condition| {
        let (kind, body) = (condition["kind"].clone(), &condition["body"]);
        let bodies = if kind == "when" { conjuncts(body) } else { vec![body] };
        bodies.into_iter().map(move |body| (kind.clone(), body))
    }) {
        let rule = alone(&json!({ "op": "All" }), Some(json!({ "kind": kind, "body": body })));
        if !holds(&rule) {
            return format!("this does not hold: {}", condition(&rule));
        }
    }
    "it is for no such caller".to_owned()
}

/// Whether a rule permits the call.
fn holds(rule: &Value, context: &Context, question: &Question<'_>, world: &World) -> bool {
    let policy = Policy::from_json(None, rule.clone()).ok();
    let set = policy.and_then(|policy| PolicySet::from_policies([policy]).ok());
    set.is_some_and(|set| {
        asked(&set, question.held, question.action, context.clone(), world).decision() == Decision::Allow
    })
}

/// The parts that must all hold.
fn conjuncts(body: &Value) -> Vec<&Value> {
    match body.get("&&") {
        Some(both) => [conjuncts(&both["left"]), conjuncts(&both["right"])].concat(),
        None => vec![body],
    }
}

fn whom(constraint: &PrincipalConstraint) -> String {
    match constraint {
        PrincipalConstraint::Any => "anybody".to_owned(),
        PrincipalConstraint::In(group) => format!("in {group}"),
        PrincipalConstraint::Eq(only) => only.to_string(),
        PrincipalConstraint::Is(kind) => format!("of the kind {kind}"),
        PrincipalConstraint::IsIn(kind, group) => format!("of the kind {kind} in {group}"),
    }
}

/// The condition of a rule that has one, as rules are written.
fn condition(rule: &Value) -> String {
    let text = Policy::from_json(None, rule.clone()).ok().and_then(|policy| policy.to_cedar());
    let text = text.unwrap_or_default();
    let begin = [text.find("when"), text.find("unless")].into_iter().flatten().min().unwrap_or_default();
    let words: Vec<&str> = text.get(begin..).unwrap_or_default().split_whitespace().collect();
    words.join(" ").trim_end_matches([' ', ';']).to_owned()
}
