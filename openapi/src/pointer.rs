//! JSON pointers (RFC 6901): adding a step, and taking one apart.

/// The pointer of the member `key` under `base`.
pub(crate) fn member(base: &str, key: &str) -> String {
    let mut pointer = String::with_capacity(base.len() + key.len() + 1);
    pointer.push_str(base);
    pointer.push('/');
    if key.contains(['~', '/']) {
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
    } else {
        pointer.push_str(key);
    }
    pointer
}

/// The pointer of the item at `index` under `base`.
pub(crate) fn item(base: &str, index: usize) -> String {
    format!("{base}/{index}")
}

/// The steps of a pointer, unescaped; `None` when it is neither empty nor begins with `/`.
pub(crate) fn steps(pointer: &str) -> Option<Vec<String>> {
    if pointer.is_empty() {
        return Some(Vec::new());
    }
    let rest = pointer.strip_prefix('/')?;
    Some(rest.split('/').map(|step| step.replace("~1", "/").replace("~0", "~")).collect())
}

/// The last step of a pointer, unescaped.
pub(crate) fn last_step(pointer: &str) -> Option<String> {
    steps(pointer)?.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_and_tildes_survive_a_round_trip() {
        let pointer = member(&member("", "paths"), "/a~b/{c}");
        assert_eq!(pointer, "/paths/~1a~0b~1{c}");
        assert_eq!(steps(&pointer).unwrap(), ["paths", "/a~b/{c}"]);
    }

    #[test]
    fn a_fragment_without_a_slash_is_no_pointer() {
        assert_eq!(steps("name"), None);
    }
}
