//! The header of a token: how it says that it is signed. Whoever makes a token writes it, so it only chooses among what is
//! allowed. Keys, addresses of keys and certificates in it are not even read.

use serde::Deserialize;
use serde_json::Value;

use super::Options;
use crate::identity::Denied;
use crate::identity::keys::Algorithm;

/// What is read of a header; each member at most once.
#[derive(Deserialize)]
struct Written {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    /// What must be understood besides; nothing is.
    crit: Option<Value>,
}

/// A header that is taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) algorithm: Algorithm,
    /// The key that it says to be signed with.
    pub(super) kid: Option<String>,
}

/// The longest name of a key in bytes.
const LONGEST_KID: usize = 256;

impl Head {
    pub(super) fn read(bytes: &[u8], options: &Options) -> Result<Self, Denied> {
        let Ok(Written { alg, kid, typ, crit }) = serde_json::from_slice(bytes) else {
            return Err(Denied::Invalid("not_a_token"));
        };
        let allowed =
            |algorithm: &Algorithm| options.algorithms.is_empty() || options.algorithms.contains(algorithm);
        let algorithm = Algorithm::named(&alg).filter(allowed).ok_or(Denied::Invalid("algorithm"))?;
        if crit.is_some() {
            return Err(Denied::Invalid("critical_header"));
        }
        // "application/" may be left out (RFC 7515, section 4.1.9).
        let typ = typ.unwrap_or_else(|| "JWT".to_owned()).to_ascii_lowercase();
        let typ = typ.strip_prefix("application/").unwrap_or(&typ);
        if !options.types.iter().any(|allowed| allowed.eq_ignore_ascii_case(typ)) {
            return Err(Denied::Invalid("token_type"));
        }
        if kid.as_ref().is_some_and(|kid| kid.len() > LONGEST_KID) {
            return Err(Denied::Invalid("unknown_key"));
        }
        Ok(Self { algorithm, kid })
    }
}
