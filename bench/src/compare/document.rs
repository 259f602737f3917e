//! The documents that servers are made from: that of `examples/ispw`, and the same with operations added until there are many.

use serde_json::{Map, Value, json};

/// How many tools the server of many tools has.
pub const MANY: usize = 1200;

const ISPW: &str = include_str!("../../../examples/ispw/config/openapi.json");

/// The words of which names of members are made.
const WORDS: [&str; 12] = [
    "account", "branch", "change", "device", "event", "folder", "group", "host", "image", "job", "key",
    "label",
];

/// The document as rivals get it: with the address of the API as its server.
pub fn ispw(api: &str) -> String {
    let mut document = read();
    document["servers"] = json!([{ "url": api }]);
    document.to_string()
}

/// The document with operations added, so many in all, or as it is where it has as many. The operations that it had are as they were, and a call of one of them is the
/// same call on both servers.
pub fn large(count: usize) -> String {
    let mut document = read();
    let had = operations(&document);
    let paths = document["paths"].as_object_mut().expect("a document has paths");
    for number in had..count {
        let (path, operation) = added(number);
        paths.insert(path, operation);
    }
    document.to_string()
}

fn read() -> Value {
    serde_json::from_str(ISPW).expect("the document is JSON")
}

/// How many operations a document has.
fn operations(document: &Value) -> usize {
    let paths = document["paths"].as_object().into_iter().flatten();
    let methods = |item: &Value| ["get", "post"].iter().filter(|method| item.get(**method).is_some()).count();
    paths.map(|(_, item)| methods(item)).sum()
}

/// An operation of a size that those of large APIs have: every third writes an object, the others read a list.
fn added(number: usize) -> (String, Value) {
    let word = WORDS[number % WORDS.len()];
    let writes = number.is_multiple_of(3);
    let parameter = |name: &str, place: &str, about: &str, schema: Value| json!({ "name": name, "in": place, "required": place == "path", "description": about, "schema": schema });
    let mut parameters = vec![parameter(
        "owner",
        "path",
        "The account that it belongs to, in any letter case.",
        json!({ "type": "string" }),
    )];
    if !writes {
        let states = json!({ "type": "string", "enum": ["open", "closed", "all"], "default": "open" });
        let per_page = json!({ "type": "integer", "minimum": 1, "maximum": 100, "default": 30 });
        parameters.extend([
            parameter("state", "query", "Only those in this state.", states),
            parameter("per_page", "query", "How many results a page has.", per_page),
            parameter("since", "query", "Only those that changed after this time.", time()),
            parameter(
                "archived",
                "query",
                "Whether those that are put away are listed too.",
                json!({ "type": "boolean" }),
            ),
        ]);
    }
    let item = object(word, number);
    let answer = if writes { item.clone() } else { json!({ "type": "array", "items": item.clone() }) };
    let mut operation = json!({
        "operationId": format!("{}{}{number}", if writes { "change" } else { "list" }, title(word)),
        "tags": [title(word)],
        "summary": format!("{} number {number}", title(word)),
        "description": format!("Works on what is known of a {word} of kind {number}, as far as the account may see it."),
        "parameters": parameters,
        "responses": { "200": { "description": "As it is now.", "content": { "application/json": { "schema": answer } } } },
    });
    if writes {
        let body = json!({ "required": true, "content": { "application/json": { "schema": item } } });
        operation["requestBody"] = body;
    }
    let method = if writes { "post" } else { "get" };
    (format!("/many/{{owner}}/{word}{number}"), json!({ method: operation }))
}

/// An object of ten members of several types.
fn object(word: &str, number: usize) -> Value {
    let mut members = Map::new();
    for (place, name) in WORDS.iter().enumerate().take(10) {
        let schema = match (place + number) % 5 {
            0 => json!({ "type": "integer", "minimum": 0 }),
            1 => json!({ "type": "boolean" }),
            2 => time(),
            3 => json!({ "type": "array", "items": { "type": "string" } }),
            _ => json!({ "type": "string", "maxLength": 200 }),
        };
        let mut schema = schema;
        schema["description"] = json!(format!("The {name} of the {word}, as it was last seen."));
        members.insert((*name).to_owned(), schema);
    }
    json!({ "type": "object", "properties": members, "required": [WORDS[number % 10]] })
}

fn time() -> Value {
    json!({ "type": "string", "format": "date-time" })
}

fn title(word: &str) -> String {
    word[..1].to_uppercase() + &word[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_document_has_so_many_operations_and_all_that_was_there_before() {
        let (small, large) = (read(), serde_json::from_str::<Value>(&large(MANY)).expect("JSON"));
        assert_eq!((operations(&small), operations(&large)), (15, MANY));
        for (path, item) in small["paths"].as_object().expect("an object") {
            assert_eq!(&large["paths"][path], item, "{path}");
        }
        assert_eq!(super::large(200), super::large(200), "the same every time");
    }

    #[test]
    fn rivals_are_told_where_the_api_is() {
        let document: Value = serde_json::from_str(&ispw("http://127.0.0.1:9")).expect("JSON");
        assert_eq!(document["servers"], json!([{ "url": "http://127.0.0.1:9" }]));
    }
}
