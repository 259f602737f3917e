//! A folder of a test's own, gone when the test is over.
#![allow(unreachable_pub, reason = "each test program includes this file")]

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
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
