//! The settings of TLS on the listener: rows of the table, and what they are put together to. Half of a pair stops the start.

use std::path::{Path, PathBuf};

use server::http::tls;

use super::Config;
use super::setting::{Setting, setting};
use super::value::Kind;
use crate::refusal::Refusal;

/// The files of the certificate, as set.
#[derive(Default)]
pub(crate) struct Encryption {
    certificate: PathBuf,
    key: PathBuf,
}

impl Encryption {
    /// Whether TLS is spoken.
    pub(crate) fn is_wanted(&self) -> bool {
        is_set(&self.certificate)
    }

    /// How addresses of this server begin.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.is_wanted() { "https" } else { "http" }
    }

    /// What the runtime is given.
    pub(crate) fn settings(&self) -> Result<Option<tls::Settings>, Refusal> {
        let refused = |line: &str| Err(Refusal::configuration(line.to_owned()));
        match (is_set(&self.certificate), is_set(&self.key)) {
            (false, false) => Ok(None),
            (true, false) => refused("TLS_KEY_FILE is not set, and TLS_CERT_FILE needs its key"),
            (false, true) => refused("TLS_CERT_FILE is not set, and TLS_KEY_FILE is its key"),
            (true, true) => {
                Ok(Some(tls::Settings { certificate: self.certificate.clone(), key: self.key.clone() }))
            }
        }
    }
}

fn is_set(path: &Path) -> bool {
    !path.as_os_str().is_empty()
}

/// The rows of the table.
pub(super) fn rows() -> [Setting; 2] {
    [
        setting(
            "listen.tls_certificate_file",
            &["TLS_CERT_FILE"],
            Kind::File(|config: &mut Config| &mut config.tls.certificate),
            "The certificate by which this server shows who it is, in PEM, with those that lead to its authority: with it the server speaks https only. It is read again within a second of a change, and connections go on.",
        )
        .read_again(),
        setting(
            "listen.tls_key_file",
            &["TLS_KEY_FILE"],
            Kind::File(|config| &mut config.tls.key),
            "The private key of that certificate, in PEM, which nobody but its owner may read.",
        )
        .read_again(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_a_pair_stops_the_start_and_names_the_other_half() {
        let settings = |certificate: &str, key: &str| {
            let encryption = Encryption { certificate: certificate.into(), key: key.into() };
            encryption.settings().map_err(|refusal| (refusal.code, refusal.to_string()))
        };
        assert_eq!(settings("", ""), Ok(None));
        assert!(settings("a", "b").is_ok_and(|settings| settings.is_some()));
        for (outcome, beginning) in
            [(settings("a", ""), "TLS_KEY_FILE is not set"), (settings("", "b"), "TLS_CERT_FILE is not set")]
        {
            let (code, line) = outcome.expect_err(beginning);
            assert!(code == 78 && line.starts_with(beginning), "{line}");
        }
    }
}
