//! `long`: how the work is followed that goes on after an answer.

use indexmap::IndexMap;

use super::Decode;
use crate::ir::Long;
use crate::shape::{self, Form};
use crate::store::At;

const KEYS: &[&str] = &["id", "poll", "with", "state", "done", "failed", "waiting"];

/// Reads it; what is missing or wrong is told with its place.
pub(super) fn read(decode: &mut Decode<'_>, at: &At<'_>) -> Option<Long> {
    let (mut id, mut poll, mut state) = (None, None, None);
    let mut with = IndexMap::new();
    let (mut done, mut failed, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    for (key, member) in decode.members(at) {
        match key {
            "id" => id = pointer(decode, &member),
            "poll" => poll = decode.text(&member),
            "with" => with = sources(decode, &member),
            "state" => state = pointer(decode, &member),
            "done" => done = states(decode, &member),
            "failed" => failed = states(decode, &member),
            "waiting" => waiting = states(decode, &member),
            other => decode.unknown(other, &member, KEYS),
        }
    }
    for key in ["id", "poll", "with", "state", "done"] {
        if at.value.is_object() && at.member(key).is_none() {
            let message = format!("`long` needs `{key}`; it takes {}", KEYS.join(", "));
            decode.problems.error("hint", at.place(), message);
        }
    }
    let repeated = done.iter().chain(&failed).find(|state| waiting.contains(state));
    if let Some(state) = repeated.or_else(|| done.iter().find(|state| failed.contains(state))) {
        let message = format!("the state {state:?} means one thing only: done, failed or waiting");
        decode.problems.error("hint", at.place(), message);
    }
    Some(Long { at: at.place(), id: id?, poll: poll?, with, state: state?, done, failed, waiting })
}

fn pointer(decode: &mut Decode<'_>, at: &At<'_>) -> Option<String> {
    let pointer = decode.text(at)?;
    if !pointer.starts_with('/') {
        let message = format!("{pointer:?} is no JSON pointer into the answer, such as `/id`");
        decode.problems.error("hint", at.place(), message);
    }
    pointer.starts_with('/').then_some(pointer)
}

fn sources(decode: &mut Decode<'_>, at: &At<'_>) -> IndexMap<String, String> {
    let members = decode.members(at);
    members.into_iter().filter_map(|(name, at)| Some((name.to_owned(), decode.text(&at)?))).collect()
}

fn states(decode: &mut Decode<'_>, at: &At<'_>) -> Vec<String> {
    if !at.value.is_array() {
        shape::wrong_form(at, Form::List, decode.problems);
    }
    at.items().filter_map(|item| decode.text(&item)).collect()
}
