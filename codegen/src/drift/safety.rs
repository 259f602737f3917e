//! Effect, repetition, rights, time and secrecy of a tool before and after.

use std::collections::BTreeMap;

use super::Finding;
use super::change::Change;
use super::members::spoken;
use super::rules::safety;
use crate::contract::{Confirm, Effect, Long, Tool, effect_word};

type Alternative = BTreeMap<String, Vec<String>>;

/// What changed in what the tool promises besides its values.
pub(super) fn compare(change: &Change<'_>, findings: &mut Vec<Finding>) {
    effect(change, findings);
    rights(change, findings);
    scopes(change, findings);
    time(change, findings);
    busy(change, findings);
    secrets(change, findings);
    confirm(change, findings);
    weight(change, findings);
    long(change, findings);
    let (old, new) = (&change.old.proof, &change.new.proof);
    match (old, new) {
        (Some(old), None) => {
            let message = format!("an answer without {old} counts as a success now");
            findings.push(change.finding(&safety::PROOF_DROPPED, message));
        }
        (_, Some(new)) if old.as_ref() != Some(new) => {
            let message = format!("an answer without {new} counts as a failure now");
            findings.push(change.finding(&safety::PROOF_CHANGED, message));
        }
        _ => {}
    }
}

fn effect(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (change.old.effect, change.new.effect);
    let message = format!("from {} to {}", effect_word(old), effect_word(new));
    match harm(new).cmp(&harm(old)) {
        std::cmp::Ordering::Greater => findings.push(change.finding(&safety::EFFECT_RAISED, message)),
        std::cmp::Ordering::Less => findings.push(change.finding(&safety::EFFECT_LOWERED, message)),
        std::cmp::Ordering::Equal => {}
    }
    match (change.old.idempotent, change.new.idempotent) {
        (true, false) => {
            let message = "a repeated call may change something more".to_owned();
            findings.push(change.finding(&safety::IDEMPOTENT_LOST, message));
        }
        (false, true) => {
            let message = "a repeated call is said to change nothing more".to_owned();
            findings.push(change.finding(&safety::IDEMPOTENT_CLAIMED, message));
        }
        _ => {}
    }
}

fn confirm(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (&change.old.confirm, &change.new.confirm);
    if old == new {
        // What follows from the effect is told with the effect.
        return;
    }
    match (asks(change.old), asks(change.new)) {
        (true, false) => {
            let message = "calls are made without asking a person".to_owned();
            findings.push(change.finding(&safety::CONFIRM_DROPPED, message));
        }
        (false, true) => {
            let message = "a person must say yes before a call is made".to_owned();
            findings.push(change.finding(&safety::CONFIRM_ADDED, message));
        }
        (true, true) => {
            let words = |confirm: &Option<Confirm>| match confirm {
                Some(Confirm::Question(words)) => format!("{words:?}"),
                _ => "the tool's title".to_owned(),
            };
            let (old, new) = (words(old), words(new));
            if old != new {
                let message = format!("from {old} to {new}");
                findings.push(change.finding(&safety::CONFIRM_REWORDED, message));
            }
        }
        (false, false) => {}
    }
}

/// A call of which nothing is said counts as one, unless the deployment counts changes as more.
fn weight(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (change.old.weight.unwrap_or(1), change.new.weight.unwrap_or(1));
    let message = format!("a call counts as {new} instead of {old}");
    match new.cmp(&old) {
        std::cmp::Ordering::Greater => findings.push(change.finding(&safety::WEIGHT_RAISED, message)),
        std::cmp::Ordering::Less => findings.push(change.finding(&safety::WEIGHT_LOWERED, message)),
        std::cmp::Ordering::Equal => {}
    }
}

fn long(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (rule, message) = match (&change.old.long, &change.new.long) {
        (None, Some(new)) => (&safety::FOLLOW_ADDED, format!("its work is followed by {}", new.tool)),
        (Some(old), None) => {
            (&safety::FOLLOW_DROPPED, format!("its work is no longer followed by {}", old.tool))
        }
        (Some(old), Some(new)) if old != new => {
            (&safety::FOLLOW_CHANGED, format!("from {} to {}", followed(old), followed(new)))
        }
        _ => return,
    };
    findings.push(change.finding(rule, message));
}

fn followed(long: &Long) -> String {
    let Long { id, tool, with, state, done, failed, waiting } = long;
    let with: Vec<String> = with.iter().map(|(name, source)| format!("{name} = {source}")).collect();
    format!(
        "{id} by {tool}({}) at {state}: done {}, failed {}, waiting {}",
        with.join(", "),
        done.join("|"),
        failed.join("|"),
        waiting.join("|")
    )
}

/// Whether a person is asked where the deployment asks about what destroys.
fn asks(tool: &Tool) -> bool {
    match &tool.confirm {
        Some(confirm) => *confirm != Confirm::Never,
        None => tool.effect == Effect::Destroy,
    }
}

fn harm(effect: Effect) -> u8 {
    match effect {
        Effect::Read => 0,
        Effect::Write => 1,
        Effect::Destroy => 2,
    }
}

/// Who may call: an alternative is satisfied by credentials that have its schemes and their scopes.
fn rights(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (&change.old.security, &change.new.security);
    let message = || format!("from {} to {}", words(old), words(new));
    if let Some(refused) = uncovered(old, new) {
        let message = format!("{}; {} is not enough any more", message(), one(&refused));
        findings.push(change.finding(&safety::SCOPE_ADDED, message));
    }
    if let Some(enough) = uncovered(new, old) {
        let message = format!("{}; {} is enough now", message(), one(&enough));
        findings.push(change.finding(&safety::SCOPE_REMOVED, message));
    }
}

/// What whoever calls must have been allowed. What follows from the effect is told with the effect.
fn scopes(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let needs = |tool: &Tool| match &tool.scopes {
        Some(scopes) => scopes.clone(),
        None => vec![effect_word(tool.effect).to_owned()],
    };
    if change.old.scopes.is_none() && change.new.scopes.is_none() {
        return;
    }
    let (old, new) = (needs(change.old), needs(change.new));
    let lacks = |these: &[String], others: &[String]| others.iter().any(|scope| !these.contains(scope));
    let words = |scopes: &[String]| if scopes.is_empty() { "no scope".to_owned() } else { scopes.join(" ") };
    let message = format!("a caller needs {} instead of {}", words(&new), words(&old));
    if lacks(&old, &new) {
        findings.push(change.finding(&safety::SCOPE_ADDED, message.clone()));
    }
    if lacks(&new, &old) {
        findings.push(change.finding(&safety::SCOPE_REMOVED, message));
    }
}

/// An alternative of the one list whose credentials satisfy none of the other. Nothing said is as good as nothing needed.
fn uncovered(these: &[Alternative], others: &[Alternative]) -> Option<Alternative> {
    let nothing = [Alternative::new()];
    let these = if these.is_empty() { &nothing[..] } else { these };
    let others = if others.is_empty() { &nothing[..] } else { others };
    let satisfies = |credentials: &Alternative, needs: &Alternative| {
        needs.iter().all(|(scheme, scopes)| {
            credentials.get(scheme).is_some_and(|has| scopes.iter().all(|scope| has.contains(scope)))
        })
    };
    these.iter().find(|one| !others.iter().any(|other| satisfies(one, other))).cloned()
}

fn words(alternatives: &[Alternative]) -> String {
    match alternatives {
        [] => "nothing".to_owned(),
        several => several.iter().map(one).collect::<Vec<_>>().join(" or "),
    }
}

fn one(alternative: &Alternative) -> String {
    if alternative.is_empty() {
        return "no credential".to_owned();
    }
    let need = |(scheme, scopes): (&String, &Vec<String>)| match scopes.as_slice() {
        [] => scheme.clone(),
        scopes => format!("{scheme}({})", scopes.join(" ")),
    };
    alternative.iter().map(need).collect::<Vec<_>>().join("+")
}

/// Statuses after which a call is repeated, whatever it does.
fn busy(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (&change.old.busy, &change.new.busy);
    for status in new.iter().filter(|status| !old.contains(status)) {
        let message = format!("{status} means that nothing was done");
        findings.push(change.finding(&safety::BUSY_CLAIMED, message));
    }
    for status in old.iter().filter(|status| !new.contains(status)) {
        let message = format!("{status} no longer means that nothing was done");
        findings.push(change.finding(&safety::BUSY_LOST, message));
    }
}

fn time(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let seconds = |seconds: Option<u64>, none: &str| {
        seconds.map_or_else(|| none.to_owned(), |seconds| format!("{seconds} s"))
    };
    let (old, new) = (change.old.cache_seconds, change.new.cache_seconds);
    let message =
        format!("answers are kept for {} instead of {}", seconds(new, "no time"), seconds(old, "no time"));
    match new.unwrap_or(0).cmp(&old.unwrap_or(0)) {
        std::cmp::Ordering::Greater => findings.push(change.finding(&safety::CACHE_LENGTHENED, message)),
        std::cmp::Ordering::Less => findings.push(change.finding(&safety::CACHE_SHORTENED, message)),
        std::cmp::Ordering::Equal => {}
    }
    let (old, new) = (change.old.stale_seconds, change.new.stale_seconds);
    let message = format!(
        "answers are given for {} after their time instead of {}",
        seconds(new, "no time"),
        seconds(old, "no time")
    );
    match new.unwrap_or(0).cmp(&old.unwrap_or(0)) {
        std::cmp::Ordering::Greater => findings.push(change.finding(&safety::STALE_LENGTHENED, message)),
        std::cmp::Ordering::Less => findings.push(change.finding(&safety::STALE_SHORTENED, message)),
        std::cmp::Ordering::Equal => {}
    }
    let (old, new) = (change.old.timeout_seconds, change.new.timeout_seconds);
    let configured = "the configured time";
    let message =
        format!("an attempt may take {} instead of {}", seconds(new, configured), seconds(old, configured));
    match (old, new) {
        (old, new) if old == new => {}
        // What is configured is not known here; that a time of one's own was given up is the shorter time in practice.
        (Some(old), Some(new)) if new > old => {
            findings.push(change.finding(&safety::TIMEOUT_LENGTHENED, message))
        }
        (None, Some(_)) => findings.push(change.finding(&safety::TIMEOUT_LENGTHENED, message)),
        _ => findings.push(change.finding(&safety::TIMEOUT_SHORTENED, message)),
    }
}

fn secrets(change: &Change<'_>, findings: &mut Vec<Finding>) {
    let (old, new) = (change.old, change.new);
    for pointer in new.secrets.iter().filter(|pointer| !old.secrets.contains(pointer)) {
        let message = "it is redacted now".to_owned();
        findings.push(change.finding_at(&safety::SECRET_MARKED, &spoken(pointer), message));
    }
    for pointer in old.secrets.iter().filter(|pointer| !new.secrets.contains(pointer)) {
        // An argument that is gone reveals nothing.
        let name = pointer.split('/').nth(1).unwrap_or_default();
        if new.arguments.pointer(&format!("/properties/{name}")).is_some() {
            let message = "it is no longer redacted".to_owned();
            findings.push(change.finding_at(&safety::SECRET_REVEALED, &spoken(pointer), message));
        }
    }
}
