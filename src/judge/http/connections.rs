//! The HTTP clients of one endpoint: one for HTTP/1.1, several where the server speaks HTTP/2.
//!
//! A client opens as many HTTP/1.1 connections as there are requests in flight, but only one HTTP/2
//! connection, which all requests share. That gives a third of the throughput, and servers limit the requests
//! of one connection. So once an answer arrives over HTTP/2, requests are spread over several clients.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use http::Version;
use hyper_util::client::proxy::matcher::Matcher;
use reqwest::Client;
use reqwest::redirect::Policy;
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use url::{Host, Url};

use super::address::Address;
use crate::error::{Error, Result};
use crate::input::JudgeSettings;
use crate::judge::{CallError, CallErrorKind};

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
pub(in crate::judge) struct Connections {
    first: Client,
    /// Clients that use HTTP/2 only, so that each opens a single connection however many requests start at
    /// once.
    http2: OnceLock<Vec<Client>>,
    /// Whether requests use the HTTP/2 clients as well.
    uses_http2: AtomicBool,
    /// Counts requests, to choose clients in rotation.
    requests: AtomicUsize,
    settings: ClientSettings,
    /// The proxy that requests go through, as a part of a sentence; empty without one.
    proxy: String,
}

/// The settings that all clients share.
#[derive(Debug)]
struct ClientSettings {
    /// Loaded once, since loading the system's certificates takes milliseconds.
    tls: ClientConfig,
    max_in_flight: usize,
    connect_timeout: Duration,
    /// Whether the proxies of the environment apply.
    uses_proxy: bool,
}

impl Connections {
    /// Returns the clients of an endpoint, without opening a connection.
    ///
    /// # Errors
    ///
    /// The URL is one of HTTPS and the system has no certificates.
    pub(in crate::judge) fn new(settings: &JudgeSettings, url: &Url) -> Result<Self> {
        let failed = |why: String| {
            Error::input(format!("judges.{}: cannot set up HTTPS: {why}", settings.name))
                .hint("install the system's certificates (the package ca-certificates)")
        };
        let client_settings = ClientSettings {
            tls: tls(url.scheme() == "https").map_err(|error| failed(error.to_string()))?,
            max_in_flight: settings.max_in_flight,
            connect_timeout: settings.timeout.min(Duration::from_secs(10)),
            uses_proxy: !is_loopback(url),
        };
        let first =
            client_settings.client(&["h2", "http/1.1"]).map_err(|error| failed(causes(&error)))?;
        Ok(Self {
            first,
            http2: OnceLock::new(),
            uses_http2: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            settings: client_settings,
            proxy: proxy(url),
        })
    }

    /// Returns the client for the next request.
    pub(in crate::judge) fn client(&self) -> &Client {
        let http2 = match self.http2.get() {
            Some(http2) if self.uses_http2.load(Ordering::Relaxed) => http2.as_slice(),
            _ => &[],
        };
        let number = self.requests.fetch_add(1, Ordering::Relaxed) % (http2.len() + 1);
        http2.get(number).unwrap_or(&self.first)
    }

    /// Records the version of HTTP of an answer.
    pub(in crate::judge) fn record_version(&self, version: Version) {
        if version == Version::HTTP_2 && !self.uses_http2.load(Ordering::Relaxed) {
            self.http2.get_or_init(|| self.settings.http2_clients());
            self.uses_http2.store(true, Ordering::Relaxed);
        }
    }

    /// Returns the error for a request without an answer.
    pub(in crate::judge) fn failure(&self, error: &reqwest::Error, address: &Address) -> CallError {
        if !error.is_connect() {
            let kind = if was_dropped(error) {
                CallErrorKind::ConnectionDropped
            } else {
                CallErrorKind::Transient
            };
            return CallError::new(kind, format!("the request failed: {}{address}", causes(error)));
        }
        let causes = causes(error);
        let hint = if causes.contains("UnknownIssuer") {
            " (SSL_CERT_FILE can name a file of further certificate authorities to trust)"
        } else if causes.contains("InvalidContentType") {
            " (if the server does not use HTTPS, begin base_url with http://)"
        } else {
            ""
        };
        let (url, proxy) = (address.url(), &self.proxy);
        let message = format!("cannot connect to the endpoint at {url}{proxy}: {causes}{hint}");
        CallError::new(CallErrorKind::Unreachable, message)
    }

    /// Records that a request got no answer. The server behind the name may have changed, so the first client
    /// finds out again which version it uses.
    pub(in crate::judge) fn record_failure(&self) {
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
        let builder = if self.uses_proxy { builder } else { builder.no_proxy() };
        builder.build()
    }
}

/// Returns whether a URL leads to this machine, which no proxy can reach for us.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

/// Returns the proxy of the environment that requests to a URL go through, without its user and password.
fn proxy(url: &Url) -> String {
    let proxy = url.as_str().parse().ok().filter(|_| !is_loopback(url));
    let proxy = proxy.and_then(|uri| Matcher::from_system().intercept(&uri));
    let Some(proxy) = proxy else { return String::new() };
    let proxy = proxy.uri();
    let scheme = proxy.scheme_str().unwrap_or("http");
    let port = proxy.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let host = proxy.host().unwrap_or_default();
    format!(" through the proxy {scheme}://{host}{port}")
}

/// Returns whether the server closed the connection before it sent anything.
fn was_dropped(error: &reqwest::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<hyper::Error>() {
            return error.is_incomplete_message() || error.is_canceled();
        }
        cause = error.source();
    }
    false
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
pub(in crate::judge) fn causes(error: &dyn std::error::Error) -> String {
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
