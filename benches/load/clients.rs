//! The bare clients: loops that post one and the same body and read the answer, and do nothing else.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::json;

/// What is asked of a client.
pub(crate) struct Task<'a> {
    /// Where to post.
    pub(crate) url: &'a str,
    /// Requests in flight at once.
    pub(crate) in_flight: usize,
    /// Requests in all.
    pub(crate) calls: u64,
}

/// A request of the size that evenhand's have here.
fn body() -> Bytes {
    let content = "Which of these two responses is the better one? ".repeat(58);
    let messages = json!([{ "role": "user", "content": content }]);
    Bytes::from(json!({ "model": "mock", "messages": messages, "max_tokens": 1024 }).to_string())
}

/// Posts with hyper's client and nothing around it.
pub(crate) fn hyper(task: &Task<'_>) {
    let mut connector = hyper_util::client::legacy::connect::HttpConnector::new();
    connector.set_nodelay(true);
    let client: Client<_, Full<Bytes>> = Client::builder(TokioExecutor::new())
        .pool_max_idle_per_host(task.in_flight)
        .build(connector);
    let (url, body) = (task.url.to_owned(), body());
    measure(task, move || {
        let (client, url, body) = (client.clone(), url.clone(), body.clone());
        async move {
            let request = Request::post(url)
                .header("content-type", "application/json")
                .body(Full::new(body))
                .unwrap();
            let response = client.request(request).await.unwrap();
            assert!(response.status().is_success());
            response.into_body().collect().await.unwrap().to_bytes().len()
        }
    });
}

/// Posts with reqwest and nothing around it.
pub(crate) fn reqwest(task: &Task<'_>) {
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let client = reqwest::Client::builder().pool_max_idle_per_host(task.in_flight).build().unwrap();
    let (url, body) = (task.url.to_owned(), body());
    measure(task, move || {
        let (client, url, body) = (client.clone(), url.clone(), body.clone());
        async move {
            let request = client.post(url).header("content-type", "application/json").body(body);
            let response = request.send().await.unwrap();
            assert!(response.status().is_success());
            response.bytes().await.unwrap().len()
        }
    });
}

/// Makes all calls, as many at once as are wanted, and says how long that took.
fn measure<F: Future<Output = usize> + Send + 'static>(
    task: &Task<'_>,
    call: impl Fn() -> F + Clone + Send + 'static,
) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let (calls, begun) = (task.calls, Arc::new(AtomicU64::new(0)));
    let start = Instant::now();
    runtime.block_on(async {
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..task.in_flight {
            let (call, begun) = (call.clone(), Arc::clone(&begun));
            workers.spawn(async move {
                while begun.fetch_add(1, Ordering::Relaxed) < calls {
                    assert!(call().await > 1000);
                }
            });
        }
        workers.join_all().await;
    });
    let seconds = start.elapsed().as_secs_f64();
    let said = json!({ "seconds": seconds, "requests": calls });
    println!("{said}");
}
