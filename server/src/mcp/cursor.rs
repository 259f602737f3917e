//! The cursor of a paged list: opaque to clients, and accepted only as it was given out for this very list.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The cursor of the page that begins at `offset`. The digest binds it to the list it was made for.
pub(super) fn write(digest: &str, offset: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("{digest}:{offset}"))
}

/// The offset of a cursor that [`write`] gave for a page of this list.
pub(super) fn read(digest: &str, cursor: &str, page: usize, items: usize) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let offset: usize = text.strip_prefix(digest)?.strip_prefix(':')?.parse().ok()?;
    let given_out = offset > 0 && offset < items && offset.is_multiple_of(page);
    (given_out && write(digest, offset) == cursor).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_cursor_that_was_given_out_is_read() {
        assert_eq!(read("d1", &write("d1", 20), 10, 61), Some(20));
        for (digest, offset) in [("d2", 20), ("d1", 0), ("d1", 15), ("d1", 70)] {
            assert_eq!(read("d1", &write(digest, offset), 10, 61), None, "{digest} {offset}");
        }
        for cursor in
            ["", "20", "not base64!", &URL_SAFE_NO_PAD.encode("d1:+20"), &URL_SAFE_NO_PAD.encode("d1:020")]
        {
            assert_eq!(read("d1", cursor, 10, 61), None, "{cursor}");
        }
    }
}
