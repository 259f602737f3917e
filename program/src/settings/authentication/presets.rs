//! Providers whose issuer follows from a domain or a project. What is set is little; what is judged is as much as of any other
//! issuer.

use http::Uri;
use server::identity::Names;
use server::identity::jwt;
use server::identity::keys::{Algorithm, Source};

use super::{Authentication, Provider, refused};
use crate::refusal::Refusal;

/// Where Descope is unless it is said.
pub(super) const DESCOPE: &str = "https://api.descope.com";
/// What the address of an issuer's document ends in.
const DOCUMENT: &str = "/.well-known/openid-configuration";

/// What is set of providers whose issuer follows from it.
#[derive(Default)]
pub(crate) struct Presets {
    /// The domain of AuthKit.
    pub(crate) authkit_domain: Option<String>,
    /// The project of Descope.
    pub(crate) descope_project: Option<String>,
    /// Where Descope is.
    pub(crate) descope_base: Option<String>,
    /// The address of the document of a Descope application, which says all of that.
    pub(crate) descope_document: Option<String>,
}

/// An application of Descope.
#[derive(Debug, PartialEq, Eq)]
struct Application {
    base: String,
    project: String,
    issuer: String,
}

impl Authentication {
    /// AuthKit of WorkOS. Its tokens have this server's address as their audience, where it is registered there as a resource.
    pub(super) fn workos(&self, resource: Option<&str>) -> Result<jwt::Options, Refusal> {
        const NAME: &str = "AUTH_AUTHKIT_DOMAIN";
        let Some(domain) = &self.presets.authkit_domain else {
            return Err(refused(format!(
                "{NAME} is not set: `workos` needs the domain of AuthKit, such as your-project.authkit.app"
            )));
        };
        let issuer = origin(domain).ok_or_else(|| {
            refused(format!("{NAME}: expected a domain such as your-project.authkit.app, got {domain:?}"))
        })?;
        let keys = Source::Address(format!("{issuer}/oauth2/jwks"));
        let audiences = self.audiences_for(resource)?;
        Ok(self.preset(Provider::Workos, keys, &issuer, audiences))
    }

    /// An application of Descope. Its tokens have the project as their audience unless something else is set there.
    pub(super) fn descope(&self) -> Result<jwt::Options, Refusal> {
        let Application { base, project, issuer } = self.application()?;
        let keys = Source::Address(format!("{base}/{project}/.well-known/jwks.json"));
        let audiences = if self.audiences.is_empty() { vec![project] } else { self.audiences.clone() };
        Ok(self.preset(Provider::Descope, keys, &issuer, audiences))
    }

    /// Both sign in one way, and have names of their own for some claims.
    fn preset(&self, provider: Provider, keys: Source, issuer: &str, audiences: Vec<String>) -> jwt::Options {
        let mut tokens = self.signed(provider, keys, issuer, audiences);
        if tokens.algorithms.is_empty() {
            tokens.algorithms = vec![Algorithm::Rs256];
        }
        let usual = Names::default();
        if tokens.names.roles == usual.roles {
            tokens.names.roles.push("role".to_owned());
        }
        if tokens.names.tenant == usual.tenant {
            tokens.names.tenant.push("dct".to_owned());
        }
        tokens
    }

    fn application(&self) -> Result<Application, Refusal> {
        let set = &self.presets;
        let base = set.descope_base.as_deref().map(|base| {
            origin(base).ok_or_else(|| {
                refused(format!("AUTH_DESCOPE_BASE_URL: expected an address such as {DESCOPE}, got {base:?}"))
            })
        });
        let base = base.transpose()?;
        let Some(document) = &set.descope_document else {
            let project = set.descope_project.clone().ok_or_else(|| {
                refused("AUTH_DESCOPE_PROJECT_ID is not set: `descope` needs the project, or the address of the application's document in AUTH_DESCOPE_CONFIG_URL")
            })?;
            if !is_project(&project) {
                return Err(refused(format!(
                    "AUTH_DESCOPE_PROJECT_ID: expected letters and digits, got {project:?}"
                )));
            }
            let base = base.unwrap_or_else(|| DESCOPE.to_owned());
            let issuer = format!("{base}/v1/apps/{project}");
            return Ok(Application { base, project, issuer });
        };
        let found = application(document).ok_or_else(|| {
            refused(format!(
                "AUTH_DESCOPE_CONFIG_URL: expected an address such as {DESCOPE}/v1/apps/agentic/PROJECT/SERVER{DOCUMENT}, got {document:?}"
            ))
        })?;
        let differs = |name: &str| {
            refused(format!("AUTH_DESCOPE_CONFIG_URL and {name} contradict each other; unset one"))
        };
        if set.descope_project.as_ref().is_some_and(|project| *project != found.project) {
            return Err(differs("AUTH_DESCOPE_PROJECT_ID"));
        }
        if base.is_some_and(|base| base != found.base) {
            return Err(differs("AUTH_DESCOPE_BASE_URL"));
        }
        Ok(found)
    }
}

/// What the address of an application's document says: `BASE/v1/apps/PROJECT/...`, or `BASE/v1/apps/agentic/PROJECT/...`.
fn application(document: &str) -> Option<Application> {
    let issuer = document.strip_suffix(DOCUMENT)?;
    let path_at = issuer.find("/v1/apps/")?;
    let base = origin(&issuer[..path_at])?;
    let rest = &issuer[path_at + "/v1/apps/".len()..];
    let rest = rest.strip_prefix("agentic/").unwrap_or(rest);
    let mut steps = rest.split('/');
    let project = steps.next().filter(|project| is_project(project))?.to_owned();
    steps.all(is_project).then(|| Application { base, project, issuer: issuer.to_owned() })
}

fn is_project(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// A domain, or the address of one, as an address without a path: https, or http on this machine.
fn origin(text: &str) -> Option<String> {
    let text = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    let uri: Uri = text.parse().ok()?;
    let is_here = matches!(uri.host(), Some("localhost" | "127.0.0.1" | "[::1]"));
    let is_sound = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_here);
    let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
    (is_sound && uri.path() == "/" && uri.query().is_none()).then(|| {
        format!("{}://{}", uri.scheme_str().unwrap_or("https"), authority.as_str().to_ascii_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_is_written_with_or_without_its_scheme() {
        for text in ["x.authkit.app", "https://x.authkit.app", "https://X.authkit.app/"] {
            assert_eq!(origin(text).as_deref(), Some("https://x.authkit.app"), "{text}");
        }
        assert_eq!(origin("http://127.0.0.1:9").as_deref(), Some("http://127.0.0.1:9"));
        for text in [
            "",
            "http://x.authkit.app",
            "x.authkit.app/path",
            "https://u:p@x.authkit.app",
            "https://x?a",
            "a b",
            "ftp://x",
        ] {
            assert_eq!(origin(text), None, "{text}");
        }
    }

    #[test]
    fn an_application_is_known_by_the_address_of_its_document() {
        let found = |text: &str| application(&format!("{text}{DOCUMENT}"));
        for (issuer, project) in [
            ("https://api.descope.com/v1/apps/agentic/P1/M2", "P1"),
            ("https://api.descope.com/v1/apps/P1", "P1"),
            ("https://api.euc1.descope.com/v1/apps/P2/app", "P2"),
        ] {
            let application = found(issuer).unwrap();
            assert_eq!((&*application.project, &*application.issuer), (project, issuer));
            assert!(issuer.starts_with(&application.base));
        }
        for text in [
            "",
            "https://api.descope.com/P1",
            "https://api.descope.com/v1/apps/",
            "https://api.descope.com/v1/apps/agentic/",
            "https://api.descope.com/v1/apps/P1/..",
            "https://api.descope.com/v1/apps/P1/?x",
            "http://api.descope.com/v1/apps/P1",
            "https://api.descope.com/x/v1/apps/P1",
        ] {
            assert_eq!(found(text), None, "{text}");
        }
        assert_eq!(application("https://api.descope.com/v1/apps/P1"), None, "no document");
    }
}
