//! From an answer of the API to a reply, or to the reason why there is none.
//!
//! An answer of success that cannot be read never looks as if nothing had been done: it is reported with its
//! status.

mod as_it_is;
mod density;
mod headers;
mod message;
mod neutral;
mod settle;

use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use as_it_is::Compact;
use settle::{LeftOut, settle};

use crate::as_json::{as_json, quoted};
use crate::call::{Attachment, Body, CallError, Reply};
use crate::catalog::{AnswerRule, Content, Tool};
use crate::follow::FOLLOW_UP;
use crate::shape::Shape;
use crate::structured::Structured;
use crate::upstream::Received;

/// The longest time that `Retry-After` may name.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// Reads the answer as the tool's rules say.
pub fn read(tool: &Tool, received: Received) -> Result<Reply, CallError> {
    let status = received.status;
    if status < 200 {
        return Err(CallError::Unexpected { status, what: "expected a final status".to_owned() });
    }
    if !(200..300).contains(&status) {
        let retry_after = received.retry_after.as_deref().and_then(|text| wait(text, SystemTime::now()));
        return Err(CallError::Refused { status, message: message::of(&received), retry_after });
    }
    let returned = received.headers.clone();
    content(tool, received).map(|reply| headers::added(tool, reply, returned))
}

/// The content of a success.
fn content(tool: &Tool, received: Received) -> Result<Reply, CallError> {
    let status = received.status;
    let mut notes = Vec::new();
    let rule = rule(tool, status, &mut notes);
    let promised = rule.map_or("", |rule| rule.media_type);
    match rule.map(|rule| rule.content) {
        None | Some(Content::Empty) => undescribed(tool, received, notes),
        Some(Content::Text) => text(received, notes, promised),
        Some(Content::Binary) => binary(received, promised, notes),
        Some(Content::Json { shape, wrap }) => {
            if let Some((text, written)) = as_it_is(tool, &received, shape, wrap) {
                let told =
                    Body { structured: Some(Structured::of_checked(text.clone())), text, ..Body::default() };
                return Ok(Reply::written_so(status, told, notes, written));
            }
            let value = described(tool, &received, &mut notes)?;
            let (value, left_out) = settled(shape, wrap, value).map_err(|told| CallError::Unexpected {
                status,
                what: format!("the answer is not what the document says: {told}"),
            })?;
            notes.extend(left_out);
            let reply = reply(status, value, notes);
            proven(tool, reply)
        }
        Some(Content::AnyJson) => {
            let value = described(tool, &received, &mut notes)?;
            let value = if value.is_object() { value } else { json!({ "value": value }) };
            Ok(reply(status, value, notes))
        }
    }
}

/// The JSON of an answer that needs nothing but to be passed on, as most do, and the same as a string of JSON unless it is large:
/// then it is seldom needed.
fn as_it_is(
    tool: &Tool,
    received: &Received,
    shape: Shape,
    wrap: Option<&str>,
) -> Option<(String, Option<String>)> {
    let is_simple = tool.long.is_none() && tool.proof.is_none() && tool.answer_headers.is_empty();
    let media_type = received.content_type.as_deref();
    if !is_simple || !media_type.is_none_or(is_plain_json) {
        return None;
    }
    let compact = Compact::of(shape, &received.body)?;
    let Some(member) = wrap else {
        let written = compact.quoted_between("\"", "\"");
        return Some((compact.json, written));
    };
    let begin = format!("{{{}:", as_json(member));
    let quoted = quoted(&begin);
    let written = compact.quoted_between(&quoted[..quoted.len() - 1], "}\"");
    Some((format!("{begin}{}}}", compact.json), written))
}

/// Whether a media type is that of JSON in UTF-8, in one of the ways in which it is mostly written.
fn is_plain_json(media_type: &str) -> bool {
    let (essence, charset) = media_type.split_once(';').unwrap_or((media_type, "charset=utf-8"));
    essence.trim().eq_ignore_ascii_case("application/json")
        && charset.trim().eq_ignore_ascii_case("charset=utf-8")
}

/// How the answer is read. A status that the document does not describe is read as the success that it does
/// describe.
fn rule<'t>(tool: &'t Tool, status: u16, notes: &mut Vec<String>) -> Option<&'t AnswerRule> {
    let fits = |rule: &&AnswerRule| (rule.from..=rule.to).contains(&status);
    if let Some(rule) = tool.answers.iter().find(fits) {
        return Some(rule);
    }
    let rule = tool.answers.iter().find(|rule| (200..300).contains(&rule.from))?;
    notes.push(format!("the document does not describe status {status}; it was read as {}", rule.from));
    Some(rule)
}

/// A proof that did not survive the decoding is no success: the caller would be left without it.
fn proven(tool: &Tool, reply: Reply) -> Result<Reply, CallError> {
    match (tool.proof, &reply.structured) {
        (Some(proof), Some(structured))
            if structured.as_object().is_some_and(|members| !holds(members, proof)) =>
        {
            let what = format!("its `{proof}` is not of the kind that the document says");
            Err(CallError::Unexpected { status: reply.status, what })
        }
        _ => Ok(reply),
    }
}

/// The JSON of an answer that must have some, its characters made visible, the proof that something was done
/// found.
fn described(tool: &Tool, received: &Received, notes: &mut Vec<String>) -> Result<Value, CallError> {
    let status = received.status;
    let mut value = parse(received, notes)?;
    notes.extend(neutral::neutralise(&mut value));
    if let (Some(_), Value::Object(members)) = (tool.long, &mut value) {
        // The output schema says what stands there, and that is ours to say.
        members.shift_remove(FOLLOW_UP);
    }
    if let Some(proof) = tool.proof
        && let Value::Object(members) = &value
    {
        if !holds(members, proof) {
            return Err(CallError::NothingDone { message: message::in_json(&value) });
        }
    } else if tool.proof.is_some() {
        return Err(CallError::Unexpected {
            status,
            what: "expected a JSON object, got other JSON".to_owned(),
        });
    }
    Ok(value)
}

/// Whether the proof is among the members. Letter case is not looked at: taking a change that was made for one that was
/// not invites the caller to make it twice.
fn holds(members: &Map<String, Value>, proof: &str) -> bool {
    members.iter().any(|(name, value)| name.eq_ignore_ascii_case(proof) && is_given(value))
}

/// Whether a value says something.
fn is_given(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.trim().is_empty(),
        _ => true,
    }
}

/// Settles the JSON of an answer into its shape and puts an object at its root. Gives it with notes on what was left
/// out, or says why it cannot be used.
pub fn settled(
    shape: Shape,
    wrap: Option<&'static str>,
    mut value: Value,
) -> Result<(Value, Vec<String>), String> {
    let mut left_out = LeftOut::default();
    settle(shape, &mut value, &mut left_out).map_err(|mismatch| mismatch.told())?;
    let value = match wrap {
        Some(member) => json!({ member: value }),
        None => value,
    };
    Ok((value, left_out.into_notes()))
}

fn reply(status: u16, value: Value, notes: Vec<String>) -> Reply {
    Reply::structured(value).with_status(status).with_notes(notes)
}

/// An answer that the document does not describe: shown as text. A tool that promises structure gets an empty object,
/// which its schema accepts, as some clients insist on one.
fn undescribed(tool: &Tool, received: Received, mut notes: Vec<String>) -> Result<Reply, CallError> {
    let status = received.status;
    let structured = tool.output_schema.map(|_| json!({}).into());
    if received.body.iter().all(u8::is_ascii_whitespace) {
        let text = format!("The API answered {status} without content.");
        return Ok(Reply::new(status, Body { structured, text, ..Body::default() }, notes));
    }
    if message::is_markup(&received) {
        return Err(CallError::Unexpected {
            status,
            what: "expected no content, got an HTML or XML page".to_owned(),
        });
    }
    let text = match parse(&received, &mut notes) {
        Ok(mut value) => {
            notes.extend(neutral::neutralise(&mut value));
            value.to_string()
        }
        Err(_) => visible_text(&received, &mut notes)?,
    };
    Ok(Reply::new(status, Body { structured, text, ..Body::default() }, notes))
}

/// Text; a page in the place of other text is a login page or worse.
fn text(received: Received, mut notes: Vec<String>, promised: &str) -> Result<Reply, CallError> {
    let status = received.status;
    if message::is_markup(&received) && !is_markup(promised) {
        return Err(CallError::Unexpected {
            status,
            what: "expected text, got an HTML or XML page".to_owned(),
        });
    }
    let text = visible_text(&received, &mut notes)?;
    Ok(reply(status, json!({ "text": text }), notes))
}

/// Whether a media type is one of pages.
fn is_markup(media_type: &str) -> bool {
    media_type.contains("xml") || media_type.contains("html")
}

/// Bytes of the promised media type, attached as they are; an HTML page in their place is a login page or worse.
fn binary(received: Received, promised: &str, notes: Vec<String>) -> Result<Reply, CallError> {
    let status = received.status;
    let promised = essence(promised);
    let media_type = essence(received.content_type.as_deref().unwrap_or(&promised));
    let is_any = matches!(media_type.as_str(), "application/octet-stream" | "binary/octet-stream")
        || promised == "application/octet-stream"
        || promised == "*/*";
    let is_of_range = promised.strip_suffix('*').is_some_and(|range| media_type.starts_with(range));
    if !(is_any || is_of_range || media_type == promised)
        || message::is_markup(&received) && !is_markup(&promised)
    {
        let shown: String = media_type.chars().filter(char::is_ascii_graphic).take(64).collect();
        return Err(CallError::Unexpected { status, what: format!("expected {promised}, got `{shown}`") });
    }
    let text =
        format!("The API answered {status} with {} bytes of {media_type}, attached.", received.body.len());
    let attachment = Some(Attachment { media_type, bytes: received.body.to_vec() });
    Ok(Reply::new(status, Body { text, attachment, ..Body::default() }, notes))
}

/// Type and subtype in small letters, without parameters.
fn essence(media_type: &str) -> String {
    media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

fn visible_text(received: &Received, notes: &mut Vec<String>) -> Result<String, CallError> {
    let mut value = Value::String(decoded(received, notes)?);
    notes.extend(neutral::neutralise(&mut value));
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// Parses JSON of the right media type. An answer without a media type gets the benefit of the doubt: it must
/// parse.
fn parse(received: &Received, notes: &mut Vec<String>) -> Result<Value, CallError> {
    let status = received.status;
    let unexpected = |what: String| CallError::Unexpected { status, what };
    if message::is_markup(received) {
        return Err(unexpected("expected JSON, got an HTML or XML page, such as one to log in".to_owned()));
    }
    if let Some(content_type) = &received.content_type {
        let media_type = essence(content_type);
        let json = matches!(media_type.as_str(), "application/json" | "text/json")
            || (media_type.starts_with("application/") && media_type.ends_with("+json"));
        if !json {
            let shown: String = media_type.chars().filter(char::is_ascii_graphic).take(64).collect();
            return Err(unexpected(format!("expected JSON, got `{shown}`")));
        }
    }
    if received.body.iter().all(u8::is_ascii_whitespace) {
        return Err(unexpected("expected JSON, got an empty body".to_owned()));
    }
    let mut replaced = Vec::new();
    let text = decoded(received, &mut replaced)?;
    if let Some(refusal) = density::refusal(&text) {
        return Err(unexpected(format!("expected JSON of ordinary density, got {refusal}")));
    }
    let value = serde_json::from_str(&text).map_err(|error| {
        unexpected(format!(
            "expected JSON, got broken JSON at line {}, column {}",
            error.line(),
            error.column()
        ))
    })?;
    notes.append(&mut replaced);
    Ok(value)
}

/// The body as text: UTF-8, or Latin-1 where the answer says so; nothing is guessed. Bytes that are no UTF-8 are replaced and
/// told: that one name is garbled is no reason to lose the answer to a change.
fn decoded(received: &Received, notes: &mut Vec<String>) -> Result<String, CallError> {
    let charset = received.content_type.as_deref().and_then(charset);
    match charset.as_deref() {
        None | Some("utf-8" | "utf8" | "us-ascii") => {
            let body = received.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&received.body);
            let broken = body.utf8_chunks().filter(|chunk| !chunk.invalid().is_empty()).count();
            if broken > 0 {
                notes.push(format!("what is not UTF-8 was replaced by U+FFFD in {broken} places"));
            }
            Ok(String::from_utf8_lossy(body).into_owned())
        }
        Some("iso-8859-1") => Ok(received.body.iter().map(|byte| char::from(*byte)).collect()),
        Some(_) => {
            let what = "expected UTF-8, got another character set".to_owned();
            Err(CallError::Unexpected { status: received.status, what })
        }
    }
}

fn charset(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"').to_ascii_lowercase();
        name.trim().eq_ignore_ascii_case("charset").then_some(value)
    })
}

/// The time that a `Retry-After` names: seconds or a date; nonsense names none.
fn wait(text: &str, now: SystemTime) -> Option<Duration> {
    let text = text.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(text.parse().map_or(LONGEST_WAIT, Duration::from_secs).min(LONGEST_WAIT));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default().min(LONGEST_WAIT))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::wait;

    #[test]
    fn t38_retry_after_is_read_in_both_forms_and_nonsense_is_nothing() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
        let later = httpdate::fmt_http_date(now + Duration::from_secs(90));
        let earlier = httpdate::fmt_http_date(now - Duration::from_secs(90));
        for (text, expected) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("999999", Some(86_400)),
            ("99999999999999999999999", Some(86_400)),
            (later.as_str(), Some(90)),
            (earlier.as_str(), Some(0)),
            ("-5", None),
            ("abc", None),
            ("", None),
            ("1.5", None),
        ] {
            assert_eq!(wait(text, now).map(|wait| wait.as_secs()), expected, "{text}");
        }
    }
}
