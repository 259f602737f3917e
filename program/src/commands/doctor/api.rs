//! The API: whether it answers, over TLS where that is spoken, and what it shows of itself.

use std::time::SystemTime;

use server::catalog::Api;
use server::certificates::Validity;
use server::upstream::{Options, Sign, Upstream};

use super::certificate;
use super::clock::Clock;
use super::finding::Finding;
use super::running::Checked;

const CHECK: &str = "api";

/// Asks for a sign of life.
pub(super) async fn look(api: &'static Api, options: Options) -> Checked {
    let upstream = match Upstream::new(api, options) {
        Ok(upstream) => upstream,
        Err(error) => {
            return vec![Finding::failed(CHECK, error.to_string(), "mend that setting")].into();
        }
    };
    let address = upstream.address();
    match upstream.sign().await {
        Ok(sign) => {
            let mut findings = vec![told(&address, sign.status)];
            findings.extend(shown(&sign));
            Checked { findings, clocks: Clock::of("the API", sign.date).into_iter().collect() }
        }
        Err(cause) => {
            let found = format!("{address} cannot be reached: {cause}");
            vec![Finding::failed(CHECK, found, advice(&cause))].into()
        }
    }
}

fn told(address: &str, status: u16) -> Finding {
    match status {
        300..400 => Finding::warning(
            CHECK,
            format!("{address} answers {status}, which leads to another address, and none is followed"),
            "set API_BASE_URL to where it leads, such as https:// in place of http://",
        ),
        500.. => Finding::warning(
            CHECK,
            format!("{address} answers {status}"),
            "look at the API, or at what stands before it",
        ),
        _ => Finding::fine(CHECK, format!("{address} answers")),
    }
}

fn shown(sign: &Sign) -> Option<Finding> {
    let validity = Validity::of(sign.certificate.as_deref()?);
    let advice = "have whoever runs the API renew it";
    Some(certificate::judge(
        "api certificate",
        "the certificate of the API",
        validity,
        SystemTime::now(),
        advice,
    ))
}

/// What to do about an API that cannot be reached, by what its name says: the cause is the words of libraries.
fn advice(cause: &str) -> &'static str {
    let known = [
        ("UnknownIssuer", "name its authority, in PEM, in API_CA_FILE"),
        ("expired", "have whoever runs the API renew its certificate"),
        ("not valid for name", "use the name in API_BASE_URL that the certificate has"),
        ("NotValidForName", "use the name in API_BASE_URL that the certificate has"),
        ("InvalidContentType", "nobody speaks TLS there: try http:// in API_BASE_URL, or the port for https"),
        ("dns error", "look at the host's name in API_BASE_URL, and at this machine's resolver"),
        (
            "Connection refused",
            "nobody listens there: look at the port in API_BASE_URL, and whether the API runs",
        ),
        ("timed out", "look for a firewall on the way, and at API_BASE_URL"),
    ];
    let found = known.iter().find(|(word, _)| cause.to_lowercase().contains(&word.to_lowercase()));
    found.map_or("look at API_BASE_URL, and at the network between", |(_, advice)| advice)
}
