//! Builds what is compared: the server of `examples/ispw`, the bare hop, and the server of many tools beside one of few, in packages of
//! their own.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::document;
use crate::rig::{Build, build_folder, root};

/// The profile of all of them, which is that of what is shipped.
const SHIPPED: Option<&str> = Some("dist");
/// The package of the server of fifteen tools.
const PACKAGE: &str = "ispw-mcp";
/// Those of the servers that are compared with each other.
const FEW: &str = "few-mcp";
const MANY: &str = "large-mcp";

/// The server of fifteen tools, built as what is shipped, or in its profile alone where the system has no means for the rest.
pub fn program() -> io::Result<PathBuf> {
    let target = build_folder()?;
    let mut shipped = Command::new(root().join("scripts").join("dist"));
    if shipped.arg(PACKAGE).env("CARGO_TARGET_DIR", &target).status()?.success() {
        return Ok(target.join("dist").join(PACKAGE));
    }
    eprintln!("{PACKAGE} is built untrained, so it takes a third longer for a call than what is shipped");
    Build { manifest: root().join("Cargo.toml"), package: PACKAGE, target: None, profile: SHIPPED }.run()
}

/// The bare hop, which is no part of the workspace.
pub fn hop() -> io::Result<PathBuf> {
    let folder = root().join("bench").join("hop");
    Build { manifest: folder.join("Cargo.toml"), package: "hop", target: Some("hop"), profile: SHIPPED }.run()
}

/// The servers of many tools and of few: packages around the document with operations added and as it is, built with the workspace's own
/// versions, by cargo alone both.
pub fn large(folder: &Path) -> io::Result<Large> {
    let workspace = folder.join("large");
    fs::create_dir_all(&workspace)?;
    let lock = fs::read_to_string(root().join("Cargo.lock"))?;
    write_if_changed(&workspace.join("Cargo.toml"), WORKSPACE)?;
    write_if_changed(&workspace.join("Cargo.lock"), &lock)?;
    let write = |name: &'static str, operations: usize| {
        let package = workspace.join(name);
        fs::create_dir_all(package.join("src"))?;
        for (file, text) in [
            ("Cargo.toml", manifest(name)),
            ("build.rs", BUILD.to_owned()),
            ("src/main.rs", MAIN.to_owned()),
            ("openapi.json", document::large(operations)),
            ("overlay.yaml", include_str!("../../../examples/ispw/config/overlay.yaml").to_owned()),
        ] {
            write_if_changed(&package.join(file), &text)?;
        }
        io::Result::Ok(Build {
            manifest: workspace.join("Cargo.toml"),
            package: name,
            target: None,
            profile: SHIPPED,
        })
    };
    // Both are written before either is built: they are one workspace.
    let (few, many) = (write(FEW, 0)?, write(MANY, document::MANY)?);
    Ok(Large { few: few.run_unlocked()?, many: many.run_unlocked()? })
}

/// A server of many tools, and one of few that is built as it is.
#[derive(Clone, Debug)]
pub struct Large {
    /// Of as many as the comparison speaks of.
    pub many: PathBuf,
    /// Of the document as it is.
    pub few: PathBuf,
}

impl Large {
    /// Those that were built before, one beside the other.
    pub fn built(many: &Path) -> Self {
        Self { many: many.to_owned(), few: many.with_file_name(FEW) }
    }
}

/// Cargo builds anew what is newer than it was, whatever stands in it.
fn write_if_changed(file: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(file).is_ok_and(|known| known == text) {
        return Ok(());
    }
    fs::write(file, text)
}

const WORKSPACE: &str = "[workspace]\nmembers = [\"few-mcp\", \"large-mcp\"]\nresolver = \"3\"\n\n\
     [profile.dist]\ninherits = \"release\"\nlto = \"fat\"\ncodegen-units = 1\nstrip = \"debuginfo\"\n";

fn manifest(name: &str) -> String {
    let root = root();
    let [program, server, codegen] = ["program", "server", "codegen"].map(|name| root.join(name));
    format!(
        "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [dependencies]\nprogram.path = {program:?}\nserver.path = {server:?}\n\n\
         [build-dependencies]\ncodegen = {{ path = {codegen:?}, default-features = false }}\n"
    )
}

const BUILD: &str = r#"use std::{env, path::Path, process::ExitCode};

fn main() -> ExitCode {
    let out = env::var_os("OUT_DIR").expect("cargo gives build scripts OUT_DIR");
    let (document, overlay) = (Path::new("openapi.json"), Path::new("overlay.yaml"));
    match codegen::build(document, Some(overlay), &Path::new(&out).join("api.rs")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(codegen::Failed) => ExitCode::FAILURE,
    }
}
"#;

const MAIN: &str = r#"mod api {
    include!(concat!(env!("OUT_DIR"), "/api.rs"));
}

fn main() -> std::process::ExitCode {
    program::main(program::Program {
        name: env!("CARGO_PKG_NAME"),
        version: env!("CARGO_PKG_VERSION"),
        api: api::catalog(),
        tools: &[],
        offers: program::Offers::NONE,
        policy: None,
        demonstration: None,
    })
}
"#;
