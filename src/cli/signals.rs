//! Ctrl-C and SIGTERM: the first stops issuing, a second one aborts.

use std::sync::atomic::{AtomicU8, Ordering};

use evenhand::ExitCode;
use tokio_util::sync::CancellationToken;

/// What signals have asked for so far.
#[derive(Debug, Default)]
pub(crate) struct Signals {
    /// Set by the first signal: nothing new shall leave.
    pub(crate) stop: CancellationToken,
    code: AtomicU8,
}

impl Signals {
    /// Returns the exit code of the first signal, if there was one.
    pub(crate) fn exit_code(&self) -> Option<ExitCode> {
        match self.code.load(Ordering::Relaxed) {
            0 => None,
            code if code == ExitCode::Terminated as u8 => Some(ExitCode::Terminated),
            _ => Some(ExitCode::Interrupted),
        }
    }

    /// Waits for signals; the first one cancels `stop`, the second one ends the wait. It listens from the call on, so that
    /// no signal is missed until the future is waited for.
    pub(crate) fn watch(&self, on_first: impl Fn()) -> impl Future<Output = std::io::Result<()>> {
        let signals = Listener::new();
        async move {
            let mut signals = signals?;
            let code = signals.next().await?;
            self.code.store(code as u8, Ordering::Relaxed);
            self.stop.cancel();
            on_first();
            signals.next().await?;
            Ok(())
        }
    }
}

#[cfg(unix)]
struct Listener {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Listener {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> std::io::Result<ExitCode> {
        tokio::select! {
            _ = self.interrupt.recv() => Ok(ExitCode::Interrupted),
            _ = self.terminate.recv() => Ok(ExitCode::Terminated),
        }
    }
}

#[cfg(not(unix))]
struct Listener;

#[cfg(not(unix))]
impl Listener {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> std::io::Result<ExitCode> {
        tokio::signal::ctrl_c().await?;
        Ok(ExitCode::Interrupted)
    }
}
