//! Several files replaced together: each new text is written beside its file first, then all are renamed; if a rename
//! fails, those already done are taken back.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Replaces all files or none; an error says which one could not be written.
pub(super) fn replace_all(files: &[(PathBuf, String)]) -> Result<(), String> {
    let known: Vec<Option<Vec<u8>>> = files.iter().map(|(path, _)| fs::read(path).ok()).collect();
    let mut beside: Vec<PathBuf> = Vec::new();
    for (path, text) in files {
        let new = beside_of(path);
        beside.push(new.clone());
        if let Err(cause) = fs::write(&new, text) {
            drop_all(&beside);
            return Err(failed(path, &cause));
        }
    }
    for (index, (path, _)) in files.iter().enumerate() {
        if let Err(cause) = fs::rename(&beside[index], path) {
            drop_all(&beside[index..]);
            take_back(&files[..index], &known);
            return Err(failed(path, &cause));
        }
    }
    Ok(())
}

fn beside_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.new", std::process::id()));
    path.with_file_name(name)
}

fn failed(path: &Path, cause: &io::Error) -> String {
    format!("cannot write {}: {cause}", path.display())
}

/// What is beside the files was never theirs; what cannot be removed only lies there.
fn drop_all(beside: &[PathBuf]) {
    for path in beside {
        let _ = fs::remove_file(path);
    }
}

fn take_back(done: &[(PathBuf, String)], known: &[Option<Vec<u8>>]) {
    for ((path, _), known) in done.iter().zip(known) {
        // The error that led here is told; a second one could not be mended either.
        let _ = match known {
            Some(bytes) => fs::write(path, bytes),
            None => fs::remove_file(path),
        };
    }
}
