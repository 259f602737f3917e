//! What the authorization server says of itself (RFC 8414).

use serde_json::{Value, json};

use super::endpoints::{AUTHORIZE, REGISTER, REVOKE, TOKEN};
use super::{Documents, Facade};

impl Facade {
    /// The metadata as JSON.
    pub(super) fn metadata(&self) -> Value {
        let at = |path: &str| format!("{}{path}", self.issuer);
        let mut metadata = json!({
            "issuer": self.issuer,
            "authorization_endpoint": at(AUTHORIZE),
            "token_endpoint": at(TOKEN),
            "revocation_endpoint": at(REVOKE),
        });
        if self.options.registers {
            metadata["registration_endpoint"] = at(REGISTER).into();
        }
        if !self.offer.all.is_empty() {
            metadata["scopes_supported"] = json!(self.offer.all);
        }
        let rest = json!({
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            // Programs on people's machines keep no secret; what proves that they asked is the challenge.
            "token_endpoint_auth_methods_supported": ["none"],
            "revocation_endpoint_auth_methods_supported": ["none"],
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": true,
            "client_id_metadata_document_supported": self.options.documents != Documents::Off,
        });
        let (Value::Object(metadata), Value::Object(rest)) = (&mut metadata, rest) else {
            unreachable!("both are objects");
        };
        metadata.extend(rest);
        json!(metadata)
    }
}
