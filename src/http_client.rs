//! How the HTTP clients of this crate are made: TLS with the certificates of the system, the proxies of the
//! environment, no redirects.
//!
//! Redirects are never followed by a client, because a request may carry a key. A caller that may follow one does so
//! itself.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::client::proxy::matcher::Matcher;
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};
use rustls::crypto::ring::default_provider;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt as _;
use url::{Host, Url};

/// What to do where TLS cannot be set up.
pub(crate) const CERTIFICATES_HINT: &str =
    "install the system's certificates (the package ca-certificates)";

/// What the clients for one URL, or for several with the same scheme and host, have in common.
#[derive(Debug, Clone)]
pub(crate) struct ClientSettings {
    /// Loaded once, since loading the system's certificates takes milliseconds.
    tls: ClientConfig,
    connect_timeout: Duration,
    /// Whether the proxies of the environment apply.
    uses_proxy: bool,
}

impl ClientSettings {
    /// Returns the settings of clients for a URL, without opening a connection.
    ///
    /// # Errors
    ///
    /// The URL is one of HTTPS and the system has no certificates.
    pub(crate) fn new(url: &Url, connect_timeout: Duration) -> Result<Self, rustls::Error> {
        let tls = tls(url.scheme() == "https")?;
        Ok(Self { tls, connect_timeout, uses_proxy: !is_loopback(url) })
    }

    /// Returns a client that offers these versions of HTTP; `further` adds to its settings.
    ///
    /// # Errors
    ///
    /// A client cannot be made with these settings.
    pub(crate) fn client(
        &self,
        versions: &[&str],
        further: impl FnOnce(ClientBuilder) -> ClientBuilder,
    ) -> reqwest::Result<Client> {
        let mut tls = self.tls.clone();
        tls.alpn_protocols = versions.iter().map(|version| version.as_bytes().to_vec()).collect();
        let builder = Client::builder()
            .user_agent(concat!("evenhand/", env!("CARGO_PKG_VERSION")))
            .tls_backend_preconfigured(tls)
            .connect_timeout(self.connect_timeout)
            .redirect(Policy::none())
            .tcp_nodelay(true);
        let builder = if versions == ["h2"] { builder.http2_prior_knowledge() } else { builder };
        let builder = if self.uses_proxy { builder } else { builder.no_proxy() };
        further(builder).build()
    }
}

/// Returns whether a URL leads to this machine, which no proxy can reach for us.
pub(crate) fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_unspecified(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unspecified(),
        None => false,
    }
}

/// Returns the proxy of the environment that requests to a URL go through, without its user and password, as a part of
/// a sentence; empty without one.
pub(crate) fn proxy(url: &Url) -> String {
    let proxy = url.as_str().parse().ok().filter(|_| !is_loopback(url));
    let proxy = proxy.and_then(|uri| Matcher::from_system().intercept(&uri));
    let Some(proxy) = proxy else { return String::new() };
    let proxy = proxy.uri();
    let scheme = proxy.scheme_str().unwrap_or("http");
    let port = proxy.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    let host = proxy.host().unwrap_or_default();
    format!(" through the proxy {scheme}://{host}{port}")
}

fn tls(encrypted: bool) -> Result<ClientConfig, rustls::Error> {
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
pub(crate) fn causes(error: &dyn std::error::Error) -> String {
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
