//! Where the generator's crates come from: a folder, as they do for whoever built this program, or a git address.

use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Where a package finds `codegen`, `program` and `server`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A folder that holds the three crates' folders, as an absolute path.
    Folder(PathBuf),
    /// A git repository.
    Git(String),
}

impl Source {
    /// The folder that this program was built from.
    pub fn of_this_program() -> Source {
        let own = Path::new(env!("CARGO_MANIFEST_DIR"));
        Source::Folder(own.parent().unwrap_or(own).to_owned())
    }

    /// Whether the crates are there, as far as that can be seen from here.
    pub(super) fn check(&self) -> Result<(), String> {
        let Source::Folder(folder) = self else { return Ok(()) };
        let missing = ["codegen", "program", "server"]
            .into_iter()
            .find(|name| !folder.join(name).join("Cargo.toml").is_file());
        match missing {
            None => Ok(()),
            Some(name) => Err(format!(
                "there is no crate `{name}` in {}: say where the generator's crates are with `--source path=DIR` or \
                 `--source git=URL`",
                folder.display()
            )),
        }
    }

    /// The lock file that the crates were built with.
    pub(super) fn lock_file(&self) -> Option<PathBuf> {
        match self {
            Source::Folder(folder) => Some(folder.join("Cargo.lock")).filter(|lock| lock.is_file()),
            Source::Git(_) => None,
        }
    }

    /// The dependency on one of the crates, as TOML.
    pub(super) fn dependency(&self, name: &str) -> String {
        match self {
            Source::Folder(folder) => {
                format!("{{ path = {} }}", quoted(&folder.join(name).display().to_string()))
            }
            Source::Git(url) => format!("{{ git = {} }}", quoted(url)),
        }
    }

    /// In words, for the README.
    pub(super) fn words(&self) -> String {
        match self {
            Source::Folder(folder) => format!("read from `{}`", folder.display()),
            Source::Git(url) => format!("fetched from {url}"),
        }
    }
}

/// A basic string of TOML; every string of JSON is one.
pub(super) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

impl FromStr for Source {
    type Err = String;

    fn from_str(text: &str) -> Result<Source, String> {
        match text.split_once('=') {
            Some(("git", url)) if !url.trim().is_empty() => Ok(Source::Git(url.trim().to_owned())),
            Some(("path", folder)) if !folder.is_empty() => Path::new(folder)
                .canonicalize()
                .map(Source::Folder)
                .map_err(|cause| format!("{folder}: {cause}")),
            _ => Err("`path=DIR` or `git=URL` is expected".to_owned()),
        }
    }
}
