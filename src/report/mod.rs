//! Results as text: tables for people, lines of JSON and CSV for programs.
//!
//! Nothing is computed here, and nothing is printed: functions take a result and return text. Every number has
//! its interval and its n where they exist, coverage is beside every win rate, and everything from outside is
//! escaped for the format it goes into.

mod cache;
mod calibration;
mod cascade;
mod cases;
mod columns;
mod costing;
mod diff;
mod escape;
mod generation;
mod grading;
mod html;
mod junit;
mod label_counts;
mod label_page;
mod label_plan;
mod latency;
mod markdown_page;
mod metrics;
mod model_list;
mod monitor;
mod number_format;
mod outcomes;
mod overview;
mod pending;
pub mod plot;
mod preference_sentences;
mod quantities;
mod ranking;
mod rubric;
mod run_table;
mod short_names;
mod summary;
mod text_report;
mod unreadable;
mod verdicts;
mod wording;

pub use cache::{cache_json, cache_line};
pub use calibration::{
    calibration_headline, calibration_json, calibration_markdown, calibration_table,
    conclusion_sentence, margin_choice_sentence,
};
pub use cascade::{
    cascade_headline, cascade_json, cascade_markdown, cascade_table, json_cascade_verdict,
};
pub use cases::{
    CaseLayout, cases_json_begin, cases_json_end, cases_markdown_heading, cases_text_heading,
    grade_cases_json_begin, grade_cases_markdown_heading, grade_cases_text_heading, json_case,
    json_grade_case, markdown_case, markdown_grade_case, text_case, text_grade_case,
};
pub(crate) use cases::{content_text, reference_texts};
pub use costing::{cost_headline, cost_json, cost_table};
pub use diff::{
    diff_headline, diff_json, diff_markdown, diff_table, grade_diff_headline, grade_diff_json,
    grade_diff_markdown, grade_diff_table,
};
pub(crate) use escape::is_control_or_bidi;
pub use escape::{csv_cell, for_terminal, json_line, markdown, write_json_line};
pub use generation::generation_table;
pub use grading::{
    GRADE_CSV_HEADER, GradeVerdictLine, grade_calibration_headline, grade_calibration_json,
    grade_calibration_markdown, grade_calibration_table, grade_conclusion_sentence, grade_csv_row,
    grade_overview_headline, grade_overview_json, grade_overview_markdown, grade_overview_table,
    grades_headline, grades_markdown, grades_table, json_grade_verdict,
};
pub use html::{
    GradeHtmlReport, HtmlReport, write_html_diff, write_html_grade_diff, write_html_grades,
    write_html_history, write_html_report,
};
pub use junit::{JUnitCase, JUnitResult, junit_xml};
pub use label_counts::{grade_counts_sentences, label_counts_sentences};
pub use label_page::{ExportedForm, exported_label_page, owner_page, served_label_page, task_json};
pub use label_plan::{label_plan_headline, label_plan_json, label_plan_table};
pub use latency::{latency_json, latency_lines};
pub use metrics::{
    MAX_SLICED_METRICS, MAX_SLICED_SYSTEMS, MetricLabels, MetricsDocument, metrics_csv,
    metrics_markdown, metrics_text,
};
pub use model_list::{model_list_json, model_table};
pub use monitor::{check_headline, check_json, check_table, monitor_json, trend_table};
pub use outcomes::{none_with_outcome, outcome_list};
pub use overview::{
    overview_headline, overview_json, overview_markdown, overview_table, overview_warnings,
};
pub use quantities::{bytes, count, counted, seconds, usd};
pub use ranking::{ranking_csv, ranking_headline, ranking_table};
pub use rubric::{
    grade_preview_json, grade_preview_text, grade_try_table, history_json, history_table,
    lint_json, lint_lines, preview_json, preview_text, try_table,
};
pub use run_table::{date, run_list_json, run_table};
pub use summary::{headline, summary_markdown, summary_table};
pub use unreadable::{UnreadableReport, unreadable_grades, unreadable_report};
pub use verdicts::{CSV_HEADER, VerdictLine, csv_row, json_verdict};
pub use wording::Wording;
