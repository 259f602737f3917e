//! What a crash leaves of the journal: all that was waited for, and a part of the rest.

use std::fs;
use std::io;
use std::path::Path;

/// Copies the journal as it would be found: intents are on the disk, and of what was written after the last of them any part
/// may be, also a piece of a record.
pub(super) fn copy(from: &Path, to: &Path, seed: u64) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        if entry.path().extension().is_some_and(|extension| extension == "jsonl") {
            let text = fs::read(entry.path())?;
            fs::write(to.join(entry.file_name()), &text[..survives(&text, seed)])?;
        }
    }
    Ok(())
}

/// How many bytes survive.
fn survives(text: &[u8], seed: u64) -> usize {
    let mut durable = 0;
    let mut end = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        end += line.len();
        let is_waited_for = [r#""kind":"intent""#, r#""kind":"start""#]
            .iter()
            .any(|kind| line.windows(kind.len()).any(|window| window == kind.as_bytes()));
        if is_waited_for {
            durable = end;
        }
    }
    fastrand::Rng::with_seed(seed).usize(durable..=text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_waited_for_survives_and_of_the_rest_any_part() {
        let text = b"{\"kind\":\"start\"}\n{\"kind\":\"intent\"}\n{\"kind\":\"outcome\"}\n";
        let lengths: Vec<usize> = (0..500).map(|seed| survives(text, seed)).collect();
        assert_eq!(lengths.iter().min(), Some(&35));
        assert_eq!(lengths.iter().max(), Some(&text.len()));
    }
}
