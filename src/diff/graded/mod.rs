//! Two runs of grades over the same responses: what changed between them, and what changed with it.
//!
//! [`compare_grades`] does for grades what [`compare_runs`](super::compare_runs) does for comparisons: it joins the
//! responses of two runs and says what differs in their manifests, which grades changed, how the systems' pass rates and
//! mean steps changed, and with labels how agreement with people did. Both runs must grade on the same steps.
//!
//! ```text
//! GradeRun ×2 ─matched→ MatchedGrades ┬ changes, systems ┐
//! GradeLabels ────────────────────────┴ agreement ───────┼→ GradeDiff
//! manifests ─→ FieldChange, unified diffs ───────────────┘
//! MatchedGrades ─cases→ ChangedGrade
//! ```

mod cases;
mod changes;
mod compare;
mod matched;
mod results;
mod systems;
mod warnings;

pub use cases::{ChangedGrade, ComparedGrades};
pub use changes::{GradeChange, GradeChanges};
pub use compare::compare_grades;
pub use results::{GradeDiff, LabelledGradeAgreement};
pub use systems::SystemChange;
