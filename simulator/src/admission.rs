//! Who may call: the bare token in `Authorization`, or the three headers of the certificate mode.

use http::{HeaderMap, StatusCode, header};

use crate::answer::Refusal;

/// The headers that stand for a client certificate.
const CERTIFICATE: [&str; 3] = ["cpwr_hci_host", "cpwr_hci_port", "javax.servlet.request.x509certificate"];

/// Refuses a request that brings neither the accepted token, alone and bare, nor a certificate.
pub(crate) fn admit(headers: &HeaderMap, token: &str) -> Result<(), Refusal> {
    let mut sent = headers.get_all(header::AUTHORIZATION).iter();
    match (sent.next(), sent.next()) {
        (None, _) if has_certificate(headers) => Ok(()),
        (None, _) => Err(unauthorized("no personal access token came   with the request")),
        (Some(sent), None) if sent.as_bytes() == token.as_bytes() => Ok(()),
        _ => Err(unauthorized("the personal access token   is not accepted")),
    }
}

fn has_certificate(headers: &HeaderMap) -> bool {
    let present =
        |name: &str| headers.get(name).is_some_and(|value| !value.as_bytes().trim_ascii().is_empty());
    CERTIFICATE.iter().all(|name| present(name))
        && headers["cpwr_hci_port"].to_str().is_ok_and(|port| port.trim().parse::<u16>().is_ok())
}

fn unauthorized(reason: &str) -> Refusal {
    Refusal { status: StatusCode::UNAUTHORIZED, message: format!("Unauthorized: {reason}.") }
}
