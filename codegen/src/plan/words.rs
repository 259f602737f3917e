//! The document's prose, made fit for a model, a program and a page: cleaned, bounded, harmless as Markdown.

/// Most characters of a description that a tool or a member carries.
pub(crate) const LONGEST: usize = 1024;

/// The text without control, bidirectional and invisible characters and HTML comments, with its ends trimmed.
/// Line breaks and tabs stay: they are layout.
pub(crate) fn clean(text: &str) -> String {
    let text = without_comments(text);
    let visible: String = text.chars().filter(|&letter| is_layout(letter) || is_visible(letter)).collect();
    visible.replace("\r\n", "\n").replace('\r', "\n").trim().to_owned()
}

/// The text cut to [`LONGEST`] characters at the end of a word; tells whether it was cut.
pub(crate) fn bounded(text: String) -> (String, bool) {
    if text.chars().count() <= LONGEST {
        return (text, false);
    }
    let cut: String = text.chars().take(LONGEST - 1).collect();
    let end = cut.rfind(char::is_whitespace).filter(|end| *end > LONGEST / 2).unwrap_or(cut.len());
    (format!("{}…", cut[..end].trim_end()), true)
}

/// The first sentence or line, of at most `longest` characters, cut at the end of a word.
pub(crate) fn first_sentence(text: &str, longest: usize) -> String {
    let line = one_line(text.split("\n\n").next().unwrap_or_default());
    let end = line.match_indices(". ").map(|(at, _)| at + 1).find(|end| !is_abbreviated(&line[..*end]));
    let end = end.unwrap_or(line.len());
    let sentence = line[..end].trim();
    if sentence.chars().count() <= longest {
        return sentence.to_owned();
    }
    let cut: String = sentence.chars().take(longest).collect();
    let end = cut.rfind(' ').unwrap_or(cut.len());
    format!("{}…", &cut[..end])
}

/// The text with every run of white space made one blank.
pub(crate) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text as one line of Markdown that rustdoc takes without a complaint: no links, tags or lists of its own.
pub(crate) fn doc_line(text: &str) -> String {
    let line = one_line(text);
    let in_pairs = line.matches('`').count().is_multiple_of(2) && !line.contains("``");
    let mut out = String::new();
    for (index, piece) in line.split('`').enumerate() {
        if index > 0 {
            out.push_str(if in_pairs { "`" } else { "\\`" });
        }
        if in_pairs && index % 2 == 1 {
            out.push_str(piece);
        } else {
            escape_prose(piece, &mut out);
        }
    }
    escape_start(out)
}

/// Whether the period at the end belongs to an abbreviation.
fn is_abbreviated(text: &str) -> bool {
    ["e.g.", "i.e.", "etc.", "cf.", "vs.", "approx."].iter().any(|short| text.ends_with(short))
}

fn escape_prose(piece: &str, out: &mut String) {
    for (index, word) in piece.split(' ').enumerate() {
        if index > 0 {
            out.push(' ');
        }
        if word.contains("://") {
            out.push('`');
            out.push_str(word);
            out.push('`');
            continue;
        }
        for letter in word.chars() {
            if matches!(letter, '\\' | '[' | ']' | '<' | '>' | '&' | '~' | '|' | '*') {
                out.push('\\');
            }
            out.push(letter);
        }
    }
}

/// A line must not begin like a heading, a list or a rule.
fn escape_start(line: String) -> String {
    let digits = line.chars().take_while(char::is_ascii_digit).count();
    match line.chars().nth(digits) {
        Some('#' | '-' | '+' | '=' | '_') if digits == 0 => format!("\\{line}"),
        Some('.' | ')') if digits > 0 => format!("{}\\{}", &line[..digits], &line[digits..]),
        _ => line,
    }
}

fn without_comments(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("<!--") {
        out.push_str(&rest[..start]);
        match rest[start..].find("-->") {
            Some(end) => rest = &rest[start + end + 3..],
            None => return out,
        }
    }
    out.push_str(rest);
    out
}

fn is_layout(letter: char) -> bool {
    matches!(letter, '\n' | '\r' | '\t')
}

/// Neither a control character nor one of those that reorder or hide text.
fn is_visible(letter: char) -> bool {
    !letter.is_control()
        && !matches!(letter,
            '\u{ad}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_and_comments_are_removed() {
        assert_eq!(clean("a\u{200b}b\u{202e}\u{2028}c<!-- do\nevil -->d\r\ne\0"), "abcd\ne");
        assert_eq!(clean("left <!-- open"), "left");
    }

    #[test]
    fn long_text_is_cut_at_a_word() {
        let (text, cut) = bounded("word ".repeat(400));
        assert!(cut);
        assert!(text.chars().count() <= LONGEST);
        assert!(text.ends_with("word…"), "{text}");
    }

    #[test]
    fn a_doc_line_is_harmless_markdown() {
        let check = |text: &str, expected: &str| assert_eq!(doc_line(text), expected, "{text}");
        check("See https://example.com/a.", "See `https://example.com/a.`");
        check("A [link] and <b>", "A \\[link\\] and \\<b\\>");
        check("code `a<b>` stays", "code `a<b>` stays");
        check("one ` tick", "one \\` tick");
        check("# head", "\\# head");
        check("1. item", "1\\. item");
        check("two\n\n  lines", "two lines");
    }

    #[test]
    fn the_first_sentence_ends_at_its_period() {
        assert_eq!(first_sentence("One thing. Another.", 80), "One thing.");
        assert_eq!(first_sentence("A level, e.g. DEV2. More.", 80), "A level, e.g. DEV2.");
        assert_eq!(first_sentence("a very long sentence indeed", 12), "a very long…");
    }
}
