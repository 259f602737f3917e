//! T-51: a marked text in every secret setting, token, key, password and answer of the API, and a look for it in everything
//! that the program writes.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use rustix::process::Signal;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::fake_upstream::{Act, FakeUpstream, answer, json};
use crate::identity_provider::{Provider, RESOURCE};
use crate::program_support::{Outcome, patiently, run, run_with_input, start};
use crate::scratch::Scratch;

/// A marked text of a setting: long enough for every one, with characters that other forms spell otherwise.
fn canary(of: &str) -> String {
    format!("canary-{of}~{}", "0123456789abcdef".repeat(2))
}

/// The ways in which a text may be spelt, each as what must be nowhere.
fn forms(secret: &str) -> Vec<String> {
    let mut forms = vec![secret.to_owned()];
    for before in 0..3 {
        let bytes = [&b"\0\0\0"[..before], secret.as_bytes()].concat();
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            let text = engine.encode(&bytes);
            // Without the characters that hold bits of what stands before or after.
            forms.push(text[[0, 2, 3][before]..text.len() - 2].to_owned());
        }
    }
    let spelt = |byte: &u8| {
        if byte.is_ascii_alphanumeric() { char::from(*byte).to_string() } else { format!("%{byte:02X}") }
    };
    forms.push(secret.as_bytes().iter().map(spelt).collect());
    forms.push(secret.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect());
    forms.push(secret.as_bytes().iter().map(|byte| format!("%{byte:02x}")).collect());
    forms
}

#[test]
fn a_text_is_found_however_it_is_spelt() {
    let secret = canary("of-a-test");
    for text in [
        secret.clone(),
        format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("user:{secret}"))),
        base64::engine::general_purpose::URL_SAFE.encode(format!("u:{secret}x")),
        base64::engine::general_purpose::STANDARD.encode(&secret),
        secret.replace('~', "%7E").replace('-', "%2D"),
        secret.bytes().map(|byte| format!("{byte:02x}")).collect(),
    ] {
        assert!(forms(&secret).iter().any(|form| text.contains(form)), "{text}");
    }
}

/// Everything that was written, by what wrote it.
#[derive(Default)]
struct Written(Vec<(String, String)>);

impl Written {
    fn add(&mut self, by: impl Into<String>, text: impl Into<String>) {
        self.0.push((by.into(), text.into()));
    }

    fn outcome(&mut self, by: &str, outcome: &Outcome) {
        self.add(format!("{by}, standard output"), &outcome.stdout);
        self.add(format!("{by}, standard error"), &outcome.stderr);
    }

    /// Looks for each secret in all of it.
    fn holds_none_of(&self, secrets: &[String]) {
        for secret in secrets {
            for form in forms(secret) {
                for (by, text) in &self.0 {
                    assert!(!text.contains(&form), "{by}: {form}, a form of {secret}, in:\n{text}");
                }
            }
        }
    }
}

type Environment = Vec<(&'static str, String)>;

fn borrowed(environment: &Environment) -> Vec<(&str, &str)> {
    environment.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// Every secret setting with a text of its own, by the name of the environment that sets it.
fn secrets() -> Vec<(&'static str, String)> {
    let named = |name: &'static str| (name, canary(&name.to_ascii_lowercase().replace('_', "-")));
    let mut secrets: Vec<_> = [
        "API_TOKEN",
        "API_CREDENTIAL_CERTIFICATE",
        "API_CREDENTIAL_CERTIFICATE_HOST",
        "API_CREDENTIAL_CERTIFICATE_PORT",
        "API_CREDENTIALS_KEY",
        "API_CLIENT_SECRET",
        "API_CLIENT_CERTIFICATE",
        "API_CLIENT_KEY",
        "AUTH_INTROSPECTION_CLIENT_SECRET",
        "AUTH_GITHUB_CLIENT_SECRET",
        "AUTH_GOOGLE_CLIENT_SECRET",
        "AUTH_LOGINS_KEY",
        "UPSTREAM_GATEWAY_HEADERS",
        "REDIS_URL",
        "REDIS_SECRET",
        "OTEL_EXPORTER_OTLP_HEADERS",
    ]
    .map(named)
    .into();
    for (name, secret) in &mut secrets {
        match *name {
            "UPSTREAM_GATEWAY_HEADERS" | "OTEL_EXPORTER_OTLP_HEADERS" => *secret = format!("x-key={secret}"),
            "REDIS_URL" => *secret = format!("redis://user:{secret}@127.0.0.1:1/0"),
            _ => {}
        }
    }
    secrets
}

/// The texts of these settings without what is around them.
fn bare(secrets: &[(&'static str, String)]) -> Vec<String> {
    let bare = |(_, text): &(&str, String)| {
        let text = text.trim_start_matches("x-key=").trim_start_matches("redis://user:");
        text.split('@').next().unwrap().to_owned()
    };
    secrets.iter().map(bare).collect()
}

#[tokio::test]
async fn t_51_settings_that_are_shown_or_refused_show_no_secret() {
    let secrets = secrets();
    let mut written = Written::default();
    let environment: Vec<_> = secrets.iter().map(|(name, text)| (*name, text.as_str())).collect();
    let known = run(&["config", "--json"], &environment).await;
    assert_eq!(known.code, 0, "{}", known.stderr);
    let all: Value = serde_json::from_str(&known.stdout).unwrap();
    let is_secret = |setting: &&Value| setting["secret"] == true;
    for setting in all.as_array().unwrap().iter().filter(is_secret) {
        assert_eq!(setting["value"], "****", "a secret without a text in this test: {}", setting["key"]);
    }
    written.outcome("config --json", &known);
    written.outcome("config", &run(&["config", "--log-level", "trace"], &environment).await);
    for (name, text) in &secrets {
        // A character that nothing takes, after the secret and before it; and the secret where it does not belong.
        for wrong in [format!("{text}\u{7f}\u{e9}"), format!("\u{7f},=://@{text}")] {
            for command in [&["serve", "--listen", "127.0.0.1:0"][..], &["config"], &["tools", "--json"]] {
                if command[0] == "serve"
                    && matches!(*name, "API_CREDENTIAL_CERTIFICATE_HOST" | "API_CREDENTIAL_CERTIFICATE_PORT")
                {
                    continue;
                }
                let environment = [
                    (*name, wrong.as_str()),
                    ("API_BASE_URL", "https://127.0.0.1:9"),
                    ("LOG_LEVEL", "trace"),
                    ("RUST_BACKTRACE", "full"),
                ];
                written.outcome(name, &run(command, &environment).await);
            }
        }
    }
    let set = format!("api.token={}", secrets[0].1);
    written.outcome("--set", &run(&["config", "--set", &set], &[]).await);
    let folder = Scratch::new("program-secrets-settings");
    for text in
        [format!("[api]\ntoken = {:?} x\n", secrets[0].1), format!("[api]\ntoken = [{:?}]\n", secrets[0].1)]
    {
        folder.put("settings.toml", &text);
        let path = folder.at("settings.toml");
        written.outcome("settings file", &run(&["config", "--settings", &path], &[]).await);
    }
    written.holds_none_of(&bare(&secrets));
}

/// Sends a request with these header lines, and gives the whole answer.
async fn send(address: SocketAddr, head: &str, headers: &str, body: &str) -> String {
    let request = format!(
        "{head} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n{headers}Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    patiently(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

fn call(tool: &str, arguments: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{tool}","arguments":{arguments}}}}}"#
    )
}

const READ: &str = r#"{"srid":"cw09-47623","assignmentId":"PLAY000313"}"#;

/// Calls that succeed, fail, and are refused, by whoever shows this; then what a scrape and a probe get.
async fn all_kinds_of_calls(address: SocketAddr, shown: &str, password: &str, written: &mut Written) {
    let read = call("get_assignment_tasks", READ);
    for body in [&read, &read, &read, &read, &call("get_nothing", "{}")] {
        written.add("an answer", send(address, "POST /mcp", shown, body).await);
    }
    let with_password = [
        format!(
            r#"{{"srid":"cw09-47623","assignmentId":"PLAY000313","level":"DEV2","credentials":{{"username":"u","password":"{password}"}}}}"#
        ),
        format!(
            r#"{{"srid":"cw09-47623","assignmentId":"PLAY000313","level":"DEV2","eventCallbacks":[{{"credentials":[{{"password":"{password}"}}]}}]}}"#
        ),
        format!(r#"{{"srid":"cw09-47623","assignmentId":"PLAY000313","level":"password={password}"}}"#),
        r#"{"srid":"cw09-47623","assignmentId":"PLAY000313","level":"DEV2"}"#.to_owned(),
    ];
    for arguments in &with_password {
        let change = call("generate_assignment", arguments);
        written.add("an answer to a change", send(address, "POST /mcp", shown, &change).await);
    }
    for (head, headers) in [
        ("POST /mcp", format!("{}x\r\n", shown.trim_end())),
        ("POST /mcp", format!("{shown}{shown}")),
        ("POST /mcp", shown.replace(": ", ": Basic ")),
        ("GET /metrics", shown.to_owned()),
        ("GET /health", String::new()),
        ("GET /nothing", shown.to_owned()),
    ] {
        written.add(head, send(address, head, &headers, &read).await);
    }
}

/// What the API may do with what it is sent: repeat it wherever it can.
fn repeating(secrets: &[&str]) -> Vec<Act> {
    let all = secrets.join(" ");
    let headers = format!(
        "Content-Type: application/json\r\nSet-Cookie: session={}\r\nX-Seen: {all}\r\n",
        canary("cookie")
    );
    let page =
        answer("200 OK", &format!("Content-Type: text/html\r\nX-Seen: {all}\r\n"), &format!("<p>{all}</p>"));
    vec![
        answer("200 OK", &headers, &format!(r#"{{"message":"{all}"}}"#)),
        answer("400 Bad Request", &headers, &format!(r#"{{"message":"{all}"}}"#)),
        page,
        answer("302 Found", &format!("Location: https://elsewhere.example/?{all}\r\n").replace(' ', "+"), ""),
        answer("500 Internal Server Error", &headers, &format!(r#"{{"message":"{all}"}}"#)),
    ]
}

#[tokio::test]
async fn t_51_calls_with_a_credential_of_each_caller_leave_no_secret_behind() {
    let (folder, mut written) = (Scratch::new("program-secrets-own"), Written::default());
    let (collector, gateway) = (FakeUpstream::start([]).await, {
        let (own, key) = (canary("of-the-caller"), canary("upstream-gateway-headers"));
        FakeUpstream::start(repeating(&[&own, &key])).await
    });
    let secrets: Vec<_> = secrets()
        .into_iter()
        .filter(|(name, _)| {
            // Settings of what this server does not use stop its start.
            !name.starts_with("API_CLIENT_") && !name.starts_with("AUTH_")
        })
        .collect();
    let mut environment: Environment = secrets.clone();
    environment.extend([
        ("API_BASE_URL", "http://127.0.0.1:9".to_owned()),
        ("UPSTREAM_GATEWAY_URL", gateway.base_url()),
        ("API_ACCOUNT", "own".to_owned()),
        ("API_CREDENTIALS_FILE", folder.at("credentials.json")),
        ("AUTH_PROVIDER", "api_key".to_owned()),
        ("AUTH_API_KEYS_FILE", folder.at("keys.json")),
        ("AUDIT_FOLDER", folder.at("journal")),
        ("AUDIT_STDOUT", "true".to_owned()),
        ("AUDIT_OTLP", "true".to_owned()),
        ("AUDIT_SIGNING_KEY_FILE", folder.at("audit.pem")),
        ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", collector.base_url()),
        ("LEDGER_FAIL_MODE", "open".to_owned()),
        ("WEBHOOK_ALLOWED_HOSTS", "hooks.example.com".to_owned()),
        ("LOG_LEVEL", "trace".to_owned()),
    ]);
    let environment = borrowed(&environment);
    let made = run(&["audit", "key", &folder.at("audit.pem")], &[]).await;
    assert_eq!(made.code, 0, "{}", made.stderr);
    let signing = std::fs::read_to_string(folder.at("audit.pem")).unwrap();
    let create = ["keys", "create", "--owner", "jenkins", "--role", "administrator", "--scope", "cp:admin"];
    let made = run(&create, &environment).await;
    assert_eq!(made.code, 0, "{}", made.stderr);
    let key = made.stdout.trim().to_owned();
    let own = canary("of-the-caller");
    let added = run_with_input(&["credentials", "add", "--api-keys", "jenkins"], &environment, &own).await;
    assert_eq!(added.code, 0, "{}", added.stderr);
    written.outcome("credentials add", &added);
    for command in [&["credentials", "list"][..], &["credentials", "list", "--json"], &["keys", "list"]] {
        written.outcome("a list", &run(command, &environment).await);
    }

    let password = canary("password");
    let mut running = start(&["serve", "--listen", "127.0.0.1:0"], &environment);
    let (address, mut log) = running.address().await;
    all_kinds_of_calls(address, &format!("X-API-Key: {key}\r\n"), &password, &mut written).await;
    running.signal(Signal::TERM);
    log.push_str(&running.rest().await);
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "all of the log: {log}");
    written.add("the log and the record", log);
    assert!(gateway.requests().iter().any(|request| request.contains(&own)), "it was used");
    let records = collector.requests();
    assert!(!records.is_empty());
    for record in &records {
        written.add("a record for the collector", record.split_once("\r\n\r\n").unwrap().1);
    }

    for command in [&["export"][..], &["tail", "-n", "1000"], &["export", "--format", "csv"], &["verify"]] {
        written.outcome("audit", &run(&[&["audit"], command].concat(), &environment).await);
    }
    for folder in [folder.path(), &folder.path().join("journal")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() && !path.ends_with("audit.pem") {
                written.add(path.display().to_string(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut all = bare(&secrets);
    all.extend([own, password, canary("cookie"), key.splitn(3, '_').last().unwrap().to_owned(), key]);
    all.extend(signing.lines().filter(|line| !line.starts_with('-')).map(str::to_owned));
    written.holds_none_of(&all);
}

#[tokio::test]
async fn t_26_t_51_a_token_that_is_exchanged_and_the_one_that_comes_back_are_nowhere() {
    let (folder, mut written) = (Scratch::new("program-secrets-exchange"), Written::default());
    let provider = Provider::start().await;
    let token = provider.token_of(&serde_json::json!({ "scope": "cp:admin", "roles": ["administrator"] }));
    let exchanged = canary("exchanged");
    let body = format!(r#"{{"access_token":"{exchanged}","token_type":"Bearer","expires_in":300}}"#);
    let endpoint = FakeUpstream::start([json("200 OK", &body)]).await;
    let api = FakeUpstream::start(repeating(&[&exchanged])).await;
    let secret = canary("api-client-secret");
    let environment: Environment = vec![
        ("API_BASE_URL", api.base_url()),
        ("API_ACCOUNT", "exchange".to_owned()),
        ("API_TOKEN_ENDPOINT", endpoint.base_url()),
        ("API_CLIENT_ID", "mcp".to_owned()),
        ("API_CLIENT_SECRET", secret.clone()),
        ("AUTH_PROVIDER", "jwt".to_owned()),
        ("AUTH_ISSUER", provider.address.clone()),
        ("AUTH_JWKS_URI", provider.jwks()),
        ("AUTH_AUDIENCE", RESOURCE.to_owned()),
        ("AUDIT_FOLDER", folder.at("journal")),
        ("LOG_LEVEL", "trace".to_owned()),
        ("LOG_FORMAT", "json".to_owned()),
    ];
    let environment = borrowed(&environment);
    let password = canary("password");
    let mut running = start(&["serve", "--listen", "127.0.0.1:0"], &environment);
    let (address, mut log) = running.address().await;
    all_kinds_of_calls(address, &format!("Authorization: Bearer {token}\r\n"), &password, &mut written).await;
    let in_query = send(address, &format!("POST /mcp?access_token={token}"), "", "{}").await;
    assert!(in_query.starts_with("HTTP/1.1 400 "), "{in_query}");
    written.add("a token in the address", in_query);
    running.signal(Signal::TERM);
    log.push_str(&running.rest().await);
    written.add("the log", log);
    written.outcome("audit", &run(&["audit", "export"], &environment).await);
    assert!(endpoint.requests().iter().all(|request| request.contains(&token)), "it was sent there");
    let sent: BTreeSet<bool> = api.requests().iter().map(|request| request.contains(&exchanged)).collect();
    assert_eq!(sent, BTreeSet::from([true]), "the other one was sent here");
    for request in api.requests() {
        written.add("a request to the API", request.replace(&exchanged, ""));
    }
    let parts = token.split('.').map(str::to_owned);
    let mut all = vec![secret, password, canary("cookie"), exchanged, token.clone()];
    all.extend(parts);
    written.holds_none_of(&all);
}
