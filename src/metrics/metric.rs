//! Which metrics there are: their names, what they need, and which way is better.

use super::classes::Average;
use super::rouge::RougeKind;
use super::sentence::SentenceMetric;
use crate::error::{Error, Result, nearest};

/// One number of how a system's responses are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Metric {
    /// A metric that single responses have, too; BLEU, chrF and TER are those of the corpus.
    Sentence(SentenceMetric),
    /// The share of responses that name the class of the reference.
    Accuracy,
    /// Precision, recall or F1 of classes, averaged over them.
    Classes(ClassMetric, Average),
    /// Words of the responses over words of the references.
    LengthRatio,
    /// The share of n-grams that are not repetitions.
    Distinct(usize),
    /// How many times smaller responses become when repetition is coded.
    Compression,
    /// The share of responses that are JSON.
    JsonValid,
    /// The share of responses that satisfy a JSON Schema.
    JsonSchema,
    /// The share of the references' fields that the responses have right.
    JsonFields,
    /// The mean of what a program of the user's says.
    Command {
        /// What it is called.
        name: String,
        /// Which way is better.
        better: Better,
    },
}

/// What is averaged over classes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassMetric {
    /// How much of what was put in a class belongs there.
    Precision,
    /// How much of a class was found.
    Recall,
    /// Their harmonic mean.
    F1,
}

/// Which of two scores is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// The higher one.
    Higher,
    /// The lower one.
    Lower,
}

/// What an item must have for a metric to be defined on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    /// A reference that is a text, or several.
    Text,
    /// A reference that is a JSON object or array.
    Object,
}

/// The scale of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// From 0 to 1.
    Unit,
    /// From 0 to 100; TER may be above.
    Hundred,
    /// Any number.
    Open,
}

/// The names of those that are not a [`SentenceMetric`].
const NAMED: [(&str, Metric); 18] = [
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
    /// What is measured where nothing is asked for and references are texts.
    pub const USUAL: [Self; 8] = [
        Self::Sentence(SentenceMetric::ExactMatch),
        Self::Sentence(SentenceMetric::TokenF1),
        Self::Sentence(SentenceMetric::Rouge(RougeKind::One)),
        Self::Sentence(SentenceMetric::Rouge(RougeKind::Two)),
        Self::Sentence(SentenceMetric::Rouge(RougeKind::L)),
        Self::Sentence(SentenceMetric::Bleu),
        Self::Sentence(SentenceMetric::Chrf),
        Self::Sentence(SentenceMetric::Ter),
    ];
    /// What is measured where nothing is asked for and references are JSON objects.
    pub const USUAL_OF_OBJECTS: [Self; 2] = [Self::JsonValid, Self::JsonFields];

    /// Returns the names of all metrics but commands.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let others = NAMED.iter().map(|(name, _)| *name);
        SentenceMetric::ALL.into_iter().map(SentenceMetric::name).chain(others)
    }

    /// Returns the metric of that name.
    ///
    /// # Errors
    ///
    /// There is no such metric.
    pub fn named(name: &str) -> Result<Self> {
        if let Some(metric) = SentenceMetric::from_name(name) {
            return Ok(Self::Sentence(metric));
        }
        if let Some((_, metric)) = NAMED.iter().find(|(known, _)| *known == name) {
            return Ok(metric.clone());
        }
        if let Some(command) = name.strip_prefix("command:") {
            return Ok(Self::Command { name: command.to_owned(), better: Better::Higher });
        }
        let error = Error::usage(format!("--metric: there is no metric `{name}`"));
        let lower = name.to_lowercase().replace(['_', ' '], "-");
        let hint = match lower.as_str() {
            "bertscore" => {
                "it needs a language model, which evenhand does not carry; a program of yours can give it \
                 with --command"
                    .to_owned()
            }
            "precision" | "recall" | "f1" => {
                format!("over classes it is {lower}-macro, {lower}-micro or {lower}-weighted")
            }
            "rouge" | "rougel" => "did you mean `rouge-l`?".to_owned(),
            "rouge1" => "did you mean `rouge-1`?".to_owned(),
            "rouge2" => "did you mean `rouge-2`?".to_owned(),
            "rougelsum" => "did you mean `rouge-lsum`?".to_owned(),
            "em" => "did you mean `exact-match`?".to_owned(),
            _ => match nearest(&lower, Self::names()) {
                Some(close) => format!("did you mean `{close}`?"),
                None => {
                    format!("there are {}", Self::names().collect::<Vec<_>>().join(", "))
                }
            },
        };
        Err(error.hint(hint))
    }

    /// Returns the name.
    pub fn name(&self) -> String {
        match self {
            Self::Command { name, .. } => format!("command:{name}"),
            Self::Sentence(metric) => metric.name().to_owned(),
            metric => NAMED
                .iter()
                .find(|(_, known)| known == metric)
                .map_or_else(|| format!("{metric:?}"), |(name, _)| (*name).to_owned()),
        }
    }

    /// Returns which way is better; `None` for what only describes.
    pub fn better(&self) -> Option<Better> {
        match self {
            Self::Sentence(metric) if !metric.higher_is_better() => Some(Better::Lower),
            Self::Command { better, .. } => Some(*better),
            Self::LengthRatio | Self::Distinct(_) | Self::Compression => None,
            _ => Some(Better::Higher),
        }
    }

    /// Returns whether it is a number of all responses together, of which a single one has none.
    pub fn is_of_classes(&self) -> bool {
        matches!(self, Self::Classes(..))
    }

    /// Returns the scale.
    pub fn scale(&self) -> Scale {
        match self {
            Self::Sentence(
                SentenceMetric::Bleu
                | SentenceMetric::Chrf
                | SentenceMetric::ChrfPlusPlus
                | SentenceMetric::Ter,
            ) => Scale::Hundred,
            Self::LengthRatio | Self::Compression | Self::Command { .. } => Scale::Open,
            _ => Scale::Unit,
        }
    }

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
