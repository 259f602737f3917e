//! Logins that are kept in a file outlast the server, and the file alone lets nobody in.

use std::path::Path;

use serde_json::json;
use server::facade::{Options, Store};
use server::{Server, StartError};

use crate::logins::{self, Logins, REDIRECT, UPSTREAM, error, tokens};
use crate::scratch::Scratch;
use crate::{http_support, sample};

fn store(options: &mut Options, file: &Path, key: &str) {
    options.store = Some(Store { file: file.to_owned(), key: key.repeat(32).into() });
}

/// Whether a server starts with these logins besides those that run.
async fn starts(logins: &Logins, change: impl FnOnce(&mut Options)) -> Result<(), StartError> {
    let mut options = http_support::options(&logins.served.upstream);
    let mut facade = logins.options.clone();
    change(&mut facade);
    options.http.identity.facade = Some(facade);
    Server::new(&sample::API, options).map(|_| ())
}

#[tokio::test]
async fn a_login_outlasts_the_server_and_its_file_lets_nobody_in() {
    let scratch = Scratch::new("facade-restart");
    let file = scratch.path().join("logins.json");
    let mut logins = Logins::github(|options| store(options, &file, "a")).await;
    let client = logins.register("Editor", REDIRECT).await;
    let (access, refresh) = logins.tokens(&client).await;
    let (ended, ended_refresh) = logins.tokens(&client).await;
    logins.post("/revoke", &[("token", &ended), ("client_id", &client)]).await;

    let line = starts(&logins, |_| {}).await.unwrap_err().to_string();
    assert!(line.starts_with("AUTH_LOGINS_FILE: ") && line.contains("another server has it"), "{line}");
    let text = std::fs::read_to_string(&file).unwrap();
    for secret in [&*access, &refresh, &access[5..], UPSTREAM] {
        assert!(!text.contains(secret), "{text}");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }

    logins.stop().await;
    for (change, named) in [
        (
            Box::new(|options: &mut Options| store(options, &file, "b")) as Box<dyn Fn(&mut Options)>,
            "AUTH_LOGINS_KEY",
        ),
        (Box::new(|options: &mut Options| options.provider = logins::elsewhere()), "AUTH_LOGINS_FILE"),
    ] {
        let line = starts(&logins, change).await.unwrap_err().to_string();
        assert!(line.starts_with(named) && !line.contains('\n'), "{line}");
    }
    logins.restart().await;
    assert_eq!((logins.call(&access).await, logins.call(&ended).await), (200, 401));
    let (newer, _) = tokens(&logins.refresh(&client, &refresh).await);
    assert_eq!(logins.call(&newer).await, 200);
    assert_eq!(error(&logins.refresh(&client, &ended_refresh).await), (400, "invalid_grant".to_owned()));
    // What was refreshed is so after the next restart too.
    logins.stop().await;
    logins.restart().await;
    assert_eq!((logins.call(&access).await, logins.call(&newer).await), (401, 200));
    assert_eq!(error(&logins.refresh(&client, &refresh).await), (400, "invalid_grant".to_owned()));
    assert_eq!(logins.call(&newer).await, 401, "shown again, after a restart or not");

    logins.stop().await;
    std::fs::write(&file, json!({ "version": 2 }).to_string()).unwrap();
    assert!(starts(&logins, |_| {}).await.is_err());
}
