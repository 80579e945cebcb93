//! Writing the page: the template with its escaping, then the data, then the script.

use std::io::Write;
use std::sync::LazyLock;

use minijinja::value::{Serde, ValueKind};
use minijinja::{AutoEscape, Environment, HtmlEscape, Output, State, Value, context};

use super::cases_data::CasesData;
use super::html_report::{GradeHtmlReport, HtmlReport};
use super::policy::{Requests, policy};
use super::view::Page;
use crate::diff::{ComparedGrades, ComparedRuns};
use crate::error::{Error, Result};
use crate::monitor::{Check, History, Trend};
use crate::report::escape::for_terminal;
use crate::report::plot;

const TEMPLATE: &str = include_str!("page.j2");
/// The look of pages, and then that of plots.
static STYLE: LazyLock<String> =
    LazyLock::new(|| format!("{}\n{}", include_str!("page.css"), plot::STYLE));
/// What the scripts of all pages use, and then that of this page.
const SCRIPT: &str =
    concat!(include_str!("dom.js"), include_str!("grades.js"), include_str!("page.js"));

/// Writes a report as one HTML page, with as much memory as its compressed cases need.
///
/// # Errors
///
/// The run cannot be read, or the page cannot be written.
pub fn write_html_report(output: impl Write, report: HtmlReport<'_>) -> Result<()> {
    let cases = report.cases.map(|cases| CasesData::read(cases, report.redaction)).transpose()?;
    write_page(output, &Page::of_report(&report, cases.as_ref()), cases.as_ref())
}

/// Writes a report on grades as one HTML page, with as much memory as its compressed cases need.
///
/// # Errors
///
/// The run cannot be read, or the page cannot be written.
pub fn write_html_grades(output: impl Write, report: GradeHtmlReport<'_>) -> Result<()> {
    let read = |cases| CasesData::read_grades(cases, report.redaction);
    let cases = report.cases.map(read).transpose()?;
    write_page(output, &Page::of_grades(&report, cases.as_ref()), cases.as_ref())
}

/// Writes the difference between two runs as one HTML page, with the first `limit` comparisons.
///
/// # Errors
///
/// A run cannot be read, or the page cannot be written.
pub fn write_html_diff(output: impl Write, compared: &ComparedRuns, limit: u64) -> Result<()> {
    let cases = CasesData::read_changes(compared, limit)?;
    write_page(output, &Page::of_diff(&compared.diff, &cases), Some(&cases))
}

/// Writes the difference between two runs of grades as one HTML page, with the first `limit` responses.
///
/// # Errors
///
/// A run cannot be read, or the page cannot be written.
pub fn write_html_grade_diff(
    output: impl Write,
    compared: &ComparedGrades,
    limit: u64,
) -> Result<()> {
    let cases = CasesData::read_changed_grades(compared, limit)?;
    write_page(output, &Page::of_grade_diff(&compared.diff, &cases), Some(&cases))
}

/// Writes the history of an evaluation as one HTML page.
///
/// # Errors
///
/// The page cannot be written.
pub fn write_html_history(
    output: impl Write,
    history: &History,
    trends: &[Trend],
    check: &Check,
) -> Result<()> {
    write_page(output, &Page::of_history(history, trends, check), None)
}

fn write_page(mut output: impl Write, page: &Page, cases: Option<&CasesData>) -> Result<()> {
    let html = render(page)?;
    let mut write = |text: &str| {
        output
            .write_all(text.as_bytes())
            .map_err(|error| Error::internal("the page cannot be written").caused_by(error))
    };
    write(&html)?;
    for element in cases.map(CasesData::elements).transpose()?.unwrap_or_default() {
        write(&element)?;
    }
    write("<script>")?;
    write(SCRIPT)?;
    write("</script>\n</body>\n</html>\n")
}

fn render(page: &Page) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_formatter(escape);
    environment.add_filter("prose", prose);
    let context = context! {
        page => Value::from(Serde(page)),
        style => Value::from_safe_string(STYLE.clone()),
        policy => Value::from_safe_string(policy(&STYLE, SCRIPT, Requests::None)),
    };
    rendered(&environment, TEMPLATE, context)
}

/// Renders a template with every value escaped for HTML, unless it is marked as safe.
///
/// # Errors
///
/// A fault of evenhand itself.
pub(in crate::report) fn render_plain(template: &str, context: Value) -> Result<String> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    rendered(&environment, template, context)
}

fn rendered(environment: &Environment<'_>, template: &str, context: Value) -> Result<String> {
    let page =
        environment.template_from_str(template).and_then(|template| template.render(context));
    page.map_err(|error| Error::internal(format!("the page cannot be rendered: {error:#}")))
}

/// Returns a sentence as HTML: what stands between backticks is code, a number stays on one line with its unit, and so
/// does an interval.
fn prose(sentence: &str) -> Value {
    // A line may end after a dash, even before a space that it may not end at; a word joiner prevents that.
    let glued = sentence.replace(" %", "\u{a0}%").replace(" – ", "\u{a0}–\u{2060}\u{a0}");
    let is_paired = glued.matches('`').count().is_multiple_of(2);
    let mut html = String::new();
    for (at, piece) in glued.split('`').enumerate() {
        // Without a pair for each, the backticks are those of some name.
        let (begin, end) = match (is_paired, at % 2) {
            (true, 1) => ("<code>", "</code>"),
            (true, _) => ("", ""),
            (false, _) if at == 0 => ("", ""),
            (false, _) => ("`", ""),
        };
        html.push_str(begin);
        html.push_str(&HtmlEscape(&for_terminal(piece, true)).to_string());
        html.push_str(end);
    }
    Value::from_safe_string(html)
}

/// Escapes a value for HTML; control characters and direction marks in it become visible.
fn escape(
    output: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> std::result::Result<(), minijinja::Error> {
    if value.kind() == ValueKind::String && !value.is_safe() {
        let text = value.as_str().unwrap_or_default();
        let visible = Value::from(for_terminal(text, true).into_owned());
        return minijinja::escape_formatter(output, state, &visible);
    }
    minijinja::escape_formatter(output, state, value)
}
