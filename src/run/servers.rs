//! The servers that are started for a judge: they run as long as it is asked.

use super::retry::StopReason;
use super::worker::JudgeWorker;
use crate::error::Result;
use crate::input::{EndpointSettings, ServerCommand};
use crate::judge::{StartError, StartedServers, StartsServers};

impl JudgeWorker<'_> {
    /// Asks, with the judge's servers running if it has some to start; ends its program if it is one. Where servers do
    /// not start, the judge is stopped,
    /// so that nothing is asked. A server that ends is sent no further request; where all have ended, the judge is
    /// stopped.
    ///
    /// # Errors
    ///
    /// The command cannot be started, which stops the other judges, too; or that of `asking`.
    pub(super) async fn with_servers(
        &self,
        asking: impl Future<Output = Result<()>>,
    ) -> Result<()> {
        let Some(starter) = self.judge.starter else {
            let asked = asking.await;
            self.judge.model.end().await;
            return asked;
        };
        let mut servers = self.start(starter).await?;
        let watched = async {
            match &mut servers {
                Some(servers) => self.watch(starter, servers).await,
                None => std::future::pending().await,
            }
        };
        let asked = tokio::select! {
            biased;
            asked = asking => asked,
            () = watched => Ok(()),
        };
        if let Some(servers) = &mut servers {
            servers.stop().await;
        }
        asked
    }

    /// Starts the servers; `None` if they do not become ready, or no request may be sent any more.
    async fn start(&self, starter: &dyn StartsServers) -> Result<Option<StartedServers>> {
        let judge = self.judge.settings;
        let command = judge.endpoint().and_then(EndpointSettings::server_command);
        let command = command.map(ServerCommand::shown).unwrap_or_default();
        let _shown = self.context.progress.record_starting(&judge.name, command);
        match self.unless_stopped(starter.start(&self.context.ports)).await {
            None => Ok(None),
            Some(Ok(servers)) => Ok(Some(servers)),
            Some(Err(StartError::Server(message))) => {
                self.stop_judge(StopReason::NotStarted, || message);
                Ok(None)
            }
            Some(Err(StartError::Command(error))) => {
                // As for any other mistake in the settings, nothing is asked until it is corrected.
                self.context.cancel.cancel();
                Err(error)
            }
        }
    }

    /// Reads the output of the servers and waits for those that end; never ends by itself.
    async fn watch(&self, starter: &dyn StartsServers, servers: &mut StartedServers) {
        loop {
            let ended = servers.next_end().await;
            tracing::info!(
                judge = self.judge.settings.name,
                server = ended.base_url,
                "server ended"
            );
            starter.retire(&ended);
            if servers.have_ended() {
                self.stop_judge(StopReason::ServerEnded, || ended.message);
            }
        }
    }
}
