//! A model gets no more of an answer than it can take: the members that it chose, then as much as has room, cut at the items
//! of a list or the lines of a text. The rest is kept here for a while and handed out for a cursor, so that nothing is asked
//! of the API again, and no change is made again, for the sake of its answer.

mod fields;
mod kept;
mod part;
mod rest;
mod shared;
mod site;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::time::Instant;

use super::seal::{Seal, random};
use super::{Going, Next, Outcome, digest};
use crate::call::{Call, CallError, Caller, Purpose, Reply};
use crate::catalog::{Api, Effect, Fields, Tool, Work};
use crate::large;
use crate::own::finding;
use crate::replicas::Replicas;
use kept::{Id, Kept};
use part::Whole;
use shared::Shared;

pub(crate) use part::MARK;
pub use rest::REST;
pub(crate) use rest::{joined, prepare};

/// The least that a part may hold, so that it is more than its own mark.
const LEAST: usize = 1024;

/// What a caller gets of an answer at once.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How many bytes of JSON text; zero for any number.
    pub bytes: usize,
}

/// 64 KiB, which is some sixteen thousand tokens.
impl Default for Settings {
    fn default() -> Self {
        Self { bytes: 64 << 10 }
    }
}

impl Settings {
    /// Whether answers are cut at all.
    pub(crate) fn cuts(&self) -> bool {
        self.bytes > 0
    }

    /// Whether there is room for a part, or none is cut.
    pub(crate) fn is_sound(&self) -> bool {
        !self.cuts() || self.bytes >= LEAST
    }
}

/// What the stage holds.
#[derive(Debug)]
pub struct Options {
    settings: Settings,
    seal: Seal,
    kept: Mutex<Kept<Whole>>,
    /// Where other processes find what is kept here.
    shared: Option<Shared>,
}

impl Options {
    /// Nothing kept yet, and the seal of this process, or of all replicas where there are some.
    pub fn new(settings: Settings, api: &'static Api, replicas: Option<Replicas>) -> Self {
        let kind = "portion 1";
        let seal = replicas.as_ref().map_or_else(|| Seal::new(kind), |all| Seal::of(&all.key(kind), kind));
        let shared = replicas.map(|replicas| Shared::new(replicas, api));
        Self { settings, seal, kept: Mutex::default(), shared }
    }

    /// The first part of an answer that has no room.
    async fn first(&self, tool: &'static Tool, caller: &Caller, reply: Reply) -> Outcome {
        let (size, status) = (reply.text.len(), reply.status);
        let id = random();
        let for_others = self.shared.as_ref().map(|shared| (shared, reply.clone()));
        let bytes = self.settings.bytes;
        // What a change came to is told at once, however large it is.
        let whole = if size > large::SMALL && tool.effect == Effect::Read {
            large::in_turn(move || Ok(Whole::of(tool, reply, bytes))).await?
        } else {
            Whole::of(tool, reply, bytes)
        };
        let whole = whole.ok_or(CallError::Oversized { size, limit: self.settings.bytes, status })?;
        let whole = Arc::new(whole);
        let is_kept = self.keep(id, &whole);
        if let Some((shared, reply)) = for_others.filter(|_| is_kept) {
            shared.put(&id, tool, &reply).await;
        }
        Ok(whole.part(0, self.settings.bytes, |begin| is_kept.then(|| self.cursor(caller, id, begin))))
    }

    /// The part that a cursor stands for.
    async fn next(&self, caller: &Caller, cursor: &str) -> Outcome {
        let sealed: [u8; 24] = self.seal.open(cursor, &subject(caller)).ok_or_else(rest::unknown)?;
        let (mut id, mut begin) = ([0; 16], [0; 8]);
        id.copy_from_slice(&sealed[..16]);
        begin.copy_from_slice(&sealed[16..]);
        let whole = self.whole(id).await.ok_or_else(rest::gone)?;
        let begin = usize::try_from(u64::from_be_bytes(begin)).unwrap_or(usize::MAX);
        Ok(whole.part(begin, self.settings.bytes, |begin| Some(self.cursor(caller, id, begin))))
    }

    fn keep(&self, id: Id, whole: &Arc<Whole>) -> bool {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.put(id, Arc::clone(whole), Instant::now())
    }

    /// The answer of this name, from here or from where another process has put it.
    async fn whole(&self, id: Id) -> Option<Arc<Whole>> {
        let here = self.kept.lock().unwrap_or_else(PoisonError::into_inner).get(&id, Instant::now());
        if here.is_some() {
            return here;
        }
        let (tool, reply) = self.shared.as_ref()?.get(&id).await?;
        let whole = Arc::new(Whole::of(tool, reply, self.settings.bytes)?);
        self.keep(id, &whole);
        Some(whole)
    }

    /// Names the rest of a kept answer that begins with this piece, for this caller.
    fn cursor(&self, caller: &Caller, id: Id, begin: usize) -> String {
        let mut bytes = [0; 24];
        bytes[..16].copy_from_slice(&id);
        bytes[16..].copy_from_slice(&(begin as u64).to_be_bytes());
        self.seal.close(&subject(caller), bytes)
    }
}

/// Whose a cursor is. The tool and its arguments are those of the answer that it names.
fn subject(caller: &Caller) -> [u8; 32] {
    digest::of(&[caller.key()])
}

/// Gives the answer, or the part of it that has room.
pub fn portion<'a>(options: &'a Options, call: Call, next: &'a Next) -> Going<'a> {
    Box::pin(with_room(options, call, next))
}

async fn with_room(options: &Options, call: Call, next: &Next) -> Outcome {
    let (tool, caller) = (call.tool, call.caller.clone());
    if let Work::Rest = tool.work {
        let cursor = call.prepared.as_ref().and_then(|prepared| prepared.arguments["cursor"].as_str());
        return Box::pin(options.next(&caller, cursor.unwrap_or_default())).await;
    }
    let fields = call.prepared.as_ref().map(|prepared| prepared.aside.fields.clone()).unwrap_or_default();
    let is_for_a_model = call.purpose == Purpose::Client && !finding::is_whole(tool);
    let mut reply = next.run(call).await?;
    if let Some(offer) = tool.fields.filter(|_| !fields.is_empty()) {
        choose(&mut reply, &fields, offer);
    }
    let has_room = !options.settings.cuts() || reply.text.len() <= options.settings.bytes;
    if has_room || !is_for_a_model {
        return Ok(reply);
    }
    // In a box of its own: an answer that has room carries none for it.
    Box::pin(options.first(tool, &caller, reply)).await
}

/// Leaves what was chosen.
fn choose(reply: &mut Reply, fields: &[String], offer: Fields) {
    if let Some(answer @ Value::Object(_)) = reply.structured.as_deref_mut() {
        fields::project(answer, fields, offer.kept);
        reply.text = answer.to_string();
    }
}
