//! Reads the JSON document of metrics, to put its scores into an entry.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use super::entry::{EntryMetric, ItemScore, SystemScore};
use crate::error::{Error, Result, Warning};
use crate::input::read_json;
use crate::store::RunFile;

/// What an entry takes from the document.
#[derive(Deserialize)]
struct Document {
    metrics: Vec<Metric>,
    #[serde(default)]
    items: Vec<Scored>,
}

#[derive(Deserialize)]
struct Metric {
    #[serde(rename = "metric")]
    name: String,
    #[serde(default)]
    signature: String,
    systems: Vec<SystemScore>,
}

#[derive(Deserialize)]
struct Scored {
    id: String,
    system: String,
    metric: String,
    value: Option<f64>,
}

/// Reads the scores of the systems of a run, and those of single responses if the document has them. Scores of other
/// systems and items are left out, and counted in a warning.
///
/// # Errors
///
/// The file cannot be read, is no such document, or has no score of a system of the run.
pub fn read_metrics(path: &Path, run: &RunFile) -> Result<(Vec<EntryMetric>, Vec<Warning>)> {
    let shown = path.display();
    let document: Document =
        serde_path_to_error::deserialize(read_json(path)?).map_err(|error| {
            Error::input(format!("{shown}: {}: {}", error.path(), error.inner()))
                .hint("the file must be the JSON document of metrics on the items of the run")
        })?;
    let systems: HashSet<String> = run.systems()?.into_iter().collect();
    let mut ids = HashSet::new();
    run.rows_where(|row| {
        ids.insert(row.id.clone());
        true
    })?;
    let (mut found, mut others) = (Vec::new(), 0);
    for Metric { name, signature, systems: scores } in document.metrics {
        let all = scores.len();
        let scores: Vec<SystemScore> =
            scores.into_iter().filter(|score| systems.contains(&score.system)).collect();
        others += (all - scores.len()) as u64;
        if !scores.is_empty() {
            found.push(EntryMetric { metric: name, signature, systems: scores, items: Vec::new() });
        }
    }
    if found.is_empty() {
        let names: Vec<&str> = systems.iter().map(String::as_str).collect();
        return Err(Error::input(format!("{shown}: no metric has a score of a system of the run"))
            .hint(format!("the systems of the run are: {}", names.join(", "))));
    }
    let mut unknown = 0;
    for Scored { id, system, metric, value } in document.items {
        if !ids.contains(&id) || !systems.contains(&system) {
            unknown += 1;
            continue;
        }
        let place = found.iter_mut().find(|one| one.metric == metric);
        if let (Some(place), Some(value)) = (place, value.filter(|value| value.is_finite())) {
            place.items.push(ItemScore { id, system, value });
        }
    }
    let left_out = Warning::counted(
        "metrics-unmatched",
        others + unknown,
        ["score", "scores"],
        &format!("of other systems or items in {shown} left out"),
    );
    Ok((found, left_out.into_iter().collect()))
}
