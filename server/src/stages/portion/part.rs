//! An answer that has no room, and its parts: each has the form of the whole with fewer items, and says so.

use serde_json::{Map, Value, json};

use super::kept::{LIFETIME, Weighty};
use super::rest::REST;
use super::site::Site;
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
        let is_member = |structured: &Structured| structured.get(MARK).is_some();
        let marked = !reply.structured.as_ref().is_some_and(is_member) && !tool.answers_with(MARK);
        let json = reply
            .structured
            .as_ref()
            .map(|structured| structured.text().to_owned())
            .filter(|json| json.len() > room);
        if let (Some(answer), Some(text)) = (&reply.structured, json) {
            let site = Site::of(answer, &text, room)?;
            return Some(Self { tool, status, text, site, beside: None, notes, marked });
        }
        let mut text = std::mem::take(&mut reply.text);
        let site = match serde_json::from_str::<Value>(&text) {
            Ok(answer) if answer.is_object() || answer.is_array() => {
                text = answer.to_string();
                Site::of(&answer, &text, room)?
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
        let beside = self.beside.as_ref();
        let structured = match beside {
            Some(reply) => reply.structured.clone().map(Structured::into_value),
            None => serde_json::from_str(&text).ok(),
        };
        let structured = structured.map(|structured| self.marked(structured, mark));
        let text = structured.as_ref().filter(|_| beside.is_none()).map(Value::to_string).unwrap_or(text);
        let attachment = beside.filter(|_| is_first).and_then(|reply| reply.attachment.clone());
        let blocks = beside.filter(|_| is_first).map(|reply| reply.blocks.clone()).unwrap_or_default();
        Reply::new(
            self.status,
            Body { structured: structured.map(Structured::from), text, attachment, blocks },
            notes,
        )
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
