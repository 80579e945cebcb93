//! The lines of a label file that stand: every answer that was neither withdrawn nor replaced.

use super::material::Material;
use super::session_line::SessionLine;
use crate::error::Result;
use crate::input::{AnsweredForms, DataFile};

/// The lines of a label file that stand.
#[derive(Debug, Default)]
#[non_exhaustive]
pub struct StandingLines {
    /// The lines, in file order.
    pub lines: Vec<SessionLine>,
    /// The number that each of them has in the file.
    pub line_numbers: Vec<u32>,
    /// The number of forms of known items that nobody has filled in yet.
    pub open: usize,
    /// The id of each answer that is not among the items.
    pub unmatched_ids: Vec<String>,
    /// One sentence for each unknown field.
    pub warnings: Vec<String>,
}

/// Reads the lines of a label file that stand, of comparisons or of grades as the material asks: labels, decisions,
/// repeats, answers to equal pairs and skips, with all details.
///
/// # Errors
///
/// The file cannot be read, has labels of the other kind, or a line is wrong or contradicts an earlier one.
pub fn standing_lines(material: &Material, file: &DataFile) -> Result<StandingLines> {
    let mut standing = AnsweredForms::<SessionLine>::default();
    let other = material.read_lines(file, |place, line| standing.add(&place, line))?;
    let open = standing.open();
    let line_numbers = standing.line_numbers();
    Ok(StandingLines {
        line_numbers,
        lines: standing.into_lines().collect(),
        open,
        unmatched_ids: other.unmatched_ids,
        warnings: other.warnings,
    })
}
