//! `x-mcp`, the vocabulary that an overlay adds: read, checked, and every key that is not known reported.

mod long;
mod scopes;

use indexmap::IndexMap;
use serde_json::Value;

use crate::ir::{Confirm, Effect, Fields, Lists, OperationHints, Resource, SchemaHints, Variant};
use crate::problems::Problems;
use crate::shape::{self, Form};
use crate::store::At;
use crate::words;

const OPERATION: &[&str] = &[
    "name",
    "title",
    "description",
    "effect",
    "idempotent",
    "cache",
    "busy",
    "timeout",
    "body",
    "media",
    "proof",
    "confirm",
    "weight",
    "scopes",
    "answer",
    "fields",
    "long",
    "resource",
    "variants",
    "exclude",
];
const SCHEMA: &[&str] = &["hidden", "pin", "gate", "callback-url", "secret", "blank", "lists"];
const VARIANT: &[&str] = &["name", "title", "description", "pin", "media"];
/// How long after its time an answer may still be given while the API is down.
const LONGEST_STALE: u64 = 60;
/// The statuses that may say that nothing was done because something else is going on: a refusal by the API, and none of those
/// that say so by themselves.
const BUSY: std::ops::RangeInclusive<u64> = 400..=499;
const NEVER_BUSY: [u64; 4] = [401, 403, 408, 429];
const MEDIA: &[&str] = &["lists"];
const LISTS: [(&str, Lists); 3] =
    [("indexed", Lists::Indexed), ("brackets", Lists::Brackets), ("repeated", Lists::Repeated)];

/// Headers of answers that are for the connection's two ends only.
const WITHHELD: [&str; 4] = ["set-cookie", "www-authenticate", "proxy-authenticate", "authentication-info"];

pub(crate) use scopes::by_effect as scopes_by_effect;

/// Whether the operation at `at` is not to be offered.
pub(crate) fn excludes(at: &At<'_>) -> bool {
    at.member("x-mcp")
        .and_then(|hints| hints.member("exclude"))
        .is_some_and(|flag| flag.value == &Value::Bool(true))
}

/// What `x-mcp` says of the operation at `at`.
pub(crate) fn operation(at: &At<'_>, problems: &mut Problems) -> OperationHints {
    let mut hints = OperationHints::default();
    let Some(member) = at.member("x-mcp") else { return hints };
    let mut decode = Decode { problems };
    for (key, at) in decode.members(&member) {
        match key {
            "name" => hints.name = decode.tool_name(&at),
            "title" => hints.title = decode.text(&at),
            "description" => hints.description = decode.text(&at),
            "effect" => {
                let effects =
                    [("read", Effect::Read), ("write", Effect::Write), ("destroy", Effect::Destroy)];
                hints.effect = decode.word(&at, &effects);
            }
            "idempotent" => hints.idempotent = decode.flag(&at),
            "cache" => decode.cache(&at, &mut hints),
            "busy" => hints.busy = decode.statuses(&at),
            "timeout" => hints.timeout_seconds = decode.seconds(&at, 1),
            "body" => hints.flat_body = decode.word(&at, &[("flat", true), ("nested", false)]),
            "media" => hints.media = decode.text(&at),
            "proof" => hints.proof = decode.text(&at),
            "confirm" => hints.confirm = decode.confirm(&at),
            "weight" => hints.weight = decode.weight(&at),
            "scopes" => hints.scopes = scopes::read(&at, decode.problems),
            "answer" => decode.answer(&at, &mut hints),
            "fields" => hints.fields = decode.fields(&at),
            "long" => hints.long = long::read(&mut decode, &at),
            "resource" => {
                hints.resource = decode.text(&at).map(|template| Resource { at: at.place(), template });
            }
            "variants" => hints.variants = decode.variants(&at),
            "exclude" => drop(decode.flag(&at)),
            other => decode.unknown(other, &at, OPERATION),
        }
    }
    hints
}

/// What `x-mcp` says of the parameter or schema at `at`.
pub(crate) fn schema(at: &At<'_>, problems: &mut Problems) -> SchemaHints {
    let mut hints = SchemaHints::default();
    let Some(member) = at.member("x-mcp") else { return hints };
    let mut decode = Decode { problems };
    for (key, at) in decode.members(&member) {
        match key {
            "hidden" => hints.hidden = decode.flag(&at).unwrap_or_default(),
            "pin" => hints.pin = Some(at.value.clone()),
            "gate" => hints.gated = decode.word(&at, &[("callbacks", true)]).unwrap_or_default(),
            "callback-url" => hints.callback_url = decode.flag(&at).unwrap_or_default(),
            "secret" => hints.secret = decode.flag(&at).unwrap_or_default(),
            "blank" => hints.blank_is_unset = decode.word(&at, &[("unset", true)]).unwrap_or_default(),
            "lists" => hints.lists = decode.word(&at, &LISTS),
            other => decode.unknown(other, &at, SCHEMA),
        }
    }
    if hints.hidden && hints.pin.is_some() {
        let message = "`hidden` is never sent and `pin` always: keep one of the two";
        problems.error("hint", member.place(), message);
    }
    hints
}

/// What `x-mcp` says of the media type at `at`: how lists in it are written.
pub(crate) fn media(at: &At<'_>, problems: &mut Problems) -> Option<Lists> {
    let member = at.member("x-mcp")?;
    let mut decode = Decode { problems };
    let mut lists = None;
    for (key, at) in decode.members(&member) {
        match key {
            "lists" => lists = decode.word(&at, &LISTS),
            other => decode.unknown(other, &at, MEDIA),
        }
    }
    lists
}

struct Decode<'p> {
    problems: &'p mut Problems,
}

impl Decode<'_> {
    fn members<'a>(&mut self, at: &At<'a>) -> Vec<(&'a str, At<'a>)> {
        if !at.value.is_object() {
            shape::wrong_form(at, Form::Object, self.problems);
        }
        at.members().collect()
    }

    fn unknown(&mut self, key: &str, at: &At<'_>, known: &[&'static str]) {
        let near = words::suggestion(key, known.iter().copied());
        let message = format!("`x-mcp` has no key `{key}`; known here are {}{near}", known.join(", "));
        self.problems.error("hint", at.place(), message);
    }

    fn text(&mut self, at: &At<'_>) -> Option<String> {
        match at.value.as_str() {
            Some(text) if !text.trim().is_empty() => Some(text.to_owned()),
            Some(_) => {
                self.problems.error(
                    "hint",
                    at.place(),
                    "the text is empty: leave the key out to keep the default",
                );
                None
            }
            None => {
                shape::wrong_form(at, Form::Text, self.problems);
                None
            }
        }
    }

    fn flag(&mut self, at: &At<'_>) -> Option<bool> {
        if at.value.as_bool().is_none() {
            shape::wrong_form(at, Form::Flag, self.problems);
        }
        at.value.as_bool()
    }

    fn seconds(&mut self, at: &At<'_>, least: u64) -> Option<u64> {
        let seconds = at.value.as_u64().filter(|seconds| (least..=86_400).contains(seconds));
        if seconds.is_none() {
            let message = format!("whole seconds are expected, {least} to 86400");
            self.problems.error("hint", at.place(), message);
        }
        seconds
    }

    fn weight(&mut self, at: &At<'_>) -> Option<u64> {
        let weight = at.value.as_u64().filter(|weight| (1..=1_000_000).contains(weight));
        if weight.is_none() {
            let message = "`weight` takes how many calls one counts as, 1 to 1000000";
            self.problems.error("hint", at.place(), message);
        }
        weight
    }

    fn cache(&mut self, at: &At<'_>, hints: &mut OperationHints) {
        for (key, member) in self.members(at) {
            match key {
                "ttl" => hints.cache_seconds = self.seconds(&member, 0),
                "stale" => hints.stale_seconds = self.stale(&member),
                other => self.unknown(other, &member, &["ttl", "stale"]),
            }
        }
        if at.value.is_object() && at.member("ttl").is_none() {
            self.problems.error("hint", at.place(), "`cache` takes `ttl`, in seconds");
        } else if hints.cache_seconds == Some(0) && hints.stale_seconds.is_some() {
            let message = "`stale` is for answers that are kept: `ttl` is 0";
            self.problems.error("hint", at.place(), message);
        }
    }

    fn stale(&mut self, at: &At<'_>) -> Option<u64> {
        let seconds = at.value.as_u64().filter(|seconds| (1..=LONGEST_STALE).contains(seconds));
        if seconds.is_none() {
            let message = format!("whole seconds are expected, 1 to {LONGEST_STALE}");
            self.problems.error("hint", at.place(), message);
        }
        seconds
    }

    fn statuses(&mut self, at: &At<'_>) -> Vec<u16> {
        if !at.value.is_array() {
            shape::wrong_form(at, Form::List, self.problems);
        }
        let mut statuses: Vec<u16> = Vec::new();
        for item in at.items() {
            let status = item.value.as_u64();
            let status = status.filter(|status| BUSY.contains(status) && !NEVER_BUSY.contains(status));
            match status.and_then(|status| u16::try_from(status).ok()) {
                Some(status) if !statuses.contains(&status) => statuses.push(status),
                _ => {
                    let message =
                        "a status from 400 to 499 is expected, each once, and none of 401, 403, 408 and 429";
                    self.problems.error("hint", item.place(), message);
                }
            }
        }
        statuses
    }

    fn confirm(&mut self, at: &At<'_>) -> Option<Confirm> {
        match (at.value, at.value.as_str()) {
            (Value::Bool(true), _) => Some(Confirm::Always),
            (Value::Bool(false), _) => Some(Confirm::Never),
            (_, Some(words)) if !words.trim().is_empty() => Some(Confirm::Question(words.to_owned())),
            _ => {
                let message =
                    "`confirm` takes true, false, or the question in words, with `{argument}` for values";
                self.problems.error("hint", at.place(), message);
                None
            }
        }
    }

    fn answer(&mut self, at: &At<'_>, hints: &mut OperationHints) {
        for (key, member) in self.members(at) {
            match key {
                "media" => hints.answer_media = self.text(&member),
                "headers" => hints.answer_headers = self.headers(&member),
                other => self.unknown(other, &member, &["media", "headers"]),
            }
        }
    }

    fn fields(&mut self, at: &At<'_>) -> Option<Fields> {
        let named = || -> Option<Vec<String>> {
            let items = at.value.as_array().filter(|items| !items.is_empty())?;
            let path = |item: &Value| item.as_str().filter(|path| !path.is_empty()).map(str::to_owned);
            items.iter().map(path).collect()
        };
        let paths = if at.value == &Value::Bool(true) { Some(Vec::new()) } else { named() };
        if paths.is_none() {
            let message = "`fields` takes true, or a list of the answer's members such as `tasks.level`";
            self.problems.error("hint", at.place(), message);
        }
        Some(Fields { at: at.place(), paths: paths? })
    }

    fn headers(&mut self, at: &At<'_>) -> Vec<String> {
        if !at.value.is_array() {
            shape::wrong_form(at, Form::List, self.problems);
        }
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
        let mut names: Vec<String> = Vec::new();
        for item in at.items() {
            let Some(name) = self.text(&item) else { continue };
            let is_repeated = names.iter().any(|known| known.eq_ignore_ascii_case(&name));
            if is_repeated || !name.bytes().all(is_token) {
                let message = format!("{name:?} is no header's name, or is given twice");
                self.problems.error("hint", item.place(), message);
            } else if WITHHELD.iter().any(|withheld| withheld.eq_ignore_ascii_case(&name)) {
                let message = format!("`{name}` may hold a credential and is never returned");
                self.problems.error("hint", item.place(), message);
            } else {
                names.push(name);
            }
        }
        names
    }

    fn word<T: Copy>(&mut self, at: &At<'_>, words: &[(&str, T)]) -> Option<T> {
        let found = at.value.as_str().and_then(|text| words.iter().find(|(word, _)| *word == text));
        if found.is_none() {
            let accepted: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let message = format!("{} is not accepted here: {}", at.value, accepted.join(" or "));
            self.problems.error("hint", at.place(), message);
        }
        found.map(|(_, meaning)| *meaning)
    }

    fn tool_name(&mut self, at: &At<'_>) -> Option<String> {
        let name = self.text(at)?;
        let is_sound = name.len() <= 64
            && name.starts_with(|first: char| first.is_ascii_lowercase())
            && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !is_sound {
            let message = format!(
                "{name:?} is no tool name: a small letter, then up to 63 small letters, digits and `_`"
            );
            self.problems.error("hint", at.place(), message);
        }
        is_sound.then_some(name)
    }

    fn variants(&mut self, at: &At<'_>) -> Vec<Variant> {
        if !at.value.is_array() {
            shape::wrong_form(at, Form::List, self.problems);
        }
        at.items().filter_map(|item| self.variant(&item)).collect()
    }

    fn variant(&mut self, at: &At<'_>) -> Option<Variant> {
        let mut name = None;
        let (mut title, mut description, mut media) = (None, None, None);
        let mut pin = IndexMap::new();
        for (key, member) in self.members(at) {
            match key {
                "name" => name = self.tool_name(&member),
                "title" => title = self.text(&member),
                "description" => description = self.text(&member),
                "pin" => pin = self.members(&member).into_iter().map(pinned).collect(),
                "media" => media = self.text(&member),
                other => self.unknown(other, &member, VARIANT),
            }
        }
        if at.member("name").is_none() {
            self.problems.error("hint", at.place(), "a variant needs a `name`");
        }
        if pin.is_empty() && media.is_none() {
            self.problems.error(
                "hint",
                at.place(),
                "a variant pins at least one argument, `pin: {argument: value}`, or sends another `media: TYPE`",
            );
        }
        Some(Variant { at: at.place(), name: name?, title, description, pin, media })
    }
}

fn pinned((argument, at): (&str, At<'_>)) -> (String, Value) {
    (argument.to_owned(), at.value.clone())
}
