//! Signatures on the journal: a checkpoint signs (Ed25519, RFC 8032) the hash of the record before it and with it every record
//! before that one, so that whoever has the public key finds a journal that was written anew, as long as the private key was
//! out of reach of whoever did that.

use std::fmt;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::chain::Link;
use crate::private_file::others_may_read;
use crate::start_error::StartError;

/// What a signature begins with, so that one of another kind is none of these.
const DOMAIN: &str = "journal checkpoint 1";
/// What stands before the 32 bytes of a public key (RFC 8410).
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// The largest file that may be a key.
const LARGEST: u64 = 16 * 1024;

/// The key that signs. Its debug form does not show it.
pub struct SigningKey(Ed25519KeyPair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SigningKey")
    }
}

impl SigningKey {
    /// Makes a key and writes it to a new file that only its owner can read, as PEM (PKCS #8).
    pub fn make(path: &Path) -> Result<Self, StartError> {
        let failed = |error: io::Error| cannot(path, &format!("be written: {error}"));
        let key = Ed25519KeyPair::generate().map_err(|_| cannot(path, "be made: no random numbers"))?;
        let document = key.to_pkcs8v1().map_err(|_| cannot(path, "be made"))?;
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(path).map_err(failed)?;
        file.write_all(pem("PRIVATE KEY", document.as_ref()).as_bytes()).map_err(failed)?;
        file.sync_all().map_err(failed)?;
        Ok(Self(key))
    }

    /// Reads a key, PEM (PKCS #8), from a file that nobody but its owner can read.
    pub fn read(path: &Path) -> Result<Self, StartError> {
        refuse_open(path)?;
        let document = read_pem(path, "PRIVATE KEY")?;
        let key = Ed25519KeyPair::from_pkcs8(&document);
        key.map(Self).map_err(|_| cannot(path, "be used: expected a private key of Ed25519"))
    }

    /// The public key as PEM, for whoever verifies.
    pub fn public_pem(&self) -> String {
        pem("PUBLIC KEY", &[&SPKI[..], self.0.public_key().as_ref()].concat())
    }

    /// Signs everything up to a link.
    pub(super) fn sign(&self, epoch: &str, link: &Link) -> String {
        STANDARD.encode(self.0.sign(&signed(epoch, link)))
    }
}

/// The key that verifies.
#[derive(Clone, Debug)]
pub struct PublicKey(Vec<u8>);

impl PublicKey {
    /// Reads a key, PEM, as [`SigningKey::public_pem`] gives it.
    pub fn read(path: &Path) -> Result<Self, StartError> {
        let document = read_pem(path, "PUBLIC KEY")?;
        match document.strip_prefix(&SPKI) {
            Some(key) if key.len() == 32 => Ok(Self(key.to_owned())),
            _ => Err(cannot(path, "be used: expected a public key of Ed25519")),
        }
    }

    /// Whether a signature is one of everything up to the link.
    pub(super) fn accepts(&self, signature: &str, epoch: &str, link: &Link) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, &self.0);
        let is_signed = |bytes: Vec<u8>| key.verify(&signed(epoch, link), &bytes).is_ok();
        STANDARD.decode(signature).is_ok_and(is_signed)
    }
}

fn signed(epoch: &str, link: &Link) -> Vec<u8> {
    format!("{DOMAIN}\n{epoch}\n{}\n{}\n", link.sequence, link.hash).into_bytes()
}

fn pem(label: &str, document: &[u8]) -> String {
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", STANDARD.encode(document))
}

fn read_pem(path: &Path, label: &str) -> Result<Vec<u8>, StartError> {
    let length = fs::metadata(path).map_err(|error| cannot(path, &format!("be read: {error}")))?.len();
    if length > LARGEST {
        return Err(cannot(path, "be used: it is too large for a key"));
    }
    let text = fs::read_to_string(path).map_err(|error| cannot(path, &format!("be read: {error}")))?;
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let inner = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end)).map(|(inner, _)| inner);
    let digits: Option<String> = inner.map(|inner| inner.split_whitespace().collect());
    digits
        .and_then(|digits| STANDARD.decode(digits).ok())
        .ok_or_else(|| cannot(path, &format!("be used: expected PEM between `{begin}` and `{end}`")))
}

/// Refuses a private key that others can read, who could sign what they please.
fn refuse_open(path: &Path) -> Result<(), StartError> {
    let known = fs::metadata(path).map_err(|error| cannot(path, &format!("be read: {error}")))?;
    if others_may_read(&known) {
        return Err(cannot(path, "be used: others than its owner may read it; run chmod 600 on it"));
    }
    Ok(())
}

fn cannot(path: &Path, what: &str) -> StartError {
    StartError::new(format!("the key {} cannot {what}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scratch(name: &str) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("signature-{name}-{}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    fn link(sequence: u64) -> Link {
        Link { sequence, ..Link::default() }
    }

    #[test]
    fn t_54_a_signature_is_for_its_epoch_its_record_and_its_key() {
        let (path, public) = (scratch("key"), scratch("public"));
        let made = SigningKey::make(&path).unwrap();
        fs::write(&public, made.public_pem()).unwrap();
        let (read, key) = (SigningKey::read(&path).unwrap(), PublicKey::read(&public).unwrap());
        let signature = read.sign("e", &link(7));
        assert!(key.accepts(&signature, "e", &link(7)));
        assert!(!key.accepts(&signature, "f", &link(7)));
        assert!(!key.accepts(&signature, "e", &link(8)));
        assert!(!key.accepts(&signature, "e", &Link { hash: "1".repeat(64), ..link(7) }));
        assert!(!key.accepts("", "e", &link(7)) && !key.accepts("?", "e", &link(7)));
        assert!(SigningKey::make(&path).is_err(), "a key is never written over");
        let other = scratch("other");
        let signature = SigningKey::make(&other).unwrap().sign("e", &link(7));
        assert!(!key.accepts(&signature, "e", &link(7)), "another key");
        assert!(PublicKey::read(&path).is_err() && SigningKey::read(&public).is_err());
        for path in [path, public, other] {
            fs::remove_file(path).unwrap();
        }
    }

    #[cfg(unix)]
    #[test]
    fn t_54_a_private_key_that_others_can_read_is_refused() {
        use std::os::unix::fs::PermissionsExt as _;
        let path = scratch("open");
        SigningKey::make(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = SigningKey::read(&path).unwrap_err().to_string();
        assert!(refused.contains("chmod 600"), "{refused}");
        fs::remove_file(path).unwrap();
    }
}
