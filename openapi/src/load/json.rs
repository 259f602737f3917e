//! JSON text to a value with places, by `jsonc-parser` held to strict JSON. Doubled names are reported; the first
//! of them stays.

use jsonc_parser::ast::{self, ObjectPropName};
use jsonc_parser::common::Ranged;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions};
use serde_json::{Map, Number, Value};

use super::ruler::Ruler;
use super::{File, Loaded, plain, too_deep};
use crate::document::{Inside, Spot};
use crate::limits;
use crate::problems::Problems;

const STRICT: ParseOptions = ParseOptions {
    allow_comments: false,
    allow_loose_object_property_names: false,
    allow_trailing_commas: false,
    allow_missing_commas: false,
    allow_single_quoted_strings: false,
    allow_hexadecimal_numbers: false,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: false,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: false,
};

/// Reads JSON; `None` after a syntax error or when it is nested too deep.
pub(super) fn read(text: &str, file: File<'_>, problems: &mut Problems) -> Option<Loaded> {
    plain::read(text, file.index).or_else(|| exact(text, file, problems))
}

/// Likewise, and tells whatever is wrong.
pub(super) fn exact(text: &str, file: File<'_>, problems: &mut Problems) -> Option<Loaded> {
    let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: false };
    let parsed = match jsonc_parser::parse_to_ast(text, &collect, &STRICT) {
        Ok(parsed) => parsed.value,
        Err(error) => {
            let (line, column) = Ruler::new(text).at(error.range().start);
            let message = format!("not JSON: {}", error.kind());
            problems.error("syntax", file.place(line, column), message);
            return None;
        }
    };
    let Some(root) = parsed else {
        problems.error("syntax", file.place(1, 1), "not JSON: the file is empty");
        return None;
    };
    let mut build = Build { file, ruler: Ruler::new(text), problems };
    build.value(&root, None, 1)
}

struct Build<'t, 'p> {
    file: File<'t>,
    ruler: Ruler<'t>,
    problems: &'p mut Problems,
}

impl Build<'_, '_> {
    /// `start` is the place of the member's name, where there is one.
    fn value(&mut self, node: &ast::Value<'_>, start: Option<(u32, u32)>, depth: usize) -> Option<Loaded> {
        let here = self.ruler.at(node.start());
        let start = start.unwrap_or(here);
        let (value, inside) = match node {
            ast::Value::StringLit(text) => (Value::String(text.value.to_string()), Inside::Leaf),
            ast::Value::NumberLit(number) => (self.number(number.value, start), Inside::Leaf),
            ast::Value::BooleanLit(flag) => (Value::Bool(flag.value), Inside::Leaf),
            ast::Value::NullKeyword(_) => (Value::Null, Inside::Leaf),
            ast::Value::Object(_) | ast::Value::Array(_) if depth > limits::DEPTH => {
                too_deep(self.file, start.0, start.1, self.problems);
                return None;
            }
            ast::Value::Object(object) => self.object(object, depth)?,
            ast::Value::Array(array) => self.array(array, depth)?,
        };
        Some((value, Spot { file: self.file.index, line: start.0, column: start.1, inside }))
    }

    fn object(&mut self, object: &ast::Object<'_>, depth: usize) -> Option<(Value, Inside)> {
        let mut members = Map::with_capacity(object.properties.len());
        let mut spots = Vec::with_capacity(object.properties.len());
        for property in &object.properties {
            let name = match &property.name {
                ObjectPropName::String(text) => text.value.to_string(),
                ObjectPropName::Word(word) => word.value.to_owned(),
            };
            let start = self.ruler.at(property.start());
            let (value, spot) = self.value(&property.value, Some(start), depth + 1)?;
            if members.contains_key(&name) {
                let message =
                    format!("the member \"{name}\" stands here a second time: remove one of the two");
                self.problems.error("duplicate-key", self.file.place(start.0, start.1), message);
                continue;
            }
            spots.push((name.clone(), spot));
            members.insert(name, value);
        }
        Some((Value::Object(members), Inside::Members(spots.into_iter().collect())))
    }

    fn array(&mut self, array: &ast::Array<'_>, depth: usize) -> Option<(Value, Inside)> {
        let mut items = Vec::with_capacity(array.elements.len());
        let mut spots = Vec::with_capacity(array.elements.len());
        for element in &array.elements {
            let (value, spot) = self.value(element, None, depth + 1)?;
            items.push(value);
            spots.push(spot);
        }
        Some((Value::Array(items), Inside::Items(spots)))
    }

    fn number(&mut self, text: &str, (line, column): (u32, u32)) -> Value {
        match serde_json::from_str::<Number>(text) {
            Ok(number) => Value::Number(number),
            Err(_) => {
                let message = format!("{text} is no number that JSON can carry; it is left out");
                self.problems.error("number", self.file.place(line, column), message);
                Value::Null
            }
        }
    }
}
