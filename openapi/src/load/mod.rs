//! Bytes of a file to a value with the place of every node. JSON and YAML; bounded in size and depth; no bytes make
//! it panic.

mod json;
mod plain;
mod ruler;
mod yaml;

use serde_json::Value;

use crate::document::Spot;
use crate::limits;
use crate::problems::Problems;
use crate::report::Place;

/// A file's value and the places in it.
pub(crate) type Loaded = (Value, Spot);

/// The file that is being loaded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File<'a> {
    /// Its index in [`crate::store::Store::files`].
    pub(crate) index: usize,
    /// Its name for people.
    pub(crate) name: &'a str,
}

impl File<'_> {
    fn place(&self, line: u32, column: u32) -> Place {
        Place { pointer: String::new(), file: self.name.into(), line, column }
    }
}

/// Reads a file; `None` after a problem that leaves nothing to read.
pub(crate) fn read(bytes: &[u8], file: File<'_>, problems: &mut Problems) -> Option<Loaded> {
    let text = decode(bytes, file, problems)?;
    if is_json(file.name, text) { json::read(text, file, problems) } else { yaml::read(text, file, problems) }
}

/// The name's ending says which; without one that says, JSON begins with a brace.
fn is_json(name: &str, text: &str) -> bool {
    let name = name.to_ascii_lowercase();
    if name.ends_with(".json") {
        return true;
    }
    let is_yaml = name.ends_with(".yaml") || name.ends_with(".yml");
    !is_yaml && text.trim_start().starts_with('{')
}

fn decode<'t>(bytes: &'t [u8], file: File<'_>, problems: &mut Problems) -> Option<&'t str> {
    if bytes.len() > limits::BYTES {
        let message = format!("{} bytes: at most {} are read", bytes.len(), limits::BYTES);
        problems.error("limit-bytes", file.place(1, 1), message);
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let valid = std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("valid up to here");
            let line = valid.matches('\n').count() + 1;
            let column = valid.rsplit('\n').next().unwrap_or("").chars().count() + 1;
            let message = "the file is not UTF-8 text from here on: save it as UTF-8";
            problems.error("encoding", file.place(narrow(line), narrow(column)), message);
            None
        }
    }
}

/// Says that nesting went too far.
fn too_deep(file: File<'_>, line: u32, column: u32, problems: &mut Problems) {
    let message = format!("nested more than {} levels deep", limits::DEPTH);
    problems.error("limit-depth", file.place(line, column), message);
}

/// Lines and columns of a file of bounded size fit.
fn narrow(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
