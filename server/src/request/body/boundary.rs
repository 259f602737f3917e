//! The boundary between parts: unpredictable, so that no content can hold it on purpose, and checked not to stand in
//! any content by chance.

use memchr::memmem;
use uuid::Uuid;

use super::Refusal;

/// How many boundaries are tried; two in a row that stand in a content would be a miracle.
const TRIES: usize = 8;

/// A boundary that stands in none of the contents.
pub(super) fn choose(contents: &[&[u8]]) -> Result<String, Refusal> {
    among(contents, || format!("mcp-{}", Uuid::new_v4().simple()))
}

fn among(contents: &[&[u8]], mut draw: impl FnMut() -> String) -> Result<String, Refusal> {
    (0..TRIES)
        .map(|_| draw())
        .find(|boundary| {
            let finder = memmem::Finder::new(boundary.as_bytes());
            contents.iter().all(|content| finder.find(content).is_none())
        })
        .ok_or_else(|| Refusal::new("boundary", "holds every boundary that was tried"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boundary_is_never_the_same_and_is_legal() {
        let (one, other) = (choose(&[]).expect("is found"), choose(&[]).expect("is found"));
        assert_ne!(one, other);
        assert!(one.len() <= 70 && one.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'));
    }

    #[test]
    fn a_boundary_that_stands_in_a_content_is_not_taken() {
        let mut drawn = ["first", "second"].into_iter().cycle().map(str::to_owned);
        let mut draw = || drawn.next().expect("goes on");
        assert_eq!(among(&[b"fine", b"the first one"], &mut draw).expect("is found"), "second");
        assert_eq!(among(&[b"first", b"second"], &mut draw).expect_err("none is left").rule, "boundary");
    }
}
