//! JSON in which nothing is wrong, read in one go: most documents are that, and large ones are read in half the time.
//! What is not plain is left to [`super::json`], which says what is wrong and where.

use serde_json::{Map, Number, Value};

use super::Loaded;
use super::ruler::Ruler;
use crate::document::{Inside, Spot};
use crate::limits;

/// Reads strict JSON; `None` where anything about it has to be told.
pub(super) fn read(text: &str, file: usize) -> Option<Loaded> {
    let mut reader =
        Reader { text, at: 0, ruler: Ruler::new(text), file, members: Vec::new(), items: Vec::new() };
    reader.skip_blanks();
    let start = reader.place();
    let root = reader.value(start, 1)?;
    reader.skip_blanks();
    (reader.at == text.len()).then_some(root)
}

struct Reader<'t> {
    text: &'t str,
    /// Offset of what comes next.
    at: usize,
    ruler: Ruler<'t>,
    /// Index of the file.
    file: usize,
    /// The members of the objects that are open, so that each object is made once and as large as it is.
    members: Vec<(String, Loaded)>,
    /// The items of the lists that are open, likewise.
    items: Vec<Loaded>,
}

impl Reader<'_> {
    /// The value that comes next; `start` is where it or the name of its member stands.
    fn value(&mut self, start: (u32, u32), depth: usize) -> Option<Loaded> {
        let (value, inside) = match self.peek()? {
            b'{' | b'[' if depth > limits::DEPTH => return None,
            b'{' => self.object(depth)?,
            b'[' => self.array(depth)?,
            b'"' => (Value::String(self.string()?), Inside::Leaf),
            b'-' | b'0'..=b'9' => (Value::Number(self.number()?), Inside::Leaf),
            _ => (self.word()?, Inside::Leaf),
        };
        Some((value, Spot { file: self.file, line: start.0, column: start.1, inside }))
    }

    fn object(&mut self, depth: usize) -> Option<(Value, Inside)> {
        let first = self.members.len();
        self.at += 1;
        self.skip_blanks();
        while self.peek()? != b'}' {
            let start = self.place();
            let name = self.string()?;
            self.skip_blanks();
            self.take(b':')?;
            self.skip_blanks();
            let loaded = self.value(start, depth + 1)?;
            self.members.push((name, loaded));
            self.separator(b'}')?;
        }
        self.at += 1;
        let count = self.members.len() - first;
        let (mut members, mut spots) = (Map::with_capacity(count), Vec::with_capacity(count));
        for (name, (value, spot)) in self.members.drain(first..) {
            spots.push((name.clone(), spot));
            members.insert(name, value);
        }
        // A name that comes twice has to be told.
        (members.len() == count)
            .then(|| (Value::Object(members), Inside::Members(spots.into_iter().collect())))
    }

    fn array(&mut self, depth: usize) -> Option<(Value, Inside)> {
        let first = self.items.len();
        self.at += 1;
        self.skip_blanks();
        while self.peek()? != b']' {
            let start = self.place();
            let loaded = self.value(start, depth + 1)?;
            self.items.push(loaded);
            self.separator(b']')?;
        }
        self.at += 1;
        let (values, spots): (Vec<_>, Vec<_>) = self.items.drain(first..).unzip();
        Some((Value::Array(values), Inside::Items(spots)))
    }

    /// Passes a comma, after which something must come, or stops before the end of the list.
    fn separator(&mut self, end: u8) -> Option<()> {
        self.skip_blanks();
        if self.peek()? == end {
            return Some(());
        }
        self.take(b',')?;
        self.skip_blanks();
        (self.peek()? != end).then_some(())
    }

    fn string(&mut self) -> Option<String> {
        let start = self.at;
        self.take(b'"')?;
        let mut is_escaped = false;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            let ends = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
            self.at += ends + 1;
            match rest[ends] {
                b'"' => break,
                // What is escaped may be a quote.
                b'\\' => (is_escaped, self.at) = (true, self.at + 1),
                _ => return None,
            }
            if self.at > self.text.len() {
                return None;
            }
        }
        match is_escaped {
            true => serde_json::from_str(self.text.get(start..self.at)?).ok(),
            false => Some(self.text[start + 1..self.at - 1].to_owned()),
        }
    }

    fn number(&mut self) -> Option<Number> {
        let rest = &self.text[self.at..];
        let is_part = |byte: u8| matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E');
        let length = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += length;
        serde_json::from_str(&rest[..length]).ok()
    }

    fn word(&mut self) -> Option<Value> {
        let words = [("true", Value::Bool(true)), ("false", Value::Bool(false)), ("null", Value::Null)];
        let rest = &self.text[self.at..];
        let (word, value) = words.into_iter().find(|(word, _)| rest.starts_with(word))?;
        self.at += word.len();
        Some(value)
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text.as_bytes()[self.at..];
        let blanks = rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\n' | b'\r'));
        self.at += blanks.unwrap_or(rest.len());
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> Option<()> {
        (self.peek()? == byte).then(|| self.at += 1)
    }

    fn place(&mut self) -> (u32, u32) {
        self.ruler.at(self.at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{File, json};
    use super::*;
    use crate::problems::Problems;

    fn exact(text: &str) -> Option<(String, bool)> {
        let mut problems = Problems::default();
        let loaded = json::exact(text, File { index: 0, name: "a.json" }, &mut problems);
        let is_sound = problems.finish().problems.is_empty();
        loaded.map(|loaded| (format!("{loaded:?}"), is_sound))
    }

    fn plain(text: &str) -> Option<(String, bool)> {
        read(text, 0).map(|loaded| (format!("{loaded:?}"), true))
    }

    #[test]
    fn what_is_plain_is_read_as_by_the_exact_reader() {
        let texts = [
            "{}",
            "[]",
            " [ ] \n",
            r#"{"a": [1, -2.5e3, 0, true, false, null, "x"], "b": {"c": {}, "d": []}}"#,
            "{\n\t\"é\": \"ü\",\r\n  \"b\" :\n[\n\"\", {\"z\":1,\"a\":2}\n]\n}",
            r#"["a\"b\\", "\u00e9\ud83d\ude00\n\/", "\\"]"#,
            "[18446744073709551615, -9223372036854775808, 1E2, -0]",
            "\"alone\"",
        ];
        for text in texts {
            assert_eq!(plain(text), exact(text), "{text}");
            assert!(plain(text).is_some(), "{text}");
        }
    }

    #[test]
    fn what_is_to_be_told_is_left_to_the_exact_reader() {
        let deep = format!("{}{}", "[".repeat(limits::DEPTH + 1), "]".repeat(limits::DEPTH + 1));
        let texts = [
            "",
            " ",
            "{",
            "[",
            "\"",
            "\"\\",
            "\"\\\"",
            "[1,]",
            "{\"a\":1,}",
            "{,}",
            "[,1]",
            "[1 2]",
            "{\"a\" 1}",
            "{a: 1}",
            "{'a': 1}",
            "{} {}",
            "[] x",
            "// no\n{}",
            "[01]",
            "[1.]",
            "[.5]",
            "[+1]",
            "[1e999]",
            "[-]",
            "tru",
            "truely",
            "nul",
            "{\"a\": 1, \"a\": 2}",
            "\"\t\"",
            "\"\n\"",
            r#""\x""#,
            r#""\ud800""#,
            "\u{a0}{}",
            &deep,
        ];
        for text in texts {
            assert_eq!(plain(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_as_deep_as_may_be_is_plain() {
        let deep = format!("{}{}", "[".repeat(limits::DEPTH), "]".repeat(limits::DEPTH));
        assert!(read(&deep, 0).is_some());
    }

    #[test]
    fn every_beginning_and_every_changed_byte_is_read_alike_or_not_at_all() {
        let text = r#"{"a": [1, -2.5e3, true, "x\"\u00e9"], "b": {"c": null, "d": "é"}}"#;
        let beginnings = text.char_indices().map(|(end, _)| text[..end].to_owned());
        let changed = text.char_indices().flat_map(|(at, letter)| {
            ["\"", "\\", ",", "]", "}", "0", "-", " ", "\n", ""]
                .map(|other| format!("{}{other}{}", &text[..at], &text[at + letter.len_utf8()..]))
        });
        for text in beginnings.chain(changed) {
            let plain = plain(&text);
            assert!(plain.is_none() || plain == exact(&text), "{text}");
        }
    }
}
