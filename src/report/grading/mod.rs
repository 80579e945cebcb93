//! The numbers of a run of grades for people.

mod calibration;
mod lines;
mod markdown;
mod overview;
mod rows;
mod sentences;
mod table;

pub(super) use calibration::{
    GRADE_LABELLING_TITLES, calibrated_pass_rate_rows, calibrated_rows, grade_labelling_cells,
    grade_labelling_sentences, grade_trust_sentence,
};
pub use calibration::{
    grade_calibration_headline, grade_calibration_json, grade_calibration_markdown,
    grade_calibration_table, grade_conclusion_sentence,
};
pub use lines::{GRADE_CSV_HEADER, GradeVerdictLine, grade_csv_row, json_grade_verdict};
pub use markdown::grades_markdown;
pub(super) use overview::{
    change_name, criterion_steps, direction_table, length_bands, lengths_lead,
};
pub use overview::{
    grade_overview_headline, grade_overview_json, grade_overview_markdown, grade_overview_table,
};
pub(super) use sentences::MOST_PAIRS;
pub use sentences::grades_headline;
pub use table::grades_table;
pub(super) use table::meaning as grade_outcome_meaning;
