//! Where rivals are installed, and what they are installed with.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::compare::document;

/// The address of the API in the document that rivals are installed with. Each is told another when it is started.
const NOWHERE: &str = "http://127.0.0.1:9";

/// Where rivals are installed, and the API that they are for.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    /// The document.
    pub document: PathBuf,
    /// The address of the API.
    pub api: String,
}

impl Workshop {
    /// One in this folder, which is made if there is none.
    pub fn new(folder: &Path, api: String) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        // Programs are started from other folders than this one.
        let folder = folder.canonicalize()?;
        let document = folder.join("openapi.json");
        fs::write(&document, document::ispw(NOWHERE))?;
        Ok(Self { folder, document, api })
    }

    /// The folder of a rival, in which it is installed unless it was before by the same recipe. What is begun and not finished is
    /// begun anew.
    pub fn installed(
        &self,
        name: &str,
        recipe: &str,
        install: impl FnOnce(&Installing<'_>) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        let (folder, stamp) = (self.folder.join(name), self.folder.join(format!("{name}.installed")));
        if fs::read_to_string(&stamp).is_ok_and(|known| known == recipe) {
            return Ok(folder);
        }
        eprintln!("installing {name}");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder)?;
        install(&Installing { folder: &folder, log: self.folder.join(format!("{name}.log")) })?;
        fs::write(stamp, recipe)?;
        Ok(folder)
    }
}

/// A rival that is being installed.
#[derive(Debug)]
pub struct Installing<'w> {
    /// Its folder.
    pub folder: &'w Path,
    log: PathBuf,
}

impl Installing<'_> {
    /// Runs a command in a folder of the rival's; an error has the last of what it said.
    pub fn run(&self, folder: &str, command: &[&str]) -> io::Result<()> {
        let said = File::create(&self.log)?;
        let mut process = Command::new(command[0]);
        process.args(&command[1..]).current_dir(self.folder.join(folder));
        process.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said);
        let wrong = |what: String| io::Error::other(format!("{}: {what}", command.join(" ")));
        let status = process.status().map_err(|error| wrong(error.to_string()))?;
        if status.success() {
            return Ok(());
        }
        let text = String::from_utf8_lossy(&fs::read(&self.log)?).into_owned();
        let lines: Vec<&str> = text.lines().collect();
        Err(wrong(format!("{status}: {}", lines[lines.len().saturating_sub(8)..].join("\n"))))
    }

    /// An environment of Python with these packages and no others.
    pub fn python(&self, requirements: &str) -> io::Result<()> {
        fs::write(self.folder.join("requirements.txt"), requirements)?;
        self.run(".", &["python3", "-m", "venv", "venv"])?;
        let packages =
            ["venv/bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "-r", "requirements.txt"];
        self.run(".", &packages)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    #[test]
    fn a_rival_is_installed_once_by_each_recipe_and_anew_where_that_failed() {
        let scratch = Scratch::new().expect("a folder");
        let workshop = Workshop::new(scratch.path(), NOWHERE.to_owned()).expect("a workshop");
        let install = |recipe: &str, command: &[&str]| {
            let mut ran = false;
            let installed = workshop.installed("one", recipe, |installing| {
                ran = true;
                installing.run(".", command)
            });
            (ran, installed.map_err(|error| error.to_string()))
        };
        let (ran, error) = install("1.0", &["sh", "-c", "touch half; echo no such version >&2; exit 3"]);
        assert!(ran && error.as_ref().is_err_and(|error| error.contains("no such version")), "{error:?}");
        let (ran, folder) = install("1.0", &["touch", "whole"]);
        let folder = folder.expect("it is installed");
        assert!(ran && folder.join("whole").exists() && !folder.join("half").exists());
        assert!(!install("1.0", &["false"]).0, "it is there");
        assert!(install("1.1", &["true"]).0, "another is wanted");
    }
}
