//! How the pass rate and the mean step of each system changed, on the same responses.

use serde::Serialize;

use super::matched::MatchedGrades;
use crate::diff::agreement::PairedEstimates;
use crate::diff::criteria::paired;
use crate::stats::Estimate;
use crate::summary::ItemScores;

/// The numbers of a system in both runs, over its responses that both have graded in both directions of the scale.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct SystemChange {
    /// The system.
    pub system: String,
    /// Its responses that both runs have.
    pub responses: u64,
    /// Of those, without a score in one of the runs: not graded in both directions of the scale, or impossible to assess.
    pub left_out: u64,
    /// The share that passes, averaged over both directions, each run by its own rubric; `None` unless both rubrics say
    /// what passes.
    pub pass_rate: Option<PairedEstimates>,
    /// The mean step, counted from 1, averaged over both directions.
    pub mean_step: PairedEstimates,
}

/// Returns how each system changed, in the order of their names.
pub(super) fn system_changes(matched: &MatchedGrades) -> Vec<SystemChange> {
    let [before, after] = &matched.tables;
    let best = before.best_step();
    let has_pass_rate = matched.tables.iter().all(|table| table.scale.pass_from.is_some());
    let systems = before.systems.iter().zip(0..).map(|(system, number)| {
        let of_system =
            || (0..before.rows.len()).filter(move |at| before.rows[*at].system == number);
        let scores = |score: &dyn Fn(usize) -> Option<[f64; 2]>| {
            let mut scores = [ItemScores::default(), ItemScores::default()];
            for at in of_system() {
                let Some(both) = score(at) else { continue };
                for (scores, value) in scores.iter_mut().zip(both) {
                    scores.push(value, matched.item(at));
                }
            }
            paired(&scores)
        };
        let passes = |at| Some([before.averaged_pass(at)?, after.averaged_pass(at)?]);
        let steps = |at| Some([before.averaged_step(at)? / best, after.averaged_step(at)? / best]);
        let of_steps = scores(&steps);
        let of_passes = has_pass_rate.then(|| scores(&passes));
        let counted = of_passes.as_ref().unwrap_or(&of_steps).difference.n;
        let responses = of_system().count() as u64;
        SystemChange {
            system: system.clone(),
            responses,
            left_out: responses.saturating_sub(counted),
            pass_rate: of_passes,
            mean_step: PairedEstimates::new(
                on_scale(of_steps.before, best, 1.0),
                on_scale(of_steps.after, best, 1.0),
                on_scale(of_steps.difference, best, 0.0),
            ),
        }
    });
    systems.filter(|system| system.responses > 0).collect()
}

/// Returns a share of the way from the worst step to the best as a step.
fn on_scale(share: Estimate, best: f64, offset: f64) -> Estimate {
    let scale = |value: Option<f64>| value.map(|value| value * best + offset);
    let Estimate { value, low, high, n } = share;
    Estimate { value: scale(value), low: scale(low), high: scale(high), n }
}
