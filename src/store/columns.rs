//! The columns of an attempt in a run file.

use std::sync::LazyLock;

/// Declares the columns of an attempt, in the order in which queries select and write them.
macro_rules! columns {
    ($($column:ident = $name:literal),+ $(,)?) => {
        /// A column of an attempt.
        #[derive(Clone, Copy)]
        pub(super) enum Column {
            $($column),+
        }

        /// The names of the columns.
        pub(super) const NAMES: &[&str] = &[$($name),+];
    };
}

// Some names are older than those of the fields; they stay, since run files have them.
columns! {
    Comparison = "comparison",
    Judge = "judge",
    BFirst = "b_first",
    Repeat = "repeat",
    Number = "number",
    Result = "ending",
    Request = "request",
    BySchema = "by_schema",
    Reply = "reply",
    Refusal = "refusal",
    Logprobs = "logprobs",
    Error = "error",
    Status = "status",
    FinishReason = "finish_reason",
    PromptTokens = "prompt_tokens",
    CompletionTokens = "completion_tokens",
    Cost = "cost",
    LatencyMs = "latency_ms",
    Model = "model",
    Fingerprint = "fingerprint",
    Reused = "reused",
    Unsettled = "unsettled",
    CachedTokens = "cached_tokens",
    CacheWriteTokens = "cache_write_tokens",
    ReasoningTokens = "reasoning_tokens",
    Reasoning = "reasoning",
    Vote = "vote",
    Probability = "probability",
    OrderUnknown = "order_unknown",
    Grade = "grade",
    Batched = "batched",
}

/// The columns that the first run files of this format lack, with their types. A program that does not know
/// them reads and writes the others.
pub(super) const ADDED: [(&str, &str); 9] = [
    ("cached_tokens", "INTEGER"),
    ("cache_write_tokens", "INTEGER"),
    ("reasoning_tokens", "INTEGER"),
    ("reasoning", "TEXT"),
    ("vote", "TEXT"),
    ("probability", "REAL"),
    ("order_unknown", "INTEGER"),
    ("grade", "TEXT"),
    ("batched", "INTEGER"),
];

/// The columns of an attempt for a `SELECT`; a query may select further ones after them.
pub(super) static COLUMNS: LazyLock<String> = LazyLock::new(|| NAMES.join(", "));

/// Returns the columns of an attempt for a `SELECT` from a file that has those that `exists` says of [`ADDED`], with
/// nulls for the others.
pub(super) fn columns_with(exists: impl Fn(&str) -> bool) -> String {
    let is_added = |name: &str| ADDED.iter().any(|(added, _)| *added == name);
    let column = |name: &&str| {
        let is_absent = is_added(name) && !exists(name);
        if is_absent { format!("NULL AS {name}") } else { (*name).to_owned() }
    };
    NAMES.iter().map(column).collect::<Vec<_>>().join(", ")
}
