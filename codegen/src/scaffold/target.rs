//! Overlay targets: a JSON pointer of the document as a JSONPath.

/// The JSONPath of the node that a pointer names: `/paths/~1a/get` is `$.paths['/a'].get`.
pub(super) fn of(pointer: &str) -> String {
    let mut out = String::from("$");
    for step in pointer.split('/').skip(1) {
        let name = step.replace("~1", "/").replace("~0", "~");
        let is_word = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let is_index = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit());
        if is_word {
            out.push('.');
            out.push_str(&name);
        } else if is_index && !is_status(&out) {
            out.push_str(&format!("[{name}]"));
        } else {
            out.push_str(&format!("['{}']", name.replace('\\', "\\\\").replace('\'', "\\'")));
        }
    }
    out
}

/// Below `responses` a number is a name.
fn is_status(path: &str) -> bool {
    path.ends_with(".responses")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pointer_is_a_path() {
        for (pointer, path) in [
            ("", "$"),
            ("/paths/~1a~1{b}/get", "$.paths['/a/{b}'].get"),
            ("/paths/~1a/get/parameters/0", "$.paths['/a'].get.parameters[0]"),
            ("/paths/~1a/get/responses/200", "$.paths['/a'].get.responses['200']"),
            ("/components/schemas/It's~0", "$.components.schemas['It\\'s~']"),
        ] {
            assert_eq!(of(pointer), path);
        }
    }
}
