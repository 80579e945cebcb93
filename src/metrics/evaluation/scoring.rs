//! One item, scored: what each response contributes to each family of metrics, and its own scores.
//!
//! It looks at one item alone, so items are scored in parallel. What needs to know of other items (the
//! numbers of classes and fields) is left to the [tally](super::tally).

use serde_json::Value;

use super::Settings;
use super::family::{Family, Kind, Sums, of_bleu, of_chrf, of_ratio, of_ter};
use super::references::Found;
use crate::input::{Item, Reference};
use crate::metrics::classes::class_of;
use crate::metrics::json::{FieldMatch, json_fields, json_value};
use crate::metrics::metric::{Metric, Needs};
use crate::metrics::text::is_unspaced_text;
use crate::metrics::{
    Bleu, BleuTokenizer, Overlap, Ratio, Rouge, RougeKind, RougeTokenizer, SentenceMetric, Ter,
    compression, distinct, exact_match, length_ratio, token_f1, unreadable,
};

/// The scores of one item.
#[derive(Debug)]
pub(super) struct Scored {
    pub(super) item: Item,
    /// By system, in the order of the item's responses.
    pub(super) responses: Vec<Response>,
    pub(super) reference: Found,
    /// The classes of the references, where classes are asked for.
    pub(super) classes: Vec<String>,
    /// Texts that ROUGE takes for empty, the references among them, where it is asked for.
    pub(super) unreadable: u64,
    /// Texts in which [these](takes_spaces) find no words, the references among them, where they are asked for.
    pub(super) unspaced: u64,
}

/// The scores of one response.
#[derive(Debug)]
pub(super) struct Response {
    pub(super) system: String,
    /// By family, what it contributes; `None` where it has no score.
    pub(super) sums: Vec<Option<Sums>>,
    /// By metric, its own score.
    pub(super) values: Vec<Option<f64>>,
    /// The class it names.
    pub(super) class: Option<String>,
    /// Which fields it has right.
    pub(super) fields: Vec<FieldMatch>,
}

/// Scores an item by everything but commands.
pub(super) fn score(settings: &Settings, families: &[Family], item: Item) -> Scored {
    let references: Vec<&str> = item.reference.iter().flat_map(Reference::texts).collect();
    let wants = |needs: Needs| settings.metrics.iter().any(|metric| metric.needs() == needs);
    let objects = wants(Needs::Object);
    let object = if objects { item.reference.as_ref().and_then(Reference::object) } else { None };
    let by_class = settings.metrics.iter().any(Metric::is_of_classes);
    let classes: Vec<String> = if by_class || settings.metrics.contains(&Metric::Accuracy) {
        references.iter().map(|reference| class_of(reference)).collect()
    } else {
        Vec::new()
    };
    let ascii = settings.rouge.tokenizer == RougeTokenizer::Ascii;
    let rouge = ascii
        && settings
            .metrics
            .iter()
            .any(|metric| matches!(metric, Metric::Sentence(SentenceMetric::Rouge(_))));
    let mut unread = 0;
    if rouge {
        unread += references.iter().filter(|reference| unreadable(reference)).count() as u64;
    }
    let spaces = !references.is_empty()
        && settings.metrics.iter().any(|one| takes_spaces(one, settings.bleu));
    let mut unspaced = 0;
    if spaces {
        unspaced +=
            references.iter().filter(|reference| is_unspaced_text(reference)).count() as u64;
    }
    let responses = item.responses.iter().map(|(system, content)| {
        let text = content.answer();
        unspaced += u64::from(spaces && is_unspaced_text(&text));
        if rouge && !references.is_empty() {
            unread += u64::from(unreadable(&text));
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
    let reference = Found {
        any: item.reference.is_some(),
        texts: references.len(),
        object: !objects || object.is_some(),
    };
    Scored { responses, reference, classes, unreadable: unread, unspaced, item }
}

/// Returns whether a metric takes what stands between spaces for a word, and says nothing of it elsewhere.
pub(super) fn takes_spaces(metric: &Metric, bleu: Bleu) -> bool {
    match metric {
        Metric::Sentence(SentenceMetric::TokenF1 | SentenceMetric::Ter) => true,
        Metric::Sentence(SentenceMetric::Bleu) => bleu.tokenizer != BleuTokenizer::Character,
        _ => false,
    }
}

struct Scorer<'a> {
    settings: &'a Settings,
    text: &'a str,
    references: &'a [&'a str],
    object: Option<&'a Value>,
    classes: &'a [String],
}

/// What one response contributes to one family, and its own score.
type Contribution = (Sums, Option<f64>);

impl Scorer<'_> {
    fn response(&self, system: &str, families: &[Family]) -> Response {
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
        let mut response = Response {
            system: system.to_owned(),
            sums: vec![None; families.len()],
            values: vec![None; metrics.len()],
            class,
            fields,
        };
        for (at, family) in families.iter().enumerate() {
            let there = match family.needs(metrics) {
                Needs::Nothing => true,
                Needs::Text => !self.references.is_empty(),
                Needs::Object => self.object.is_some(),
            };
            if !there || matches!(family.kind, Kind::Classes | Kind::Fields) {
                continue;
            }
            let metric = family.metrics[0];
            let found = match family.kind {
                Kind::Bleu(bleu) => {
                    let statistics = bleu.statistics(self.text, self.references);
                    let score = bleu.sentence().score(&statistics).score;
                    Some((of_bleu(&statistics), Some(score)))
                }
                Kind::Chrf(chrf) => {
                    let statistics = chrf.statistics(self.text, self.references);
                    Some((of_chrf(&statistics), Some(chrf.score(&statistics))))
                }
                Kind::Ter => {
                    let statistics = Ter::default().statistics(self.text, self.references);
                    Some((of_ter(statistics), Some(statistics.score())))
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

    fn ratio(
        &self,
        metric: &Metric,
        response: &Response,
        overlaps: &[(RougeKind, Overlap)],
        json: Option<&Value>,
    ) -> Option<Contribution> {
        let squad = self.settings.squad;
        let share = |is: bool| Ratio::of_score(f64::from(u8::from(is)));
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
            // A program's scores come later.
            _ => return None,
        };
        // A text without n-grams and an object without fields say nothing, and are not counted.
        (ratio.part != 0.0 || ratio.whole != 0.0).then(|| (of_ratio(ratio), ratio.value()))
    }
}
