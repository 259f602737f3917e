//! Schema Objects of OpenAPI 3.1 and 3.2: they are JSON Schema 2020-12 already. What a type can say is taken apart; the
//! other keywords are held as they are written, and the value is checked against them.

use indexmap::IndexMap;
use serde_json::Value;

use super::schema::{Keywords, Mode, Reading};
use crate::held::{Extra, Held, Part, Types};
use crate::pattern;
use crate::resolve;
use crate::shape::{self, Form};
use crate::store::At;

const KEYWORDS: &[(&str, Form)] = &[
    ("$ref", Form::Text),
    ("$dynamicRef", Form::Text),
    ("$anchor", Form::Text),
    ("$dynamicAnchor", Form::Text),
    ("$id", Form::Text),
    ("$schema", Form::Text),
    ("$vocabulary", Form::Object),
    ("$comment", Form::Text),
    ("$defs", Form::Object),
    ("definitions", Form::Object),
    ("title", Form::Text),
    ("description", Form::Text),
    ("default", Form::Any),
    ("deprecated", Form::Flag),
    ("readOnly", Form::Flag),
    ("writeOnly", Form::Flag),
    ("examples", Form::List),
    ("type", Form::Any),
    ("enum", Form::List),
    ("const", Form::Any),
    ("format", Form::Text),
    ("contentEncoding", Form::Text),
    ("contentMediaType", Form::Text),
    ("contentSchema", Form::Schema),
    ("multipleOf", Form::Number),
    ("maximum", Form::Number),
    ("exclusiveMaximum", Form::Bound),
    ("minimum", Form::Number),
    ("exclusiveMinimum", Form::Bound),
    ("maxLength", Form::Count),
    ("minLength", Form::Count),
    ("pattern", Form::Text),
    ("maxItems", Form::Count),
    ("minItems", Form::Count),
    ("uniqueItems", Form::Flag),
    ("items", Form::Schema),
    ("prefixItems", Form::List),
    ("contains", Form::Schema),
    ("minContains", Form::Count),
    ("maxContains", Form::Count),
    ("unevaluatedItems", Form::Schema),
    ("maxProperties", Form::Count),
    ("minProperties", Form::Count),
    ("required", Form::Texts),
    ("properties", Form::Object),
    ("patternProperties", Form::Object),
    ("additionalProperties", Form::Schema),
    ("propertyNames", Form::Schema),
    ("dependentRequired", Form::Object),
    ("dependentSchemas", Form::Object),
    ("unevaluatedProperties", Form::Schema),
    ("allOf", Form::List),
    ("oneOf", Form::List),
    ("anyOf", Form::List),
    ("not", Form::Schema),
    ("if", Form::Schema),
    ("then", Form::Schema),
    ("else", Form::Schema),
    ("discriminator", Form::Object),
    ("xml", Form::Object),
    ("externalDocs", Form::Object),
    ("example", Form::Any),
    ("nullable", Form::Flag),
    ("x-mcp", Form::Any),
];

const FOREIGN: &[&str] = &["additionalItems", "dependencies", "$recursiveRef", "$recursiveAnchor"];

const DIALECT: Keywords = Keywords { version: "OpenAPI 3.1", known: KEYWORDS, foreign: FOREIGN, later: &[] };

/// The dialects that have the keywords above.
const DIALECTS: [&str; 3] = [
    "https://spec.openapis.org/oas/3.1/dialect/base",
    "https://spec.openapis.org/oas/3.2/dialect/2025-09-17",
    "https://json-schema.org/draft/2020-12/schema",
];

/// Patterns that match every name.
const ALL_NAMES: [&str; 4] = ["", "^", ".*", "^.*"];

/// Whether a dialect, by its address, is one that is read.
pub(super) fn knows_dialect(address: &str) -> bool {
    let address = address.trim_end_matches('#');
    DIALECTS.contains(&address) || address.starts_with("https://spec.openapis.org/oas/3.1/dialect/")
}

/// Reads a Schema Object of 3.1 or 3.2.
pub(super) fn read(mut reading: Reading<'_, '_>, mode: Mode) -> Held {
    let mut held = Held::any(reading.at.place());
    if let Value::Bool(accepts) = reading.at.value {
        held.never = !accepts;
        return held;
    }
    reading.keywords(&DIALECT);
    reading.identity();
    reading.earlier();
    held.reference = reading.reference();
    reading.fill(&mut held, mode);
    reading.constant(&mut held);
    reading.content(&mut held);
    reading.further(&mut held);
    reading.patterns(&mut held);
    reading.conditions(&mut held);
    reading.unevaluated(&mut held);
    let nullable = reading.flag("nullable");
    beside_reference(reading.nullable(held, nullable))
}

impl<'a> Reading<'_, 'a> {
    fn identity(&mut self) {
        if let Some(dialect) = self.text("$schema").filter(|dialect| !knows_dialect(dialect)) {
            let message = format!(
                "the dialect {dialect:?} is not read: its keywords are taken as those of {}",
                DIALECTS[0]
            );
            let place = self.place("$schema");
            self.problems.error("schema-dialect", place, message);
        }
        if self.sound.has("$id") {
            let message = "`$id`: references inside are still read from the file that they stand in";
            let place = self.place("$id");
            self.problems.note("schema-id", place, message);
        }
    }

    /// Forms of 3.0 that people keep in later documents; what is meant is plain.
    fn earlier(&mut self) {
        for key in ["nullable", "exclusiveMinimum", "exclusiveMaximum"] {
            if self.sound.get(key).is_some_and(Value::is_boolean) {
                let message = format!("`{key}` as a flag is of OpenAPI 3.0; it is read as there");
                let place = self.place(key);
                self.problems.warning("earlier-keyword", place, message);
            }
        }
    }

    fn reference(&mut self) -> Option<String> {
        if let Some((reference, member)) = resolve::reference(self.at) {
            return self.references.refer(reference, &member, self.problems);
        }
        let member = self.at.member("$dynamicRef")?;
        let reference = member.value.as_str()?;
        let anchor = reference.rsplit_once('#').map_or("", |(_, anchor)| anchor);
        let count = member.store().dynamic_anchors(anchor);
        if count > 1 {
            let message = format!(
                "{count} schemas are called {anchor:?}, and which is meant depends on the way here: any value is \
                 accepted; refer to one of them by `$ref`"
            );
            self.problems.error("dynamic-reference", member.place(), message);
            return None;
        }
        self.references.refer(reference, &member, self.problems)
    }

    fn constant(&mut self, held: &mut Held) {
        let Some(value) = self.sound.get("const") else { return };
        let same = |one: &Value| crate::judge::same(one, value);
        held.enumeration = match held.enumeration.take() {
            Some(values) if !values.iter().any(same) => {
                held.never = true;
                None
            }
            _ => Some(vec![value.clone()]),
        };
    }

    /// What was `format: byte` and `format: binary` before 3.1 is said of the content now.
    fn content(&mut self, held: &mut Held) {
        let is_text = held.types.is_none_or(|types| types.has(Types::STRING));
        if !is_text || held.format.is_some() || held.reference.is_some() || held.is_composed() {
            return;
        }
        let encoding = self.text("contentEncoding").unwrap_or_default().to_ascii_lowercase();
        let media_type = self.text("contentMediaType").unwrap_or_default().to_ascii_lowercase();
        let is_readable =
            media_type.starts_with("text/") || media_type.ends_with("json") || media_type.ends_with("xml");
        held.format = match encoding.as_str() {
            "base64" => Some("byte".to_owned()),
            "" if !media_type.is_empty() && !is_readable => Some("binary".to_owned()),
            _ => return,
        };
        held.types = held.types.or(Some(Types::STRING));
    }

    fn further(&mut self, held: &mut Held) {
        if let Some(prefix) = self.at.member("prefixItems").filter(|prefix| prefix.value.is_array()) {
            let schemas: Vec<Held> = prefix.items().map(|item| self.read(&item, Mode::Whole)).collect();
            if !schemas.is_empty() {
                held.further.insert("prefixItems", Part::Many(schemas));
            }
        }
        if let Some(contains) = self.inner("contains", Mode::Condition) {
            held.further.insert("contains", Part::One(Box::new(contains)));
            for key in ["minContains", "maxContains"] {
                if let Some(count) = self.sound.get(key) {
                    held.further.insert(key, Part::Plain(count.clone()));
                }
            }
        }
        if let Some(names) =
            self.inner("propertyNames", Mode::Condition).filter(|names| !takes_every_name(names))
        {
            held.further.insert("propertyNames", Part::One(Box::new(names)));
        }
        if let Some(dependent) = self.at.member("dependentRequired") {
            for (_, names) in dependent.members().filter(|(_, names)| !Form::Texts.fits(names.value)) {
                shape::wrong_form(&names, Form::Texts, self.problems);
            }
            let is_sound = |(_, names): &(&String, &Value)| Form::Texts.fits(names);
            let kept = dependent.value.as_object().into_iter().flatten().filter(is_sound);
            let kept: serde_json::Map<String, Value> =
                kept.map(|(name, names)| (name.clone(), names.clone())).collect();
            if !kept.is_empty() {
                held.further.insert("dependentRequired", Part::Plain(Value::Object(kept)));
            }
        }
        if let Some(schemas) = self.named("dependentSchemas", Mode::Part) {
            held.further.insert("dependentSchemas", Part::Named(schemas));
        }
    }

    fn patterns(&mut self, held: &mut Held) {
        let Some(schemas) = self.named("patternProperties", Mode::Whole) else { return };
        if let [(pattern, _)] = &schemas.iter().collect::<Vec<_>>()[..]
            && ALL_NAMES.contains(&pattern.as_str())
            && held.properties.is_empty()
        {
            // No member is left for `additionalProperties` then.
            let (_, one) = schemas.into_iter().next().expect("there is one");
            held.additional = Extra::Schema(Box::new(one));
            return;
        }
        let mut kept = IndexMap::new();
        for (text, schema) in schemas {
            match pattern::translate(&text) {
                Ok(pattern) => drop(kept.insert(pattern, schema)),
                Err(reason) => {
                    let message = format!(
                        "the pattern {text:?} cannot be kept: {reason}; replace or remove it with the overlay"
                    );
                    self.problems.error("unsupported-pattern", schema.at, message);
                }
            }
        }
        if !kept.is_empty() {
            held.further.insert("patternProperties", Part::Named(kept));
        }
    }

    fn conditions(&mut self, held: &mut Held) {
        let condition = self.inner("if", Mode::Condition);
        let branches = ["then", "else"].map(|key| (key, self.inner(key, Mode::Condition)));
        let Some(condition) = condition else { return };
        if branches.iter().all(|(_, branch)| branch.is_none()) {
            return;
        }
        held.further.insert("if", Part::One(Box::new(condition)));
        for (key, branch) in branches {
            if let Some(branch) = branch {
                held.further.insert(key, Part::One(Box::new(branch)));
            }
        }
    }

    /// Where nothing else evaluates a member or an item, what is unevaluated is what is not declared.
    fn unevaluated(&mut self, held: &mut Held) {
        let stands_alone =
            held.reference.is_none() && !held.is_composed() && held.further.in_place().next().is_none();
        if let Some(rest) = self.inner("unevaluatedProperties", Mode::Whole) {
            if !stands_alone {
                held.further.insert("unevaluatedProperties", Part::One(Box::new(rest)));
            } else if matches!(held.additional, Extra::Unsaid) {
                held.additional = if rest.never { Extra::Closed } else { Extra::Schema(Box::new(rest)) };
            }
        }
        if let Some(rest) = self.inner("unevaluatedItems", Mode::Whole) {
            if !stands_alone || held.further.has("contains") {
                held.further.insert("unevaluatedItems", Part::One(Box::new(rest)));
            } else if held.items.is_none() {
                held.items = Some(Box::new(rest));
            }
        }
    }

    fn inner(&mut self, key: &str, mode: Mode) -> Option<Held> {
        let at = self.at.member(key)?;
        Form::Schema.fits(at.value).then(|| self.read(&at, mode))
    }

    fn named(&mut self, key: &str, mode: Mode) -> Option<IndexMap<String, Held>> {
        let at = self.at.member(key).filter(|at| at.value.as_object().is_some_and(|all| !all.is_empty()))?;
        let members: Vec<(&str, At<'a>)> = at.members().collect();
        Some(members.into_iter().map(|(name, at)| (name.to_owned(), self.read(&at, mode))).collect())
    }
}

/// Rules beside a reference and the reference judge the same value: as all of both they can be merged.
fn beside_reference(mut held: Held) -> Held {
    if held.reference.is_some() && (held.has_own_rules() || held.is_composed()) {
        let reference = held.reference.take();
        held.all_of.insert(0, Held { reference, ..Held::any(held.at.clone()) });
    }
    held
}

fn takes_every_name(names: &Held) -> bool {
    let bare = Held { types: None, format: None, ..names.clone() };
    names.types.is_none_or(|types| types.has(Types::STRING))
        && names.reference.is_none()
        && !bare.has_own_rules()
        && !bare.is_composed()
}
