//! TLS on the listener: the certificate by which this server shows who it is, read again when its files change.
//!
//! Whoever is connected goes on with what was agreed then; whoever comes next is shown the new one. Files that cannot be used
//! leave what was read before in force.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::Duration;

use secrecy::zeroize::Zeroizing;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{self, InconsistentKeys, ServerConfig};

use crate::private_file::{Stamp, others_may_read};
use crate::start_error::StartError;

/// What is spoken inside, best first, by the names that RFC 7301 gives them.
const PROTOCOLS: [&[u8]; 2] = [b"h2", b"http/1.1"];
/// No certificate with all that lead to its authority is larger, and no key, in bytes.
const LARGEST: u64 = 256 * 1024;
/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(1);

/// The files of a certificate, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The certificate, with those that lead to its authority.
    pub certificate: PathBuf,
    /// Its private key, which nobody but its owner may read.
    pub key: PathBuf,
}

impl Settings {
    /// Reads both files as a server does when it starts, and gives the certificates that it would show, in DER.
    pub fn examine(&self) -> Result<Vec<Vec<u8>>, StartError> {
        self.read()?;
        Ok(self.chain()?.iter().map(|certificate| certificate.as_ref().to_vec()).collect())
    }

    /// Reads both files and puts them together.
    fn read(&self) -> Result<ServerConfig, StartError> {
        let key = self.private_key()?;
        let chain = self.chain()?;
        let builder = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .expect("the provider has what both versions of TLS need");
        let mut config = builder
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(|error| self.unusable(&error))?;
        config.alpn_protocols = PROTOCOLS.map(<[u8]>::to_vec).into();
        Ok(config)
    }

    fn chain(&self) -> Result<Vec<CertificateDer<'static>>, StartError> {
        let path = &self.certificate;
        let text = bytes_of("TLS_CERT_FILE", path)?;
        let chain: Vec<_> =
            CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().unwrap_or_default();
        if chain.is_empty() {
            return Err(cannot(
                "TLS_CERT_FILE",
                path,
                "be used: expected certificates in PEM, the server's own first",
            ));
        }
        Ok(chain)
    }

    fn private_key(&self) -> Result<PrivateKeyDer<'static>, StartError> {
        let path = &self.key;
        let known =
            fs::metadata(path).map_err(|error| cannot("TLS_KEY_FILE", path, &format!("be read: {error}")))?;
        if others_may_read(&known) {
            return Err(cannot("TLS_KEY_FILE", path, "be used: others may read it; its mode must be 0600"));
        }
        let text = bytes_of("TLS_KEY_FILE", path)?;
        // What is wrong is not told by the parser, which has read the key.
        PrivateKeyDer::from_pem_slice(&text).map_err(|_| {
            cannot("TLS_KEY_FILE", path, "be used: expected a private key in PEM that is not encrypted")
        })
    }

    /// What is wrong with files that could be read.
    fn unusable(&self, error: &rustls::Error) -> StartError {
        match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                let other = self.certificate.display();
                let what =
                    format!("be used: it is not the key of the first certificate in {other} (TLS_CERT_FILE)");
                cannot("TLS_KEY_FILE", &self.key, &what)
            }
            rustls::Error::InvalidCertificate(_) => {
                cannot("TLS_CERT_FILE", &self.certificate, &format!("be used: {error}"))
            }
            _ => cannot("TLS_KEY_FILE", &self.key, "be used: expected a key of RSA, ECDSA or Ed25519"),
        }
    }

    fn stamps(&self) -> [Stamp; 2] {
        [Stamp::of(&self.certificate), Stamp::of(&self.key)]
    }
}

/// The certificate that is shown now.
pub(crate) struct Certificate {
    settings: Settings,
    /// How the files were when they were read last.
    seen: Mutex<[Stamp; 2]>,
    shown: RwLock<Arc<ServerConfig>>,
}

impl Certificate {
    /// Reads the certificate of these files.
    pub(crate) fn read(settings: Settings) -> Result<Self, StartError> {
        // Taken before the files are read, so that a change meanwhile is one.
        let seen = Mutex::new(settings.stamps());
        let shown = RwLock::new(Arc::new(settings.read()?));
        Ok(Self { settings, seen, shown })
    }

    /// What agrees on TLS with whoever comes next.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        TlsAcceptor::from(Arc::clone(&self.shown.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// Reads the files again if they changed, or `always`, and says in the log what came of it.
    pub(crate) fn look(&self, always: bool) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let stamps = self.settings.stamps();
        if !always && *seen == stamps {
            return;
        }
        *seen = stamps;
        match self.settings.read() {
            Ok(config) => {
                *self.shown.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
                tracing::info!("the certificate was read again");
            }
            Err(error) => {
                tracing::error!(%error, "the certificate cannot be read again; the one from before is still shown");
            }
        }
    }

    /// Looks every second whether the files changed; ends never.
    pub(crate) async fn watch(self: &Arc<Self>) {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            let certificate = Arc::clone(self);
            // A panic there is told by whoever panics, and leaves the certificate as it was.
            let _ = tokio::task::spawn_blocking(move || certificate.look(false)).await;
        }
    }
}

/// Keys are not for printing.
impl fmt::Debug for Certificate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.settings.fmt(out)
    }
}

/// What a file holds, wiped when it has been read.
fn bytes_of(setting: &str, path: &Path) -> Result<Zeroizing<Vec<u8>>, StartError> {
    let unreadable = |error: io::Error| cannot(setting, path, &format!("be read: {error}"));
    let mut bytes = Zeroizing::new(Vec::new());
    // Bounded while it is read: a device or a pipe has no size to look at before.
    let file = File::open(path).map_err(unreadable)?;
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err(cannot(setting, path, &format!("be used: it has more than {LARGEST} bytes")));
    }
    Ok(bytes)
}

fn cannot(setting: &str, path: &Path, what: &str) -> StartError {
    StartError::new(format!("{setting}: {} cannot {what}", path.display()))
}
