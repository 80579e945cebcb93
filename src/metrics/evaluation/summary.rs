//! Computes an evaluation from the summed statistics.

use std::collections::HashMap;

use rayon::prelude::*;

use super::best::best_system;
use super::class_reports::class_reports;
use super::estimates::{Estimator, MetricEstimates};
use super::family::Kind;
use super::groups::Groups;
use super::results::{Evaluation, FieldReport, MetricReport, MetricSlice, Scores};
use super::settings::EvaluationSettings;
use super::signature::signature;
use super::significance::{MIN_ITEMS_TO_TEST, adjust_p_values};
use super::slices::Slices;
use super::stream::ScoreTotals;
use super::totals::Totals;
use super::warnings::warnings;
use crate::metrics::bertscore::EncoderIdentity;
use crate::metrics::metric::Metric;

impl ScoreTotals {
    /// Computes scores, intervals and p-values, on all processors.
    pub fn evaluate(self) -> Evaluation {
        evaluate(self)
    }
}

fn evaluate(scored: ScoreTotals) -> Evaluation {
    let ScoreTotals { settings, families, mut totals, input_warnings, commands } = scored;
    let order = totals.systems.sorted();
    let names = std::mem::take(&mut totals.systems.names);
    let systems: Vec<(u32, &str)> =
        order.iter().map(|number| (*number, names[*number as usize].as_str())).collect();
    let mut classes: Vec<u32> = totals.reference_classes.iter().copied().collect();
    // By name, because numbers depend on which class came first.
    classes.sort_by_key(|class| &totals.classes.names[*class as usize]);
    let class_positions: HashMap<u32, u32> = classes.iter().copied().zip(0..).collect();
    let pairs = systems.len() * systems.len().saturating_sub(1) / 2;
    let estimator = |family, slices: usize| Estimator {
        family,
        metrics: &settings.metrics,
        systems: &systems,
        class_positions: &class_positions,
        fields: totals.fields.names.len(),
        outside_unit: &totals.outside_unit,
        tests: pairs * slices,
    };
    let by_metric = |groups: &[Groups], slices: usize| {
        let mut found = vec![MetricEstimates::default(); settings.metrics.len()];
        for (family, groups) in families.iter().zip(groups) {
            if family.kind != Kind::Fields {
                let estimates = estimator(family, slices).estimates(groups);
                for (at, estimates) in family.metrics.iter().zip(estimates) {
                    found[*at] = estimates;
                }
            }
        }
        found
    };
    let references = totals.references.uniform_count();
    let metrics: Vec<MetricReport> = settings
        .metrics
        .iter()
        .zip(by_metric(&totals.groups, 1))
        .enumerate()
        .map(|(at, (metric, MetricEstimates { systems, mut pairs }))| {
            adjust_p_values(pairs.iter_mut());
            let mut families = families.iter().zip(&totals.groups);
            let of_metric = families.find(|(family, _)| family.metrics.contains(&at));
            MetricReport {
                metric: metric.name(),
                signature: signature(metric, &settings, references, &commands),
                better: metric.better(),
                scale: metric.scale(),
                best: metric.better().and_then(|better| best_system(better, &systems, &pairs)),
                same_items: of_metric.is_none_or(|(_, groups)| groups.all_have(systems.len())),
                systems,
                pairs,
            }
        })
        .collect();
    let slices = totals.slices.as_ref().map(Slices::all).unwrap_or_default();
    let testable =
        |groups: &&[Groups]| groups.iter().any(|one| one.items(&[]) >= MIN_ITEMS_TO_TEST);
    let tested = slices.iter().filter(|(_, _, groups)| testable(groups)).count();
    let slices =
        slices.par_iter().map(|(tag, value, groups)| (*tag, *value, by_metric(groups, tested)));
    let slices: Vec<(&str, &str, Vec<MetricEstimates>)> = slices.collect();
    let fields =
        families.iter().zip(&totals.groups).find(|(family, _)| family.kind == Kind::Fields);
    let fields = fields.map_or_else(Vec::new, |(family, groups)| {
        let systems = estimator(family, 1).scores(groups);
        totals
            .fields
            .names
            .iter()
            .zip(systems)
            .map(|(field, systems)| FieldReport { field: field.clone(), systems })
            .collect()
    });
    let several_values = totals.tags.iter().filter(|(_, (_, several))| *several);
    let mut evaluation = Evaluation {
        slices: slices_by_metric(&settings.metrics, slices),
        classes: class_reports(&totals, &systems, &classes),
        fields,
        scores: None,
        encoder: encoder(&settings),
        items: totals.references.items,
        tags: several_values.map(|(tag, _)| tag.clone()).collect(),
        warnings: Vec::new(),
        metrics,
    };
    evaluation.warnings =
        warnings(&evaluation, &settings, &totals, &systems, input_warnings, commands);
    evaluation.scores = scores(&settings, totals, &names, &order);
    evaluation
}

/// Returns the encoder by which a metric compares texts.
fn encoder(settings: &EvaluationSettings) -> Option<EncoderIdentity> {
    let is_used = settings.metrics.iter().any(Metric::needs_encoder);
    let settings = settings.bert_score.as_ref().filter(|_| is_used)?;
    Some(settings.encoder.identity().clone())
}

/// Returns the slices ordered by metric, with the p-values of each metric adjusted over all of its slices.
fn slices_by_metric(
    metrics: &[Metric],
    slices: Vec<(&str, &str, Vec<MetricEstimates>)>,
) -> Vec<MetricSlice> {
    let mut all: Vec<Vec<MetricSlice>> = vec![Vec::new(); metrics.len()];
    for (tag, value, by_metric) in slices {
        for ((metric, MetricEstimates { systems, pairs }), of_metric) in
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
        // Slices that are too small for a small p-value would only make the others larger.
        adjust_p_values(pairs.filter(|pair| pair.difference.n >= MIN_ITEMS_TO_TEST));
    }
    all.into_iter().flatten().collect()
}

/// Returns the scores of single responses, with systems numbered in byte order of their names.
fn scores(
    settings: &EvaluationSettings,
    totals: Totals,
    names: &[String],
    order: &[u32],
) -> Option<Scores> {
    let (items, mut responses) = totals.kept?;
    let mut positions = vec![0_u32; names.len()];
    for (position, system) in (0..).zip(order) {
        positions[*system as usize] = position;
    }
    for response in &mut responses {
        response.system = positions[response.system as usize];
    }
    Some(Scores {
        responses,
        comparisons: totals.comparisons,
        all_responses: totals.responses.iter().sum(),
        missing: totals.missing,
        systems: order.iter().map(|number| names[*number as usize].clone()).collect(),
        items,
        metrics: settings.metrics.clone(),
    })
}
