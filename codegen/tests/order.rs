//! What a program is does not hang on the order in which the document happens to say things, nor on what else it says.
//!
//! Shuffled are the members of every object whose order means nothing: of the root, of `paths`, path items, operations,
//! responses, components, and the keywords of each schema. What keeps its order, because it says something: lists,
//! `properties` (arguments and answers stand in the order that the author chose), `content` (the author's preference
//! among media types), and examples, defaults and other data. All that may differ afterwards is the digest.
//!
//! Other operations never change a tool, unless they want its name.

mod documents;

use std::collections::BTreeMap;

use codegen::plan::model::{Plan, Tool, Type};
use codegen::plan::plan;
use openapi::ir::Api;
use openapi::report::Place;
use serde_json::{Map, Value};

/// A small generator of numbers; the same seed gives the same numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % (bound.max(1) as u64)).expect("is below a usize")
    }
}

/// What the members of an object are to the shuffling.
#[derive(Clone, Copy, PartialEq)]
enum Members {
    /// Words of the format.
    Words,
    /// Names of the document's choice; each member is an object of words.
    Names,
    /// The same, in an order that says something.
    OrderedNames,
}

/// What the members of the member `word` are; nothing, when it is data.
fn members_of(word: &str) -> Option<Members> {
    match word {
        "example" | "examples" | "default" | "enum" | "const" => None,
        "properties" | "content" => Some(Members::OrderedNames),
        "paths"
        | "webhooks"
        | "schemas"
        | "responses"
        | "parameters"
        | "requestBodies"
        | "headers"
        | "securitySchemes"
        | "links"
        | "callbacks"
        | "pathItems"
        | "mediaTypes"
        | "definitions"
        | "securityDefinitions"
        | "$defs"
        | "patternProperties"
        | "dependentSchemas"
        | "encoding"
        | "mapping"
        | "additionalOperations" => Some(Members::Names),
        _ => Some(Members::Words),
    }
}

fn shuffle(value: &mut Value, kind: Members, random: &mut Random) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| shuffle(item, Members::Words, random)),
        Value::Object(members) => {
            let mut entries: Vec<(String, Value)> = std::mem::take(members).into_iter().collect();
            for (name, value) in &mut entries {
                let inner = if kind == Members::Words { members_of(name) } else { Some(Members::Words) };
                if let Some(inner) = inner {
                    shuffle(value, inner, random);
                }
            }
            if kind != Members::OrderedNames {
                for last in (1..entries.len()).rev() {
                    entries.swap(last, random.below(last + 1));
                }
            }
            *members = entries.into_iter().collect();
        }
        _ => {}
    }
}

/// The API of a document, without the digest of its bytes.
fn api(document: &Value, overlay: Option<&Vec<u8>>) -> Api {
    let texts = vec![("api.json".to_owned(), document.to_string().into_bytes())];
    let overlay = overlay.map(|text| ("overlay.yaml".to_owned(), text.clone()));
    let mut api = openapi::read_texts(texts, overlay).api.expect("the document is readable");
    api.digest.clear();
    api
}

fn differs(one: &str, other: &str) -> String {
    let lines = one.lines().zip(other.lines()).enumerate();
    let different = lines.filter(|(_, (one, other))| one != other).take(3);
    different.map(|(number, (one, other))| format!("line {}:\n- {one}\n+ {other}\n", number + 1)).collect()
}

/// The document, and the overlay that belongs to it.
fn read(path: &std::path::Path) -> (Value, Option<Vec<u8>>) {
    let beside = [path.with_extension("overlay.yaml"), path.with_file_name("overlay.yaml")];
    (documents::value(path), beside.iter().find_map(|overlay| std::fs::read(overlay).ok()))
}

fn program_is_the_same_after_shuffling(path: &std::path::Path, rounds: u64) {
    let (document, overlay) = read(path);
    let program = codegen::write(&api(&document, overlay.as_ref())).source;
    let again = codegen::write(&api(&document, overlay.as_ref())).source;
    assert!(program == again, "{}: not the same twice", path.display());
    for seed in 0..rounds {
        let mut shuffled = document.clone();
        shuffle(&mut shuffled, Members::Words, &mut Random(seed));
        let other = codegen::write(&api(&shuffled, overlay.as_ref())).source;
        assert!(program == other, "{}, seed {seed}: {}", path.display(), differs(&program, &other));
    }
}

/// Real documents that are large enough to hold everything and small enough for a test.
fn some_real() -> impl Iterator<Item = std::path::PathBuf> {
    let is_middling =
        |path: &std::path::PathBuf| path.metadata().is_ok_and(|held| (20_000..200_000).contains(&held.len()));
    documents::real().into_iter().filter(is_middling)
}

#[test]
fn shuffling_a_document_changes_no_byte_of_its_program() {
    for path in documents::small() {
        let is_large = path.ends_with("openapi.json");
        program_is_the_same_after_shuffling(&path, if is_large { 1 } else { 6 });
    }
}

#[test]
fn shuffling_a_real_document_changes_no_byte_of_its_program() {
    some_real().for_each(|path| program_is_the_same_after_shuffling(&path, 1));
}

const METHODS: [&str; 9] = ["get", "put", "post", "delete", "options", "head", "patch", "trace", "query"];

/// What an operation would like to be called, without what can be mistaken for one another.
fn wanted(operation: &Value) -> String {
    let text = operation["operationId"].as_str().or(operation["summary"].as_str()).unwrap_or_default();
    let letters: String = text.chars().filter(char::is_ascii_alphanumeric).collect();
    letters.to_lowercase().replace('0', "o").replace(['1', 'i'], "l").replace("rn", "m").replace("vv", "w")
}

/// Takes away about every third operation. Those that want the same name as another one are related, and stay.
fn thin_out(document: &mut Value, random: &mut Random) {
    let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) else { return };
    let mut wanting: BTreeMap<String, usize> = BTreeMap::new();
    for item in paths.values().filter_map(Value::as_object) {
        for (_, operation) in item.iter().filter(|(name, _)| METHODS.contains(&name.as_str())) {
            *wanting.entry(wanted(operation)).or_default() += 1;
        }
    }
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        let kept: Map<String, Value> = std::mem::take(item)
            .into_iter()
            .filter(|(name, value)| {
                let is_unrelated = METHODS.contains(&name.as_str()) && wanting[&wanted(value)] == 1;
                !is_unrelated || random.below(3) > 0
            })
            .collect();
        *item = kept;
    }
}

/// All that is planned of each tool and shared type, by operation or name, without the places in the text.
fn told(plan: Plan) -> BTreeMap<String, String> {
    let nowhere = || Place { pointer: String::new(), file: "".into(), line: 0, column: 0 };
    let of_type = |mut kind: Type| {
        kind.at = nowhere();
        (format!("type {:?}", kind.id), format!("{kind:?}"))
    };
    let of_tool = |mut tool: Tool| {
        tool.types.iter_mut().for_each(|kind| kind.at = nowhere());
        (format!("{} {} {}", tool.method, tool.template, tool.name), format!("{tool:#?}"))
    };
    let types = plan.arguments.into_iter().chain(plan.answers).map(of_type);
    types.chain(plan.tools.into_iter().map(of_tool)).collect()
}

fn other_operations_change_nothing(path: &std::path::Path, rounds: u64) {
    let (document, overlay) = read(path);
    let whole = told(plan(&api(&document, overlay.as_ref())).plan);
    for seed in 0..rounds {
        let mut thinned = document.clone();
        thin_out(&mut thinned, &mut Random(seed));
        for (name, found) in told(plan(&api(&thinned, overlay.as_ref())).plan) {
            let known = whole.get(&name).map(String::as_str).unwrap_or_default();
            assert!(known == found, "{}, seed {seed}: {name}: {}", path.display(), differs(known, &found));
        }
    }
}

#[test]
fn taking_operations_away_changes_no_other_tool() {
    documents::small().iter().for_each(|path| other_operations_change_nothing(path, 4));
}

#[test]
fn taking_operations_away_from_a_real_document_changes_no_other_tool() {
    some_real().for_each(|path| other_operations_change_nothing(&path, 2));
}
