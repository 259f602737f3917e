//! What claims are called that say more of a caller than who it is: every provider has its own names.

use serde_json::{Map, Value};

/// The names. A name is a claim's, or leads through objects with dots between, such as `realm_access.roles`; of several names
/// the first that a token has is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// What the caller is.
    pub roles: Vec<String>,
    /// What the caller belongs to.
    pub groups: Vec<String>,
    /// What the caller lets its program do: a list, or a text with blanks between.
    pub scopes: Vec<String>,
    /// The organisation that the caller acts for.
    pub tenant: Vec<String>,
}

/// The names that RFC 8693, RFC 9068 and the usual providers have.
impl Default for Names {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            roles: names(&["roles"]),
            groups: names(&["groups"]),
            scopes: names(&["scope", "scp"]),
            tenant: names(&["tenant", "tid", "org_id"]),
        }
    }
}

/// The first of these claims that is there.
pub(super) fn find<'c>(claims: &'c Map<String, Value>, names: &[String]) -> Option<&'c Value> {
    names.iter().find_map(|name| claims.get(name).or_else(|| inside(claims, name)))
}

fn inside<'c>(claims: &'c Map<String, Value>, path: &str) -> Option<&'c Value> {
    let mut steps = path.split('.');
    let first = claims.get(steps.next()?)?;
    steps.try_fold(first, |value, step| value.get(step))
}

/// The words of a claim: the texts of a list, or of one text with blanks between. What is no text says nothing.
pub(super) fn words(claim: Option<&Value>) -> Vec<String> {
    match claim {
        Some(Value::String(text)) => text.split_ascii_whitespace().map(str::to_owned).collect(),
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn t_2b_scopes_are_the_same_words_however_they_are_written() {
        for claim in [json!("a b"), json!("a  b"), json!("\ta\tb "), json!(["a", "b"])] {
            assert_eq!(words(Some(&claim)), ["a", "b"], "{claim}");
        }
        for claim in [json!(7), json!({ "a": "b" }), json!(null), json!([7, null])] {
            assert!(words(Some(&claim)).is_empty(), "{claim}");
        }
    }

    #[test]
    fn a_claim_is_found_by_its_name_by_a_path_and_in_order() {
        let claims = json!({
            "realm_access": { "roles": ["x"] }, "https://example.com/roles": ["y"], "scp": ["z"],
        });
        let claims = claims.as_object().expect("an object");
        let found = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            words(find(claims, &names)).join(" ")
        };
        assert_eq!(found(&["realm_access.roles"]), "x");
        assert_eq!(found(&["https://example.com/roles"]), "y");
        assert_eq!(found(&["scope", "scp"]), "z");
        assert_eq!(found(&["realm_access.none", "none"]), "");
    }
}
