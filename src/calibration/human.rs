//! People among themselves, and the judge as one of them.
//!
//! Each annotator is compared with the panel of all the others, and so is the judge in that annotator's place.
//! Comparisons that were not kept are included: the judge's agreement is the mean over its replies.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use serde::Serialize;

use super::intervals::{CONFIDENCE, RESAMPLES, SEED, sampled_estimate};
use super::labelled::LabelledComparisons;
use super::panels::Panel;
use super::reply_choice::{ReplyChoice, category};
use crate::stats::{
    AlternativeAnnotatorSettings, Clusters, Estimate, Table, alternative_annotator_curve,
    bootstrap, ceiling_from_sums, leave_one_out_sums, stratified_alpha, stratified_fleiss,
    stratified_kappa, wilson,
};
use crate::vote::Preference;

/// The cells of a table of every category by every other.
const TABLE: usize = CATEGORIES * CATEGORIES;
/// Most pairs of annotators whose κ is listed: those with the most comparisons in common.
const MOST_PAIRS: usize = 200;
/// Most cells of the matrix of annotators by comparisons that the alternative annotator test works on.
const MOST_CELLS: usize = 50_000_000;
/// The tolerances ε of the curve: how much less often than an annotator the judge may agree with the others,
/// because it is cheaper.
const EPSILONS: [f64; 7] = [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3];
/// Three categories: system A, system B, tie.
const CATEGORIES: usize = 3;

/// How well people agree among themselves, and the judge with them.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct HumanReport {
    /// Cohen's κ of each pair of annotators with comparisons in common.
    pub pairwise_kappa: Vec<PairwiseKappa>,
    /// Fleiss' κ; undefined unless all comparisons with two annotators or more have the same number of them.
    pub fleiss_kappa: Estimate,
    /// Krippendorff's nominal α of all annotators.
    pub krippendorff_alpha: Estimate,
    /// How often the judge agrees with the panel of all annotators but one, averaged over the one left out;
    /// undefined if it answered none of these comparisons in both orders.
    pub judge: Estimate,
    /// How often the annotator left out agrees with it, on the same comparisons; on all of them if the judge
    /// answered none.
    pub ceiling: Estimate,
    /// `judge / ceiling`: above 1 the judge is closer to the others than a typical annotator is, which does not
    /// mean that it is right. Undefined where the ceiling may be 0.
    pub ratio: Estimate,
    /// `judge − ceiling`.
    pub difference: Estimate,
    /// Whether the judge may replace an annotator; `None` with fewer than three annotators, or if none of them has
    /// enough comparisons.
    pub alt_test: Option<AlternativeAnnotatorReport>,
    /// Pairs of annotators that are not listed, because there are too many.
    #[serde(skip)]
    pub pairs_left_out: usize,
}

/// Agreement of two annotators.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PairwiseKappa {
    /// The names of both, in byte order.
    pub annotators: [String; 2],
    /// Cohen's κ over the comparisons both labelled; over several pairs of systems the stratified one.
    pub kappa: Estimate,
}

/// The alternative annotator test of Calderon et al. (2025).
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct AlternativeAnnotatorReport {
    /// The share of annotators that the judge may replace, by tolerance.
    pub curve: Vec<OmegaPoint>,
    /// The probability that the judge is at least as close to the others as an annotator; the mean over
    /// annotators.
    pub rho: f64,
    /// Annotators with fewer than thirty comparisons, whom the test leaves out.
    pub skipped: Vec<String>,
}

/// One point of the curve of the alternative annotator test.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct OmegaPoint {
    /// The tolerance.
    pub epsilon: f64,
    /// The share of annotators that the judge may replace; from ½ on it may replace annotators in general.
    pub omega: f64,
}

/// Measures how people agree; `None` unless some comparison has two annotators.
pub(super) fn human(labelled: LabelledComparisons<'_>) -> Option<HumanReport> {
    let panels: Vec<&Panel> = labelled
        .labels
        .panels
        .iter()
        .filter(|panel| labelled.labels.judgements(panel).len() > 1)
        .collect();
    if panels.is_empty() {
        return None;
    }
    let sums = SumLayout::of(labelled, &panels);
    let is_judged = panels.iter().any(|panel| !replies(labelled, panel).is_empty());
    let (clusters, compared) = sums.clusters(labelled, is_judged);
    let listed = &sums.listed;
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |all| {
        let coincidences = || tables(all, 0..sums.coincidences);
        let ceiling = ceiling_from_sums(&all[sums.ceiling..sums.tables], sums.annotators).ok();
        let mut values = vec![
            stratified_fleiss(coincidences()).ok(),
            stratified_alpha(coincidences()).ok(),
            ceiling.map(|found| found.judge),
            ceiling.map(|found| found.human),
            ceiling.and_then(|found| found.ratio),
            ceiling.map(|found| found.difference),
        ];
        let of_annotators = &all[sums.tables..];
        values.extend(sums.ends.iter().enumerate().map(|(at, end)| {
            let start = if at == 0 { 0 } else { sums.ends[at - 1] };
            stratified_kappa(tables(of_annotators, start..*end)).ok()
        }));
        values
    });
    let n = panels.len() as u64;
    let sizes: Vec<usize> =
        panels.iter().map(|panel| labelled.labels.judgements(panel).len()).collect();
    let equal = sizes.iter().all(|size| *size == sizes[0]);
    let fleiss = if equal { sampled_estimate((&sampled, 0), n) } else { Estimate::undefined(n) };
    let on_compared = |statistic| sampled_estimate((&sampled, statistic), compared.panels);
    let of_judge = |statistic| {
        if is_judged { on_compared(statistic) } else { Estimate::undefined(0) }
    };
    let ceiling = with_wilson(on_compared(3), compared.items);
    let ratio = match ceiling.low {
        Some(low) if low > 0.0 => of_judge(4),
        _ => Estimate { value: None, low: None, high: None, ..of_judge(4) },
    };
    let name = |annotator: u32| labelled.labels.annotators[annotator as usize].to_string();
    let pairwise = listed.iter().enumerate().map(|(at, ((one, other), shared))| PairwiseKappa {
        annotators: [name(*one), name(*other)],
        kappa: sampled_estimate((&sampled, 6 + at), *shared),
    });
    Some(HumanReport {
        pairwise_kappa: pairwise.collect(),
        fleiss_kappa: fleiss,
        krippendorff_alpha: sampled_estimate((&sampled, 1), n),
        judge: with_wilson(of_judge(2), compared.items),
        ceiling,
        ratio,
        difference: of_judge(5),
        alt_test: alternative_annotator(labelled, &panels),
        pairs_left_out: sums.pairs_left_out,
    })
}

/// Returns a share with an interval even where all resamples are equal, as for people who always agree: then it
/// is Wilson's for as many observations as there are items.
fn with_wilson(estimate: Estimate, items: u64) -> Estimate {
    let Some(value) = estimate.value.filter(|_| estimate.low.is_none()) else { return estimate };
    let n = items as f64;
    Estimate::of(Some(value), wilson((value * n).clamp(0.0, n), n, CONFIDENCE).ok(), estimate.n)
}

/// How many panels and items people, and the judge in their place, were compared on.
#[derive(Default)]
struct ComparedPanels {
    panels: u64,
    items: u64,
}

/// Returns tables of sums that lie one after another, by their numbers.
fn tables(sums: &[f64], numbers: Range<usize>) -> impl Iterator<Item = Table<'_>> {
    sums[numbers.start * TABLE..numbers.end * TABLE]
        .chunks(TABLE)
        .filter_map(|cells| Table::new(CATEGORIES, cells).ok())
}

/// Where the sums lie in the vector that the bootstrap resamples: coincidences, then the sums of the ceiling,
/// then tables of pairs of annotators. There are tables only of systems that several people compared: with many systems
/// and people most others would be empty.
struct SumLayout {
    annotators: usize,
    /// The number of the coincidences of each pair of systems.
    coincidence_of: HashMap<u32, usize>,
    /// How many pairs of systems have coincidences.
    coincidences: usize,
    ceiling: usize,
    tables: usize,
    /// The number of the table of a listed pair of annotators and a pair of systems.
    table_of: HashMap<(usize, u32), usize>,
    /// For each listed pair of annotators, the number after its last table.
    ends: Vec<usize>,
    width: usize,
    /// The listed pairs of annotators, with how many comparisons they share.
    listed: Vec<((u32, u32), u64)>,
    /// The places of pairs of annotators in `listed`.
    slots: HashMap<(u32, u32), usize>,
    pairs_left_out: usize,
}

impl SumLayout {
    fn of(labelled: LabelledComparisons<'_>, panels: &[&Panel]) -> Self {
        let LabelledComparisons { comparisons, labels, .. } = labelled;
        let mut shared: BTreeMap<(u32, u32), u64> = BTreeMap::new();
        for panel in panels {
            for pair in pairs(labels.judgements(panel)) {
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
        let slots: HashMap<(u32, u32), usize> =
            listed.iter().enumerate().map(|(at, (pair, _))| (*pair, at)).collect();
        let (mut systems, mut used) = (BTreeSet::new(), BTreeSet::new());
        for panel in panels {
            let pair = comparisons.rows[panel.row as usize].pair;
            systems.insert(pair);
            for both in pairs(labels.judgements(panel)) {
                if let Some(at) = slots.get(&(both[0].0, both[1].0)) {
                    used.insert((*at, pair));
                }
            }
        }
        let coincidences = systems.len();
        let mut ends = vec![0; listed.len()];
        for (number, (at, _)) in used.iter().enumerate() {
            ends[*at] = number + 1;
        }
        let annotators = labels.annotators.len();
        let ceiling = coincidences * TABLE;
        let tables = ceiling + 3 * annotators;
        Self {
            annotators,
            coincidence_of: systems.into_iter().zip(0..).collect(),
            coincidences,
            ceiling,
            tables,
            width: tables + used.len() * TABLE,
            table_of: used.into_iter().zip(0..).collect(),
            ends,
            listed,
            slots,
            pairs_left_out,
        }
    }

    /// Returns the sums by item. People and the judge are compared on the panels that the judge answered in both
    /// orders; if there are none (`is_judged` is `false`), people are compared on all.
    fn clusters(
        &self,
        labelled: LabelledComparisons<'_>,
        is_judged: bool,
    ) -> (Clusters, ComparedPanels) {
        let LabelledComparisons { comparisons, labels, .. } = labelled;
        let mut clusters = Clusters::new(self.width);
        let mut cells = Vec::new();
        let mut compared = ComparedPanels::default();
        for panels in labels.by_item(comparisons) {
            cells.clear();
            let before = compared.panels;
            for panel in panels {
                let judgements = labels.judgements(panel);
                if judgements.len() < 2 {
                    continue;
                }
                let pair = comparisons.rows[panel.row as usize].pair;
                let coincidences = self.coincidence_of[&pair] * TABLE;
                let others = judgements.len() as f64 - 1.0;
                for both in pairs(judgements) {
                    let (one, other) = (category(both[0].1), category(both[1].1));
                    for (i, j) in [(one, other), (other, one)] {
                        cells.push(((coincidences + i * CATEGORIES + j) as u32, 1.0 / others));
                    }
                    if let Some(at) = self.slots.get(&(both[0].0, both[1].0)) {
                        let table = self.tables + self.table_of[&(*at, pair)] * TABLE;
                        cells.push(((table + one * CATEGORIES + other) as u32, 1.0));
                    }
                }
                // Without any judge, an unreadable reply takes its place, and its sums are not used.
                let judge = if is_judged { replies(labelled, panel) } else { vec![None] };
                let was_compared = self.add_ceiling(judgements, &judge, &mut cells);
                compared.panels += u64::from(was_compared);
            }
            compared.items += u64::from(compared.panels > before);
            if !cells.is_empty() {
                clusters.push(&mut cells);
            }
        }
        (clusters, compared)
    }

    /// Adds the sums of one panel; returns whether the judge could be compared with it.
    fn add_ceiling(
        &self,
        judgements: &[(u32, Preference)],
        judge: &[Option<usize>],
        cells: &mut Vec<(u32, f64)>,
    ) -> bool {
        let panel: Vec<Option<usize>> =
            judgements.iter().map(|(_, choice)| Some(category(*choice))).collect();
        // A comparison without a reply is left out for people too, so that both are measured on the same items.
        let Ok(sums) = leave_one_out_sums(&panel, judge) else { return false };
        for ((annotator, _), sums) in judgements.iter().zip(sums.chunks(3)) {
            for (at, sum) in sums.iter().enumerate() {
                cells.push(((self.ceiling + *annotator as usize * 3 + at) as u32, *sum));
            }
        }
        true
    }
}

/// Returns every two judgements of a panel, in the order of the annotators.
fn pairs(judgements: &[(u32, Preference)]) -> impl Iterator<Item = [(u32, Preference); 2]> + '_ {
    let later =
        move |at: usize| judgements[at + 1..].iter().map(move |other| [judgements[at], *other]);
    (0..judgements.len()).flat_map(later)
}

/// Returns the category of every reply, `None` for one that could not be read. Returns none at all if any is
/// absent: a judge that answered one order only cannot be compared.
fn replies(labelled: LabelledComparisons<'_>, panel: &Panel) -> Vec<Option<usize>> {
    let category = |choice| match choice {
        ReplyChoice::Preferred(preference) => Some(Some(category(preference))),
        ReplyChoice::Unreadable => Some(None),
        ReplyChoice::Absent => None,
    };
    labelled.comparisons.replies(panel.row).map(category).collect::<Option<_>>().unwrap_or_default()
}

fn alternative_annotator(
    labelled: LabelledComparisons<'_>,
    panels: &[&Panel],
) -> Option<AlternativeAnnotatorReport> {
    let annotators = &labelled.labels.annotators;
    if labelled.annotators() < 3 || annotators.len() * panels.len() > MOST_CELLS {
        return None;
    }
    let mut humans = vec![vec![None; panels.len()]; annotators.len()];
    let mut judge = Vec::with_capacity(panels.len());
    for (at, panel) in panels.iter().enumerate() {
        for (annotator, choice) in labelled.labels.judgements(panel) {
            humans[*annotator as usize][at] = Some(category(*choice));
        }
        judge.push(replies(labelled, panel));
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
            .map(|test| OmegaPoint { epsilon: test.epsilon, omega: test.winning_rate })
            .collect(),
    })
}
