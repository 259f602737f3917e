//! An answer that has no room, and its parts: each has the form of the whole with fewer items, and says so.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::kept::{LIFETIME, Weighty};
use super::rest::REST;
use super::site::{Site, has_member};
use crate::as_json::as_json;
use crate::call::{Body, Reply};
use crate::catalog::{Effect, Tool};
use crate::structured::Structured;

/// The member of a structured answer that says that it is a part.
pub(crate) const MARK: &str = "truncated";

/// What the mark takes at most.
const ROOM_OF_MARK: usize = 512;
/// How much of a path the mark tells.
const LONGEST_PATH: usize = 120;

/// An answer that is handed out in parts.
#[derive(Debug)]
pub(super) struct Whole {
    tool: &'static Tool,
    status: u16,
    text: String,
    site: Site,
    /// What stands beside the text, where the text is not the structured answer.
    beside: Option<Reply>,
    notes: Vec<String>,
    /// Whether parts are marked in the structured answer; not where the API has a member of that name.
    marked: bool,
}

impl Weighty for Whole {
    fn size(&self) -> usize {
        let attachment = self.beside.as_ref().and_then(|reply| reply.attachment.as_ref());
        self.text.len() + self.site.size() + attachment.map_or(0, |attachment| attachment.bytes.len())
    }
}

impl Whole {
    /// The answer, if it can be handed out in parts of so many bytes.
    pub(super) fn of(tool: &'static Tool, mut reply: Reply, bytes: usize) -> Option<Self> {
        let room = bytes - ROOM_OF_MARK;
        let (status, notes) = (reply.status, std::mem::take(&mut reply.notes));
        let json = reply.structured.as_ref().map(Structured::text);
        let marked = !json.is_some_and(|json| has_member(json, MARK)) && !tool.answers_with(MARK);
        if let Some(json) = json.filter(|json| json.len() > room) {
            let site = Site::of(json, room)?;
            return Some(Self { tool, status, text: json.to_owned(), site, beside: None, notes, marked });
        }
        let mut text = std::mem::take(&mut reply.text);
        let site = match serde_json::from_str::<Value>(&text) {
            Ok(answer) if answer.is_object() || answer.is_array() => {
                text = answer.to_string();
                Site::of(&text, room)?
            }
            _ => Site::plain(&text, room)?,
        };
        Some(Self { tool, status, text, site, beside: Some(reply), notes, marked })
    }

    /// The part that begins with this piece; `cursor` names the rest that begins with another one, if it is kept.
    pub(super) fn part(&self, begin: usize, bytes: usize, cursor: impl Fn(usize) -> Option<String>) -> Reply {
        let begin = begin.min(self.site.count().saturating_sub(1));
        let (text, end) = self.site.part(&self.text, begin, bytes - ROOM_OF_MARK);
        let is_last = end >= self.site.count();
        let cursor = if is_last { None } else { cursor(end) };
        let mark = self.mark(begin, end, cursor.as_deref());
        let note = self.note(begin, end, cursor.as_deref());
        // What was said of the whole is said once, and so is what stands beside it.
        let is_first = begin == 0;
        let mut notes = if is_first { self.notes.clone() } else { Vec::new() };
        notes.push(note);
        let Some(beside) = &self.beside else {
            let text = self.with_mark(text, &mark);
            let structured = Some(Structured::of_checked(text.clone()));
            return Reply::new(self.status, Body { structured, text, ..Body::default() }, notes);
        };
        let structured =
            beside.structured.clone().map(|structured| self.marked(structured.into_value(), mark));
        let beside = is_first.then_some(beside);
        let attachment = beside.and_then(|reply| reply.attachment.clone());
        let blocks = beside.map(|reply| reply.blocks.clone()).unwrap_or_default();
        Reply::new(
            self.status,
            Body { structured: structured.map(Structured::from), text, attachment, blocks },
            notes,
        )
    }

    /// The text of a part, an object's JSON, with the mark as its last member.
    fn with_mark(&self, mut text: String, mark: &Value) -> String {
        if self.marked && text.ends_with('}') {
            text.pop();
            let comma = if text.ends_with('{') { "" } else { "," };
            let _ = write!(text, "{comma}\"{MARK}\":{}}}", as_json(mark));
        }
        text
    }

    fn marked(&self, mut structured: Value, mark: Value) -> Value {
        if let Value::Object(members) = &mut structured
            && self.marked
        {
            members.insert(MARK.to_owned(), mark);
        }
        structured
    }

    fn mark(&self, begin: usize, end: usize, cursor: Option<&str>) -> Value {
        let mut mark = Map::new();
        mark.insert("what".to_owned(), self.path().into());
        mark.insert("unit".to_owned(), self.site.unit().into());
        mark.insert("begin".to_owned(), begin.into());
        mark.insert("end".to_owned(), end.into());
        mark.insert("of".to_owned(), self.site.count().into());
        if let Some(cursor) = cursor {
            mark.insert("cursor".to_owned(), cursor.into());
        }
        mark.into()
    }

    fn path(&self) -> &str {
        &self.site.path[..self.site.path.floor_char_boundary(LONGEST_PATH)]
    }

    /// The same in words, and what to do.
    fn note(&self, begin: usize, end: usize, cursor: Option<&str>) -> String {
        let what = match self.path() {
            "" => "the answer".to_owned(),
            path => format!("`{path}`"),
        };
        let (unit, count) = (self.site.unit(), self.site.count());
        let part =
            format!("This is a part of the answer: {unit} {begin} to {} of the {count} of {what}.", end - 1);
        let rest = match cursor {
            Some(cursor) => format!(
                " For the next part call {} with {} within {} minutes.",
                REST.name,
                json!({ "cursor": cursor }),
                LIFETIME.as_secs() / 60
            ),
            None if end < count => " The rest is too large to be kept.".to_owned(),
            None => " It is the last one.".to_owned(),
        };
        format!("{part}{rest}{}", if begin == 0 { self.narrowing() } else { String::new() })
    }

    fn narrowing(&self) -> String {
        let names = self.tool.optional_arguments();
        if self.tool.effect != Effect::Read || names.is_empty() {
            return String::new();
        }
        format!(" To get less of {}, narrow it by {}.", self.tool.name, names.join(", "))
    }
}
