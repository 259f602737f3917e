//! Text of a document is read by models: characters that people cannot see and phrases that steer a reader are
//! errors (an overlay can accept one by its pointer, with a reason), very long descriptions are noted.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::limits;
use crate::problems::Problems;
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
    let mut open = vec![root.clone()];
    while let Some(at) = open.pop() {
        let mut inside = Vec::new();
        for (key, member) in at.members() {
            if let Some(character) = hidden(key) {
                let message = format!("the name {key:?} holds the invisible character {}", code(character));
                problems.error("invisible-character", member.place(), message);
            }
            // Examples and extensions of others never reach a reader.
            if matches!(key, "example" | "examples") || (key.starts_with("x-") && key != "x-mcp") {
                continue;
            }
            if let Value::String(text) = member.value {
                check_text(key, text, &member, problems);
            }
            inside.push(member);
        }
        for item in at.items() {
            if let Value::String(text) = item.value {
                check_text("", text, &item, problems);
            }
            inside.push(item);
        }
        open.extend(inside.into_iter().rev());
    }
}

fn check_text(key: &str, text: &str, at: &At<'_>, problems: &mut Problems) {
    if let Some(character) = hidden(text) {
        let message = format!("the text holds the invisible character {}: remove it", code(character));
        problems.error("invisible-character", at.place(), message);
    }
    if !matches!(key, "description" | "summary" | "title") {
        return;
    }
    if let Some(found) = steering(text) {
        let message = format!("the text steers a reader instead of describing: {found:?}");
        problems.error("steering-text", at.place(), message);
    }
    let length = text.chars().count();
    if key == "description" && length > limits::DESCRIPTION {
        let message = format!("{length} characters: more than {} cost every reader", limits::DESCRIPTION);
        problems.note("long-description", at.place(), message);
    }
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
