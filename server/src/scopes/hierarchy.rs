//! Which scopes include others: whoever may do more may do less.

/// Which scopes include others. A name without `:`, `/` or `.` is the last word of a scope, whatever stands before it: with
/// `write>read`, `cp:write` includes `cp:read`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hierarchy {
    chains: Vec<String>,
    /// Each scope and one that it includes.
    pairs: Vec<(String, String)>,
}

/// The words that most have.
impl Default for Hierarchy {
    fn default() -> Self {
        Self::new(["admin>deploy>write>read", "admin>destroy>write"]).expect("the usual chains are chains")
    }
}

impl Hierarchy {
    /// Chains of scopes, the widest first, with `>` between; what is no chain comes back.
    pub fn new<C: Into<String>>(chains: impl IntoIterator<Item = C>) -> Result<Self, String> {
        let chains: Vec<String> = chains.into_iter().map(Into::into).collect();
        let mut pairs = Vec::new();
        for chain in &chains {
            let scopes: Vec<&str> = chain.split('>').map(str::trim).collect();
            let is_sound = |scope: &&str| {
                !scope.is_empty()
                    && scope.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'))
            };
            if scopes.len() < 2 || !scopes.iter().all(is_sound) {
                return Err(chain.clone());
            }
            pairs.extend(scopes.windows(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())));
        }
        Ok(Self { chains, pairs })
    }

    /// The chains as they were written.
    pub fn chains(&self) -> &[String] {
        &self.chains
    }

    /// A scope and all that include it.
    pub(super) fn including(&self, scope: &str) -> Vec<String> {
        let mut found = vec![scope.to_owned()];
        let mut seen = 0;
        while let Some(scope) = found.get(seen).cloned() {
            seen += 1;
            for wider in self.pairs.iter().filter_map(|pair| above(&scope, pair)) {
                if !found.contains(&wider) {
                    found.push(wider);
                }
            }
        }
        found
    }
}

/// The scope that includes this one by this pair.
fn above(scope: &str, (wider, narrower): &(String, String)) -> Option<String> {
    const BEFORE_WORD: [char; 3] = [':', '/', '.'];
    if scope == narrower {
        return Some(wider.clone());
    }
    if narrower.contains(BEFORE_WORD) {
        return None;
    }
    let (before, word) = scope.split_at(scope.rfind(BEFORE_WORD)? + 1);
    let is_word = !wider.contains(BEFORE_WORD);
    (word == narrower).then(|| if is_word { format!("{before}{wider}") } else { wider.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn including(chains: &[&str], scope: &str) -> String {
        Hierarchy::new(chains.iter().copied()).unwrap().including(scope).join(" ")
    }

    #[test]
    fn o14_whoever_may_do_more_may_do_less_under_the_same_prefix() {
        let usual = |scope: &str| Hierarchy::default().including(scope).join(" ");
        assert_eq!(usual("cp:read"), "cp:read cp:write cp:deploy cp:destroy cp:admin");
        assert_eq!(usual("read"), "read write deploy destroy admin");
        assert_eq!(
            usual("https://api.example.com/a.deploy"),
            "https://api.example.com/a.deploy https://api.example.com/a.admin"
        );
        assert_eq!(usual("cp:admin"), "cp:admin");
        assert_eq!(usual("cp:reader"), "cp:reader");
        assert_eq!(usual("repo"), "repo");
    }

    #[test]
    fn a_whole_scope_is_meant_as_it_is() {
        assert_eq!(including(&["all>cp:write>cp:read"], "cp:read"), "cp:read cp:write all");
        assert_eq!(including(&["all>cp:write>cp:read"], "x:read"), "x:read");
        assert_eq!(including(&["x:root>read"], "cp:read"), "cp:read x:root");
        assert_eq!(including(&[], "cp:read"), "cp:read");
    }

    #[test]
    fn a_circle_makes_its_scopes_equal_and_ends() {
        assert_eq!(including(&["a>b>c>a"], "b"), "b a c");
    }

    #[test]
    fn what_is_no_chain_comes_back() {
        for chain in ["", "read", "a>", ">a", "a>>b", "a>b c", "a>\"b"] {
            assert_eq!(Hierarchy::new([chain]), Err(chain.to_owned()));
        }
    }
}
