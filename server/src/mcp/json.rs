//! Reads JSON strictly and within bounds, before anything builds values from it.
//!
//! The parsers behind keep the last of two equal names and grow an array of small numbers to many times its text. So
//! one pass over the bytes, without recursion and without a tree, refuses duplicate names anywhere and counts depth,
//! nodes and lengths while it reads. What passes is JSON that every parser understands in the same way.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::Range;

/// How deep arrays and objects may nest.
pub(super) const MAX_DEPTH: usize = 64;
/// How many values a text may hold.
pub(super) const MAX_NODES: usize = 10_000;
/// How many bytes of UTF-8 a string may have.
pub(super) const MAX_STRING: usize = 64 * 1024;
/// How many characters a number may have.
pub(super) const MAX_NUMBER: usize = 64;

/// Why a text is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is not JSON, or beyond the bounds; the sentence says which.
    Unreadable(String),
    /// At this byte an object has a name a second time.
    Duplicate(usize),
}

/// What kind of value a span holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Null,
    Boolean,
    Number,
    String,
    Array,
    Object,
}

/// A member of the outermost object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    pub(super) name: Cow<'a, str>,
    pub(super) kind: Kind,
    pub(super) span: Range<usize>,
}

/// A readable text: what it is, and its members if it is an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Outline<'a> {
    pub(super) kind: Kind,
    pub(super) members: Vec<Member<'a>>,
}

/// Reads the whole text.
pub(super) fn read(bytes: &[u8]) -> Result<Outline<'_>, Fault> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| Fault::Unreadable(format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let mut reader = Reader::new(text);
    reader.names.reserve(FEW);
    let kind = reader.document()?;
    Ok(Outline { kind, members: reader.members })
}

/// What a string's span says.
pub(super) fn string_value(span: &str) -> Option<Cow<'_, str>> {
    Reader::new(span).string().ok()
}

/// A container that has begun and not ended.
struct Open<'a> {
    /// Where its names begin among those of all that are open; `None` for an array.
    names: Option<usize>,
    /// Its names where they are many: they stand here and nowhere else.
    many: Option<HashSet<Cow<'a, str>>>,
    /// Nothing has been read in it yet.
    fresh: bool,
}

/// How many names of an object are looked through one by one: most objects have so few that this is faster than anything cleverer.
const FEW: usize = 16;

struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: usize,
    open: Vec<Open<'a>>,
    /// The names of all open objects that have few, those of the outermost first.
    names: Vec<Cow<'a, str>>,
    members: Vec<Member<'a>>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, nodes: 0, open: Vec::new(), names: Vec::new(), members: Vec::new() }
    }

    fn document(&mut self) -> Result<Kind, Fault> {
        self.space();
        let kind = self.value()?;
        while !self.open.is_empty() {
            self.step()?;
        }
        self.space();
        if self.peek().is_some() { Err(self.expected("the end of the text")) } else { Ok(kind) }
    }

    /// Ends the innermost container or reads its next item; an item that is a container is only begun.
    fn step(&mut self) -> Result<(), Fault> {
        self.space();
        let open = self.open.last_mut().expect("a step is taken inside a container");
        let is_object = open.names.is_some();
        let fresh = std::mem::replace(&mut open.fresh, false);
        if self.peek() == Some(if is_object { b'}' } else { b']' }) {
            self.at += 1;
            if let Some(Open { names: Some(begin), .. }) = self.open.pop() {
                self.names.truncate(begin);
            }
            if let ([_], Some(member)) = (&self.open[..], self.members.last_mut()) {
                member.span.end = self.at;
            }
            return Ok(());
        }
        if !fresh {
            self.take(b',', "a comma or the container's end")?;
            self.space();
        }
        let name = if is_object { Some(self.name()?) } else { None };
        let outermost = self.open.len() == 1;
        let begin = self.at;
        let kind = self.value()?;
        if outermost && let Some(name) = name {
            self.members.push(Member { name, kind, span: begin..self.at });
        }
        Ok(())
    }

    /// Reads a name that its object does not have yet, and the colon.
    fn name(&mut self) -> Result<Cow<'a, str>, Fault> {
        let begin = self.at;
        if self.peek() != Some(b'"') {
            return Err(self.expected("a name in double quotes"));
        }
        let name = self.string()?;
        if !self.is_new(name.clone()) {
            return Err(Fault::Duplicate(begin));
        }
        self.space();
        self.take(b':', "a colon")?;
        self.space();
        Ok(name)
    }

    /// Takes a name of the innermost object; `false` if it is there already.
    fn is_new(&mut self, name: Cow<'a, str>) -> bool {
        let open = self.open.last_mut().expect("names stand in objects");
        let begin = open.names.expect("names stand in objects");
        if let Some(many) = &mut open.many {
            return many.insert(name);
        }
        let few = &self.names[begin..];
        if few.contains(&name) {
            return false;
        }
        if few.len() < FEW {
            self.names.push(name);
        } else {
            open.many = Some(self.names.drain(begin..).chain([name]).collect());
        }
        true
    }

    /// Reads a scalar, or begins a container.
    fn value(&mut self) -> Result<Kind, Fault> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Fault::Unreadable(format!("it holds more than {MAX_NODES} values")));
        }
        match self.peek() {
            Some(b'{') => self.begin(Kind::Object),
            Some(b'[') => self.begin(Kind::Array),
            Some(b'"') => self.string().map(|_| Kind::String),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.word("true", Kind::Boolean),
            Some(b'f') => self.word("false", Kind::Boolean),
            Some(b'n') => self.word("null", Kind::Null),
            _ => Err(self.expected("a value")),
        }
    }

    fn begin(&mut self, kind: Kind) -> Result<Kind, Fault> {
        if self.open.len() == MAX_DEPTH {
            return Err(Fault::Unreadable(format!("it nests deeper than {MAX_DEPTH}")));
        }
        self.at += 1;
        let names = (kind == Kind::Object).then_some(self.names.len());
        self.open.push(Open { names, many: None, fresh: true });
        Ok(kind)
    }

    fn word(&mut self, word: &str, kind: Kind) -> Result<Kind, Fault> {
        if !self.text[self.at..].starts_with(word) {
            return Err(self.expected("a value"));
        }
        self.at += word.len();
        Ok(kind)
    }

    fn number(&mut self) -> Result<Kind, Fault> {
        let begin = self.at;
        self.at += usize::from(self.peek() == Some(b'-'));
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut exact = true;
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
            exact = false;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            self.at += usize::from(matches!(self.peek(), Some(b'+' | b'-')));
            self.digits()?;
            exact = false;
        }
        let number = &self.text[begin..self.at];
        if number.len() > MAX_NUMBER {
            return Err(Fault::Unreadable(format!("a number has more than {MAX_NUMBER} characters")));
        }
        if !exact && !number.parse::<f64>().is_ok_and(f64::is_finite) {
            return Err(Fault::Unreadable(format!("the number at byte {begin} is out of range")));
        }
        Ok(Kind::Number)
    }

    fn digits(&mut self) -> Result<(), Fault> {
        let begin = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == begin { Err(self.expected("a digit")) } else { Ok(()) }
    }

    /// Reads a string: borrowed, unless it holds escapes.
    fn string(&mut self) -> Result<Cow<'a, str>, Fault> {
        self.take(b'"', "a string")?;
        let mut value = Cow::Borrowed("");
        loop {
            let plain = self.plain();
            if value.is_empty() {
                value = Cow::Borrowed(plain);
            } else {
                value.to_mut().push_str(plain);
            }
            if value.len() > MAX_STRING {
                return Err(Fault::Unreadable(format!("a string has more than {MAX_STRING} bytes")));
            }
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(value);
                }
                Some(b'\\') => value.to_mut().push(self.escape()?),
                _ => return Err(self.expected("the end of a string")),
            }
        }
    }

    /// Characters that stand for themselves.
    fn plain(&mut self) -> &'a str {
        let begin = self.at;
        let rest = &self.text.as_bytes()[begin..];
        self.at += rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..=0x1F)).unwrap_or(rest.len());
        &self.text[begin..self.at]
    }

    fn escape(&mut self) -> Result<char, Fault> {
        self.at += 1;
        let escaped = self.peek();
        self.at += 1;
        Ok(match escaped {
            Some(byte @ (b'"' | b'\\' | b'/')) => char::from(byte),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => {
                let unit = self.unit()?;
                let paired =
                    (0xD800..0xDC00).contains(&unit) && self.text.as_bytes()[self.at..].starts_with(b"\\u");
                let units = if paired {
                    self.at += 2;
                    vec![unit, self.unit()?]
                } else {
                    vec![unit]
                };
                let text = String::from_utf16(&units).map_err(|_| self.expected("a pair of surrogates"))?;
                text.chars().next().expect("one or two code units make one character")
            }
            _ => {
                self.at -= 1;
                return Err(self.expected("an escape"));
            }
        })
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Result<u16, Fault> {
        let digits = self
            .text
            .as_bytes()
            .get(self.at..self.at + 4)
            .filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let unit = digits.and_then(|digits| u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match unit {
            Some(unit) => {
                self.at += 4;
                Ok(unit)
            }
            None => Err(self.expected("four hexadecimal digits")),
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8, what: &str) -> Result<(), Fault> {
        if self.peek() != Some(byte) {
            return Err(self.expected(what));
        }
        self.at += 1;
        Ok(())
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn expected(&self, what: &str) -> Fault {
        Fault::Unreadable(format!("expected {what} at byte {}", self.at.min(self.text.len())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn refused(text: &str) -> String {
        match read(text.as_bytes()).expect_err(text) {
            Fault::Unreadable(sentence) => sentence,
            Fault::Duplicate(at) => format!("duplicate at {at}"),
        }
    }

    #[test]
    fn the_outermost_members_are_told_with_their_spans() {
        let text = r#" { "a" : [1, {"a": 2}] , "\u0062":"x\n", "c":{} ,"d":null} "#;
        let outline = read(text.as_bytes()).expect("JSON");
        let members: Vec<_> = outline
            .members
            .iter()
            .map(|member| (&*member.name, member.kind, &text[member.span.clone()]))
            .collect();
        assert_eq!(outline.kind, Kind::Object);
        assert_eq!(
            members,
            [
                ("a", Kind::Array, r#"[1, {"a": 2}]"#),
                ("b", Kind::String, r#""x\n""#),
                ("c", Kind::Object, "{}"),
                ("d", Kind::Null, "null")
            ]
        );
    }

    #[test]
    fn t14_a_name_stands_once_in_its_object_however_it_is_written() {
        for text in [
            r#"{"a":1,"a":1}"#,
            r#"{"a":1,"\u0061":1}"#,
            r#"{"x":[{"y":{"a":1,"b":2,"a":3}}]}"#,
            r#"{"":1,"":1}"#,
        ] {
            assert!(refused(text).starts_with("duplicate"), "{text}");
        }
        for text in [
            r#"{"a":1,"A":1}"#,
            r#"[{"a":1},{"a":1}]"#,
            r#"{"a":{"a":1}}"#,
            "{\"params\":1,\"param\u{17F}\":1}",
        ] {
            assert!(read(text.as_bytes()).is_ok(), "{text}");
        }
    }

    #[test]
    fn t14_names_of_one_object_are_told_from_those_around_and_within_it_whether_few_or_many() {
        for count in [1, FEW - 1, FEW, FEW + 1, 3 * FEW] {
            // Each name stands also within the object before it.
            let member = |name: usize| format!(r#""{name}":{{"{name}":0,"{}":[{{}}]}}"#, name + 1);
            let members: Vec<String> = (0..count).map(member).collect();
            let text = |more: &str| format!("{{{}{more}}}", members.join(","));
            assert!(read(text("").as_bytes()).is_ok(), "{count}");
            for name in 0..count {
                assert!(
                    refused(&text(&format!(r#","{name}":0"#))).starts_with("duplicate"),
                    "{name} of {count}"
                );
                let within = format!(r#","x":{{"y":{{{}}},"{name}":0,"{name}":1}}"#, members.join(","));
                assert!(refused(&text(&within)).starts_with("duplicate"), "{name} of {count}, within");
            }
        }
    }

    #[test]
    fn t_42_depth_is_bounded_to_the_level_and_costs_no_stack() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(nested(MAX_DEPTH).as_bytes()).is_ok());
        assert!(refused(&nested(MAX_DEPTH + 1)).contains("deeper"));
        let small_stack = std::thread::Builder::new().stack_size(256 * 1024);
        let thread = small_stack.spawn(|| refused(&"[".repeat(100_000))).expect("a thread");
        assert!(thread.join().expect("no overflow").contains("deeper"));
    }

    #[test]
    fn t_43_nodes_strings_and_numbers_are_bounded_to_the_unit() {
        let array = |items: usize| format!("[{}]", vec!["0"; items].join(","));
        assert!(read(array(MAX_NODES - 1).as_bytes()).is_ok());
        assert!(refused(&array(MAX_NODES)).contains("values"));
        let string = |length: usize| format!("\"{}\"", "a".repeat(length));
        assert!(read(string(MAX_STRING).as_bytes()).is_ok());
        assert!(refused(&string(MAX_STRING + 1)).contains("bytes"));
        let escaped = |length: usize| format!("\"{}\"", "\\u0061".repeat(length));
        assert!(read(escaped(MAX_STRING).as_bytes()).is_ok());
        assert!(refused(&escaped(MAX_STRING + 1)).contains("bytes"));
        assert!(read("1".repeat(MAX_NUMBER).as_bytes()).is_ok());
        assert!(refused(&"1".repeat(MAX_NUMBER + 1)).contains("characters"));
    }

    #[test]
    fn what_is_not_json_is_refused() {
        for text in [
            "",
            " ",
            "{",
            "[1,]",
            "{,}",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{'a':1}",
            "[1 2]",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "1e400",
            "tru",
            "nul",
            "NaN",
            "Infinity",
            "\"",
            "\"\\x\"",
            "\"\\u12\"",
            "\"\\ud800\"",
            "\"\\udc00\"",
            "\"\\ud800\\u0041\"",
            "\"\t\"",
            "1 2",
            "[1]]",
            "{} x",
            "\u{FEFF}{}",
            "// x\n1",
            "[1}",
        ] {
            refused(text);
        }
        assert!(matches!(read(b"\"\xFF\""), Err(Fault::Unreadable(_))));
    }

    proptest! {
        /// Within the bounds, what is accepted is what the parser behind accepts.
        #[test]
        fn it_accepts_what_the_parser_behind_accepts(text in r#"[\[\]{},:" \\u0-9a-ftrnlse.+\-"\u{e9}]{0,24}"#) {
            let parsed = serde_json::from_str::<serde_json::Value>(&text).is_ok();
            let read = read(text.as_bytes());
            prop_assert_eq!(parsed, !matches!(read, Err(Fault::Unreadable(_))), "{:?}", read);
        }
    }
}
