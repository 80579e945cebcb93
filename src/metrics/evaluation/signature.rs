//! Signatures: the settings of a metric that are needed to reproduce its scores.

use super::settings::EvaluationSettings;
use crate::metrics::command::CommandMetric;
use crate::metrics::exact_match::SquadVersion;
use crate::metrics::metric::Metric;
use crate::metrics::{Chrf, SentenceMetric, Ter, short_digest};

/// Returns the signature of a metric; `references` is the number of references per item, or `None` if it differs.
pub(super) fn signature(
    metric: &Metric,
    settings: &EvaluationSettings,
    references: Option<usize>,
    commands: &[CommandMetric],
) -> String {
    match metric {
        Metric::Sentence(SentenceMetric::ExactMatch | SentenceMetric::TokenF1) => {
            match settings.squad {
                SquadVersion::V1 => "squad:v1.1".to_owned(),
                SquadVersion::V2 => "squad:v2.0".to_owned(),
            }
        }
        Metric::Sentence(SentenceMetric::Rouge(_)) => settings.rouge.signature(),
        Metric::Sentence(SentenceMetric::Bleu) => settings.bleu.signature(references),
        Metric::Sentence(SentenceMetric::Chrf) => Chrf::PLAIN.signature(references),
        Metric::Sentence(SentenceMetric::ChrfPlusPlus) => Chrf::PLUS_PLUS.signature(references),
        Metric::Sentence(SentenceMetric::Ter) => Ter::default().signature(references),
        Metric::BertScore(_) => settings
            .bert_score
            .as_ref()
            .map_or_else(String::new, |settings| settings.signature(references)),
        Metric::Accuracy => "case:lc|space:squeezed".to_owned(),
        Metric::Classes(..) => {
            "labels:references|zero_division:0|case:lc|space:squeezed".to_owned()
        }
        Metric::LengthRatio => "words:space|of:references".to_owned(),
        Metric::Distinct(_) => "words:space|within:response".to_owned(),
        Metric::Compression => "lz78".to_owned(),
        Metric::JsonValid => "rfc8259".to_owned(),
        Metric::JsonSchema => settings
            .schema
            .as_ref()
            .map_or_else(String::new, |schema| format!("schema:{}", schema.digest())),
        Metric::JsonFields => "of:leaves|arrays:position|extra:ignored".to_owned(),
        Metric::Command { name, .. } => {
            let command = commands.iter().find(|command| command.name() == name);
            // A hash instead of the command line, which may contain private paths or secrets.
            command.map_or_else(String::new, |command| {
                format!("command:{}", short_digest(command.command().as_bytes()))
            })
        }
    }
}
