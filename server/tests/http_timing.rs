//! How long an answer takes tells nothing. In a program of its own, so that no other test takes the processor meanwhile.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_tokens;
mod credentials;
mod fake_upstream;
mod http_support;
mod identity_provider;
mod sample;

use std::time::{Duration, Instant};

use bad_tokens::bad_tokens;
use credentials::{status, with_token};
use http_support::Served;
use identity_provider::{Provider, RESOURCE};
use server::identity::jwt;
use server::identity::keys::Source;

/// What may lie between two kinds of bad tokens.
const SPREAD: Duration = Duration::from_millis(5);

#[tokio::test]
async fn t_21_how_long_an_answer_takes_does_not_tell_what_is_wrong() {
    let provider = Provider::start().await;
    let served = Served::start_with([], |options| {
        let (keys, issuer) = (Source::Address(provider.jwks()), provider.address.clone());
        options.http.identity.tokens = vec![jwt::Options::new(keys, issuer, vec![RESOURCE.to_owned()])];
    })
    .await;
    let bad = bad_tokens(&provider);
    let mut spread = Duration::MAX;
    // What else this machine does only ever adds: of several measurements the quietest counts.
    for _ in 0..20 {
        let mut times = vec![Vec::new(); bad.len()];
        for _ in 0..20 {
            for (bad, times) in bad.iter().zip(&mut times) {
                let begun = Instant::now();
                assert_eq!(status(&with_token(&served, &bad.token).await), 401);
                times.push(begun.elapsed());
            }
        }
        let nearly_longest: Vec<Duration> = times
            .iter_mut()
            .map(|times| {
                times.sort_unstable();
                times[times.len() * 95 / 100 - 1]
            })
            .collect();
        let (least, most) = (nearly_longest.iter().min().unwrap(), nearly_longest.iter().max().unwrap());
        spread = spread.min(*most - *least);
        if spread < SPREAD {
            break;
        }
    }
    assert!(spread < SPREAD, "{spread:?} between kinds of bad tokens");
}
