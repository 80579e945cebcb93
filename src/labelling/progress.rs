//! How much of a form an annotator has answered, and how long the rest will take.

use std::sync::Arc;

use serde::Serialize;

use super::entry::FormEntry;
use super::session_line::SessionLine;
use super::state::State;
use crate::input::StandingLine as _;

/// The fewest timed answers from which the pace is computed.
const FEWEST_TIMED: usize = 3;

/// How far an annotator is.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Progress {
    /// How many places the form has.
    pub total: usize,
    /// How many of them have a choice.
    pub answered: usize,
    /// How many were skipped.
    pub skipped: usize,
    /// The first place that is open.
    pub next: Option<usize>,
    /// Each place of the form.
    pub places: Vec<PlaceState>,
    /// The median of the seconds of the choices; `None` before the third.
    pub seconds_per_label: Option<f64>,
    /// How long the open places take at this pace.
    pub seconds_left: Option<f64>,
}

/// Whether a place of a form is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum PlaceState {
    /// Not answered yet, or withdrawn.
    Open,
    /// A choice was made.
    Answered,
    /// Skipped, with a reason.
    Skipped,
}

impl Progress {
    /// Returns how far an annotator is with a form.
    pub(super) fn of(state: &State, annotator: &Arc<str>, form: &[FormEntry]) -> Self {
        let answers = || form.iter().map(|entry| state.answer(annotator, entry));
        let place = |answer: Option<&SessionLine>| match answer {
            None => PlaceState::Open,
            Some(line) if line.is_skipped() => PlaceState::Skipped,
            Some(_) => PlaceState::Answered,
        };
        let places: Vec<PlaceState> = answers().map(place).collect();
        // To skip is faster than to choose.
        let chosen = answers().flatten().filter(|line| !line.is_skipped());
        let mut seconds: Vec<f64> = chosen.filter_map(SessionLine::seconds).collect();
        seconds.sort_by(f64::total_cmp);
        let seconds_per_label = (seconds.len() >= FEWEST_TIMED).then(|| median(&seconds));
        let count = |state: PlaceState| places.iter().filter(|place| **place == state).count();
        let open = count(PlaceState::Open);
        Self {
            total: places.len(),
            answered: count(PlaceState::Answered),
            skipped: count(PlaceState::Skipped),
            next: places.iter().position(|place| *place == PlaceState::Open),
            seconds_per_label,
            seconds_left: seconds_per_label.map(|seconds| seconds * open as f64),
            places,
        }
    }
}

/// Returns the median of sorted numbers, of which there is at least one.
fn median(sorted: &[f64]) -> f64 {
    f64::midpoint(sorted[(sorted.len() - 1) / 2], sorted[sorted.len() / 2])
}
