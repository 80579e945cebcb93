//! Two bodies of grades of the same responses, measured against the same labels.
//!
//! What is compared is paired: a response that is hard for both sides says nothing about their difference.

use super::categories::{Categories, Observation};
use super::coefficients::{coefficients, headline_kappa};
use super::panels::{GradePanel, GradePanels, LabelledGrades};
use crate::calibration::{
    CorrectVerdicts, Part, RESAMPLES, SEED, WeightedScores, sampled_difference,
};
use crate::grading::table::GradeTable;
use crate::input::GradeLabels;
use crate::stats::{Clusters, Estimate, bootstrap};
use crate::trial::ScaleOrder;
use crate::verdict::{Ballot, Outcome};
use crate::vote::Grade;

/// Agreement with people before and after a change, on the same responses. Every reply counts, in those directions of
/// the scale in which both sides have any.
#[derive(Debug, Clone)]
pub(crate) struct GradeAgreementChange {
    /// The share of replies that agree, on each side.
    pub(crate) agreement: [Estimate; 2],
    /// After minus before, paired; the interval is clustered by item.
    pub(crate) difference: Estimate,
    /// κ of each side: Cohen's for two steps, the quadratically weighted one for more.
    pub(crate) kappa: [Estimate; 2],
    /// After minus before, on the same resamples of items.
    pub(crate) kappa_difference: Estimate,
    /// On how many responses each side has kept the label.
    pub(crate) correct: CorrectVerdicts,
    /// Responses with a label.
    pub(crate) labelled: u64,
    /// Of those, without a grade of most annotators; they take no part.
    pub(crate) no_majority: u64,
    /// People who labelled any of them.
    pub(crate) annotators: u64,
    /// Labels of other responses.
    pub(crate) labels_unmatched: u64,
    /// Forms that nobody has filled in.
    pub(crate) labels_blank: u64,
}

/// Measures two tables of the same responses, row by row, against labels that were read for the first; `None` if no label
/// is about one of them.
pub(crate) fn grade_agreement_change(
    tables: [&GradeTable; 2],
    labels: &GradeLabels,
    part: Option<Part>,
) -> Option<GradeAgreementChange> {
    let [before, after] = tables;
    let panels = GradePanels::join(labels, before, part);
    if panels.panels.is_empty() {
        return None;
    }
    let labelled = LabelledGrades::new(before, &panels);
    let mut categories = Categories::of(labelled);
    if after.scale.cannot_assess {
        categories.count = categories.steps + 1;
    }
    let sides: [Vec<Observation>; 2] = [before, after].map(|table| {
        let of_panel = |panel| observations(labelled, categories, tables, table, panel);
        panels.panels.iter().flat_map(of_panel).collect()
    });
    let scores = sides.each_ref().map(|side| scores(side));
    let coefficients = sides.each_ref().map(|side| coefficients(categories, side));
    let n = scores[0].n().max(scores[1].n());
    let kappa = coefficients.each_ref().map(|found| match categories.steps {
        0..=2 => found.cohen_kappa,
        _ => found.weighted_kappa,
    });
    Some(GradeAgreementChange {
        agreement: coefficients.each_ref().map(|found| found.agreement),
        difference: Estimate { n, ..scores[1].minus(&scores[0]) },
        kappa,
        kappa_difference: kappa_difference(categories, &sides, n),
        correct: correct(tables, &panels),
        labelled: panels.panels.len() as u64,
        no_majority: panels.panels.iter().filter(|panel| panel.label.is_none()).count() as u64,
        annotators: panels.people(),
        labels_unmatched: panels.unmatched(),
        labels_blank: panels.blank,
    })
}

/// Returns what the replies of one side to a labelled response say, in those directions in which both sides have any.
fn observations(
    labelled: LabelledGrades<'_>,
    categories: Categories,
    both: [&GradeTable; 2],
    table: &GradeTable,
    panel: &GradePanel,
) -> Vec<Observation> {
    let Some(label) = panel.label.map(|grade| categories.number(grade)) else { return Vec::new() };
    let at = panel.row as usize;
    let has_reply = |direction: ScaleOrder| {
        both.iter().all(|table| {
            let mut ballots = table.ballots(at).filter(|(found, _)| *found == direction);
            ballots.any(|(_, ballot)| matches!(ballot, Ballot::Cast(_) | Ballot::Unreadable))
        })
    };
    let shared = ScaleOrder::BOTH.map(has_reply);
    let (item, weight) = (labelled.row(panel).item, labelled.weight(panel));
    let ballots = table.ballots(at);
    let ballots = ballots.filter(|(direction, _)| match direction {
        ScaleOrder::Written => shared[0],
        ScaleOrder::Reversed => shared[1],
    });
    let judged = ballots.filter_map(|(_, ballot): (_, Ballot<Grade>)| match ballot {
        Ballot::Cast(grade) => Some(categories.number(grade)),
        Ballot::Unreadable => Some(categories.unreadable()),
        Ballot::Pending | Ballot::Failed => None,
    });
    judged.map(|judge| Observation { item, judge, label, weight }).collect()
}

fn scores(observations: &[Observation]) -> WeightedScores {
    let mut scores = WeightedScores::default();
    for one in observations {
        scores.push(f64::from(one.judge == one.label), one.item, one.weight);
    }
    scores
}

/// Returns κ after minus κ before: the tables of both sides are resampled together, item by item.
fn kappa_difference(categories: Categories, sides: &[Vec<Observation>; 2], n: u64) -> Estimate {
    let width = categories.count + 1;
    let size = width * width;
    let mut clusters = Clusters::new(2 * size);
    let mut rest = sides.each_ref().map(Vec::as_slice);
    // Both are in the order of the items, which have observations on both sides or on none.
    while let Some(item) = rest[0].first().or(rest[1].first()).map(|one| one.item) {
        let mut cells = Vec::new();
        for (side, rest) in rest.iter_mut().enumerate() {
            let of_item = rest.iter().take_while(|one| one.item == item).count();
            let (of_item, others) = rest.split_at(of_item);
            *rest = others;
            let cell = |one: &Observation| (side * size + one.judge * width + one.label) as u32;
            cells.extend(of_item.iter().map(|one| (cell(one), one.weight)));
        }
        clusters.push(&mut cells);
    }
    let sampled = bootstrap(&clusters, RESAMPLES, SEED, |sums| {
        let (before, after) = sums.split_at(size);
        vec![headline_kappa(categories, before), headline_kappa(categories, after)]
    });
    sampled_difference((&sampled, [1, 0]), n)
}

/// Counts on how many labelled responses each side has kept the label, of those that both have answered.
fn correct(tables: [&GradeTable; 2], panels: &GradePanels) -> CorrectVerdicts {
    let mut counts = [0; 4];
    for panel in &panels.panels {
        let Some(label) = panel.label else { continue };
        let rows = tables.map(|table| table.rows[panel.row as usize]);
        let is_answered =
            rows.iter().all(|row| !matches!(row.outcome, Outcome::Pending | Outcome::Failed));
        if is_answered {
            let [before, after] = rows.map(|row| row.grade == Some(label));
            counts[usize::from(!before) * 2 + usize::from(!after)] += 1;
        }
    }
    let [both, only_before, only_after, neither] = counts;
    CorrectVerdicts::new([both, only_before, only_after, neither])
}
