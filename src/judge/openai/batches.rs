//! Batches in the form of `OpenAI`: a file of requests is uploaded, a batch is made of it, and its answers are files again.
//!
//! The requests are sent over the HTTP that all endpoints share and not through async-openai, whose downloads have no limit
//! of their size.

use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use super::client::OpenAiServer;
use crate::judge::batch::{
    BatchLimits, BatchPhase, BatchServer, BatchStatus, Line, LineAnswer, ListedBatch,
    ListedIdentity, ListedPage,
};
use crate::judge::endpoint::text_field;
use crate::judge::http::one_line;
use crate::judge::{CallError, CallErrorKind};

/// The requests of a batch, whatever the base URL.
const ENDPOINT: &str = "/v1/chat/completions";
/// The name under which a batch keeps its token.
const METADATA: &str = "evenhand";

impl BatchServer for OpenAiServer {
    // The provider takes 50,000 requests and 200 MB; a batch is held in memory while it is sent.
    const LIMITS: BatchLimits = BatchLimits { requests: 20_000, bytes: 100_000_000 };

    fn line(custom_id: &str, body: Value) -> Value {
        json!({ "custom_id": custom_id, "method": "POST", "url": ENDPOINT, "body": body })
    }

    async fn upload(&self, token: &str, lines: &[u8]) -> Result<Option<String>, CallError> {
        let failed = |error: reqwest::Error| {
            CallError::new(CallErrorKind::RequestRejected, error.to_string())
        };
        let file = Part::bytes(lines.to_vec())
            .file_name(format!("evenhand-{token}.jsonl"))
            .mime_str("application/jsonl")
            .map_err(failed)?;
        let form = Form::new().text("purpose", "batch").part("file", file);
        let http = self.http();
        let uploaded = http.post_form(http.url(&["files"]), form).await?;
        id_of(&uploaded, "file").map(Some)
    }

    async fn create(
        &self,
        token: &str,
        input: Option<&str>,
        _lines: &[u8],
    ) -> Result<String, CallError> {
        let body = json!({
            "input_file_id": input,
            "endpoint": ENDPOINT,
            "completion_window": "24h",
            "metadata": { METADATA: token },
        });
        let http = self.http();
        let created = http.post_json(http.url(&["batches"]), body.to_string().into_bytes()).await?;
        id_of(&created, "batch")
    }

    async fn list(&self, after: Option<&str>) -> Result<ListedPage, CallError> {
        let http = self.http();
        let mut url = http.url(&["batches"]);
        url.query_pairs_mut().append_pair("limit", "100");
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after", after);
        }
        let page = http.get_json(url).await?;
        let Some(data) = page.get("data").and_then(Value::as_array) else {
            return Err(not_understood("a list of batches"));
        };
        let batches: Vec<ListedBatch> = data.iter().filter_map(listed).collect();
        let last = batches.last().map(|batch| batch.id.clone());
        let next = last.filter(|_| page["has_more"] == true);
        Ok(ListedPage { batches, next })
    }

    async fn status(&self, id: &str) -> Result<BatchStatus, CallError> {
        let http = self.http();
        let batch = http.get_json(http.url(&["batches", id])).await?;
        let status = batch["status"].as_str().unwrap_or_default();
        let phase = match status {
            "completed" | "expired" | "cancelled" => BatchPhase::Ended,
            "failed" => refused(&batch),
            "validating" | "in_progress" | "finalizing" | "cancelling" => BatchPhase::Running,
            _ => return Err(not_understood("the status of a batch")),
        };
        let counts = &batch["request_counts"];
        let count = |name: &str| counts[name].as_u64().unwrap_or(0);
        let files = ["output_file_id", "error_file_id"];
        let files = files.into_iter().filter_map(|field| text_field(Some(&batch), field));
        Ok(BatchStatus {
            id: id.to_owned(),
            phase,
            answered: count("completed") + count("failed"),
            was_cancelled: matches!(status, "cancelling" | "cancelled"),
            has_expired: status == "expired",
            files: files.filter(|file| !file.is_empty()).collect(),
        })
    }

    async fn download(&self, status: &BatchStatus) -> Result<Vec<Vec<u8>>, CallError> {
        let http = self.http();
        let mut files = Vec::new();
        for file in &status.files {
            files.push(http.get_file(http.url(&["files", file, "content"])).await?);
        }
        Ok(files)
    }

    fn read_line(line: &Value) -> Option<Line> {
        let custom_id = text_field(Some(line), "custom_id")?;
        let (response, error) = (&line["response"], &line["error"]);
        let answer = match (error["code"].as_str(), response["status_code"].as_u64()) {
            (Some("batch_expired"), _) => LineAnswer::NotProcessed("the batch expired"),
            (Some("batch_cancelled"), _) => LineAnswer::NotProcessed("the batch was cancelled"),
            (_, Some(status)) => LineAnswer::Http {
                status: u16::try_from(status).unwrap_or(500),
                body: response["body"].clone(),
            },
            _ => LineAnswer::Error(json!({ "error": error })),
        };
        Some(Line { custom_id, answer })
    }
}

fn listed(batch: &Value) -> Option<ListedBatch> {
    Some(ListedBatch {
        id: text_field(Some(batch), "id")?,
        created: batch["created_at"].as_u64(),
        identity: Some(ListedIdentity {
            token: text_field(batch.get("metadata"), METADATA),
            input: text_field(Some(batch), "input_file_id"),
        }),
        requests: None,
        has_ended: false,
    })
}

/// Returns why a batch was refused as a whole.
fn refused(batch: &Value) -> BatchPhase {
    let errors = batch["errors"]["data"].as_array().map(Vec::as_slice).unwrap_or_default();
    let code = |error: &Value| error["code"].as_str().unwrap_or_default().to_owned();
    let is_too_large = errors.iter().any(|error| {
        matches!(
            code(error).as_str(),
            "token_limit_exceeded" | "file_too_large" | "too_many_requests"
        )
    });
    let message = errors.first().and_then(|error| error["message"].as_str());
    let message = one_line(message.unwrap_or("the provider does not say why"));
    BatchPhase::Refused { message, is_too_large }
}

fn id_of(answer: &Value, what: &str) -> Result<String, CallError> {
    let id = text_field(Some(answer), "id").filter(|id| !id.is_empty());
    id.ok_or_else(|| not_understood(&format!("the id of a {what}")))
}

fn not_understood(what: &str) -> CallError {
    let message = format!("the answer of the server is not {what}");
    CallError { status: Some(200), ..CallError::new(CallErrorKind::NoCompletion, message) }
}
