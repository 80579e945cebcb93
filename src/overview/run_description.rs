//! What a run is: its rubric, its judges, its systems, and when it was begun.

use serde::Serialize;
use serde_json::{Map, Value};

use std::collections::{BTreeSet, HashSet};
use std::time::{Duration, UNIX_EPOCH};

use crate::calibration::Part;
use crate::error::Result;
use crate::input::{Api, Criterion};
use crate::store::{RunFile, ServedModel, StoredJudge};

/// What a run is.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RunDescription {
    /// The run file.
    pub file: String,
    /// When the run was begun, in RFC 3339.
    pub begun: String,
    /// The version of the program that began it.
    pub begun_by: String,
    /// The rubric that the replies were read with.
    pub rubric: RubricDescription,
    /// The seed of the orders.
    pub seed: u64,
    /// How often each order was asked.
    pub repeat: u32,
    /// The system that all others are compared with, if there is one.
    pub baseline: Option<String>,
    /// The systems that are compared, in byte order.
    pub systems: Vec<String>,
    /// The items that the numbers are about.
    pub items: u64,
    /// The comparisons that the numbers are about.
    pub comparisons: u64,
    /// How these were selected; left out where they are the whole run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub selection: Vec<String>,
    /// The half of the items that the numbers are about; `None` for both.
    pub part: Option<Part>,
    /// The judges of the run.
    pub judges: Vec<JudgeDescription>,
}

/// What a rubric asks for.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct RubricDescription {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The question to the judge; `None` if it was redacted.
    pub description: Option<String>,
    /// Whether the judge may answer "tie".
    pub ties: bool,
    /// How votes are read from replies: `json`, `pattern` or `logprobs`.
    pub format: &'static str,
    /// The named aspects, in the order in which they are asked.
    pub criteria: Vec<CriterionDescription>,
    /// The BLAKE3 digest of the rubric file, in hexadecimal.
    pub digest: String,
    /// A digest of all that the requests depend on: rubric, prompts, and what they render to.
    pub requests: String,
}

/// One named aspect of a rubric.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct CriterionDescription {
    /// Its name.
    pub name: String,
    /// What is asked; `None` if it was redacted.
    pub description: Option<String>,
}

/// A judge with its settings, and the models that answered for it.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JudgeDescription {
    /// Its name.
    pub name: String,
    /// The model that was asked for.
    pub model: String,
    /// The form of requests that the endpoint expects.
    pub api: Api,
    /// The program that was started to serve the model, with a digest of its command; left out where none was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<String>,
    /// The program that is the judge, with a digest of its command; left out for another judge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The endpoint; `None` for a judge without one, for one whose servers were started, or if it was redacted.
    pub base_url: Option<String>,
    /// Further endpoints that are replicas of the first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub replicas: Vec<String>,
    /// Sampling temperature; `None` for a judge without one, or where the server chooses it.
    pub temperature: Option<f64>,
    /// The most tokens of a reply; `None` for a judge without such a limit, or where the server chooses it.
    pub max_tokens: Option<u64>,
    /// Further fields of the request.
    pub extra: Map<String, Value>,
    /// The models that the server named in its replies, the most frequent first.
    pub served: Vec<ServedModel>,
}

impl RunDescription {
    /// Describes a run as far as it is selected.
    ///
    /// # Errors
    ///
    /// The run cannot be read.
    pub(super) fn of(run: &RunFile, part: Option<Part>, selection: &[String]) -> Result<Self> {
        let (mut systems, mut items, mut comparisons) = (BTreeSet::new(), HashSet::new(), 0);
        run.rows_where(|comparison| {
            for system in &comparison.between {
                if !systems.contains(system) {
                    systems.insert(system.clone());
                }
            }
            items.insert(comparison.item);
            comparisons += 1;
            false
        })?;
        let manifest = run.manifest();
        let begun = UNIX_EPOCH + Duration::from_secs(manifest.created);
        let judges = run.asked_judges().iter().map(|judge| JudgeDescription::of(run, judge));
        Ok(Self {
            file: run.path().display().to_string(),
            begun: humantime::format_rfc3339_seconds(begun).to_string(),
            begun_by: manifest.evenhand.clone(),
            rubric: RubricDescription::of(run),
            seed: manifest.seed,
            repeat: manifest.repeat,
            baseline: manifest.baseline.clone(),
            systems: systems.into_iter().collect(),
            items: items.len() as u64,
            comparisons,
            selection: selection.to_vec(),
            part,
            judges: judges.collect::<Result<_>>()?,
        })
    }
}

impl RubricDescription {
    fn of(run: &RunFile) -> Self {
        let rubric = run.rubric();
        let criterion = |Criterion { name, description, .. }: &Criterion| CriterionDescription {
            name: name.clone(),
            description: Some(description.clone()),
        };
        Self {
            name: rubric.name.clone(),
            version: rubric.version.clone(),
            description: Some(rubric.description.clone()),
            ties: rubric.ties,
            format: rubric.reply.name(),
            criteria: rubric.criteria.iter().map(criterion).collect(),
            digest: blake3::hash(run.rubric_text().as_bytes()).to_hex().to_string(),
            requests: run.manifest().rendering.clone(),
        }
    }
}

impl JudgeDescription {
    pub(super) fn of(run: &RunFile, judge: &StoredJudge) -> Result<Self> {
        let record = &judge.record;
        Ok(Self {
            name: record.name.clone(),
            model: record.model.clone(),
            api: record.api,
            start: record.start.clone(),
            command: record.command.clone(),
            base_url: record.base_url.clone(),
            replicas: record.replicas.clone(),
            temperature: record.temperature,
            max_tokens: record.max_tokens,
            extra: record.extra.clone(),
            served: run.served_models(&record.name)?,
        })
    }
}
