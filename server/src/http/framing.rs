//! Reads the framing of HTTP/1 messages a second time, more strictly than the HTTP library does.
//!
//! A proxy in front and the library behind may disagree on where a request ends: that is request smuggling. So what
//! two readers could read differently is refused before the library sees it: bare line feeds, folded lines, more than
//! one length, a length beside chunks, codings other than `chunked`, chunk extensions. A pure state machine over bytes.

use memchr::{memchr, memchr2};

/// The largest head, and the largest trailer section, in bytes.
pub(super) const MAX_HEAD: usize = 16 * 1024;

/// The bytes that names of fields are made of (RFC 9110, 5.6.2).
const TOKEN: [bool; 256] = {
    let mut table = [false; 256];
    let (mut byte, marks) = (0_u8, b"!#$%&'*+-.^_`|~");
    while byte < 128 {
        table[byte as usize] = byte.is_ascii_alphanumeric();
        byte += 1;
    }
    let mut mark = 0;
    while mark < marks.len() {
        table[marks[mark] as usize] = true;
        mark += 1;
    }
    table
};

/// Why a message is refused. The wire closes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Violation {
    /// How many of the bytes given last came before it.
    pub(super) at: usize,
    /// The rule.
    pub(super) rule: &'static str,
}

/// Where in a connection's bytes we are.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    line: Vec<u8>,
    head_bytes: usize,
    heads: u64,
    lengths: Lengths,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Before a message's first byte.
    Between,
    RequestLine,
    Headers,
    /// So many bytes of a body of known length.
    Sized(u64),
    ChunkSize,
    /// So many bytes of a chunk.
    Chunk(u64),
    /// The empty line after a chunk.
    ChunkEnd,
    Trailers,
}

/// What the head being read says about its body.
#[derive(Clone, Copy, Debug, Default)]
struct Lengths {
    content_length: Option<u64>,
    chunked: bool,
}

impl Framing {
    /// At the start of a connection.
    pub(super) fn new() -> Self {
        Self { state: State::Between, line: Vec::new(), head_bytes: 0, heads: 0, lengths: Lengths::default() }
    }

    /// Whether a head has begun and not ended.
    pub(super) fn in_head(&self) -> bool {
        matches!(self.state, State::RequestLine | State::Headers)
    }

    /// How many heads have ended.
    pub(super) fn heads(&self) -> u64 {
        self.heads
    }

    /// Follows these bytes, the next of the connection.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> Result<(), Violation> {
        let mut at = 0;
        while at < bytes.len() {
            if let State::Sized(left) | State::Chunk(left) = self.state {
                at += self.skip(left, bytes.len() - at);
            } else {
                let piece = self.piece(&bytes[at..]);
                at +=
                    piece.map_err(|Violation { at: further, rule }| Violation { at: at + further, rule })?;
            }
        }
        Ok(())
    }

    /// Passes over body bytes and says how many.
    fn skip(&mut self, left: u64, available: usize) -> usize {
        let skipped = left.min(available as u64);
        let left = left - skipped;
        self.state = match self.state {
            State::Chunk(_) if left == 0 => State::ChunkEnd,
            State::Chunk(_) => State::Chunk(left),
            _ if left == 0 => State::Between,
            _ => State::Sized(left),
        };
        usize::try_from(skipped).expect("no more than a slice's length was skipped")
    }

    /// Takes the bytes up to the line's end, or all of them where it does not end here, and says how many.
    fn piece(&mut self, bytes: &[u8]) -> Result<usize, Violation> {
        if self.state == State::Between {
            self.state = State::RequestLine;
            self.head_bytes = 0;
            self.lengths = Lengths::default();
        }
        let end = memchr(b'\n', bytes);
        let text = &bytes[..end.unwrap_or(bytes.len())];
        let size = text.len() + usize::from(end.is_some());
        let misplaced = self.misplaced(text, end.is_some());
        let room = MAX_HEAD - self.head_bytes;
        if size > room && misplaced.is_none_or(|misplaced| misplaced.at >= room) {
            return Err(Violation { at: room, rule: "a head, or a trailer section, is too large" });
        }
        if let Some(misplaced) = misplaced {
            return Err(misplaced);
        }
        self.head_bytes += size;
        if end.is_none() {
            self.line.extend_from_slice(text);
            return Ok(size);
        }
        self.whole_line(text).map_err(|rule| Violation { at: text.len(), rule })?;
        Ok(size)
    }

    /// The first byte that may not stand where it does: of a line's text, and its end if it has one here.
    fn misplaced(&self, text: &[u8], ends: bool) -> Option<Violation> {
        const ALONE: &str = "a carriage return stands alone";
        if self.line.last() == Some(&b'\r') && !text.is_empty() {
            return Some(Violation { at: 0, rule: ALONE });
        }
        match memchr2(b'\r', 0, text) {
            Some(at) if text[at] == 0 => Some(Violation { at, rule: "a line holds a NUL" }),
            Some(at) if at + 1 < text.len() => Some(Violation { at: at + 1, rule: ALONE }),
            Some(_) => None,
            None if ends && self.line.last() != Some(&b'\r') => {
                Some(Violation { at: text.len(), rule: "a line ends with a bare line feed" })
            }
            None => None,
        }
    }

    /// Ends the line whose last piece this is; it ends with a carriage return.
    fn whole_line(&mut self, text: &[u8]) -> Result<(), &'static str> {
        if self.line.is_empty() {
            return self.line_ended(&text[..text.len() - 1]);
        }
        self.line.extend_from_slice(text);
        let mut line = std::mem::take(&mut self.line);
        line.pop();
        self.line_ended(&line)?;
        // Its room is used again.
        line.clear();
        self.line = line;
        Ok(())
    }

    fn line_ended(&mut self, line: &[u8]) -> Result<(), &'static str> {
        self.state = match self.state {
            // An empty line before a request is tolerated by everyone in the same way.
            State::RequestLine if line.is_empty() => State::Between,
            State::RequestLine if line.starts_with(b"CONNECT ") => return Err("CONNECT is not served"),
            State::RequestLine => State::Headers,
            State::Headers if line.is_empty() => self.body(),
            State::Headers => {
                self.header(line)?;
                State::Headers
            }
            State::ChunkSize => match chunk_size(line)? {
                0 => State::Trailers,
                size => State::Chunk(size),
            },
            State::ChunkEnd if line.is_empty() => self.chunk_size_next(),
            State::ChunkEnd => return Err("a chunk is longer than its size"),
            State::Trailers if line.is_empty() => State::Between,
            State::Trailers => {
                field_name(line)?;
                State::Trailers
            }
            State::Between | State::Sized(_) | State::Chunk(_) => {
                unreachable!("no lines are collected between messages and in bodies")
            }
        };
        Ok(())
    }

    fn header(&mut self, line: &[u8]) -> Result<(), &'static str> {
        let (name, value) = field_name(line)?;
        if name.eq_ignore_ascii_case(b"content-length") {
            let length = decimal(value.trim_ascii()).ok_or("Content-Length is not a number")?;
            if self.lengths.content_length.replace(length).is_some() {
                return Err("Content-Length is given twice");
            }
        } else if name.eq_ignore_ascii_case(b"transfer-encoding") {
            if !value.trim_ascii().eq_ignore_ascii_case(b"chunked") {
                return Err("Transfer-Encoding is not chunked");
            }
            if std::mem::replace(&mut self.lengths.chunked, true) {
                return Err("Transfer-Encoding is given twice");
            }
        }
        if self.lengths.chunked && self.lengths.content_length.is_some() {
            return Err("Content-Length stands beside Transfer-Encoding");
        }
        Ok(())
    }

    /// The state after a head.
    fn body(&mut self) -> State {
        self.heads += 1;
        match self.lengths {
            Lengths { chunked: true, .. } => self.chunk_size_next(),
            Lengths { content_length: Some(length), .. } if length > 0 => State::Sized(length),
            _ => State::Between,
        }
    }

    fn chunk_size_next(&mut self) -> State {
        self.head_bytes = 0;
        State::ChunkSize
    }
}

/// A field line's name and the rest after the colon.
fn field_name(line: &[u8]) -> Result<(&[u8], &[u8]), &'static str> {
    if line.starts_with(b" ") || line.starts_with(b"\t") {
        return Err("a line is folded");
    }
    let colon = memchr(b':', line).ok_or("a field line has no colon")?;
    let name = &line[..colon];
    if name.is_empty() || !name.iter().all(|byte| TOKEN[usize::from(*byte)]) {
        return Err("a field name is not a token");
    }
    Ok((name, &line[colon + 1..]))
}

fn decimal(text: &[u8]) -> Option<u64> {
    let digits = (1..=19).contains(&text.len()) && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok()).flatten()
}

fn chunk_size(line: &[u8]) -> Result<u64, &'static str> {
    const RULE: &str = "a chunk's size is not 1 to 15 hexadecimal digits alone";
    if !(1..=15).contains(&line.len()) || !line.iter().all(u8::is_ascii_hexdigit) {
        return Err(RULE);
    }
    let text = std::str::from_utf8(line).map_err(|_| RULE)?;
    u64::from_str_radix(text, 16).map_err(|_| RULE)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows the text at once and byte by byte; both must agree.
    fn follow(text: &str) -> Result<bool, &'static str> {
        let mut at_once = Framing::new();
        let outcome = at_once
            .follow(text.as_bytes())
            .map(|()| at_once.state == State::Between)
            .map_err(|found| found.rule);
        let mut by_byte = Framing::new();
        let slowly = text.bytes().try_for_each(|byte| by_byte.follow(&[byte]));
        assert_eq!(
            outcome,
            slowly.map(|()| by_byte.state == State::Between).map_err(|found| found.rule),
            "{text:?}"
        );
        outcome
    }

    #[test]
    fn whole_messages_end_where_they_end() {
        for text in [
            "",
            "GET /health HTTP/1.1\r\nHost: x\r\n\r\n",
            "\r\nGET /health HTTP/1.1\r\nHost: x\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc",
            "POST /mcp HTTP/1.1\r\ncontent-LENGTH:0\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA\r\n0123\r\n6789\r\n0\r\n\r\n",
            "POST /mcp HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nTrailer: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 2\r\n\r\n\n\nGET / HTTP/1.1\r\n\r\n",
        ] {
            assert_eq!(follow(text), Ok(true), "{text:?}");
        }
        for text in ["G", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nab"] {
            assert_eq!(follow(text), Ok(false), "{text:?}");
        }
    }

    #[test]
    fn t_45_what_two_readers_could_read_differently_is_refused() {
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n";
        for (text, rule) in [
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", "beside"),
            (&format!("{chunked}Content-Length: 3\r\n\r\n"), "beside"),
            ("POST / HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", "twice"),
            ("POST / HTTP/1.1\r\nContent-Length: 3, 3\r\n\r\n", "not a number"),
            ("POST / HTTP/1.1\r\nContent-Length: +3\r\n\r\n", "not a number"),
            ("POST / HTTP/1.1\r\nContent-Length: 0x3\r\n\r\n", "not a number"),
            ("POST / HTTP/1.1\r\nContent-Length:\r\n\r\n", "not a number"),
            ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551617\r\n\r\n", "not a number"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", "not chunked"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: xchunked\r\n\r\n", "not chunked"),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "twice"),
            ("POST / HTTP/1.1\r\nContent-Length : 3\r\n\r\n", "token"),
            ("POST / HTTP/1.1\r\nX: a\r\n b\r\n\r\n", "folded"),
            ("POST / HTTP/1.1\r\nX: a\r\n\tb\r\n\r\n", "folded"),
            ("POST / HTTP/1.1\nHost: x\r\n\r\n", "bare line feed"),
            ("POST / HTTP/1.1\r\nHost: x\n\r\n", "bare line feed"),
            ("POST / HTTP/1.1\r\nHost: x\r\n\n", "bare line feed"),
            ("POST / HTTP/1.1\r\nX: a\rb\r\n\r\n", "alone"),
            ("POST / HTTP/1.1\r\nX: a\0b\r\n\r\n", "NUL"),
            ("POST / HTTP/1.1\r\nno colon\r\n\r\n", "colon"),
            ("CONNECT x:1 HTTP/1.1\r\n\r\n", "CONNECT"),
            (&format!("{chunked}\r\n3;x=y\r\nabc\r\n"), "hexadecimal"),
            (&format!("{chunked}\r\n+3\r\nabc\r\n"), "hexadecimal"),
            (&format!("{chunked}\r\n\r\n"), "hexadecimal"),
            (&format!("{chunked}\r\n1000000000000000\r\n"), "hexadecimal"),
            (&format!("{chunked}\r\n3\r\nabcd\r\n"), "longer"),
            (&format!("{chunked}\r\n3\nabc\r\n"), "bare line feed"),
            (&format!("{chunked}\r\n0\r\nX: y\n\r\n"), "bare line feed"),
        ] {
            let found = follow(text).expect_err(text);
            assert!(found.contains(rule), "{text:?}: {found}");
        }
    }

    #[test]
    fn a_head_is_bounded_to_the_byte() {
        let head = |length: usize| {
            let frame = "GET / HTTP/1.1\r\nX: \r\n\r\n";
            frame.replace("X: ", &format!("X: {}", "a".repeat(length - frame.len())))
        };
        assert_eq!(follow(&head(MAX_HEAD)), Ok(true));
        assert!(follow(&head(MAX_HEAD + 1)).is_err());
    }
}
