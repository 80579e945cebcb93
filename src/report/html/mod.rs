//! A report as one HTML page that works from disk.
//!
//! The page asks nothing of the outside: style, script and data are in it, and its content security policy allows
//! only this style and this script, by their digests. Everything that comes from items, replies, labels and rubrics
//! is data: the template escapes it, and the script sets it as text. Plots come from [`plot`](super::plot), and
//! every number of a plot is also in a table.
//!
//! ```text
//! Overview ─view→ View (rows of text, plots) ─page.j2→ HTML ┐
//! Cases ─cases_data→ compressed chunks ─────────────────────┴→ one file, with page.css and page.js (grades.js)
//! ```
//!
//! Nothing is computed here. The look is described in `docs/pages.md`; other pages share the stylesheet, and `dom.js`,
//! which makes elements.

mod case_index;
mod cases_data;
mod embedded;
mod graded_case;
mod html_report;
mod marks;
mod page_case;
mod policy;
mod template;
mod view;

pub(in crate::report) use embedded::{embedded_json, embedded_packed};
pub use html_report::{GradeHtmlReport, HtmlReport};
pub(in crate::report) use policy::{Requests, policy};
pub(in crate::report) use template::render_plain;
pub use template::{
    write_html_diff, write_html_grade_diff, write_html_grades, write_html_history,
    write_html_report,
};
