//! Where an answer can be cut: at the items of its largest list, else within its largest text. The answer is looked at as
//! the JSON text that it is, so that parts of it are slices of that text and bytes are counted as they are sent.

use std::borrow::Cow;
use std::ops::Range;

use memchr::memchr2;

/// The least room in which a text is cut: below it parts would be mostly frame.
const LEAST_TEXT: usize = 256;

/// A list or a text within the text of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Site {
    /// Its path: names of members with dots between them, items by index.
    pub(super) path: String,
    /// What lies between its brackets or quotes.
    inside: Range<usize>,
    pieces: Pieces,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Pieces {
    /// The items of a list.
    Items(Vec<Range<usize>>),
    /// The characters of a text as JSON writes it; of plain text where nothing is escaped.
    Characters { escaped: bool },
}

impl Site {
    /// The site at which the answer can be cut so that every part has room; `text` is the answer as compact JSON.
    pub(super) fn of(text: &str, room: usize) -> Option<Site> {
        // What is smaller than this leaves too much beside it.
        let least = text.len().checked_sub(room)?;
        let mut search = Search::new(text, least);
        search.value();
        debug_assert_eq!(search.at, text.len(), "the text is compact JSON");
        let fits = |site: &&Site| {
            room.checked_sub(text.len() - site.inside.len()).is_some_and(|room| site.all_fit(room))
        };
        let is_list = |site: &&Site| matches!(site.pieces, Pieces::Items(_));
        let largest = |list: bool| {
            let sites = search.found.iter().filter(|site| is_list(site) == list);
            sites.filter(fits).max_by_key(|site| site.inside.len())
        };
        largest(true).or_else(|| largest(false)).cloned()
    }

    /// The whole of a plain text.
    pub(super) fn plain(text: &str, room: usize) -> Option<Site> {
        let pieces = Pieces::Characters { escaped: false };
        (room >= LEAST_TEXT).then(|| Site { path: String::new(), inside: 0..text.len(), pieces })
    }

    fn all_fit(&self, room: usize) -> bool {
        match &self.pieces {
            Pieces::Items(items) => items.len() > 1 && items.iter().all(|item| item.len() <= room),
            Pieces::Characters { .. } => room >= LEAST_TEXT,
        }
    }

    /// What is counted: items, or bytes.
    pub(super) fn unit(&self) -> &'static str {
        match self.pieces {
            Pieces::Items(_) => "items",
            Pieces::Characters { .. } => "bytes",
        }
    }

    /// How many pieces there are.
    pub(super) fn count(&self) -> usize {
        match &self.pieces {
            Pieces::Items(items) => items.len(),
            Pieces::Characters { .. } => self.inside.len(),
        }
    }

    /// How much memory it takes besides the text.
    pub(super) fn size(&self) -> usize {
        match &self.pieces {
            Pieces::Items(items) => items.len() * size_of::<Range<usize>>(),
            Pieces::Characters { .. } => 0,
        }
    }

    /// The part of `text` that begins with this piece and has no more bytes than `room`, and the piece after it.
    pub(super) fn part(&self, text: &str, begin: usize, room: usize) -> (String, usize) {
        let left = room.saturating_sub(text.len() - self.inside.len());
        let (slice, end) = match &self.pieces {
            Pieces::Items(items) => {
                let first = items[begin].start;
                // One piece at least: that each has room was found out before.
                let more = items[begin + 1..].iter().take_while(|item| item.end - first <= left).count();
                (first..items[begin + more].end, begin + 1 + more)
            }
            Pieces::Characters { escaped } => {
                let rest = &text[self.inside.start + begin..self.inside.end];
                let taken = if *escaped { escaped_part(rest, left) } else { plain_part(rest, left) };
                let first = self.inside.start + begin;
                (first..first + taken, begin + taken)
            }
        };
        (format!("{}{}{}", &text[..self.inside.start], &text[slice], &text[self.inside.end..]), end)
    }
}

/// How much of a text fits: up to the end of a line where there is one, and never less than one character.
fn plain_part(text: &str, room: usize) -> usize {
    if text.len() <= room {
        return text.len();
    }
    let fits = text.floor_char_boundary(room);
    let line = text[..fits].rfind('\n').map(|end| end + 1);
    line.unwrap_or(fits).max(text.chars().next().map_or(0, char::len_utf8))
}

/// The same of a text as JSON writes it: an escape is not cut.
fn escaped_part(text: &str, room: usize) -> usize {
    if text.len() <= room {
        return text.len();
    }
    let (mut end, mut line) = (0, 0);
    while let Some(character) = text[end..].chars().next() {
        let length = match text.as_bytes().get(end..end + 2) {
            Some(b"\\u") => 6,
            Some([b'\\', _]) => 2,
            _ => character.len_utf8(),
        };
        if end > 0 && end + length > room {
            break;
        }
        let is_line = text[end..].starts_with("\\n");
        end += length;
        if is_line {
            line = end;
        }
    }
    if line > 0 { line } else { end }
}

/// Whether the object of this text, compact JSON, has a member of this name.
pub(super) fn has_member(text: &str, name: &str) -> bool {
    let mut search = Search::new(text, usize::MAX);
    let mut is_there = false;
    if search.peek() == b'{' {
        search.members(|search, member| {
            is_there |= written(member) == name;
            search.value();
        });
    }
    is_there
}

/// Walks the text of an answer, of which it is known that it is compact JSON.
struct Search<'t> {
    text: &'t str,
    least: usize,
    found: Vec<Site>,
    path: Vec<Step<'t>>,
    at: usize,
}

#[derive(Clone, Copy)]
enum Step<'t> {
    /// As JSON writes it, without quotes.
    Name(&'t str),
    Index(usize),
}

impl<'t> Search<'t> {
    /// At the beginning of this text, for what has at least so many bytes.
    fn new(text: &'t str, least: usize) -> Self {
        Self { text, least, found: Vec::new(), path: Vec::new(), at: 0 }
    }

    fn peek(&self) -> u8 {
        self.text.as_bytes().get(self.at).copied().unwrap_or_default()
    }

    /// Its depth is that of the answer, which was bounded when it was read.
    fn value(&mut self) {
        match self.peek() {
            b'"' => {
                let begin = self.at;
                self.string();
                if self.at - begin >= self.least {
                    self.keep(begin + 1..self.at - 1, Pieces::Characters { escaped: true });
                }
            }
            b'[' => self.list(),
            b'{' => self.members(|search, name| {
                search.path.push(Step::Name(name));
                search.value();
                search.path.pop();
            }),
            _ => {
                let rest = &self.text.as_bytes()[self.at..];
                let ends = |byte: &u8| matches!(byte, b',' | b']' | b'}');
                self.at += rest.iter().position(ends).unwrap_or(rest.len());
            }
        }
    }

    /// What stands between the quotes.
    fn string(&mut self) -> &'t str {
        let (text, begin) = (self.text, self.at + 1);
        self.at = begin;
        while let Some(found) = memchr2(b'"', b'\\', &text.as_bytes()[self.at..]) {
            self.at += found;
            if self.peek() == b'"' {
                break;
            }
            self.at += 2;
        }
        self.at += 1;
        &text[begin..self.at - 1]
    }

    fn list(&mut self) {
        let begin = self.at;
        self.at += 1;
        let mut ranges = Vec::new();
        while self.peek() != b']' {
            self.at += usize::from(self.peek() == b',');
            let first = self.at;
            self.path.push(Step::Index(ranges.len()));
            self.value();
            self.path.pop();
            ranges.push(first..self.at);
        }
        self.at += 1;
        if self.at - begin >= self.least {
            self.keep(begin + 1..self.at - 1, Pieces::Items(ranges));
        }
    }

    /// Has each member looked at from where its value begins.
    fn members(&mut self, mut look: impl FnMut(&mut Self, &'t str)) {
        self.at += 1;
        while self.peek() != b'}' {
            self.at += usize::from(self.peek() == b',');
            let name = self.string();
            self.at += 1;
            look(self, name);
        }
        self.at += 1;
    }

    fn keep(&mut self, inside: Range<usize>, pieces: Pieces) {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Name(name) if path.is_empty() => path.push_str(&written(name)),
                Step::Name(name) => path = format!("{path}.{}", written(name)),
                Step::Index(index) => path = format!("{path}[{index}]"),
            }
        }
        self.found.push(Site { path, inside, pieces });
    }
}

/// The text that JSON writes so.
fn written(inside: &str) -> Cow<'_, str> {
    if !inside.contains('\\') {
        return Cow::Borrowed(inside);
    }
    serde_json::from_str(&format!("\"{inside}\"")).map_or(Cow::Borrowed(inside), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::*;

    /// Every part of the answer in turn, each of which is JSON and within its room.
    fn parts(answer: &Value, room: usize) -> Vec<Value> {
        let text = answer.to_string();
        let site = Site::of(&text, room).expect("it can be cut");
        let (mut parts, mut begin) = (Vec::new(), 0);
        while begin < site.count() {
            let (part, end) = site.part(&text, begin, room);
            assert!(part.len() <= room, "{} of {room}", part.len());
            assert!(end > begin, "a part is never empty");
            parts.push(serde_json::from_str(&part).unwrap_or_else(|error| panic!("{error}: {part}")));
            begin = end;
        }
        parts
    }

    fn path(answer: &Value, room: usize) -> Option<String> {
        Site::of(&answer.to_string(), room).map(|site| site.path)
    }

    fn items(count: usize) -> Vec<Value> {
        (0..count).map(|id| json!({ "id": id, "name": "a \"name\"\n\u{1}\u{e9}\u{10348}" })).collect()
    }

    #[test]
    fn t_46_the_parts_of_a_list_are_the_list() {
        let answer = json!({ "message": "all", "tasks": items(100), "more": { "flags": [1.5, -2, 1e300] } });
        for room in [150, 151, 200, 1000, answer.to_string().len() - 1] {
            let parts = parts(&answer, room);
            assert!(parts.len() > 1);
            let all: Vec<Value> =
                parts.iter().flat_map(|part| part["tasks"].as_array().unwrap().clone()).collect();
            assert_eq!(json!(all), answer["tasks"], "{room}");
            assert!(parts.iter().all(|part| part["more"] == answer["more"] && part["message"] == "all"));
        }
    }

    #[test]
    fn t_46_the_parts_of_a_text_are_the_text_and_end_with_lines() {
        let listing: String =
            (0..200).map(|line| format!("{line}\t\"x\"\\ \u{e9}\u{10348}\u{0}\n")).collect();
        let answer = json!({ "listing": listing });
        let parts = parts(&answer, 500);
        let all: Vec<&str> = parts.iter().map(|part| part["listing"].as_str().unwrap()).collect();
        assert_eq!(all.concat(), listing);
        assert!(all.iter().all(|part| part.ends_with('\n')));
        let one_line = json!({ "listing": "\\\"\u{10348}".repeat(500) });
        let all: String =
            self::parts(&one_line, 500).iter().map(|part| part["listing"].as_str().unwrap()).collect();
        assert_eq!(json!(all), one_line["listing"]);
    }

    #[test]
    fn t_46_the_largest_list_is_cut_whose_items_all_have_room() {
        let small = json!(["x".repeat(30), "y".repeat(30)]);
        assert_eq!(path(&json!({ "small": small, "large": items(50) }), 400).as_deref(), Some("large"));
        // One item of the outer list is all there is, so its own list is cut.
        let nested = json!({ "sets": [{ "id": 1, "tasks": items(50) }] });
        assert_eq!(path(&nested, 400).as_deref(), Some("sets[0].tasks"));
        // The largest item has no room, and nothing else is large enough.
        let mut uneven = items(50);
        uneven.push(json!({ "numbers": vec![1; 400] }));
        assert_eq!(path(&json!({ "tasks": uneven }), 600), None);
        // A list is preferred to a longer text.
        let both = json!({ "text": "x".repeat(900), "list": vec![1; 400] });
        assert_eq!(path(&both, 1000).as_deref(), Some("list"));
        assert_eq!(path(&json!({ "text": "x".repeat(900) }), 500).as_deref(), Some("text"));
    }

    #[test]
    fn t_46_what_has_no_list_and_no_text_is_not_cut() {
        let members: Map<String, Value> = (0..100).map(|id| (format!("m{id}"), json!(id))).collect();
        assert_eq!(path(&Value::Object(members), 400), None);
        assert_eq!(
            path(&json!({ "a": vec![1; 100], "b": vec![1; 100] }), 150),
            None,
            "one list is not enough"
        );
    }

    #[test]
    fn t_46_a_path_says_names_as_they_are_and_a_member_is_found_by_its_name() {
        let answer = json!({ "a \"b\"": { "\u{e9}\n": items(50) }, "empty": {}, "none": [] });
        assert_eq!(path(&answer, 400).as_deref(), Some("a \"b\".\u{e9}\n"));
        let text = answer.to_string();
        assert!(["a \"b\"", "empty", "none"].iter().all(|name| has_member(&text, name)));
        assert!(!["a", "id", "name", "\u{e9}\n", ""].iter().any(|name| has_member(&text, name)));
        assert!(!has_member("[]", "a") && !has_member("{}", "a") && !has_member("\"a\"", "a"));
    }

    #[test]
    fn plain_text_is_cut_at_lines_and_characters() {
        let text = "one\ntwo\nthree \u{e9}\u{e9}\u{e9}";
        let site = Site {
            path: String::new(),
            inside: 0..text.len(),
            pieces: Pieces::Characters { escaped: false },
        };
        assert_eq!(site.part(text, 0, 9), ("one\ntwo\n".to_owned(), 8));
        assert_eq!(site.part(text, 8, 7), ("three ".to_owned(), 14));
        assert_eq!(site.part(text, 14, 1), ("\u{e9}".to_owned(), 16));
        assert_eq!(site.part(text, 16, 100), ("\u{e9}\u{e9}".to_owned(), 20));
    }
}
