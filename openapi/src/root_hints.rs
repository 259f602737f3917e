//! `x-mcp` on the document's root: which problems are accepted, how large the tools may be, whom they must suit, and what
//! whoever calls them must have been allowed.

use crate::accept;
use crate::hints::scopes_by_effect;
use crate::ir::{ApiHints, Budget, Profile};
use crate::problems::Problems;
use crate::report::Report;
use crate::shape::{self, Form};
use crate::store::At;

const ROOT: [&str; 5] = ["accept", "budget", "profiles", "client-prefix", "scopes"];
const BUDGET: [&str; 2] = ["tool-bytes", "total-tokens"];

/// The longest prefix that leaves room for a name.
const LONGEST_PREFIX: u64 = 48;

/// Reads the root's `x-mcp` and makes notes of what it accepts; what it says wrongly joins the report.
pub(crate) fn read(root: &At<'_>, report: &mut Report) -> ApiHints {
    let mut hints = ApiHints::default();
    let mut problems = Problems::default();
    let Some(member) = root.member("x-mcp") else { return hints };
    if !member.value.is_object() {
        shape::wrong_form(&member, Form::Object, &mut problems);
    }
    for (key, at) in member.members() {
        match key {
            "accept" => hints.accepted = accept::read(&at, &mut problems),
            "budget" => hints.budget = budget(&at, &mut problems),
            "profiles" => hints.profiles = profiles(&at, &mut problems),
            "client-prefix" => {
                hints.client_prefix =
                    whole(&at, 0, LONGEST_PREFIX, &mut problems).unwrap_or_default() as usize;
            }
            "scopes" => hints.scopes = scopes_by_effect(&at, &mut problems),
            other => unknown(other, &at, &ROOT, &mut problems),
        }
    }
    for accepted in &mut hints.accepted {
        accepted.is_met = accepted.apply(report);
    }
    report.problems.extend(problems.finish().problems);
    hints
}

fn unknown(key: &str, at: &At<'_>, known: &[&'static str], problems: &mut Problems) {
    let near = crate::words::suggestion(key, known.iter().copied());
    let message = format!("`x-mcp` has no key `{key}` here; known are {}{near}", known.join(", "));
    problems.error("hint", at.place(), message);
}

fn budget(at: &At<'_>, problems: &mut Problems) -> Option<Budget> {
    if !at.value.is_object() {
        shape::wrong_form(at, Form::Object, problems);
        return None;
    }
    let mut budget = Budget { at: at.place(), tool_bytes: None, total_tokens: None };
    for (key, member) in at.members() {
        match key {
            "tool-bytes" => budget.tool_bytes = whole(&member, 1, u64::MAX, problems),
            "total-tokens" => budget.total_tokens = whole(&member, 1, u64::MAX, problems),
            other => unknown(other, &member, &BUDGET, problems),
        }
    }
    Some(budget)
}

fn profiles(at: &At<'_>, problems: &mut Problems) -> Vec<Profile> {
    if !at.value.is_array() {
        shape::wrong_form(at, Form::List, problems);
    }
    let mut found = Vec::new();
    for item in at.items() {
        let word = item.value.as_str().unwrap_or_default();
        match Profile::ALL.into_iter().find(|profile| profile.word() == word) {
            Some(profile) if found.contains(&profile) => {}
            Some(profile) => found.push(profile),
            None => {
                let words = Profile::ALL.map(Profile::word);
                let near = crate::words::suggestion(word, words.into_iter());
                let message = format!("{} is no profile: known are {}{near}", item.value, words.join(", "));
                problems.error("hint", item.place(), message);
            }
        }
    }
    found
}

fn whole(at: &At<'_>, least: u64, most: u64, problems: &mut Problems) -> Option<u64> {
    let found = shape::count(at.value).filter(|number| (least..=most).contains(number));
    if found.is_none() {
        let bounds = if most == u64::MAX { format!("{least} or more") } else { format!("{least} to {most}") };
        problems.error("hint", at.place(), format!("a whole number is expected, {bounds}"));
    }
    found
}
