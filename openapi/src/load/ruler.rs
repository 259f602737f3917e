//! Where an offset of a text is for people.

use super::narrow;

/// Turns byte offsets into lines and columns. Offsets come in rising order but for a few steps back, so each is counted
/// from the one before: a document in one line costs no more than any other.
pub(super) struct Ruler<'t> {
    text: &'t str,
    offset: usize,
    line: usize,
    column: usize,
}

impl<'t> Ruler<'t> {
    /// Begins at the beginning.
    pub(super) fn new(text: &'t str) -> Self {
        Ruler { text, offset: 0, line: 1, column: 1 }
    }

    /// The line and column of an offset, each from 1.
    pub(super) fn at(&mut self, offset: usize) -> (u32, u32) {
        if offset < self.offset {
            *self = Ruler::new(self.text);
        }
        let mut end = offset.min(self.text.len());
        while !self.text.is_char_boundary(end) {
            end -= 1;
        }
        for byte in &self.text.as_bytes()[self.offset..end] {
            match byte {
                b'\n' => (self.line, self.column) = (self.line + 1, 1),
                // The first byte of each character counts, those that continue it do not.
                0x80..0xC0 => {}
                _ => self.column += 1,
            }
        }
        self.offset = end;
        (narrow(self.line), narrow(self.column))
    }
}
