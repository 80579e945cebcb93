//! The HTTP clients of one endpoint: one for HTTP/1.1, several where the server speaks HTTP/2.
//!
//! A client opens as many HTTP/1.1 connections as there are requests in flight, but never more than one of
//! HTTP/2, which all requests then share: a third of the throughput, and servers cap what one connection
//! may carry. So requests are spread over further clients once an answer shows which of the two it is.
//! Nothing here knows what is asked or answered.

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

/// Requests in flight that one HTTP/2 connection is to carry; common servers allow 100.
const REQUESTS_PER_CONNECTION: usize = 32;
/// More connections bring nothing.
const MOST_CONNECTIONS: usize = 16;
/// Uvicorn and Node close a connection that has been idle for 5 seconds. A request that leaves at that very
/// moment is lost, so an idle connection is given up before.
const IDLE: Duration = Duration::from_secs(4);
/// All requests of an HTTP/2 connection hang when a router on the way forgets it, and so do those to come.
const PING: Duration = Duration::from_secs(30);

/// What sends the requests of one endpoint.
#[derive(Debug)]
pub(super) struct Connections {
    first: Client,
    /// Clients that speak HTTP/2 only, so that each opens a single connection however many requests come at
    /// once.
    further: OnceLock<Vec<Client>>,
    /// Whether requests go to the further clients as well.
    spread: AtomicBool,
    turn: AtomicUsize,
    recipe: Recipe,
}

/// What a client is made of.
#[derive(Debug)]
struct Recipe {
    /// Loading the system's certificates takes milliseconds, so all clients share them.
    tls: ClientConfig,
    max_in_flight: usize,
    connect_timeout: Duration,
}

impl Connections {
    /// Returns the connections to a server, none of them open yet.
    ///
    /// # Errors
    ///
    /// `encrypted` is set and the system has no certificates.
    pub(super) fn new(settings: &JudgeSettings, encrypted: bool) -> Result<Self> {
        let failed = |why: String| {
            Error::input(format!("judges.{}: cannot set up HTTPS: {why}", settings.name))
                .hint("the system's certificates are missing; install the package ca-certificates")
        };
        let recipe = Recipe {
            tls: tls(encrypted).map_err(|error| failed(error.to_string()))?,
            max_in_flight: settings.max_in_flight,
            connect_timeout: settings.timeout.min(Duration::from_secs(10)),
        };
        let first = recipe.client(&["h2", "http/1.1"]).map_err(|error| failed(causes(&error)))?;
        Ok(Self {
            first,
            further: OnceLock::new(),
            spread: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
            recipe,
        })
    }

    /// Returns the client whose turn it is.
    pub(super) fn client(&self) -> &Client {
        let further = match self.further.get() {
            Some(further) if self.spread.load(Ordering::Relaxed) => further.as_slice(),
            _ => &[],
        };
        let turn = self.turn.fetch_add(1, Ordering::Relaxed) % (further.len() + 1);
        further.get(turn).unwrap_or(&self.first)
    }

    /// Takes note of the version of HTTP that an answer came in.
    pub(super) fn record_version(&self, version: Version) {
        if version == Version::HTTP_2 && !self.spread.load(Ordering::Relaxed) {
            self.further.get_or_init(|| self.recipe.further());
            self.spread.store(true, Ordering::Relaxed);
        }
    }

    /// Takes note that a request was not answered: whatever stands behind the server's name may have
    /// changed. The first client finds out which version it speaks now.
    pub(super) fn record_failure(&self) {
        self.spread.store(false, Ordering::Relaxed);
    }
}

impl Recipe {
    /// Makes the clients that HTTP/2 needs beside the first.
    fn further(&self) -> Vec<Client> {
        let all = self.max_in_flight.div_ceil(REQUESTS_PER_CONNECTION).min(MOST_CONNECTIONS);
        // The same recipe has made a client before; should it not any more, there are fewer of them.
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
            .pool_idle_timeout(IDLE)
            .http2_keep_alive_interval(PING)
            .redirect(Policy::none())
            .tcp_nodelay(true);
        let builder = if versions == ["h2"] { builder.http2_prior_knowledge() } else { builder };
        builder.build()
    }
}

fn tls(encrypted: bool) -> std::result::Result<ClientConfig, rustls::Error> {
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()?;
    // A local server needs no certificates, and a bare container has none.
    let builder = if encrypted {
        builder.with_platform_verifier()?
    } else {
        builder.with_root_certificates(RootCertStore::empty())
    };
    Ok(builder.with_no_client_auth())
}

/// The causes of an error without the URL, innermost last.
pub(super) fn causes(error: &dyn std::error::Error) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        // The client's own layer only says that its request failed.
        if parts.last() != Some(&text) && !text.starts_with("client error (") {
            parts.push(text);
        }
        next = cause.source();
    }
    if parts.is_empty() { "no further detail".to_owned() } else { parts.join(": ") }
}
