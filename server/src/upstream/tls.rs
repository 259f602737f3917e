//! Certificates: whom this program trusts besides those whom the machine trusts, and the one by which it shows who it is.

use std::sync::Arc;

use rustls_platform_verifier::Verifier;
use secrecy::{ExposeSecret as _, SecretString};
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, ClientConfig, RootCertStore};

use crate::start_error::StartError;

/// Certificates for connections to the API, in PEM.
#[derive(Clone, Debug, Default)]
pub struct Certificates {
    /// Authorities that are trusted besides the machine's own.
    pub authorities: Option<String>,
    /// The certificate by which this program shows who it is, with those that lead to its authority.
    pub certificate: Option<SecretString>,
    /// The key of that certificate.
    pub key: Option<SecretString>,
}

impl Certificates {
    /// How TLS is spoken to an API that speaks it, or not. What would have no effect is refused.
    pub(super) fn config(&self, is_secure: bool) -> Result<ClientConfig, StartError> {
        let provider = Arc::new(default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("the provider has what both versions of TLS need");
        if !is_secure {
            if self.authorities.is_some() || self.certificate.is_some() || self.key.is_some() {
                return refused(
                    "API_CLIENT_CERTIFICATE, API_CLIENT_KEY and API_CA_FILE mean something with https:// only",
                );
            }
            // TLS is never spoken then, so the machine's certificates need not be read.
            return Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth());
        }
        let authorities = self.authorities()?;
        let verifier = if authorities.is_empty() {
            Verifier::new(provider)
        } else {
            Verifier::new_with_extra_roots(authorities, provider)
        };
        let verifier = Arc::new(verifier.map_err(|error| unusable(&error))?);
        let builder = builder.dangerous().with_custom_certificate_verifier(verifier);
        match self.own()? {
            None => Ok(builder.with_no_client_auth()),
            // A key that does not belong to its certificate is found out here.
            Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| unusable(&error)),
        }
    }

    fn authorities(&self) -> Result<Vec<CertificateDer<'static>>, StartError> {
        let Some(text) = &self.authorities else { return Ok(Vec::new()) };
        match certificates(text) {
            Some(authorities) => Ok(authorities),
            None => refused("API_CA_FILE: expected certificates in PEM"),
        }
    }

    /// The certificate of this program and its key.
    fn own(&self) -> Result<Option<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)>, StartError> {
        match (&self.certificate, &self.key) {
            (None, None) => Ok(None),
            (Some(_), None) => refused("API_CLIENT_KEY is not set, and API_CLIENT_CERTIFICATE needs its key"),
            (None, Some(_)) => refused("API_CLIENT_CERTIFICATE is not set, and API_CLIENT_KEY is its key"),
            (Some(certificate), Some(key)) => {
                let chain = certificates(certificate.expose_secret());
                // What is wrong is not told by the parser, which has read the key.
                let text = key.expose_secret();
                let key = PrivateKeyDer::from_pem_slice(text.as_bytes()).ok();
                // What leads to the authority may stand with the key.
                let more = certificates(text).unwrap_or_default();
                let chain = chain.map(|own| own.into_iter().chain(more).collect());
                match chain.zip(key) {
                    Some(own) => Ok(Some(own)),
                    None => refused(
                        "API_CLIENT_CERTIFICATE, API_CLIENT_KEY: expected a certificate and its private key in PEM",
                    ),
                }
            }
        }
    }
}

/// The certificates of this text, if it is some.
fn certificates(text: &str) -> Option<Vec<CertificateDer<'static>>> {
    let read: Vec<_> = CertificateDer::pem_slice_iter(text.as_bytes()).collect::<Result<_, _>>().ok()?;
    (!read.is_empty()).then_some(read)
}

fn refused<T>(line: &str) -> Result<T, StartError> {
    Err(StartError::new(line))
}

fn unusable(error: &rustls::Error) -> StartError {
    StartError::new(format!("the HTTP client for API_BASE_URL cannot be made: {error}"))
}

#[cfg(test)]
mod tests {
    use rcgen::generate_simple_self_signed;
    use tokio_rustls::rustls::SignatureScheme;

    use super::*;

    #[test]
    fn what_leads_to_the_authority_may_stand_with_either() {
        let one = |name: &str| generate_simple_self_signed([name.to_owned()]).expect("a certificate");
        let (own, between) = (one("mcp"), one("between"));
        let (certificate, key) = (own.cert.pem(), own.signing_key.serialize_pem());
        for (certificate, key) in [
            (format!("{certificate}{}", between.cert.pem()), key.clone()),
            (certificate.clone(), format!("{key}{}", between.cert.pem())),
        ] {
            let (certificate, key) = (Some(certificate.into()), Some(key.into()));
            let config = Certificates { authorities: None, certificate, key }.config(true).expect("both");
            let schemes = [SignatureScheme::ECDSA_NISTP256_SHA256];
            let shown = config.client_auth_cert_resolver.resolve(&[], &schemes).expect("it is shown");
            assert_eq!(shown.cert, [own.cert.der().clone(), between.cert.der().clone()]);
        }
    }
}
