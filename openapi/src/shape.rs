//! Objects with fixed members: which there are, of what form, and what is said about any other.

use serde_json::{Map, Value};

use crate::problems::Problems;
use crate::store::At;
use crate::version::Version;

/// A member: its name, its form, and whether it must be there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field(pub(crate) &'static str, pub(crate) Form, pub(crate) Need);

/// The form of a member's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A number.
    Number,
    /// A whole number, not negative.
    Count,
    /// A list.
    List,
    /// A list of texts.
    Texts,
    /// An object.
    Object,
    /// A schema: an object, or since 3.1 `true` or `false`.
    Schema,
    /// A number, or as before 3.1 `true` or `false`.
    Bound,
    /// Anything.
    Any,
}

/// Whether a member must be there, by version where that differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Its absence loses meaning.
    Required,
    /// The specification asks for it, nothing depends on it.
    Expected,
    /// It may be absent.
    Optional,
    /// It may be absent, and is unknown before this version.
    Since(Version),
    /// It may be absent, and is unknown after this version.
    Until(Version),
    /// Its absence loses meaning up to this version.
    RequiredUntil(Version),
    /// The specification asks for it up to this version.
    ExpectedUntil(Version),
}

impl Need {
    /// The need in one version; `None` when the member is unknown there.
    fn in_version(self, version: Version) -> Option<Need> {
        Some(match self {
            Need::Since(first) if version < first => return None,
            Need::Until(last) if version > last => return None,
            Need::RequiredUntil(last) if version <= last => Need::Required,
            Need::ExpectedUntil(last) if version <= last => Need::Expected,
            Need::Required | Need::Expected => self,
            Need::Optional
            | Need::Since(_)
            | Need::Until(_)
            | Need::RequiredUntil(_)
            | Need::ExpectedUntil(_) => Need::Optional,
        })
    }
}

impl Form {
    /// Whether a value has this form.
    pub(crate) fn fits(self, value: &Value) -> bool {
        match self {
            Form::Text => value.is_string(),
            Form::Flag => value.is_boolean(),
            Form::Number => value.is_number(),
            Form::Count => count(value).is_some(),
            Form::List => value.is_array(),
            Form::Texts => value.as_array().is_some_and(|items| items.iter().all(Value::is_string)),
            Form::Object => value.is_object(),
            Form::Schema => value.is_object() || value.is_boolean(),
            Form::Bound => value.is_number() || value.is_boolean(),
            Form::Any => true,
        }
    }

    /// What is accepted, in words.
    pub(crate) fn words(self) -> &'static str {
        match self {
            Form::Text => "text",
            Form::Flag => "true or false",
            Form::Number => "a number",
            Form::Count => "a whole number, not negative",
            Form::List => "a list",
            Form::Texts => "a list of texts",
            Form::Object | Form::Schema => "an object",
            Form::Bound => "a number",
            Form::Any => "anything",
        }
    }
}

/// What a value is, in words.
pub(crate) fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A whole number that is not negative, also when it is written `2.0`.
pub(crate) fn count(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        // Up to 2^53 the cast is exact.
        (number.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&number)).then_some(number as u64)
    })
}

/// Reports every member that is unknown, of the wrong form or missing, and gives the sound simple ones.
pub(crate) fn check(at: &At<'_>, fields: &[Field], problems: &mut Problems) -> Map<String, Value> {
    check_with(
        at,
        fields,
        |key, at, known, problems| unknown(key, at, known.iter().copied(), problems),
        problems,
    )
}

/// The same for an object of a file that is ours alone, in which a member that nobody knows is a mistake.
pub(crate) fn check_ours(at: &At<'_>, fields: &[Field], problems: &mut Problems) -> Map<String, Value> {
    check_with(at, fields, refused, problems)
}

/// What is said of a member that is unknown: its name, where it stands, and which are known.
type OfUnknown = fn(&str, &At<'_>, &[&str], &mut Problems);

fn check_with(
    at: &At<'_>,
    fields: &[Field],
    of_unknown: OfUnknown,
    problems: &mut Problems,
) -> Map<String, Value> {
    let mut sound = Map::new();
    if !at.value.is_object() {
        wrong_form(at, Form::Object, problems);
        return sound;
    }
    let known = fields.iter().filter(|field| field.2.in_version(at.version()).is_some());
    for (key, value) in at.value.as_object().into_iter().flatten() {
        match known.clone().find(|field| field.0 == key) {
            // Composite members are read on their own, through their cursors.
            Some(Field(_, form, _)) if form.fits(value) => {
                if !matches!(form, Form::Object | Form::List | Form::Schema) {
                    sound.insert(key.clone(), value.clone());
                }
            }
            found => {
                let Some(member) = at.member(key) else { continue };
                match found {
                    Some(Field(_, form, _)) => wrong_form(&member, *form, problems),
                    None => {
                        let names: Vec<&str> = known.clone().map(|field| field.0).collect();
                        of_unknown(key, &member, &names, problems);
                    }
                }
            }
        }
    }
    for Field(name, form, need) in fields {
        let need = need.in_version(at.version()).unwrap_or(Need::Optional);
        if at.get(name).is_some() || need == Need::Optional {
            continue;
        }
        let message = format!("the member `{name}` is missing: {} is expected", form.words());
        match need {
            Need::Required => problems.error("missing-member", at.place(), message),
            _ => problems.warning("missing-member", at.place(), message),
        }
    }
    sound
}

/// Says that a value has another form than it must.
pub(crate) fn wrong_form(at: &At<'_>, form: Form, problems: &mut Problems) {
    let message = format!("{} is expected here, this is {}", form.words(), kind_of(at.value));
    problems.error("wrong-form", at.place(), message);
}

/// Says that a member is unknown; extensions (`x-`) are welcome everywhere.
pub(crate) fn unknown<'k>(
    key: &str,
    at: &At<'_>,
    known: impl Iterator<Item = &'k str>,
    problems: &mut Problems,
) {
    if key == "x-mcp" {
        let message = "`x-mcp` has no meaning here: it stands on operations, parameters, schemas, media types and the root";
        return problems.error("misplaced-hint", at.place(), message);
    }
    if key.starts_with("x-") {
        return;
    }
    match nearest(key, known) {
        Some(near) => {
            let message = format!("unknown member `{key}`: did you mean `{near}`?");
            problems.error("unknown-member", at.place(), message);
        }
        None => {
            let message = format!("unknown member `{key}` is ignored");
            problems.warning("unknown-member", at.place(), message);
        }
    }
}

/// Says that a member is unknown where only what is known has a meaning.
fn refused(key: &str, at: &At<'_>, known: &[&str], problems: &mut Problems) {
    let near = nearest(key, known.iter().copied());
    let near = near.map_or_else(|| ".".to_owned(), |near| format!("; did you mean `{near}`?"));
    let accepted = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let message = format!("there is no member `{key}` here{near} Accepted are {accepted}");
    problems.error("unknown-member", at.place(), message);
}

/// The known name that `name` is most likely a misspelling of.
pub(crate) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    // Long names are no misspelling of anything here, and comparing them costs their product.
    if name.len() > 64 {
        return None;
    }
    let lower = name.to_lowercase();
    known
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= (candidate.len() / 4).clamp(1, 3))
        .filter(|(_, candidate)| name.chars().count() > 2 || candidate.len() <= 2)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
