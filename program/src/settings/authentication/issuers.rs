//! Whose tokens are taken: of each issuer by its keys, by what it says of itself, or by asking it.

use server::identity::keys::Source;
use server::identity::{introspection, jwt};

use super::{Authentication, Provider, refused, text_of};
use crate::refusal::Refusal;

/// What is known of issuers: those whose tokens say all themselves, and the one that is asked.
type Issuers = (Vec<jwt::Options>, Option<introspection::Options>);

impl Authentication {
    /// Those whose tokens are taken by a server that clients reach at this address.
    pub(super) fn issuers(&self, resource: Option<&str>) -> Result<Issuers, Refusal> {
        let mut tokens = Vec::new();
        if self.has(Provider::Jwt) || self.has(Provider::Oidc) {
            tokens.extend(self.named(resource)?);
        }
        if self.has(Provider::Workos) {
            tokens.push(self.workos(resource)?);
        }
        if self.has(Provider::Descope) {
            tokens.push(self.descope()?);
        }
        let asked = self.has(Provider::Introspection).then(|| self.asked(resource)).transpose()?;
        Ok((tokens, asked))
    }

    /// Those that AUTH_ISSUER names.
    fn named(&self, resource: Option<&str>) -> Result<Vec<jwt::Options>, Refusal> {
        let is_discovered = self.has(Provider::Oidc);
        let keys = if is_discovered { Vec::new() } else { self.keys()? };
        let issuers = self.names_of_issuers()?;
        let keys = if is_discovered { issuers.iter().cloned().map(Source::Issuer).collect() } else { keys };
        if keys.len() != issuers.len() {
            return Err(refused(format!(
                "AUTH_JWKS_URI: expected one address for each issuer of AUTH_ISSUER, in the same order, got {} for {}",
                keys.len(),
                issuers.len()
            )));
        }
        let audiences = self.audiences_for(resource)?;
        let provider = if is_discovered { Provider::Oidc } else { Provider::Jwt };
        let of = |(keys, issuer): (Source, &String)| self.signed(provider, keys, issuer, audiences.clone());
        Ok(keys.into_iter().zip(issuers).map(of).collect())
    }

    /// The tokens of one issuer, judged as is set.
    pub(super) fn signed(
        &self,
        provider: Provider,
        keys: Source,
        issuer: &str,
        audiences: Vec<String>,
    ) -> jwt::Options {
        jwt::Options {
            provider: provider.word(),
            algorithms: self.algorithms.clone(),
            types: self.types.clone(),
            leeway: self.leeway,
            longest_life: self.longest_life,
            names: self.names.clone().hold(),
            ..jwt::Options::new(keys, issuer, audiences)
        }
    }

    fn names_of_issuers(&self) -> Result<&[String], Refusal> {
        if self.issuers.is_empty() {
            return Err(refused(
                "AUTH_ISSUER is not set: tokens need the name of their issuer, exactly as they have it in `iss`",
            ));
        }
        Ok(&self.issuers)
    }

    pub(super) fn audiences_for(&self, resource: Option<&str>) -> Result<Vec<String>, Refusal> {
        let resource = || resource.map(str::to_owned).into_iter().collect();
        let audiences = if self.audiences.is_empty() { resource() } else { self.audiences.clone() };
        if audiences.is_empty() {
            return Err(refused(
                "AUTH_AUDIENCE is not set: tokens need the name of this server in `aud`, or those for other servers would do",
            ));
        }
        Ok(audiences)
    }

    /// Where the keys are of issuers that do not say so themselves.
    fn keys(&self) -> Result<Vec<Source>, Refusal> {
        let is_pinned = !self.public_key_file.as_os_str().is_empty();
        match (&*self.jwks_addresses, is_pinned) {
            ([], true) => {
                Ok(vec![text_of("AUTH_PUBLIC_KEY_FILE", &self.public_key_file).map(Source::Pinned)?])
            }
            ([], false) => Err(refused(
                "AUTH_JWKS_URI is not set: `jwt` needs the address of the issuer's keys, or its key in AUTH_PUBLIC_KEY_FILE",
            )),
            (addresses, false) => Ok(addresses.iter().cloned().map(Source::Address).collect()),
            (_, true) => {
                Err(refused("AUTH_JWKS_URI and AUTH_PUBLIC_KEY_FILE are both set: expected one of them"))
            }
        }
    }

    /// The one that is asked.
    fn asked(&self, resource: Option<&str>) -> Result<introspection::Options, Refusal> {
        let set = &self.introspection;
        let missing = |name: &str, why: &str| refused(format!("{name} is not set: {why}"));
        let address = set.address.as_deref().ok_or_else(|| {
            missing(
                "AUTH_INTROSPECTION_URL",
                "`introspection` needs the address at which the issuer is asked about tokens",
            )
        })?;
        let client = "the issuer answers nobody whom it does not know: `introspection` needs the name and the secret of a client";
        let id = set.client_id.as_deref().ok_or_else(|| missing("AUTH_INTROSPECTION_CLIENT_ID", client))?;
        let secret = set.client_secret.clone();
        let secret = secret.ok_or_else(|| missing("AUTH_INTROSPECTION_CLIENT_SECRET", client))?;
        let [issuer] = self.names_of_issuers()? else {
            return Err(refused("AUTH_ISSUER: `introspection` asks one issuer: expected one name"));
        };
        let audiences = self.audiences_for(resource)?;
        Ok(introspection::Options {
            clients: set.clients.clone(),
            leeway: self.leeway,
            memory: set.memory,
            names: self.names.clone().hold(),
            ..introspection::Options::new(address, (id, secret), issuer, audiences)
        })
    }
}
