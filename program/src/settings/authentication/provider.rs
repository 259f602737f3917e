//! What vouches for callers, in a word: ours, or the class of the Python server that did it.

/// What vouches for callers, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    /// Signed access tokens of one issuer.
    Jwt,
    /// The same, with what the issuer publishes of itself.
    Oidc,
    /// Tokens about which their issuer is asked.
    Introspection,
    /// Tokens of AuthKit.
    Workos,
    /// Tokens of Descope.
    Descope,
    /// A login at GitHub, for tokens of this server's own.
    GitHub,
    /// A login at Google, for tokens of this server's own.
    Google,
    /// Keys of this server's own.
    ApiKey,
    /// Nothing: nobody is asked.
    Nobody,
}

impl Provider {
    const ALL: [(Self, &'static str); 9] = [
        (Self::Jwt, "jwt"),
        (Self::Oidc, "oidc"),
        (Self::Introspection, "introspection"),
        (Self::Workos, "workos"),
        (Self::Descope, "descope"),
        (Self::GitHub, "github"),
        (Self::Google, "google"),
        (Self::ApiKey, "api_key"),
        (Self::Nobody, "none"),
    ];
    /// The classes of the Python library by their lower-case names.
    const CLASSES: [(&'static str, &'static str); 8] = [
        ("jwtverifier", "jwt"),
        ("bearerauthprovider", "jwt"),
        ("githubprovider", "github"),
        ("googleprovider", "google"),
        ("workosprovider", "workos"),
        ("authkitprovider", "workos"),
        ("descopeprovider", "descope"),
        ("introspectiontokenverifier", "introspection"),
    ];

    /// Reads a word, in any letter case, or the path of a class as the Python server had it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let lower = text.to_ascii_lowercase();
        let class = lower.strip_prefix("fastmcp.server.auth.").and_then(|path| path.rsplit('.').next());
        let word = match class {
            Some(class) => Self::CLASSES.iter().find(|(name, _)| *name == class).map(|(_, word)| *word),
            None => Some(&*lower),
        };
        if let Some((provider, _)) = Self::ALL.into_iter().find(|(_, known)| Some(*known) == word) {
            return Ok(provider);
        }
        let shown: String = text.chars().take(40).collect();
        Err(format!("expected {}, got {shown:?}", Self::accepted()))
    }

    /// The word.
    pub(crate) fn word(self) -> &'static str {
        Self::ALL.into_iter().find(|(provider, _)| *provider == self).map_or("", |(_, word)| word)
    }

    /// What is accepted.
    pub(crate) fn accepted() -> &'static str {
        "`jwt` or `oidc`, `introspection`, `workos`, `descope`, `github` or `google`, `api_key`, several of them with commas between, or `none`"
    }
}
