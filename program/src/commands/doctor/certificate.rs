//! Certificates: for how long they are good, and whether clients can make anything of them.

use std::time::{Duration, SystemTime};

use server::certificates::{Validity, in_pem, lead_on};
use server::http::tls;

use super::finding::Finding;

const CHECK: &str = "certificate";
const DAY: Duration = Duration::from_secs(86_400);
/// What is good for less is to be renewed now.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// The one by which this server shows who it is.
pub(super) fn own(settings: Option<&tls::Settings>, resource: Option<&str>) -> Vec<Finding> {
    let Some(settings) = settings else {
        return vec![Finding::not_configured(CHECK, "this server speaks http (TLS_CERT_FILE)")];
    };
    let chain = match settings.examine() {
        Ok(chain) => chain,
        Err(error) => {
            return vec![Finding::failed(
                CHECK,
                error.to_string(),
                "docs/tls.md says how both files are made",
            )];
        }
    };
    let validity = Validity::of_all(chain.iter().map(Vec::as_slice));
    let what = format!("the certificate in TLS_CERT_FILE{}", others(chain.len()));
    let mut findings = vec![judge(
        CHECK,
        &what,
        validity,
        SystemTime::now(),
        "renew it; a running server reads it again by itself",
    )];
    if !lead_on(&chain) {
        findings.push(Finding::warning(
            CHECK,
            "the certificates after the first do not lead from it to its authority",
            "put those of its issuers behind it in TLS_CERT_FILE, each after the one that it issued",
        ));
    }
    if resource.is_some_and(|resource| resource.starts_with("http://")) {
        findings.push(Finding::warning(
            CHECK,
            "MCP_RESOURCE_URL begins with http://, and this server speaks https",
            "let it begin with https://",
        ));
    }
    findings
}

fn others(count: usize) -> String {
    if count > 1 { format!(" with the {} that follow it", count - 1) } else { String::new() }
}

/// Those of a text in PEM that a setting brought; nothing where there are none, which the settings refuse.
pub(super) fn brought(check: &'static str, setting: &str, text: &str) -> Option<Finding> {
    let all = in_pem(text);
    let validity = Validity::of_all(all.iter().map(Vec::as_slice));
    (!all.is_empty()).then(|| {
        judge(check, &format!("what {setting} brings"), validity, SystemTime::now(), "bring another one")
    })
}

/// How something is that is good from one time to another.
pub(super) fn judge(
    check: &'static str,
    what: &str,
    validity: Option<Validity>,
    now: SystemTime,
    advice: &str,
) -> Finding {
    let Some(Validity { from, until }) = validity else {
        return Finding::warning(check, format!("{what} does not say for how long it is good"), advice);
    };
    let day = |time| humantime::format_rfc3339_seconds(time).to_string().chars().take(10).collect::<String>();
    let days = |time: Duration| time.as_secs() / DAY.as_secs();
    match (from.duration_since(now), until.duration_since(now)) {
        (Ok(wait), _) if !wait.is_zero() => {
            let found = format!("{what} is good from {} on, and not yet", day(from));
            Finding::failed(check, found, format!("{advice}, or set the clock of this machine"))
        }
        (_, Err(past)) => {
            let found = format!("{what} expired on {}, {} days ago", day(until), days(past.duration()));
            Finding::failed(check, found, advice)
        }
        (_, Ok(left)) if left < SOON => Finding::warning(
            check,
            format!("{what} expires on {}, in {} days", day(until), days(left)),
            advice,
        ),
        (_, Ok(left)) => {
            Finding::fine(check, format!("{what} is good until {}, for {} days", day(until), days(left)))
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::commands::doctor::finding::State;

    #[test]
    fn a_certificate_is_judged_by_the_days_that_are_left() {
        let day = |days: u64| UNIX_EPOCH + Duration::from_secs(days * 86_400);
        let validity = Some(Validity { from: day(100), until: day(200) });
        let second = Duration::from_secs(1);
        for (now, expected) in [
            (day(100) - second, State::Failed),
            (day(100), State::Fine),
            (day(186), State::Fine),
            (day(186) + second, State::Warning),
            (day(200), State::Warning),
            (day(200) + second, State::Failed),
        ] {
            assert_eq!(judge(CHECK, "it", validity, now, "renew it").state, expected, "{now:?}");
        }
        let told = judge(CHECK, "it", validity, day(210), "renew it").found;
        assert_eq!(told, "it expired on 1970-07-20, 10 days ago");
        assert_eq!(judge(CHECK, "it", None, day(0), "renew it").state, State::Warning);
    }
}
