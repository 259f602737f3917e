//! The quick way of most answers: one pass over the bytes that finds that nothing of them has to change but blanks between them, and
//! writes them down without those. No tree is built.
//!
//! Whatever is out of the ordinary (a name that stands twice, an escape that can be written in another way, a value that is not what
//! its shape says) makes it give up, and the answer is read the usual way. What it gives is to the byte what that would have given.

use std::str;

use serde_json::Number;

use super::settle::is_whole;
use crate::decode::is_visible;
use crate::large::SMALL;
use crate::shape::{Member, Shape};

/// Deeper answers are read the usual way, which has a bound of its own.
const DEPTH: usize = 48;
/// Objects of more members that are not declared are read the usual way: those that stand twice are found by comparing all. Declared ones
/// have a bit each, as many of them as there are bits.
const MEMBERS: usize = 64;
/// More values are read the usual way, which asks how dense they are and counts each twice at most: this many or one in so many bytes.
const VALUES: usize = 25_000;
const BYTES_OF_VALUE: usize = 16;
/// Numbers of so many digits are the same in every reader.
const DIGITS: usize = 15;

/// An answer as JSON without blanks.
#[derive(Debug)]
pub(super) struct Compact {
    pub(super) json: String,
    /// Where it has quotes and backslashes.
    marks: Vec<u32>,
}

impl Compact {
    /// The JSON, if it fits the shape as it is.
    pub(super) fn of(shape: Shape, body: &[u8]) -> Option<Self> {
        let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
        let text = str::from_utf8(body).ok()?;
        let mut pass = Pass::new(text);
        pass.value(shape, 0)?;
        pass.blanks();
        pass.write();
        (pass.at == text.len()).then_some(Self { json: pass.out, marks: pass.marks })
    }

    /// The JSON as a string of JSON, within these quotes: what has to be escaped is known already. Not of a large one.
    pub(super) fn quoted_between(&self, before: &str, after: &str) -> Option<String> {
        if self.json.len() > SMALL {
            return None;
        }
        let length = before.len() + self.json.len() + self.marks.len() + after.len();
        let mut quoted = String::with_capacity(length);
        quoted.push_str(before);
        let mut from = 0;
        for mark in &self.marks {
            let mark = *mark as usize;
            quoted.push_str(&self.json[from..mark]);
            quoted.push('\\');
            from = mark;
        }
        quoted.push_str(&self.json[from..]);
        quoted.push_str(after);
        Some(quoted)
    }
}

struct Pass<'t> {
    text: &'t str,
    /// Where the next byte stands that was not looked at.
    at: usize,
    /// Where the first byte stands that was looked at and not written: what needs no change is written in long pieces.
    from: usize,
    out: String,
    values: usize,
    /// The names of members that are not declared, of all objects that are open, the innermost last.
    names: Vec<&'t str>,
    /// Where quotes and backslashes stand in what was written or is to be written; of a small text.
    marks: Vec<u32>,
    is_small: bool,
    /// How many escapes there were.
    escapes: usize,
}

/// What there was before something that may be left out.
#[derive(Clone, Copy)]
struct Before {
    at: usize,
    from: usize,
    written: usize,
    marks: usize,
}

/// Whether a byte of a string stands for itself and for no more.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = b' ';
    while byte <= b'~' {
        plain[byte as usize] = !matches!(byte, b'"' | b'\\');
        byte += 1;
    }
    plain
};

/// Nothing wherever the answer is to be read the usual way.
type Passed = Option<()>;

impl<'t> Pass<'t> {
    fn new(text: &'t str) -> Self {
        // Without its blanks it may be small.
        let is_small = text.len() <= 4 * SMALL;
        let marks = Vec::with_capacity(if is_small { text.len() / 8 } else { 0 });
        Self {
            text,
            at: 0,
            from: 0,
            out: String::new(),
            values: 0,
            names: Vec::new(),
            marks,
            is_small,
            escapes: 0,
        }
    }

    fn value(&mut self, shape: Shape, depth: usize) -> Passed {
        self.values += 1;
        if self.values > VALUES.max(self.text.len() / BYTES_OF_VALUE) || depth > DEPTH {
            return None;
        }
        match shape {
            Shape::Named(shape) => self.value(*shape, depth),
            Shape::Any => self.any(depth),
            Shape::Null => self.word("null"),
            Shape::Boolean => self.boolean(),
            Shape::Integer => self.number(true),
            Shape::Number => self.number(false),
            Shape::TextOrNumber | Shape::BlankTextOrNumber if self.peek()? != b'"' => self.quoted_number(),
            Shape::Text | Shape::TextOrNumber => self.string().map(drop),
            // A blank that has to be there becomes empty, which it may be already.
            Shape::BlankText | Shape::BlankTextOrNumber => {
                self.string().filter(|text| text.is_empty() || !is_blank(text)).map(drop)
            }
            Shape::OneOf(values) => self.string().filter(|text| values.contains(text)).map(drop),
            Shape::Nullable(_) if self.peek() == Some(b'n') => self.word("null"),
            Shape::Nullable(inner) if inner.takes_blank_for_unset() && self.peek() == Some(b'"') => {
                self.string().filter(|text| !is_blank(text)).map(drop)
            }
            Shape::Nullable(inner) => self.value(*inner, depth),
            Shape::List(item) | Shape::OneOrMany(item) => self.list(*item, depth),
            Shape::Map(entry) => self.object(&[], &[], *entry, depth),
            Shape::Object { members, hidden } => self.object(members, hidden, Shape::Any, depth),
        }
    }

    fn any(&mut self, depth: usize) -> Passed {
        match self.peek()? {
            b'{' => self.object(&[], &[], Shape::Any, depth),
            b'[' => self.list(Shape::Any, depth),
            b'"' => self.string().map(drop),
            b'n' => self.word("null"),
            b't' | b'f' => self.boolean(),
            _ => self.number(false),
        }
    }

    fn list(&mut self, item: Shape, depth: usize) -> Passed {
        self.mark(b'[')?;
        if self.peek()? == b']' {
            return self.mark(b']');
        }
        loop {
            self.value(item, depth + 1)?;
            match self.peek()? {
                b',' => self.at += 1,
                _ => return self.mark(b']'),
            }
        }
    }

    /// An object; members that are not declared are of the shape `other`.
    fn object(&mut self, members: &[Member], hidden: &[&str], other: Shape, depth: usize) -> Passed {
        self.mark(b'{')?;
        let outer = self.names.len();
        let mut missing = members.iter().filter(|member| member.required).count();
        let (mut next, mut seen, mut is_first, mut is_alone) = (0, 0, true, true);
        while self.peek()? != b'}' {
            let before = self.before();
            if !is_first {
                self.mark(b',')?;
                if is_alone {
                    // Nothing was left of the members before it.
                    self.leave_out(before);
                }
            }
            is_first = false;
            let name = self.name().filter(|name| !hidden.contains(name))?;
            let member = declared(members, &mut next, name);
            match member {
                Some(found) if found < MEMBERS => {
                    let bit = 1u64 << found;
                    (seen & bit == 0).then_some(())?;
                    seen |= bit;
                }
                _ => self.undeclared(name, outer)?,
            }
            let member = member.map(|found| &members[found]);
            self.mark(b':')?;
            missing -= usize::from(member.is_some_and(|member| member.required));
            if self.member(member.copied().unwrap_or(Member::required("", other)), depth)? {
                is_alone = false;
            } else {
                self.leave_out(before);
            }
        }
        self.names.truncate(outer);
        (missing == 0).then_some(())?;
        self.mark(b'}')
    }

    /// The value of a member, and whether it says something: `null` and blanks may be as good as absent.
    fn member(&mut self, Member { shape, required, .. }: Member, depth: usize) -> Option<bool> {
        match self.peek()? {
            b'n' if !required && !shape.accepts_null() => self.word("null").map(|()| false),
            b'"' if !required && shape.takes_blank_for_unset() => self.string().map(|text| !is_blank(text)),
            _ => self.value(shape, depth + 1).map(|()| true),
        }
    }

    /// The name of a member. One that is written with an escape may be another's all the same.
    fn name(&mut self) -> Option<&'t str> {
        let escapes = self.escapes;
        self.string().filter(|_| self.escapes == escapes)
    }

    /// Takes a name that is not declared and no other's in the object whose names begin at `outer`.
    fn undeclared(&mut self, name: &'t str, outer: usize) -> Passed {
        let others = &self.names[outer..];
        if others.contains(&name) || others.len() >= MEMBERS {
            return None;
        }
        self.names.push(name);
        Some(())
    }

    /// The text of a string, which stands there as every writer would write it.
    fn string(&mut self) -> Option<&'t str> {
        self.mark(b'"')?;
        let begin = self.at;
        self.note(begin - 1);
        let bytes = self.text.as_bytes();
        let mut is_ascii = true;
        loop {
            self.at += bytes[self.at..].iter().position(|byte| !PLAIN[usize::from(*byte)])?;
            match bytes[self.at] {
                b'"' => break,
                b'\\' if matches!(bytes.get(self.at + 1)?, b'"' | b'\\' | b'n' | b'r' | b't') => {
                    self.escapes += 1;
                    self.note(self.at);
                    if matches!(bytes[self.at + 1], b'"' | b'\\') {
                        self.note(self.at + 1);
                    }
                    self.at += 2;
                }
                b'\\' => return None,
                // What is no ASCII is looked at below.
                0x80.. => (is_ascii, self.at) = (false, self.at + 1),
                _ => return None,
            }
        }
        let text = &self.text[begin..self.at];
        self.note(self.at);
        self.at += 1;
        (is_ascii || is_visible(text)).then_some(text)
    }

    fn boolean(&mut self) -> Passed {
        let word = if self.peek()? == b't' { "true" } else { "false" };
        self.word(word)
    }

    fn word(&mut self, word: &str) -> Passed {
        self.blanks();
        self.text[self.at..].starts_with(word).then_some(())?;
        self.at += word.len();
        Some(())
    }

    fn number(&mut self, whole: bool) -> Passed {
        self.blanks();
        let begin = self.at;
        let rest = self.text[begin..].bytes();
        let length =
            rest.take_while(|byte| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E')).count();
        let text = &self.text[begin..begin + length];
        let digits = text.strip_prefix('-').unwrap_or(text).as_bytes();
        let is_plain = match digits {
            [b'0'] => text.len() == 1,
            [b'1'..=b'9', more @ ..] => more.len() < DIGITS && more.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if !is_plain {
            let number: Number = text.parse().ok()?;
            if whole && !is_whole(&number) {
                return None;
            }
            self.write();
            self.out.push_str(&number.to_string());
            self.from = begin + length;
        }
        self.at = begin + length;
        Some(())
    }

    fn quoted_number(&mut self) -> Passed {
        self.blanks();
        self.write();
        self.note(self.at);
        self.out.push('"');
        self.number(false)?;
        self.write();
        self.note(self.at);
        self.out.push('"');
        Some(())
    }

    /// Takes a mark of punctuation.
    fn mark(&mut self, mark: u8) -> Passed {
        (self.peek()? == mark).then_some(())?;
        self.at += 1;
        Some(())
    }

    /// The next byte that is no blank.
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.text.as_bytes();
        if *bytes.get(self.at)? <= b' ' {
            self.blanks();
        }
        bytes.get(self.at).copied()
    }

    /// Goes past blanks, which are not written.
    fn blanks(&mut self) {
        let bytes = &self.text.as_bytes()[self.at..];
        let count = bytes.iter().take_while(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'\t')).count();
        if count > 0 {
            self.write();
            self.at += count;
            self.from = self.at;
        }
    }

    /// Writes all that was looked at.
    fn write(&mut self) {
        self.out.push_str(&self.text[self.from..self.at]);
        self.from = self.at;
    }

    /// Notes the quote or backslash that stands here.
    fn note(&mut self, at: usize) {
        if self.is_small {
            #[expect(clippy::cast_possible_truncation, reason = "a small text has no more bytes")]
            self.marks.push((self.out.len() + at - self.from) as u32);
        }
    }

    fn before(&self) -> Before {
        Before { at: self.at, from: self.from, written: self.out.len(), marks: self.marks.len() }
    }

    /// Goes back to what was written or to be written before, and on after what was looked at since.
    fn leave_out(&mut self, before: Before) {
        self.out.truncate(before.written);
        self.out.push_str(&self.text[before.from..before.at]);
        self.marks.truncate(before.marks);
        self.from = self.at;
    }
}

/// Which declared member has this name; most stand in the order of the document.
fn declared(members: &[Member], next: &mut usize, name: &str) -> Option<usize> {
    let is_it = |member: &Member| member.name == name;
    let after = members[*next..].iter().position(is_it).map(|found| found + *next);
    let found = after.or_else(|| members[..*next].iter().position(is_it))?;
    *next = found + 1;
    Some(found)
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| byte == b' ')
}

#[cfg(test)]
mod tests;
