//! Places inside a value, and how they are written for people: `tags[0].name`.

use super::suggestion::quote;

/// One step into a value.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// A declared member.
    Name(&'static str),
    /// An undeclared member or a key of a map.
    Key(String),
    /// An item of a list.
    Index(usize),
}

/// The place that the steps lead to, from the outermost on.
pub(crate) fn path<'a>(steps: impl Iterator<Item = &'a Step>) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Name(name) => push_name(&mut path, name),
            Step::Key(key) if is_plain(key) => push_name(&mut path, key),
            Step::Key(key) => path.push_str(&format!("[{}]", quote(key))),
        }
    }
    path
}

fn push_name(path: &mut String, name: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(name);
}

fn is_plain(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 64
        && key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-$".contains(&byte))
}
