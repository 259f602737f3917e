//! The documents that tests of whole documents go through, and a reading of them that shares no code with ours.

#![allow(dead_code, reason = "not every test uses all of it")]

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError};
use serde_json::{Map, Value};

/// The feature documents of `openapi`, the golden documents, and the product's own.
pub(crate) fn small() -> Vec<PathBuf> {
    let crate_folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    for folder in ["../openapi/tests/features", "tests/golden"] {
        let entries = fs::read_dir(crate_folder.join(folder)).expect("the folder is there");
        found.extend(entries.map(|entry| entry.expect("folders can be listed").path()));
    }
    let is_document = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".yaml") && !name.contains(".overlay.")
    };
    found.retain(is_document);
    found.push(crate_folder.join("../config/openapi.json"));
    found.sort();
    assert!(found.len() > 10, "the documents are where they were");
    found
}

/// The real documents of the folder that `OPENAPI_SPECS` names, or of one beside the repository; none without either.
pub(crate) fn real() -> Vec<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs");
    let folder = std::env::var_os("OPENAPI_SPECS").map_or(beside, PathBuf::from);
    let Ok(index) = fs::read_to_string(folder.join("index.json")) else { return Vec::new() };
    let index: Vec<Value> = serde_json::from_str(&index).expect("the index is JSON");
    index.iter().filter_map(|entry| entry["file"].as_str()).map(|file| folder.join(file)).collect()
}

/// The document as a plain value.
pub(crate) fn value(path: &Path) -> Value {
    let text = fs::read_to_string(path).expect("documents can be read");
    if path.extension().is_some_and(|end| end == "json") {
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    } else {
        yaml_as_meant(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

/// Some documents close a bracket at the very beginning of a line, which only older readers of YAML take.
fn yaml_as_meant(text: &str) -> Result<Value, ScanError> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    loop {
        let error = match yaml(&lines.join("\n")) {
            Ok(value) => return Ok(value),
            Err(error) => error,
        };
        match lines
            .get_mut(error.marker().line() - 1)
            .filter(|line| line.trim_start().starts_with([']', '}']))
        {
            Some(line) if !line.starts_with("            ") => line.insert_str(0, "            "),
            _ => return Err(error),
        }
    }
}

/// A list or an object that is still open, with its anchor.
enum Open {
    List(Vec<Value>, usize),
    Object(Map<String, Value>, Option<String>, usize),
}

fn yaml(text: &str) -> Result<Value, ScanError> {
    let mut anchors: HashMap<usize, Value> = HashMap::new();
    let mut stack: Vec<Open> = Vec::new();
    let mut root = Value::Null;
    for event in Parser::new_from_str(text) {
        let (event, _) = event?;
        let (value, anchor) = match event {
            Event::SequenceStart(anchor, _) => {
                stack.push(Open::List(Vec::new(), anchor));
                continue;
            }
            Event::MappingStart(anchor, _) => {
                stack.push(Open::Object(Map::new(), None, anchor));
                continue;
            }
            Event::Scalar(text, style, anchor, tag) => {
                let is_key = matches!(stack.last(), Some(Open::Object(_, None, _)));
                let is_text = is_key || tag.is_some() || style != ScalarStyle::Plain;
                (if is_text { Value::String(text.into_owned()) } else { plain(&text) }, anchor)
            }
            Event::Alias(anchor) => (anchors[&anchor].clone(), 0),
            Event::SequenceEnd | Event::MappingEnd => match stack.pop().expect("what ends has begun") {
                Open::List(items, anchor) => (Value::Array(items), anchor),
                Open::Object(members, _, anchor) => (Value::Object(members), anchor),
            },
            _ => continue,
        };
        if anchor > 0 {
            anchors.insert(anchor, value.clone());
        }
        match stack.last_mut() {
            None => root = value,
            Some(Open::List(items, _)) => items.push(value),
            Some(Open::Object(members, key, _)) => put(members, key, value),
        }
    }
    Ok(root)
}

/// A scalar in a mapping is a key, then a value; `<<` adds what is not there.
fn put(members: &mut Map<String, Value>, key: &mut Option<String>, value: Value) {
    match (key.take(), value) {
        (None, Value::String(name)) => *key = Some(name),
        (None, other) => *key = Some(other.to_string()),
        (Some(name), Value::Object(merged)) if name == "<<" => {
            merged.into_iter().for_each(|(name, value)| {
                members.entry(name).or_insert(value);
            });
        }
        (Some(name), Value::Array(list)) if name == "<<" => {
            for merged in list
                .into_iter()
                .filter_map(|item| if let Value::Object(item) = item { Some(item) } else { None })
            {
                merged.into_iter().for_each(|(name, value)| {
                    members.entry(name).or_insert(value);
                });
            }
        }
        (Some(name), value) => {
            members.insert(name, value);
        }
    }
}

fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return true.into(),
        "false" | "False" | "FALSE" => return false.into(),
        _ => {}
    }
    let looks_like_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first))
        && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    let number = || {
        let whole = text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from));
        whole.ok().or_else(|| text.parse::<f64>().ok().map(Value::from))
    };
    looks_like_number.then(number).flatten().unwrap_or_else(|| text.into())
}

/// Follows references inside the document and to files beside it, as far as they lead.
pub(crate) struct Tree {
    folder: PathBuf,
    files: HashMap<PathBuf, Value>,
    first: PathBuf,
}

impl Tree {
    /// The document at a path, with what lies beside it.
    pub(crate) fn of(path: &Path) -> Self {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let first = PathBuf::from(path.file_name().unwrap_or_default());
        Self { folder, files: HashMap::from([(first.clone(), value(path))]), first }
    }

    /// The first document.
    pub(crate) fn root(&self) -> &Value {
        &self.files[&self.first]
    }

    /// The file that is first.
    pub(crate) fn first(&self) -> PathBuf {
        self.first.clone()
    }

    /// The object that a value stands for: itself, or what it refers to, and where that is.
    pub(crate) fn resolve(
        &mut self,
        value: &Value,
        file: &Path,
        pointer: &str,
    ) -> Option<(Value, PathBuf, String)> {
        let (mut value, mut file, mut pointer) = (value.clone(), file.to_owned(), pointer.to_owned());
        for _ in 0..32 {
            let Some(reference) = value.get("$ref").and_then(Value::as_str) else {
                return Some((value, file, pointer));
            };
            let (path, fragment) = reference.split_once('#').unwrap_or((reference, ""));
            if !path.is_empty() {
                file = plain_path(&file.parent().unwrap_or(Path::new("")).join(path));
            }
            if !self.files.contains_key(&file) {
                let full = self.folder.join(&file);
                if !full.is_file() {
                    return None;
                }
                self.files.insert(file.clone(), self::value(&full));
            }
            pointer = decoded(fragment);
            value = self.files[&file].pointer(&pointer)?.clone();
        }
        None
    }
}

/// The path without `.` and `..`.
fn plain_path(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => drop(out.pop()),
            std::path::Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// A fragment is percent-encoded.
fn decoded(fragment: &str) -> String {
    let bytes = fragment.as_bytes();
    let mut out = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let hex = fragment.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
        match hex.filter(|_| bytes[at] == b'%') {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
