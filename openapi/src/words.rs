//! Text of a document is read by models: characters that people cannot see and phrases that steer a reader are
//! errors (an overlay can accept one by its pointer, with a reason), very long descriptions are noted.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::limits;
use crate::problems::Problems;
use crate::report::Place;
use crate::shape;
use crate::store::At;

/// Phrases that tell a model what to do rather than what a call does.
static STEERING: LazyLock<Regex> = LazyLock::new(|| {
    let phrases = [
        r"\b(?:ignore|disregard|forget|override)\s+(?:all\s+|any\s+)?(?:of\s+)?(?:the\s+|your\s+|my\s+)?(?:previous|prior|above|earlier|preceding)\b",
        r"</?\s*(?:important|system|instructions?|secret|admin)\s*>",
        r"(?:^|\n)\s*(?:system|assistant|developer)\s*:",
        r"\b(?:before|instead\s+of)\s+(?:using|calling|invoking)\s+(?:any|this|all)\s+(?:of\s+the\s+)?(?:other\s+)?tools?\b",
        r"\b(?:do\s+not|don't|never)\s+(?:tell|inform|mention|reveal|show)\b[^.\n]{0,40}\buser\b",
        r"\byou\s+(?:must|should|have\s+to)\s+(?:always\s+)?(?:first\s+|always\s+)(?:call|use|read|send|invoke)\b",
        r"\bnew\s+instructions?\s*:",
        r"\bact\s+as\s+(?:if\s+you\s+(?:are|were)|an?\s+(?:system|admin|root|unrestricted))\b",
        r"<!--",
    ];
    Regex::new(&format!("(?i){}", phrases.map(|phrase| format!("(?:{phrase})")).join("|")))
        .expect("the phrases are a valid pattern")
});

/// Looks at every text below `root` that may reach a reader.
pub(crate) fn check(root: &At<'_>, problems: &mut Problems) {
    Walk { root, path: Vec::new(), problems }.node(root.value);
}

/// A walk over a whole document. Almost nothing in one is ever reported, so the place is found when something is.
struct Walk<'w, 'a> {
    root: &'w At<'a>,
    /// The steps from the root; depth is bounded by the loader.
    path: Vec<Step<'a>>,
    problems: &'w mut Problems,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Member(&'a str),
    Item(usize),
}

impl<'a> Walk<'_, 'a> {
    /// The names and texts of a node, then those of each node inside it.
    fn node(&mut self, value: &'a Value) {
        match value {
            Value::Object(members) => {
                for (key, member) in members {
                    self.name(key);
                    if let Value::String(text) = member
                        && reaches_a_reader(key)
                    {
                        self.text(Step::Member(key), text);
                    }
                }
                for (key, member) in members.iter().filter(|(key, _)| reaches_a_reader(key)) {
                    self.inside(Step::Member(key), member);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Value::String(text) = item {
                        self.text(Step::Item(index), text);
                    }
                }
                for (index, item) in items.iter().enumerate() {
                    self.inside(Step::Item(index), item);
                }
            }
            _ => {}
        }
    }

    fn inside(&mut self, step: Step<'a>, value: &'a Value) {
        if value.is_object() || value.is_array() {
            self.path.push(step);
            self.node(value);
            self.path.pop();
        }
    }

    /// The place one step below the present node.
    fn place(&self, last: Step<'a>) -> Place {
        let steps = self.path.iter().chain([&last]);
        let found = steps.copied().try_fold(self.root.clone(), |at, step| match step {
            Step::Member(key) => at.member(key),
            Step::Item(index) => at.item(index),
        });
        found.map_or_else(|| self.root.place(), |at| at.place())
    }

    fn name(&mut self, key: &'a str) {
        if let Some(character) = hidden(key) {
            let message = format!("the name {key:?} holds the invisible character {}", code(character));
            self.problems.error("invisible-character", self.place(Step::Member(key)), message);
        }
    }

    fn text(&mut self, step: Step<'a>, text: &str) {
        if let Some(character) = hidden(text) {
            let message = format!("the text holds the invisible character {}: remove it", code(character));
            self.problems.error("invisible-character", self.place(step), message);
        }
        let Step::Member(key @ ("description" | "summary" | "title")) = step else { return };
        if let Some(found) = steering(text) {
            let message = format!("the text steers a reader instead of describing: {found:?}");
            self.problems.error("steering-text", self.place(step), message);
        }
        // There are at least as many bytes as characters.
        if key != "description" || text.len() <= limits::DESCRIPTION {
            return;
        }
        let length = text.chars().count();
        if length > limits::DESCRIPTION {
            let message = format!("{length} characters: more than {} cost every reader", limits::DESCRIPTION);
            self.problems.note("long-description", self.place(step), message);
        }
    }
}

/// Examples and extensions of others do not.
fn reaches_a_reader(key: &str) -> bool {
    !matches!(key, "example" | "examples") && (!key.starts_with("x-") || key == "x-mcp")
}

/// The first words of a text that tell a model what to do rather than what a call does.
pub(crate) fn steering(text: &str) -> Option<&str> {
    STEERING.find(text).map(|found| found.as_str().trim())
}

/// The first character that is not seen but read.
fn hidden(text: &str) -> Option<char> {
    if text
        .bytes()
        .all(|byte| (0x20..0x7F).contains(&byte) || byte == b'\n' || byte == b'\t' || byte == b'\r')
    {
        return None;
    }
    let mut before = ' ';
    for character in text.chars() {
        let joins_emoji = matches!(character, '\u{200D}' | '\u{FE0F}') && shows_emoji(before);
        if is_hidden(character) && !joins_emoji {
            return Some(character);
        }
        before = character;
    }
    None
}

/// After these a joiner or a variation selector is part of what is seen.
fn shows_emoji(before: char) -> bool {
    before >= '\u{2000}' || matches!(before, '#' | '*' | '0'..='9' | '©' | '®')
}

fn is_hidden(character: char) -> bool {
    matches!(character,
        '\0'..='\u{8}' | '\u{B}' | '\u{C}' | '\u{E}'..='\u{1F}' | '\u{7F}'..='\u{9F}'
        | '\u{AD}' | '\u{61C}' | '\u{180E}'
        | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}'
        | '\u{E0000}'..='\u{E0FFF}')
}

fn code(character: char) -> String {
    format!("U+{:04X}", u32::from(character))
}

/// The words of an unknown key, for a near miss.
pub(crate) fn suggestion<'k>(key: &str, known: impl Iterator<Item = &'k str>) -> String {
    match shape::nearest(key, known) {
        Some(near) => format!("; did you mean `{near}`?"),
        None => String::new(),
    }
}
