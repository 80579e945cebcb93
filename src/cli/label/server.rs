//! Connections: how many, how long, and how they end.
//!
//! A slow or silent client holds one connection for a limited time and nothing else; at the end, requests that have
//! begun are answered.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use evenhand::{Error, Result};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

/// The most connections at a time; more wait until one of them ends.
const MOST_CONNECTIONS: usize = 256;
/// How long a client may take for the head of a request, or send none.
const HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// How long a connection may be used; the browser opens another.
const LONGEST_CONNECTION: Duration = Duration::from_mins(10);
/// How long requests that have begun have to end.
const GRACE: Duration = Duration::from_secs(10);
/// The most bytes of the head of a request.
const MOST_HEAD_BYTES: usize = 32 * 1024;
/// The pause after an error of the operating system, such as too many open files.
const PAUSE: Duration = Duration::from_millis(200);

/// Opens the socket that is served.
///
/// # Errors
///
/// The address is not one of this machine, or the port is in use.
pub(super) async fn listen(host: &str, port: u16) -> Result<(TcpListener, SocketAddr)> {
    let failed = |error: std::io::Error| {
        let hint = match error.kind() {
            std::io::ErrorKind::AddrInUse => {
                "another program uses this port: name another one with --port, or none"
            }
            std::io::ErrorKind::PermissionDenied => "name a port above 1023 with --port, or none",
            _ => "--host must be an address or a name of this machine",
        };
        Error::input(format!("cannot serve at {host}, port {port}: {error}"))
            .hint(hint)
            .caused_by(error)
    };
    let listener = TcpListener::bind((host, port)).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// Answers requests until `stop` is cancelled, then finishes those that have begun.
pub(super) async fn serve(listener: TcpListener, site: Router, stop: &CancellationToken) {
    let mut connections = FuturesUnordered::new();
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => {}
            Some(()) = connections.next(), if !connections.is_empty() => {}
            accepted = listener.accept(), if connections.len() < MOST_CONNECTIONS => match accepted {
                Ok((stream, _)) => connections.push(serve_connection(stream, site.clone(), stop)),
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
    drop(listener);
    while connections.next().await.is_some() {}
}

async fn serve_connection(stream: TcpStream, site: Router, stop: &CancellationToken) {
    // A page waits for small answers; without this, some would wait for others.
    let _is_only_slower = stream.set_nodelay(true);
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_header_size(MOST_HEAD_BYTES)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(site));
    let mut connection = pin!(connection);
    tokio::select! {
        _ended = connection.as_mut() => return,
        () = stop.cancelled() => {}
        () = sleep(LONGEST_CONNECTION) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _either_way_it_ends = timeout(GRACE, connection).await;
}
