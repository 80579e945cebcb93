//! Message batches: the requests are sent when a batch is created, and nothing names it until it has ended.

use std::time::SystemTime;

use serde_json::{Value, json};

use super::client::MessagesServer;
use crate::judge::batch::{
    BatchLimits, BatchPhase, BatchServer, BatchStatus, Line, LineAnswer, ListedBatch, ListedPage,
};
use crate::judge::endpoint::text_field;
use crate::judge::{CallError, CallErrorKind};

impl BatchServer for MessagesServer {
    // The provider takes 100,000 requests and 256 MB; a batch is held in memory while it is sent.
    const LIMITS: BatchLimits = BatchLimits { requests: 20_000, bytes: 100_000_000 };

    fn line(custom_id: &str, body: Value) -> Value {
        json!({ "custom_id": custom_id, "params": body })
    }

    async fn upload(&self, _token: &str, _lines: &[u8]) -> Result<Option<String>, CallError> {
        Ok(None)
    }

    async fn create(
        &self,
        _token: &str,
        _input: Option<&str>,
        lines: &[u8],
    ) -> Result<String, CallError> {
        let lines = lines.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let mut body = br#"{"requests":["#.to_vec();
        body.extend(lines.collect::<Vec<_>>().join(&b','));
        body.extend(b"]}");
        let http = self.http();
        let created = http.post_json(http.url(&["messages", "batches"]), body).await?;
        let id = text_field(Some(&created), "id").filter(|id| !id.is_empty());
        id.ok_or_else(|| not_understood("the id of a batch"))
    }

    async fn list(&self, after: Option<&str>) -> Result<ListedPage, CallError> {
        let http = self.http();
        let mut url = http.url(&["messages", "batches"]);
        url.query_pairs_mut().append_pair("limit", "100");
        if let Some(after) = after {
            url.query_pairs_mut().append_pair("after_id", after);
        }
        let page = http.get_json(url).await?;
        let Some(data) = page.get("data").and_then(Value::as_array) else {
            return Err(not_understood("a list of batches"));
        };
        let batches = data.iter().filter_map(listed).collect();
        let next = text_field(Some(&page), "last_id").filter(|_| page["has_more"] == true);
        Ok(ListedPage { batches, next })
    }

    async fn status(&self, id: &str) -> Result<BatchStatus, CallError> {
        let http = self.http();
        let batch = http.get_json(http.url(&["messages", "batches", id])).await?;
        let phase = match batch["processing_status"].as_str() {
            Some("ended") => BatchPhase::Ended,
            Some(_) => BatchPhase::Running,
            None => return Err(not_understood("the status of a batch")),
        };
        let is_set = |field: &str| batch.get(field).is_some_and(|value| !value.is_null());
        Ok(BatchStatus {
            id: id.to_owned(),
            phase,
            answered: count(&batch, &["succeeded", "errored", "canceled", "expired"]),
            was_cancelled: is_set("cancel_initiated_at"),
            has_expired: count(&batch, &["expired"]) > 0,
            files: Vec::new(),
        })
    }

    async fn download(&self, status: &BatchStatus) -> Result<Vec<Vec<u8>>, CallError> {
        let http = self.http();
        // Not the URL that the status names: the key goes to no other host.
        let url = http.url(&["messages", "batches", &status.id, "results"]);
        Ok(vec![http.get_file(url).await?])
    }

    fn read_line(line: &Value) -> Option<Line> {
        let custom_id = text_field(Some(line), "custom_id")?;
        let result = &line["result"];
        let answer = match result["type"].as_str()? {
            "succeeded" => LineAnswer::Http { status: 200, body: result["message"].clone() },
            "expired" => LineAnswer::NotProcessed("the batch expired"),
            "canceled" => LineAnswer::NotProcessed("the batch was cancelled"),
            _ => LineAnswer::Error(result["error"].clone()),
        };
        Some(Line { custom_id, answer })
    }
}

fn listed(batch: &Value) -> Option<ListedBatch> {
    let created = batch["created_at"].as_str();
    // The parser reads no offset, which is always that of UTC.
    let created = created.map(|text| text.replace("+00:00", "Z"));
    let created = created.and_then(|text| humantime::parse_rfc3339(&text).ok());
    let since_1970 = created.and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
    let all = ["processing", "succeeded", "errored", "canceled", "expired"];
    Some(ListedBatch {
        id: text_field(Some(batch), "id")?,
        created: since_1970.map(|since| since.as_secs()),
        identity: None,
        requests: batch.get("request_counts").map(|_| count(batch, &all)),
        has_ended: batch["processing_status"] == "ended",
    })
}

fn count(batch: &Value, names: &[&str]) -> u64 {
    names.iter().map(|name| batch["request_counts"][*name].as_u64().unwrap_or(0)).sum()
}

fn not_understood(what: &str) -> CallError {
    let message = format!("the answer of the server is not {what}");
    CallError { status: Some(200), ..CallError::new(CallErrorKind::NoCompletion, message) }
}
