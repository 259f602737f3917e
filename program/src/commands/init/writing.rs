//! The file on the disk: for its owner only, and never in the place of another one that nobody gave up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use server::identity::api_keys::List;

use crate::refusal::Refusal;

/// Writes the text, and a list of no keys where callers are to show some and there is none yet: a server wants it to be there.
pub(super) fn write(path: &Path, text: &str, keys: Option<&str>, force: bool) -> Result<(), Refusal> {
    let failed =
        |error: io::Error| Refusal::failure(format!("{} cannot be written: {error}", path.display()));
    if let Some(keys) = keys {
        let keys = Path::new(keys);
        // It is read where it is there, so that one that is none is found now.
        let made = if keys.exists() { List::load(keys).map(drop) } else { List::change(keys, |_| Ok(())) };
        made.map_err(|error| Refusal::failure(error.to_string()))?;
    }
    let beside = PathBuf::from(format!("{}.new-{}", path.display(), std::process::id()));
    let written = whole(&beside, text).and_then(|()| {
        if force {
            return fs::rename(&beside, path);
        }
        // A link is refused where there is a file, whoever made it a moment ago.
        fs::hard_link(&beside, path).and_then(|()| fs::remove_file(&beside))
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written.map_err(failed)
}

fn whole(path: &Path, text: &str) -> io::Result<()> {
    let mut file = private(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
