//! A folder of a test's own, gone when the test is over.
#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program includes this file and uses its own part of it"
)]

use std::path::{Path, PathBuf};

/// The folder.
pub struct Scratch(PathBuf);

impl Scratch {
    /// An empty folder; `name` tells whose it is.
    pub fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("mcp-server-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Its path as text.
    pub fn text(&self) -> &str {
        self.0.to_str().unwrap()
    }

    /// The path of what has this name in it, as text.
    pub fn at(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    /// Puts a whole file there at once: whoever reads it meanwhile finds the one from before, and never a part.
    pub fn put(&self, name: &str, text: &str) -> PathBuf {
        let (path, beside) = (self.0.join(name), self.0.join(format!("{name}.new")));
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(&beside, &path).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
