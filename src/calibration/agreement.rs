//! Judge against people: on kept verdicts, and on every single reply.
//!
//! Both stand side by side everywhere, because keeping only verdicts on which both orders agree selects the
//! easy comparisons: agreement on those alone says little about the judge. Tables belong to a pair of systems;
//! over several pairs κ is stratified, since pooling by name gives a coin a κ far from 0.

use serde::Serialize;

use super::digest::{Digest, Heard, category};
use super::people::{Panel, People};
use super::scores::{Scores, Tables};
use crate::stats::{
    Bootstrap, Clusters, Estimate, Interval, Table, Weights, alpha_nominal, balanced_accuracy,
    bootstrap, cohen_kappa, cohen_kappa_value, gwet_ac1, gwet_ac1_value, matthews, scott_pi,
    stratified_kappa, wilson,
};
use crate::vote::Preference;

/// Resamples behind every bootstrap interval.
pub(super) const RESAMPLES: usize = 2000;
/// The seed of every bootstrap: the same run and labels give the same intervals.
pub(super) const SEED: u64 = 0;
/// The confidence of every interval.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Agreement of kept verdicts with the labels.
#[derive(Debug, Clone, Serialize)]
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
    /// The share of resamples on which κ was undefined.
    #[serde(skip)]
    pub unstable: f64,
}

/// Agreement of every single reply with the labels.
#[derive(Debug, Clone, Serialize)]
pub struct OrderAgreement {
    /// Replies to labelled comparisons.
    pub n: u64,
    /// Of those, without a readable vote; they count as wrong.
    pub unreadable: u64,
    /// The share that agrees.
    pub agreement: Estimate,
    /// Cohen's κ, where an unreadable reply is a category that no human uses; over several pairs of systems
    /// the stratified one.
    pub cohen_kappa: Estimate,
    /// Replies that are not there: pending or failed. They are left out.
    #[serde(skip)]
    pub absent: u64,
    /// The share of resamples on which κ was undefined.
    #[serde(skip)]
    pub unstable: f64,
}

/// How often a kept verdict said one thing and people another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Confusion {
    /// The categories: the two systems, and `tie` where it may be.
    pub labels: Vec<String>,
    /// `counts[i][j]`: the kept verdict said `labels[i]`, people `labels[j]`.
    pub counts: Vec<Vec<u64>>,
}

/// Agreement on the comparisons of two systems.
#[derive(Debug, Clone, Serialize)]
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

/// Panels to measure on, with the categories of each pair of systems.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) digest: &'a Digest,
    pub(super) people: &'a People,
    /// By pair: 2, or 3 where a tie may be.
    pub(super) categories: &'a [usize],
    /// Whether labels count by the inverse of their probability: where all are known and not all equal.
    pub(super) weighted: bool,
}

impl<'a> Scope<'a> {
    pub(super) fn new(digest: &'a Digest, people: &'a People, categories: &'a [usize]) -> Self {
        let known = || people.panels.iter().map(|panel| panel.probability);
        let first = known().next().flatten();
        // Where everything is labelled, how it was drawn no longer matters.
        let weighted = (people.panels.len() as u64) < digest.comparisons
            && known().all(|one| one.is_some())
            && known().any(|one| one != first);
        Self { digest, people, categories, weighted }
    }

    /// Returns of how many labelled comparisons it is not known how they were drawn, where it is of others.
    pub(super) fn drawn_unknown(&self) -> u64 {
        let panels = &self.people.panels;
        let unknown = panels.iter().filter(|panel| panel.probability.is_none()).count();
        if unknown < panels.len() { unknown as u64 } else { 0 }
    }

    /// Returns how many comparisons of the run a labelled one stands for; 1 where nothing is known, or where
    /// all stand for as many.
    pub(super) fn weight(&self, panel: &Panel) -> f64 {
        match panel.probability {
            Some(probability) if self.weighted => 1.0 / probability,
            _ => 1.0,
        }
    }

    /// Returns the share of a panel's replies that agree with it; an unreadable one is wrong, one that is
    /// not there is left out, and `None` if none is there.
    pub(super) fn agreement(&self, panel: &Panel) -> Option<f64> {
        self.agreement_of(panel, self.digest.replies(panel.row))
    }

    /// Returns the same for other replies.
    pub(super) fn agreement_of(
        &self,
        panel: &Panel,
        replies: impl IntoIterator<Item = Heard>,
    ) -> Option<f64> {
        let weights = self.people.weights(panel);
        let (mut right, mut n) = (0.0, 0.0);
        for heard in replies {
            right += match heard {
                Heard::Preference(preference) => weights[category(preference)],
                Heard::Unreadable => 0.0,
                Heard::Nothing => continue,
            };
            n += 1.0;
        }
        (n > 0.0).then(|| right / n)
    }

    /// Returns how many people labelled any of the panels.
    pub(super) fn annotators(&self) -> u64 {
        let mut seen = vec![false; self.people.annotators.len()];
        for panel in &self.people.panels {
            for (annotator, _) in self.people.judgements(panel) {
                seen[*annotator as usize] = true;
            }
        }
        seen.into_iter().filter(|seen| *seen).count() as u64
    }
}

/// Returns the number of categories of each pair: a tie is one if the rubric allows it or a label is one.
pub(super) fn categories(digest: &Digest, people: &People) -> Vec<usize> {
    let mut categories = vec![if digest.ties { 3 } else { 2 }; digest.pairs.len()];
    for panel in &people.panels {
        if people.judgements(panel).iter().any(|(_, choice)| *choice == Preference::Tie) {
            categories[digest.rows[panel.row as usize].pair as usize] = 3;
        }
    }
    categories
}

const KEPT_STATISTICS: usize = 5;

/// Returns agreement on kept verdicts over all pairs, and of each pair with its confusion matrix.
pub(super) fn kept(scope: Scope<'_>) -> (KeptAgreement, Vec<(Confusion, KeptAgreement)>) {
    let Scope { digest, people, categories, .. } = scope;
    let tables = Tables::new(categories.to_vec());
    let mut clusters = Clusters::new(tables.width);
    let mut scores = vec![Scores::default(); categories.len()];
    let mut all = Scores::default();
    let mut counts = vec![0_u64; tables.width];
    let mut adds = Vec::new();
    for panels in people.by_item(digest) {
        adds.clear();
        for panel in panels {
            let row = &digest.rows[panel.row as usize];
            let (Some(winner), Some(label)) = (row.winner, panel.label) else { continue };
            let pair = row.pair as usize;
            let judge = category(winner);
            let (cell, weight) = (tables.cell(pair, judge, category(label)), scope.weight(panel));
            counts[cell as usize] += 1;
            adds.push((cell, weight));
            let right = f64::from(u8::from(winner == label));
            scores[pair].push_weighted(right, row.item, weight);
            all.push_weighted(right, row.item, weight);
        }
        if !adds.is_empty() {
            clusters.push(&mut adds);
        }
    }
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
        let of = |pair| tables.table(sums, pair).map_or([None; KEPT_STATISTICS], kept_values);
        let pairs = (0..categories.len()).flat_map(of);
        pairs.chain([stratified_kappa(tables.all(sums)).ok()]).collect()
    });
    let totals = clusters.totals();
    let of_pair = |pair: usize| {
        let table = tables.table(&totals, pair).ok();
        let at = |statistic| (&sampled, pair * KEPT_STATISTICS + statistic);
        let n = scores[pair].values.len() as u64;
        let kept = KeptAgreement {
            n,
            agreement: scores[pair].estimate(),
            cohen_kappa: beyond_chance(at(0), table, n, chance_of_kappa),
            gwet_ac1: beyond_chance(at(1), table, n, chance_of_ac1),
            krippendorff_alpha: beyond_chance(at(2), table, n, chance_of_alpha),
            mcc: sampled_estimate(at(3), n),
            balanced_accuracy: sampled_estimate(at(4), n),
            unstable: unstable(at(0)),
        };
        (confusion(digest, pair, &tables, &counts), kept)
    };
    let pairs: Vec<_> = (0..categories.len()).map(of_pair).collect();
    if let [(_, only)] = pairs.as_slice() {
        return (only.clone(), pairs);
    }
    let n = all.values.len() as u64;
    let kappa = (&sampled, categories.len() * KEPT_STATISTICS);
    let headline = KeptAgreement {
        n,
        agreement: all.estimate(),
        cohen_kappa: Estimate {
            n,
            ..beyond_chance(kappa, tables.all(&totals), distinct(&all.items), chance_of_kappa)
        },
        gwet_ac1: Estimate::undefined(n),
        krippendorff_alpha: Estimate::undefined(n),
        mcc: Estimate::undefined(n),
        balanced_accuracy: Estimate::undefined(n),
        unstable: unstable(kappa),
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

/// Krippendorff's α of two raters: each observation is a unit with two ratings, in both directions.
fn alpha(table: Table<'_>) -> Option<f64> {
    let k = table.categories();
    let both = |at: usize| table.cell(at / k, at % k) + table.cell(at % k, at / k);
    let coincidences: Vec<f64> = (0..k * k).map(both).collect();
    alpha_nominal(k, &coincidences).ok()
}

fn confusion(digest: &Digest, pair: usize, tables: &Tables, counts: &[u64]) -> Confusion {
    let mut labels = digest.pairs[pair].between.to_vec();
    let k = tables.sizes[pair];
    if k > 2 {
        labels.push("tie".to_owned());
    }
    let count = |i, j| counts[tables.cell(pair, i, j) as usize];
    let counts = (0..k).map(|i| (0..k).map(|j| count(i, j)).collect()).collect();
    Confusion { labels, counts }
}

/// Returns agreement on every reply that `replies` gives for a panel, over all pairs and by pair.
pub(super) fn orders<R>(
    scope: Scope<'_>,
    panels: &[Panel],
    replies: impl Fn(usize, &Panel) -> R,
) -> (OrderAgreement, Vec<OrderAgreement>)
where
    R: IntoIterator<Item = Heard>,
{
    let Scope { digest, people, categories, .. } = scope;
    let tables = Tables::new(categories.iter().map(|k| k + 1).collect());
    let mut clusters = Clusters::new(tables.width);
    let mut scores = vec![Scores::default(); categories.len()];
    let mut all = Scores::default();
    let mut counts = vec![[0_u64; 2]; categories.len()];
    let mut adds = Vec::new();
    let mut item = None;
    for (at, panel) in panels.iter().enumerate() {
        let row = &digest.rows[panel.row as usize];
        if item.is_some_and(|item| item != row.item) && !adds.is_empty() {
            clusters.push(&mut adds);
            adds.clear();
        }
        item = Some(row.item);
        let pair = row.pair as usize;
        let (weights, counts_for) = (people.weights(panel), scope.weight(panel));
        for heard in replies(at, panel) {
            let (judge, right) = match heard {
                Heard::Preference(preference) => {
                    let judge = category(preference);
                    (judge, weights[judge])
                }
                Heard::Unreadable => {
                    counts[pair][0] += 1;
                    (categories[pair], 0.0)
                }
                Heard::Nothing => {
                    counts[pair][1] += 1;
                    continue;
                }
            };
            for (label, weight) in weights.iter().enumerate().take(categories[pair]) {
                adds.push((tables.cell(pair, judge, label), *weight * counts_for));
            }
            scores[pair].push_weighted(right, row.item, counts_for);
            all.push_weighted(right, row.item, counts_for);
        }
    }
    if !adds.is_empty() {
        clusters.push(&mut adds);
    }
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
        let of = |pair| cohen_kappa_value(tables.table(sums, pair).ok()?, Weights::Identity).ok();
        let pairs = (0..categories.len()).map(of);
        pairs.chain([stratified_kappa(tables.all(sums)).ok()]).collect()
    });
    let totals = clusters.totals();
    let of_pair = |pair: usize| {
        let scores = &scores[pair];
        let n = scores.values.len() as u64;
        let table = tables.table(&totals, pair).ok();
        let items = distinct(&scores.items);
        OrderAgreement {
            n,
            unreadable: counts[pair][0],
            agreement: scores.estimate(),
            cohen_kappa: Estimate {
                n,
                ..beyond_chance((&sampled, pair), table, items, chance_of_kappa)
            },
            absent: counts[pair][1],
            unstable: unstable((&sampled, pair)),
        }
    };
    let pairs: Vec<OrderAgreement> = (0..categories.len()).map(of_pair).collect();
    if let [only] = pairs.as_slice() {
        return (only.clone(), pairs);
    }
    let n = all.values.len() as u64;
    let kappa = (&sampled, categories.len());
    let headline = OrderAgreement {
        n,
        unreadable: pairs.iter().map(|pair| pair.unreadable).sum(),
        agreement: all.estimate(),
        cohen_kappa: Estimate {
            n,
            ..beyond_chance(kappa, tables.all(&totals), distinct(&all.items), chance_of_kappa)
        },
        absent: pairs.iter().map(|pair| pair.absent).sum(),
        unstable: unstable(kappa),
    };
    (headline, pairs)
}

/// How many items there are in a list where equal ones stand together.
fn distinct(items: &[u32]) -> u64 {
    items.chunk_by(|one, other| one == other).count() as u64
}

/// Returns a bootstrapped statistic with its `BCa` interval; the interval is undefined where there is none.
pub(super) fn sampled_estimate((sampled, at): (&Bootstrap, usize), n: u64) -> Estimate {
    Estimate::of(sampled.value(at), sampled.bca(at, CONFIDENCE).ok(), n)
}

/// The share of resamples on which a statistic that is defined on the data was not.
fn unstable((sampled, at): (&Bootstrap, usize)) -> f64 {
    if sampled.value(at).is_some() { sampled.undefined(at) } else { 0.0 }
}

/// Returns a chance-corrected statistic with its interval. Where no resample differs from another, as
/// with a perfect table, the bootstrap says nothing; then agreement's interval for `n` observations is carried
/// over, if agreement is perfect.
fn beyond_chance<'a>(
    sampled: (&Bootstrap, usize),
    tables: impl IntoIterator<Item = Table<'a>>,
    n: u64,
    chance: impl Fn(Table<'a>) -> Option<f64>,
) -> Estimate {
    let estimate = sampled_estimate(sampled, n);
    if estimate.value.is_none() || estimate.low.is_some() {
        return estimate;
    }
    let (mut total, mut agreed, mut by_chance) = (0.0, 0.0, 0.0);
    for table in tables {
        // A table of one category has nothing beyond chance, and nothing to say of the others.
        let Some(chance) = chance(table) else { continue };
        total += table.total();
        agreed += table.diagonal();
        by_chance += table.total() * chance;
    }
    if total == 0.0 || agreed < total {
        return estimate;
    }
    let chance = by_chance / total;
    let perfect = wilson(n as f64, n as f64, CONFIDENCE).ok().map(|interval| Interval {
        low: ((interval.low - chance) / (1.0 - chance)).max(-1.0),
        high: 1.0,
    });
    Estimate::of(estimate.value, perfect, n)
}

fn chance_of_kappa(table: Table<'_>) -> Option<f64> {
    cohen_kappa(table, Weights::Identity).ok().map(|kappa| kappa.expected)
}

fn chance_of_ac1(table: Table<'_>) -> Option<f64> {
    gwet_ac1(table, CONFIDENCE).ok().map(|found| found.expected)
}

/// α counts chance like Scott's π, but for a correction that vanishes with n.
fn chance_of_alpha(table: Table<'_>) -> Option<f64> {
    scott_pi(table, CONFIDENCE).ok().map(|found| found.expected)
}
