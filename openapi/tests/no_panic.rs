//! Whatever the bytes, the reader answers: arbitrary bytes, feature documents cut off anywhere, and feature documents with
//! a byte changed.

#![allow(clippy::unwrap_used, reason = "what cannot go on here has failed")]

use openapi::{Reading, read_texts};
use proptest::prelude::*;

fn features() -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = ["tests/features", "tests/problems"]
        .into_iter()
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    found.sort();
    found
}

/// Reads the bytes as a document, and as an overlay of a sound one.
fn read_both(name: &str, bytes: &[u8]) -> Reading {
    let sound =
        b"{\"openapi\": \"3.0.3\", \"info\": {\"title\": \"T\", \"version\": \"1\"}, \"paths\": {}}".to_vec();
    read_texts(vec![("api.json".into(), sound)], Some((name.to_owned(), bytes.to_vec())));
    let reading = read_texts(vec![(name.to_owned(), bytes.to_vec())], None);
    assert!(reading.api.is_some() || reading.report.has_errors(), "nothing read and nothing said");
    openapi::text::render(&reading.report);
    reading
}

#[test]
fn documents_cut_off_anywhere_are_read_or_refused() {
    for (name, bytes) in features() {
        for end in (0..bytes.len()).step_by(1 + bytes.len() / 120) {
            read_both(&name, &bytes[..end]);
        }
    }
}

#[test]
fn documents_of_one_version_are_read_or_refused_as_another() {
    let heads = ["swagger: '2.0'", "openapi: 3.0.3", "openapi: 3.1.1", "openapi: 3.2.0"];
    for (name, bytes) in features() {
        let text = String::from_utf8(bytes).unwrap();
        let body: Vec<&str> = text
            .lines()
            .filter(|line| !line.starts_with("openapi:") && !line.starts_with("swagger:"))
            .collect();
        for head in heads {
            read_both(&name, format!("{head}\n{}\n", body.join("\n")).as_bytes());
        }
    }
}

#[test]
fn odd_bytes_are_refused_with_a_place() {
    let cases: [&[u8]; 9] = [
        b"",
        b"\0",
        b"\xFF\xFE{\0}\0",
        b"\xEF\xBB\xBF",
        b"a\n\xC3\xA4\xFF",
        b"---\n---\n",
        b"? [a]\n: b\n",
        b"*a",
        b"&a [*a]",
    ];
    for bytes in cases {
        for name in ["a.json", "a.yaml", "a"] {
            let reading = read_both(name, bytes);
            assert!(reading.api.is_none() && reading.report.has_errors(), "{bytes:?}");
            assert!(reading.report.problems.iter().all(|problem| problem.place.line > 0), "{bytes:?}");
        }
    }
}

#[test]
fn a_document_with_a_byte_order_mark_is_read() {
    let text = "\u{FEFF}openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {}\n";
    let reading = read_texts(vec![("a.yaml".into(), text.as_bytes().to_vec())], None);
    assert!(reading.api.is_some() && !reading.report.has_errors());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        read_both("a.json", &bytes);
        read_both("a.yaml", &bytes);
    }

    #[test]
    fn arbitrary_words_of_the_formats_are_read_or_refused(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "{", "}", "[", "]", ":", ",", "\n", "  ", "- ", "? ", "&a ", "*a ", "|", ">", "\"", "'", "#", "!t ", "---", "<<: ",
                "openapi: 3.0.3", "paths: ", "$ref: ", "\"#/\"", "1", "null", "a: ", "%", "\t", "@", "`", "é",
            ]),
            0..40,
        ),
    ) {
        read_both("a.yaml", words.concat().as_bytes());
        read_both("a.json", words.concat().as_bytes());
    }

    #[test]
    fn documents_with_a_byte_changed_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let features = features();
        let (name, mut bytes) = features[which.index(features.len())].clone();
        let place = place.index(bytes.len());
        bytes[place] = byte;
        read_both(&name, &bytes);
    }

    #[test]
    fn documents_with_a_part_moved_are_read_or_refused(
        which in any::<prop::sample::Index>(),
        from in any::<prop::sample::Index>(),
        to in any::<prop::sample::Index>(),
    ) {
        let features = features();
        let (name, bytes) = features[which.index(features.len())].clone();
        let text = String::from_utf8(bytes).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        let line = lines.remove(from.index(lines.len()));
        lines.insert(to.index(lines.len() + 1), line);
        read_both(&name, lines.join("\n").as_bytes());
    }
}
