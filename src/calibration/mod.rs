//! Judge against people: how far can this judge be trusted?
//!
//! [`calibrate`] joins the verdicts of a run to the labels of people and says how well they agree: on kept
//! verdicts and on every single reply side by side, against what people reach among themselves and against
//! judges that need no model. It asks no judge anything, and it never drops a comparison in silence: what is
//! left out of a number is counted beside it.
//!
//! ```text
//! run ─Digest→ rows ┐
//! labels ──────People→ panels ┴→ agreement, position, human, win_rates, texts → slices → warnings
//! ```

mod agreement;
mod conclusion;
mod confidence;
mod digest;
mod error_rates;
mod gates;
mod human;
mod metric_preference;
mod part;
mod people;
mod position;
mod sample;
mod scores;
mod slices;
mod texts;
mod undefined;
mod warnings;
mod win_rates;

use std::path::Path;

use serde::Serialize;

pub use agreement::{Confusion, KeptAgreement, OrderAgreement, PairAgreement};
pub use conclusion::Conclusion;
pub use confidence::ConfidenceReport;
pub use error_rates::ErrorRates;
pub use gates::{Gate, GateResult};
pub use human::{AlternativeAnnotatorReport, HumanReport, Omega, PairwiseKappa};
pub use metric_preference::{MetricPreference, PreferenceReport, check_labels, metric_preferences};
pub use part::{Look, Part};
pub use position::{NetOfNoise, PositionReport, Shi};
pub use sample::{Drawn, Sample, sample};
pub use slices::Slice;
pub use win_rates::{Basis, WinBounds, WinRates};

use crate::error::{Error, Result, Warning};
use crate::input::read_labels;
use crate::stats::Estimate;
use crate::store::RunFile;

use agreement::Scope;
use digest::Digest;
use people::People;
use scores::Scores;
use texts::Texts;

/// What to calibrate.
#[derive(Debug, Clone, Copy, Default)]
pub struct CalibrationOptions<'a> {
    /// One judge of the run; otherwise the only one, or the jury.
    pub judge: Option<&'a str>,
    /// One half of the items.
    pub part: Option<Part>,
    /// The judge's error rates on another run.
    pub error_rates: Option<&'a ErrorRates>,
}

/// How far a judge can be trusted, in numbers.
#[derive(Debug, Clone, Serialize)]
pub struct Calibration {
    /// The judge's name, or `jury`.
    pub judge: String,
    /// What it comes to.
    pub conclusion: Conclusion,
    /// The half of the items that was looked at.
    pub part: Option<Part>,
    /// How often the test part was looked at with this rubric, this time included.
    pub looks: Option<u64>,
    /// Comparisons planned.
    pub planned: u64,
    /// Of those, with at least one label.
    pub labelled: u64,
    /// People who labelled any of them.
    pub annotators: u64,
    /// Labelled comparisons on which no choice has more than half of the labels.
    pub no_majority: u64,
    /// Labels of comparisons that are not in the run.
    pub labels_unmatched: u64,
    /// Labels of the other part, which were not used.
    pub labels_other_part: u64,
    /// Lines that wait for their label.
    pub labels_blank: u64,
    /// Kept of all planned.
    pub coverage: Estimate,
    /// Kept of all labelled.
    pub labelled_coverage: Estimate,
    /// Agreement of kept verdicts with the labels.
    pub kept: KeptAgreement,
    /// Agreement of every single reply with the labels.
    pub orders: OrderAgreement,
    /// The same for each pair of systems.
    pub pairs: Vec<PairAgreement>,
    /// What the presentation order does.
    pub position: PositionReport,
    /// People among themselves; `None` unless some comparison has two annotators.
    pub human: Option<HumanReport>,
    /// How often a system wins, for each pair.
    pub win_rates: Vec<WinRates>,
    /// What judges without a model reach on the same labels.
    pub baselines: Vec<Baseline>,
    /// Agreement within slices of the items.
    pub slices: Vec<Slice>,
    /// What the judge's own probabilities are worth; `None` where it gives none.
    pub confidence: Option<ConfidenceReport>,
    /// How much more often kept verdicts agree than all replies to the same labelled comparisons with a
    /// majority; `None` where none of these was dropped.
    #[serde(skip)]
    pub selection: Option<f64>,
    /// Labelled comparisons of which it is not known how they were drawn, though it is of others.
    #[serde(skip)]
    pub drawn_unknown: u64,
    /// What to mind, and what to do about it.
    pub warnings: Vec<Warning>,
}

/// What a judge without a model reaches on the same labels.
#[derive(Debug, Clone, Serialize)]
pub struct Baseline {
    /// Its name, without `builtin:`.
    pub name: String,
    /// Agreement of its replies, by comparison.
    pub agreement: Estimate,
    /// Cohen's κ of its replies.
    pub cohen_kappa: Estimate,
    /// The judge's agreement minus this one's, on the same comparisons.
    pub difference: Estimate,
}

/// Measures a judge against the labels in a file.
///
/// # Errors
///
/// The run or the labels cannot be read, the run has no such judge, or no label speaks of any of its
/// comparisons.
pub fn calibrate(
    run: &RunFile,
    labels: &Path,
    options: CalibrationOptions<'_>,
) -> Result<Calibration> {
    let CalibrationOptions { judge, part, error_rates } = options;
    let digest = Digest::read(run, judge, part)?;
    let read = read_labels(labels, &digest.roster)?;
    let people = People::join(&read, &digest, part);
    if people.panels.is_empty() {
        return Err(nothing_labelled(labels, &people, part));
    }
    let texts = Texts::read(run, &digest, &people)?;
    let categories = agreement::categories(&digest, &people);
    let scope = Scope::new(&digest, &people, &categories);
    let (kept, kept_pairs) = agreement::kept(scope);
    let (orders, order_pairs) =
        agreement::orders(scope, &people.panels, |_, panel| digest.replies(panel.row));
    let pairs = digest.pairs.iter().zip(kept_pairs).zip(order_pairs);
    let (slices, fine_tags) = slices::slices(scope, &texts);
    let mut calibration = Calibration {
        judge: digest.judge.clone(),
        part,
        looks: None,
        planned: digest.rows.len() as u64,
        labelled: people.panels.len() as u64,
        annotators: scope.annotators(),
        no_majority: people.panels.iter().filter(|panel| panel.label.is_none()).count() as u64,
        labels_unmatched: people.unmatched,
        labels_other_part: people.other_part,
        labels_blank: people.blank,
        coverage: coverage(&digest, 0..digest.rows.len() as u32),
        labelled_coverage: coverage(&digest, people.panels.iter().map(|panel| panel.row)),
        kept,
        orders,
        pairs: pairs
            .map(|((pair, (confusion, kept)), orders)| PairAgreement {
                between: pair.between.clone(),
                confusion,
                kept,
                orders,
            })
            .collect(),
        position: position::position(&digest),
        human: human::human(scope),
        win_rates: win_rates::win_rates(scope, error_rates),
        baselines: baselines(scope, &texts),
        slices,
        confidence: confidence::confidence(scope),
        selection: selection(scope),
        drawn_unknown: scope.drawn_unknown(),
        conclusion: Conclusion::BeyondChance,
        warnings: Vec::new(),
    };
    let labels = warnings::LabelFile {
        unused_fields: &read.warnings,
        fine_tags: &fine_tags,
        weighted: scope.weighted,
        without_reference: texts.without_reference(),
    };
    calibration.warnings =
        warnings::warnings(&calibration, &labels, error_rates.map(|rates| rates.are_of(run)));
    calibration.conclusion = conclusion::conclusion(&calibration);
    Ok(calibration)
}

impl Calibration {
    /// Notes how often the test part was looked at with this rubric, this time included.
    pub fn looked(&mut self, looks: u64) {
        self.looks = Some(looks);
        self.warnings.extend(warnings::looks(looks));
    }
}

fn nothing_labelled(labels: &Path, people: &People, part: Option<Part>) -> Error {
    let mut error =
        Error::input(format!("{}: no label speaks of a comparison of this run", labels.display()));
    for (count, what) in [
        (people.unmatched, "labels of comparisons that are not in the run"),
        (people.other_part, "labels of the other part"),
        (people.blank, "lines whose winner is still null"),
    ] {
        if count > 0 {
            error = error.detail(format!("{count} {what}"));
        }
    }
    error.hint(match part {
        Some(_) => "label comparisons of this part, or leave --part out",
        None => "`id` must be an item's id of the run; `evenhand sample` writes a blank label file",
    })
}

/// How much more often kept verdicts agree than all replies, both on labelled comparisons with a majority.
fn selection(scope: Scope<'_>) -> Option<f64> {
    let (mut kept, mut all) = (Scores::default(), Scores::default());
    let mut dropped = false;
    for panel in scope.people.panels.iter().filter(|panel| panel.label.is_some()) {
        let (row, weight) = (&scope.digest.rows[panel.row as usize], scope.weight(panel));
        if let Some(agreement) = scope.agreement(panel) {
            all.push_weighted(agreement, row.item, weight);
        }
        match row.winner {
            Some(_) => {
                let right = f64::from(u8::from(row.winner == panel.label));
                kept.push_weighted(right, row.item, weight);
            }
            None => dropped = true,
        }
    }
    if dropped { Some(kept.mean().value? - all.mean().value?) } else { None }
}

fn coverage(digest: &Digest, rows: impl Iterator<Item = u32>) -> Estimate {
    let mut kept = Scores::default();
    for at in rows {
        let row = &digest.rows[at as usize];
        kept.push(f64::from(u8::from(row.winner.is_some())), row.item);
    }
    kept.estimate()
}

fn baselines(scope: Scope<'_>, texts: &Texts) -> Vec<Baseline> {
    let of_judge = |(name, judge): (&'static str, usize)| {
        let panels = &scope.people.panels;
        let (replies, _) = agreement::orders(scope, panels, |at, _| texts.replies(judge, at));
        let (mut means, mut differences) = (Scores::default(), Scores::default());
        for (at, panel) in panels.iter().enumerate() {
            let (item, weight) = (scope.digest.rows[panel.row as usize].item, scope.weight(panel));
            let Some(mean) = scope.agreement_of(panel, texts.replies(judge, at)) else { continue };
            means.push_weighted(mean, item, weight);
            if let Some(of_judge) = scope.agreement(panel) {
                differences.push_weighted(of_judge - mean, item, weight);
            }
        }
        Baseline {
            name: name.to_owned(),
            agreement: means.estimate(),
            cohen_kappa: replies.cohen_kappa,
            difference: differences.mean(),
        }
    };
    texts.judges().map(of_judge).collect()
}
