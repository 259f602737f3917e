//! A file of API keys with a key for each caller of a test.

use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;
use server::identity::api_keys::{Key, List};

/// Writes the file, with callers of these names and roles who all have these scopes. Gives it, and the keys in the order of the callers.
pub(crate) fn write<const COUNT: usize>(
    folder: &Path,
    callers: [(&str, &str); COUNT],
    scopes: &[&str],
) -> (PathBuf, [String; COUNT]) {
    let file = folder.join("keys.json");
    let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
    let keys = callers.map(|(name, role)| {
        let key = Key::make();
        let added = List::change(&file, |list| {
            list.add(&key, name, &[role.to_owned()], &scopes, None);
            Ok(())
        });
        added.expect("the file can be written");
        key.reveal().expose_secret().to_owned()
    });
    (file, keys)
}
