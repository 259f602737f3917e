//! Security schemes, and which of them an operation needs.

use serde_json::{Value, json};

use super::Reader;
use crate::ir::{Location, Requirement, SecurityKind, SecurityScheme};
use crate::problems::Problems;
use crate::resolve;
use crate::shape::{self, Field, Form, Need};
use crate::store::At;
use crate::version::Version;

const SCHEME: &[Field] = &[
    Field("type", Form::Text, Need::Required),
    Field("description", Form::Text, Need::Optional),
    Field("name", Form::Text, Need::Optional),
    Field("in", Form::Text, Need::Optional),
    Field("scheme", Form::Text, Need::Optional),
    Field("bearerFormat", Form::Text, Need::Optional),
    Field("flows", Form::Object, Need::Optional),
    Field("openIdConnectUrl", Form::Text, Need::Optional),
    Field("oauth2MetadataUrl", Form::Text, Need::Since(Version::V3_2)),
    Field("deprecated", Form::Flag, Need::Since(Version::V3_2)),
];

impl<'a> Reader<'a> {
    /// Reads the schemes of the components.
    pub(super) fn read_security_schemes(&mut self, at: &At<'a>) {
        for (name, member) in at.members() {
            if member.version() == Version::V2_0 {
                let scheme = self.swagger_security_scheme(&member);
                self.security_schemes.extend(scheme.map(|scheme| (name.to_owned(), scheme)));
            } else if self.is_certificate(&member) {
                self.certificates.insert(name.to_owned());
            } else if let Some(scheme) = self.security_scheme(&member) {
                self.security_schemes.insert(name.to_owned(), scheme);
            }
        }
    }

    /// Whether a scheme is the client's certificate: then no request carries anything for it.
    fn is_certificate(&mut self, at: &At<'a>) -> bool {
        if at.version() < Version::V3_1 {
            return false;
        }
        let mut quiet = Problems::default();
        let Some(at) = resolve::follow(at, &mut quiet) else { return false };
        let is_certificate = at.member("type").is_some_and(|kind| kind.value == "mutualTLS");
        if is_certificate {
            let message =
                "the credential is the client certificate of the connection: requests carry nothing for it";
            self.problems.note("client-certificate", at.place(), message);
            shape::check(&at, SCHEME, &mut self.problems);
        }
        is_certificate
    }

    fn security_scheme(&mut self, at: &At<'a>) -> Option<SecurityScheme> {
        use openapiv3::{APIKeyLocation, SecurityScheme as Read};
        let at = resolve::follow(at, &mut self.problems)?;
        let mut sound = shape::check(&at, SCHEME, &mut self.problems);
        if let Some(flows) = at.member("flows").filter(|flows| flows.value.is_object()) {
            // How a token is got is not for callers to know; only that there is a flow.
            sound.insert("flows".into(), flows.value.clone());
        }
        sound.get("type")?;
        let known = ["apiKey", "http", "oauth2", "openIdConnect"];
        let kind = sound.get("type").and_then(Value::as_str).unwrap_or_default();
        if !known.contains(&kind) {
            let message = format!("the security type {kind:?} is unknown: {} are accepted", known.join(", "));
            self.problems.error("security-scheme", at.place(), message);
            return None;
        }
        if kind == "oauth2" {
            sound.insert("flows".into(), json!({}));
        }
        let (description, kind) = match self.typed::<Read>(sound, &at)? {
            Read::APIKey { location, name, description, .. } => {
                let location = match location {
                    APIKeyLocation::Query => Location::Query,
                    APIKeyLocation::Header => Location::Header,
                    APIKeyLocation::Cookie => Location::Cookie,
                };
                (description, SecurityKind::ApiKey { location, name })
            }
            Read::HTTP { scheme, description, .. } => {
                (description, SecurityKind::Http { scheme: scheme.to_ascii_lowercase() })
            }
            Read::OAuth2 { description, .. } | Read::OpenIDConnect { description, .. } => {
                (description, SecurityKind::Token)
            }
        };
        Some(SecurityScheme { at: at.place(), description: description.unwrap_or_default(), kind })
    }

    /// What an operation needs: its own list, else the document's.
    pub(super) fn security(&mut self, at: &At<'a>) -> Vec<Vec<Requirement>> {
        let Some(list) = at.member("security").or_else(|| self.root.member("security")) else {
            return Vec::new();
        };
        let items: Vec<At<'a>> = list.items().collect();
        // An empty list is a statement: nothing is needed.
        if items.is_empty() && list.value.is_array() {
            return vec![Vec::new()];
        }
        items.iter().filter_map(|item| self.alternative(item)).collect()
    }

    fn alternative(&mut self, at: &At<'a>) -> Option<Vec<Requirement>> {
        if !at.value.is_object() {
            shape::wrong_form(at, Form::Object, &mut self.problems);
            return None;
        }
        let mut requirements = Vec::new();
        for (name, scopes) in
            at.members().filter(|(name, _)| !self.certificates.contains(*name)).collect::<Vec<_>>()
        {
            if !self.security_schemes.contains_key(name) {
                let near = crate::words::suggestion(name, self.security_schemes.keys().map(String::as_str));
                let message = format!("the security scheme `{name}` is not declared or not usable{near}");
                self.problems.error("unknown-security-scheme", scopes.place(), message);
                return None;
            }
            if !Form::Texts.fits(scopes.value) {
                shape::wrong_form(&scopes, Form::Texts, &mut self.problems);
            }
            let scopes = scopes.items().filter_map(|scope| scope.value.as_str().map(str::to_owned)).collect();
            requirements.push(Requirement { scheme: name.to_owned(), scopes });
        }
        Some(requirements)
    }
}
