//! Servers that are started for a judge, watched while it is asked, and stopped.
//!
//! Each server is a process with everything that it starts, on a free port of this machine. It is ready when it
//! answers over HTTP; until then, and while it is asked, its output is read so that it never waits for us, and the last
//! lines are kept for the case that it ends. However asking ends, the servers end: in order by
//! [`StartedServers::stop`], at once when the value is dropped, and by their guard when this process is killed.
//!
//! ```text
//! ServerCommand ─port→ ServerProcess ─readiness→ StartedServers ─next_end→ EndedServer
//! ```

mod listener;
mod output;
mod port;
mod process;
mod process_group;
mod readiness;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::future::{pending, select_all, try_join_all};
use tokio::sync::Barrier;
use tokio::time::timeout;

use self::process::ServerProcess;
use self::readiness::{Readiness, Unready};
use super::http::Secrets;
use crate::error::Error;
use crate::input::{JudgeSettings, ServerCommand};

pub(crate) use self::port::Ports;

/// How many ports are tried where another program takes the one that was free.
const MAX_PORTS: usize = 5;

/// The future that [`StartsServers::start`] returns.
pub(crate) type StartFuture<'a> =
    Pin<Box<dyn Future<Output = Result<StartedServers, StartError>> + Send + 'a>>;

/// An endpoint whose servers can be started.
pub(crate) trait StartsServers: Send + Sync + std::fmt::Debug {
    /// Starts the servers and waits until they are ready. From then on the endpoint sends its requests to them.
    fn start<'a>(&'a self, ports: &'a Ports) -> StartFuture<'a>;

    /// Sends no further request to a server that has ended: its port may be another program's by now.
    fn retire(&self, ended: &EndedServer);
}

/// Why servers do not run.
#[derive(Debug)]
pub(crate) enum StartError {
    /// The command cannot be started, or there is no port for it.
    Command(Error),
    /// A server was started and ended, or was not ready in time: lines that say why, its last ones included.
    Server(String),
}

/// A server that has ended.
#[derive(Debug)]
pub(crate) struct EndedServer {
    /// Where it was.
    pub(crate) base_url: String,
    /// How it ended and the last lines that it printed.
    pub(crate) message: String,
}

/// The running servers of one judge. They are killed when the value is dropped.
#[derive(Debug)]
pub(crate) struct StartedServers {
    servers: Vec<StartedServer>,
    secrets: Arc<Secrets>,
}

#[derive(Debug)]
struct StartedServer {
    base_url: String,
    process: ServerProcess,
    has_ended: bool,
}

impl StartedServers {
    /// Starts the servers of a judge, all at once, and waits until every one is ready.
    pub(super) async fn start(
        settings: &JudgeSettings,
        command: &ServerCommand,
        secrets: &Arc<Secrets>,
        ports: &Ports,
    ) -> Result<Self, StartError> {
        let all_ready = Barrier::new(command.replicas);
        let start = StartOfServer { settings, command, secrets, ports, all_ready: &all_ready };
        let servers = (0..command.replicas).map(|_| start.server());
        let servers = try_join_all(servers).await?;
        Ok(Self { servers, secrets: Arc::clone(secrets) })
    }

    /// Returns the base URLs of the servers.
    pub(super) fn base_urls(&self) -> Vec<String> {
        self.servers.iter().map(|server| server.base_url.clone()).collect()
    }

    /// Waits for the next server to end, and reads the output of all of them meanwhile; never ends if none runs. The
    /// future may be dropped and called again.
    pub(crate) async fn next_end(&mut self) -> EndedServer {
        let running = self.servers.iter_mut().filter(|server| !server.has_ended);
        let ends = running.map(|server| {
            Box::pin(async move {
                let exit = server.process.watch().await;
                (exit, server)
            })
        });
        let ends: Vec<_> = ends.collect();
        if ends.is_empty() {
            return pending().await;
        }
        let ((exit, server), ..) = select_all(ends).await;
        server.has_ended = true;
        let message = format!("the server that was started {exit}");
        let message = server.process.with_last_lines(&message, &self.secrets);
        EndedServer { base_url: server.base_url.clone(), message }
    }

    /// Returns whether all servers have ended.
    pub(crate) fn have_ended(&self) -> bool {
        self.servers.iter().all(|server| server.has_ended)
    }

    /// Asks the servers to end, waits for them, and kills what remains of them and of what they started.
    pub(crate) async fn stop(&mut self) {
        let stops = self.servers.iter_mut().map(|server| server.process.stop());
        futures_util::future::join_all(stops).await;
    }
}

/// What the start of each server of a judge has in common.
struct StartOfServer<'a> {
    settings: &'a JudgeSettings,
    command: &'a ServerCommand,
    secrets: &'a Secrets,
    ports: &'a Ports,
    /// Reached by each server that is ready.
    all_ready: &'a Barrier,
}

/// Why a server did not become ready.
enum Failure {
    /// Another program listens on its port.
    PortTaken(String),
    Final(StartError),
}

impl StartOfServer<'_> {
    /// Starts a server on a free port, and on another one where that is taken meanwhile.
    async fn server(&self) -> Result<StartedServer, StartError> {
        let mut taken = String::new();
        for _ in 0..MAX_PORTS {
            let port = self.ports.free().map_err(|error| {
                let message = format!("{}.start: no port is free: {error}", self.settings.place);
                StartError::Command(Error::internal(message).caused_by(error))
            })?;
            match self.server_at(port).await {
                Ok(server) => return Ok(server),
                Err(Failure::PortTaken(message)) => {
                    tracing::info!(
                        judge = self.settings.name,
                        port,
                        "port taken, trying another one"
                    );
                    taken = message;
                }
                Err(Failure::Final(error)) => return Err(error),
            }
        }
        let message =
            format!("{MAX_PORTS} ports that were free were taken by other programs; {taken}");
        Err(StartError::Server(message))
    }

    async fn server_at(&self, port: u16) -> Result<StartedServer, Failure> {
        let failed = |error| Failure::Final(StartError::Command(error));
        let readiness = Readiness::new(self.settings, port).map_err(failed)?;
        let mut process = ServerProcess::start(self.command, port)
            .map_err(|error| failed(self.not_started(error)))?;
        tracing::info!(judge = self.settings.name, port, "server started");
        let group = process.group_id();
        let limit = self.command.start_timeout;
        let outcome = tokio::select! {
            // A server that has ended is not ready, whoever answers at its port.
            biased;
            exit = process.watch() => Err(Some(exit)),
            ready = timeout(limit, readiness.wait(group)) => ready.map_err(|_| None),
        };
        let message = match outcome {
            Ok(Ok(())) => {
                tracing::info!(judge = self.settings.name, port, "server ready");
                // The output of one that waits for the others is read, too.
                tokio::select! {
                    biased;
                    exit = process.watch() => format!("the server {exit} while others were starting"),
                    _ = self.all_ready.wait() => {
                        let base_url = format!("http://127.0.0.1:{port}/v1");
                        return Ok(StartedServer { base_url, process, has_ended: false });
                    }
                }
            }
            Ok(Err(Unready::AnotherUser)) => {
                let message = format!("at port {port} a program of another user answers");
                return Err(Failure::PortTaken(message));
            }
            Err(Some(exit)) => {
                let message = format!("the server {exit} before it was ready");
                if port::is_taken(port) || process.says_port_is_taken() {
                    let message = process.with_last_lines(&message, self.secrets);
                    return Err(Failure::PortTaken(message));
                }
                message
            }
            Err(None) => format!(
                "the server was not ready within {} s (start_timeout_s): {}",
                limit.as_secs_f64(),
                readiness.last_seen()
            ),
        };
        Err(Failure::Final(StartError::Server(process.with_last_lines(&message, self.secrets))))
    }

    /// Returns the error for a command that the system does not start.
    fn not_started(&self, error: std::io::Error) -> Error {
        use std::io::ErrorKind;
        let command = self.command.shown();
        let message = format!("{}.start: cannot start `{command}`: {error}", self.settings.place);
        let hint = match error.kind() {
            ErrorKind::NotFound => {
                "install the program, or write its path; a path is relative to the settings file"
            }
            ErrorKind::PermissionDenied => {
                "make the file executable, or write the program that runs it"
            }
            _ => "try the command by itself",
        };
        Error::input(message).hint(hint).caused_by(error)
    }
}
