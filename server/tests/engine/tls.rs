//! An API behind TLS that asks this program for a certificate, and is trusted by one that only this server was told.

use rcgen::KeyPair;
use server::engine::Engine;
use server::upstream::Certificates;

use crate::certificates::Authority;
use crate::fake_upstream::FakeUpstream;
use crate::sample::{self, READ, call, options, reading};

fn engine(address: &str, certificates: Certificates) -> Result<Engine, String> {
    let mut options = options(address);
    options.upstream.certificates = certificates;
    Engine::new(&sample::API, options).map_err(|error| error.to_string())
}

#[tokio::test]
async fn the_api_lets_in_who_shows_the_certificate_and_nobody_else() {
    let authority = Authority::new();
    let upstream = FakeUpstream::start([]).await;
    let address = format!("{}/api", authority.in_front_of(upstream.authority()).await);
    let (certificate, key) = authority.issue("mcp");
    let (stranger, stranger_key) = Authority::new().issue("mcp");
    let shown = |certificate: &rcgen::Certificate, key: &KeyPair| Certificates {
        authorities: Some(authority.pem()),
        certificate: Some(certificate.pem().into()),
        key: Some(key.serialize_pem().into()),
    };
    let without = Certificates { authorities: Some(authority.pem()), ..Certificates::default() };
    let untrusting = Certificates { authorities: None, ..shown(&certificate, &key) };
    for (certificates, is_let_in) in [
        (shown(&certificate, &key), true),
        (shown(&stranger, &stranger_key), false),
        (without, false),
        (untrusting, false),
    ] {
        let engine = engine(&address, certificates).unwrap();
        let outcome = call(&engine, &READ, reading("level", "DEV")).await;
        assert_eq!(outcome.is_ok(), is_let_in, "{outcome:?}");
        assert_eq!(upstream.requests().len(), 1, "only the first came through");
    }
}

#[test]
fn what_is_no_certificate_stops_the_start_and_no_key_is_repeated() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue("mcp");
    let (_, other) = authority.issue("mcp");
    let (pem, secret) = (|| Some(certificate.pem().into()), |key: &KeyPair| Some(key.serialize_pem().into()));
    let with = |authorities: Option<&str>, certificate, key| {
        let certificates = Certificates { authorities: authorities.map(str::to_owned), certificate, key };
        engine("https://localhost/api", certificates).map(drop)
    };
    assert_eq!(with(None, pem(), secret(&key)), Ok(()));
    for (outcome, beginning) in [
        (with(None, pem(), None), "API_CLIENT_KEY is not set"),
        (with(None, None, secret(&key)), "API_CLIENT_CERTIFICATE is not set"),
        (with(None, pem(), Some("canary".into())), "API_CLIENT_CERTIFICATE, API_CLIENT_KEY: expected"),
        (with(None, Some("canary".into()), secret(&key)), "API_CLIENT_CERTIFICATE, API_CLIENT_KEY: expected"),
        (with(Some("canary"), None, None), "API_CA_FILE: expected"),
        (with(None, pem(), secret(&other)), "the HTTP client for API_BASE_URL cannot be made"),
    ] {
        let line = outcome.unwrap_err();
        assert!(line.starts_with(beginning) && !line.contains("canary") && !line.contains('\n'), "{line}");
    }
    let plain = Certificates { certificate: pem(), key: secret(&key), ..Certificates::default() };
    assert!(engine("http://localhost/api", plain).unwrap_err().contains("https://"));
}
