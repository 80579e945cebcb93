//! The HTTP clients of one endpoint: one for HTTP/1.1, several where the server speaks HTTP/2.
//!
//! A client opens as many HTTP/1.1 connections as there are requests in flight, but only one HTTP/2
//! connection, which all requests share. That gives a third of the throughput, and servers limit the requests
//! of one connection. So once an answer arrives over HTTP/2, requests are spread over several clients.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use http::Version;
use reqwest::Client;
use url::Url;

use super::address::Address;
use crate::error::{Error, Result};
use crate::http_client::{CERTIFICATES_HINT, ClientSettings, causes, proxy};
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
    max_in_flight: usize,
    /// The proxy that requests go through, as a part of a sentence; empty without one.
    proxy: String,
}

impl Connections {
    /// Returns the clients of an endpoint, without opening a connection.
    ///
    /// # Errors
    ///
    /// The URL is one of HTTPS and the system has no certificates.
    pub(in crate::judge) fn new(settings: &JudgeSettings, url: &Url) -> Result<Self> {
        let failed = |why: String| {
            Error::input(format!("{}: cannot set up HTTPS: {why}", settings.place))
                .hint(CERTIFICATES_HINT)
        };
        let max_in_flight = settings.max_in_flight;
        let client_settings =
            ClientSettings::new(url, settings.timeout.min(Duration::from_secs(10)))
                .map_err(|error| failed(error.to_string()))?;
        let first = client(&client_settings, &["h2", "http/1.1"], max_in_flight)
            .map_err(|error| failed(causes(&error)))?;
        Ok(Self {
            first,
            http2: OnceLock::new(),
            uses_http2: AtomicBool::new(false),
            requests: AtomicUsize::new(0),
            settings: client_settings,
            max_in_flight,
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
            self.http2.get_or_init(|| self.http2_clients());
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

    /// Returns the clients that HTTP/2 needs in addition to the first.
    fn http2_clients(&self) -> Vec<Client> {
        let all = self.max_in_flight.div_ceil(REQUESTS_PER_CONNECTION).min(MAX_CONNECTIONS);
        // The first client was built from the same settings; should one fail now, there are fewer.
        (1..all).filter_map(|_| client(&self.settings, &["h2"], self.max_in_flight).ok()).collect()
    }

    /// Records that a request got no answer. The server behind the name may have changed, so the first client
    /// finds out again which version it uses.
    pub(in crate::judge) fn record_failure(&self) {
        self.uses_http2.store(false, Ordering::Relaxed);
    }
}

/// Returns a client for requests to a judge, of which so many are in flight at most.
fn client(
    settings: &ClientSettings,
    versions: &[&str],
    max_in_flight: usize,
) -> reqwest::Result<Client> {
    settings.client(versions, |builder| {
        builder
            .pool_max_idle_per_host(max_in_flight)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .http2_keep_alive_interval(PING_INTERVAL)
    })
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
