//! Whether a server that was started is ready: it answers `GET /health` with success.
//!
//! The server of llama.cpp answers 503 there while it loads its model, and vLLM does not listen until it has. A server
//! without that path is ready when it lists its models at `GET /v1/models`, or says that it does so only with a key.
//! No key is sent, since it is not certain yet who answers.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;
use url::Url;

use super::listener::{Listener, listener};
use crate::error::{Error, Result};
use crate::input::JudgeSettings;
use crate::judge::http::Connections;

/// How long to wait between two questions.
const INTERVAL: Duration = Duration::from_millis(200);
/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long a server whose socket cannot be told from another program's must go on running: had another one taken its
/// port, it would end.
const PROBATION: Duration = Duration::from_secs(1);

/// Why a server cannot become ready.
#[derive(Debug)]
pub(super) enum Unready {
    /// A program of another user answers at its port.
    AnotherUser,
}

/// Asks a server whether it is ready.
#[derive(Debug)]
pub(super) struct Readiness {
    port: u16,
    connections: Connections,
    last_seen: Mutex<String>,
}

impl Readiness {
    /// Returns what asks the server at a port.
    pub(super) fn new(settings: &JudgeSettings, port: u16) -> Result<Self> {
        let connections = Connections::new(settings, &url(port, "/")?)?;
        Ok(Self { port, connections, last_seen: Mutex::new("it did not listen".to_owned()) })
    }

    /// Waits until the server is ready; `group` is its process group. The caller watches whether it still runs.
    pub(super) async fn wait(&self, group: u32) -> std::result::Result<(), Unready> {
        loop {
            if self.is_ready().await {
                match listener(self.port, group) {
                    Listener::OfGroup => return Ok(()),
                    Listener::AnotherUser => return Err(Unready::AnotherUser),
                    Listener::Unknown => {
                        sleep(PROBATION).await;
                        if self.is_ready().await {
                            return Ok(());
                        }
                    }
                }
            }
            sleep(INTERVAL).await;
        }
    }

    /// Returns what was seen of the server last, as a part of a sentence.
    pub(super) fn last_seen(&self) -> String {
        self.last_seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    async fn is_ready(&self) -> bool {
        match self.status("/health").await {
            Some(200..300) => true,
            None | Some(408 | 429 | 500..) => false,
            // There is no such path, or it needs a key.
            Some(_) => matches!(self.status("/v1/models").await, Some(200..300 | 401 | 403)),
        }
    }

    /// Returns the status of the answer to a request; `None` without an answer.
    async fn status(&self, path: &str) -> Option<u16> {
        let request = self.connections.client().get(url(self.port, path).ok()?).timeout(PATIENCE);
        let status = match request.send().await {
            Ok(response) => Ok(response.status().as_u16()),
            Err(error) if error.is_connect() => Err("it did not listen".to_owned()),
            Err(error) if error.is_timeout() => Err(format!("GET {path}: no answer")),
            Err(_) => Err(format!("GET {path}: no answer over HTTP")),
        };
        let seen = match &status {
            Ok(status) => format!("GET {path}: HTTP {status}"),
            Err(seen) => seen.clone(),
        };
        *self.last_seen.lock().unwrap_or_else(PoisonError::into_inner) = seen;
        status.ok()
    }
}

fn url(port: u16, path: &str) -> Result<Url> {
    Url::parse(&format!("http://127.0.0.1:{port}{path}"))
        .map_err(|error| Error::internal(format!("not a URL: {error}")))
}
