//! What leaves the program: the credentials that are configured and no others, to the address that is configured and
//! no other.

use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::net::TcpListener;

use serde_json::Value;
use simulator::{Clock, Received, Running, Simulator};

use crate::program_support::{self, Outcome, run};

const CALL: &[&str] =
    &["call", "get_assignment_tasks", "--arg", "srid=cw09-47623", "--arg", "assignmentId=PLAY000313"];

/// The certificate of the user, in the three settings that carry it.
const CERTIFICATE: [(&str, &str); 3] = [
    ("API_CREDENTIAL_CERTIFICATE_HOST", "cw09"),
    ("API_CREDENTIAL_CERTIFICATE_PORT", "47623"),
    ("API_CREDENTIAL_CERTIFICATE", "TUlJQg=="),
];

/// Names under which other programs find a proxy.
const PROXIES: [&str; 6] =
    ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"];

async fn simulator() -> Running {
    Simulator::builder().clock(Clock::manual()).start().await.expect("the simulator starts")
}

fn header_names(request: &Received) -> BTreeSet<&str> {
    request.headers.keys().map(|name| name.as_str()).collect()
}

/// Whether anybody has connected so far.
fn was_met(listener: &TcpListener) -> bool {
    listener.set_nonblocking(true).expect("a listener can be asked");
    match listener.accept() {
        Ok(_) => true,
        Err(error) if error.kind() == ErrorKind::WouldBlock => false,
        Err(error) => panic!("a listener can be asked: {error}"),
    }
}

#[tokio::test]
async fn a_certificate_is_sent_in_its_three_headers_and_no_token_with_it() {
    let simulator = simulator().await;
    let url = simulator.url();
    let environment = [&[("API_BASE_URL", &*url)][..], &CERTIFICATE].concat();
    let Outcome { code, stderr, .. } = run(CALL, &environment).await;
    assert_eq!((code, &*stderr), (0, ""));
    let [request] = &simulator.take_requests()[..] else { panic!("not one request") };
    let sent = ["cpwr_hci_host", "cpwr_hci_port", "javax.servlet.request.X509Certificate"];
    assert_eq!(sent.map(|name| request.header(name)), CERTIFICATE.map(|(_, value)| Some(value)));
    let expected = sent.map(str::to_ascii_lowercase);
    let expected =
        expected.iter().map(String::as_str).chain(["accept", "host", "user-agent", "x-request-id"]);
    assert_eq!(header_names(request), expected.collect());
}

#[tokio::test]
async fn a_part_of_a_certificate_is_not_sent() {
    let simulator = simulator().await;
    let url = simulator.url();
    for (missing, _) in CERTIFICATE {
        let parts = CERTIFICATE.into_iter().filter(|(name, _)| *name != missing);
        let environment: Vec<_> = [("API_BASE_URL", &*url)].into_iter().chain(parts).collect();
        let Outcome { code, stderr, .. } = run(CALL, &environment).await;
        assert_eq!(code, 1, "{stderr}");
        assert_eq!(simulator.take_requests().len(), 0, "without {missing}");
    }
}

#[tokio::test]
async fn a_token_goes_before_a_certificate() {
    let simulator = simulator().await;
    let url = simulator.url();
    let token = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let Outcome { code, stderr, .. } = run(CALL, &[&token[..], &CERTIFICATE].concat()).await;
    assert_eq!((code, &*stderr), (0, ""));
    let [request] = &simulator.take_requests()[..] else { panic!("not one request") };
    let expected = ["accept", "authorization", "host", "user-agent", "x-request-id"];
    assert_eq!(header_names(request), expected.into());
}

#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    let proxy = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let proxy_url = format!("http://{}", proxy.local_addr().expect("a bound listener has an address"));
    let proxies = PROXIES.map(|name| (name, &*proxy_url));

    let simulator = simulator().await;
    let url = simulator.url();
    let settings = [("API_BASE_URL", &*url), ("API_TOKEN", simulator.token())];
    let Outcome { code, stderr, .. } = run(CALL, &[&settings[..], &proxies].concat()).await;
    assert_eq!(code, 0, "{stderr}");
    let [request] = &simulator.take_requests()[..] else { panic!("not one request") };
    assert_eq!(request.header("host"), url.strip_prefix("http://"));

    // Over https nothing can be answered here; that the API itself was met is enough.
    let secure = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("loopback has a free port");
    let url = format!("https://{}", secure.local_addr().expect("a bound listener has an address"));
    let settings = [("API_BASE_URL", &*url), ("API_TOKEN", "x")];
    let environment = [&settings[..], &proxies].concat();
    let met = async { drop(secure.accept().await.expect("somebody connects")) };
    let (outcome, ()) = tokio::join!(run(CALL, &environment), program_support::patiently(met));
    assert_eq!(outcome.code, 1, "{outcome:?}");

    assert!(!was_met(&proxy));
}

#[test]
fn the_address_in_the_document_is_not_in_the_program() {
    let document: Value = serde_json::from_str(include_str!("../../config/openapi.json")).expect("is JSON");
    let server = &document["servers"][0];
    let port = &server["variables"]["port"]["default"];
    let program = include_str!(concat!(env!("OUT_DIR"), "/api.rs"));
    for part in [&server["url"], port] {
        let part = part.as_str().expect("the document says where such an API may be");
        assert!(!program.contains(part), "{part}");
    }
}
