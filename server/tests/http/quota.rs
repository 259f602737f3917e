//! How many requests come from one site: what is over is refused over real connections, and told when to come again.

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::http_support::{Answer, Served};

const BURST: usize = 3;

/// One request a minute, three at once.
async fn bounded() -> Served {
    Served::start_with([], |options| {
        options.http.site_requests_per_minute = 1;
        options.http.site_burst = BURST;
    })
    .await
}

#[tokio::test]
async fn t_3b_one_request_above_the_burst_is_refused_and_told_when_to_come_again() {
    let served = bounded().await;
    for left in (0..BURST).rev() {
        let answer = served.modern("tools/list", None, json!({})).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("x-ratelimit-remaining"), Some(&*left.to_string()));
        let state = answer.header("ratelimit").unwrap();
        assert!(state.starts_with(&format!("\"burst\";r={left};t=")), "{state}");
    }
    let over = served.modern("tools/list", None, json!({})).await;
    assert_eq!((over.status, &over.json()["error"]), (429, &json!("too_many_requests")));
    let wait: u64 = over.header("retry-after").unwrap().parse().unwrap();
    assert!((55..=60).contains(&wait), "{wait}");
    assert_eq!(over.header("ratelimit-policy"), Some("\"burst\";q=3, \"minute\";q=1;w=60"));
    assert!(over.header("ratelimit").unwrap().starts_with("\"burst\";r=0;t="), "{over:?}");
    assert_eq!(
        (over.header("x-ratelimit-limit"), over.header("x-ratelimit-remaining")),
        (Some("3"), Some("0"))
    );
    assert!(over.header("x-ratelimit-reset").unwrap().parse::<u64>().unwrap() > 1_700_000_000);
    assert!(over.header("x-request-id").is_some() && over.header("x-content-type-options").is_some());
}

#[tokio::test]
async fn t_3b_health_is_neither_counted_nor_refused() {
    let served = bounded().await;
    for round in 0..3 * BURST {
        for path in ["GET /health", "GET /ready"] {
            let answer = served.request(path, &[], "").await;
            assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{path} {round}");
        }
        // After the burst this one is refused.
        served.request("GET /nowhere", &[], "").await;
    }
    assert_eq!(served.request("GET /nowhere", &[], "").await.status, 429);
}

#[tokio::test]
async fn t_3b_a_request_over_the_quota_is_answered_before_its_body_comes() {
    let served = bounded().await;
    for _ in 0..BURST {
        served.request("GET /nowhere", &[], "").await;
    }
    let head = format!(
        "POST /mcp HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n",
        served.address
    );
    let mut stream = served.connect().await;
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !text.contains("too_many_requests") {
        let mut bytes = [0; 1024];
        let length = stream.read(&mut bytes).await.unwrap();
        assert!(length > 0, "closed after {text:?}");
        text.push_str(std::str::from_utf8(&bytes[..length]).unwrap());
    }
    assert_eq!(Answer::parse(&text).status, 429);
}

#[tokio::test]
async fn t_3a_a_forwarded_address_counts_only_from_a_trusted_proxy() {
    for (trusted, status) in [(None, 429), (Some("192.0.2.0/24"), 429), (Some("127.0.0.0/8"), 404)] {
        let served = Served::start_with([], |options| {
            options.http.site_requests_per_minute = 1;
            options.http.site_burst = BURST;
            options.http.trusted_proxies = trusted.map(|range| range.parse().unwrap()).into_iter().collect();
        })
        .await;
        let mut last = 0;
        for number in 0..=BURST {
            let site = format!("203.0.113.9, 198.51.100.{number}");
            last = served.request("GET /nowhere", &[("X-Forwarded-For", &site)], "").await.status;
        }
        assert_eq!(last, status, "{trusted:?}");
    }
}

#[tokio::test]
async fn t_55_requests_that_were_too_many_are_counted() {
    let served = Served::start_with([], |options| {
        options.http.site_requests_per_minute = 1;
        options.http.site_burst = BURST;
        options.http.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    })
    .await;
    for _ in 0..BURST + 2 {
        served.request("GET /nowhere", &[("X-Forwarded-For", "198.51.100.1")], "").await;
    }
    let metrics = served.request("GET /metrics", &[("X-Forwarded-For", "198.51.100.2")], "").await.body;
    assert!(metrics.contains("\nmcp_http_too_many_requests_total 2\n"), "{metrics}");
}

#[tokio::test]
async fn a_page_that_is_refused_takes_nothing_from_the_quota() {
    let served = bounded().await;
    for _ in 0..=BURST {
        let refused = served.request("GET /nowhere", &[("Origin", "https://evil.example")], "").await;
        assert_eq!(refused.status, 403);
    }
    assert_eq!(served.request("GET /nowhere", &[], "").await.status, 404);
}

#[tokio::test]
async fn no_request_is_counted_while_no_quota_is_named() {
    let served = Served::start([]).await;
    for _ in 0..50 {
        let answer = served.request("GET /nowhere", &[], "").await;
        assert_eq!((answer.status, answer.header("ratelimit-policy")), (404, None));
    }
}
