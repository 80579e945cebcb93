//! How the responses of each system were graded, by the judge alone, and how the systems differ.

use std::collections::HashMap;

use serde::Serialize;

use super::table::GradeTable;
use crate::calibration::WinBounds;
use crate::stats::{
    Estimate, Interval, VerdictCounts, Weighted, clustered_share, paired_difference,
    paired_difference_p_value,
};
use crate::summary::ItemScores;
use crate::verdict::Ballot;

/// How the responses of one system were graded.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SystemGrades {
    /// The system.
    pub system: String,
    /// Responses planned.
    pub planned: u64,
    /// Of those, with a kept grade.
    pub kept: u64,
    /// Of those, kept as impossible to assess; no other number here counts them.
    pub cannot_assess: u64,
    /// How often each step was kept, worst first.
    pub steps: Vec<u64>,
    /// How often a response passes; `None` where the rubric does not say what passes.
    pub pass_rate: Option<PassRate>,
    /// The mean step, from 1 for the worst to the number of steps: of each response averaged over both directions of the
    /// scale. Responses without a step in one of them are left out.
    pub mean_step: Estimate,
}

/// How often the responses of a system pass.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PassRate {
    /// Of each response averaged over both directions of the scale, kept or not: ½ where only one of them passes. A
    /// direction without a readable grade counts as ½; responses that could not be assessed in one of them are left out.
    /// Undefined where no reply to any of these responses could be read.
    pub averaged: Estimate,
    /// The same with the interval that holds whatever the directions without a readable grade would have said.
    pub unreadable_bounds: Estimate,
    /// Directions behind `averaged` without a readable grade; with repeats also those whose grades have no majority.
    pub unreadable_directions: u64,
    /// Over kept grades alone.
    pub kept: Estimate,
    /// Bounds of the judge's pass rate over whichever way the responses that were not kept, or not assessed, would have
    /// gone; `None` without a response.
    pub bounds: Option<PassBounds>,
    /// Over responses that were graded in one direction only, which no second direction confirms; `None` without any.
    pub one_direction: Option<Estimate>,
}

/// Bounds of a pass rate over whichever way the responses without a kept step would have gone.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PassBounds {
    /// If all of them failed.
    pub low: f64,
    /// If all of them passed.
    pub high: f64,
    /// The lower end of the interval that covers the pass rate, wherever it lies between the bounds.
    pub ci_low: f64,
    /// The upper end of it.
    pub ci_high: f64,
}

/// How two systems differ, over the items on which both have a number.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct GradeDifference {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// The system whose number comes first in the difference: the later one.
    pub system: String,
    /// The pass rates of both over these items, in the order of `between`; `None` as for `pass_rate`.
    pub pass_rates: Option<[f64; 2]>,
    /// The mean steps of both over these items, in the order of `between`; `None` without such an item.
    pub mean_steps: Option<[f64; 2]>,
    /// Its pass rate minus that of the other, averaged over both directions; `None` where the rubric does not say what
    /// passes.
    pub pass_rate: Option<Estimate>,
    /// Its mean step minus that of the other, averaged over both directions.
    pub mean_step: Estimate,
    /// Two-sided p-value of no difference: in the pass rate, or in the mean step where the rubric does not say what
    /// passes.
    pub p_value: Option<f64>,
}

/// Returns the grades of each system, in the order of their names.
pub(crate) fn system_grades(table: &GradeTable) -> Vec<SystemGrades> {
    system_grades_of(table, 0..table.rows.len())
}

/// Returns the same for some of the rows.
pub(crate) fn system_grades_of(
    table: &GradeTable,
    rows: impl IntoIterator<Item = usize>,
) -> Vec<SystemGrades> {
    let steps = table.scale.len();
    let mut systems: Vec<Scores> = table
        .systems
        .iter()
        .map(|_| Scores { steps: vec![0; steps], ..Scores::default() })
        .collect();
    for at in rows {
        let Some(scores) = systems.get_mut(table.rows[at].system as usize) else { continue };
        scores.add(table, at);
    }
    let named = table.systems.iter().zip(systems);
    named.map(|(name, scores)| scores.grades(name, table)).collect()
}

/// What is added up for one system.
#[derive(Debug, Default)]
struct Scores {
    planned: u64,
    kept: u64,
    cannot_assess: u64,
    steps: Vec<u64>,
    averaged_pass: ItemScores,
    /// The slack of each of them.
    slack: Vec<f64>,
    unreadable_directions: u64,
    /// Whether any reply behind `averaged_pass` could be read.
    is_any_readable: bool,
    kept_pass: ItemScores,
    one_direction: ItemScores,
    /// As shares of the way from the worst step to the best.
    averaged_step: ItemScores,
}

impl Scores {
    fn add(&mut self, table: &GradeTable, at: usize) {
        let row = &table.rows[at];
        self.planned += 1;
        if let Some(grade) = row.grade {
            self.kept += 1;
            match grade.step() {
                Some(step) => self.steps[usize::from(step)] += 1,
                None => self.cannot_assess += 1,
            }
            if let Some(passes) = table.scale.passes(grade) {
                self.kept_pass.push(f64::from(passes), row.item);
            }
        }
        if let Some(pass) = table.pass_score(at) {
            self.averaged_pass.push(pass.score, row.item);
            self.slack.push(pass.slack);
            self.unreadable_directions += pass.unreadable;
            let is_read = |(_, ballot)| matches!(ballot, Ballot::Cast(_));
            self.is_any_readable |= table.ballots(at).any(is_read);
        } else if let Some(pass) = table.one_direction_pass(at) {
            self.one_direction.push(pass, row.item);
        }
        if let Some(step) = table.averaged_step(at) {
            self.averaged_step.push(step / table.best_step(), row.item);
        }
    }

    /// Returns how often a response passes. Without one readable reply every score would be the ½ of an unreadable
    /// direction, which says nothing about the system: then it is undefined.
    fn averaged(&self) -> Estimate {
        if self.is_any_readable || self.averaged_pass.n() == 0 {
            self.averaged_pass.estimate()
        } else {
            Estimate::undefined(self.averaged_pass.n())
        }
    }

    fn unreadable_bounds(&self) -> Estimate {
        let rate = self.averaged();
        if rate.value.is_none() {
            return rate;
        }
        self.averaged_pass.either_way(rate, &self.slack)
    }

    fn grades(self, system: &str, table: &GradeTable) -> SystemGrades {
        let passes: u64 = self.kept_pass.values.iter().map(|pass| *pass as u64).sum();
        let counts = VerdictCounts {
            wins: passes,
            losses: self.kept_pass.n() - passes,
            ties: 0,
            dropped: self.planned - self.kept_pass.n(),
        };
        let pass_rate = table.scale.pass_from.map(|_| PassRate {
            averaged: self.averaged(),
            unreadable_bounds: self.unreadable_bounds(),
            unreadable_directions: self.unreadable_directions,
            kept: self.kept_pass.estimate(),
            bounds: PassBounds::of(&counts),
            one_direction: (self.one_direction.n() > 0).then(|| self.one_direction.estimate()),
        });
        let share = clustered_share(&self.averaged_step.values, &self.averaged_step.items);
        SystemGrades {
            system: system.to_owned(),
            planned: self.planned,
            kept: self.kept,
            cannot_assess: self.cannot_assess,
            steps: self.steps,
            pass_rate,
            mean_step: scaled(share, table.best_step(), 1.0),
        }
    }
}

impl PassBounds {
    fn of(counts: &VerdictCounts) -> Option<Self> {
        let WinBounds { low, high, ci_low, ci_high, .. } = WinBounds::of(counts)?;
        Some(Self { low, high, ci_low, ci_high })
    }
}

/// Returns a share as a number on another scale.
pub(crate) fn scaled(share: Estimate, factor: f64, offset: f64) -> Estimate {
    let scale = |value: Option<f64>| value.map(|value| value * factor + offset);
    let Estimate { value, low, high, n } = share;
    Estimate { value: scale(value), low: scale(low), high: scale(high), n }
}

/// Returns how each pair of systems differs, in the order of their names.
pub(crate) fn grade_differences(table: &GradeTable) -> Vec<GradeDifference> {
    let number = |score: &dyn Fn(usize) -> Option<f64>| -> Vec<HashMap<u32, f64>> {
        let mut systems = vec![HashMap::new(); table.systems.len()];
        for (at, row) in table.rows.iter().enumerate() {
            if let (Some(scores), Some(score)) = (systems.get_mut(row.system as usize), score(at)) {
                scores.insert(row.item, score);
            }
        }
        systems
    };
    let passes = number(&|at| table.averaged_pass(at));
    let steps = number(&|at| table.averaged_step(at).map(|step| step / table.best_step()));
    let mut differences = Vec::new();
    for (one, first) in table.systems.iter().enumerate() {
        for (other, second) in table.systems.iter().enumerate().skip(one + 1) {
            let of_steps = Difference::of(&steps[one], &steps[other]);
            let of_passes =
                table.scale.pass_from.map(|_| Difference::of(&passes[one], &passes[other]));
            differences.push(GradeDifference {
                between: [first.clone(), second.clone()],
                system: second.clone(),
                pass_rates: of_passes.as_ref().and_then(|difference| difference.means),
                mean_steps: of_steps
                    .means
                    .map(|means| means.map(|mean| mean * table.best_step() + 1.0)),
                mean_step: scaled(of_steps.estimate, table.best_step(), 0.0),
                p_value: of_passes.as_ref().unwrap_or(&of_steps).p_value,
                pass_rate: of_passes.map(|difference| difference.estimate),
            });
        }
    }
    differences
}

/// A difference of two means of scores in `[0, 1]`.
struct Difference {
    /// Both means, over the items that both systems have one for.
    means: Option<[f64; 2]>,
    estimate: Estimate,
    p_value: Option<f64>,
}

impl Difference {
    /// Compares the scores of two systems over the items that both have one of.
    fn of(before: &HashMap<u32, f64>, after: &HashMap<u32, f64>) -> Self {
        let mut items: Vec<u32> =
            before.keys().copied().filter(|item| after.contains_key(item)).collect();
        items.sort_unstable();
        let values = |scores: &HashMap<u32, f64>| -> Vec<f64> {
            items.iter().filter_map(|item| scores.get(item).copied()).collect()
        };
        let (before, after) = (values(before), values(after));
        let mean = |values: &[f64]| values.iter().sum::<f64>() / items.len() as f64;
        let means = (!items.is_empty()).then(|| [mean(&before), mean(&after)]);
        let weights = vec![1.0; items.len()];
        let weighted = |values| Weighted { values, weights: &weights, clusters: &items };
        let (before, after) = (weighted(&before), weighted(&after));
        let found: Option<(f64, Interval)> = paired_difference(&before, &after, 0.95).ok();
        let (value, interval) = found.unzip();
        let estimate = Estimate::of(value, interval, items.len() as u64);
        Self { means, estimate, p_value: paired_difference_p_value(&before, &after).ok() }
    }
}
