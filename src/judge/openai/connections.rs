//! The HTTP clients of one endpoint: one for HTTP/1.1, several where the server speaks HTTP/2.
//!
//! A client opens as many HTTP/1.1 connections as there are requests in flight, but only one HTTP/2
//! connection, which all requests share. That gives a third of the throughput, and servers limit the requests
//! of one connection. So once an answer arrives over HTTP/2, requests are spread over several clients.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Version;
use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;

use crate::error::{Error, Result};
use crate::input::JudgeSettings;

/// Requests in flight per HTTP/2 connection; common servers allow 100.
const REQUESTS_PER_CONNECTION: usize = 32;
/// More connections do not raise the throughput.
const MAX_CONNECTIONS: usize = 16;
/// Idle connections are closed after this. Uvicorn and Node close theirs after 5 seconds, and a request sent
/// at that moment is lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
/// The interval of HTTP/2 pings. Without them, all requests of a connection hang if a router drops it.
const PING_INTERVAL: Duration = Duration::from_secs(30);

/// The HTTP clients of one endpoint.
#[derive(Debug)]
pub(super) struct Connections {
    first: Client,
    /// Clients that use HTTP/2 only, so that each opens a single connection however many requests start at
    /// once.
    http2: OnceLock<Vec<Client>>,
    /// Whether requests use the HTTP/2 clients as well.
    uses_http2: AtomicBool,
    /// Counts requests, to choose clients in rotation.
    requests: AtomicUsize,
    settings: ClientSettings,
}

/// The settings that all clients share.
#[derive(Debug)]
struct ClientSettings {
    /// Loaded once, since loading the system's certificates takes milliseconds.
    tls: ClientConfig,
    max_in_flight: usize,
    connect_timeout: Duration,
}

impl Connections {
    /// Returns the clients of an endpoint, without opening a connection.
    ///
    /// # Errors
    ///
    /// `encrypted` is set and the system has no certificates.
    pub(super) fn new(settings: &JudgeSettings, encrypted: bool) -> Result<Self> {
        let failed = |why: String| {
            Error::input(format!("judges.{}: cannot set up HTTPS: {why}", settings.name))
                .hint("install the system's certificates (the package ca-certificates)")
        };
        let client_settings = ClientSettings {
            tls: tls(encrypted).map_err(|error| failed(error.to_string()))?,
            max_in_flight: settings.max_in_flight,
            connect_timeout: settings.timeout.min(Duration::from_secs(10)),
        };
        let first =
            client_settings.client(&["h2", "http/1.1"]).map_err(|error| failed(causes(&error)))?;
        Ok(Self {
            first,
            http2: OnceLock::new(),
            uses_http2: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            settings: client_settings,
        })
    }

    /// Returns the client for the next request.
    pub(super) fn client(&self) -> &Client {
        let http2 = match self.http2.get() {
            Some(http2) if self.uses_http2.load(Ordering::Relaxed) => http2.as_slice(),
            _ => &[],
        };
        let number = self.requests.fetch_add(1, Ordering::Relaxed) % (http2.len() + 1);
        http2.get(number).unwrap_or(&self.first)
    }

    /// Records the version of HTTP of an answer.
    pub(super) fn record_version(&self, version: Version) {
        if version == Version::HTTP_2 && !self.uses_http2.load(Ordering::Relaxed) {
            self.http2.get_or_init(|| self.settings.http2_clients());
            self.uses_http2.store(true, Ordering::Relaxed);
        }
    }

    /// Records that a request got no answer. The server behind the name may have changed, so the first client
    /// finds out again which version it uses.
    pub(super) fn record_failure(&self) {
        self.uses_http2.store(false, Ordering::Relaxed);
    }
}

impl ClientSettings {
    /// Returns the clients that HTTP/2 needs in addition to the first.
    fn http2_clients(&self) -> Vec<Client> {
        let all = self.max_in_flight.div_ceil(REQUESTS_PER_CONNECTION).min(MAX_CONNECTIONS);
        // The first client was built from the same settings; should one fail now, there are fewer.
        (1..all).filter_map(|_| self.client(&["h2"]).ok()).collect()
    }

    fn client(&self, versions: &[&str]) -> reqwest::Result<Client> {
        let mut tls = self.tls.clone();
        tls.alpn_protocols = versions.iter().map(|version| version.as_bytes().to_vec()).collect();
        let builder = Client::builder()
            .user_agent(concat!("evenhand/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .connect_timeout(self.connect_timeout)
            .pool_max_idle_per_host(self.max_in_flight)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .http2_keep_alive_interval(PING_INTERVAL)
            .redirect(Policy::none())
            .tcp_nodelay(true);
        let builder = if versions == ["h2"] { builder.http2_prior_knowledge() } else { builder };
        builder.build()
    }
}

fn tls(encrypted: bool) -> std::result::Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?;
    // Without HTTPS no certificates are needed, and a minimal container has none.
    let builder = if encrypted {
        builder.with_platform_verifier()?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}

/// Returns the causes of an error without the URL, innermost last.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // The HTTP client's own error adds nothing to its cause.
        if parts.last() != Some(&text) && !text.starts_with("client error (") {
            parts.push(text);
        }
        next = cause.source();
    }
    if parts.is_empty() { "no further detail".to_owned() } else { parts.join(": ") }
}
