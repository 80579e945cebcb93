//! What each rule costs on a part, and how often it agrees with people there.

use super::cost::JudgeCosts;
use super::join::Joined;
use super::labelled::{JoinedLabels, LabelledPart};
use super::results::{AgainstStrong, CascadeNumbers, TestNumbers};
use crate::calibration::{CONFIDENCE, KappasByComparison, Part, ReplyChoice, WeightedScores};
use crate::stats::{Estimate, Interval, clustered_mean};
use crate::summary::ItemScores;
use crate::verdict::CascadeRule;

/// The comparisons of a part with everything that rules are measured by.
pub(super) struct Measured<'a> {
    joined: &'a Joined,
    costs: &'a [JudgeCosts; 2],
    labels: &'a JoinedLabels,
    comparisons: Vec<usize>,
    pub(super) labelled: LabelledPart<'a>,
}

impl<'a> Measured<'a> {
    pub(super) fn new(
        joined: &'a Joined,
        costs: &'a [JudgeCosts; 2],
        labels: &'a JoinedLabels,
        part: Part,
    ) -> Self {
        let (comparisons, labelled) = (joined.of_part(part), labels.of_part(joined, part));
        Self { joined, costs, labels, comparisons, labelled }
    }

    /// Returns how many comparisons the part has.
    pub(super) fn comparisons(&self) -> u64 {
        self.comparisons.len() as u64
    }

    /// Returns the margins of the verdicts that the cheap judge kept.
    pub(super) fn margins(&self) -> impl Iterator<Item = f64> + '_ {
        let answers = self.comparisons.iter().map(|at| self.joined.compared[*at].cheap);
        answers.filter(|answer| answer.is_kept).filter_map(|answer| answer.margin)
    }

    /// Measures some rules.
    pub(super) fn rules(&self, rules: &[CascadeRule]) -> Vec<CascadeNumbers> {
        let kappas = self.kappas(rules).kappas;
        rules.iter().zip(kappas).map(|(rule, kappa)| self.numbers(*rule, kappa)).collect()
    }

    /// Measures the chosen rule beside each judge alone.
    pub(super) fn test(&self, chosen: CascadeRule) -> TestNumbers {
        let rules = [chosen, CascadeRule::CheapAlone, CascadeRule::StrongAlone];
        let found = self.kappas(&rules);
        let [of_chosen, of_cheap, of_strong] =
            [0, 1, 2].map(|at| self.numbers(rules[at], found.kappas[at]));
        let [against, cheap_against, _] =
            [0, 1, 2].map(|at| self.against_strong(rules[at], found.minus_last[at]));
        TestNumbers {
            comparisons: self.comparisons(),
            labelled: self.labelled.labelled,
            unanswered: self.labelled.unanswered,
            no_majority: self.labelled.no_majority,
            chosen: of_chosen,
            cheap_alone: of_cheap,
            strong_alone: of_strong,
            chosen_against_strong: against,
            cheap_against_strong: cheap_against,
        }
    }

    fn kappas(&self, rules: &[CascadeRule]) -> KappasByComparison {
        let labelled = self.labels.of(self.joined);
        labelled.kappas_by_comparison(&self.labelled.panels, rules.len(), |rule, row| {
            self.deciding_replies(rules[rule], row as usize)
        })
    }

    fn deciding_replies(&self, rule: CascadeRule, at: usize) -> Vec<ReplyChoice> {
        self.joined.replies(self.joined.decided_by(rule, at), at)
    }

    fn numbers(&self, rule: CascadeRule, cohen_kappa: Estimate) -> CascadeNumbers {
        let Self { joined, costs, labels, .. } = self;
        let (mut sent, mut coverage) = (ItemScores::default(), ItemScores::default());
        let mut requests = [0; 2];
        for at in self.comparisons.iter().copied() {
            let item = joined.compared[at].item;
            sent.push(f64::from(joined.decided_by(rule, at) == 1), item);
            coverage.push(f64::from(joined.winner(rule, at).is_some()), item);
            for (side, is_asked) in self.asked(rule, at).into_iter().enumerate() {
                requests[side] += if is_asked { costs[side].requests[at] } else { 0 };
            }
        }
        let labelled = labels.of(joined);
        let mut kept = WeightedScores::default();
        for panel in &self.labelled.panels {
            let at = panel.row as usize;
            if let (Some(winner), Some(label)) = (joined.winner(rule, at), panel.label) {
                let weight = labelled.weight(panel);
                kept.push(f64::from(winner == label), joined.compared[at].item, weight);
            }
        }
        let of_each = self.costs_of_each(rule);
        let n = self.comparisons();
        CascadeNumbers {
            rule,
            threshold: rule.threshold(),
            sent: exactly_known(rule, n).unwrap_or_else(|| sent.estimate()),
            requests,
            cost_usd: of_each.as_ref().map(|costs| costs.values.iter().sum()),
            cost_per_comparison_usd: of_each.map_or(Estimate::undefined(n), |costs| {
                let mean = WeightedScores::with_equal_weights(costs).mean();
                // No comparison costs less than nothing.
                Estimate { low: mean.low.map(|low| low.max(0.0)), ..mean }
            }),
            coverage: coverage.estimate(),
            agreement: self.scores(rule).share(),
            kept_agreement: kept.share(),
            cohen_kappa,
        }
    }

    fn scores(&self, rule: CascadeRule) -> WeightedScores {
        let labelled = self.labels.of(self.joined);
        labelled.agreement_by_comparison(&self.labelled.panels, |row| {
            self.deciding_replies(rule, row as usize)
        })
    }

    /// Returns whether each judge is asked about a comparison.
    fn asked(&self, rule: CascadeRule, at: usize) -> [bool; 2] {
        [rule.asks_cheap(), self.joined.decided_by(rule, at) == 1]
    }

    /// Returns what each comparison costs; `None` if the cost of a judge that is asked is not known.
    fn costs_of_each(&self, rule: CascadeRule) -> Option<ItemScores> {
        let mut costs = ItemScores::default();
        for at in self.comparisons.iter().copied() {
            let mut usd = 0.0;
            for (side, is_asked) in self.asked(rule, at).into_iter().enumerate() {
                if is_asked {
                    usd += self.costs[side].usd.as_ref()?[at];
                }
            }
            costs.push(usd, self.joined.compared[at].item);
        }
        Some(costs)
    }

    fn against_strong(&self, rule: CascadeRule, kappa_difference: Estimate) -> AgainstStrong {
        let strong = CascadeRule::StrongAlone;
        let costs = self.costs_of_each(rule).zip(self.costs_of_each(strong));
        let undefined = Estimate::undefined(self.comparisons());
        AgainstStrong {
            agreement_difference: self.scores(rule).minus(&self.scores(strong)),
            kappa_difference,
            cost_share: costs.map_or(undefined, |(of_rule, of_strong)| ratio(&of_rule, &of_strong)),
        }
    }
}

/// Returns the share that a judge alone sends, which is so by definition and has no uncertainty; `None` for a cascade.
fn exactly_known(rule: CascadeRule, n: u64) -> Option<Estimate> {
    let share = match rule {
        CascadeRule::CheapAlone => 0.0,
        CascadeRule::StrongAlone => 1.0,
        CascadeRule::NotKept | CascadeRule::Margin { .. } => return None,
    };
    Some(Estimate::new(share, Interval { low: share, high: share }, n))
}

/// Returns the sum of some amounts divided by the sum of others of the same comparisons, with the interval by
/// linearisation, `r ± t(G − 1)·CR1` of `(x − r·y)/ȳ`; undefined if the divisor is 0.
fn ratio(amounts: &ItemScores, divisors: &ItemScores) -> Estimate {
    let n = amounts.n();
    let [sum, divisor] = [amounts, divisors].map(|of| of.values.iter().sum::<f64>());
    if divisor <= 0.0 {
        return Estimate::undefined(n);
    }
    let ratio = sum / divisor;
    let both = amounts.values.iter().zip(&divisors.values);
    let residuals: Vec<f64> =
        both.map(|(amount, of)| (amount - ratio * of) * n as f64 / divisor).collect();
    let spread = clustered_mean(&residuals, &amounts.items, CONFIDENCE).ok();
    let interval = spread.and_then(|(_, interval)| interval).map(|spread| {
        let half = (spread.high - spread.low) / 2.0;
        Interval { low: (ratio - half).max(0.0), high: ratio + half }
    });
    Estimate::of(Some(ratio), interval, n)
}
