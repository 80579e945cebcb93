//! The numbers of a run of grades for people.

mod calibration;
mod lines;
mod markdown;
mod rows;
mod sentences;
mod table;

pub use calibration::{
    grade_calibration_headline, grade_calibration_json, grade_calibration_markdown,
    grade_calibration_table, grade_conclusion_sentence,
};
pub use lines::{GRADE_CSV_HEADER, GradeVerdictLine, grade_csv_row, json_grade_verdict};
pub use markdown::grades_markdown;
pub use sentences::grades_headline;
pub use table::grades_table;
