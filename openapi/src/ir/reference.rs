//! References to named schemas, as the JSON forms write them.

use percent_encoding::percent_decode_str;

/// The name of the schema that a reference of [`super::Schema::json`] leads to, its escapes undone.
pub fn referred(reference: &str) -> Option<String> {
    let escaped = percent_decode_str(reference.strip_prefix("#/$defs/")?).decode_utf8().ok()?;
    Some(escaped.replace("~1", "/").replace("~0", "~"))
}

/// The reference to a named schema, as the JSON forms write it.
pub(crate) fn reference(name: &str) -> String {
    let mut text = String::from("#/$defs/");
    for character in name.replace('~', "~0").replace('/', "~1").chars() {
        match character {
            // A fragment is a URI part: these would end or change it.
            '%' | '#' | '?' | ' ' | '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => {
                text.push_str(&format!("%{:02X}", u32::from(character)));
            }
            other => text.push(other),
        }
    }
    text
}
