//! Compiles the document and its overlay into the program: two inputs, one file, nothing else is touched.

use std::env;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let out = env::var_os("OUT_DIR").expect("cargo gives build scripts OUT_DIR");
    let (document, overlay) =
        (Path::new("config/data_repository_service.openapi.yaml"), Path::new("config/overlay.yaml"));
    match codegen::build(document, Some(overlay), &Path::new(&out).join("api.rs")) {
        Ok(()) => ExitCode::SUCCESS,
        Err(codegen::Failed) => ExitCode::FAILURE,
    }
}
