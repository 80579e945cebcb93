//! The result of a calibration.

use serde::Serialize;

use super::adjudication::AdjudicationReport;
use super::agreement::{KeptAgreement, OrderAgreement, PairAgreement};
use super::baselines::Baseline;
use super::conclusion::Conclusion;
use super::confidence::ConfidenceReport;
use super::findings::Finding;
use super::forced_choice::ForcedChoiceReport;
use super::human::HumanReport;
use super::jury_members::JuryReport;
use super::labelling::LabellingReport;
use super::margin_rule::MarginRuleReport;
use super::part::Part;
use super::position::PositionReport;
use super::provenance::Provenance;
use super::self_preference::SelfPreference;
use super::skipped::SkippedComparisons;
use super::slices::TagSlice;
use super::win_rates::WinRates;
use crate::error::Warning;
use crate::stats::Estimate;

/// How far a judge can be trusted, in numbers.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Calibration {
    /// Where the numbers come from.
    pub provenance: Provenance,
    /// The judge's name, or `jury`.
    pub judge: String,
    /// The first thing to say about the judge.
    pub conclusion: Conclusion,
    /// The half of the items that was measured; `None` for all.
    pub part: Option<Part>,
    /// How often the test part was looked at with this rubric, this time included.
    pub looks: Option<u64>,
    /// Comparisons planned.
    pub planned: u64,
    /// Of those, with at least one label.
    pub labelled: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// The names of all people in the label file, in byte order.
    #[serde(skip)]
    pub annotator_names: Vec<String>,
    /// Labelled comparisons on which no choice has more than half of the labels.
    pub no_majority: u64,
    /// Labels of comparisons that are not in the run, which were ignored.
    pub labels_unmatched: u64,
    /// Labels of the other part, which were ignored.
    pub labels_other_part: u64,
    /// Forms of the label file that nobody has filled in.
    pub labels_blank: u64,
    /// Kept of all planned.
    pub coverage: Estimate,
    /// Kept of all labelled.
    pub labelled_coverage: Estimate,
    /// Agreement of kept verdicts with the labels.
    pub kept: KeptAgreement,
    /// Agreement of every single reply with the labels.
    pub orders: OrderAgreement,
    /// Both for each pair of systems.
    pub pairs: Vec<PairAgreement>,
    /// What the presentation order does to the judge.
    pub position: PositionReport,
    /// People among themselves; `None` unless some comparison has two annotators.
    pub human: Option<HumanReport>,
    /// What is known of each annotator, and where they differ.
    pub labelling: LabellingReport,
    /// What a forced choice hides; `None` where nobody marked both responses of a comparison as acceptable.
    pub forced_choice: Option<ForcedChoiceReport>,
    /// What was decided once more; `None` where nothing was.
    pub adjudication: Option<AdjudicationReport>,
    /// Comparisons without a label that somebody skipped.
    pub skipped: SkippedComparisons,
    /// How often a system wins, for each pair.
    pub win_rates: Vec<WinRates>,
    /// Whether the judge prefers systems of its own family of models: each pair of which one system alone is of it.
    pub self_preference: Vec<SelfPreference>,
    /// What simple rules reach on the same labels.
    pub baselines: Vec<Baseline>,
    /// Agreement by tag of the items.
    pub slices: Vec<TagSlice>,
    /// How well the judge's own probabilities predict agreement; `None` where it gives none.
    pub confidence: Option<ConfidenceReport>,
    /// The margin rule beside the default one; `None` where it was not asked for.
    pub margin_rule: Option<MarginRuleReport>,
    /// A jury beside its members; `None` for one judge.
    pub jury_members: Option<JuryReport>,
    /// Agreement of kept verdicts minus agreement of all replies, over the labelled comparisons with a majority;
    /// `None` where all of these were kept.
    #[serde(skip)]
    pub selection: Option<f64>,
    /// What changes how these numbers may be used, the most serious first; as warnings in the JSON.
    #[serde(rename = "warnings")]
    pub findings: Vec<Finding>,
}

impl Calibration {
    /// Records how often the test part has been looked at with this rubric, this time included; from the second
    /// time on that is a finding.
    pub fn record_test_look(&mut self, looks: u64) {
        self.looks = Some(looks);
        if looks > 1 {
            self.findings.push(Finding::RepeatedLook { looks });
        }
    }

    /// Returns whether the jury was measured rather than one judge.
    pub fn is_jury(&self) -> bool {
        self.judge == "jury"
    }

    /// Returns whether there is a simple rule that the judge should agree with people more often than.
    pub fn has_rules_to_beat(&self) -> bool {
        self.baselines.iter().any(|baseline| baseline.applies_to(&self.judge))
    }

    /// Returns how many comparisons have a kept verdict.
    pub fn kept_verdicts(&self) -> u64 {
        (self.coverage.value.unwrap_or(0.0) * self.coverage.n as f64).round() as u64
    }

    /// Returns the findings as warnings, the most serious first.
    pub fn warnings(&self) -> Vec<Warning> {
        self.findings.iter().map(Finding::warning).collect()
    }
}
