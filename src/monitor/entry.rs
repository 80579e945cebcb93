//! An entry of a history: what later checks need of one run, without any text.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::keyed_hash::KeyedHash;
use crate::stats::Estimate;
use crate::vote::Grade;

/// The newest format of entries. It is raised when older programs would misread an entry.
pub const FORMAT: u32 = 2;

/// One run in a history, as a line of the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Entry {
    /// The version of the format: 1 for comparisons, 2 for graded responses.
    pub format: u32,
    /// The entry's name: a digest of everything in it but the five fields after this one.
    pub entry: String,
    /// A digest of the name and of the four fields after this one, so that a changed line is noticed.
    pub seal: String,
    /// When it was added, in seconds since 1970.
    pub added: u64,
    /// How many entries there were before it, where it was added: the order of runs that began in the same second.
    pub after: u64,
    /// Whether the run belongs to the baseline that later ones are compared with.
    pub baseline: bool,
    /// Whether a new baseline begins with the run, whatever was in the baseline before it.
    pub begins: bool,
    /// The run.
    pub run: EntryRun,
    /// Who judged.
    pub judge: EntryJudge,
    /// The labels that the verdicts were compared with, if any.
    pub labels: Option<EntryLabels>,
    /// The items, as far as the comparisons need them.
    pub items: Vec<EntryItem>,
    /// What was judged: the comparisons with their verdicts, or the responses with their grades.
    #[serde(rename = "comparisons")]
    pub units: Vec<EntryUnit>,
    /// The scores of metrics, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metrics: Vec<EntryMetric>,
}

/// The run of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryRun {
    /// The name of the run file, without its folder.
    pub file: String,
    /// When the run began, in seconds since 1970.
    pub begun: u64,
    /// A digest of the manifest and of the judges.
    pub manifest: String,
    /// The program that made it.
    pub evenhand: String,
    /// The name of the rubric.
    pub rubric: String,
    /// Its version.
    pub version: String,
    /// A digest of the rubric with its prompts and of how replies are read.
    pub rubric_digest: String,
    /// How often each order was asked.
    pub repeat: u32,
    /// The system that all others are compared with, if there is one.
    pub baseline_system: Option<String>,
    /// The systems that were listed apart from the items, the newest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<String>,
    /// The scale of a rubric that grades single responses; `None` if it compares responses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scale: Option<EntryScale>,
}

/// The scale of a run of grades.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryScale {
    /// The names of its steps, the worst first.
    pub steps: Vec<String>,
    /// The place of the first step that passes; `None` if the rubric does not say what passes.
    pub pass_from: Option<u32>,
    /// Whether the judge may say that a response cannot be assessed.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cannot_assess: bool,
}

/// Who judged: one judge, or a jury of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryJudge {
    /// The judge's name, or `jury`.
    pub name: String,
    /// The judges, one or several.
    pub models: Vec<EntryModel>,
}

/// One judge with the model behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryModel {
    /// The judge's name.
    pub judge: String,
    /// The model that was asked for.
    pub model: String,
    /// What it is.
    pub kind: JudgeKind,
    /// A digest of everything that its replies depend on.
    pub settings: String,
    /// The models that its server named, the most frequent first.
    pub served: Vec<EntryServed>,
}

/// What a judge is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JudgeKind {
    /// A model at an endpoint.
    Endpoint,
    /// A rule, which always answers alike.
    Rule,
    /// Recorded replies.
    Recording,
    /// A program of the user, which is asked in lines.
    Program,
    /// A model that a program supplied.
    Supplied,
}

/// A model as a server named it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryServed {
    /// The name; `None` where the server gave none.
    pub model: Option<String>,
    /// The fingerprint; `None` where the server gave none.
    pub fingerprint: Option<String>,
    /// The replies with both.
    pub replies: u64,
}

/// The labels of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryLabels {
    /// The name of the file, without its folder.
    pub file: String,
    /// How many comparisons or responses have a label of a majority.
    pub labelled: u64,
}

/// An item of an entry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryItem {
    /// Its id.
    pub id: String,
    /// A digest of prompt, reference and context.
    pub text: String,
    /// How many prompts of the traffic it stands for: the inverse of the probability with which it was drawn; `None` if
    /// that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// The length of the prompt, in characters.
    pub length: u64,
    /// The language of the prompt: see [`language`](crate::traffic::language).
    pub language: String,
    /// Its tags, without those that say how it was drawn.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

/// What was judged: a comparison of two responses, or a response that was graded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryUnit {
    /// The place of its item among those of the entry.
    pub item: u32,
    /// The systems whose responses were judged: the two of a comparison, in byte order, or the one that was graded.
    #[serde(rename = "between")]
    pub systems: Vec<String>,
    /// A digest of the response of each system.
    pub responses: Vec<String>,
    /// The mean length of the responses, in characters.
    pub length: u64,
    /// How it ended.
    pub outcome: String,
    /// The verdict if it was kept: the system that won or `tie`; of a response, its grade.
    #[serde(rename = "winner")]
    pub verdict: Option<String>,
    /// What each order says in the same words, the one with the first system shown first, or with the scale as it is
    /// written, before the other; `None` without a readable answer. Empty for a jury.
    pub orders: Vec<Option<String>>,
    /// What it is worth, over both orders and all judges, from 0 to 1: a comparison to its second system; a response as its
    /// share of passes or, where the rubric does not say what passes, as its place on the scale. `None` while it is not
    /// answered.
    pub score: Option<f64>,
    /// The share of pairs of repeats that give different verdicts; `None` without repeats.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<f64>,
    /// What most people say, in the words of the verdict; `None` without a label or a majority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

/// The scores of one metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct EntryMetric {
    /// The name of the metric.
    pub metric: String,
    /// The settings behind the scores.
    pub signature: String,
    /// The score of each system.
    pub systems: Vec<SystemScore>,
    /// The scores of single responses, where the document has them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub items: Vec<ItemScore>,
}

/// The score of a system by a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SystemScore {
    /// The system.
    pub system: String,
    /// The score over all items.
    pub score: Estimate,
}

/// The score of one response by a metric.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ItemScore {
    /// The item's id.
    pub id: String,
    /// The system.
    pub system: String,
    /// The score.
    pub value: f64,
}

impl Entry {
    /// Returns the digest of the contents, which names the entry.
    ///
    /// # Errors
    ///
    /// The contents cannot be written as JSON.
    pub fn digest(&self) -> Result<String> {
        let contents = (
            self.format,
            &self.run,
            &self.judge,
            &self.labels,
            &self.items,
            &self.units,
            &self.metrics,
        );
        let text = serde_json::to_string(&contents)
            .map_err(|error| Error::internal(format!("cannot write an entry: {error}")))?;
        Ok(short_digest(&KeyedHash::new("evenhand: entry of a history").text(&text)))
    }

    /// Returns the digest of the name and of how the entry is part of the history.
    pub(super) fn seal(&self) -> String {
        let Self { entry, added, after, baseline, begins, .. } = self;
        let text = format!("{entry} {added} {after} {baseline} {begins}");
        short_digest(&KeyedHash::new("evenhand: line of a history").text(&text))
    }

    /// Returns whether an entry was judged by the same judge, asked in the same way.
    pub(super) fn is_judged_like(&self, other: &Self) -> bool {
        let asked = |entry: &Self| {
            let models = entry.judge.models.iter();
            let models: Vec<(String, String, String)> = models
                .map(|one| (one.judge.clone(), one.model.clone(), one.settings.clone()))
                .collect();
            let run = &entry.run;
            (entry.judge.name.clone(), models, run.rubric_digest.clone(), run.repeat)
        };
        asked(self) == asked(other)
    }

    /// Returns the item of what was judged.
    pub(super) fn item(&self, unit: &EntryUnit) -> &EntryItem {
        &self.items[unit.item as usize]
    }

    /// Returns whether all judges are rules, which always answer alike.
    pub(super) fn is_rule(&self) -> bool {
        self.judge.models.iter().all(|model| model.kind == JudgeKind::Rule)
    }

    /// Returns whether the judge may say that a response cannot be assessed.
    pub(super) fn may_be_not_assessed(&self) -> bool {
        self.run.scale.as_ref().is_some_and(|scale| scale.cannot_assess)
    }

    /// Returns whether the entry has grades of single responses.
    pub fn has_grades(&self) -> bool {
        self.run.scale.is_some()
    }

    /// Checks what reading an entry as JSON does not: that references lead somewhere and numbers are in range.
    pub(super) fn problem(&self) -> Option<String> {
        for (at, item) in self.items.iter().enumerate() {
            if item.weight.is_some_and(|weight| !(1.0..=1e30).contains(&weight)) {
                return Some(format!("items[{at}].weight is out of range"));
            }
        }
        let is_in_range = |scale: &EntryScale| {
            let steps = scale.steps.len();
            steps >= 2 && scale.pass_from.is_none_or(|lowest| (lowest as usize) < steps)
        };
        if !self.run.scale.as_ref().is_none_or(is_in_range) {
            return Some("run.scale is out of range".to_owned());
        }
        let systems = if self.has_grades() { 1 } else { 2 };
        for (at, unit) in self.units.iter().enumerate() {
            let wrong = |field: &str| Some(format!("comparisons[{at}].{field} is out of range"));
            let is_share =
                |value: Option<f64>| value.is_none_or(|value| (0.0..=1.0).contains(&value));
            if unit.item as usize >= self.items.len() {
                return wrong("item");
            }
            if unit.systems.len() != systems {
                return wrong("between");
            }
            if unit.responses.len() != systems {
                return wrong("responses");
            }
            if !is_share(unit.score) {
                return wrong("score");
            }
            if !is_share(unit.noise) {
                return wrong("noise");
            }
            if !matches!(unit.orders.len(), 0 | 2) {
                return wrong("orders");
            }
        }
        None
    }
}

impl EntryUnit {
    /// Returns whether it was judged: it was asked, and did not fail.
    pub(super) fn is_answered(&self) -> bool {
        !matches!(self.outcome.as_str(), "pending" | "failed")
    }

    /// Returns whether the judge decided it.
    pub(super) fn is_kept(&self) -> bool {
        self.outcome == "kept"
    }

    /// Returns whether another one ended alike.
    pub(super) fn ended_like(&self, other: &Self) -> bool {
        (&self.outcome, &self.verdict) == (&other.outcome, &other.verdict)
    }

    /// Returns the share of its replies that disagree with a label, or of its verdict if it has no orders; a reply
    /// without a readable answer disagrees. `None` while it is not answered.
    pub(super) fn disagreement(&self, label: &str) -> Option<f64> {
        self.share_of_replies(|said| said != Some(label))
    }

    /// Returns the share of its replies that say that the response cannot be assessed, or whether its grade does if it has
    /// no orders. `None` while it is not answered.
    pub(super) fn not_assessed(&self) -> Option<f64> {
        self.share_of_replies(|said| said == Some(Grade::CANNOT_ASSESS))
    }

    fn share_of_replies(&self, is_one: impl Fn(Option<&str>) -> bool) -> Option<f64> {
        if !self.is_answered() {
            return None;
        }
        if self.orders.is_empty() {
            return Some(f64::from(u8::from(is_one(self.verdict.as_deref()))));
        }
        let number = self.orders.iter().filter(|said| is_one(said.as_deref())).count();
        Some(number as f64 / self.orders.len() as f64)
    }
}

/// Returns a hash as it is written in a history: enough digits that no two are equal by chance.
pub(super) fn short_digest(hash: &KeyedHash) -> String {
    format!("{:016x}", hash.number())
}
