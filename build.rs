//! Compiles the API's document, its overlay and its prompts into the program: three inputs, one file, nothing else is touched.

use std::env;
use std::path::Path;
use std::process::ExitCode;

use codegen::Inputs;

fn main() -> ExitCode {
    let out = env::var_os("OUT_DIR").expect("cargo gives build scripts OUT_DIR");
    let inputs = Inputs {
        document: Path::new("config/openapi.json"),
        overlay: Some(Path::new("config/overlay.yaml")),
        prompts: Some(Path::new("config/prompts.yaml")),
    };
    match codegen::build_with(inputs, &Path::new(&out).join("api.rs")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(codegen::Failed) => ExitCode::FAILURE,
    }
}
