//! The labels of each response: who gave which grade, and what most of them gave.
//!
//! - The *label* of a response is the grade of more than half of its annotators; that it cannot be assessed is a grade
//!   like any other there. Without one the response has no part in agreement and κ, and is counted.
//! - Where annotators differ and somebody decided between them, what more than half of those who decided say takes the place
//!   of what the annotators say, in all of this. How far people agree with each other is still measured by what they said.
//! - Whether a response *passes* is decided by the majority on pass and fail by itself: people who give "good" and "very
//!   good" have no label, but agree that it passes.
//! - Its *step* is the mean of the steps that its annotators give, so that numbers about steps are not selected by whether
//!   people agree; its *pass share* is 1 or 0 by the majority on pass and fail, and without one the share of passes.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;
use std::sync::Arc;

use crate::calibration::{DrawnWeights, Part};
use crate::grading::table::{GradeRow, GradeTable};
use crate::input::{Disagreement, GradeLabel, GradeLabels, Scale};
use crate::verdict::Ballot;
use crate::vote::{Grade, choice_of_most, settled_choice};

/// The labels of one response.
#[derive(Debug, Clone)]
pub(crate) struct GradePanel {
    /// The row of the response in the table.
    pub(crate) row: u32,
    judgements: Range<u32>,
    /// The grade of more than half of its annotators, or of those who decided where these differ.
    pub(crate) label: Option<Grade>,
    /// Whether more than half of its annotators let it pass, or more than half let it fail; `None` if neither, or the
    /// rubric does not say what passes.
    pub(crate) passes: Option<bool>,
    /// The same as a number, without a majority the share of passes; `None` if most could not assess the response, or the
    /// rubric does not say what passes.
    pub(crate) pass_share: Option<f64>,
    /// The mean step, counted from 0, of the annotators who gave one.
    pub(crate) mean_step: Option<f64>,
    /// The probability with which it was drawn for labelling, where that is known.
    pub(crate) probability: Option<f64>,
}

/// The labels of every labelled response of a table.
#[derive(Debug, Default)]
pub(crate) struct GradePanels {
    /// By item, then by response.
    pub(crate) panels: Vec<GradePanel>,
    /// The place of the panel of each labelled row.
    by_row: HashMap<u32, u32>,
    judgements: Vec<(u32, Grade)>,
    /// What annotators gave by each criterion, by row.
    pub(crate) by_criterion: BTreeMap<String, BTreeMap<u32, Vec<Grade>>>,
    /// What people gave who decided on a response once more, by row and by who had disagreed. It may be a response without a
    /// panel.
    pub(crate) decided: BTreeMap<(u32, Disagreement), Vec<Grade>>,
    /// In the order of their names.
    pub(crate) annotators: Vec<Arc<str>>,
    /// The weights of the labelled responses of all parts.
    pub(crate) drawn: DrawnWeights,
    /// Labels of ids that are not in the run.
    pub(crate) unknown_ids: u64,
    /// The first of these ids.
    pub(crate) first_unknown_id: Option<String>,
    /// Labels of responses that were not graded.
    pub(crate) other_responses: u64,
    /// Labels of responses of the other part.
    pub(crate) other_part: u64,
    /// Forms that nobody has filled in.
    pub(crate) blank: u64,
}

impl GradePanels {
    /// Joins labels to their responses; with a part, only those of items in it, which are all that the table has.
    pub(crate) fn join(read: &GradeLabels, table: &GradeTable, part: Option<Part>) -> Self {
        let mut annotators: Vec<Arc<str>> =
            read.labels.iter().map(|label| Arc::clone(&label.annotator)).collect();
        annotators.sort();
        annotators.dedup();
        // A run of one part alone has no items of the other.
        let (of_other, unknown): (Vec<&String>, Vec<&String>) =
            read.unmatched_ids.iter().partition(|id| part.is_some_and(|part| part != Part::of(id)));
        let mut joined = Self {
            unknown_ids: unknown.len() as u64,
            first_unknown_id: unknown.first().map(ToString::to_string),
            other_part: of_other.len() as u64,
            blank: read.blank as u64,
            ..Self::default()
        };
        let rows = table.row_index();
        let is_of_other_part = |label: &GradeLabel| {
            part.is_some_and(|part| part != Part::of(table.items.id(label.item)))
        };
        let row_of = |label: &GradeLabel| {
            let system = table.system_number(&label.system)?;
            rows.get(&(label.item, system)).copied()
        };
        for (label, why) in &read.adjudicated {
            if let Some(row) = row_of(label).filter(|_| !is_of_other_part(label)) {
                joined.decided.entry((row, *why)).or_default().push(label.grade);
            }
        }
        let mut found: Vec<(u32, u32, Grade, Option<f64>)> = Vec::new();
        let mut drawn = HashSet::new();
        for label in &read.labels {
            if let Some(probability) = label.probability
                && drawn.insert((label.item, &label.system))
            {
                joined.drawn.add(probability);
            }
            if is_of_other_part(label) {
                joined.other_part += 1;
                continue;
            }
            let Some(row) = row_of(label) else {
                joined.other_responses += 1;
                continue;
            };
            for (criterion, grade) in &label.criteria {
                let of_criterion = joined.by_criterion.entry(criterion.clone()).or_default();
                of_criterion.entry(row).or_default().push(*grade);
            }
            let annotator = annotators.partition_point(|name| *name < label.annotator) as u32;
            found.push((row, annotator, label.grade, label.probability));
        }
        found
            .sort_by_key(|(row, annotator, ..)| (table.rows[*row as usize].item, *row, *annotator));
        for of_row in found.chunk_by(|one, other| one.0 == other.0) {
            let start = joined.judgements.len() as u32;
            joined
                .judgements
                .extend(of_row.iter().map(|(_, annotator, grade, _)| (*annotator, *grade)));
            let judgements = start..joined.judgements.len() as u32;
            let grades: Vec<Grade> = of_row.iter().map(|(_, _, grade, _)| *grade).collect();
            let probability = of_row.iter().find_map(|one| one.3);
            joined.by_row.insert(of_row[0].0, joined.panels.len() as u32);
            // Those who decided where the judge disagreed are left out: to correct only such labels would favour it.
            let deciders = joined.decided.get(&(of_row[0].0, Disagreement::People));
            let said = SaidOfResponse {
                annotators: &grades,
                deciders: deciders.map_or(&[][..], Vec::as_slice),
            };
            let panel = GradePanel::of(of_row[0].0, judgements, said, &table.scale, probability);
            joined.panels.push(panel);
        }
        joined.annotators = annotators;
        joined
    }

    /// Returns the panel of a row; `None` where nobody labelled it.
    pub(crate) fn panel(&self, row: u32) -> Option<&GradePanel> {
        self.by_row.get(&row).map(|at| &self.panels[*at as usize])
    }

    /// Returns the place of the panel of a row; `None` where nobody labelled it.
    pub(crate) fn place(&self, row: u32) -> Option<u32> {
        self.by_row.get(&row).copied()
    }

    /// Returns who gave which grade in a panel, in the order of the annotators.
    pub(crate) fn judgements(&self, panel: &GradePanel) -> &[(u32, Grade)] {
        &self.judgements[panel.judgements.start as usize..panel.judgements.end as usize]
    }

    /// Returns how many people labelled any of the panels.
    pub(crate) fn people(&self) -> u64 {
        let seen: HashSet<u32> = self.judgements.iter().map(|(annotator, _)| *annotator).collect();
        seen.len() as u64
    }

    /// Returns how many labels are of responses that are not in the table.
    pub(crate) fn unmatched(&self) -> u64 {
        self.unknown_ids + self.other_responses
    }
}

/// The grades that people gave to one response.
#[derive(Debug, Clone, Copy)]
struct SaidOfResponse<'a> {
    annotators: &'a [Grade],
    /// Those who decided between them.
    deciders: &'a [Grade],
}

impl GradePanel {
    fn of(
        row: u32,
        judgements: Range<u32>,
        said: SaidOfResponse<'_>,
        scale: &Scale,
        probability: Option<f64>,
    ) -> Self {
        let SaidOfResponse { annotators, deciders } = said;
        let passes = |grades: &[Grade]| -> Vec<Option<bool>> {
            grades.iter().map(|grade| scale.passes(*grade)).collect()
        };
        let label = settled_choice(annotators, deciders);
        let choices = passes(annotators);
        // A label passes or fails by its grade. Where no grade has most voices, most may still pass, or fail.
        let decided = match label {
            Some(label) => Some(scale.passes(label)),
            None => settled_choice(&choices, &passes(deciders)),
        };
        let pass_share = match decided {
            Some(choice) => choice.map(f64::from),
            None => mean(choices.iter().flatten().map(|passes| f64::from(*passes))),
        };
        let differ = annotators.iter().any(|grade| *grade != annotators[0]);
        let is_settled = differ && choice_of_most(deciders).is_some();
        let of_steps = if is_settled { deciders } else { annotators };
        Self {
            row,
            judgements,
            label,
            passes: decided.flatten(),
            pass_share,
            mean_step: mean(of_steps.iter().filter_map(|grade| grade.step()).map(f64::from)),
            probability,
        }
    }
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), value| (sum + value, n + 1.0));
    (n > 0.0).then(|| sum / n)
}

/// What one reply says of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GradeReply {
    /// It gives a grade.
    Given(Grade),
    /// It has no readable grade.
    Unreadable,
}

/// The responses that people labelled, with what the judge said of all.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LabelledGrades<'a> {
    pub(crate) table: &'a GradeTable,
    pub(crate) labels: &'a GradePanels,
    /// Whether labels count by the inverse of their probability: where all are known and not all equal.
    pub(crate) weighted: bool,
}

impl<'a> LabelledGrades<'a> {
    pub(crate) fn new(table: &'a GradeTable, labels: &'a GradePanels) -> Self {
        Self::of_population(table, labels, table.rows.len() as u64)
    }

    /// Returns the same where the labelled responses are of so many, which are not all in the table.
    pub(crate) fn of_population(
        table: &'a GradeTable,
        labels: &'a GradePanels,
        responses: u64,
    ) -> Self {
        let known = || labels.panels.iter().map(|panel| panel.probability);
        let first = known().next().flatten();
        // Where everything is labelled, how it was drawn no longer matters.
        let weighted = (labels.panels.len() as u64) < responses
            && known().all(|one| one.is_some())
            && known().any(|one| one != first);
        Self { table, labels, weighted }
    }

    /// Returns the response of a panel.
    pub(crate) fn row(&self, panel: &GradePanel) -> &'a GradeRow {
        &self.table.rows[panel.row as usize]
    }

    /// Returns how many responses of the run a labelled one represents: the inverse of its probability, or 1 where the
    /// probabilities are unknown or all equal.
    pub(crate) fn weight(&self, panel: &GradePanel) -> f64 {
        match panel.probability {
            Some(probability) if self.weighted => 1.0 / probability,
            _ => 1.0,
        }
    }

    /// Returns how many labelled responses lack the probability of their draw, where others have one.
    pub(crate) fn without_probability(&self) -> u64 {
        let panels = &self.labels.panels;
        let unknown = panels.iter().filter(|panel| panel.probability.is_none()).count();
        if unknown < panels.len() { unknown as u64 } else { 0 }
    }

    /// Returns every reply to a labelled response; what is pending or has failed is left out.
    pub(crate) fn replies(&self, panel: &GradePanel) -> impl Iterator<Item = GradeReply> + 'a {
        let ballots = self.table.ballots(panel.row as usize);
        ballots.filter_map(|(_, ballot)| match ballot {
            Ballot::Cast(grade) => Some(GradeReply::Given(grade)),
            Ballot::Unreadable => Some(GradeReply::Unreadable),
            Ballot::Pending | Ballot::Failed => None,
        })
    }

    /// Returns the mean step of the replies to a labelled response that give one, counted from 0; `None` without any.
    pub(crate) fn mean_step_of_replies(&self, panel: &GradePanel) -> Option<f64> {
        mean(self.replies(panel).filter_map(|reply| match reply {
            GradeReply::Given(grade) => grade.step().map(f64::from),
            GradeReply::Unreadable => None,
        }))
    }

    /// Returns how many trials of the labelled responses have no reply: pending or failed.
    pub(crate) fn absent(&self) -> u64 {
        let ballots =
            self.labels.panels.iter().flat_map(|panel| self.table.ballots(panel.row as usize));
        let is_absent = |ballot: &Ballot<Grade>| matches!(ballot, Ballot::Pending | Ballot::Failed);
        ballots.filter(|(_, ballot)| is_absent(ballot)).count() as u64
    }
}
