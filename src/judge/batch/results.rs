//! Reading the answers of a batch, which come in any order and may be cut off or repeated.

use std::collections::btree_map::Entry;

use serde_json::Value;

use super::server::{BatchServer, Line};
use super::{BatchAnswer, BatchResults};

/// Returns the name of a request in a batch.
pub(super) fn custom_id(token: &str, number: u64) -> String {
    format!("{token}-{number}")
}

/// Reads the files of the answers of a batch of that name and that many requests; `answer` is what a line says.
pub(super) fn read_files<S: BatchServer>(
    (token, requests): (&str, u64),
    files: &[Vec<u8>],
    mut answer: impl FnMut(Line) -> BatchAnswer,
) -> BatchResults {
    let mut results = BatchResults::default();
    for line in files.iter().flat_map(|file| lines(file)) {
        let Ok(value) = serde_json::from_slice::<Value>(line) else {
            results.broken += 1;
            continue;
        };
        results.lines += 1;
        let read = S::read_line(&value);
        let number = read.as_ref().and_then(|line| number(token, &line.custom_id));
        let number = number.filter(|number| *number < requests);
        let Some((line, number)) = read.zip(number) else {
            results.unknown += 1;
            continue;
        };
        match results.answers.entry(number) {
            Entry::Vacant(first) => {
                first.insert(answer(line));
            }
            Entry::Occupied(_) => results.repeated += 1,
        }
    }
    results
}

/// Returns the name of the first request that a file answers.
pub(super) fn first_id<S: BatchServer>(file: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(lines(file).next()?).ok()?;
    S::read_line(&value).map(|line| line.custom_id)
}

fn lines(file: &[u8]) -> impl Iterator<Item = &[u8]> {
    file.split(|byte| *byte == b'\n').filter(|line| !line.trim_ascii().is_empty())
}

/// Returns the place of a request in the batch of that name.
fn number(token: &str, custom_id: &str) -> Option<u64> {
    let number = custom_id.strip_prefix(token)?.strip_prefix('-')?.parse().ok()?;
    // No other spelling of the same number.
    (self::custom_id(token, number) == custom_id).then_some(number)
}
