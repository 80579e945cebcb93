//! The metrics by name: what each needs, its scale, and whether higher is better.

use super::bertscore::BertScorePart;
use super::classes::Average;
use super::rouge::RougeKind;
use super::sentence::SentenceMetric;
use crate::error::{Error, Result, nearest};

/// A metric of the responses of a system.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Metric {
    /// A metric that is also defined on a single response. BLEU, chrF and TER of a system are corpus scores.
    Sentence(SentenceMetric),
    /// The mean of a score of `BERTScore`, which needs an encoder.
    BertScore(BertScorePart),
    /// The share of responses that name a class of the reference.
    Accuracy,
    /// Precision, recall or F1, averaged over classes.
    Classes(ClassMetric, Average),
    /// The number of words of the responses over that of the references.
    LengthRatio,
    /// The share of distinct n-grams, for n from 1 to 3.
    Distinct(usize),
    /// The compression ratio, a measure of repetition.
    Compression,
    /// The share of responses that are valid JSON.
    JsonValid,
    /// The share of responses that satisfy a JSON Schema.
    JsonSchema,
    /// The share of the references' fields that are right in the responses.
    JsonFields,
    /// The mean of scores that a user's program computes.
    Command {
        /// The name of the program.
        name: String,
        /// Whether higher or lower scores are better.
        better: Better,
    },
}

/// The score of a class that is averaged over classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassMetric {
    /// The share of the responses with the class that are right.
    Precision,
    /// The share of the references with the class that were found.
    Recall,
    /// The harmonic mean of both.
    F1,
}

/// Which of two scores is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The higher one.
    Higher,
    /// The lower one.
    Lower,
}

/// What the reference of an item must be for a metric to be defined on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// The item needs no reference.
    Nothing,
    /// A reference that is a text or several texts.
    Text,
    /// A reference that is a JSON object or array.
    Object,
}

/// The scale of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scale {
    /// From 0 to 1.
    Unit,
    /// From 0 to 100; TER can be above 100.
    Hundred,
    /// At most 1, and rarely below 0: a mean of cosines, rescaled or not.
    Similarity,
    /// Any number.
    Unbounded,
}

/// The names of the metrics that are not a [`SentenceMetric`].
const OTHER_METRICS: [(&str, Metric); 21] = [
    ("bertscore", Metric::BertScore(BertScorePart::F1)),
    ("bertscore-precision", Metric::BertScore(BertScorePart::Precision)),
    ("bertscore-recall", Metric::BertScore(BertScorePart::Recall)),
    ("accuracy", Metric::Accuracy),
    ("precision-micro", Metric::Classes(ClassMetric::Precision, Average::Micro)),
    ("precision-macro", Metric::Classes(ClassMetric::Precision, Average::Macro)),
    ("precision-weighted", Metric::Classes(ClassMetric::Precision, Average::Weighted)),
    ("recall-micro", Metric::Classes(ClassMetric::Recall, Average::Micro)),
    ("recall-macro", Metric::Classes(ClassMetric::Recall, Average::Macro)),
    ("recall-weighted", Metric::Classes(ClassMetric::Recall, Average::Weighted)),
    ("f1-micro", Metric::Classes(ClassMetric::F1, Average::Micro)),
    ("f1-macro", Metric::Classes(ClassMetric::F1, Average::Macro)),
    ("f1-weighted", Metric::Classes(ClassMetric::F1, Average::Weighted)),
    ("length-ratio", Metric::LengthRatio),
    ("distinct-1", Metric::Distinct(1)),
    ("distinct-2", Metric::Distinct(2)),
    ("distinct-3", Metric::Distinct(3)),
    ("compression", Metric::Compression),
    ("json-valid", Metric::JsonValid),
    ("json-schema", Metric::JsonSchema),
    ("json-fields", Metric::JsonFields),
];

impl Metric {
    /// The default metrics for references that are texts.
    pub const DEFAULTS: [Self; 8] = [
        Self::Sentence(SentenceMetric::ExactMatch),
        Self::Sentence(SentenceMetric::TokenF1),
        Self::Sentence(SentenceMetric::Rouge(RougeKind::One)),
        Self::Sentence(SentenceMetric::Rouge(RougeKind::Two)),
        Self::Sentence(SentenceMetric::Rouge(RougeKind::L)),
        Self::Sentence(SentenceMetric::Bleu),
        Self::Sentence(SentenceMetric::Chrf),
        Self::Sentence(SentenceMetric::Ter),
    ];
    /// The default metrics for references that are JSON objects.
    pub const DEFAULTS_FOR_OBJECTS: [Self; 2] = [Self::JsonValid, Self::JsonFields];

    /// Returns the names of all metrics except [`Metric::Command`].
    pub fn names() -> impl Iterator<Item = &'static str> {
        let others = OTHER_METRICS.iter().map(|(name, _)| *name);
        SentenceMetric::ALL.into_iter().map(SentenceMetric::name).chain(others)
    }

    /// Returns the metric called `name`; `command:NAME` is a [`Metric::Command`] for which higher is better.
    ///
    /// # Errors
    ///
    /// There is no such metric; the hint suggests the nearest name.
    pub fn from_name(name: &str) -> Result<Self> {
        if let Some(metric) = SentenceMetric::from_name(name) {
            return Ok(Self::Sentence(metric));
        }
        if let Some((_, metric)) = OTHER_METRICS.iter().find(|(known, _)| *known == name) {
            return Ok(metric.clone());
        }
        if let Some(command) = name.strip_prefix("command:") {
            return Ok(Self::Command { name: command.to_owned(), better: Better::Higher });
        }
        let error = Error::usage(format!("there is no metric `{name}`"));
        let lower = name.to_lowercase().replace(['_', ' '], "-");
        let hint = match lower.as_str() {
            "bertscore" | "bert-score" | "bertscore-f1" => "did you mean `bertscore`?".to_owned(),
            "precision" | "recall" | "f1" => {
                format!(
                    "choose an average over classes: {lower}-macro, {lower}-micro or {lower}-weighted"
                )
            }
            "rouge" | "rougel" => "did you mean `rouge-l`?".to_owned(),
            "rouge1" => "did you mean `rouge-1`?".to_owned(),
            "rouge2" => "did you mean `rouge-2`?".to_owned(),
            "rougelsum" => "did you mean `rouge-lsum`?".to_owned(),
            "em" => "did you mean `exact-match`?".to_owned(),
            _ => match nearest(&lower, Self::names()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => {
                    format!("the metrics are: {}", Self::names().collect::<Vec<_>>().join(", "))
                }
            },
        };
        Err(error.hint(hint))
    }

    /// Returns the name, as [`Metric::from_name`] accepts it.
    pub fn name(&self) -> String {
        match self {
            Self::Command { name, .. } => format!("command:{name}"),
            Self::Sentence(metric) => metric.name().to_owned(),
            metric => OTHER_METRICS
                .iter()
                .find(|(_, known)| known == metric)
                .map_or_else(|| format!("{metric:?}"), |(name, _)| (*name).to_owned()),
        }
    }

    /// Returns whether higher or lower is better; `None` for a descriptor, which does not rank.
    pub fn better(&self) -> Option<Better> {
        match self {
            Self::Sentence(metric) if !metric.higher_is_better() => Some(Better::Lower),
            Self::Command { better, .. } => Some(*better),
            Self::LengthRatio | Self::Distinct(_) | Self::Compression => None,
            _ => Some(Better::Higher),
        }
    }

    /// Returns whether the metric is defined only on all responses together, not on a single one.
    pub fn is_class_average(&self) -> bool {
        matches!(self, Self::Classes(..))
    }

    /// Returns whether the metric compares texts by an encoder.
    pub fn needs_encoder(&self) -> bool {
        matches!(self, Self::BertScore(_))
    }

    /// Returns the scale of the scores.
    pub fn scale(&self) -> Scale {
        match self {
            Self::Sentence(
                SentenceMetric::Bleu
                | SentenceMetric::Chrf
                | SentenceMetric::ChrfPlusPlus
                | SentenceMetric::Ter,
            ) => Scale::Hundred,
            Self::BertScore(_) => Scale::Similarity,
            Self::LengthRatio | Self::Compression | Self::Command { .. } => Scale::Unbounded,
            _ => Scale::Unit,
        }
    }

    /// Returns what an item's reference must be.
    pub(super) fn needs(&self) -> Needs {
        match self {
            Self::Distinct(_)
            | Self::Compression
            | Self::JsonValid
            | Self::JsonSchema
            | Self::Command { .. } => Needs::Nothing,
            Self::JsonFields => Needs::Object,
            _ => Needs::Text,
        }
    }
}
