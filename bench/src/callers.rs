//! Callers that the program can tell apart: each has a key of its own, which the program's own command makes.

use std::io;
use std::path::Path;

use tokio::process::Command;

use crate::program::Settings;
use crate::scratch::Scratch;

/// Callers, and the file of their keys.
#[derive(Debug)]
pub struct Callers {
    folder: Scratch,
    headers: Vec<String>,
}

impl Callers {
    /// So many of them.
    pub async fn new(program: &Path, count: usize) -> io::Result<Self> {
        let folder = Scratch::new()?;
        let mut headers = Vec::with_capacity(count);
        for number in 0..count {
            let mut create = Command::new(program);
            create
                .args(["keys", "create", "--owner", &format!("caller{number}")])
                // What they may do is no matter of these checks.
                .args(["--role", "administrator", "--scope", "cp:admin", "--file"])
                .arg(file(&folder));
            let output = create.output().await?;
            if !output.status.success() {
                return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
            }
            let key = String::from_utf8_lossy(&output.stdout);
            headers.push(format!("X-API-Key: {}\r\n", key.trim()));
        }
        Ok(Self { folder, headers })
    }

    /// The settings of a program that asks for these keys.
    pub fn known_to(&self, settings: Settings) -> Settings {
        let file = file(&self.folder);
        settings.set("AUTH_PROVIDER", "api_key").set("AUTH_API_KEYS_FILE", file.display())
    }

    /// The header line of each of them.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }
}

fn file(folder: &Scratch) -> std::path::PathBuf {
    folder.path().join("keys.json")
}
