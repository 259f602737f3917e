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
            headers.push(made(&mut create).await?);
        }
        Ok(Self { folder, headers })
    }

    /// The settings of a program that asks for these keys.
    pub fn known_to(&self, settings: Settings) -> Settings {
        let file = file(&self.folder);
        settings.set("AUTH_PROVIDER", "api_key").set("AUTH_API_KEYS_FILE", file.display())
    }

    /// Gives the caller of this number another key; the one before is good for this time more, in seconds.
    pub async fn rotate(&mut self, program: &Path, number: usize, overlap: u64) -> io::Result<()> {
        let key = self.headers[number].trim().rsplit(' ').next().unwrap_or_default();
        let name = key.strip_prefix("mcpk_").and_then(|key| key.split('_').next()).unwrap_or_default();
        let mut rotate = Command::new(program);
        rotate.args(["keys", "rotate", name, "--overlap", &format!("{overlap}s"), "--file"]);
        self.headers[number] = made(rotate.arg(file(&self.folder))).await?;
        Ok(())
    }

    /// The header line of each of them.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }
}

/// The header line with the key that this command makes.
async fn made(command: &mut Command) -> io::Result<String> {
    let output = command.output().await?;
    if !output.status.success() {
        return Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    Ok(format!("X-API-Key: {}\r\n", String::from_utf8_lossy(&output.stdout).trim()))
}

fn file(folder: &Scratch) -> std::path::PathBuf {
    folder.path().join("keys.json")
}
