//! What a jury is worth: each of its judges, how many independent ones they amount to, and which of them are enough.
//!
//! ```text
//! LabelledComparisons ─by pair of systems→ JuryRow ┬ errors of each judge → correlations → effective number
//!                                                  ├ dev part: best member, cheapest jury ┐
//!                                                  └ test part: both beside the jury ←────┘
//! ```
//!
//! Everything is about one pair of systems: a judge may know one system better than another, and pairs that are harder than
//! others would by themselves make all judges err together.

use serde::Serialize;

use super::intervals::{CONFIDENCE, RESAMPLES, SEED};
use super::jury_choice::{JuryOnDev, JuryOnTest, JurySearch, LOSS, PricedJudge, choose, measure};
use super::jury_rows::{JuryRow, jury_rows};
use super::labelled::LabelledComparisons;
use super::part::Part;
use super::reply_choice::ReplyChoice;
use super::weighted_scores::WeightedScores;
use crate::stats::{
    Bootstrap, Clusters, Estimate, Interval, PairwiseCorrelations, bootstrap, effective_number,
    mean_correlation,
};
use crate::summary::ItemScores;
use crate::verdict::reconcile;

/// The share of resamples without a correlation above which it has no interval.
const UNSTABLE: f64 = 0.05;

/// What a jury is worth.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct JuryReport {
    /// Which juries of some of the judges were tried.
    pub search: JurySearch,
    /// How much less often than the best jury the cheapest one may agree with people on the dev part.
    pub loss: f64,
    /// Each pair of systems of which a comparison is labelled.
    pub pairs: Vec<PairJury>,
}

/// What a jury is worth on the comparisons of two systems.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct PairJury {
    /// The two systems, in byte order.
    pub between: [String; 2],
    /// Each judge, in the order of the run.
    pub members: Vec<JuryMember>,
    /// How much the judges err together.
    pub errors: JuryErrors,
    /// What was chosen on the dev part.
    pub dev: JuryOnDev,
    /// The same on the test part; `None` where only the dev part is measured, where nothing was chosen, or where the test
    /// part has no labelled comparison that every judge answered.
    pub test: Option<JuryOnTest>,
}

/// A judge of a jury, measured alone.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JuryMember {
    /// Its name.
    pub judge: String,
    /// Agreement of every reply, as in a calibration of this judge alone.
    pub agreement: Estimate,
    /// Kept of all planned.
    pub coverage: Estimate,
    /// What a comparison costs, in USD, by the replies of the run; `None` where that is not known.
    pub usd_per_comparison: Option<f64>,
}

/// How much the judges of a jury err together.
///
/// The error of a judge on a comparison is 1 minus the mean agreement of its replies with people, from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct JuryErrors {
    /// Labelled comparisons that every judge answered in both orders.
    pub n: u64,
    /// Pearson's correlation of the errors of each two judges, with bootstrap intervals over items.
    pub pairs: Vec<ErrorCorrelation>,
    /// The mean of these; undefined where one of them is.
    pub mean_correlation: Estimate,
    /// How many independent judges the jury amounts to, from 1 to the number of its judges, see [`effective_number`];
    /// undefined where the mean correlation is. It is exact for judges that err equally much.
    pub effective_judges: Estimate,
    /// Judges whose error is the same on all of these comparisons: their correlations are undefined.
    pub constant_errors: Vec<String>,
}

/// The correlation of the errors of two judges.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ErrorCorrelation {
    /// Their names.
    pub judges: [String; 2],
    /// Pearson's correlation; undefined if the error of one of them is constant.
    pub correlation: Estimate,
}

/// Measures a jury: its judges and their errors on `measured`, and what is chosen on the dev part of `both`. `with_test`
/// says whether that is measured on the test part, too. `both` has the comparisons of both parts where `measured` has those
/// of the test part alone; otherwise the two may be the same.
pub(super) fn jury_report(
    judges: &[PricedJudge<'_>],
    measured: LabelledComparisons<'_>,
    both: LabelledComparisons<'_>,
    with_test: bool,
) -> JuryReport {
    let rows_of_both = jury_rows(both);
    let of_both = |between: &[String; 2]| -> &[JuryRow] {
        let number = both.comparisons.pair_number(between.each_ref().map(String::as_str));
        number.map_or(&[], |number| rows_of_both[number as usize].as_slice())
    };
    let pair_jury =
        |((between, rows), members): ((&[String; 2], &Vec<JuryRow>), Vec<JuryMember>)| {
            let of_part = |part| -> Vec<&JuryRow> {
                of_both(between).iter().filter(|row| row.part == part).collect()
            };
            let (dev, chosen) = choose(judges, &of_part(Part::Dev));
            let chosen = chosen.filter(|_| with_test);
            PairJury {
                between: between.clone(),
                members,
                errors: errors(judges, rows),
                dev,
                test: chosen.and_then(|chosen| measure(judges, &chosen, &of_part(Part::Test))),
            }
        };
    let LabelledComparisons { comparisons, labels, .. } = measured;
    let mut is_labelled = vec![false; comparisons.pairs.len()];
    for panel in &labels.panels {
        is_labelled[comparisons.rows[panel.row as usize].pair as usize] = true;
    }
    let rows = jury_rows(measured);
    let between = comparisons.pairs.iter().map(|pair| &pair.between);
    let pairs = between.zip(&rows).zip(members(judges, measured)).zip(is_labelled);
    JuryReport {
        search: JurySearch::of(judges.len()),
        loss: LOSS,
        pairs: pairs.filter(|(_, labelled)| *labelled).map(|(pair, _)| pair_jury(pair)).collect(),
    }
}

/// Measures each judge alone on the comparisons of each pair.
fn members(judges: &[PricedJudge<'_>], labelled: LabelledComparisons<'_>) -> Vec<Vec<JuryMember>> {
    let LabelledComparisons { comparisons, labels, .. } = labelled;
    let none = vec![(WeightedScores::default(), ItemScores::default()); judges.len()];
    let mut by_pair = vec![none; comparisons.pairs.len()];
    for panel in &labels.panels {
        let replies: Vec<ReplyChoice> = comparisons.replies(panel.row).collect();
        let pair = comparisons.rows[panel.row as usize].pair as usize;
        let of_judges = replies.chunks(2 * comparisons.repeat);
        for (replies, (agreement, _)) in of_judges.zip(&mut by_pair[pair]) {
            labelled.add_agreement(panel, replies.iter().copied(), agreement);
        }
    }
    for (at, row) in (0..).zip(&comparisons.rows) {
        let of_judges = comparisons.orders(at).zip(&mut by_pair[row.pair as usize]);
        for ([one, other], (_, kept)) in of_judges {
            kept.push(f64::from(reconcile(one, other).winner.is_some()), row.item);
        }
    }
    let member = |(judge, (agreement, kept)): (&PricedJudge<'_>, &(WeightedScores, ItemScores))| {
        JuryMember {
            judge: judge.name.to_owned(),
            agreement: agreement.share(),
            coverage: kept.estimate(),
            usd_per_comparison: judge.usd,
        }
    };
    by_pair.iter().map(|scores| judges.iter().zip(scores).map(member).collect()).collect()
}

/// Measures how much the judges err together on some comparisons, which are sorted by item.
fn errors(judges: &[PricedJudge<'_>], rows: &[JuryRow]) -> JuryErrors {
    let sums = PairwiseCorrelations::of(judges.len());
    let mut clusters = Clusters::new(sums.width());
    for of_item in rows.chunk_by(|one, other| one.item == other.item) {
        let mut adds = Vec::new();
        for row in of_item {
            let errors: Vec<f64> = row.agreements.iter().map(|right| 1.0 - right).collect();
            sums.add(&errors, row.weight, &mut adds);
        }
        clusters.push(&mut adds);
    }
    let n = rows.len() as u64;
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sampled| {
        let found = sums.correlations(sampled);
        let mean = mean_correlation(&found).ok();
        found.into_iter().map(Result::ok).chain([mean]).collect()
    });
    let name = |at: usize| judges[at].name.to_owned();
    let pairs: Vec<ErrorCorrelation> = sums
        .pairs()
        .enumerate()
        .map(|(at, pair)| ErrorCorrelation {
            judges: pair.map(name),
            correlation: correlation(&sampled, at, n),
        })
        .collect();
    let mean = correlation(&sampled, pairs.len(), n);
    let is_constant = |at: &usize| {
        rows.windows(2).all(|two| {
            let [one, other] = [&two[0], &two[1]].map(|row| row.agreements[*at]);
            crate::stats::nearly_equal(one, other)
        })
    };
    let constant = (0..judges.len()).filter(|_| n > 0).filter(is_constant);
    JuryErrors {
        n,
        constant_errors: constant.map(name).collect(),
        effective_judges: effective_judges(judges.len(), &mean),
        mean_correlation: mean,
        pairs,
    }
}

/// Returns a correlation with its interval; without one where it is undefined on many resamples, since those on which it
/// is defined are then a selection.
fn correlation(sampled: &Bootstrap, at: usize, n: u64) -> Estimate {
    let interval = sampled.bca(at, CONFIDENCE).ok();
    let interval = interval.filter(|_| sampled.undefined(at) <= UNSTABLE);
    Estimate::of(sampled.value(at), interval, n)
}

/// Returns how many independent judges the jury amounts to. The number falls as the correlation rises, so the ends of the
/// interval change places.
fn effective_judges(judges: usize, mean_correlation: &Estimate) -> Estimate {
    let of = |correlation: Option<f64>| effective_number(judges, correlation?).ok();
    let interval = of(mean_correlation.high).zip(of(mean_correlation.low));
    let interval = interval.map(|(low, high)| Interval { low, high });
    Estimate::of(of(mean_correlation.value), interval, mean_correlation.n)
}
