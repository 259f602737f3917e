//! What whoever calls a tool must have been allowed: the scopes of a token, or of a key, against those that the tool needs.
//!
//! What it promises: what a caller lacks is found out before anything is done, and is told all at once, so that a client asks
//! for it once; whoever is not named by a provider has no scopes and needs none.

mod hierarchy;

use std::collections::{BTreeSet, HashMap};

use crate::catalog::{Api, Effect, Tool};
use crate::identity::{Caller, api_keys, is_scope};
use crate::start_error::StartError;

pub use hierarchy::Hierarchy;

/// Which scopes tools need.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Where they come from.
    pub source: Source,
    /// Which of them include others.
    pub hierarchy: Hierarchy,
}

/// Where the scopes come from that tools need.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: no tool needs any.
    Off,
    /// From the overlay, which names them by tool or by effect; the words of the effects where it says nothing.
    #[default]
    Effect,
    /// From the document, where an operation's security names any; else as before.
    Document,
}

/// The scopes that the tools of an API need.
#[derive(Debug, Default)]
pub struct Scopes {
    tools: HashMap<&'static str, Vec<Needs>>,
    basic: Vec<String>,
    hierarchy: Hierarchy,
}

/// Scopes that are needed together; each with those that include it.
#[derive(Debug)]
struct Needs(Vec<(String, Vec<String>)>);

impl Scopes {
    /// Those of this API's tools. One that no token can have stops the start: it would go into headers as it is.
    pub fn new(settings: Settings, api: &'static Api) -> Result<Self, StartError> {
        let mut scopes = Self { hierarchy: settings.hierarchy, ..Self::default() };
        for tool in api.tools {
            let alternatives = alternatives(settings.source, api, tool);
            if let Some(wrong) = alternatives.iter().flatten().find(|scope| !is_scope(scope)) {
                return Err(StartError::new(format!(
                    "tool {}: {wrong:?} is no scope: expected visible ASCII characters without blanks, `\"` and `\\`, or AUTH_SCOPES=off",
                    tool.name
                )));
            }
            if tool.effect == Effect::Read {
                scopes.ask_for(alternatives.first());
            }
            let needs = alternatives.iter().map(|together| Needs::new(together, &scopes.hierarchy));
            scopes.tools.insert(tool.name, needs.collect());
        }
        Ok(scopes)
    }

    fn ask_for(&mut self, scopes: Option<&Vec<&str>>) {
        for scope in scopes.into_iter().flatten() {
            if !self.basic.iter().any(|known| known == scope) {
                self.basic.push((*scope).to_owned());
            }
        }
    }

    /// Whether no tool needs any.
    pub(crate) fn are_off(&self) -> bool {
        self.tools.values().all(Vec::is_empty)
    }

    /// All scopes that a call of this tool needs, if the caller lacks one of them. Of alternatives it is the nearest.
    pub fn lacking(&self, caller: &Caller, tool: &Tool) -> Option<Vec<&str>> {
        let has = &caller.principal()?.identity().scopes;
        // A tool that is not in the catalog is not known here, and whoever calls it has not what it needs.
        let Some(alternatives) = self.tools.get(tool.name) else { return Some(Vec::new()) };
        let nearest = alternatives.iter().min_by_key(|needs| needs.missing(has))?;
        (nearest.missing(has) > 0).then(|| nearest.0.iter().map(|(scope, _)| scope.as_str()).collect())
    }

    /// Whether the caller's scopes may ever be enough for this tool: a token can be had with more of them, a key keeps those
    /// that it was made with.
    pub fn may_ever(&self, caller: &Caller, tool: &Tool) -> bool {
        let is_key = |caller: &Caller| {
            caller.principal().is_some_and(|principal| principal.identity().provider == api_keys::PROVIDER)
        };
        !is_key(caller) || self.lacking(caller, tool).is_none()
    }

    /// What clients ask for at first: enough to read, and no more.
    pub(crate) fn basic(&self) -> &[String] {
        &self.basic
    }

    /// Every scope that any tool needs.
    pub(crate) fn all(&self) -> Vec<String> {
        let needs = self.tools.values().flatten().flat_map(|needs| &needs.0);
        let all: BTreeSet<&String> = needs.map(|(scope, _)| scope).collect();
        all.into_iter().cloned().collect()
    }

    /// Every scope that is needed for this tool in any way, each once.
    pub(crate) fn of(&self, tool: &Tool) -> BTreeSet<&str> {
        let needs = self.tools.get(tool.name).into_iter().flatten();
        needs.flat_map(|needs| &needs.0).map(|(scope, _)| scope.as_str()).collect()
    }

    /// Whether these scopes are among those that the caller has, or included in them.
    pub(crate) fn include(&self, caller: &Caller, scopes: &[String]) -> bool {
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let needs = Needs::new(&scopes, &self.hierarchy);
        scopes.is_empty()
            || caller.principal().is_some_and(|caller| needs.missing(&caller.identity().scopes) == 0)
    }
}

impl Needs {
    fn new(scopes: &[&str], hierarchy: &Hierarchy) -> Self {
        Self(scopes.iter().map(|scope| ((*scope).to_owned(), hierarchy.including(scope))).collect())
    }

    /// How many of them are neither there nor included in what is.
    fn missing(&self, has: &[String]) -> usize {
        self.0.iter().filter(|(_, including)| !including.iter().any(|scope| has.contains(scope))).count()
    }
}

/// The sets of scopes of which one is needed; none where nothing is needed.
fn alternatives(source: Source, api: &'static Api, tool: &'static Tool) -> Vec<Vec<&'static str>> {
    let of_document = || -> Vec<Vec<&'static str>> {
        let together = tool
            .security
            .iter()
            .map(|needs| needs.iter().flat_map(|need| need.scopes).copied().collect::<Vec<_>>());
        // An alternative without scopes is a credential of another kind, which is none that is shown here.
        together.filter(|scopes| !scopes.is_empty()).collect()
    };
    let found = match source {
        Source::Off => return Vec::new(),
        Source::Effect => Vec::new(),
        Source::Document => of_document(),
    };
    match (found.is_empty(), api.scopes(tool)) {
        (false, _) => found,
        (true, []) => Vec::new(),
        (true, scopes) => vec![scopes.to_vec()],
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::{EffectScopes, Need, Work};
    use crate::identity::{Identity, Principal};

    const fn tool(name: &'static str, effect: Effect) -> Tool {
        Tool { name, ..Tool::bare(effect, Work::Rest) }
    }

    static READ: Tool = tool("read", Effect::Read);
    static WRITE: Tool = tool("write", Effect::Write);
    static DESTROY: Tool = tool("destroy", Effect::Destroy);
    static DEPLOY: Tool = Tool { scopes: Some(&["cp:write", "cp:deploy"]), ..tool("deploy", Effect::Write) };
    static FREE: Tool = Tool { scopes: Some(&[]), ..tool("free", Effect::Read) };
    static EITHER: Tool = Tool {
        security: &[
            &[Need { scheme: "key", scopes: &[] }],
            &[Need { scheme: "oauth", scopes: &["repo", "user"] }],
            &[Need { scheme: "oauth", scopes: &["public"] }, Need { scheme: "key", scopes: &[] }],
        ],
        ..tool("either", Effect::Read)
    };
    static API: Api = Api {
        effect_scopes: EffectScopes { read: &["cp:read"], write: &["cp:write"], destroy: &["cp:admin"] },
        ..Api::bare(&[&DEPLOY, &DESTROY, &EITHER, &FREE, &READ, &WRITE])
    };

    fn with(scopes: &str) -> Caller {
        known("jwt", scopes)
    }

    fn known(provider: &'static str, scopes: &str) -> Caller {
        let scopes = scopes.split_whitespace().map(str::to_owned).collect();
        Caller::Known(Arc::new(Principal::new(Identity { provider, scopes, ..Identity::default() })))
    }

    fn scopes(source: Source) -> Scopes {
        Scopes::new(Settings { source, ..Settings::default() }, &API).unwrap()
    }

    #[test]
    fn t_2b_a_tool_needs_what_the_overlay_says_of_it_or_of_its_effect_and_all_of_it_is_told() {
        let scopes = scopes(Source::Effect);
        for (has, tool, lacks) in [
            ("", &READ, "cp:read"),
            ("cp:read", &READ, ""),
            ("cp:Read", &READ, "cp:read"),
            ("cp:reader", &READ, "cp:read"),
            ("cp:read", &WRITE, "cp:write"),
            ("cp:write", &READ, ""),
            ("cp:write", &DEPLOY, "cp:write cp:deploy"),
            ("cp:deploy", &DEPLOY, ""),
            ("cp:deploy", &DESTROY, "cp:admin"),
            ("cp:admin", &DESTROY, ""),
            ("other:admin", &READ, "cp:read"),
            ("", &FREE, ""),
            ("cp:read", &EITHER, ""),
        ] {
            let found = scopes.lacking(&with(has), tool).unwrap_or_default().join(" ");
            assert_eq!(found, lacks, "{has:?} {}", tool.name);
        }
        assert_eq!(scopes.basic(), ["cp:read"]);
    }

    #[test]
    fn t_2b_the_scopes_of_the_document_count_where_that_is_wanted_and_it_has_any() {
        let scopes = scopes(Source::Document);
        for (has, tool, lacks) in [
            ("", &EITHER, "public"),
            ("cp:read", &EITHER, "public"),
            ("public", &EITHER, ""),
            ("repo", &EITHER, "repo user"),
            ("repo user", &EITHER, ""),
            ("", &READ, "cp:read"),
        ] {
            let found = scopes.lacking(&with(has), tool).unwrap_or_default().join(" ");
            assert_eq!(found, lacks, "{has:?} {}", tool.name);
        }
    }

    #[test]
    fn t_2b_nobody_needs_scopes_where_they_are_off_and_whoever_is_not_named_has_none_to_need() {
        for tool in API.tools {
            assert_eq!(scopes(Source::Off).lacking(&with(""), tool), None);
            for caller in [Caller::LocalOwner, Caller::Anonymous] {
                assert_eq!(scopes(Source::Effect).lacking(&caller, tool), None);
            }
        }
        assert!(scopes(Source::Off).basic().is_empty());
    }

    #[test]
    fn t_2b_a_scope_that_would_end_its_quotes_stops_the_start() {
        static ODD: Tool = Tool { scopes: Some(&["cp:deploy\" , error=\"x"]), ..tool("odd", Effect::Read) };
        static ODD_API: Api = Api { tools: &[&ODD], ..API };
        let line = Scopes::new(Settings::default(), &ODD_API).unwrap_err().to_string();
        assert!(line.starts_with("tool odd: ") && !line.contains('\n'), "{line}");
        let off = Settings { source: Source::Off, ..Settings::default() };
        assert!(Scopes::new(off, &ODD_API).is_ok());
    }

    #[test]
    fn t_2b_a_tool_that_is_not_in_the_catalog_is_not_called() {
        static OTHER: Tool = tool("other", Effect::Read);
        assert!(scopes(Source::Effect).lacking(&with("cp:admin"), &OTHER).is_some());
    }

    #[test]
    fn t_2c_a_token_may_be_had_with_more_and_a_key_stays_as_it_is() {
        let scopes = scopes(Source::Effect);
        let key = known(api_keys::PROVIDER, "cp:read");
        assert!(scopes.may_ever(&with("cp:read"), &DEPLOY) && !scopes.may_ever(&key, &DEPLOY));
        assert!(scopes.may_ever(&key, &READ) && scopes.may_ever(&Caller::LocalOwner, &DEPLOY));
    }

    #[test]
    fn o14_what_every_caller_needs_may_be_included_in_what_it_has() {
        let scopes = scopes(Source::Effect);
        let needed = ["cp:read".to_owned()];
        assert!(scopes.include(&with("cp:deploy"), &needed) && !scopes.include(&with("x"), &needed));
        assert!(!scopes.include(&Caller::Anonymous, &needed) && scopes.include(&Caller::Anonymous, &[]));
    }
}
