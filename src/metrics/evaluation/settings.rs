//! What is measured and how.

use std::collections::HashSet;

use crate::error::{Error, Remedy, Result};
use crate::input::Item;
use crate::metrics::bertscore::BertScore;
use crate::metrics::command::CommandMetric;
use crate::metrics::exact_match::SquadVersion;
use crate::metrics::json::Schema;
use crate::metrics::metric::Metric;
use crate::metrics::{Bleu, Rouge};

/// The settings of an evaluation; set the fields of [`EvaluationSettings::default`].
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct EvaluationSettings {
    /// The metrics, each at most once. If empty, defaults are chosen by the type of the references of the first
    /// items and by whether there is a schema.
    pub metrics: Vec<Metric>,
    /// The settings of ROUGE.
    pub rouge: Rouge,
    /// The settings of BLEU.
    pub bleu: Bleu,
    /// The version of `SQuAD`'s script that exact match and token F1 follow.
    pub squad: SquadVersion,
    /// The schema of [`Metric::JsonSchema`].
    pub schema: Option<Schema>,
    /// The encoder of [`Metric::BertScore`], and how it is used.
    pub bert_score: Option<BertScore>,
    /// The responses whose own scores are kept, which takes memory for each.
    pub keep_scores: KeepScores,
    /// The number of metrics and systems up to which slices by tag are computed.
    pub slice_limits: SliceLimits,
}

/// Which responses' own scores are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeepScores {
    /// None.
    #[default]
    None,
    /// Those of the items with these ids.
    OfItems(HashSet<String>),
    /// All.
    All,
}

impl KeepScores {
    /// Returns whether the scores of item `id` are kept.
    pub(super) fn includes(&self, id: &str) -> bool {
        match self {
            Self::None => false,
            Self::OfItems(ids) => ids.contains(id),
            Self::All => true,
        }
    }
}

/// Limits up to which slices by tag are computed; beyond one of them there are no slices at all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SliceLimits {
    /// The most metrics.
    pub metrics: usize,
    /// The most systems.
    pub systems: usize,
}

impl SliceLimits {
    /// No limits.
    pub const UNLIMITED: Self = Self { metrics: usize::MAX, systems: usize::MAX };
}

impl EvaluationSettings {
    /// Checks that the schema, the encoder and the programs of all metrics are there.
    ///
    /// # Errors
    ///
    /// A metric needs a schema or an encoder that is missing, or a program that is not among `commands`.
    pub(super) fn check(&self, commands: &[CommandMetric]) -> Result<()> {
        if self.metrics.contains(&Metric::JsonSchema) && self.schema.is_none() {
            return Err(
                Error::usage("the metric json-schema needs a schema").suggest(Remedy::SupplySchema)
            );
        }
        let encoded = self.metrics.iter().find(|metric| metric.needs_encoder());
        if let (Some(metric), None) = (encoded, &self.bert_score) {
            let error = Error::usage(format!("the metric {} needs an encoder", metric.name()));
            return Err(error.suggest(Remedy::SupplyEncoder));
        }
        for metric in &self.metrics {
            if let Metric::Command { name, .. } = metric
                && commands.iter().all(|command| command.name() != name)
            {
                let names: Vec<String> =
                    commands.iter().map(|command| format!("command:{}", command.name())).collect();
                let error =
                    Error::usage(format!("metric command:{name}: there is no such program"));
                return Err(match names.as_slice() {
                    [] => error.suggest(Remedy::SupplyProgram(name.clone())),
                    names => error.hint(format!("the programs are: {}", names.join(", "))),
                });
            }
        }
        Ok(())
    }

    /// Returns the default metrics for the references of the first items and, if there is one, the schema.
    pub(super) fn default_metrics(&self, items: &[Item]) -> Vec<Metric> {
        let mut references = items.iter().filter_map(|item| item.reference.as_ref());
        let objects = references.clone().next().is_some()
            && references.all(|reference| reference.texts().next().is_none());
        let mut metrics = match (objects, self.schema.is_some()) {
            (true, _) => Metric::DEFAULTS_FOR_OBJECTS.to_vec(),
            (false, true) => vec![Metric::JsonValid],
            (false, false) => Metric::DEFAULTS.to_vec(),
        };
        metrics.extend(self.schema.is_some().then_some(Metric::JsonSchema));
        metrics
    }
}
