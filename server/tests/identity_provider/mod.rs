//! An identity provider on a loopback port: it publishes keys, signs tokens and answers about them, and remembers what it was
//! asked.
#![allow(dead_code, unreachable_pub, reason = "each test program uses its own part of it")]

use std::sync::{Arc, LazyLock, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair as RsaKeyPair, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair,
    KeyPair as _, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// The audience of good tokens, and the address of the server in metadata.
pub const RESOURCE: &str = "https://mcp.example.com/mcp";

/// A key pair that signs tokens.
pub enum Signer {
    Rsa(RsaKeyPair),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// A key of RSA takes long to make, so all tests of a program have the same.
pub static RSA: LazyLock<Signer> =
    LazyLock::new(|| Signer::Rsa(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()));

impl Signer {
    pub fn p256() -> Self {
        Self::P256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    pub fn p384() -> Self {
        Self::P384(EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).unwrap())
    }

    pub fn ed25519() -> Self {
        Self::Ed25519(Ed25519KeyPair::generate().unwrap())
    }

    /// The public half as a key of a set.
    pub fn jwk(&self, kid: &str) -> Value {
        let digits = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let point = |curve: &str, point: &[u8]| {
            let (x, y) = point[1..].split_at(point.len() / 2);
            json!({ "kty": "EC", "crv": curve, "kid": kid, "x": digits(x), "y": digits(y) })
        };
        match self {
            Self::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                let (n, e) = (
                    digits(n.big_endian_without_leading_zero()),
                    digits(e.big_endian_without_leading_zero()),
                );
                json!({ "kty": "RSA", "kid": kid, "n": n, "e": e })
            }
            Self::P256(pair) => point("P-256", pair.public_key().as_ref()),
            Self::P384(pair) => point("P-384", pair.public_key().as_ref()),
            Self::Ed25519(pair) => {
                json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": digits(pair.public_key().as_ref()) })
            }
        }
    }

    /// The public half in PEM.
    pub fn pem(&self) -> String {
        let der: Vec<u8> = match self {
            Self::Rsa(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            Self::P256(pair) | Self::P384(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.public_key().as_der().unwrap().as_ref().to_vec(),
        };
        let digits = STANDARD.encode(der);
        format!("-----BEGIN PUBLIC KEY-----\n{digits}\n-----END PUBLIC KEY-----\n")
    }

    fn signature(&self, algorithm: &str, message: &[u8]) -> Vec<u8> {
        let random = SystemRandom::new();
        match self {
            Self::Rsa(pair) => {
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding =
                    if algorithm == "PS256" { &RSA_PSS_SHA256 } else { &RSA_PKCS1_SHA256 };
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, message, &mut signature).unwrap();
                signature
            }
            Self::P256(pair) | Self::P384(pair) => pair.sign(&random, message).unwrap().as_ref().to_vec(),
            Self::Ed25519(pair) => pair.sign(message).as_ref().to_vec(),
        }
    }

    /// A token of this header and these claims.
    pub fn token(&self, head: &Value, claims: &Value) -> String {
        let message = message(head, claims);
        let signature = self.signature(head["alg"].as_str().unwrap(), message.as_bytes());
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// Header and claims as they are signed.
pub fn message(head: &Value, claims: &Value) -> String {
    let digits = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}", digits(head), digits(claims))
}

/// Answers by the path for which they are.
type Documents = Vec<(String, Vec<u8>)>;

/// A provider that signs with P-256 under the name `a`.
pub struct Provider {
    pub signer: Signer,
    pub address: String,
    answer: Arc<Mutex<Vec<u8>>>,
    documents: Arc<Mutex<Documents>>,
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (answer, asked) = (Arc::new(Mutex::new(Vec::new())), Arc::default());
        let (current, requests): (_, Arc<Mutex<Vec<String>>>) = (Arc::clone(&answer), Arc::clone(&asked));
        let documents: Arc<Mutex<Documents>> = Arc::default();
        let published = Arc::clone(&documents);
        let task = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let request = read(&mut stream).await;
                let path = request.split(' ').nth(1).unwrap_or_default();
                let document =
                    published.lock().unwrap().iter().find(|(at, _)| at == path).map(|(_, text)| text.clone());
                let answer = document.unwrap_or_else(|| current.lock().unwrap().clone());
                requests.lock().unwrap().push(request);
                let _ = stream.write_all(&answer).await;
            }
        });
        let provider = Self { signer: Signer::p256(), address, answer, documents, asked, task };
        provider.publish(&[provider.signer.jwk("a")]);
        provider
    }

    /// Where it publishes its keys.
    pub fn jwks(&self) -> String {
        format!("{}/jwks", self.address)
    }

    /// Publishes these keys from now on.
    pub fn publish(&self, keys: &[Value]) {
        self.say("200 OK", &json!({ "keys": keys }).to_string());
    }

    /// Answers so from now on.
    pub fn say(&self, status: &str, body: &str) {
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
        *self.answer.lock().unwrap() =
            format!("{head}Location: {}/elsewhere\r\n\r\n{body}", self.address).into_bytes();
    }

    /// Answers with this at a path from now on.
    pub fn document(&self, path: &str, status: &str, body: &Value) {
        let body = body.to_string();
        let answer =
            format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
        let mut documents = self.documents.lock().unwrap();
        documents.retain(|(at, _)| at != path);
        documents.push((path.to_owned(), answer.into_bytes()));
    }

    /// How often it was asked.
    pub fn asked(&self) -> usize {
        self.asked.lock().unwrap().len()
    }

    /// What it was asked, each whole.
    pub fn requests(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// A good token.
    pub fn token(&self) -> String {
        self.token_of(&json!({}))
    }

    /// A token with these claims changed; null takes one away.
    pub fn token_of(&self, changed: &Value) -> String {
        self.signer.token(&head(), &self.claims(changed))
    }

    /// The claims of a good token with these changed.
    pub fn claims(&self, changed: &Value) -> Value {
        let mut claims = json!({
            "iss": self.address, "aud": RESOURCE, "sub": "alice", "roles": ["observer"], "scope": "cp:read", "iat": now(), "exp": now() + 600,
        });
        for (name, value) in changed.as_object().unwrap() {
            match value {
                Value::Null => claims.as_object_mut().unwrap().remove(name),
                value => claims.as_object_mut().unwrap().insert(name.clone(), value.clone()),
            };
        }
        claims
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A whole request.
async fn read(stream: &mut TcpStream) -> String {
    let (mut bytes, mut piece) = (Vec::new(), [0; 1024]);
    loop {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
            });
            if body.len() >= length.unwrap_or(0) {
                return text;
            }
        }
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return text,
            Ok(length) => bytes.extend_from_slice(&piece[..length]),
        }
    }
}

/// The header of a good token.
pub fn head() -> Value {
    json!({ "alg": "ES256", "typ": "at+jwt", "kid": "a" })
}

/// Seconds since 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}
