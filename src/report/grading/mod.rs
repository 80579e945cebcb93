//! The numbers of a run of grades for people.

mod lines;
mod markdown;
mod rows;
mod sentences;
mod table;

pub use lines::{GRADE_CSV_HEADER, GradeVerdictLine, grade_csv_row, json_grade_verdict};
pub use markdown::grades_markdown;
pub use sentences::grades_headline;
pub use table::grades_table;
