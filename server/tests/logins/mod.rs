//! Logins at this server's own authorization server, step by step as a browser and a program take them, before a stand-in for GitHub
//! or Google.
#![allow(dead_code, reason = "each test program uses its own part of it")]

use std::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Value, json};
use server::facade::{GitHub, Google, Options, Provider as Login};

use crate::http_support::{Answer, Served};
use crate::identity_provider::Provider;

/// The address of the server, as clients have it.
pub(crate) const RESOURCE: &str = "https://mcp.example.com/mcp";
/// The name of its authorization server.
pub(crate) const ISSUER: &str = "https://mcp.example.com";
/// Where the program waits for the answer.
pub(crate) const REDIRECT: &str = "http://127.0.0.1:33418/callback";
/// What the program keeps, and what it shows of it (RFC 7636, appendix B).
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
/// What the provider's token is called, which must never be seen here.
pub(crate) const UPSTREAM: &str = "gho_canary";

/// A server, and the provider where people log in.
pub(crate) struct Logins {
    pub(crate) served: Served,
    pub(crate) provider: Provider,
    pub(crate) options: Options,
}

/// A browser that was asked: its cookie, and the question.
pub(crate) struct Asked {
    pub(crate) cookie: String,
    pub(crate) question: String,
}

impl Logins {
    /// Before GitHub, with its app `app`, where `octocat` is logged in.
    pub(crate) async fn github(change: impl FnOnce(&mut Options)) -> Self {
        let provider = Provider::start().await;
        let (address, api) = (provider.address.clone(), provider.address.clone());
        let login = Login::GitHub(GitHub {
            client_id: "app".to_owned(),
            client_secret: "s3cret".into(),
            address,
            api,
            organizations: Vec::new(),
        });
        let tokens = json!({ "access_token": UPSTREAM, "token_type": "bearer", "scope": "" });
        provider.document("/login/oauth/access_token", "200 OK", &tokens);
        provider.document("/applications/app/token", "200 OK", &checked("app", 583_231));
        Self::with(provider, login, change).await
    }

    /// Before Google, with its client `client`.
    pub(crate) async fn google(change: impl FnOnce(&mut Options)) -> Self {
        let provider = Provider::start().await;
        let login = Login::Google(Google {
            client_id: "client".to_owned(),
            client_secret: "s3cret".into(),
            address: Some(provider.address.clone()),
            domains: Vec::new(),
        });
        provider.document("/oauth2/v3/certs", "200 OK", &json!({ "keys": [provider.signer.jwk("a")] }));
        Self::with(provider, login, change).await
    }

    async fn with(provider: Provider, login: Login, change: impl FnOnce(&mut Options)) -> Self {
        let mut facade = Options { registers: true, ..Options::new(login, RESOURCE) };
        change(&mut facade);
        let served = served(&facade).await;
        Self { served, provider, options: facade }
    }

    /// Ends the server.
    pub(crate) async fn stop(&mut self) {
        self.served.shutdown.cancel();
        (&mut self.served.task).await.unwrap().unwrap();
    }

    /// Starts another one in its place.
    pub(crate) async fn restart(&mut self) {
        self.served = served(&self.options).await;
    }

    /// Registers a program that waits for answers there; gives its name.
    pub(crate) async fn register(&self, name: &str, redirect: &str) -> String {
        let answer = self.registering(&json!({ "client_name": name, "redirect_uris": [redirect] })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    /// Registers a program that says this of itself.
    pub(crate) async fn registering(&self, said: &Value) -> Answer {
        let headers = [("Content-Type", "application/json")];
        self.served.request("POST /register", &headers, &said.to_string()).await
    }

    /// Sends a browser with a good request of this program, in which some parameters are others; an empty one is not there.
    pub(crate) async fn authorize(&self, client: &str, changed: &[(&str, &str)], cookie: &str) -> Answer {
        let mut all = vec![
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "of the program"),
            ("resource", RESOURCE),
        ];
        all.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
        all.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
        let headers = [("Cookie", cookie)];
        let headers = if cookie.is_empty() { &[][..] } else { &headers };
        self.served.request(&format!("GET /authorize?{}", form(&all)), headers, "").await
    }

    /// A browser that was asked about this program.
    pub(crate) async fn asked(&self, client: &str) -> Asked {
        let answer = self.authorize(client, &[], "").await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let cookie = answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        Asked { cookie, question: question(&answer) }
    }

    /// Sends what a person answered.
    pub(crate) async fn answer(
        &self,
        cookie: &str,
        fields: &[(&str, &str)],
        more: &[(&str, &str)],
    ) -> Answer {
        let mut headers = vec![("Content-Type", "application/x-www-form-urlencoded"), ("Cookie", cookie)];
        headers.extend(more);
        self.served.request("POST /consent", &headers, &form(fields)).await
    }

    /// Says yes; gives the address of the provider to which the browser goes.
    pub(crate) async fn agree(&self, asked: &Asked) -> String {
        let answer =
            self.answer(&asked.cookie, &[("question", &asked.question), ("answer", "yes")], &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        onwards(&answer)
    }

    /// The browser comes back from the provider.
    pub(crate) async fn come_back(&self, cookie: &str, query: &[(&str, &str)]) -> Answer {
        let target = format!("GET /auth/callback?{}", form(query));
        self.served.request(&target, &[("Cookie", cookie)], "").await
    }

    /// Goes the whole way of a login of this program at GitHub; gives the address to which the browser goes in the end.
    pub(crate) async fn log_in(&self, client: &str) -> String {
        let asked = self.asked(client).await;
        let upstream = self.agree(&asked).await;
        let state = parameter(&upstream, "state").unwrap();
        location(&self.come_back(&asked.cookie, &[("code", "upstream"), ("state", &state)]).await)
    }

    /// A code of a login of this program.
    pub(crate) async fn code(&self, client: &str) -> String {
        let address = self.log_in(client).await;
        parameter(&address, "code").unwrap_or_else(|| panic!("{address}"))
    }

    /// Asks for tokens with a good request for this code, in which some parameters are others.
    pub(crate) async fn exchange(&self, client: &str, code: &str, changed: &[(&str, &str)]) -> Answer {
        let mut all = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", client),
            ("redirect_uri", REDIRECT),
            ("code_verifier", VERIFIER),
            ("resource", RESOURCE),
        ];
        all.retain(|(name, _)| !changed.iter().any(|(other, _)| other == name));
        all.extend(changed.iter().filter(|(_, value)| !value.is_empty()));
        self.post("/token", &all).await
    }

    /// The tokens of a new login of this program.
    pub(crate) async fn tokens(&self, client: &str) -> (String, String) {
        let code = self.code(client).await;
        tokens(&self.exchange(client, &code, &[]).await)
    }

    /// Asks for other tokens.
    pub(crate) async fn refresh(&self, client: &str, token: &str) -> Answer {
        let all = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client)];
        self.post("/token", &all).await
    }

    /// Sends a form.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [("Content-Type", "application/x-www-form-urlencoded")];
        self.served.request(&format!("POST {path}"), &headers, &form(fields)).await
    }

    /// The status of a call with this token.
    pub(crate) async fn call(&self, token: &str) -> u16 {
        crate::credentials::status(&crate::credentials::with_token(&self.served, token).await)
    }
}

async fn served(facade: &Options) -> Served {
    let facade = facade.clone();
    Served::start_with([], |options| {
        options.http.identity.facade = Some(facade);
        options.http.identity.resource = Some(RESOURCE.to_owned());
    })
    .await
}

/// Another provider than that of a test.
pub(crate) fn elsewhere() -> Login {
    Login::Google(Google {
        client_id: "client".to_owned(),
        client_secret: "s3cret".into(),
        address: None,
        domains: Vec::new(),
    })
}

/// What GitHub says of a token that was given to this app, of the person of this number.
pub(crate) fn checked(app: &str, id: u64) -> Value {
    json!({ "id": 1, "app": { "client_id": app, "name": "x" }, "user": { "id": id, "login": "octocat" }, "token": UPSTREAM })
}

/// The question on a page.
pub(crate) fn question(page: &Answer) -> String {
    let from = page.body.split("name=\"question\" value=\"").nth(1).unwrap_or_else(|| panic!("{page:?}"));
    from.split('"').next().unwrap().to_owned()
}

/// Where a page sends the browser.
pub(crate) fn onwards(page: &Answer) -> String {
    page.header("refresh").unwrap_or_else(|| panic!("{page:?}")).strip_prefix("0;url=").unwrap().to_owned()
}

/// Where an answer sends the browser.
pub(crate) fn location(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{answer:?}");
    answer.header("location").unwrap().to_owned()
}

/// Access and refresh token of an answer.
pub(crate) fn tokens(answer: &Answer) -> (String, String) {
    assert_eq!(answer.status, 200, "{answer:?}");
    let json = answer.json();
    let text = |name: &str| json[name].as_str().unwrap().to_owned();
    (text("access_token"), text("refresh_token"))
}

/// Status and word of an error.
pub(crate) fn error(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["error"].as_str().unwrap_or_default().to_owned())
}

/// A parameter of an address.
pub(crate) fn parameter(address: &str, name: &str) -> Option<String> {
    let (_, query) = address.split_once('?')?;
    let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let value = pairs.into_iter().find(|(known, _)| *known == name)?.1;
    Some(percent_decode_str(value).decode_utf8().unwrap().into_owned())
}

/// A form, or a query.
pub(crate) fn form(pairs: &[(&str, &str)]) -> String {
    let encoded = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    pairs.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect::<Vec<_>>().join("&")
}

/// An answer as a golden file has it: without what differs each time, in it and in the texts that are given.
pub(crate) fn plain(answer: &Answer, differing: &[(&str, &str)]) -> String {
    let differs = |line: &&str| {
        let line = line.to_ascii_lowercase();
        !line.starts_with("date:")
            && !line.starts_with("x-request-id:")
            && !line.starts_with("content-length:")
    };
    let head: Vec<&str> = answer.head.lines().filter(differs).collect();
    let text = format!("{}\n\n{}", head.join("\n"), answer.body);
    differing.iter().fold(text, |text, (found, word)| text.replace(found, word))
}

/// Compares with a golden file.
pub(crate) fn golden(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/facade").join(name);
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(found, expected, "{}: UPDATE_EXPECT=1 rewrites it", path.display());
}
