//! Any bytes to values with places, and on to the description of an API: nothing panics, nothing is refused in
//! silence, and the same bytes are read the same way twice.

use openapi::{Reading, read_texts};

/// Begins a line that names the file which follows; a first file without such a line has no name of its own.
const FILE: &str = "%%% ";

/// Reads bytes as a document of either format and as an overlay; or, if they name files, as a split document.
pub fn load(bytes: &[u8]) {
    let files = split(bytes);
    if files.is_empty() {
        for name in ["api.json", "api.yaml"] {
            read(vec![(name.to_owned(), bytes.to_vec())], None);
        }
        let sound = b"openapi: 3.0.3\ninfo: {title: T, version: '1'}\npaths: {/a: {get: {responses: {}}}}\n";
        read(
            vec![("api.yaml".to_owned(), sound.to_vec())],
            Some(("overlay.yaml".to_owned(), bytes.to_vec())),
        );
    } else {
        let (overlays, documents): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|(name, _)| name.starts_with("overlay"));
        read(documents, overlays.into_iter().next());
    }
}

/// The files that the bytes name; none if they name none.
fn split(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let Some(name) = line.strip_prefix(FILE.as_bytes()) {
            files.push((String::from_utf8_lossy(name).trim().to_owned(), Vec::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.extend_from_slice(line);
        }
    }
    files
}

/// Reads the same twice and holds what came of it to what is promised.
fn read(documents: Vec<(String, Vec<u8>)>, overlay: Option<(String, Vec<u8>)>) {
    let reading = read_texts(documents.clone(), overlay.clone());
    look_at(&reading);
    let again = read_texts(documents, overlay);
    assert_eq!(reading.report, again.report, "the same bytes give the same report");
    assert_eq!(described(&reading), described(&again), "the same bytes give the same description");
}

/// What holds of every reading.
pub(crate) fn look_at(reading: &Reading) {
    assert!(reading.api.is_some() || reading.report.has_errors(), "nothing read and nothing said");
    openapi::text::render(&reading.report);
    for problem in &reading.report.problems {
        let pointer = &problem.place.pointer;
        assert!(pointer.is_empty() || pointer.starts_with('/'), "{problem}: no pointer");
        assert!(
            !problem.message.trim().is_empty() && problem.place.line > 0,
            "{problem}: no place or no words"
        );
    }
}

/// The description as JSON text, in which every difference shows.
pub(crate) fn described(reading: &Reading) -> Option<String> {
    reading
        .api
        .as_ref()
        .map(|api| serde_json::to_string(api).expect("the description of an API is plain data"))
}
