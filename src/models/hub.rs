//! Fetching files from the model hub: one request a file, resumed where it was cut.
//!
//! The address names a commit and the manifest names the checksum, so nothing that a server does can change what is
//! installed. The size bounds what is written before the checksum is known.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::header::{
    ACCEPT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, HeaderMap, IF_RANGE,
    LOCATION, RANGE,
};
use reqwest::{Client, Response, StatusCode};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::event::PullEvent;
use super::manifest::{HubSource, Model, ModelFile};
use super::options::HubOptions;
use super::partial::{Part, Partial, with_checksums};
use super::step::{SourceFailure, Step, Stop, Watch, check_cancelled};
use crate::error::{Error, Remedy};
use crate::http_client::{CERTIFICATES_HINT, ClientSettings, causes, is_loopback, proxy};

/// How long a connection may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How many redirects are followed; the hub needs one or two.
const MAX_REDIRECTS: usize = 5;
/// The header in which the hub says why it refuses a request.
const HUB_REASON: &str = "x-error-message";

/// The model hub, or a mirror of it.
pub(super) struct Hub<'a> {
    options: &'a HubOptions,
    cancel: &'a CancellationToken,
    /// A client for each scheme, with and without the proxies of the environment.
    clients: HashMap<(String, bool), Client>,
    /// Whether any request has been answered.
    has_answered: bool,
}

/// Why one try of a file ended without all of it.
enum Interruption {
    /// The step is over.
    Stop(Stop),
    /// Another try may succeed.
    Passing(Error),
    /// What was fetched before is of no use; the next try starts from nothing.
    StartAgain,
}

impl From<Stop> for Interruption {
    fn from(stop: Stop) -> Self {
        Self::Stop(stop)
    }
}

impl<'a> Hub<'a> {
    pub(super) fn new(options: &'a HubOptions, cancel: &'a CancellationToken) -> Self {
        Self { options, cancel, clients: HashMap::new(), has_answered: false }
    }

    /// Fetches all files that are missing.
    pub(super) async fn fetch(
        &mut self,
        model: &Model,
        source: &HubSource,
        partial: &mut Partial<'_>,
        watch: &mut Watch<'_>,
    ) -> Step<()> {
        for file in partial.missing() {
            let url = source.url(&self.options.endpoint, &file.name).map_err(Stop::refused)?;
            self.fetch_file(model, file, &url, partial, watch).await?;
        }
        Ok(())
    }

    /// Fetches a file, with as many tries as a bad connection needs.
    async fn fetch_file<'m>(
        &mut self,
        model: &Model,
        file: &'m ModelFile,
        url: &Url,
        partial: &mut Partial<'m>,
        watch: &mut Watch<'_>,
    ) -> Step<()> {
        let mut part = partial.part(file, watch).await?;
        let mut kept = part.length();
        if kept > 0 {
            watch.report(PullEvent::Resumes { file: &file.name, at: kept, size: file.size });
        }
        let (mut failures, mut restarts, mut has_received) = (0, 0, false);
        loop {
            let before = part.length();
            match self.receive(url, &mut part, watch).await {
                Ok(()) => {
                    let Err(found) = partial.complete(part, watch)? else { return Ok(()) };
                    if kept == 0 {
                        return Err(Stop::refused(other_checksum(url, file, found)));
                    }
                    // What an earlier process left may be at fault.
                    watch.report(PullEvent::StartsAgain { file: &file.name });
                    kept = 0;
                    part = partial.part(file, watch).await?;
                }
                Err(Interruption::Stop(stop)) => return Err(stop),
                Err(Interruption::StartAgain) => {
                    restarts += 1;
                    if restarts > self.options.tries {
                        let message = format!(
                            "{}: the server gives no usable answer to requests \
                                               for a part of the file",
                            shown(url)
                        );
                        return Err(Stop::refused(Error::endpoint(message)));
                    }
                    watch.report(PullEvent::StartsAgain { file: &file.name });
                    part.clear()?;
                    kept = 0;
                }
                Err(Interruption::Passing(error)) => {
                    has_received |= part.length() > before;
                    failures = if part.length() > before { 1 } else { failures + 1 };
                    if failures >= self.options.tries {
                        return Err(given_up(model, &part, error, has_received));
                    }
                    let wait = self.options.first_wait * 2_u32.pow(failures.min(10) - 1);
                    watch.report(PullEvent::TriesAgain { reason: &error.to_string(), wait });
                    wait_for(wait, watch).await?;
                }
            }
        }
    }

    /// Asks for the bytes that are missing, once, and writes them.
    async fn receive(
        &mut self,
        url: &Url,
        part: &mut Part<'_>,
        watch: &mut Watch<'_>,
    ) -> Result<(), Interruption> {
        check_cancelled(watch.cancel).await?;
        if part.room() == 0 {
            return Ok(());
        }
        let mut response = self.ask(url, part).await?;
        self.accept(url, &response, part)?;
        loop {
            let chunk = tokio::select! {
                chunk = response.chunk() => chunk,
                () = watch.cancel.cancelled() => return Err(Stop::Cancelled.into()),
            };
            match chunk {
                Ok(Some(bytes)) if bytes.len() as u64 <= part.room() => {
                    part.write(&bytes)?;
                    watch.at(part.length());
                }
                Ok(Some(_)) => {
                    part.clear()?;
                    let size = part.file.size;
                    let message = format!(
                        "{}: the server sends more than the {size} bytes of the file",
                        shown(url)
                    );
                    return Err(Stop::refused(Error::endpoint(message)).into());
                }
                Ok(None) if part.room() == 0 => return Ok(()),
                Ok(None) => {
                    let (length, size) = (part.length(), part.file.size);
                    let message =
                        format!("{}: the answer ended after {length} of {size} bytes", shown(url));
                    return Err(Interruption::Passing(Error::endpoint(message)));
                }
                Err(error) => {
                    let message =
                        format!("{}: the connection broke: {}", shown(url), causes(&error));
                    return Err(Interruption::Passing(Error::endpoint(message)));
                }
            }
        }
    }

    /// Sends the request, and follows redirects to where the file is kept.
    async fn ask(&mut self, url: &Url, part: &Part<'_>) -> Result<Response, Interruption> {
        let mut at = url.clone();
        for _ in 0..=MAX_REDIRECTS {
            let client = self.client(&at)?;
            let mut request = client.get(at.clone()).header(ACCEPT_ENCODING, "identity");
            if part.length() > 0 {
                request = request.header(RANGE, format!("bytes={}-", part.length()));
                if let Some(etag) = part.etag() {
                    request = request.header(IF_RANGE, etag);
                }
            }
            let answer = tokio::select! {
                answer = request.send() => answer,
                () = self.cancel.cancelled() => return Err(Stop::Cancelled.into()),
            };
            let response = match answer {
                Ok(response) => response,
                // Where nothing was ever reached, this machine is probably offline: waiting will not help.
                Err(error) if error.is_connect() && !self.has_answered => {
                    return Err(Stop::refused(no_answer(&at, &error)).into());
                }
                Err(error) => return Err(Interruption::Passing(no_answer(&at, &error))),
            };
            self.has_answered = true;
            if !response.status().is_redirection() {
                return Ok(response);
            }
            at = self.redirect(&at, &response)?;
        }
        let message = format!("{}: more than {MAX_REDIRECTS} redirects", shown(url));
        Err(Stop::refused(Error::endpoint(message)).into())
    }

    /// Returns where a redirect leads, unless it must not be followed: from an endpoint of HTTPS to a connection that
    /// others can read, or from this machine's own server to that of someone else.
    fn redirect(&self, from: &Url, response: &Response) -> Step<Url> {
        let refused = |why: String| {
            let message = format!("{}: HTTP {} {why}", shown(from), response.status().as_u16());
            Stop::refused(Error::endpoint(message))
        };
        let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let to = location.and_then(|location| from.join(location).ok());
        let Some(to) = to else { return Err(refused("redirects to no address".to_owned())) };
        let endpoint = &self.options.endpoint;
        let is_plain_allowed = endpoint.scheme() == "http"
            && to.scheme() == "http"
            && (to.origin() == endpoint.origin() || is_loopback(endpoint) && is_loopback(&to));
        if to.scheme() == "https" || is_plain_allowed {
            Ok(to)
        } else {
            Err(refused(format!("redirects to {}, which does not use HTTPS", shown(&to))))
        }
    }

    /// Checks that an answer continues the part; clears the part if it has the whole file instead.
    fn accept(
        &self,
        url: &Url,
        response: &Response,
        part: &mut Part<'_>,
    ) -> Result<(), Interruption> {
        let headers = response.headers();
        let etag = text(headers, ETAG.as_str()).filter(|etag| !etag.starts_with("W/"));
        match response.status() {
            StatusCode::OK => {
                if is_html(headers) {
                    let message = format!(
                        "{}: the server answered with an HTML page instead of the file",
                        shown(url)
                    );
                    let error = Error::endpoint(message)
                        .detail("a login page or a proxy may answer in its place");
                    return Err(Stop::refused(error).into());
                }
                let size = part.file.size;
                let length = text(headers, CONTENT_LENGTH.as_str());
                if let Some(length) = length.filter(|length| *length != size.to_string()) {
                    let message = format!(
                        "{}: the file of the server has {length} bytes instead of {size}",
                        shown(url)
                    );
                    return Err(Stop::refused(Error::endpoint(message)).into());
                }
                // The server does not resume, or the file has changed.
                part.clear()?;
                part.set_etag(etag)?;
                Ok(())
            }
            StatusCode::PARTIAL_CONTENT => {
                let size = part.file.size;
                let expected = format!("bytes {}-{}/{size}", part.length(), size - 1);
                let is_expected = text(headers, CONTENT_RANGE.as_str()) == Some(&expected);
                let known = part.etag();
                let is_same = known.is_none() || etag.is_none() || known.as_deref() == etag;
                if part.length() > 0 && is_expected && is_same {
                    Ok(())
                } else {
                    Err(Interruption::StartAgain)
                }
            }
            StatusCode::RANGE_NOT_SATISFIABLE if part.length() > 0 => Err(Interruption::StartAgain),
            status => Err(self.refusal(url, status, headers)),
        }
    }

    /// Returns what an answer without the file means.
    fn refusal(&self, url: &Url, status: StatusCode, headers: &HeaderMap) -> Interruption {
        let reason = text(headers, HUB_REASON).map(one_line);
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        let error = Error::endpoint(format!("{}: HTTP {}{reason}", shown(url), status.as_u16()));
        let error = match status.as_u16() {
            401 | 403 => error.detail(
                "the server gives this file only to those it knows; \
                                       the hub answers so for repositories that do not exist, too",
            ),
            404 => error.detail(format!(
                "the server at {} has no such file",
                shown(&self.options.endpoint)
            )),
            407 => error.detail("the proxy demands a user and a password"),
            _ => error,
        };
        match status.as_u16() {
            408 | 425 | 429 | 500..=599 => Interruption::Passing(error),
            _ => Stop::refused(error).into(),
        }
    }

    /// Returns the client for a URL.
    fn client(&mut self, url: &Url) -> Step<Client> {
        let kind = (url.scheme().to_owned(), is_loopback(url));
        if let Some(client) = self.clients.get(&kind) {
            return Ok(client.clone());
        }
        let failed = |why: String| {
            let error = Error::input(format!("cannot set up HTTPS: {why}")).hint(CERTIFICATES_HINT);
            Stop::refused(error)
        };
        let settings =
            ClientSettings::new(url, CONNECT_TIMEOUT).map_err(|error| failed(error.to_string()))?;
        let timeout = self.options.read_timeout;
        let client = settings
            .client(&["h2", "http/1.1"], |builder| builder.gzip(false).read_timeout(timeout))
            .map_err(|error| failed(causes(&error)))?;
        self.clients.insert(kind, client.clone());
        Ok(client)
    }
}

/// Waits before another try, unless it is cancelled.
async fn wait_for(wait: Duration, watch: &Watch<'_>) -> Step<()> {
    tokio::select! {
        () = tokio::time::sleep(wait) => Ok(()),
        () = watch.cancel.cancelled() => Err(Stop::Cancelled),
    }
}

/// Returns the end of a file that every try was cut at.
fn given_up(model: &Model, part: &Part<'_>, error: Error, has_received: bool) -> Stop {
    let (name, length, size) = (&part.file.name, part.length(), part.file.size);
    if !has_received {
        return Stop::refused(error);
    }
    let error = Error::incomplete(format!("{name}: {length} of {size} bytes were fetched"))
        .detail(error.to_string())
        .suggest(Remedy::ResumeModel(model.name.clone()));
    Stop::Source(SourceFailure { error, is_resumable: true })
}

fn other_checksum(url: &Url, file: &ModelFile, found: super::digest::Sha256) -> Error {
    let message =
        format!("{}: the server's file is not the one that the manifest names", shown(url));
    with_checksums(Error::endpoint(message), file.sha256, found)
}

/// Returns the error for a request without an answer.
fn no_answer(url: &Url, error: &reqwest::Error) -> Error {
    let causes = causes(error);
    if !error.is_connect() {
        return Error::endpoint(format!("{}: the request failed: {causes}", shown(url)));
    }
    let host = url.host_str().unwrap_or_default();
    let error = Error::endpoint(format!("cannot connect to {host}{}: {causes}", proxy(url)));
    if causes.contains("UnknownIssuer") {
        error.detail("SSL_CERT_FILE can name a file of further certificate authorities to trust")
    } else {
        error
    }
}

/// Returns an address without query, user and password, which may be secret.
pub(super) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    // They can be neither set nor removed where a URL has no host, and then it has none.
    let _has_no_user = shown.set_username("").and_then(|()| shown.set_password(None)).is_err();
    shown.set_query(None);
    shown.set_fragment(None);
    shown.to_string()
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn is_html(headers: &HeaderMap) -> bool {
    text(headers, CONTENT_TYPE.as_str()).is_some_and(|kind| kind.starts_with("text/html"))
}

/// Returns a text of a server or a program as one line of at most 200 characters.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").chars().take(200).collect()
}
