//! The server that all clients are measured against: it answers every request after a fixed time, and says
//! at its end how many there were.

use std::collections::VecDeque;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

/// How long an answer takes.
pub(crate) const LATENCY: Duration = Duration::from_millis(50);
/// Requests that a strict server takes within any minute.
pub(crate) const QUOTA: usize = 6000;
const MINUTE: Duration = Duration::from_mins(1);

/// How the server behaves.
pub(crate) struct Manner<'a> {
    /// Refuses what comes above the quota.
    pub(crate) strict: bool,
    /// Speaks TLS and HTTP/2, and writes its certificate to this file.
    pub(crate) certificate: Option<&'a Path>,
}

/// What came.
#[derive(Default)]
struct Seen {
    requests: u64,
    bytes: u64,
    refused: u64,
    /// Refused later than a minute after the first request.
    refused_later: u64,
    first: Option<Instant>,
    taken: VecDeque<Instant>,
}

impl Seen {
    /// Counts a request; `Err` says how long to wait where it is above the quota.
    fn enter(&mut self, bytes: usize, strict: bool) -> Result<usize, Duration> {
        let now = Instant::now();
        let first = *self.first.get_or_insert(now);
        self.requests += 1;
        self.bytes += bytes as u64;
        if !strict {
            return Ok(0);
        }
        while self.taken.front().is_some_and(|taken| now >= *taken + MINUTE) {
            self.taken.pop_front();
        }
        match self.taken.front() {
            Some(oldest) if self.taken.len() >= QUOTA => {
                self.refused += 1;
                self.refused_later += u64::from(now > first + MINUTE);
                Err(*oldest + MINUTE - now)
            }
            _ => {
                self.taken.push_back(now);
                Ok(QUOTA - self.taken.len())
            }
        }
    }
}

/// Serves on two threads until standard input ends: says its address on the first line of standard output
/// and what came on the second.
pub(crate) fn run(manner: &Manner<'_>) {
    let tls = manner.certificate.map(tls);
    let seen = Arc::new(Mutex::new(Seen::default()));
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    say(&json!(listener.local_addr().unwrap().to_string()));
    runtime.spawn(accept(listener, tls, manner.strict, Arc::clone(&seen)));
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
    let seen = seen.lock().unwrap();
    let Seen { requests, bytes, refused, refused_later, .. } = *seen;
    say(&json!({
        "requests": requests, "bytes": bytes, "refused": refused, "refused_later": refused_later,
    }));
    runtime.shutdown_background();
}

fn say(value: &Value) {
    println!("{value}");
}

fn tls(certificate: &Path) -> TlsAcceptor {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    std::fs::write(certificate, cert.pem()).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    strict: bool,
    seen: Arc<Mutex<Seen>>,
) {
    let body = answer();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        tokio::spawn(connection(stream, tls.clone(), strict, Arc::clone(&seen), body.clone()));
    }
}

async fn connection(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    strict: bool,
    seen: Arc<Mutex<Seen>>,
    body: Bytes,
) {
    let service = service_fn(move |request: Request<Incoming>| {
        respond(request, strict, Arc::clone(&seen), body.clone())
    });
    // The client leaves when it likes.
    let _left_early: bool = if let Some(tls) = tls {
        let Ok(stream) = tls.accept(stream).await else { return };
        let mut builder = Builder::new(TokioExecutor::new());
        // What common servers allow.
        builder.http2().max_concurrent_streams(100);
        builder.serve_connection(TokioIo::new(stream), service).await.is_err()
    } else {
        let builder = hyper::server::conn::http1::Builder::new();
        builder.serve_connection(TokioIo::new(stream), service).await.is_err()
    };
}

async fn respond(
    request: Request<Incoming>,
    strict: bool,
    seen: Arc<Mutex<Seen>>,
    body: Bytes,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let bytes = request.into_body().collect().await?.to_bytes().len();
    let entered = seen.lock().unwrap().enter(bytes, strict);
    let response = Response::builder().header("content-type", "application/json");
    Ok(match entered {
        Err(wait) => response
            .status(429)
            .header("retry-after-ms", wait.as_millis().to_string())
            .header("x-ratelimit-limit-requests", QUOTA)
            .header("x-ratelimit-remaining-requests", 0)
            .header("x-ratelimit-reset-requests", format!("{:.3}s", wait.as_secs_f64()))
            .body(Full::new(Bytes::from_static(b"{\"error\":{\"message\":\"too many requests\"}}")))
            .unwrap(),
        Ok(remaining) => {
            tokio::time::sleep(LATENCY).await;
            let response = if strict {
                response
                    .header("x-ratelimit-limit-requests", QUOTA)
                    .header("x-ratelimit-remaining-requests", remaining)
            } else {
                response
            };
            response.body(Full::new(body)).unwrap()
        }
    })
}

/// A chat completion of about 1.1 kB.
fn answer() -> Bytes {
    let reasoning =
        "The first response answers what was asked and stays with the facts. ".repeat(11);
    let verdict = json!({ "reasoning": reasoning, "criteria": {}, "vote": "first" });
    let completion = json!({
        "id": "chatcmpl-0123456789", "object": "chat.completion", "created": 1_700_000_000,
        "model": "mock", "system_fingerprint": "fp_0123456789",
        "choices": [{
            "index": 0,
            "message": { "role": "assistant", "content": verdict.to_string(), "refusal": null },
            "logprobs": null, "finish_reason": "stop",
        }],
        "usage": { "prompt_tokens": 700, "completion_tokens": 150, "total_tokens": 850 },
    });
    Bytes::from(completion.to_string())
}
