//! Agreement of the judge with people: of kept verdicts, and of every single reply.
//!
//! The two are always reported together: keeping only the verdicts on which both orders agree selects the easy
//! comparisons, so agreement on those alone says little about the judge. Contingency tables belong to a pair
//! of systems; over several pairs κ is stratified, since in one pooled table
//! even a random judge can have a κ far from 0.

use serde::Serialize;

use super::comparisons::ComparisonTable;
use super::intervals::{
    RESAMPLES, SEED, chance_corrected, chance_of_ac1, chance_of_alpha, chance_of_kappa,
    sampled_estimate, undefined_share,
};
use super::labelled::LabelledComparisons;
use super::panels::Panel;
use super::reply_choice::{ReplyChoice, category};
use super::resampled_tables::{ItemCells, ResampledTables};
use super::table_layout::TableLayout;
use super::weighted_scores::WeightedScores;
use crate::stats::{
    Estimate, Table, Weights, alpha_nominal, balanced_accuracy, bootstrap, cohen_kappa_value,
    gwet_ac1_value, matthews,
};

/// Agreement of kept verdicts with the labels.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct KeptAgreement {
    /// Kept verdicts on comparisons with a label.
    pub n: u64,
    /// The share that agrees.
    pub agreement: Estimate,
    /// Cohen's κ; over several pairs of systems the stratified one.
    pub cohen_kappa: Estimate,
    /// Gwet's AC1; of one pair of systems.
    pub gwet_ac1: Estimate,
    /// Krippendorff's α of judge and label; of one pair of systems.
    pub krippendorff_alpha: Estimate,
    /// Matthews' correlation; of one pair of systems.
    pub mcc: Estimate,
    /// The mean share of agreement within each label; of one pair of systems.
    pub balanced_accuracy: Estimate,
    /// The share of resamples on which κ was undefined; above 0.05 its interval is too narrow.
    #[serde(skip)]
    pub undefined_resamples: f64,
}

/// Agreement of every single reply with the labels.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct OrderAgreement {
    /// Replies to labelled comparisons.
    pub n: u64,
    /// Of those, without a readable vote; they count as wrong.
    pub unreadable: u64,
    /// The share that agrees.
    pub agreement: Estimate,
    /// Cohen's κ, with unreadable replies as a category that people never use; over several pairs of systems
    /// the stratified one.
    pub cohen_kappa: Estimate,
    /// Trials without a reply: pending or failed. They are left out.
    #[serde(skip)]
    pub absent: u64,
    /// The share of resamples on which κ was undefined; above 0.05 its interval is too narrow.
    #[serde(skip)]
    pub undefined_resamples: f64,
}

/// How often kept verdicts named each category, by the category that people named.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Confusion {
    /// The categories: the two systems, and `tie` where the rubric allows it or someone chose it.
    pub labels: Vec<String>,
    /// `counts[i][j]`: the kept verdict said `labels[i]`, people `labels[j]`.
    pub counts: Vec<Vec<u64>>,
}

/// Agreement on the comparisons of two systems.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PairAgreement {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// Kept verdicts against labels.
    pub confusion: Confusion,
    /// On kept verdicts.
    pub kept: KeptAgreement,
    /// On every reply.
    pub orders: OrderAgreement,
}

const KEPT_STATISTICS: usize = 5;

/// Computes agreement of kept verdicts over all pairs, and for each pair with its confusion matrix.
pub(super) fn kept(
    labelled: LabelledComparisons<'_>,
) -> (KeptAgreement, Vec<(Confusion, KeptAgreement)>) {
    let LabelledComparisons { comparisons, labels, categories, .. } = labelled;
    let tables = TableLayout::new(categories.to_vec());
    let mut items = ItemCells::default();
    let mut scores = vec![WeightedScores::default(); categories.len()];
    let mut all = WeightedScores::default();
    let mut counts = vec![0_u64; tables.width];
    let mut cells = Vec::new();
    for panels in labels.by_item(comparisons) {
        for panel in panels {
            let row = &comparisons.rows[panel.row as usize];
            let (Some(winner), Some(label)) = (row.winner, panel.label) else { continue };
            let pair = row.pair as usize;
            let judge = category(winner);
            let (cell, weight) =
                (tables.cell(pair, judge, category(label)), labelled.weight(panel));
            counts[cell as usize] += 1;
            cells.push((cell, weight));
            let agrees = f64::from(winner == label);
            scores[pair].push(agrees, row.item, weight);
            all.push(agrees, row.item, weight);
        }
        items.push(&mut cells);
    }
    let totals = items.totals(&tables);
    let resampled = ResampledPairs::of(&scores);
    let of_resamples = ResampledTables::new(&items, &tables, &resampled.pairs);
    let sampled = bootstrap(&of_resamples.clusters, RESAMPLES, SEED, |sums| {
        let table = |place: usize| of_resamples.table(sums, place).map(kept_values);
        let of = |place: usize| table(place).unwrap_or([None; KEPT_STATISTICS]);
        let pairs = (0..resampled.pairs.len()).flat_map(of);
        pairs.chain([of_resamples.kappa(sums)]).collect()
    });
    let of_pair = |pair: usize| {
        let table = tables.table(&totals, pair).ok();
        let n = scores[pair].n();
        let place = resampled.places[pair].map(|place| place * KEPT_STATISTICS);
        let value = table.map_or([None; KEPT_STATISTICS], kept_values);
        let estimate = |statistic: usize| match place {
            Some(place) => sampled_estimate((&sampled, place + statistic), n),
            None => Estimate::of(value[statistic], None, n),
        };
        let kept = KeptAgreement {
            n,
            agreement: scores[pair].share(),
            cohen_kappa: chance_corrected(estimate(0), table, n, chance_of_kappa),
            gwet_ac1: chance_corrected(estimate(1), table, n, chance_of_ac1),
            krippendorff_alpha: chance_corrected(estimate(2), table, n, chance_of_alpha),
            mcc: estimate(3),
            balanced_accuracy: estimate(4),
            undefined_resamples: place.map_or(0.0, |place| undefined_share((&sampled, place))),
        };
        (confusion(comparisons, pair, &tables, &counts), kept)
    };
    let pairs: Vec<_> = (0..categories.len()).map(of_pair).collect();
    if let [(_, only)] = pairs.as_slice() {
        return (only.clone(), pairs);
    }
    let n = all.n();
    let kappa = (&sampled, resampled.pairs.len() * KEPT_STATISTICS);
    let headline = KeptAgreement {
        n,
        agreement: all.share(),
        cohen_kappa: Estimate {
            n,
            ..chance_corrected(
                sampled_estimate(kappa, n),
                tables.all(&totals),
                distinct(&all.scores.items),
                chance_of_kappa,
            )
        },
        gwet_ac1: Estimate::undefined(n),
        krippendorff_alpha: Estimate::undefined(n),
        mcc: Estimate::undefined(n),
        balanced_accuracy: Estimate::undefined(n),
        undefined_resamples: undefined_share(kappa),
    };
    (headline, pairs)
}

fn kept_values(table: Table<'_>) -> [Option<f64>; KEPT_STATISTICS] {
    [
        cohen_kappa_value(table, Weights::Identity).ok(),
        gwet_ac1_value(table).ok(),
        alpha(table),
        matthews(table).ok(),
        balanced_accuracy(table).ok(),
    ]
}

/// Returns Krippendorff's α of two raters: each observation is a unit with two ratings, in both directions.
fn alpha(table: Table<'_>) -> Option<f64> {
    let k = table.categories();
    let both = |at: usize| table.cell(at / k, at % k) + table.cell(at % k, at / k);
    let coincidences: Vec<f64> = (0..k * k).map(both).collect();
    alpha_nominal(k, &coincidences).ok()
}

fn confusion(
    comparisons: &ComparisonTable,
    pair: usize,
    tables: &TableLayout,
    counts: &[u64],
) -> Confusion {
    let mut labels = comparisons.pairs[pair].between.to_vec();
    let k = tables.sizes[pair];
    if k > 2 {
        labels.push("tie".to_owned());
    }
    let count = |i, j| counts[tables.cell(pair, i, j) as usize];
    let counts = (0..k).map(|i| (0..k).map(|j| count(i, j)).collect()).collect();
    Confusion { labels, counts }
}

/// Computes agreement of every reply, over all pairs and by pair. `replies` returns the replies to the
/// comparison of a panel, given its place among `panels`.
pub(super) fn orders<R>(
    labelled: LabelledComparisons<'_>,
    panels: &[Panel],
    replies: impl Fn(usize, &Panel) -> R,
) -> (OrderAgreement, Vec<OrderAgreement>)
where
    R: IntoIterator<Item = ReplyChoice>,
{
    let LabelledComparisons { comparisons, labels, categories, .. } = labelled;
    let tables = TableLayout::new(categories.iter().map(|k| k + 1).collect());
    let mut items = ItemCells::default();
    let mut scores = vec![WeightedScores::default(); categories.len()];
    let mut all = WeightedScores::default();
    let mut counts = vec![[0_u64; 2]; categories.len()];
    let mut cells = Vec::new();
    let mut item = None;
    for (at, panel) in panels.iter().enumerate() {
        let row = &comparisons.rows[panel.row as usize];
        if item.is_some_and(|item| item != row.item) {
            items.push(&mut cells);
        }
        item = Some(row.item);
        let pair = row.pair as usize;
        let (weights, panel_weight) = (labels.weights(panel), labelled.weight(panel));
        for choice in replies(at, panel) {
            let (judge, agrees) = match choice {
                ReplyChoice::Preferred(preference) => {
                    let judge = category(preference);
                    (judge, weights[judge])
                }
                ReplyChoice::Unreadable => {
                    counts[pair][0] += 1;
                    (categories[pair], 0.0)
                }
                ReplyChoice::Absent => {
                    counts[pair][1] += 1;
                    continue;
                }
            };
            for (label, weight) in weights.iter().enumerate().take(categories[pair]) {
                cells.push((tables.cell(pair, judge, label), *weight * panel_weight));
            }
            scores[pair].push(agrees, row.item, panel_weight);
            all.push(agrees, row.item, panel_weight);
        }
    }
    items.push(&mut cells);
    let kappa = |table: Table<'_>| cohen_kappa_value(table, Weights::Identity).ok();
    let resampled = ResampledPairs::of(&scores);
    let of_resamples = ResampledTables::new(&items, &tables, &resampled.pairs);
    let sampled = bootstrap(&of_resamples.clusters, RESAMPLES, SEED, |sums| {
        let pairs = (0..resampled.pairs.len())
            .map(|place| of_resamples.table(sums, place).ok().and_then(kappa));
        pairs.chain([of_resamples.kappa(sums)]).collect()
    });
    let totals = items.totals(&tables);
    let of_pair = |pair: usize| {
        let scores = &scores[pair];
        let n = scores.n();
        let table = tables.table(&totals, pair).ok();
        let items = distinct(&scores.scores.items);
        let place = resampled.places[pair];
        let estimate = match place {
            Some(place) => sampled_estimate((&sampled, place), items),
            None => Estimate::of(table.and_then(kappa), None, items),
        };
        OrderAgreement {
            n,
            unreadable: counts[pair][0],
            agreement: scores.share(),
            cohen_kappa: Estimate {
                n,
                ..chance_corrected(estimate, table, items, chance_of_kappa)
            },
            absent: counts[pair][1],
            undefined_resamples: place.map_or(0.0, |place| undefined_share((&sampled, place))),
        }
    };
    let pairs: Vec<OrderAgreement> = (0..categories.len()).map(of_pair).collect();
    if let [only] = pairs.as_slice() {
        return (only.clone(), pairs);
    }
    let n = all.n();
    let kappa = (&sampled, resampled.pairs.len());
    let headline = OrderAgreement {
        n,
        unreadable: pairs.iter().map(|pair| pair.unreadable).sum(),
        agreement: all.share(),
        cohen_kappa: Estimate {
            n,
            ..chance_corrected(
                sampled_estimate(kappa, n),
                tables.all(&totals),
                distinct(&all.scores.items),
                chance_of_kappa,
            )
        },
        absent: pairs.iter().map(|pair| pair.absent).sum(),
        undefined_resamples: undefined_share(kappa),
    };
    (headline, pairs)
}

/// The pairs of systems whose statistics are resampled: those with labels of several items, or the only pair. With
/// labels of one item a statistic is the same on every resample that has any, so that there is no interval; with many
/// systems most pairs are such.
struct ResampledPairs {
    pairs: Vec<usize>,
    /// The place of each pair in `pairs`.
    places: Vec<Option<usize>>,
}

impl ResampledPairs {
    fn of(scores: &[WeightedScores]) -> Self {
        let mut resampled = Self { pairs: Vec::new(), places: vec![None; scores.len()] };
        for (pair, scores) in scores.iter().enumerate() {
            if resampled.places.len() == 1 || distinct(&scores.scores.items) > 1 {
                resampled.places[pair] = Some(resampled.pairs.len());
                resampled.pairs.push(pair);
            }
        }
        resampled
    }
}

/// Returns how many different items there are in a list in which equal ones are adjacent.
fn distinct(items: &[u32]) -> u64 {
    items.chunk_by(|one, other| one == other).count() as u64
}
