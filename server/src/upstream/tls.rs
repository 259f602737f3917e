//! Certificates: whom this program trusts besides those whom the machine trusts, and the one by which it shows who it is.

use reqwest::{Certificate, ClientBuilder, Identity};
use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret as _, SecretString};

use super::describe;
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
    /// Gives them to a client, which speaks TLS or does not. What would have no effect is refused.
    pub(super) fn put(
        &self,
        mut builder: ClientBuilder,
        is_secure: bool,
    ) -> Result<ClientBuilder, StartError> {
        let refuse = |line: &str| Err(StartError::new(line));
        if !is_secure {
            if self.authorities.is_some() || self.certificate.is_some() || self.key.is_some() {
                return refuse(
                    "API_CLIENT_CERTIFICATE, API_CLIENT_KEY and API_CA_FILE mean something with https:// only",
                );
            }
            // TLS is never spoken then, so the machine's certificates need not be read.
            return Ok(builder.tls_certs_only([]));
        }
        if let Some(authorities) = &self.authorities {
            let read = Certificate::from_pem_bundle(authorities.as_bytes()).unwrap_or_default();
            if read.is_empty() {
                return refuse("API_CA_FILE: expected certificates in PEM");
            }
            builder = builder.tls_certs_merge(read);
        }
        match (&self.certificate, &self.key) {
            (None, None) => Ok(builder),
            (Some(_), None) => refuse("API_CLIENT_KEY is not set, and API_CLIENT_CERTIFICATE needs its key"),
            (None, Some(_)) => refuse("API_CLIENT_CERTIFICATE is not set, and API_CLIENT_KEY is its key"),
            (Some(certificate), Some(key)) => {
                let (certificate, key) = (certificate.expose_secret(), key.expose_secret());
                let mut both = Zeroizing::new(String::with_capacity(certificate.len() + key.len() + 1));
                both.push_str(certificate);
                both.push('\n');
                both.push_str(key);
                // What is wrong is not told by the parser, which has read the key.
                let identity = Identity::from_pem(both.as_bytes()).map_err(|_| {
                    StartError::new(
                        "API_CLIENT_CERTIFICATE, API_CLIENT_KEY: expected a certificate and its private key in PEM",
                    )
                })?;
                Ok(builder.identity(identity))
            }
        }
    }
}

/// What is wrong with a client that was given certificates. A key that does not belong to its certificate is found out here.
pub(super) fn unusable(error: reqwest::Error) -> StartError {
    StartError::new(format!("the HTTP client for API_BASE_URL cannot be made: {}", describe(error)))
}
