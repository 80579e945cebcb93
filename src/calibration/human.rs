//! People among themselves, and the judge as one of them.
//!
//! The judge is held against the same panels as each annotator: those of all the others. A comparison that
//! was not kept is never left out: there the judge is the mean of its replies, like everywhere here.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::agreement::{CONFIDENCE, RESAMPLES, SEED, Scope, sampled_estimate};
use super::digest::{Heard, category};
use super::people::Panel;
use crate::stats::{
    AlternativeAnnotatorSettings, Clusters, Estimate, Table, alternative_annotator_curve,
    bootstrap, ceiling_from_sums, leave_one_out_sums, stratified_alpha, stratified_fleiss,
    stratified_kappa, wilson,
};
use crate::vote::Preference;

/// Most pairs of annotators whose κ is listed; those with the most comparisons in common.
const MOST_PAIRS: usize = 200;
/// Most cells of the matrix of annotators by comparisons that the alternative annotator test works on.
const MOST_CELLS: usize = 50_000_000;
/// The advantages of the curve: what one gives away for the judge being cheaper.
const EPSILONS: [f64; 7] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3];
/// Three categories: system A, system B, tie.
const K: usize = 3;

/// How people agree, and the judge with them.
#[derive(Debug, Clone, Serialize)]
pub struct HumanReport {
    /// Cohen's κ of each pair of annotators with comparisons in common.
    pub pairwise_kappa: Vec<PairwiseKappa>,
    /// Fleiss' κ; undefined unless all comparisons with two annotators or more have the same number of them.
    pub fleiss_kappa: Estimate,
    /// Krippendorff's nominal α of all annotators.
    pub krippendorff_alpha: Estimate,
    /// How often the judge agrees with the panels of all annotators but one.
    pub judge: Estimate,
    /// How often that one does.
    pub ceiling: Estimate,
    /// `judge / ceiling`: above 1 the judge is closer to the others than a typical annotator is, which is not
    /// the same as being right. Undefined where the ceiling may be 0.
    pub ratio: Estimate,
    /// `judge − ceiling`.
    pub difference: Estimate,
    /// May the judge take the place of an annotator? `None` with fewer than three annotators, or none with
    /// enough comparisons.
    pub alt_test: Option<AlternativeAnnotatorReport>,
    /// Pairs of annotators that are not listed.
    #[serde(skip)]
    pub pairs_left_out: usize,
}

/// Agreement of two annotators.
#[derive(Debug, Clone, Serialize)]
pub struct PairwiseKappa {
    /// Their names, in byte order.
    pub annotators: [String; 2],
    /// Cohen's κ over the comparisons both labelled; over several pairs of systems the stratified one.
    pub kappa: Estimate,
}

/// The alternative annotator test of Calderon et al. (2025).
#[derive(Debug, Clone, Serialize)]
pub struct AlternativeAnnotatorReport {
    /// The share of annotators that the judge may replace, by what one gives away for it.
    pub curve: Vec<Omega>,
    /// How likely the judge is at least as close to the others as an annotator is; the mean over annotators.
    pub rho: f64,
    /// Annotators with fewer than thirty comparisons, who are left out.
    pub skipped: Vec<String>,
}

/// One point of the curve.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Omega {
    /// What one gives away for the judge being cheaper.
    pub epsilon: f64,
    /// The share of annotators over whom the judge has the advantage; from ½ on it may replace them.
    pub omega: f64,
}

/// Computes how people agree; `None` unless some comparison has two annotators.
pub(super) fn human(scope: Scope<'_>) -> Option<HumanReport> {
    let panels: Vec<&Panel> = scope
        .people
        .panels
        .iter()
        .filter(|panel| scope.people.judgements(panel).len() > 1)
        .collect();
    if panels.is_empty() {
        return None;
    }
    let sums = Sums::of(scope, &panels);
    let (clusters, used) = sums.clusters(scope);
    let listed = &sums.listed;
    let systems = scope.digest.pairs.len();
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |all| {
        let coincidences = || tables(all, 0, systems);
        let ceiling = ceiling_from_sums(&all[sums.ceiling..sums.tables], sums.annotators).ok();
        let mut values = vec![
            stratified_fleiss(coincidences()).ok(),
            stratified_alpha(coincidences()).ok(),
            ceiling.map(|found| found.judge),
            ceiling.map(|found| found.human),
            ceiling.and_then(|found| found.ratio),
            ceiling.map(|found| found.difference),
        ];
        values.extend((0..listed.len()).map(|at| {
            let start = sums.tables + at * systems * K * K;
            stratified_kappa(tables(all, start, systems)).ok()
        }));
        values
    });
    let n = panels.len() as u64;
    let sizes: Vec<usize> =
        panels.iter().map(|panel| scope.people.judgements(panel).len()).collect();
    let equal = sizes.iter().all(|size| *size == sizes[0]);
    let fleiss = if equal { sampled_estimate((&sampled, 0), n) } else { Estimate::undefined(n) };
    let of_judge = |statistic| sampled_estimate((&sampled, statistic), used.panels);
    let ceiling = share(of_judge(3), used.items);
    let ratio = match ceiling.low {
        Some(low) if low > 0.0 => of_judge(4),
        _ => Estimate::undefined(used.panels),
    };
    let name = |annotator: u32| scope.people.annotators[annotator as usize].to_string();
    let pairwise = listed.iter().enumerate().map(|(at, ((one, other), shared))| PairwiseKappa {
        annotators: [name(*one), name(*other)],
        kappa: sampled_estimate((&sampled, 6 + at), *shared),
    });
    Some(HumanReport {
        pairwise_kappa: pairwise.collect(),
        fleiss_kappa: fleiss,
        krippendorff_alpha: sampled_estimate((&sampled, 1), n),
        judge: share(of_judge(2), used.items),
        ceiling,
        ratio,
        difference: of_judge(5),
        alt_test: alternative_annotator(scope, &panels),
        pairs_left_out: sums.pairs_left_out,
    })
}

/// A share that no resample changes, such as that of people who always agree, has Wilson's interval for as
/// many observations as there are items.
fn share(estimate: Estimate, items: u64) -> Estimate {
    let Some(value) = estimate.value.filter(|_| estimate.low.is_none()) else { return estimate };
    let n = items as f64;
    Estimate::of(Some(value), wilson((value * n).clamp(0.0, n), n, CONFIDENCE).ok(), estimate.n)
}

/// How much the judge could be held against.
#[derive(Default)]
struct Used {
    panels: u64,
    items: u64,
}

/// The tables of all pairs of systems, one after another.
fn tables(sums: &[f64], start: usize, systems: usize) -> impl Iterator<Item = Table<'_>> {
    sums[start..start + systems * K * K].chunks(K * K).filter_map(|cells| Table::new(K, cells).ok())
}

/// Where each sum lies: coincidences, then the ceiling's sums, then a table for each pair of annotators.
struct Sums {
    annotators: usize,
    ceiling: usize,
    tables: usize,
    width: usize,
    /// Pairs of annotators with how many comparisons they share.
    listed: Vec<((u32, u32), u64)>,
    pairs_left_out: usize,
}

impl Sums {
    fn of(scope: Scope<'_>, panels: &[&Panel]) -> Self {
        let mut shared: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for panel in panels {
            for pair in pairs(scope.people.judgements(panel)) {
                *shared.entry((pair[0].0, pair[1].0)).or_default() += 1;
            }
        }
        let mut listed: Vec<((u32, u32), u64)> = shared.into_iter().collect();
        let pairs_left_out = listed.len().saturating_sub(MOST_PAIRS);
        if pairs_left_out > 0 {
            listed.sort_by_key(|(pair, count)| (std::cmp::Reverse(*count), *pair));
            listed.truncate(MOST_PAIRS);
            listed.sort_unstable();
        }
        let systems = scope.digest.pairs.len();
        let annotators = scope.people.annotators.len();
        let ceiling = systems * K * K;
        let tables = ceiling + 3 * annotators;
        let width = tables + listed.len() * systems * K * K;
        Self { annotators, ceiling, tables, width, listed, pairs_left_out }
    }

    fn clusters(&self, scope: Scope<'_>) -> (Clusters, Used) {
        let Scope { digest, people, .. } = scope;
        let slot: HashMap<(u32, u32), usize> =
            self.listed.iter().enumerate().map(|(at, (pair, _))| (*pair, at)).collect();
        let systems = digest.pairs.len();
        let mut clusters = Clusters::new(self.width);
        let mut adds = Vec::new();
        let mut used = Used::default();
        for panels in people.by_item(digest) {
            adds.clear();
            let before = used.panels;
            for panel in panels {
                let judgements = people.judgements(panel);
                if judgements.len() < 2 {
                    continue;
                }
                let pair = digest.rows[panel.row as usize].pair as usize;
                let others = judgements.len() as f64 - 1.0;
                for both in pairs(judgements) {
                    let (one, other) = (category(both[0].1), category(both[1].1));
                    for (i, j) in [(one, other), (other, one)] {
                        adds.push(((pair * K * K + i * K + j) as u32, 1.0 / others));
                    }
                    if let Some(at) = slot.get(&(both[0].0, both[1].0)) {
                        let cell = self.tables + (at * systems + pair) * K * K + one * K + other;
                        adds.push((cell as u32, 1.0));
                    }
                }
                let against = self.add_ceiling(judgements, &replies(scope, panel), &mut adds);
                used.panels += u64::from(against);
            }
            used.items += u64::from(used.panels > before);
            if !adds.is_empty() {
                clusters.push(&mut adds);
            }
        }
        (clusters, used)
    }

    /// Returns whether the judge could be held against the panel.
    fn add_ceiling(
        &self,
        judgements: &[(u32, Preference)],
        judge: &[Option<usize>],
        adds: &mut Vec<(u32, f64)>,
    ) -> bool {
        let panel: Vec<Option<usize>> =
            judgements.iter().map(|(_, choice)| Some(category(*choice))).collect();
        // Without any reply the comparison is left out for people too: the same items for both.
        let Ok(sums) = leave_one_out_sums(&panel, judge) else { return false };
        for ((annotator, _), sums) in judgements.iter().zip(sums.chunks(3)) {
            for (at, sum) in sums.iter().enumerate() {
                adds.push(((self.ceiling + *annotator as usize * 3 + at) as u32, *sum));
            }
        }
        true
    }
}

/// Every two judgements of a panel, in the order of the annotators.
fn pairs(judgements: &[(u32, Preference)]) -> impl Iterator<Item = [(u32, Preference); 2]> + '_ {
    let later =
        move |at: usize| judgements[at + 1..].iter().map(move |other| [judgements[at], *other]);
    (0..judgements.len()).flat_map(later)
}

/// The category of every reply; `None` for one that could not be read. Nothing unless all are there: a
/// judge that answered one order only is not known.
fn replies(scope: Scope<'_>, panel: &Panel) -> Vec<Option<usize>> {
    let category = |heard| match heard {
        Heard::Preference(preference) => Some(Some(category(preference))),
        Heard::Unreadable => Some(None),
        Heard::Nothing => None,
    };
    scope.digest.replies(panel.row).map(category).collect::<Option<_>>().unwrap_or_default()
}

fn alternative_annotator(
    scope: Scope<'_>,
    panels: &[&Panel],
) -> Option<AlternativeAnnotatorReport> {
    let annotators = &scope.people.annotators;
    if scope.annotators() < 3 || annotators.len() * panels.len() > MOST_CELLS {
        return None;
    }
    let mut humans = vec![vec![None; panels.len()]; annotators.len()];
    let mut judge = Vec::with_capacity(panels.len());
    for (at, panel) in panels.iter().enumerate() {
        for (annotator, choice) in scope.people.judgements(panel) {
            humans[*annotator as usize][at] = Some(category(*choice));
        }
        judge.push(replies(scope, panel));
    }
    let settings = AlternativeAnnotatorSettings {
        false_discovery_rate: 1.0 - CONFIDENCE,
        ..AlternativeAnnotatorSettings::default()
    };
    let tests = alternative_annotator_curve(&humans, &judge, &settings, &EPSILONS).ok()?;
    let first = tests.first()?;
    Some(AlternativeAnnotatorReport {
        rho: first.advantage_probability,
        skipped: first.skipped.iter().map(|at| annotators[*at].to_string()).collect(),
        curve: tests
            .iter()
            .map(|test| Omega { epsilon: test.epsilon, omega: test.winning_rate })
            .collect(),
    })
}
