//! From what was added up to what is reported.

use std::collections::HashMap;

use rayon::prelude::*;

use super::Gathered;
use super::Settings;
use super::estimates::{Estimates, Reader, adjust};
use super::family::{Kind, class_sums};
use super::flaws::Flaw;
use super::groups::Groups;
use super::report::{
    ClassReport, ClassRow, Evaluation, Failed, FieldReport, MetricReport, MetricSlice,
    PairDifference, ResponseScores, Scores,
};
use super::slices::Slices;
use super::tally::Tally;
use super::warnings::warnings;
use crate::metrics::command::CommandMetric;
use crate::metrics::exact_match::SquadVersion;
use crate::metrics::metric::{Better, Metric};
use crate::metrics::{Chrf, SentenceMetric, Ter, short_digest};
use crate::stats::Estimate;

/// Fewest items of a slice on which the least p-value that there can be, 2 / 2ⁿ, is below 0.05.
pub const FEWEST_TO_TEST: u64 = 6;
/// The largest adjusted p-value of a difference that makes a system the best.
pub(super) const SIGNIFICANT: f64 = 0.05;

/// Computes everything that is reported.
pub(super) fn summary(gathered: Gathered) -> Evaluation {
    let Gathered { settings, families, mut tally, oddities, commands } = gathered;
    let order = tally.systems.sorted();
    let names = std::mem::take(&mut tally.systems.names);
    let systems: Vec<(u32, &str)> =
        order.iter().map(|at| (*at, names[*at as usize].as_str())).collect();
    // None where there were too many.
    let mut classes: Vec<u32> = tally.right_classes.iter().copied().collect();
    // By name: numbers depend on which class came first.
    classes.sort_by_key(|class| &tally.classes.names[*class as usize]);
    let places: HashMap<u32, u32> = classes.iter().copied().zip(0..).collect();
    let pairs = systems.len() * systems.len().saturating_sub(1) / 2;
    let reader = |family, slices: usize| Reader {
        family,
        metrics: &settings.metrics,
        systems: &systems,
        classes: &places,
        fields: tally.fields.names.len(),
        open: &tally.open,
        tests: pairs * slices,
    };
    let by_metric = |groups: &[Groups], slices: usize| {
        let mut found = vec![Estimates::default(); settings.metrics.len()];
        for (family, groups) in families.iter().zip(groups) {
            if family.kind != Kind::Fields {
                let estimates = reader(family, slices).estimates(groups);
                for (at, estimates) in family.metrics.iter().zip(estimates) {
                    found[*at] = estimates;
                }
            }
        }
        found
    };
    let references = tally.references.equally_many();
    let metrics: Vec<MetricReport> = settings
        .metrics
        .iter()
        .zip(by_metric(&tally.groups, 1))
        .enumerate()
        .map(|(at, (metric, Estimates { systems, mut pairs }))| {
            adjust(pairs.iter_mut());
            let mut families = families.iter().zip(&tally.groups);
            let of_metric = families.find(|(family, _)| family.metrics.contains(&at));
            MetricReport {
                metric: metric.name(),
                signature: signature(metric, &settings, references, &commands),
                better: metric.better(),
                scale: metric.scale(),
                best: metric.better().and_then(|better| best(better, &systems, &pairs)),
                same_items: of_metric.is_none_or(|(_, groups)| groups.are_all_of(systems.len())),
                systems,
                pairs,
            }
        })
        .collect();
    let all = tally.slices.as_ref().map(Slices::all).unwrap_or_default();
    let testable = |groups: &&[Groups]| groups.iter().any(|one| one.items(&[]) >= FEWEST_TO_TEST);
    let tested = all.iter().filter(|(_, _, groups)| testable(groups)).count();
    let slices =
        all.par_iter().map(|(tag, value, groups)| (*tag, *value, by_metric(groups, tested)));
    let slices: Vec<(&str, &str, Vec<Estimates>)> = slices.collect();
    let fields = families.iter().zip(&tally.groups).find(|(family, _)| family.kind == Kind::Fields);
    let fields = fields.map_or_else(Vec::new, |(family, groups)| {
        let systems = reader(family, 1).systems(groups);
        tally
            .fields
            .names
            .iter()
            .zip(systems)
            .map(|(field, systems)| FieldReport { field: field.clone(), systems })
            .collect()
    });
    let mut evaluation = Evaluation {
        slices: by_slice(&settings.metrics, slices),
        classes: class_reports(&tally, &systems, &classes),
        fields,
        scores: None,
        items: tally.references.items,
        tags: {
            let several = tally.tags.iter().filter(|(_, (_, several))| *several);
            several.map(|(tag, _)| tag.clone()).collect()
        },
        warnings: Vec::new(),
        metrics,
    };
    evaluation.warnings = warnings(&evaluation, &settings, &tally, &systems, oddities, commands);
    evaluation.scores = scores(&settings, tally, &names, &order);
    evaluation
}

/// Slices by metric, their p-values adjusted over all slices of a metric.
fn by_slice(metrics: &[Metric], slices: Vec<(&str, &str, Vec<Estimates>)>) -> Vec<MetricSlice> {
    let mut all: Vec<Vec<MetricSlice>> = vec![Vec::new(); metrics.len()];
    for (tag, value, by_metric) in slices {
        for ((metric, Estimates { systems, pairs }), of_metric) in
            metrics.iter().zip(by_metric).zip(&mut all)
        {
            of_metric.push(MetricSlice {
                tag: tag.to_owned(),
                value: value.to_owned(),
                metric: metric.name(),
                systems,
                pairs,
            });
        }
    }
    for of_metric in &mut all {
        let pairs = of_metric.iter_mut().flat_map(|slice| &mut slice.pairs);
        // Those that could not be small whatever the scores would only make the others larger.
        adjust(pairs.filter(|pair| pair.difference.n >= FEWEST_TO_TEST));
    }
    all.into_iter().flatten().collect()
}

/// Returns the system that is better than every other one beyond doubt.
fn best(
    better: Better,
    systems: &[super::SystemScore],
    pairs: &[PairDifference],
) -> Option<String> {
    let has_score =
        |name: &str| systems.iter().any(|one| one.system == name && one.score.value.is_some());
    let wins = |system: &str| {
        // A system without any score is nobody's rival.
        let scored = pairs.iter().filter(|pair| pair.between.iter().all(|one| has_score(one)));
        let of_system = scored.filter(|pair| pair.between.iter().any(|one| one == system));
        let beats = |pair: &PairDifference| {
            let sign =
                if (pair.between[0] == system) == (better == Better::Higher) { 1.0 } else { -1.0 };
            let Estimate { value, low, high, .. } = pair.difference;
            // Where every item has the same difference it is its own interval; without one for another reason
            // nothing is known.
            let ends = match pair.flaw {
                Some(Flaw::AllTheSame) => [value, value],
                _ => [low, high],
            };
            let above = ends.iter().all(|end| end.is_some_and(|end| sign * end > 0.0));
            above && pair.p_adjusted.is_some_and(|p| p <= SIGNIFICANT)
        };
        let mut pairs = of_system.peekable();
        pairs.peek().is_some() && pairs.all(beats)
    };
    systems.iter().find(|system| wins(&system.system)).map(|system| system.system.clone())
}

fn signature(
    metric: &Metric,
    settings: &Settings,
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
            // Not the command itself: it may hold what is nobody else's business.
            command.map_or_else(String::new, |command| {
                format!("command:{}", short_digest(command.command().as_bytes()))
            })
        }
    }
}

fn class_reports(tally: &Tally, systems: &[(u32, &str)], classes: &[u32]) -> Vec<ClassReport> {
    if classes.is_empty() {
        return Vec::new();
    }
    let of_system = |(system, name): &(u32, &str)| {
        let count =
            |said, right| tally.confusion.get(&(*system, said, right)).copied().unwrap_or_default();
        let mut elsewhere = vec![0; classes.len()];
        for ((of, said, right), counted) in &tally.confusion {
            if of == system && !classes.contains(said) {
                let right = classes.iter().position(|class| class == right);
                elsewhere[right.unwrap_or_default()] += counted;
            }
        }
        let confusion: Vec<Vec<u64>> = classes
            .iter()
            .map(|said| classes.iter().map(|right| count(*said, *right)).collect())
            .collect();
        let rows = classes.iter().enumerate().map(|(at, class)| {
            let both = confusion[at][at];
            let predicted: u64 = confusion[at].iter().sum();
            let actual: u64 = confusion.iter().map(|row| row[at]).sum::<u64>() + elsewhere[at];
            let sums = class_sums([both, predicted, actual].map(|count| count as f64));
            ClassRow {
                class: tally.classes.names[*class as usize].clone(),
                precision: sums.precision(),
                recall: sums.recall(),
                f1: sums.f1(),
                n: actual,
            }
        });
        let rows = rows.collect();
        ClassReport { system: (*name).to_owned(), classes: rows, confusion, elsewhere }
    };
    systems.iter().map(of_system).collect()
}

fn scores(settings: &Settings, tally: Tally, names: &[String], order: &[u32]) -> Option<Scores> {
    let (items, kept) = tally.kept?;
    let mut place = vec![0_u32; names.len()];
    for (at, system) in (0..).zip(order) {
        place[*system as usize] = at;
    }
    let responses = kept.into_iter().map(|response| ResponseScores {
        item: response.item,
        system: place[response.system as usize],
        values: response.values,
    });
    let failures = tally.failures.into_iter().map(|failure| Failed {
        metric: failure.metric as u32,
        id: failure.item,
        system: failure.system,
        why: failure.why,
    });
    Some(Scores {
        responses: responses.collect(),
        comparisons: tally.comparisons,
        failures: failures.collect(),
        systems: order.iter().map(|at| names[*at as usize].clone()).collect(),
        items,
        metrics: settings.metrics.clone(),
    })
}

#[cfg(test)]
mod tests {
    use super::super::SystemScore;
    use super::*;

    #[test]
    fn a_difference_without_an_interval_proves_something_only_where_all_items_have_it() {
        let score = |system: &str, value| SystemScore {
            system: system.to_owned(),
            score: Estimate { value: Some(value), low: None, high: None, n: 20 },
            flaw: None,
        };
        let systems = [score("a", 0.5), score("b", 0.75)];
        let best_if = |flaw| {
            let pair = PairDifference {
                between: ["a", "b"].map(str::to_owned),
                difference: Estimate { value: Some(-0.25), low: None, high: None, n: 20 },
                p_value: Some(0.001),
                p_adjusted: Some(0.001),
                flaw,
            };
            best(Better::Higher, &systems, &[pair])
        };
        assert_eq!(best_if(Some(Flaw::AllTheSame)).as_deref(), Some("b"));
        for flaw in [None, Some(Flaw::OneSided), Some(Flaw::TooLarge)] {
            assert_eq!(best_if(flaw), None, "{flaw:?}");
        }
    }
}
