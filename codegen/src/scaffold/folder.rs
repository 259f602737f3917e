//! The folder of a package: refused when it is in use, written beside and put in place in one step.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Refusal;

/// There must be nothing at the place, or an empty folder.
pub(super) fn must_be_free(folder: &Path) -> Result<(), Refusal> {
    match fs::read_dir(folder).map(|mut entries| entries.next().is_none()) {
        Ok(true) => Ok(()),
        Ok(false) => Err(Refusal::Order(format!(
            "{} is not empty: name a folder that does not exist yet",
            folder.display()
        ))),
        Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(cause) => Err(Refusal::Files(folder.to_owned(), cause)),
    }
}

/// Writes all files beside the place, then moves them there; on failure nothing is left.
pub(super) fn write(folder: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), Refusal> {
    let mut name = std::ffi::OsString::from(".");
    name.push(folder.file_name().unwrap_or_else(|| "package".as_ref()));
    name.push(format!(".{}.new", std::process::id()));
    let beside = folder.with_file_name(name);
    let done = write_all(&beside, files)
        .and_then(|()| fs::rename(&beside, folder).map_err(|cause| Refusal::Files(folder.to_owned(), cause)));
    if done.is_err() {
        // It failed and says so; a leftover beside it would only confuse.
        let _ = fs::remove_dir_all(&beside);
    }
    done
}

fn write_all(folder: &Path, files: &[(PathBuf, Vec<u8>)]) -> Result<(), Refusal> {
    for (path, bytes) in files {
        let path = folder.join(path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent)
            .and_then(|()| fs::write(&path, bytes))
            .map_err(|cause| Refusal::Files(path.clone(), cause))?;
    }
    Ok(())
}
