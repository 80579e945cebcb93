//! Batches at an endpoint, whatever the form of its API.

use reqwest::header::HeaderMap;

use super::find::find;
use super::results::{custom_id, read_files};
use super::server::{Line, LineAnswer};
use super::{
    BatchAnswer, BatchApi, BatchFuture, BatchLimits, BatchLine, BatchResults, BatchStatus,
    FoundBatch, SoughtBatch,
};
use crate::input::Message;
use crate::judge::endpoint::{Endpoint, Server};
use crate::judge::http::{Replicas, error_in_success, rejection};
use crate::judge::{CallError, CallErrorKind};

impl<S: Server> BatchApi for Endpoint<S> {
    fn limits(&self) -> BatchLimits {
        S::LIMITS
    }

    fn line(&self, token: &str, number: u64, messages: &[Message]) -> Result<BatchLine, CallError> {
        let not_json = |error: serde_json::Error| {
            CallError::new(CallErrorKind::RequestRejected, error.to_string())
        };
        let (body, schema_requested) = self.batched_body(messages).map_err(not_json)?;
        let line = S::line(&custom_id(token, number), body);
        let json = serde_json::to_vec(&line).map_err(not_json)?;
        Ok(BatchLine { json, schema_requested })
    }

    fn upload<'a>(&'a self, token: &'a str, lines: &'a [u8]) -> BatchFuture<'a, Option<String>> {
        Box::pin(async move {
            let servers = self.servers();
            self.redacted(only(&servers)?.upload(token, lines).await)
        })
    }

    fn create<'a>(
        &'a self,
        token: &'a str,
        input: Option<&'a str>,
        lines: &'a [u8],
    ) -> BatchFuture<'a, String> {
        Box::pin(async move {
            let servers = self.servers();
            self.redacted(only(&servers)?.create(token, input, lines).await)
        })
    }

    fn find<'a>(&'a self, sought: SoughtBatch<'a>) -> BatchFuture<'a, FoundBatch> {
        Box::pin(async move {
            let servers = self.servers();
            self.redacted(find(only(&servers)?, sought).await)
        })
    }

    fn status<'a>(&'a self, id: &'a str) -> BatchFuture<'a, BatchStatus> {
        Box::pin(async move {
            let servers = self.servers();
            self.redacted(only(&servers)?.status(id).await)
        })
    }

    fn results<'a>(
        &'a self,
        token: &'a str,
        requests: u64,
        status: &'a BatchStatus,
    ) -> BatchFuture<'a, BatchResults> {
        Box::pin(async move {
            let servers = self.servers();
            let files = self.redacted(only(&servers)?.download(status).await)?;
            Ok(read_files::<S>((token, requests), &files, |line| self.read_line(line)))
        })
    }
}

impl<S: Server> Endpoint<S> {
    /// Reads what a line of a batch's answers says, as if it were the answer to a single request.
    fn read_line(&self, line: Line) -> BatchAnswer {
        let error = match line.answer {
            LineAnswer::NotProcessed(why) => return BatchAnswer::NotProcessed(why),
            LineAnswer::Http { status, body } if (200..300).contains(&status) => {
                match self.read(body, Some(status)) {
                    Ok(reply) => return BatchAnswer::Reply(Box::new(reply)),
                    Err(error) => error,
                }
            }
            LineAnswer::Http { status, body } => match only(&self.servers()) {
                Ok(server) => {
                    let body = self.secrets().redact(body.to_string());
                    let headers = HeaderMap::new();
                    rejection(status, &headers, body.as_bytes(), self.secrets(), server.address())
                }
                Err(error) => error,
            },
            LineAnswer::Error(mut error) => {
                self.secrets().redact_json(&mut error);
                error_in_success(&error, None)
            }
        };
        BatchAnswer::Failed(Box::new(CallError {
            message: self.secrets().redact(error.message),
            ..error
        }))
    }

    fn redacted<T>(&self, answer: Result<T, CallError>) -> Result<T, CallError> {
        answer.map_err(|error| CallError { message: self.secrets().redact(error.message), ..error })
    }
}

/// Returns the server of an endpoint that has one; batches are never divided over replicas.
fn only<S>(servers: &Replicas<S>) -> Result<&S, CallError> {
    servers.only().ok_or_else(|| {
        let message = "batches need an endpoint with one base URL";
        CallError::new(CallErrorKind::EndpointRejected, message)
    })
}
