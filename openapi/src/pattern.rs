//! Patterns: ECMA-262, as documents write them, to the syntax of the `regex` crate, which runs in linear time. What has
//! no such form (look-around, back references) is refused with its reason.

use std::iter::Peekable;
use std::str::Chars;

use regex::RegexBuilder;

/// Bytes that a compiled pattern may take.
const SIZE: usize = 1 << 20;

/// The pattern in the syntax of the `regex` crate, checked by compiling it.
pub(crate) fn translate(pattern: &str) -> Result<String, String> {
    let translated = Translation { rest: pattern.chars().peekable(), out: String::new() }.run()?;
    match RegexBuilder::new(&translated).size_limit(SIZE).build() {
        Ok(_) => Ok(translated),
        Err(regex::Error::CompiledTooBig(_)) => Err("it is too large when compiled".to_owned()),
        Err(regex::Error::Syntax(text)) => {
            let reason = text.lines().last().unwrap_or("").trim().trim_start_matches("error: ");
            Err(reason.to_owned())
        }
        Err(other) => Err(other.to_string()),
    }
}

struct Translation<'p> {
    rest: Peekable<Chars<'p>>,
    out: String,
}

impl Translation<'_> {
    fn run(mut self) -> Result<String, String> {
        while let Some(character) = self.rest.next() {
            match character {
                '\\' => self.escape(false)?,
                '[' => self.class()?,
                // A brace that begins no repetition stands for itself.
                '{' if !self.begins_repetition() => self.out.push_str("\\{"),
                other => self.out.push(other),
            }
        }
        Ok(self.out)
    }

    fn begins_repetition(&self) -> bool {
        let ahead: String = self.rest.clone().take_while(|character| *character != '}').take(24).collect();
        let (least, most) = ahead.split_once(',').unwrap_or((&ahead, ""));
        let is_count = |text: &str| text.chars().all(|digit| digit.is_ascii_digit());
        !least.is_empty() && is_count(least) && is_count(most)
    }

    /// `\d` and `\w` are ASCII in ECMA-262. Everything that names itself loses its backslash or keeps one that the
    /// `regex` crate knows.
    fn escape(&mut self, in_class: bool) -> Result<(), String> {
        let Some(character) = self.rest.next() else { return Err("it ends with a backslash".to_owned()) };
        match (character, in_class) {
            ('d', false) => self.out.push_str("[0-9]"),
            ('d', true) => self.out.push_str("0-9"),
            ('w', false) => self.out.push_str("[A-Za-z0-9_]"),
            ('w', true) => self.out.push_str("A-Za-z0-9_"),
            ('D', false) => self.out.push_str("[^0-9]"),
            ('W', false) => self.out.push_str("[^A-Za-z0-9_]"),
            ('D' | 'W', true) => {
                return Err(format!("\\{character} inside brackets has no form that all readers share"));
            }
            ('b', true) => self.out.push_str("\\x08"),
            ('c', _) => {
                let letter =
                    self.rest.next().filter(char::is_ascii_alphabetic).ok_or("\\c needs a letter")?;
                self.out.push_str(&format!("\\x{:02x}", u32::from(letter) % 32));
            }
            ('0', _) if !self.rest.peek().is_some_and(char::is_ascii_digit) => self.out.push_str("\\x00"),
            ('1'..='9', false) => return Err("back references are not supported".to_owned()),
            ('<' | '>' | '/' | '_' | ' ' | '"' | '\'', _) => self.out.push(character),
            (other, _) => {
                self.out.push('\\');
                self.out.push(other);
            }
        }
        Ok(())
    }

    fn class(&mut self) -> Result<(), String> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        if self.rest.peek() == Some(&']') {
            return Err("empty brackets ([] or [^]) are not supported".to_owned());
        }
        loop {
            match self.rest.next() {
                None => return Err("a bracket is not closed".to_owned()),
                Some(']') => break,
                Some('\\') => self.escape(true)?,
                // Nested brackets and set operations have a meaning there that they lack in ECMA-262.
                Some(literal @ ('[' | '&' | '~')) => {
                    self.out.push('\\');
                    self.out.push(literal);
                }
                Some('-') if self.rest.peek() == Some(&'-') => self.out.push_str("\\-"),
                Some(other) => self.out.push(other),
            }
        }
        self.out.push(']');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ecma_forms_become_forms_of_the_regex_crate() {
        let cases = [
            (r"^\d+$", "^[0-9]+$"),
            (r"[\w.-]", "[A-Za-z0-9_.-]"),
            (r"a\/b\-c", r"a/b\-c"),
            (r"(?<year>\d{4})", "(?<year>[0-9]{4})"),
            (r"^{id}$", r"^\{id}$"),
            (r"[[a]", r"[\[a]"),
            (r"[a&&b]", r"[a\&\&b]"),
            (r"\D\W", "[^0-9][^A-Za-z0-9_]"),
            (r"[\b]", r"[\x08]"),
            (r"x{2,}", "x{2,}"),
            (r"é\u00e9", r"é\u00e9"),
        ];
        for (ecma, rust) in cases {
            assert_eq!(translate(ecma).as_deref(), Ok(rust), "{ecma}");
        }
    }

    #[test]
    fn what_is_not_linear_or_not_a_pattern_is_refused() {
        for pattern in [
            r"(?=a)",
            r"(?!a)",
            r"(?<=a)b",
            r"(a)\1",
            "[",
            "(",
            "a\\",
            "[]",
            r"[\W]",
            "(((a{999}){999}){999})",
        ] {
            assert!(translate(pattern).is_err(), "{pattern}");
        }
    }
}
