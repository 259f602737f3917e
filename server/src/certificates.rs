//! What certificates say of themselves: for how long they are good, and whether one leads to the next. The library that is there
//! for TLS reads them, so that a certificate is here what it is to a client.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio_rustls::rustls::client::verify_server_cert_signed_by_trust_anchor;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{CertificateError, Error, RootCertStore};

/// From when to when a certificate is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// Its first moment.
    pub from: SystemTime,
    /// Its last.
    pub until: SystemTime,
}

impl Validity {
    /// Of a certificate in DER; nothing where it is none.
    pub fn of(certificate: &[u8]) -> Option<Self> {
        let certificate = CertificateDer::from(certificate);
        // Nobody but the certificate says its times, and the library tells them to whoever comes too early or too late.
        let early = refused(&certificate, Duration::ZERO)?;
        let late = refused(&certificate, Duration::from_secs(u64::MAX))?;
        let until = match late {
            CertificateError::ExpiredContext { not_after, .. } => moment(not_after),
            _ => return None,
        };
        let from = match early {
            CertificateError::NotValidYetContext { not_before, .. } => moment(not_before),
            // It was good when time began.
            _ => UNIX_EPOCH,
        };
        Some(Self { from, until })
    }

    /// What certificates have in common that are shown together: the time in which all of them are good.
    pub fn of_all<'c>(certificates: impl IntoIterator<Item = &'c [u8]>) -> Option<Self> {
        let all: Option<Vec<Self>> = certificates.into_iter().map(Self::of).collect();
        all?.into_iter()
            .reduce(|one, other| Self { from: one.from.max(other.from), until: one.until.min(other.until) })
    }
}

/// The certificates in a text in PEM, in DER; other things in it are passed over.
pub fn in_pem(text: &str) -> Vec<Vec<u8>> {
    CertificateDer::pem_slice_iter(text.as_bytes())
        .filter_map(Result::ok)
        .map(|certificate| certificate.as_ref().to_vec())
        .collect()
}

/// Whether the first of these was issued by the last of them, by way of those between. One alone leads nowhere, and need not.
pub fn lead_on(chain: &[Vec<u8>]) -> bool {
    let [first, others @ ..] = chain else { return false };
    let Some((last, between)) = others.split_last() else { return true };
    let mut roots = RootCertStore::empty();
    if roots.add(CertificateDer::from(last.as_slice())).is_err() {
        return false;
    }
    let between: Vec<CertificateDer<'_>> =
        between.iter().map(|one| CertificateDer::from(one.as_slice())).collect();
    let Some(validity) = Validity::of_all(chain.iter().map(Vec::as_slice)) else { return false };
    // Whether they are good now is another question.
    let then = validity.until.duration_since(UNIX_EPOCH).unwrap_or_default();
    verified(&CertificateDer::from(first.as_slice()), &roots, &between, then).is_ok()
}

/// Why a certificate is not good at this time since the epoch, in the eyes of somebody who trusts nobody.
fn refused(certificate: &CertificateDer<'_>, time: Duration) -> Option<CertificateError> {
    match verified(certificate, &RootCertStore::empty(), &[], time) {
        Err(Error::InvalidCertificate(error)) => Some(error),
        _ => None,
    }
}

fn verified(
    certificate: &CertificateDer<'_>,
    roots: &RootCertStore,
    between: &[CertificateDer<'_>],
    time: Duration,
) -> Result<(), Error> {
    let parsed = ParsedCertificate::try_from(certificate)?;
    let algorithms = default_provider().signature_verification_algorithms.all;
    let time = UnixTime::since_unix_epoch(time);
    verify_server_cert_signed_by_trust_anchor(&parsed, roots, between, time, algorithms)
}

fn moment(time: UnixTime) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(time.as_secs())
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

    use super::*;

    fn issuer() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    fn of_2020(issuer: &CertifiedIssuer<'static, KeyPair>) -> Vec<u8> {
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2021, 1, 1));
        params.signed_by(&KeyPair::generate().unwrap(), issuer).unwrap().der().to_vec()
    }

    #[test]
    fn a_certificate_says_for_how_long_it_is_good() {
        let day = |days: u64| UNIX_EPOCH + Duration::from_secs(days * 86_400);
        let certificate = of_2020(&issuer());
        let expected = Validity { from: day(18_262), until: day(18_628) };
        assert_eq!(Validity::of(&certificate), Some(expected));
        assert_eq!(Validity::of(&certificate[1..]), None);
        assert_eq!(Validity::of(b""), None);
    }

    #[test]
    fn an_authority_says_so_too_and_all_are_good_while_each_is() {
        let issuer = issuer();
        let (authority, certificate) = (issuer.der().to_vec(), of_2020(&issuer));
        let own = Validity::of(&authority).expect("it is one");
        assert!(own.until > SystemTime::now());
        let both = [authority.as_slice(), certificate.as_slice()];
        assert_eq!(
            Validity::of_all(both).map(|all| all.until),
            Validity::of(&certificate).map(|one| one.until)
        );
        assert_eq!(in_pem(&issuer.pem()), [authority]);
        assert!(in_pem("-----BEGIN NOTHING-----").is_empty());
    }

    #[test]
    fn a_chain_leads_from_the_first_to_its_issuer() {
        let (one, other) = (issuer(), issuer());
        let certificate = of_2020(&one);
        assert!(lead_on(std::slice::from_ref(&certificate)));
        assert!(!lead_on(&[certificate.clone(), other.der().to_vec()]));
        assert!(!lead_on(&[]));
        let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        params.not_before = date_time_ymd(2024, 1, 1);
        let current = params.signed_by(&KeyPair::generate().unwrap(), &one).unwrap().der().to_vec();
        assert!(lead_on(&[current, one.der().to_vec()]));
    }
}
