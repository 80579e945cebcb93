//! Scores one item: the sums of each response for each family of metrics, and its own scores.
//!
//! Items are independent here, so they can be scored in parallel. What depends on other items (the numbers of
//! classes and fields) is done in [`totals`](super::totals).

use serde_json::Value;

use super::family::{Family, Kind, Sums, bleu_sums, chrf_sums, ratio_sums, ter_sums};
use super::references::ReferenceType;
use super::settings::EvaluationSettings;
use crate::input::{Item, Reference};
use crate::metrics::classes::class_of;
use crate::metrics::json::{FieldMatch, json_fields, json_value};
use crate::metrics::metric::{Metric, Needs};
use crate::metrics::text::is_unspaced_text;
use crate::metrics::{
    Bleu, BleuTokenizer, Overlap, Ratio, Rouge, RougeKind, RougeTokenizer, SentenceMetric, Ter,
    compression, distinct, exact_match, is_mostly_non_ascii, length_ratio, token_f1,
};

/// One item with the scores of its responses.
#[derive(Debug)]
pub(super) struct ScoredItem {
    pub(super) item: Item,
    /// By system, in the order of the item's responses.
    pub(super) responses: Vec<ScoredResponse>,
    pub(super) reference: ReferenceType,
    /// The classes of the references, if a metric needs them.
    pub(super) classes: Vec<String>,
    /// The number of texts, references included, that are mostly not ASCII, if ROUGE splits words by ASCII.
    pub(super) non_ascii: u64,
    /// The number of texts, references included, in scripts without spaces between words, if a metric
    /// [splits words at spaces](splits_at_spaces).
    pub(super) unspaced: u64,
}

/// One response with its scores.
#[derive(Debug)]
pub(super) struct ScoredResponse {
    pub(super) system: String,
    /// By family, its sums; `None` if it has no score.
    pub(super) sums: Vec<Option<Sums>>,
    /// By metric, its score; `None` if it has none.
    pub(super) values: Vec<Option<f64>>,
    /// The class that it names, if a metric needs it.
    pub(super) class: Option<String>,
    /// The fields of the reference, and whether it has them right.
    pub(super) fields: Vec<FieldMatch>,
}

/// Scores an item by all metrics except commands.
pub(super) fn score(settings: &EvaluationSettings, families: &[Family], item: Item) -> ScoredItem {
    let references: Vec<&str> = item.reference.iter().flat_map(Reference::texts).collect();
    let any_needs = |needs: Needs| settings.metrics.iter().any(|metric| metric.needs() == needs);
    let objects = any_needs(Needs::Object);
    let object = if objects { item.reference.as_ref().and_then(Reference::object) } else { None };
    let by_class = settings.metrics.iter().any(Metric::is_class_average);
    let classes: Vec<String> = if by_class || settings.metrics.contains(&Metric::Accuracy) {
        references.iter().map(|reference| class_of(reference)).collect()
    } else {
        Vec::new()
    };
    let ascii_rouge = settings.rouge.tokenizer == RougeTokenizer::Ascii
        && settings
            .metrics
            .iter()
            .any(|metric| matches!(metric, Metric::Sentence(SentenceMetric::Rouge(_))));
    let mut non_ascii = 0;
    if ascii_rouge {
        non_ascii +=
            references.iter().filter(|reference| is_mostly_non_ascii(reference)).count() as u64;
    }
    let at_spaces = !references.is_empty()
        && settings.metrics.iter().any(|one| splits_at_spaces(one, settings.bleu));
    let mut unspaced = 0;
    if at_spaces {
        unspaced +=
            references.iter().filter(|reference| is_unspaced_text(reference)).count() as u64;
    }
    let responses = item.responses.iter().map(|(system, content)| {
        let text = content.answer();
        unspaced += u64::from(at_spaces && is_unspaced_text(&text));
        if ascii_rouge && !references.is_empty() {
            non_ascii += u64::from(is_mostly_non_ascii(&text));
        }
        let scorer = Scorer {
            settings,
            text: &text,
            references: &references,
            object: object.as_ref(),
            classes: &classes,
        };
        scorer.response(system, families)
    });
    let responses = responses.collect();
    let reference = ReferenceType {
        any: item.reference.is_some(),
        texts: references.len(),
        object: !objects || object.is_some(),
    };
    ScoredItem { item, responses, reference, classes, non_ascii, unspaced }
}

/// Returns whether a metric splits words at spaces and is therefore of no use for scripts without spaces.
pub(super) fn splits_at_spaces(metric: &Metric, bleu: Bleu) -> bool {
    match metric {
        Metric::Sentence(SentenceMetric::TokenF1 | SentenceMetric::Ter) => true,
        Metric::Sentence(SentenceMetric::Bleu) => bleu.tokenizer != BleuTokenizer::Character,
        _ => false,
    }
}

/// Scores one response.
struct Scorer<'a> {
    settings: &'a EvaluationSettings,
    text: &'a str,
    references: &'a [&'a str],
    object: Option<&'a Value>,
    classes: &'a [String],
}

/// The sums of one response for one family, and its own score.
type Contribution = (Sums, Option<f64>);

impl Scorer<'_> {
    fn response(&self, system: &str, families: &[Family]) -> ScoredResponse {
        let metrics = &self.settings.metrics;
        let json = metrics
            .iter()
            .any(|metric| {
                matches!(metric, Metric::JsonValid | Metric::JsonSchema | Metric::JsonFields)
            })
            .then(|| json_value(self.text))
            .flatten();
        let class = (!self.classes.is_empty()).then(|| class_of(self.text));
        let fields = match self.object {
            Some(object) if metrics.contains(&Metric::JsonFields) => {
                json_fields(json.as_ref(), object)
            }
            _ => Vec::new(),
        };
        let overlaps = self.rouge();
        let mut response = ScoredResponse {
            system: system.to_owned(),
            sums: vec![None; families.len()],
            values: vec![None; metrics.len()],
            class,
            fields,
        };
        for (at, family) in families.iter().enumerate() {
            let is_defined = match family.needs(metrics) {
                Needs::Nothing => true,
                Needs::Text => !self.references.is_empty(),
                Needs::Object => self.object.is_some(),
            };
            if !is_defined || matches!(family.kind, Kind::Classes | Kind::Fields) {
                continue;
            }
            let metric = family.metrics[0];
            let found = match family.kind {
                Kind::Bleu(bleu) => {
                    let statistics = bleu.statistics(self.text, self.references);
                    let score = bleu.sentence().score(&statistics).score;
                    Some((bleu_sums(&statistics), Some(score)))
                }
                Kind::Chrf(chrf) => {
                    let statistics = chrf.statistics(self.text, self.references);
                    Some((chrf_sums(&statistics), Some(chrf.score(&statistics))))
                }
                Kind::Ter => {
                    let statistics = Ter::default().statistics(self.text, self.references);
                    Some((ter_sums(statistics), Some(statistics.score())))
                }
                _ => self.ratio(&metrics[metric], &response, &overlaps, json.as_ref()),
            };
            if let Some((sums, value)) = found {
                response.sums[at] = Some(sums);
                response.values[metric] = value;
            }
        }
        response
    }

    /// Returns the scores of the variants of ROUGE that are needed.
    fn rouge(&self) -> Vec<(RougeKind, Overlap)> {
        let kinds: Vec<RougeKind> = self
            .settings
            .metrics
            .iter()
            .filter_map(|metric| match metric {
                Metric::Sentence(SentenceMetric::Rouge(kind)) => Some(*kind),
                _ => None,
            })
            .collect();
        if kinds.is_empty() || self.references.is_empty() {
            return Vec::new();
        }
        let rouge: Rouge = self.settings.rouge;
        let overlaps = rouge.scores(&kinds, self.text, self.references);
        kinds.into_iter().zip(overlaps).collect()
    }

    /// Returns the sums and the score of a metric that is a ratio or a mean; `None` if it is undefined.
    fn ratio(
        &self,
        metric: &Metric,
        response: &ScoredResponse,
        overlaps: &[(RougeKind, Overlap)],
        json: Option<&Value>,
    ) -> Option<Contribution> {
        let squad = self.settings.squad;
        let share = |is: bool| Ratio::of_score(f64::from(is));
        let ratio = match metric {
            Metric::Sentence(SentenceMetric::ExactMatch) => {
                Ratio::of_score(exact_match(self.text, self.references, squad))
            }
            Metric::Sentence(SentenceMetric::TokenF1) => {
                Ratio::of_score(token_f1(self.text, self.references, squad))
            }
            Metric::Sentence(SentenceMetric::Rouge(kind)) => {
                let found = overlaps.iter().find(|(of, _)| of == kind);
                Ratio::of_score(found.map_or(0.0, |(_, overlap)| overlap.f))
            }
            Metric::Accuracy => {
                share(response.class.as_ref().is_some_and(|class| self.classes.contains(class)))
            }
            Metric::LengthRatio => length_ratio(self.text, self.references),
            Metric::Distinct(n) => distinct(self.text, *n),
            Metric::Compression => compression(self.text),
            Metric::JsonValid => share(json.is_some()),
            Metric::JsonSchema => {
                let accepted =
                    |json| self.settings.schema.as_ref().is_some_and(|schema| schema.accepts(json));
                share(json.is_some_and(accepted))
            }
            Metric::JsonFields => Ratio {
                part: response.fields.iter().filter(|field| field.right).count() as f64,
                whole: response.fields.len() as f64,
            },
            // The scores of programs are added later.
            _ => return None,
        };
        // A text without n-grams and an object without fields are not counted as items.
        (ratio.part != 0.0 || ratio.whole != 0.0).then(|| (ratio_sums(ratio), ratio.value()))
    }
}
