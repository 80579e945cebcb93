//! What an overview is about.

use crate::calibration::Part;
use crate::input::DataFile;

/// What an overview is about; the default is the only judge of the whole run, or its jury, without labels.
#[derive(Debug, Clone, Copy, Default)]
pub struct OverviewOptions<'a> {
    /// One judge of the run; by default the only one, or the jury.
    pub judge: Option<&'a str>,
    /// The labels of people.
    pub labels: Option<&'a DataFile>,
    /// One half of the items; by default all.
    pub part: Option<Part>,
    /// Measure the margin rule beside the default one, with at most this share of wrong verdicts; with labels only.
    pub margin_max_error: Option<f64>,
    /// How the comparisons that the run reads were selected, as `tag=value` and the like; empty for the whole run.
    pub selection: &'a [String],
}
