//! Answers of the API, and the headers that they declare.

use serde_json::json;

use super::Reader;
use crate::ir::{Answer, AnswerHeader, Status};
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;
use crate::version::Version;

const ANSWER: &[Field] = &[
    Field("summary", Form::Text, Need::Since(Version::V3_2)),
    Field("description", Form::Text, Need::ExpectedUntil(Version::V3_1)),
    Field("headers", Form::Object, Need::Optional),
    Field("content", Form::Object, Need::Optional),
    Field("links", Form::Object, Need::Optional),
];

pub(super) const HEADER: &[Field] = &[
    Field("description", Form::Text, Need::Optional),
    Field("required", Form::Flag, Need::Optional),
    Field("deprecated", Form::Flag, Need::Optional),
    Field("allowEmptyValue", Form::Flag, Need::Optional),
    Field("style", Form::Text, Need::Optional),
    Field("explode", Form::Flag, Need::Optional),
    Field("allowReserved", Form::Flag, Need::Optional),
    Field("schema", Form::Schema, Need::Optional),
    Field("example", Form::Any, Need::Optional),
    Field("examples", Form::Object, Need::Optional),
    Field("content", Form::Object, Need::Optional),
];

impl<'a> Reader<'a> {
    /// Reads the answers of an operation.
    pub(super) fn answers(&mut self, at: &At<'a>, types: &[At<'a>]) -> Vec<Answer> {
        let mut answers = Vec::new();
        for (key, member) in at.members() {
            if key.starts_with("x-") && key != "x-mcp" {
                continue;
            }
            match status(key) {
                Some(status) => answers.extend(self.answer(&member, status, types)),
                None => {
                    let message =
                        format!("{key:?} is no status: a code as 200, a class as 2XX, or `default`");
                    self.problems.error("answer-status", member.place(), message);
                }
            }
        }
        if answers.is_empty() {
            let message = "no answer is described: any answer is passed on as it comes";
            self.problems.note("no-answers", at.place(), message);
        }
        answers
    }

    /// Reads one answer, reference or not; `types` are the media types that Swagger 2.0 states for all answers.
    pub(super) fn answer(&mut self, at: &At<'a>, status: Status, types: &[At<'a>]) -> Option<Answer> {
        if at.version() == Version::V2_0 {
            return self.swagger_answer(at, status, types);
        }
        let beside = resolve::beside(at, "description").map(str::to_owned);
        let at = resolve::follow(at, &mut self.problems)?;
        let mut sound = shape::check(&at, ANSWER, &mut self.problems);
        sound.entry("description").or_insert_with(|| json!(""));
        let read = self.typed::<openapiv3::Response>(sound, &at)?;
        let headers = self.answer_headers(&at);
        let media = at.member("content").map(|content| self.media(&content)).unwrap_or_default();
        Some(Answer {
            at: at.place(),
            status,
            description: beside.unwrap_or(read.description),
            media,
            headers,
        })
    }

    /// Reads the headers of an answer; `Content-Type` says nothing that the media types do not (OpenAPI 3.0.3,
    /// "Response Object").
    pub(super) fn answer_headers(&mut self, at: &At<'a>) -> Vec<AnswerHeader> {
        let mut found: Vec<AnswerHeader> = Vec::new();
        for (name, header) in at.member("headers").iter().flat_map(At::members) {
            let description = self.answer_header(&header).unwrap_or_default();
            if !name.starts_with("x-mcp") && !name.eq_ignore_ascii_case("content-type") {
                found.push(AnswerHeader { name: name.to_owned(), description });
            }
        }
        found
    }

    /// Checks a header of an answer; gives its description.
    pub(super) fn answer_header(&mut self, at: &At<'a>) -> Option<String> {
        if at.version() == Version::V2_0 {
            self.schemas.read_inline(at, &mut self.problems);
            return at.member("description").and_then(|text| text.value.as_str()).map(str::to_owned);
        }
        let at = resolve::follow(at, &mut self.problems)?;
        let mut sound = shape::check(&at, HEADER, &mut self.problems);
        sound.remove("example");
        sound.insert("schema".into(), json!({}));
        self.typed::<openapiv3::Header>(sound, &at);
        if let Some(schema) = at.member("schema").filter(|schema| Form::Schema.fits(schema.value)) {
            self.schema(&schema);
        }
        at.member("description").and_then(|text| text.value.as_str()).map(str::to_owned)
    }
}

fn status(key: &str) -> Option<Status> {
    if key == "default" {
        return Some(Status::Default);
    }
    let (first, rest) = (key.chars().next()?.to_digit(10)?, key.get(1..)?);
    let first = u16::try_from(first).ok().filter(|first| (1..=5).contains(first))?;
    if rest.eq_ignore_ascii_case("xx") {
        return Some(Status::Class(first));
    }
    let is_code = rest.len() == 2 && rest.bytes().all(|byte| byte.is_ascii_digit());
    is_code.then(|| key.parse().ok().map(Status::Code)).flatten()
}
