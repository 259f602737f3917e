//! What claims are called that say who a caller is, and more of it: every provider has its own names.

use serde_json::{Map, Value};

/// The names. A name is a claim's, or leads through objects with dots between, such as `realm_access.roles`; of several names
/// the first that a token has is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// Who the caller is: what the issuer never gives to anybody else. Every token must have it.
    pub user: Vec<String>,
    /// The program that the caller uses.
    pub client: Vec<String>,
    /// What the caller is called, for people; nothing may rest on it.
    pub name: Vec<String>,
    /// What the caller is.
    pub roles: Vec<String>,
    /// What the caller belongs to.
    pub groups: Vec<String>,
    /// What the caller lets its program do: a list, or a text with blanks between.
    pub scopes: Vec<String>,
    /// The organisation that the caller acts for.
    pub tenant: Vec<String>,
    /// Those to which tokens are held.
    pub held: Held,
}

/// The claims to which tokens are held, since somebody has said what they are called: a token that has the program or the
/// organisation not at all, or has any of them in another form, is not good. Else a rule that forbids by it would forbid nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// [`Names::client`].
    pub client: bool,
    /// [`Names::roles`].
    pub roles: bool,
    /// [`Names::groups`].
    pub groups: bool,
    /// [`Names::scopes`].
    pub scopes: bool,
    /// [`Names::tenant`].
    pub tenant: bool,
}

/// The names that RFC 8693, RFC 9068 and the usual providers have.
impl Default for Names {
    fn default() -> Self {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        Self {
            user: names(&["sub"]),
            client: names(&["client_id", "azp"]),
            name: names(&["name", "preferred_username", "email"]),
            roles: names(&["roles"]),
            groups: names(&["groups"]),
            scopes: names(&["scope", "scp"]),
            tenant: names(&["tenant", "tid", "org_id"]),
            held: Held::default(),
        }
    }
}

impl Names {
    /// The same, with tokens held to each name that is another than the usual ones.
    pub fn hold(self) -> Self {
        let usual = Self::default();
        let held = Held {
            client: self.client != usual.client,
            roles: self.roles != usual.roles,
            groups: self.groups != usual.groups,
            scopes: self.scopes != usual.scopes,
            tenant: self.tenant != usual.tenant,
        };
        Self { held, ..self }
    }
}

/// The first of these claims that is there.
pub(super) fn find<'c>(claims: &'c Map<String, Value>, names: &[String]) -> Option<&'c Value> {
    let found = |name: &String| claims.get(name).or_else(|| inside(claims, name));
    names.iter().filter_map(found).find(|value| !value.is_null())
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

/// Whether a claim has a form in which it says words, and nothing besides.
pub(super) fn are_words(claim: &Value) -> bool {
    claim.is_string() || claim.as_array().is_some_and(|items| items.iter().all(Value::is_string))
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
            "nothing": null,
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
        assert_eq!(found(&["nothing", "scp"]), "z", "null is not there");
    }

    #[test]
    fn tokens_are_held_to_names_that_somebody_chose() {
        let names = Names { tenant: vec!["org".to_owned()], ..Names::default() }.hold();
        assert_eq!(names.held, Held { tenant: true, ..Held::default() });
        assert_eq!(Names::default().hold(), Names::default());
    }
}
