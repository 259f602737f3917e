//! A parameter rule and a JSON value to the parts of a request and to its target: what is accepted is built and
//! verified, and, taken apart by other code than ours, carries the value and nothing else.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use serde_json::Value;
use server::request::{ParameterRule, Part, Parts, Style, Target};

/// Names of parameters, some of them odd.
const NAMES: [&str; 7] = ["id", "filter", "X-Trace", "filter[name]", "a b", "$odd&name=", "é"];

const STYLES: [(&str, Style); 8] = [
    ("matrix", Style::Matrix),
    ("label", Style::Label),
    ("form", Style::Form),
    ("simple", Style::Simple),
    ("spaceDelimited", Style::SpaceDelimited),
    ("pipeDelimited", Style::PipeDelimited),
    ("deepObject", Style::DeepObject),
    ("json", Style::Json),
];

/// Every rule there is; generated programs hold theirs as statics.
static RULES: LazyLock<Vec<ParameterRule>> = LazyLock::new(|| {
    let flags = [false, true];
    let mut rules = Vec::new();
    for name in NAMES {
        for (_, style) in STYLES {
            for (explode, reserved) in flags.iter().flat_map(|one| flags.map(|other| (*one, other))) {
                let of = |allow_empty| ParameterRule {
                    name,
                    style,
                    explode,
                    allow_reserved: reserved,
                    allow_empty,
                };
                rules.extend(flags.map(of));
            }
        }
    }
    rules
});

/// A rule for the second parameter of a segment.
static OTHER: ParameterRule = ParameterRule::simple("other");

/// Writes a value by a rule: `{"in", "name", "style", "explode", "allowReserved", "allowEmptyValue", "template",
/// "value", "other"}`.
pub fn request(bytes: &[u8]) {
    let Ok(input) = serde_json::from_slice::<Value>(bytes) else { return };
    let Some(rule) = rule(&input) else { return };
    let value = &input["value"];
    let mut parts = Parts::default();
    let place = input["in"].as_str().unwrap_or_default();
    match place {
        "path" => {
            parts.path(rule, value);
            parts.path(&OTHER, &input["other"]);
        }
        "query" => parts.query(rule, value),
        "header" => parts.header(rule, value),
        _ => parts.cookie(rule, value),
    }
    for problem in parts.problems().iter() {
        assert!(!problem.message.is_empty() && !problem.path.is_empty(), "a refusal says what and where");
    }
    if parts.problems().iter().next().is_none() {
        look_at(rule, place, value, &input, &parts);
    }
}

fn rule(input: &Value) -> Option<&'static ParameterRule> {
    let flag = |name: &str| input[name].as_bool().unwrap_or_default();
    let (_, style) = STYLES.into_iter().find(|(word, _)| input["style"] == *word)?;
    RULES.iter().find(|rule| {
        input["name"] == rule.name
            && rule.style == style
            && rule.explode == flag("explode")
            && rule.allow_reserved == flag("allowReserved")
            && rule.allow_empty == flag("allowEmptyValue")
    })
}

/// Takes the finished request apart.
fn look_at(rule: &'static ParameterRule, place: &str, value: &Value, input: &Value, parts: &Parts) {
    let own = Part::Parameter(rule.name);
    let segment: &[Part] = match (place, input["template"].as_u64().unwrap_or_default() % 3) {
        ("path", 0) => &[own],
        ("path", 1) => &[own, Part::Literal(".json")],
        ("path", _) => &[own, Part::Literal("."), Part::Parameter("other")],
        _ => &[Part::Literal("b")],
    };
    let template = [&[Part::Literal("a")][..], segment, &[Part::Literal("c")]];
    let target = match Target::build(&template, "/api", parts, &[]) {
        Ok(target) => target,
        Err(violation) => panic!("accepted, but not built: {violation}: {value}"),
    };
    let (path, query) = target.as_str().split_once('?').unwrap_or((target.as_str(), ""));
    let segments: Vec<&str> = path.split('/').collect();
    assert_eq!(segments.len(), 5, "{path}");
    assert_eq!([segments[0], segments[1], segments[2], segments[4]], ["", "api", "a", "c"], "{path}");
    assert!(!climbs(segments[3]), "{path}");
    match place {
        "path" => the_path_carries(rule, value, segments[3], segment),
        "query" => the_query_carries(rule, value, query),
        "header" => the_header_carries(rule, value, parts),
        _ => the_cookies_carry(rule, value, parts),
    }
}

/// Whether a careless server that decodes again and again and cuts `;` parameters would read another path.
fn climbs(segment: &str) -> bool {
    let mut text = segment.as_bytes().to_vec();
    (0..4).any(|round| {
        let bare = text.split(|byte| *byte == b';').next().unwrap_or_default().to_vec();
        let is_other = round > 0 && text.iter().any(|byte| matches!(byte, b'/' | b'\\' | 0));
        text = percent_encoding::percent_decode(&text).collect();
        // A matrix value begins with `;` by its style, so nothing before it is no dot segment.
        is_other || [&b"."[..], b".."].contains(&bare.as_slice())
    })
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Texts as a reader has them: where reserved characters may stay, what is percent-encoded already stays so too.
fn as_read(rule: &ParameterRule, place: &str, texts: Vec<String>) -> Vec<String> {
    let is_kept = rule.allow_reserved && matches!(place, "path" | "query");
    if is_kept { texts.iter().map(|text| decoded(text)).collect() } else { texts }
}

/// A primitive as text; lists and objects have none.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The text of a part of a list or an object: what nests there is JSON.
fn part(value: &Value) -> Option<String> {
    match value {
        Value::Array(_) | Value::Object(_) => Some(value.to_string()),
        single => text(single),
    }
}

/// The texts of a list, or names and values of an object in turn; nulls are left out.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().filter_map(part).collect(),
        Value::Object(members) => {
            let pairs = members.iter().filter_map(|(name, value)| Some([name.clone(), part(value)?]));
            pairs.flatten().collect()
        }
        other => text(other).into_iter().collect(),
    }
}

fn the_path_carries(rule: &ParameterRule, value: &Value, segment: &str, parts: &[Part]) {
    // Where a segment holds two parameters, where one ends cannot be told from outside.
    let Some(written) = (match parts {
        [_] => Some(segment),
        [_, Part::Literal(end)] => segment.strip_suffix(end),
        _ => None,
    }) else {
        return;
    };
    if rule.style == Style::Simple && text(value).is_some() {
        assert_eq!(vec![decoded(written)], as_read(rule, "path", texts(value)), "{segment}");
    }
    if rule.style == Style::Simple && !rule.explode {
        let items: Vec<String> = written.split(',').map(decoded).collect();
        assert_eq!(items, as_read(rule, "path", texts(value)), "{segment}");
    }
    if rule.style == Style::Json {
        assert_eq!(serde_json::from_str::<Value>(&decoded(written)).ok().as_ref(), Some(value), "{segment}");
    }
}

/// The pairs of a query or of cookies, names decoded, values as they are.
fn pairs<'t>(written: impl Iterator<Item = &'t str>) -> Vec<(String, &'t str)> {
    written
        .map(|pair| pair.split_once('=').expect("pairs have a `=`"))
        .map(|(name, value)| (decoded(name), value))
        .collect()
}

fn the_query_carries(rule: &ParameterRule, value: &Value, query: &str) {
    let found = pairs(query.split('&').filter(|pair| !pair.is_empty()));
    assert!(!query.contains(['#', ' ', '+']), "{query}");
    if rule.style == Style::DeepObject {
        let mut leaves = Vec::new();
        deep(rule.name.to_owned(), value, &mut leaves);
        let found: Vec<(String, String)> =
            found.into_iter().map(|(name, value)| (name, decoded(value))).collect();
        let read = |(name, text)| (name, as_read(rule, "query", vec![text]).concat());
        assert_eq!(found, leaves.into_iter().map(read).collect::<Vec<_>>(), "{query}");
        return;
    }
    let delimiter = match rule.style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    };
    the_pairs_carry(rule, ("query", value), &found, delimiter);
}

/// What stands under each name of a nested object.
fn deep(name: String, value: &Value, leaves: &mut Vec<(String, String)>) {
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, member)| deep(format!("{name}[{key}]"), member, leaves));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, item)| deep(format!("{name}[{index}]"), item, leaves));
        }
        other => leaves.extend(text(other).map(|text| (name, text))),
    }
}

fn the_pairs_carry(
    rule: &ParameterRule,
    (place, value): (&str, &Value),
    found: &[(String, &str)],
    delimiter: &str,
) {
    let shown = format!("{found:?} for {value}");
    if rule.style == Style::Json {
        let carried: Vec<Option<Value>> =
            found.iter().map(|(_, text)| serde_json::from_str(&decoded(text)).ok()).collect();
        let expected: Vec<Option<Value>> =
            Some(value).filter(|value| !value.is_null()).cloned().map(Some).into_iter().collect();
        return assert_eq!(carried, expected, "{shown}");
    }
    let is_list = value.is_array() || value.is_object();
    let expected = as_read(rule, place, texts(value));
    match value {
        Value::Object(_) if rule.explode => {
            let carried: Vec<String> =
                found.iter().flat_map(|(name, value)| [name.clone(), decoded(value)]).collect();
            // Names are no values: nothing in them counts as encoded already.
            let names = texts(value).into_iter().step_by(2);
            let values = expected.into_iter().skip(1).step_by(2);
            let expected: Vec<String> = names.zip(values).flat_map(<[String; 2]>::from).collect();
            if !(rule.allow_empty && expected.is_empty()) {
                assert_eq!(carried, expected, "{shown}");
            }
        }
        _ => {
            assert!(found.iter().all(|(name, _)| name == rule.name), "{shown}");
            let split = is_list && !rule.explode;
            let carried: Vec<String> = found
                .iter()
                .flat_map(|(_, value)| if split { value.split(delimiter).collect() } else { vec![*value] })
                .map(decoded)
                .collect();
            // An empty list may be sent as an empty value.
            if !(is_list && rule.allow_empty && texts(value).is_empty()) {
                assert_eq!(carried, expected, "{shown}");
            }
        }
    }
}

fn the_header_carries(rule: &ParameterRule, value: &Value, parts: &Parts) {
    let headers = parts.headers();
    assert!(headers.len() <= 1, "{headers:?}");
    let Some((name, written)) = headers.first() else { return };
    assert_eq!(*name, rule.name);
    assert!(written.bytes().all(|byte| (0x20..=0x7e).contains(&byte)), "{written:?}");
    if rule.style == Style::Simple {
        match value {
            Value::Array(_) => {
                assert_eq!(written.split(',').map(str::to_owned).collect::<Vec<_>>(), texts(value))
            }
            Value::Object(_) => {}
            other => assert_eq!(Some(written.clone()), text(other)),
        }
    }
}

fn the_cookies_carry(rule: &ParameterRule, value: &Value, parts: &Parts) {
    let written: Vec<String> =
        parts.cookie_pairs().iter().map(|(name, value)| format!("{name}={value}")).collect();
    for pair in &written {
        assert!(pair.bytes().all(|byte| byte.is_ascii_graphic() && byte != b';'), "{pair}");
        assert_eq!(pair.matches('=').count(), 1, "{pair}");
    }
    the_pairs_carry(rule, ("cookie", value), &pairs(written.iter().map(String::as_str)), ",");
}
